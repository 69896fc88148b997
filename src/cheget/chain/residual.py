"""What is left of a rule once some have spoken: a formula, shared wherever it is the same.

A formula is a number: 0 is met by nobody, 1 by everybody, any other stands in the table of the
``Formulas`` that made it. Weights become whole numbers and no weight is more than what is still
needed, so that two residues which ask the same for the same reason are one formula.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from math import lcm
from typing import assert_never

from cheget.chain.rule import Carry, Of, Rule

NEVER, ALWAYS = 0, 1
_Node = tuple[str, int, tuple[int, ...], tuple[int, ...]]  # kind, need, items, their weights


class Formulas:
    """A table of monotone formulas over variables, which are whole numbers from 0.

    An item of a threshold is a variable ``v``, written ``-v - 1``, or another formula.
    """

    def __init__(self) -> None:
        self._nodes: list[_Node] = [("of", 1, (), ()), ("of", 0, (), ())]
        self._ids: dict[_Node, int] = {}
        self._scopes: list[frozenset[int]] = [frozenset(), frozenset()]
        self._assigned: dict[tuple[int, int, bool], int] = {}

    def of_rule(self, rule: Rule, item: Callable[[str], int]) -> int:
        """The formula of a rule whose names stand for items."""
        match rule:
            case Of(need, items):
                parts = (
                    item(one) if isinstance(one, str) else self.of_rule(one, item) for one in items
                )
                return self.of(need, parts)
            case Carry(need, strict, weights):
                scale = lcm(need.denominator, *(weight.denominator for _, weight in weights))
                pairs = ((item(name), int(weight * scale)) for name, weight in weights)
                return self.carry(int(need * scale) + strict, pairs)
            case _:
                assert_never(rule)

    def of(self, need: int, items: Iterable[int]) -> int:
        """At least ``need`` of the items."""
        left: list[int] = []
        for item in items:
            if item == ALWAYS:
                need -= 1
            elif item != NEVER:
                left.append(item)
        if need <= 0:
            return ALWAYS
        if need > len(left):
            return NEVER
        if len(left) == 1 and left[0] > ALWAYS:
            return left[0]
        return self._keep(("of", need, tuple(sorted(left)), ()))

    def carry(self, need: int, pairs: Iterable[tuple[int, int]]) -> int:
        """Items that weigh at least ``need`` together."""
        left: list[tuple[int, int]] = []
        for item, weight in pairs:
            if item == ALWAYS:
                need -= weight
            elif item != NEVER and weight > 0:
                left.append((item, weight))
        if need <= 0:
            return ALWAYS
        if sum(min(weight, need) for _, weight in left) < need:
            return NEVER
        left.sort()
        return self._keep(("carry", need, tuple(item for item, _ in left),
                           tuple(min(weight, need) for _, weight in left)))  # fmt: skip

    def dual(self, formula: int) -> int:
        """What is met by those whose absence leaves ``formula`` unmet."""
        if formula <= ALWAYS:
            return 1 - formula
        kind, need, items, weights = self._nodes[formula]
        duals = [item if item < 0 else self.dual(item) for item in items]
        if kind == "carry":
            return self.carry(sum(weights) - need + 1, zip(duals, weights, strict=True))
        return self.of(len(items) - need + 1, duals)

    def scope(self, formula: int) -> frozenset[int]:
        """The variables that the formula mentions."""
        return self._scopes[formula]

    def operands(self, formula: int) -> tuple[int, tuple[tuple[int, int], ...]]:
        """What the formula needs, and its items with their weights."""
        kind, need, items, weights = self._nodes[formula]
        return need, tuple((item, 1) for item in items) if kind == "of" else tuple(
            zip(items, weights, strict=True)
        )  # fmt: skip

    def below(self, formula: int) -> list[int]:
        """The formulas within this one, and itself, smaller before larger; no constants."""
        found = {formula} - {NEVER, ALWAYS}
        stack = list(found)
        while stack:
            inner = {item for item in self._nodes[stack.pop()][2] if item > ALWAYS} - found
            found |= inner
            stack += inner
        return sorted(found)

    def assign(self, formula: int, variable: int, value: bool) -> int:
        """What is left of ``formula`` once it is known of ``variable`` whether it is present."""
        if variable not in self._scopes[formula]:
            return formula
        key = (formula, variable, value)
        known = self._assigned.get(key)
        if known is None:
            known = self._assigned[key] = self._assign(formula, variable, value)
        return known

    def _assign(self, formula: int, variable: int, value: bool) -> int:
        kind, need, items, weights = self._nodes[formula]
        leaf = -variable - 1
        left = [
            int(value) if item == leaf
            else item if item < 0
            else self.assign(item, variable, value)
            for item in items
        ]  # fmt: skip
        if kind == "carry":
            return self.carry(need, zip(left, weights, strict=True))
        return self.of(need, left)

    def is_met(self, formula: int, present: Collection[int]) -> bool:
        """Whether the variables ``present``, and no other, meet the formula."""
        for variable in self._scopes[formula]:
            formula = self.assign(formula, variable, variable in present)
        return formula == ALWAYS

    def implies(self, strong: int, weak: int) -> bool:
        """Whether everything that meets ``strong`` is seen to meet ``weak``; False may be unsure.

        At least k of I gives at least k - |I without J| of J, and weights likewise.
        """
        if strong in (weak, NEVER) or weak == ALWAYS:
            return True
        if strong == ALWAYS or weak == NEVER:
            return False
        kind, need, items, weights = self._nodes[strong]
        other, least, others, amounts = self._nodes[weak]
        if kind != other:
            return False
        if kind == "of":
            return least <= need - len(set(items) - set(others)) and len(set(items)) == len(items)
        known = dict(zip(others, amounts, strict=True))
        lost = sum(max(0, w - known.get(item, 0)) for item, w in zip(items, weights, strict=True))
        return least <= need - lost

    def _keep(self, node: _Node) -> int:
        known = self._ids.get(node)
        if known is None:
            known = self._ids[node] = len(self._nodes)
            scope: set[int] = set()
            for item in node[2]:
                scope |= {-item - 1} if item < 0 else self._scopes[item]
            self._nodes.append(node)
            self._scopes.append(frozenset(scope))
        return known


def leaf(variable: int) -> int:
    """The variable as an item of a threshold."""
    return -variable - 1
