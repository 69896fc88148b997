"""Who meets a rule over posts: those of a claim, of ``amend``, of a rule for keys."""

from __future__ import annotations

from collections.abc import Callable

from cheget.chain.residual import NEVER, Formulas, leaf
from cheget.chain.rule import Rule, names
from cheget.chain.seating import Block, Move, Seat


def block_of(
    rule: Rule, fills: Callable[[str], str | None], about: str, *, dual: bool = False
) -> Block:
    """The rule as a block in which everybody has one seat for all their posts.

    Args:
        rule: Over posts.
        fills: Who fills a post; None for a vacancy.
        about: What it is, for whoever is told that it's too entangled.
        dual: Those instead without whom nobody meets it.
    """
    formulas = Formulas()
    places: dict[str, int] = {}
    posts: dict[str, int] = {}
    for post in dict.fromkeys(names(rule)):
        person = fills(post)
        posts[post] = NEVER if person is None else leaf(places.setdefault(person, len(places)))
    formula = formulas.of_rule(rule, posts.__getitem__)
    if dual:
        formula = formulas.dual(formula)
    seats = tuple(Seat(person, (Move((v,)),), (v,), (), (), (v,)) for person, v in places.items())
    return Block(formulas, seats, (formula,), (), (about,), originated=True, machines=False)
