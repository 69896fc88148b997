"""What a chain leaves open without any claim being wrong."""

from __future__ import annotations

from dataclasses import dataclass

from cheget.chain.chain import Level
from cheget.chain.rule import Of
from cheget.chain.structure import levels_of, structure_of
from cheget.proof.account import Account
from cheget.proof.coalitions import blocking, releasing
from cheget.proof.polynomial import everybody, times
from cheget.proof.stranding import Stranding, stranding


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
    by_delivery: tuple[str, ...]  # of these, those whose silence alone wouldn't: it must arrive
    twice: tuple[tuple[str, tuple[str, ...]], ...]  # who sits at several levels, and where
    several: tuple[tuple[str, tuple[str, ...]], ...]  # who fills several posts, and which
    vacant: tuple[str, ...]  # posts that nobody fills
    idle: tuple[str, ...]  # whose word never matters
    demands: tuple[Demand, ...]
    implied: tuple[str, ...]  # levels without any one of which nothing changes
    stranding: Stranding  # whether willing people can get stuck


def weaknesses(account: Account) -> Weaknesses:
    """The weaknesses of a ladder."""
    structure, people = account.structure, account.people
    passable = structure.can_release(people)
    places = levels_of(account.chain, account.ladder, account.staff)
    deciding = account.releasing.deciding | account.blocking.deciding
    filled: dict[str | None, tuple[str, ...]] = {}
    for post in dict.fromkeys(post for level in account.ladder for post in level.members):
        person = account.staff.fills(post)
        filled[person] = (*filled.get(person, ()), post)
    held = tuple(p for p in people if passable and not structure.can_release(_without(people, p)))
    stoppers = tuple(p for p in people if passable and structure.can_block([p]))
    return Weaknesses(
        None if passable else account.stops_at(people, ()),
        held,
        tuple(p for p in people if structure.can_release([p])),
        stoppers,
        tuple(p for p in stoppers if p not in held),
        tuple((p, levels) for p, levels in places.items() if len(levels) > 1),
        tuple((p, posts) for p, posts in filled.items() if len(posts) > 1 and p is not None),
        filled.get(None, ()),
        tuple(p for p in people if passable and p not in deciding),
        tuple(_demands(account, places)) if passable else (),
        tuple(_implied(account)) if passable else (),
        stranding(account),
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


def _implied(account: Account) -> list[str]:
    """The levels below the head without which the same coalitions release and block.

    Without a level no fewer release and no more block, so it is enough to count them. A level
    that shares nobody with another is never implied.
    """
    entangled = {one for block in account.structure.blocks if len(block.levels) > 1
                 for one in block.levels}  # fmt: skip
    found = []
    for level in account.ladder[1:]:
        if level.id not in entangled:
            continue
        rest = tuple(one for one in account.ladder if one != level)
        without = structure_of(
            account.chain, account.action, account.staff.people, ladder=rest,
            spend=account.budget.spend,
        )  # fmt: skip
        idle = everybody(len(account.people) - len(without.people))
        families = (
            (account.releasing, releasing(without, account.budget)),
            (account.blocking, blocking(without, account.budget)),
        )
        if all(ours.winning() == times(theirs.winning(), idle) for ours, theirs in families):
            found.append(level.id)
    return found


def _number(level: Level) -> int | None:
    """How many of its members a level asks for, where it asks for a number of them."""
    rule = level.rule
    if isinstance(rule, Of) and all(isinstance(item, str) for item in rule.items):
        return rule.need
    return None


def _people(account: Account, level: Level) -> frozenset[str]:
    agree = (account.staff.agrees(post) for post in level.members)
    return frozenset(person for person in agree if person is not None)
