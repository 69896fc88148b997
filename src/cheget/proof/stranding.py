"""Orders that willing people can get stuck: somebody answers where others could have.

Every coalition that can release is taken in turn, and every order in which its people may answer.
People who are interchangeable are counted, not told apart, so what is looked at grows only with
how many differ. Levels whose people sit nowhere else can't strand anybody and are left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from math import prod

from cheget.chain.chain import Level
from cheget.chain.rule import Of, is_met, names
from cheget.chain.seating import Block
from cheget.chain.structure import Sitting, Structure
from cheget.errors import TooEntangledError
from cheget.proof.account import Account
from cheget.proof.diagram import Budget

COALITIONS = 5000  # as many are looked at one by one
STATES = 20_000  # and of all of them together, what may have been answered
STEPS = 400_000  # and how much work it may be to see which of them can release
FEW = 50  # where there are more coalitions, so many of the minimal ones

_Class = tuple[object, ...]


@dataclass(frozen=True)
class Stranded:
    """A coalition that can release, and answers of its own after which it can't."""

    coalition: tuple[str, ...]
    answered: tuple[Sitting, ...]  # of those who could have sat elsewhere
    level: str


@dataclass(frozen=True)
class Stranding:
    """Whether willing people can get stuck: ``example`` None and ``decided``, they can't."""

    example: Stranded | None
    decided: bool = True


def stranding(account: Account) -> Stranding:
    """Whether willing people can get stuck, and one way; not decided where it takes too long."""
    if account.chain.repeatable or not account.structure.can_release(account.people):
        return Stranding(None)
    twice = _with_a_choice(account)
    decided = True
    for block in account.structure.blocks:
        if twice & {seat.person for seat in block.people}:
            try:
                found = _Runs(account, block, twice).searched()
            except TooEntangledError:
                found = Stranding(None, decided=False)
            if found.example is not None:
                return found
            decided = decided and found.decided
    return Stranding(None, decided)


def _with_a_choice(account: Account) -> frozenset[str]:
    """Who may answer in more than one seat, a deputy's included."""
    staff, chain = account.staff, account.chain
    seats = [
        person
        for level in account.ladder
        for post in level.members
        for person in {
            staff.fills(post), *(staff.agrees(one.member) for one in chain.member(post).deputies)
        }
        if person is not None
    ]  # fmt: skip
    return frozenset(person for person, places in Counter(seats).items() if places > 1)


class _Runs:
    """The runs of one block: who answers where, in turn."""

    def __init__(self, account: Account, block: Block, twice: frozenset[str]) -> None:
        self._account, self._twice = account, twice
        self._levels = tuple(level for level in account.ladder if level.id in block.levels)
        self._people = tuple(seat.person for seat in block.people)
        own = replace(block, spend=Budget(STEPS).spend)
        self._alone = Structure((), self._people, (own,), {})
        self._head = account.ladder[0] in self._levels
        attesting = {
            person
            for one in (account.chain.action(account.action).conditions if account.action else ())
            for post in names(account.chain.condition(one).attested_by)
            if (person := account.staff.agrees(post)) is not None
        }
        self._class = {
            person: (person,) if person in attesting else self._alike(person)
            for person in self._people
        }
        self._met: dict[tuple[str, frozenset[str]], bool] = {}
        self._numbers: dict[Sitting, int] = {}
        self._places: dict[_Class, int] = {}
        self._left = STATES

    def searched(self) -> Stranding:
        """The first way to get stuck, of the smallest coalition that has one."""
        classes: dict[_Class, list[str]] = {}
        for person in self._people:
            classes.setdefault(self._class[person], []).append(person)
        decided = prod(len(alike) + 1 for alike in classes.values()) <= COALITIONS
        found: list[tuple[str, ...]]
        if decided:
            counts = product(*(range(len(alike) + 1) for alike in classes.values()))
            found = [
                tuple(one for n, alike in zip(taken, classes.values(), strict=True)
                      for one in alike[:n])
                for taken in sorted(counts, key=sum)
            ]  # fmt: skip
        else:
            found = [*self._account.releasing.first(FEW), self._people]
        for coalition in found:
            if self._twice & set(coalition) and self._alone.can_release(coalition):
                stuck = self._stuck(frozenset(coalition))
                if stuck is not None:
                    return Stranding(self._told(coalition, *stuck))
            if self._left <= 0:
                return Stranding(None, decided=False)
        return Stranding(None, decided)

    def _told(
        self, coalition: tuple[str, ...], answered: tuple[Sitting, ...], level: str
    ) -> Stranded:
        """With those of the other blocks, so that they can release."""
        outside = set(self._account.people) - set(self._people)
        whole = self._account.shrunk(outside | set(coalition))
        kept = set(whole) - set(self._people) | set(coalition)
        telling = tuple(one for one in answered if one.person in self._twice)
        everybody = tuple(person for person in self._account.people if person in kept)
        return Stranded(everybody, telling or answered, level)

    def _alike(self, person: str) -> _Class:
        """What is the same of interchangeable people; of others, nothing but themselves."""
        staff, chain = self._account.staff, self._account.chain
        found: list[object] = []
        for level in self._levels:
            posts = [post for post in level.members if staff.fills(post) == person]
            for post in level.members:
                deputies = [staff.fills(each.member) for each in chain.member(post).deputies]
                if person in deputies or (deputies and post in posts):
                    return (person,)
            rule = level.rule
            plain = isinstance(rule, Of) and all(isinstance(item, str) for item in rule.items)
            if len(posts) > 1 or (posts and not plain):
                return (person,)
            found.append((level.id, bool(posts), bool(posts) and posts[0] in names(rule)))
        return ("like", staff.is_machine(person), *found)

    def _stuck(self, coalition: frozenset[str]) -> tuple[tuple[Sitting, ...], str] | None:
        """Answers of these people, in turn, after which nobody of them can answer any more."""
        start: tuple[int, ...] = ()
        ways: list[tuple[int, tuple[Sitting, ...], tuple[int, ...]]] = [(0, (), start)]
        seen = {start}
        while ways and self._left > 0:
            number, answered, known = ways.pop()
            level = self._levels[number]
            self._left -= 1
            more = list(self._answers(coalition, level, answered))
            if not more and answered:
                return answered, level.id
            for one in more:
                key = tuple(sorted((*known, self._told_apart(one))))
                if key not in seen:
                    seen.add(key)
                    after = (*answered, one)
                    below = number + self._is_complete(level, after)
                    if below < len(self._levels):
                        ways.append((below, after, key))
        return None

    def _is_complete(self, level: Level, answered: tuple[Sitting, ...]) -> bool:
        filled = frozenset(one.post for one in answered if one.level == level.id)
        known = self._met.get((level.id, filled))
        if known is None:
            known = self._met[level.id, filled] = is_met(level.rule, filled)
        return known

    def _told_apart(self, one: Sitting) -> int:
        """A number for where somebody sits, the same for interchangeable people."""
        known = self._numbers.get(one)
        if known is None:
            alike = self._class[one.person]
            place = (alike, one.level) if len(alike) > 1 else (alike, one.level, one.post)
            known = self._numbers[one] = self._places.setdefault(place, len(self._places))
        return known

    def _answers(
        self, coalition: frozenset[str], level: Level, answered: tuple[Sitting, ...]
    ) -> Iterator[Sitting]:
        """Who of the coalition may answer next: the head's first in a seat of their own."""
        staff, chain = self._account.staff, self._account.chain
        first = self._head and not answered
        spent = {one.person for one in answered}
        filled = {one.post for one in answered if one.level == level.id}
        seen: set[int] = set()
        for post in level.members:
            if post in filled:
                continue
            fillers = [staff.fills(post) if first else staff.agrees(post)]
            if not first:
                fillers += [staff.agrees(deputy.member) for deputy in chain.member(post).deputies]
            for person in dict.fromkeys(fillers):
                if person is None or person not in coalition or person in spent:
                    continue
                sitting = Sitting(level.id, post, person)
                alike = self._told_apart(sitting)
                if alike not in seen and (not first or self._may_originate(coalition, person)):
                    seen.add(alike)
                    yield sitting

    def _may_originate(self, coalition: frozenset[str], person: str) -> bool:
        """Whether the others attest to what the action asks; who isn't in the block is willing."""
        account = self._account
        conditions = account.chain.action(account.action).conditions if account.action else ()
        others = (coalition | (set(account.people) - set(self._people))) - {person}
        rules = [account.chain.condition(one).attested_by for one in conditions]
        return all(
            is_met(rule, {post for post in names(rule) if account.staff.agrees(post) in others})
            for rule in rules
        )
