"""Monotone formulas as one shared graph of weighted thresholds, and what makes them smaller.

A node is a leaf, or "so much at least, of these nodes with these weights": *and* asks for all
of them, *or* for one. Constants are folded, equal nodes are one node (hash-consing), and an operand
that stands twice in a threshold counts with twice the weight. Nothing here recurses: a formula
may be as deep as memory allows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import gcd
from typing import Literal

NO, YES = 0, 1
Items = tuple[tuple[int, int], ...]  # nodes and their weights
Kind = Literal["leaf", "all", "any", "some"]
ROUNDS = 10  # of regrouping; each makes the formula smaller, and few are ever needed


class Formula:
    """A table of nodes. ``NO`` and ``YES`` are constants; children come before parents."""

    def __init__(self) -> None:
        self.need = [1, 0]
        self.items: list[Items] = [(), ()]
        self._ids: dict[tuple[int, Items], int] = {}
        self.names: dict[str, int] = {}

    def leaf(self) -> int:
        """A new variable."""
        self.need.append(0)
        self.items.append(())
        return len(self.need) - 1

    def named(self, name: str) -> int:
        """The variable of that name, the same each time."""
        if name not in self.names:
            self.names[name] = self.leaf()
        return self.names[name]

    def at_least(self, need: int, pairs: Iterable[tuple[int, int]]) -> int:
        """Nodes that weigh ``need`` together. Weights are not negative."""
        weights: dict[int, int] = {}
        for node, weight in pairs:
            if node == YES:
                need -= weight
            elif node != NO and weight > 0:
                weights[node] = weights.get(node, 0) + weight
        if need <= 0:
            return YES
        weights = {node: min(weight, need) for node, weight in weights.items()}
        if sum(weights.values()) < need:
            return NO
        if len(weights) == 1:
            return next(iter(weights))
        common = gcd(*weights.values())
        items = tuple(sorted((node, weight // common) for node, weight in weights.items()))
        key = (-(-need // common), items)
        known = self._ids.get(key)
        if known is None:
            known = self._ids[key] = len(self.need)
            self.need.append(key[0])
            self.items.append(items)
        return known

    def all_of(self, nodes: Iterable[int]) -> int:
        """All of the nodes."""
        each = dict.fromkeys(nodes, 1)
        return self.at_least(len(each), each.items())

    def any_of(self, nodes: Iterable[int]) -> int:
        """One of the nodes at least."""
        return self.at_least(1, dict.fromkeys(nodes, 1).items())

    def kind(self, node: int) -> Kind:
        """What a node asks of its items."""
        items = self.items[node]
        if not items:
            return "leaf"
        if self.need[node] == 1:
            return "any"
        return "all" if self.need[node] == sum(weight for _, weight in items) else "some"

    def below(self, root: int) -> list[int]:
        """The nodes that ``root`` rests on, and itself: depth first, children before parents."""
        found: list[int] = []
        seen: set[int] = set()
        stack = [(root, False)]
        while stack:
            node, left = stack.pop()
            if left:
                found.append(node)
            elif node not in seen:
                seen.add(node)
                stack.append((node, True))
                stack += [(child, False) for child, _ in reversed(self.items[node])]
        return found

    def dual(self, root: int) -> int:
        """What is met by those whose absence leaves ``root`` unmet."""
        made = {NO: YES, YES: NO}
        for node in self.below(root):
            items = self.items[node]
            if items:
                need = sum(weight for _, weight in items) - self.need[node] + 1
                made[node] = self.at_least(need, [(made[one], weight) for one, weight in items])
            elif node > YES:
                made[node] = node
        return made[root]

    def is_met(self, root: int, present: Iterable[int]) -> bool:
        """Whether the leaves ``present``, and no other, meet ``root``."""
        met = {YES, *present}
        for node in self.below(root):
            if sum(w for one, w in self.items[node] if one in met) >= self.need[node] > 0:
                met.add(node)
        return root in met

    def simplified(self, root: int) -> int:
        """The same function, with as much of it as can be seen in modules."""
        root = self._flat(root)
        for _ in range(ROUNDS):
            before, root = root, self._parted(root)
            root = self._gathered(root)
            if root == before:
                break
        return root

    def parents(self, nodes: Sequence[int]) -> Mapping[int, list[int]]:
        """Who uses each node."""
        found: dict[int, list[int]] = {}
        for node in nodes:
            for child, _ in self.items[node]:
                found.setdefault(child, []).append(node)
        return found

    def _joined(self, kind: Kind, nodes: Iterable[int]) -> int:
        return self.all_of(nodes) if kind == "all" else self.any_of(nodes)

    def _again(self, node: int, made: Mapping[int, int]) -> int:
        pairs = [(made[one], weight) for one, weight in self.items[node]]
        return self.at_least(self.need[node], pairs)

    def _flat(self, root: int) -> int:
        """*And* within *and*, *or* within *or*, where nobody else uses the inner one."""
        order = self.below(root)
        users = self.parents(order)
        made: dict[int, int] = {}
        for node in order:
            kind = self.kind(node)
            if kind in {"leaf", "some"}:
                made[node] = self._again(node, made) if self.items[node] else node
                continue
            inner: list[int] = []
            for child, _ in self.items[node]:
                new = made[child]
                same = len(users[child]) == 1 and self.kind(new) == kind
                inner += [one for one, _ in self.items[new]] if same else [new]
            made[node] = self._joined(kind, inner)
        return made[root]

    def _parted(self, root: int) -> int:
        """Operands of an *and* or *or* that share a leaf are put together, apart from others."""
        order, alone = self.below(root), modules(self, root)
        users = self.parents(order)
        made: dict[int, int] = {}
        shared: dict[int, int] = {}  # of each node, the leaves that are used elsewhere too, as bits
        for node in order:
            items, kind = self.items[node], self.kind(node)
            if kind == "leaf":
                made[node] = node
                shared[node] = 1 << node if len(users.get(node, ())) > 1 else 0
                continue
            apart: list[int] = []
            groups: list[tuple[int, list[int]]] = []
            scope = 0
            for child, _ in items:
                mine, group = shared[child], [made[child]]
                if not mine:
                    apart.append(made[child])
                    continue
                scope |= mine
                others = []
                for one in groups:
                    if one[0] & mine:
                        mine, group = mine | one[0], one[1] + group
                    else:
                        others.append(one)
                groups = [*others, (mine, group)]
            shared[node] = 0 if node in alone else scope
            if kind == "some":
                made[node] = self._again(node, made)
            else:
                joined = [self._joined(kind, group) for _, group in groups]
                made[node] = self._joined(kind, [*apart, *joined])
        return made[root]

    def _gathered(self, root: int) -> int:
        """Operands used by the same *and*s, or the same *or*s, become one operand."""
        order = self.below(root)
        alone = modules(self, root)
        groups: dict[tuple[int, ...], list[int]] = {}
        for child, users in self.parents(order).items():
            if len(users) > 1 or not self.items[child] or child in alone:
                groups.setdefault(tuple(users), []).append(child)
        group_of: dict[int, int] = {}
        for above, together in groups.items():
            kinds = {self.kind(user) for user in above}
            whole = len(above) == 1 and len(self.items[above[0]]) == len(together)
            if len(together) > 1 and len(kinds) == 1 and kinds <= {"all", "any"} and not whole:
                group_of |= dict.fromkeys(together, together[0])
        made: dict[int, int] = {}
        for node in order:
            kind = self.kind(node)
            if kind in {"leaf", "some"}:
                made[node] = self._again(node, made) if self.items[node] else node
                continue
            inner: dict[int, list[int]] = {}
            for child, _ in self.items[node]:
                inner.setdefault(group_of.get(child, child), []).append(made[child])
            made[node] = self._joined(kind, [self._joined(kind, g) for g in inner.values()])
        return made[root]


def modules(formula: Formula, root: int) -> set[int]:
    """The nodes whose leaves nobody else uses (Dutuit and Rauzy 1996), in linear time.

    A node is one just when every visit to a node below it, in one walk down from the root, falls
    between the walk's first arrival at it and its leaving it.
    """
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    leaving: dict[int, int] = {}
    order: list[int] = []
    clock = 0
    stack = [(root, False)]
    while stack:
        node, left = stack.pop()
        clock += 1
        last[node] = clock
        if left:
            leaving[node] = clock
            order.append(node)
        elif node not in first:
            first[node] = clock
            if formula.items[node]:
                stack.append((node, True))
                stack += [(child, False) for child, _ in reversed(formula.items[node])]
    found: set[int] = set()
    earliest, latest = dict(first), dict(last)
    for node in order:
        children = [child for child, _ in formula.items[node]]
        low = min(earliest[child] for child in children)
        high = max(latest[child] for child in children)
        if low > first[node] and high < leaving[node]:
            found.add(node)
        earliest[node], latest[node] = min(low, first[node]), max(high, last[node])
    return found
