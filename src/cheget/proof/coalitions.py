"""Coalitions that release, and coalitions that block: how many, how large, which.

A ladder's blocks share nobody, so what releases is a coalition of each and what blocks is a
coalition of one: minimal releasing coalitions multiply, minimal blocking ones add up. Levels whose
rule is a number of people have a closed form; whatever is entangled has a diagram.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from cheget.chain.seating import Block
from cheget.chain.structure import Structure
from cheget.proof.diagram import Budget, Diagram, Threshold
from cheget.proof.polynomial import NONE, ONE, Sizes, everybody, minus, plus, product, times

BUDGET = 1_500_000  # steps, each some microseconds: the largest proof takes seconds
Part = Diagram | Threshold


@dataclass(frozen=True)
class Coalitions:
    """All coalitions that do one thing: ``every`` part of it, or any."""

    people: tuple[str, ...]
    parts: tuple[Part, ...]
    every: bool

    @property
    def _free(self) -> Sizes:
        """Those who are in no part, and come or stay as they like."""
        return everybody(len(self.people) - sum(len(part.people) for part in self.parts))

    @property
    def _empty(self) -> bool:
        """Whether nobody at all does it already."""
        does = [bool(part.minimal()[:1] and part.minimal()[0]) for part in self.parts]
        return all(does) if self.every else any(does)

    def winning(self) -> Sizes:
        """How many coalitions of each size do it."""
        if self.every:
            return times(product(part.winning() for part in self.parts), self._free)
        fail = product(minus(everybody(len(p.people)), p.winning()) for p in self.parts)
        return minus(everybody(len(self.people)), times(fail, self._free))

    def minimal(self) -> Sizes:
        """How many minimal coalitions there are of each size."""
        if self._empty:
            return ONE
        if self.every:
            return product(part.minimal() for part in self.parts)
        found = NONE
        for part in self.parts:
            found = plus(found, part.minimal())
        return found

    @property
    def smallest(self) -> int | None:
        """The size of the smallest; None when nobody can."""
        return next((size for size, count in enumerate(self.minimal()) if count), None)

    def first(self, most: int) -> list[tuple[str, ...]]:
        """The first minimal coalitions, the smaller before the larger."""
        place = {person: number for number, person in enumerate(self.people)}
        found = islice(self._listed(), most)
        return [tuple(sorted(one, key=place.__getitem__)) for one in found]

    def _listed(self) -> Iterator[tuple[str, ...]]:
        if self._empty:
            yield ()
            return
        for size, count in enumerate(self.minimal()):
            if not count:
                continue
            if self.every:
                yield from _joined(self.parts, size)
            else:
                for part in self.parts:
                    yield from part.listed(size)

    def swings(self) -> dict[str, Sizes]:
        """For each person, how many coalitions of each size do it only once they join."""
        found = dict.fromkeys(self.people, NONE)
        for number, part in enumerate(self.parts):
            rest = [other for place, other in enumerate(self.parts) if place != number]
            idle = times(product(self._idle(other) for other in rest), self._free)
            known: dict[Sizes, Sizes] = {}
            for person in part.people:
                here = part.swings(person)
                if here not in known:
                    known[here] = times(here, idle)
                found[person] = known[here]
        return found

    def _idle(self, part: Part) -> Sizes:
        """The coalitions of a part that leave it to the other parts."""
        if self.every:
            return part.winning()
        return minus(everybody(len(part.people)), part.winning())

    def least(self, counted: Callable[[str], bool]) -> int | None:
        """The fewest of the people ``counted`` that any of these coalitions has."""
        fewest = [part.least(counted) for part in self.parts]
        found = [one for one in fewest if one is not None]
        if self.every:
            return sum(found) if len(found) == len(fewest) else None
        return min(found, default=None)

    @property
    def deciding(self) -> frozenset[str]:
        """The people whose word can matter."""
        if self._empty or not self.minimal():
            return frozenset()
        return frozenset().union(*(part.deciding for part in self.parts))


def releasing(structure: Structure, budget: Budget) -> Coalitions:
    """The coalitions that can release while the others say nothing."""
    parts = tuple(_part(block, budget, blocking=False) for block in structure.blocks)
    return Coalitions(structure.people, parts, every=True)


def blocking(structure: Structure, budget: Budget) -> Coalitions:
    """The coalitions that can stop it by refusing, whatever the others do."""
    parts = tuple(_part(block, budget, blocking=True) for block in structure.blocks)
    return Coalitions(structure.people, parts, every=False)


def _part(block: Block, budget: Budget, *, blocking: bool) -> Part:
    plain = block.originated and len(block.rules) == 1 and all(
        len(seat.moves) == 1 and len(seat.moves[0].fills) == 1 for seat in block.people
    )  # fmt: skip
    found = _threshold(block, blocking=blocking) if plain else None
    return found or Diagram(block, budget, blocking=blocking)


def _threshold(block: Block, *, blocking: bool) -> Threshold | None:
    formulas, (rule,) = block.formulas, block.rules
    sits = {seat.moves[0].fills[0]: seat.person for seat in block.people}
    asked = formulas.threshold(formulas.dual(rule) if blocking else rule)
    if asked is None:
        return None
    need, people = asked[0], tuple(sits[variable] for variable in asked[1])
    for veto in block.vetoes if blocking else ():
        refuses = {v: seat.person for seat in block.people for v in seat.vetoes}
        met = formulas.threshold(veto)
        if met is None or {refuses[variable] for variable in met[1]} != set(people):
            return None
        need = min(need, met[0])
    return Threshold(people, need)


def _joined(parts: Sequence[Part], size: int) -> Iterator[tuple[str, ...]]:
    """One minimal coalition of each part, ``size`` people in all."""
    if not parts:
        if size == 0:
            yield ()
        return
    part, *rest = parts
    others = product(other.minimal() for other in rest)
    for here, count in enumerate(part.minimal()):
        left = size - here
        if count and 0 <= left < len(others) and others[left]:
            for one in part.listed(here):
                for more in _joined(rest, left):
                    yield one + more
