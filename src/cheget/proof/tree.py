"""A monotone function as a tree of parts, children before parents.

Whatever is asked of it goes once up the tree, or once down, by iteration.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

from cheget.proof.diagram import MOST_PLACES, NO, YES, Nodes, Operations, Spend, TooManyError
from cheget.proof.formula import Formula, modules
from cheget.proof.orders import orders
from cheget.proof.parts import Number, Part, Scale, Web, Weighed
from cheget.proof.polynomial import Sizes

TRIES = (9_000, 80_000, 400_000, 1 << 62)  # operations that an order of a diagram may take


class Tree:
    """Parts and leaves by number; ``names`` of the leaves. Constants are ``NO`` and ``YES``."""

    def __init__(self) -> None:
        self.parts: list[Part | None] = [None, None]
        self.names: list[str] = ["", ""]
        self.sizes = [0, 0]  # how many leaves each has
        self.root = NO

    def leaf(self, name: str) -> int:
        """A new leaf."""
        self.parts.append(None)
        self.names.append(name)
        self.sizes.append(1)
        return len(self.parts) - 1

    def part(self, part: Part) -> int:
        """Another part, over parts that are there."""
        self.parts.append(part)
        self.names.append("")
        self.sizes.append(sum(self.sizes[child] for child in part.children))
        return len(self.parts) - 1

    def add(self, formula: Formula, root: int, leaves: Mapping[int, int], spend: Spend) -> int:
        """The part that a formula is, its leaves being parts already.

        Args:
            formula: Where ``root`` stands.
            root: The node.
            leaves: For each leaf of the formula, the number of its part.
            spend: Told of the work on parts that need a diagram.
        """
        first = {leaf: at for at, leaf in enumerate(formula.below(root)) if leaf in leaves}
        root = formula.simplified(root)
        if root <= YES or root in leaves:
            return leaves.get(root, root)
        alone = modules(formula, root)
        made = dict(leaves)
        for node in formula.below(root):
            if formula.items[node]:
                first[node] = min(first[child] for child, _ in formula.items[node])
            if node in alone:
                made[node] = self.part(self._module(formula, node, made, first, spend))
        return made[root]

    def _module(
        self, formula: Formula, top: int, made: Mapping[int, int], first: Mapping[int, int],
        spend: Spend,
    ) -> Part:  # fmt: skip
        items, need = formula.items[top], formula.need[top]
        if any(child not in made for child, _ in items):
            order, nodes, root = drawn(formula, top, made.keys(), first, spend)
            children = [made[leaf] for leaf in order]
            return Web(children, [self.sizes[child] for child in children], spend, (nodes, root))
        pairs = tuple((made[child], weight) for child, weight in items)
        if all(self.parts[child] is None and weight == 1 for child, weight in pairs):
            return Number([child for child, _ in pairs], need)
        pairs = tuple(sorted(pairs, key=lambda pair: (-pair[1], pair[0])))
        return Weighed(pairs, [self.sizes[child] for child, _ in pairs], need, spend)

    def _up(
        self, leaf: int, of: Callable[[Part, list[int]], int], end: int | None = None
    ) -> list[int]:
        """A number for each part from those of its children."""
        found = [0, 1]
        for part in self.parts[2:end]:
            found.append(leaf if part is None else of(part, found))
        return found

    def deciding(self) -> set[str]:
        """The names of the leaves that can ever matter."""
        found: set[int] = set()
        stack = [self.root] if self.root > YES else []
        while stack:
            number = stack.pop()
            part = self.parts[number]
            if part is None:
                found.add(number)
            else:
                stack += part.deciding()
        return {self.names[number] for number in found}

    def probability(self, chances: Mapping[str, float]) -> float:
        """How likely it is met when each leaf is, independently, with its chance.

        Sums and products of numbers that aren't negative, so it is right but for rounding.
        """
        found = [0.0, 1.0]
        for name, part in zip(self.names[2:], self.parts[2:], strict=True):
            found.append(chances[name] if part is None else part.probability(found))
        return found[self.root]

    def _met(self, scale: Scale, end: int | None = None) -> list[int]:
        return self._up(1 << scale.width, lambda part, met: part.winning(scale, met), end)

    def winning(self, scale: Scale) -> int:
        """How many coalitions of its leaves, of each size, meet it."""
        return self._met(scale)[self.root]

    def swings(self, scale: Scale) -> dict[str, int]:
        """For each leaf that decides anything, how many coalitions of the others leave it to it."""
        met = self._met(scale, self.root)
        above = {self.root: 1}
        found: dict[str, int] = {}
        for number in range(self.root, YES, -1):
            here, part = above.get(number, 0), self.parts[number]
            if not here:
                continue
            if part is None:
                found[self.names[number]] = here
                continue
            swings = part.swings(scale, met)
            products = {
                id(swing): here * swing for swing in {id(one): one for one in swings}.values()
            }
            above |= {
                child: products[id(swing)]
                for child, swing in zip(part.children, swings, strict=True)
            }
        return found

    def _least(self, scale: Scale) -> list[int]:
        return self._up(1 << scale.width, lambda part, least: part.minimal(scale, least))

    def minimal(self) -> Sizes:
        """How many minimal coalitions there are of each size."""
        total = self._least(Scale(0))[self.root]
        scale = Scale(8 * (total.bit_length() // 8 + 1))
        return scale.sizes(self._least(scale)[self.root])

    def fewest(self, cost: Callable[[str], int]) -> int | None:
        """What the cheapest minimal coalition costs, each leaf by its name; None: there is none."""
        found: list[int | None] = [None, 0]
        for name, part in zip(self.names[2:], self.parts[2:], strict=True):
            found.append(cost(name) if part is None else part.fewest(found))
        return found[self.root]

    def listed(self, sizes: Sequence[int]) -> Iterator[tuple[str, ...]]:
        """The minimal coalitions, one by one, the smaller first; ``sizes`` are ``minimal()``."""
        scale = Scale(8 * (sum(sizes).bit_length() // 8 + 1))
        least = self._least(scale)
        for size, count in enumerate(sizes):
            if count:
                yield from self._of_size(scale, least, size)

    def _of_size(self, scale: Scale, least: list[int], size: int) -> Iterator[tuple[str, ...]]:
        """Depth first: what is taken so far, and the parts still to be met, each with its size."""
        stack: list[tuple[_Taken, _Left]] = [(None, (self.root, -1, size, None))]
        while stack:
            taken, left = stack.pop()
            while left is not None and self.parts[left[0]] is None:
                taken, left = (left[0], taken) if left[0] > YES else taken, left[3]
            if left is None:
                yield self._named(taken)
                continue
            number, at, size, rest = left
            part = self.parts[number]
            assert part is not None  # noqa: S101  (for mypy)
            for child, onward in reversed([*part.ways(scale, least, at, size)]):
                more = rest if onward is None else (number, *onward, rest)
                stack.append((taken, more if child is None else (child[0], -1, child[1], more)))

    def _named(self, taken: _Taken) -> tuple[str, ...]:
        names = []
        while taken is not None:
            number, taken = taken
            names.append(self.names[number])
        return tuple(reversed(names))


_Taken = tuple[int, "_Taken"] | None
_Left = tuple[int, int, int, "_Left"] | None  # a part, where to go on in it, a size; and the rest


def drawn(
    formula: Formula, top: int, leaves: AbstractSet[int], first: Mapping[int, int], spend: Spend
) -> tuple[list[int], Nodes, int]:
    """A diagram of a node over leaves, in an order that took few operations; and that order.

    ``first`` says where the leaves stand in the formula as it was written.

    Raises:
        ChegetError: whatever ``spend`` raises once no order is within what is left.
    """
    for most in TRIES:
        for order in orders(formula, top, leaves, first):
            if len(order) > MOST_PLACES:
                spend(1 << 62)
            operations = Operations(Nodes(len(order)), most)
            try:
                root = operated(formula, top, order, operations)
            except TooManyError:
                spend(operations.done)
                continue
            spend(operations.done)
            return order, operations.nodes, root
    spend(1 << 62)
    raise TooManyError


def operated(formula: Formula, top: int, order: Sequence[int], operations: Operations) -> int:
    """A node's diagram over leaves in that order.

    Raises:
        TooManyError: it takes more operations than they may be.
    """
    made = {leaf: operations.nodes.node(place, NO, YES) for place, leaf in enumerate(order)}
    stack = [(top, False)]
    while stack:
        node, left = stack.pop()
        items = formula.items[node]
        if left:
            operands = [(made[child], weight) for child, weight in items]
            made[node] = operations.at_least(formula.need[node], operands)
        elif node not in made:
            stack.append((node, True))
            stack += [(child, False) for child, _ in items]
    return made[top]
