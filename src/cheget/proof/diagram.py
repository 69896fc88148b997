"""A block as a decision diagram: counts, minimal coalitions and swings without listing any.

The diagram is reduced and ordered (Bryant 1986); a node asks of one person whether they belong to
the coalition. Minimal sets are a family in a zero-suppressed diagram (Minato 1993), by Rauzy's
decomposition: Min(x ? f1 : f0) = x·(Min(f1) without sets that satisfy f0) + Min(f0).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from itertools import combinations
from math import comb

from cheget.chain.seating import Answer, Block, State
from cheget.errors import TooEntangledError
from cheget.proof.polynomial import NONE, ONE, Sizes, everybody, minus, plus, times, trimmed

MOST_PEOPLE = 400  # of a block: what goes down it goes down by recursion
NO, YES = 0, 1


class Budget:
    """How much work is left before it is too much; spent by whoever works."""

    def __init__(self, steps: int) -> None:
        self._left = steps

    def spend(self, steps: int, block: Block, /) -> None:
        """Take ``steps`` off.

        Raises:
            TooEntangledError: there are not so many left.
        """
        self._left -= steps
        if self._left < 0:
            where = f"{len(block.people)} people who meet at {', '.join(block.levels)}"
            raise TooEntangledError(
                f"too entangled to prove: {where}",
                hint="let fewer people sit at several of these; or raise --budget",
            )


class Nodes:
    """A table of nodes: a person's place, where it goes without them and with them."""

    def __init__(self, people: int) -> None:
        self.place = [people, people]
        self.without = [NO, YES]
        self.joined = [NO, YES]
        self._ids: dict[tuple[int, int, int], int] = {}

    def node(self, place: int, without: int, joined: int) -> int:
        """The node that asks of ``place``; one that asks in vain is left out by the caller."""
        key = (place, without, joined)
        known = self._ids.get(key)
        if known is None:
            known = self._ids[key] = len(self.place)
            self.place.append(place)
            self.without.append(without)
            self.joined.append(joined)
        return known

    def __len__(self) -> int:
        return len(self.place)


class Diagram:
    """Who releases a block, or who blocks it."""

    def __init__(self, block: Block, budget: Budget, *, blocking: bool) -> None:
        self.people = tuple(seat.person for seat in block.people)
        self._block, self._budget = block, budget
        if len(self.people) > MOST_PEOPLE:
            budget.spend(1 << 62, block)
        self.nodes = Nodes(len(self.people))
        self.root = self._drawn(block, blocking)

    def _drawn(self, block: Block, blocking: bool) -> int:
        """The block's states, layer by layer, then folded from below."""
        stays: Answer
        joins: Answer
        stays, joins = ("concur", "refuse") if blocking else ("silent", "concur")
        layer = [block.start(refusing=blocking)]
        arrows: list[list[tuple[int, int]]] = []
        for place in range(len(self.people)):
            known: dict[State, int] = {}
            below: list[tuple[int, int]] = []
            for state in layer:
                self._budget.spend(len(state.options) + 1, block)
                below.append((
                    known.setdefault(block.step(state, place, stays), len(known)),
                    known.setdefault(block.step(state, place, joins), len(known)),
                ))  # fmt: skip
            arrows.append(below)
            layer = list(known)
        met, unmet = (NO, YES) if blocking else (YES, NO)
        ids = [met if block.is_released(state) else unmet for state in layer]
        for place in reversed(range(len(self.people))):
            ids = [
                ids[a] if ids[a] == ids[b] else self.nodes.node(place, ids[a], ids[b])
                for a, b in arrows[place]
            ]
        return ids[0]

    @cached_property
    def deciding(self) -> frozenset[str]:
        """The people whose word can ever matter."""
        return frozenset(self.people[place] for place in self.nodes.place[2:])

    @cached_property
    def _counted(self) -> list[Sizes]:
        """For each node, its coalitions among those at its place and after."""
        nodes = self.nodes
        counts: list[Sizes] = [NONE, ONE]
        for node in range(2, len(nodes)):
            without = self._raised(counts, nodes.without[node], nodes.place[node] + 1)
            joined = self._raised(counts, nodes.joined[node], nodes.place[node] + 1)
            counts.append(plus(without, (0, *joined)))
        return counts

    def _raised(self, counts: list[Sizes], node: int, place: int) -> Sizes:
        """A node's coalitions among those at ``place`` and after: the skipped ones are free."""
        gap = self.nodes.place[node] - place
        return times(counts[node], everybody(gap)) if gap else counts[node]

    def winning(self) -> Sizes:
        """How many coalitions of each size do it."""
        return self._raised(self._counted, self.root, 0)

    @cached_property
    def _swung(self) -> dict[str, Sizes]:
        nodes, counts = self.nodes, self._counted
        above: list[Sizes] = [NONE] * len(nodes)
        above[self.root] = everybody(nodes.place[self.root])
        found: dict[str, Sizes] = {}
        for node in range(len(nodes) - 1, 1, -1):
            place, here = nodes.place[node], above[node]
            without, joined = nodes.without[node], nodes.joined[node]
            more = minus(
                self._raised(counts, joined, place + 1), self._raised(counts, without, place + 1)
            )
            person = self.people[place]
            found[person] = plus(found.get(person, NONE), times(here, more))
            for below, way in ((without, here), (joined, (0, *here))):
                if below > YES:
                    gap = nodes.place[below] - place - 1
                    free = times(way, everybody(gap)) if gap else way
                    above[below] = plus(above[below], free)
        return found

    def swings(self, person: str) -> Sizes:
        """How many coalitions of each size without ``person`` do it only with them."""
        return self._swung.get(person, NONE)

    @cached_property
    def _minimal(self) -> tuple[Nodes, int]:
        nodes, family = self.nodes, Nodes(len(self.people))
        known: dict[tuple[int, int], int] = {}

        def excluding(sets: int, met: int) -> int:
            """The sets that don't already meet the diagram's node ``met``."""
            if met == YES or sets == NO:
                return NO
            if met == NO:
                return sets
            if sets == YES:  # the empty set follows the ways without anybody
                return excluding(YES, nodes.without[met])
            key = (sets, met)
            if key not in known:
                self._budget.spend(1, self._block)
                here, there = family.place[sets], nodes.place[met]
                if there < here:
                    known[key] = excluding(sets, nodes.without[met])
                else:
                    low, high = (met, met) if here < there else (
                        nodes.without[met], nodes.joined[met])  # fmt: skip
                    without = excluding(family.without[sets], low)
                    joined = excluding(family.joined[sets], high)
                    known[key] = family.node(here, without, joined) if joined else without
            return known[key]

        least = [NO, YES]
        for node in range(2, len(nodes)):
            low = nodes.without[node]
            joined = excluding(least[nodes.joined[node]], low)
            without = least[low]
            least.append(family.node(nodes.place[node], without, joined) if joined else without)
        return family, least[self.root]

    @cached_property
    def _sized(self) -> list[Sizes]:
        family, _ = self._minimal
        sizes: list[Sizes] = [NONE, ONE]
        for node in range(2, len(family)):
            sizes.append(plus(sizes[family.without[node]], (0, *sizes[family.joined[node]])))
        return sizes

    def minimal(self) -> Sizes:
        """How many minimal coalitions there are of each size."""
        return self._sized[self._minimal[1]]

    def listed(self, size: int) -> Iterator[tuple[str, ...]]:
        """The minimal coalitions of a size, one by one."""
        family, root = self._minimal
        stack: list[tuple[int, int, tuple[str, ...]]] = [(root, size, ())]
        while stack:
            node, left, taken = stack.pop()
            if left >= len(self._sized[node]) or not self._sized[node][left]:
                continue
            if node == YES:
                yield taken
                continue
            stack.append((family.without[node], left, taken))
            person = self.people[family.place[node]]
            if left:
                stack.append((family.joined[node], left - 1, (*taken, person)))

    def least(self, counted: Callable[[str], bool]) -> int | None:
        """The fewest of the people ``counted`` that any coalition has; None: there is none."""
        family, root = self._minimal
        fewest: list[int | None] = [None, 0]
        for node in range(2, len(family)):
            joined = fewest[family.joined[node]]
            weight = int(counted(self.people[family.place[node]]))
            ways = [fewest[family.without[node]], None if joined is None else joined + weight]
            fewest.append(min((way for way in ways if way is not None), default=None))
        return fewest[root]


class Threshold:
    """At least so many of some people: everything in closed form."""

    def __init__(self, people: tuple[str, ...], need: int) -> None:
        self.people, self.need = people, need
        self.deciding = frozenset(people)

    def winning(self) -> Sizes:
        """How many coalitions of each size do it."""
        counts = everybody(len(self.people))
        return trimmed([0 if size < self.need else n for size, n in enumerate(counts)])

    def minimal(self) -> Sizes:
        """How many minimal coalitions there are of each size."""
        return (*(0,) * self.need, comb(len(self.people), self.need))

    def swings(self, person: str) -> Sizes:
        """How many coalitions of each size without ``person`` do it only with them."""
        if person not in self.deciding:
            return NONE
        return (*(0,) * (self.need - 1), comb(len(self.people) - 1, self.need - 1))

    def listed(self, size: int) -> Iterator[tuple[str, ...]]:
        """The minimal coalitions of a size, one by one."""
        return combinations(self.people, size) if size == self.need else iter(())

    def least(self, counted: Callable[[str], bool]) -> int | None:
        """The fewest of the people ``counted`` that any coalition of this has."""
        return max(0, self.need - sum(not counted(person) for person in self.people))
