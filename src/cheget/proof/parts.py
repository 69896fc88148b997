"""The parts of a function: each a number of people in closed form, a quota, or a diagram.

Counts of coalitions by size are polynomials, and a polynomial is one whole number: coefficients
side by side, ``width`` bits apart (Kronecker 1882). At width 0 it is the sum of them all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from math import comb
from typing import Protocol

from cheget.proof.diagram import NO, YES, Nodes, Operations, Spend, TooManyError, minimal
from cheget.proof.formula import Items
from cheget.proof.polynomial import Sizes, everybody, trimmed

LARGEST_TABLE = 1 << 26  # bits of a quota's table; a larger quota is drawn as a diagram
LARGEST_DIAGRAM = 1 << 21
Way = tuple[tuple[int, int] | None, tuple[int, int] | None]  # a child's size; where to go on, size


class Scale:
    """How polynomials in the size of a coalition are packed."""

    def __init__(self, width: int) -> None:
        self.width = width
        self._known: dict[int, int] = {0: 1}

    def everybody(self, people: int) -> int:
        """How many coalitions of each size so many people form: (1 + z) ** people."""
        known = self._known.get(people)
        if known is None:
            counts = everybody(people)
            step = self.width // 8
            known = self._known[people] = sum(counts) if not step else int.from_bytes(
                b"".join(count.to_bytes(step, "little") for count in counts), "little"
            )  # fmt: skip
        return known

    def at(self, packed: int, size: int) -> int:
        """The coefficient of a size."""
        return packed >> size * self.width & (1 << self.width) - 1

    def sizes(self, packed: int) -> Sizes:
        """All coefficients. The width is whole bytes."""
        step = self.width // 8
        data = packed.to_bytes(-(-packed.bit_length() // 8), "little")
        return trimmed([
            int.from_bytes(data[at : at + step], "little") for at in range(0, len(data), step)
        ])  # fmt: skip


class Part(Protocol):
    """A function of ``children``, each a part of its own or a leaf, which share no leaf."""

    @property
    def children(self) -> Sequence[int]:
        """The parts below, by place."""

    def deciding(self) -> Iterator[int]:
        """The children that matter."""

    def probability(self, chances: Sequence[float]) -> float:
        """How likely it is met when each child is, independently, with its chance."""

    def winning(self, scale: Scale, met: Sequence[int]) -> int:
        """How many coalitions of each size meet it, given how many meet each child."""

    def swings(self, scale: Scale, met: Sequence[int]) -> list[int]:
        """By place: how many coalitions of the other children leave it to that child."""

    def minimal(self, scale: Scale, least: Sequence[int]) -> int:
        """How many minimal coalitions of each size, given how many each child has."""

    def ways(self, scale: Scale, least: Sequence[int], at: int, size: int) -> Iterator[Way]:
        """How to go on from ``at`` (first -1) when listing minimal coalitions of a size."""

    def fewest(self, costs: Sequence[int | None]) -> int | None:
        """What the cheapest minimal coalition costs, given what each child costs at least."""


class Number:
    """At least ``need`` of some leaves: everything in closed form."""

    def __init__(self, children: Sequence[int], need: int) -> None:
        self.children, self.need = tuple(children), need

    def deciding(self) -> Iterator[int]:
        """The children that matter."""
        return iter(self.children)

    def probability(self, chances: Sequence[float]) -> float:
        """The upper tail of the Poisson-binomial distribution."""
        below = [1.0] + [0.0] * (self.need - 1)  # so many so far, all less than the need
        reached = 0.0
        for child in self.children:
            chance = chances[child]
            reached += below[-1] * chance
            for count in range(self.need - 1, 0, -1):
                below[count] = below[count] * (1 - chance) + below[count - 1] * chance
            below[0] *= 1 - chance
        return reached

    def winning(self, scale: Scale, met: Sequence[int]) -> int:  # noqa: ARG002
        """How many coalitions of each size meet it: the upper half of a row of binomials."""
        people, width = len(self.children), scale.width
        if not width:
            return sum(comb(people, size) for size in range(self.need, people + 1))
        return scale.everybody(people) >> self.need * width << self.need * width

    def swings(self, scale: Scale, met: Sequence[int]) -> list[int]:  # noqa: ARG002
        """By place: how many coalitions of the others lack just one."""
        count = comb(len(self.children) - 1, self.need - 1) << (self.need - 1) * scale.width
        return [count] * len(self.children)

    def minimal(self, scale: Scale, least: Sequence[int]) -> int:  # noqa: ARG002
        """How many minimal coalitions: all of one size."""
        return comb(len(self.children), self.need) << self.need * scale.width

    def ways(self, scale: Scale, least: Sequence[int], at: int, size: int) -> Iterator[Way]:  # noqa: ARG002
        """With the next leaf, or without it."""
        at += 1
        if size == 0:
            yield None, None
            return
        yield (self.children[at], 1), (at, size - 1)
        if len(self.children) - at > size:
            yield None, (at, size)

    def fewest(self, costs: Sequence[int | None]) -> int | None:
        """What the cheapest minimal coalition costs."""
        return sum(sorted(costs[child] or 0 for child in self.children)[: self.need])


class Web:
    """A diagram over parts: a table of nodes, and its root."""

    def __init__(
        self, children: Sequence[int], sizes: Sequence[int], spend: Spend,
        diagram: tuple[Nodes, int] | None = None,
    ) -> None:  # fmt: skip
        self.children = tuple(children)
        self._sizes, self._spend, self._diagram = sizes, spend, diagram
        self._before = [0]  # how many leaves the places before each have
        for size in sizes:
            self._before.append(self._before[-1] + size)

    @cached_property
    def _drawn(self) -> tuple[Nodes, int, list[int]]:
        nodes, root = self._diagram or self._draw()
        return nodes, root, nodes.below(root)

    def _draw(self) -> tuple[Nodes, int]:
        raise NotImplementedError

    @cached_property
    def _family(self) -> tuple[Nodes, int, list[int]]:
        nodes, root, _ = self._drawn
        family, least = minimal(nodes, root, self._spend)
        return family, least, family.below(least)

    def deciding(self) -> Iterator[int]:
        """The children that matter: those that a node of the reduced diagram asks of."""
        nodes, _, order = self._drawn
        return iter({self.children[nodes.place[node]] for node in order})

    def probability(self, chances: Sequence[float]) -> float:
        """Shannon's decomposition, from below."""
        nodes, root, order = self._drawn
        found: dict[int, float] = {NO: 0.0, YES: 1.0}
        for node in order:
            chance = chances[self.children[nodes.place[node]]]
            without, joined = found[nodes.without[node]], found[nodes.joined[node]]
            found[node] = (1 - chance) * without + chance * joined
        return found[root]

    def winning(self, scale: Scale, met: Sequence[int]) -> int:
        """How many coalitions of each size meet it."""
        nodes, root, _ = self._drawn
        return self._raised(scale, self._counts(scale, met), root, 0, nodes)

    def _counts(self, scale: Scale, met: Sequence[int]) -> dict[int, int]:
        """For each node, the coalitions among its place and those after it."""
        nodes, _, order = self._drawn
        counts = {NO: 0, YES: 1}
        for node in order:
            place = nodes.place[node]
            without = self._raised(scale, counts, nodes.without[node], place + 1, nodes)
            joined = self._raised(scale, counts, nodes.joined[node], place + 1, nodes)
            if self._sizes[place] == 1:
                counts[node] = without + (joined << scale.width)
            else:
                yes = met[self.children[place]]
                no = scale.everybody(self._sizes[place]) - yes
                counts[node] = no * without + yes * joined
        return counts

    def _raised(
        self, scale: Scale, counts: Mapping[int, int], node: int, place: int, nodes: Nodes
    ) -> int:
        """A node's coalitions among ``place`` and those after: the skipped ones are free."""
        gap = self._before[nodes.place[node]] - self._before[place]
        return counts[node] * scale.everybody(gap) if gap else counts[node]

    def swings(self, scale: Scale, met: Sequence[int]) -> list[int]:
        """By place, in one sweep back: ways to reach a node, times what the place decides there."""
        nodes, root, order = self._drawn
        counts = self._counts(scale, met)
        above = dict.fromkeys(order, 0)
        above[root] = scale.everybody(self._before[nodes.place[root]])
        found = [0] * len(self.children)
        for node in reversed(order):
            place, here = nodes.place[node], above[node]
            low, high = nodes.without[node], nodes.joined[node]
            found[place] += here * (
                self._raised(scale, counts, high, place + 1, nodes)
                - self._raised(scale, counts, low, place + 1, nodes)
            )
            yes = met[self.children[place]]
            for child, way in ((low, scale.everybody(self._sizes[place]) - yes), (high, yes)):
                if child > YES:
                    gap = self._before[nodes.place[child]] - self._before[place + 1]
                    above[child] += here * way * scale.everybody(gap)
        return found

    def minimal(self, scale: Scale, least: Sequence[int]) -> int:
        """How many minimal coalitions of each size."""
        return self._least(scale, least)[self._family[1]]

    def _least(self, scale: Scale, least: Sequence[int]) -> dict[int, int]:  # noqa: ARG002
        family, _, order = self._family
        counts = {NO: 0, YES: 1}
        for node in order:
            joined = counts[family.joined[node]] * least[self.children[family.place[node]]]
            counts[node] = counts[family.without[node]] + joined
        return counts

    def ways(self, scale: Scale, least: Sequence[int], at: int, size: int) -> Iterator[Way]:
        """With a child, for each size that it may have, or without it."""
        family, root, _ = self._family
        counts = self._listing(scale, least)
        node = root if at < 0 else at
        if node == YES:
            yield None, None
            return
        child, joined = self.children[family.place[node]], family.joined[node]
        for part in range(size + 1):
            if scale.at(least[child], part) and scale.at(counts[joined], size - part):
                yield (child, part), (joined, size - part)
        if scale.at(counts[family.without[node]], size):
            yield None, (family.without[node], size)

    def _listing(self, scale: Scale, least: Sequence[int]) -> dict[int, int]:
        known: tuple[Scale, dict[int, int]] | None = self.__dict__.get("_listed")
        if known is None or known[0] is not scale:
            known = self.__dict__["_listed"] = (scale, self._least(scale, least))
        return known[1]

    def fewest(self, costs: Sequence[int | None]) -> int | None:
        """What the cheapest minimal coalition costs."""
        family, root, order = self._family
        found: dict[int, int | None] = {NO: None, YES: 0}
        for node in order:
            mine, rest = costs[self.children[family.place[node]]], found[family.joined[node]]
            joined = None if mine is None or rest is None else mine + rest
            ways = (found[family.without[node]], joined)
            found[node] = min((way for way in ways if way is not None), default=None)
        return found[root]


class Weighed(Web):
    """Children that carry ``need`` together, the heavier first.

    In that order a minimal set is one that stops at the child with which it reaches the need: the
    diagram, read as a family, is that of the minimal sets.
    """

    def __init__(self, items: Items, sizes: Sequence[int], need: int, spend: Spend) -> None:
        self.weights = [weight for _, weight in items]
        self.need = need
        super().__init__([child for child, _ in items], sizes, spend)

    def _draw(self) -> tuple[Nodes, int]:
        nodes = Nodes(len(self.children))
        operations = Operations(nodes, LARGEST_DIAGRAM)
        leaves = [nodes.node(place, NO, YES) for place in range(len(self.children))]
        try:
            root = operations.weighed(self.need, list(zip(leaves, self.weights, strict=True)))
        except TooManyError:
            self._spend(1 << 62)
            raise
        self._spend(len(nodes))
        return nodes, root

    @cached_property
    def _family(self) -> tuple[Nodes, int, list[int]]:
        return self._drawn

    def winning(self, scale: Scale, met: Sequence[int]) -> int:
        """How many coalitions of each size meet it."""
        table = self._table(scale)
        if table is None:
            return super().winning(scale, met)
        return scale.everybody(len(self.children)) - table[self.need]

    def swings(self, scale: Scale, met: Sequence[int]) -> list[int]:
        """By place: how many coalitions of the others carry too little without that child.

        Let C(q) count the coalitions of all, D(q) those of all but a child of weight w, that carry
        less than q. Then C(q) = D(q) + z D(q - w), which gives D from C without another table.
        """
        table = self._table(scale)
        if table is None:
            return super().swings(scale, met)
        known: dict[int, int] = {}
        for weight in set(self.weights):
            others = 0  # D(need - weight), from the smallest quota up
            for quota in range((self.need - 1) % weight + 1, self.need, weight):
                others = table[quota] - (others << scale.width)
            known[weight] = table[self.need] - (others << scale.width) - others
        return [known[weight] for weight in self.weights]

    def _table(self, scale: Scale) -> list[int] | None:
        """For each quota up to the need, how many coalitions of leaves carry less than it."""
        step = (len(self.children) + 1) * scale.width
        if any(size != 1 for size in self._sizes) or self.need * step > LARGEST_TABLE or not step:
            return None
        packed, bits = 1, self.need * step
        for weight in reversed(self.weights):  # the lighter first: the table grows late
            packed += packed << weight * step + scale.width
            if packed.bit_length() > bits:
                packed &= (1 << bits) - 1
        width = step // 8
        data = packed.to_bytes(self.need * width, "little")
        table = [0]
        for at in range(0, len(data), width):
            table.append(table[-1] + int.from_bytes(data[at : at + width], "little"))
        return table
