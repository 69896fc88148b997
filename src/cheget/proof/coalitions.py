"""Coalitions that release, and coalitions that block: how many, how large, which.

A ladder's blocks share nobody, so what releases is a coalition of each and what blocks is a
coalition of one. A block in which nobody has a choice of seats is a formula over its people;
where somebody has, the diagram is drawn from the block's states, a person after another.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from cheget.chain.residual import Formulas
from cheget.chain.seating import Answer, Block, State
from cheget.chain.structure import Structure
from cheget.proof.diagram import MOST_PLACES, NO, YES, Budget, Nodes
from cheget.proof.formula import Formula
from cheget.proof.parts import Scale, Web
from cheget.proof.polynomial import NONE, Sizes
from cheget.proof.tree import Tree

BUDGET = 1_500_000  # steps, each some microseconds: the largest proof takes seconds


@dataclass(frozen=True)
class Coalitions:
    """All coalitions that do one thing."""

    people: tuple[str, ...]
    tree: Tree

    @property
    def _free(self) -> int:
        """How many can't matter, and come or stay as they like."""
        return len(self.people) - self.tree.sizes[self.tree.root]

    @cached_property
    def _scale(self) -> Scale:
        return Scale(8 * (len(self.people) // 8 + 1))  # no count is over 2 ** people

    @cached_property
    def deciding(self) -> frozenset[str]:
        """The people whose word can ever matter."""
        return frozenset(self.tree.deciding())

    def winning(self) -> Sizes:
        """How many coalitions of each size do it."""
        scale = self._scale
        return scale.sizes(self.tree.winning(scale) * scale.everybody(self._free))

    @cached_property
    def _minimal(self) -> Sizes:
        return self.tree.minimal()

    def minimal(self) -> Sizes:
        """How many minimal coalitions there are of each size."""
        return self._minimal

    @property
    def smallest(self) -> int | None:
        """The size of the smallest; None when nobody can."""
        return next((size for size, count in enumerate(self.minimal()) if count), None)

    def first(self, most: int) -> list[tuple[str, ...]]:
        """The first minimal coalitions, the smaller before the larger."""
        place = {person: number for number, person in enumerate(self.people)}
        found = islice(self.tree.listed(self.minimal()), most)
        return [tuple(sorted(one, key=place.__getitem__)) for one in found]

    def swings(self) -> dict[str, Sizes]:
        """For each person, how many coalitions of each size do it only once they join."""
        scale = self._scale
        free = scale.everybody(self._free)
        swings = self.tree.swings(scale)
        alike = {id(packed): packed for packed in swings.values()}  # equal in vain is no harm
        known = {key: scale.sizes(packed * free) for key, packed in alike.items()}
        return {person: known[id(swings[person])] if person in swings else NONE
                for person in self.people}  # fmt: skip

    def least(self, counted: Callable[[str], bool]) -> int | None:
        """The fewest of the people ``counted`` that any coalition has; None: there is none."""
        return self.tree.fewest(lambda person: int(counted(person)))


def releasing(structure: Structure, budget: Budget) -> Coalitions:
    """The coalitions that can release while everybody else says nothing."""
    return _coalitions(structure, budget, blocking=False)


def blocking(structure: Structure, budget: Budget) -> Coalitions:
    """The coalitions that can stop it by refusing, whatever the others do."""
    return _coalitions(structure, budget, blocking=True)


def _coalitions(structure: Structure, budget: Budget, *, blocking: bool) -> Coalitions:
    tree = Tree()
    leaves = {person: tree.leaf(person) for person in structure.people}
    top = Formula()
    parts: dict[int, int] = {}  # of the top's leaves
    blocks: list[int] = []
    for block in structure.blocks:
        part = _part(tree, leaves, block, budget, blocking=blocking)
        blocks.append(part if part <= YES else top.leaf())
        parts[blocks[-1]] = part
    root = top.any_of(blocks) if blocking else top.all_of(blocks)
    tree.root = tree.add(top, root, parts, lambda steps: budget.spend(steps, structure.blocks[0]))
    return Coalitions(structure.people, tree)


def _part(
    tree: Tree, leaves: dict[str, int], block: Block, budget: Budget, *, blocking: bool
) -> int:
    def spend(steps: int) -> None:
        budget.spend(steps, block)

    formula = Formula()
    root = formula_of(block, formula, blocking=blocking)
    if root is not None:
        people = {formula.named(seat.person): leaves[seat.person] for seat in block.people}
        return tree.add(formula, root, people, spend)
    if len(block.people) > MOST_PLACES:
        spend(1 << 62)
    nodes, drawn = _drawn(block, budget, blocking=blocking)
    if drawn <= YES:
        return drawn
    children = [leaves[seat.person] for seat in block.people]
    return tree.part(Web(children, [1] * len(children), spend, (nodes, drawn)))


def formula_of(block: Block, formula: Formula, *, blocking: bool) -> int | None:
    """The block as a formula over its people, by name; None where somebody has a choice of seats.

    Refusing, a person is away from their seats and undoes what a deputy does in them; so who
    blocks is the dual of who releases if everybody answers, or meets a veto.
    """
    if not block.originated or any(len(seat.moves) > 1 for seat in block.people):
        return None
    filled: dict[int, list[int]] = {}
    vetoed: dict[int, list[int]] = {}
    for seat in block.people:
        person = formula.named(seat.person)
        for variable in seat.moves[0].fills if seat.moves else ():
            filled.setdefault(variable, []).append(person)
        for variable in seat.stays:
            filled[variable] = [person if blocking else YES]
        for variable in seat.vetoes:
            vetoed[variable] = [person]
    found = formula.all_of([copied(block.formulas, rule, formula, filled) for rule in block.rules])
    if not blocking:
        return found
    vetoes = [copied(block.formulas, veto, formula, vetoed) for veto in block.vetoes]
    return formula.any_of([formula.dual(found), *vetoes])


def copied(written: Formulas, rule: int, formula: Formula, people: dict[int, list[int]]) -> int:
    """A rule in another table, and for each variable any of some people."""
    made = {NO: NO, YES: YES}
    for one in written.below(rule):
        need, items = written.operands(one)
        made[one] = formula.at_least(need, [
            (made[item] if item >= 0 else formula.any_of(people.get(-item - 1, ())), weight)
            for item, weight in items
        ])  # fmt: skip
    return made[rule]


def _drawn(block: Block, budget: Budget, *, blocking: bool) -> tuple[Nodes, int]:
    """The block's states, layer by layer, then folded from below."""
    stays: Answer
    joins: Answer
    stays, joins = ("concur", "refuse") if blocking else ("silent", "concur")
    layer = [block.start(refusing=blocking)]
    arrows: list[list[tuple[int, int]]] = []
    places = range(len(block.people))
    for place in places:
        known: dict[State, int] = {}
        below: list[tuple[int, int]] = []
        for state in layer:
            budget.spend(len(state.options) + 1, block)
            below.append((
                known.setdefault(block.step(state, place, stays), len(known)),
                known.setdefault(block.step(state, place, joins), len(known)),
            ))  # fmt: skip
        arrows.append(below)
        layer = list(known)
    met, unmet = (NO, YES) if blocking else (YES, NO)
    ids = [met if block.is_released(state) else unmet for state in layer]
    nodes = Nodes(len(block.people))
    for place in reversed(places):
        ids = [a if (a := ids[one]) == (b := ids[other]) else nodes.node(place, a, b)
               for one, other in arrows[place]]  # fmt: skip
    return nodes, ids[0]
