"""What a chain leaves open without any claim being wrong."""

from __future__ import annotations

from dataclasses import dataclass

from cheget.chain.chain import Level
from cheget.chain.rule import Of
from cheget.chain.structure import levels_of
from cheget.proof.account import Account
from cheget.proof.stranding import Stranded, stranded


@dataclass(frozen=True)
class Demand:
    """A level that takes more of its people than its rule says, since nobody counts twice."""

    level: str
    written: int
    takes: int
    people: int
    asker: bool  # whether that is because whoever asks sits there too


@dataclass(frozen=True)
class Weaknesses:
    """What is weak about one ladder, each a list of people."""

    gate: str | None  # the level that not even all together can pass
    veto_holders: tuple[str, ...]  # in every releasing coalition
    sole_releasers: tuple[str, ...]  # each releases alone
    stoppers: tuple[str, ...]  # each stops it alone, by refusing
    twice: tuple[tuple[str, tuple[str, ...]], ...]  # who sits at several levels, and where
    idle: tuple[str, ...]  # whose word never matters
    demands: tuple[Demand, ...]
    stranded: Stranded | None  # a way in which willing people get stuck


def weaknesses(account: Account) -> Weaknesses:
    """The weaknesses of a ladder."""
    structure, people = account.structure, account.people
    passable = structure.can_release(people)
    places = levels_of(account.chain, account.ladder, account.staff)
    deciding = account.releasing.deciding | account.blocking.deciding
    return Weaknesses(
        None if passable else account.stops_at(people, ()),
        tuple(p for p in people if passable and not structure.can_release(_without(people, p))),
        tuple(p for p in people if structure.can_release([p])),
        tuple(p for p in people if passable and structure.can_block([p])),
        tuple((p, levels) for p, levels in places.items() if len(levels) > 1),
        tuple(p for p in people if passable and p not in deciding),
        tuple(_demands(account, places)) if passable else (),
        stranded(account),
    )


def _without(people: tuple[str, ...], person: str) -> list[str]:
    return [one for one in people if one != person]


def _demands(account: Account, places: dict[str, tuple[str, ...]]) -> list[Demand]:
    """The levels below the head that take more people than they say; of like levels, one."""
    if account.chain.repeatable:
        return []
    found: dict[frozenset[str], Demand] = {}
    head = account.ladder[0].id
    for level in account.ladder[1:]:
        need, people = _number(level), _people(account, level)
        elsewhere = {one for p in people for one in places.get(p, ())} - {level.id}
        if need is None or not elsewhere:
            continue
        takes = account.releasing.least(people.__contains__)
        if takes is not None and takes > need:
            known = found.get(people)
            if known is None or known.written < need:
                asker = elsewhere == {head}
                found[people] = Demand(level.id, need, takes, len(people), asker)
    return list(found.values())


def _number(level: Level) -> int | None:
    """How many of its members a level asks for, where it asks for a number of them."""
    rule = level.rule
    if isinstance(rule, Of) and all(isinstance(item, str) for item in rule.items):
        return rule.need
    return None


def _people(account: Account, level: Level) -> frozenset[str]:
    agree = (account.staff.agrees(post) for post in level.members)
    return frozenset(person for person in agree if person is not None)
