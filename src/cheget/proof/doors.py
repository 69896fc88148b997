"""Every door to an executor: its actions, ``amend``, and the rules by which keys change.

Who meets ``amend`` can write a chain that asks nobody else, its new ``amend`` included; so they
can release. Who meets a rule for keys without the person concerned gives that person a key of
their own making, and then the next: the rule asks the same of everybody who doesn't agree, so
they become all of them. A coalition goes through some door if it goes through one by itself:
no two doors open more together than apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from cheget.chain.blocks import Staff
from cheget.chain.chain import Chain
from cheget.chain.changes import SELF, change_rule
from cheget.chain.claims import Alone, Takes, parse_claim
from cheget.chain.people import People
from cheget.proof.account import Account, accounts
from cheget.proof.coalitions import BUDGET, Coalitions, releasing
from cheget.proof.diagram import Budget
from cheget.proof.meeting import Fills, meeting

Kind = Literal["action", "amend", "add-key", "replace"]


@dataclass(frozen=True)
class Door:
    """One way to make executors act, and the coalitions that can take it."""

    kind: Kind
    name: str  # the action's id, or the kind; `release` of a chain without actions
    executors: tuple[str, ...]  # the kinds of executor behind it; empty: the chain declares none
    coalitions: Coalitions
    claimed: bool = False  # whether a claim names it and says who can release by it
    stands_for: tuple[str, ...] = ()  # of `amend`: the rules for keys that are left out
    becomes: tuple[tuple[str, tuple[str, ...]], ...] = ()  # of a rule for keys: who can become whom

    @property
    def fewest(self) -> int | None:
        """The size of the smallest coalition that can take it; None: nobody can."""
        return self.coalitions.smallest

    @property
    def example(self) -> tuple[str, ...]:
        """One of the smallest coalitions that can take it."""
        return next(iter(self.coalitions.first(1)), ())


@dataclass(frozen=True)
class Guarded:
    """Executors that have the same doors."""

    executors: tuple[str, ...]
    doors: tuple[Door, ...]
    weakest: Door | None  # that the fewest can take; None: nobody can take any
    strongest: Door | None  # the action that takes most people

    @property
    def weaker(self) -> tuple[Door, ...]:
        """The doors that take fewer people than the strongest action."""
        most = self.strongest.fewest or 0 if self.strongest else 0
        return tuple(one for one in self.doors if one.fewest is not None and one.fewest < most)

    @property
    def unclaimed(self) -> tuple[Door, ...]:
        """Those weaker doors of which no claim says so."""
        return tuple(one for one in self.weaker if not one.claimed)


def doors(
    chain: Chain, people: People | None = None, proved: Sequence[Account] = (), steps: int = BUDGET
) -> tuple[Door, ...]:
    """The doors of a chain: its actions, ``amend``, and with ``people`` the rules for keys.

    Args:
        chain: Whose.
        people: Who fills the posts, and their rules for keys.
        proved: Accounts of the same chain and people, to use again.
        steps: How much work it may take where ``proved`` has nothing to say.

    Raises:
        TooEntangledError: one of them takes more than the budget.
    """
    found = [*_ladders(chain, people, proved, steps)]
    staff, budget = Staff(people), Budget(steps)
    everything = tuple(kind.id for kind in chain.executors)
    left_out = () if people is None else tuple(
        kind for kind in ("add-key", "replace") if kind not in people.changes
    )  # fmt: skip
    if chain.amend is not None:
        family = releasing(meeting(chain.amend, staff.agrees, "amend"), budget)
        found.append(Door("amend", "amend", everything, family, stands_for=left_out))
    if people is not None:
        passable = {one for door in found if door.fewest is not None for one in door.executors}
        behind = tuple(one for one in everything if one in passable)
        found += _keys(chain, people, behind, budget)
    return tuple(found)


def guarded(chain: Chain, found: Iterable[Door]) -> tuple[Guarded, ...]:
    """The doors by executor; executors with the same doors stand together."""
    alike: dict[tuple[int, ...], list[str]] = {}
    listed = list(found)
    for executor in [kind.id for kind in chain.executors] if chain.actions else [""]:
        mine = [place for place, door in enumerate(listed)
                if executor in door.executors or not executor]  # fmt: skip
        alike.setdefault(tuple(mine), []).append(executor)
    return tuple(
        _guarded(tuple(one for one in executors if one), [listed[place] for place in places])
        for places, executors in alike.items()
    )


def _guarded(executors: tuple[str, ...], found: Sequence[Door]) -> Guarded:
    passable = [one for one in found if one.fewest is not None]
    ladders = [one for one in passable if one.kind == "action"]
    return Guarded(
        executors,
        tuple(found),
        min(passable, key=lambda one: one.fewest or 0, default=None),
        max(ladders, key=lambda one: one.fewest or 0, default=None),
    )


def _ladders(
    chain: Chain, people: People | None, proved: Sequence[Account], steps: int
) -> Iterable[Door]:
    known = {name: account for account in proved for name in account.actions or ("",)}
    wanted = [action.id for action in chain.actions] or [""]
    if any(name not in known for name in wanted):
        known = {name: one for one in accounts(chain, people, steps=steps)
                 for name in one.actions or ("",)} | known  # fmt: skip
    claimed = set(_claimed(chain))
    for name in wanted:
        behind = chain.action(name).executors if name else ()
        family = known[name].releasing
        yield Door("action", name or "release", behind, family, claimed=name in claimed)


def _claimed(chain: Chain) -> Iterable[str | None]:
    """The actions of which a claim says who can release, or how many it takes."""
    for text in chain.claims:
        match parse_claim(text):
            case Alone(_, True, "release", action) | Takes("releasing", _, _, action):
                yield action
            case _:
                pass


def _keys(
    chain: Chain, people: People, executors: tuple[str, ...], budget: Budget
) -> Iterable[Door]:
    humans = [person.id for person in people.people if not person.machine]
    seated = dict.fromkeys(
        person for member in chain.members if (person := people.fills(member.id)) is not None
    )
    kinds: tuple[Kind, ...] = ("add-key", "replace")
    for kind in kinds:
        if kind in people.changes:
            rule = change_rule(people.changes[kind], humans)
            becomes = []
            for person in seated:
                without = releasing(meeting(rule, _strangers(person), kind), budget)
                becomes += [(person, one) for one in without.first(1)]
            family = releasing(meeting(rule, _strangers(), kind), budget)
            yield Door(kind, kind, executors, family, becomes=tuple(becomes))


def _strangers(*concerned: str) -> Fills:
    """Who agrees to a change of somebody else's keys: everybody of their name, but not `self`."""
    return lambda name: None if name == SELF or name in concerned else name
