"""Who meets a rule over posts: ``amend``, a rule for keys, for a crew, for who attests."""

from __future__ import annotations

from collections.abc import Callable

from cheget.chain.residual import NEVER, Formulas, leaf
from cheget.chain.rule import Rule, names
from cheget.chain.seating import Block, Move, Seat
from cheget.chain.structure import Structure

Fills = Callable[[str], str | None]  # who fills a post; None for a vacancy


def meeting(rule: Rule, fills: Fills, about: str) -> Structure:
    """Who meets the rule, each counting for all their posts; ``about`` is its name in errors."""
    formulas = Formulas()
    places: dict[str, int] = {}
    posts: dict[str, int] = {}
    for post in dict.fromkeys(names(rule)):
        person = fills(post)
        posts[post] = NEVER if person is None else leaf(places.setdefault(person, len(places)))
    formula = formulas.of_rule(rule, posts.__getitem__)
    seats = tuple(Seat(person, (Move((v,)),), (v,), (), (), (v,)) for person, v in places.items())
    block = Block(formulas, seats, (formula,), (), (about,), originated=True, machines=False)
    return Structure((), tuple(places), (block,), {})
