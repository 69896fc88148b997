"""Decision diagrams: a monotone function of numbered places, and its minimal sets.

The diagram is reduced and ordered (Bryant 1986); a node asks of one place whether it is taken.
Minimal sets are a family in a zero-suppressed diagram (Minato 1993), by Rauzy's decomposition
(1993): Min(x ? f1 : f0) = x·(Min(f1) without sets that satisfy f0) + Min(f0).

Operations go down by recursion, a call a place, so a diagram has ``MOST_PLACES`` at most.
Nodes are numbers below 2 ** ``BITS``, so that a pair of them is one number too: a table of
numbers is smaller and faster than one of tuples.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence

from cheget.chain.seating import Block
from cheget.errors import TooEntangledError

NO, YES = 0, 1
MOST_PLACES = 600
BITS = 26
MOST_NODES = 1 << BITS  # a number beyond it would run into the one beside it
BATCH = 1024  # steps that are counted together
ATTAINABLE = 20_000  # sums of weights that are remembered, to tell which residues are the same
Spend = Callable[[int], None]  # told of steps before more are done; stops the work by an error


class TooManyError(Exception):
    """An attempt took more operations than it was given; another order may take fewer."""


class Budget:
    """How much work is left before it is too much; spent by whoever works."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def spend(self, steps: int, part: Block | str, /) -> None:
        """Take ``steps`` off for the work on a part.

        Raises:
            TooEntangledError: there are not so many left.
        """
        self.left -= steps
        if self.left < 0:
            if isinstance(part, str):
                where, hint = part, "raise --budget"
            else:
                where = f"{len(part.people)} people who meet at {', '.join(part.levels)}"
                hint = "let fewer people sit at several of these; or raise --budget"
            raise TooEntangledError(f"too entangled to prove: {where}", hint=hint)


class Nodes:
    """A table of nodes: a place, where it goes without it and with it."""

    def __init__(self, places: int) -> None:
        self.places = places
        self.place = [places, places]
        self.without = [NO, YES]
        self.joined = [NO, YES]
        self._ids: dict[int, int] = {}

    def node(self, place: int, without: int, joined: int) -> int:
        """The node that asks of ``place``; one that asks in vain is left out by the caller.

        Raises:
            TooEntangledError: the table is full.
        """
        key = ((place << BITS | without) << BITS) | joined
        known = self._ids.get(key)
        if known is None:
            if len(self.place) >= MOST_NODES:
                raise TooEntangledError(
                    f"too entangled to prove: a diagram of over {MOST_NODES:,} nodes",
                    hint="no budget is enough for it",
                )
            known = self._ids[key] = len(self.place)
            self.place.append(place)
            self.without.append(without)
            self.joined.append(joined)
        return known

    def __len__(self) -> int:
        return len(self.place)

    def below(self, root: int) -> list[int]:
        """The nodes that ``root`` rests on, and itself, children before parents."""
        found = {root}
        stack = [root]
        while stack:
            node = stack.pop()
            for child in (self.without[node], self.joined[node]):
                if child > YES and child not in found:
                    found.add(child)
                    stack.append(child)
        return sorted(found - {NO, YES})


class Operations:
    """*And* and *or* of diagrams over one table, about ``most`` operations at most."""

    def __init__(self, nodes: Nodes, most: int) -> None:
        self.nodes, self.most = nodes, most
        self._known: tuple[dict[int, int], dict[int, int]] = ({}, {})
        self.both = self._operation(NO, self._known[NO])
        self.either = self._operation(YES, self._known[YES])

    @property
    def done(self) -> int:
        """How many operations were done."""
        return len(self._known[NO]) + len(self._known[YES])

    def _operation(self, absorbing: int, known: dict[int, int]) -> Callable[[int, int], int]:
        """*And* where NO is absorbing, *or* where YES is. All that it looks up is at hand."""
        nodes, most = self.nodes, self.most
        places, withouts, joineds, node = nodes.place, nodes.without, nodes.joined, nodes.node

        def operation(one: int, other: int) -> int:
            if one > other:
                one, other = other, one
            if one <= YES:
                return absorbing if one == absorbing else other
            if one == other:
                return one
            key = one << BITS | other
            found = known.get(key)
            if found is not None:
                return found
            place, there = places[one], places[other]
            if place < there:
                without = operation(withouts[one], other)
                joined = operation(joineds[one], other)
            elif place > there:
                place = there
                without = operation(one, withouts[other])
                joined = operation(one, joineds[other])
            else:
                without = operation(withouts[one], withouts[other])
                joined = operation(joineds[one], joineds[other])
            found = known[key] = without if without == joined else node(place, without, joined)
            if len(known) > most:
                raise TooManyError
            return found

        return operation

    def at_least(self, need: int, operands: Sequence[tuple[int, int]]) -> int:
        """Operands that weigh ``need`` together, each a diagram and its weight."""
        place = self.nodes.place
        if need == 1:  # from the lowest up: each step then only adds above what is there
            found = NO
            for each, _ in sorted(operands, key=lambda one: (-place[one[0]], one[0])):
                found = self.either(found, each)
            return found
        if need == sum(weight for _, weight in operands):
            found = YES
            for each, _ in sorted(operands, key=lambda one: (-place[one[0]], one[0])):
                found = self.both(found, each)
            return found
        return self.weighed(need, sorted(operands, key=lambda one: (place[one[0]], -one[1])))

    def weighed(self, need: int, operands: Sequence[tuple[int, int]]) -> int:
        """The same in the given order: residues from the first down, diagrams from the last up."""
        residues = Residues([weight for _, weight in operands], need)
        layers: list[set[int]] = [{residues.of(0, need) or 0}]
        count = self.done
        for at, (_, weight) in enumerate(operands):
            layer: set[int | None] = set()
            for left in layers[-1]:
                assert left is not None  # noqa: S101  (for mypy: layers hold residues to be met)
                layer |= {residues.of(at + 1, left), residues.of(at + 1, left - weight)}
            layers.append({one for one in layer if one})
            count += len(layers[-1])
            if count > self.most:
                raise TooManyError
        made: dict[int | None, int] = {None: NO, 0: YES}
        for at in range(len(operands) - 1, -1, -1):
            each, weight = operands[at]
            above: dict[int | None, int] = {None: NO, 0: YES}
            for left in layers[at]:
                assert left is not None  # noqa: S101  (for mypy: layers hold residues to be met)
                without = made[residues.of(at + 1, left)]
                joined = made[residues.of(at + 1, left - weight)]
                above[left] = self._chosen(each, without, joined)
            made = above
        return made[residues.of(0, need)]

    def _chosen(self, each: int, without: int, joined: int) -> int:
        """``joined`` where ``each`` is met, else ``without``, which meets no more than it."""
        nodes = self.nodes
        if without == joined:
            return without
        leaf = nodes.without[each] == NO and nodes.joined[each] == YES
        here = nodes.place[each]
        if leaf and here < nodes.place[without] and here < nodes.place[joined]:
            return nodes.node(here, without, joined)
        return self.either(self.both(each, joined), without)


class Residues:
    """What is left of a need once some operands are known; equal where it asks the same.

    Two residues ask the same of the operands that remain if no sum of their weights lies between
    them, so each is raised to the next sum there is, as far as sums are few enough to know.
    """

    def __init__(self, weights: Sequence[int], need: int) -> None:
        self._most = [0] * (len(weights) + 1)
        self._sums: list[list[int] | None] = [None] * len(weights) + [[0]]
        for at in range(len(weights) - 1, -1, -1):
            weight = weights[at]
            self._most[at] = self._most[at + 1] + weight
            sums = self._sums[at + 1]
            if sums is not None:
                both = {*sums, *(one + weight for one in sums if one < need)}
                self._sums[at] = sorted(both) if len(both) <= ATTAINABLE else None

    def of(self, at: int, left: int) -> int | None:
        """The residue before the operand ``at``; 0 when nothing is left, None when too much."""
        if left <= 0:
            return 0
        if left > self._most[at]:
            return None
        sums = self._sums[at]
        return left if sums is None else sums[bisect_left(sums, left)]


def minimal(nodes: Nodes, root: int, spend: Spend) -> tuple[Nodes, int]:
    """The minimal sets of ``root``: a family, and its node."""
    family = Nodes(nodes.places)
    excluding = _excluding(nodes, family, spend)
    least = {NO: NO, YES: YES}
    for node in nodes.below(root):
        low = nodes.without[node]
        joined = excluding(least[nodes.joined[node]], low)
        without = least[low]
        least[node] = family.node(nodes.place[node], without, joined) if joined else without
    return family, least[root]


def _excluding(nodes: Nodes, family: Nodes, spend: Spend) -> Callable[[int, int], int]:
    """The sets of a family's node that don't already meet a diagram's node."""
    known: dict[int, int] = {}
    place, lows, highs = nodes.place, nodes.without, nodes.joined
    places, withouts, joineds = family.place, family.without, family.joined
    make = family.node

    def excluding(sets: int, met: int) -> int:
        here = places[sets]
        while met > YES and place[met] < here:  # no set of these has that place
            met = lows[met]
        if met <= YES or sets == NO:
            return NO if met else sets
        key = sets << BITS | met
        found = known.get(key)
        if found is not None:
            return found
        without, joined = withouts[sets], joineds[sets]
        low, high = (met, met) if here < place[met] else (lows[met], highs[met])
        if without and low:
            without = NO if low == YES else excluding(without, low)
        if high:
            joined = NO if high == YES else excluding(joined, high)
        found = make(here, without, joined) if joined else without
        known[key] = found
        if not len(known) % BATCH:
            spend(BATCH)
        return found

    return excluding
