"""Who can recall an order: who is heard when they countermand it, before release and after."""

from __future__ import annotations

from dataclasses import dataclass

from cheget.chain.rule import names
from cheget.proof.account import Account


@dataclass(frozen=True)
class Recall:
    """Who can end an order of one action, and when.

    Whoever originated or concurred can at any time. ``released`` are those who can besides once
    it's released, concurring or not, until an executor acts: for ``hold`` seconds at least.
    """

    action: str
    hold: int
    released: tuple[str, ...]
    concurring: tuple[str, ...]  # only if they concurred: deputies without a seat of their own
    attesting: tuple[str, ...]  # who can take back that a condition is met


def recalls(account: Account) -> tuple[Recall, ...]:
    """Who can recall an order of each action of a ladder; without actions there are no orders."""
    if not account.actions:
        return ()
    chain, staff = account.chain, account.staff
    posts = [post for level in account.ladder for post in level.members]
    seated = [staff.fills(post) for post in posts]
    deputies = [staff.agrees(one.member) for post in posts for one in chain.member(post).deputies]
    conditions = chain.action(account.actions[0]).conditions
    rules = [chain.condition(one).attested_by for one in conditions]
    attesting = [staff.agrees(post) for rule in rules for post in names(rule)]
    return tuple(
        Recall(
            name,
            chain.action(name).hold,
            _people(seated),
            tuple(one for one in _people(deputies) if one not in seated),
            _people(attesting),
        )
        for name in account.actions
    )


def _people(found: list[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(person for person in found if person is not None))
