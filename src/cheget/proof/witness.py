"""Of the coalitions that just meet a rule, one that does something, found without listing them.

The coalitions are a family in a zero-suppressed diagram whose places are people in the order in
which a ladder's blocks read them. Going down both at once, from what is left of the family and
what is left to be met, no pair is looked at twice; people who are alike to both cost nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from cheget.chain.claims import people_of
from cheget.chain.grammar import Syntax, format_rule
from cheget.chain.residual import NEVER, Formulas, leaf
from cheget.chain.rule import names
from cheget.chain.seating import STOPPED, Answer, State
from cheget.chain.structure import Structure
from cheget.proof.account import Account
from cheget.proof.coalitions import copied
from cheget.proof.diagram import (
    MOST_PLACES,
    NO,
    YES,
    Budget,
    Nodes,
    Operations,
    TooManyError,
    minimal,
)
from cheget.proof.formula import Formula
from cheget.proof.tree import Tree, operated

_Taken = tuple[str, "_Taken"] | None
_At = tuple[int, int, State, int]  # a block, a person of it, what is left of it, and of the family


@dataclass(frozen=True)
class JustMeeting:
    """The coalitions that just meet ``root`` of a formula over people.

    ``where`` tells what is too entangled.
    """

    formula: Formula
    root: int
    structure: Structure
    budget: Budget
    where: str

    def listed(self) -> Iterator[tuple[str, ...]]:
        """All of them, the smaller first."""
        tree = Tree()
        leaves = {leaf: tree.leaf(name) for name, leaf in self.formula.names.items()}
        tree.root = tree.add(self.formula, self.root, leaves, self._spend)
        for coalition in tree.listed(tree.minimal()):
            self._spend(1 + len(self.structure.people))
            yield coalition

    def witness(self, inside: Answer, outside: Answer, *, released: bool) -> tuple[str, ...] | None:  # noqa: C901
        """One that answers ``inside`` where all others answer ``outside``, and it is released.

        Or that it isn't, as ``released`` says. None: there is none.

        Raises:
            TooEntangledError: it takes more than the budget.
        """
        family, root = self._family
        if root == NO:
            return None
        blocks = self.structure.blocks
        refusing = "refuse" in {inside, outside}
        start: _At = (-1, 0, STOPPED, root)
        seen: set[_At] = set()
        stack: list[tuple[_At, _Taken]] = [(start, None)]
        while stack:
            (number, place, state, sets), taken = stack.pop()
            if number < 0 or place == len(blocks[number].people):
                if number >= 0 and not blocks[number].is_released(state):
                    if released:
                        continue
                    return self._completed(sets, taken)
                if number + 1 == len(blocks):
                    if released:
                        return self._completed(sets, taken)
                    continue
                number, place = number + 1, 0
                state = blocks[number].start(refusing=refusing)
                stack.append(((number, place, state, sets), taken))
                continue
            block = blocks[number]
            person = block.people[place].person
            asked = family.place[sets] == self._places.get(person, -1)
            ways = [(outside, family.without[sets] if asked else sets, taken)]
            if asked:
                ways.append((inside, family.joined[sets], (person, taken)))
            for answer, rest, more in ways:
                if rest == NO:
                    continue
                self._spend(len(state.options) + 1)
                at = (number, place + 1, block.step(state, place, answer), rest)
                if at not in seen:
                    seen.add(at)
                    stack.append((at, more))
        return None

    @property
    def some(self) -> bool:
        """Whether there is any."""
        return self.root != NO

    def _spend(self, steps: int) -> None:
        self.budget.spend(steps, self.where)

    @cached_property
    def _places(self) -> dict[str, int]:
        known = self.formula.names
        order = [seat.person for block in self.structure.blocks for seat in block.people]
        return {name: place for place, name in enumerate(
            dict.fromkeys([*(one for one in order if one in known), *known])
        )}  # fmt: skip

    @cached_property
    def _family(self) -> tuple[Nodes, int]:
        if len(self._places) > MOST_PLACES:
            self._spend(1 << 62)
        order = [self.formula.names[name] for name in self._places]
        operations = Operations(Nodes(len(order)), self.budget.left)
        try:
            root = operated(self.formula, self.root, order, operations)
        except TooManyError:
            self._spend(1 << 62)
            raise
        return minimal(operations.nodes, root, self._spend)

    def _completed(self, sets: int, taken: _Taken) -> tuple[str, ...]:
        """That coalition, with any of the ways to go on with it."""
        family, _ = self._family
        found = []
        while taken is not None:
            person, taken = taken
            found.append(person)
        found.reverse()
        people = list(self._places)
        while sets != YES:
            found.append(people[family.place[sets]])
            sets = family.joined[sets]
        return tuple(found)


def just_meeting(account: Account, who: Syntax, *, dual: bool = False) -> JustMeeting:
    """The coalitions that just meet the people of a claim.

    Args:
        account: Whose chain and staff.
        who: The people of the claim, as written.
        dual: Those instead without whom nobody meets it.
    """
    rule = people_of(who, account.chain)
    written, formula = Formulas(), Formula()
    people: dict[int, list[int]] = {}
    posts: dict[str, int] = {}
    for number, post in enumerate(dict.fromkeys(names(rule))):
        person = account.staff.fills(post)
        posts[post] = NEVER if person is None else leaf(number)
        people[number] = [] if person is None else [formula.named(person)]
    root = copied(written, written.of_rule(rule, posts.__getitem__), formula, people)
    root = formula.dual(root) if dual else root
    where = f"the claim about {format_rule(who)}"
    return JustMeeting(formula, root, account.structure, account.budget, where)
