"""Whether people can do under one structure what they can't under another: decided, never sampled.

*Beyond* an old structure goes a new one when there is some way to answer under which the new one
releases and the old one doesn't. The old one is a conjunction of blocks that share nobody, so one
of its blocks fails; those outside that block may as well all concur, since more willingness never
hurts. What is left is asked of each old block's people alone: a reduced ordered decision diagram
(Bryant 1986) of the new blocks and not the old one, in the old block's order.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from cheget.chain.rule import names
from cheget.chain.seating import Answer, Block, State
from cheget.chain.structure import Structure
from cheget.proof.account import Account
from cheget.proof.diagram import Budget

NO, YES = 0, 1
DEEPEST = 400  # variables: what goes down a diagram goes down by recursion
Ways = tuple[Answer, ...]  # what everybody may answer, the less willing first

SILENT: Ways = ("silent", "concur")
REFUSING: Ways = ("refuse", "concur")
ANYHOW: Ways = ("refuse", "silent", "concur")


def beyond(
    old: Structure, new: Structure, ways: Ways, budget: Budget, kept: Collection[Block] = ()
) -> Iterator[dict[str, Answer]]:
    """Answers under which ``new`` releases and ``old`` doesn't: one for each block that lets go.

    Args:
        old: What is to stop it.
        new: What is to release it.
        ways: What anybody may answer.
        budget: How much work it may take.
        kept: Blocks of ``old`` that ``new`` has too, which stop nothing that ``new`` releases.

    Yields:
        The answer of each person of the old block; everybody else concurs.

    Raises:
        TooEntangledError: deciding it takes more than the budget.
    """
    for block in old.blocks:
        if not any(block is one for one in kept):
            found = _Table(block, ways, budget).answers(new.blocks)
            if found is not None:
                yield found


def kept_blocks(before: Account, after: Account) -> list[Block]:
    """The blocks of the old account that mean in the new one what they meant."""
    there = [_signature(after, block) for block in after.structure.blocks]
    return [block for block in before.structure.blocks if _signature(before, block) in there]


def _signature(account: Account, block: Block) -> object:
    """All that a block's meaning rests on: two of like signature release alike."""
    chain, staff = account.chain, account.staff
    levels = [level for level in account.ladder if level.id in block.levels]
    rules = [one.attested_by for one in chain.conditions if one.id in block.levels]
    posts = dict.fromkeys(post for level in levels for post in level.members)
    posts |= dict.fromkeys(post for rule in rules for post in names(rule))
    return (
        (chain.repeatable, block.originated, block.machines),
        [(v.members, v.rule, v.veto, v == account.ladder[0]) for v in levels],
        rules,
        [
            (p, staff.fills(p), staff.agrees(p),
             [staff.agrees(d.member) for d in chain.member(p).deputies])
            for p in posts
        ],
    )  # fmt: skip


class _Table:
    """A table of nodes over the answers of an old block's people, in its order.

    With three ways a person has two variables: whether they don't refuse, and whether they concur.
    """

    def __init__(self, old: Block, ways: Ways, budget: Budget) -> None:
        self._old, self._ways, self._budget = old, ways, budget
        self._width = len(ways) - 1
        if len(old.people) * self._width > DEEPEST:
            budget.spend(1 << 62, old)
        self._places = {seat.person: place for place, seat in enumerate(old.people)}
        last = len(old.people) * self._width
        self._nodes: list[tuple[int, int, int]] = [(last, NO, NO), (last, YES, YES)]
        self._ids: dict[tuple[int, int, int], int] = {}
        self._known: dict[tuple[int, int, int], int] = {}

    def answers(self, new: Sequence[Block]) -> dict[str, Answer] | None:
        """Answers under which all of ``new`` release and the old block doesn't."""
        found = self._choose(self._drawn(self._old), NO, YES)
        for block in new:
            if found != NO:
                found = self._choose(found, self._drawn(block), NO)
        return None if found == NO else self._walked(found)

    def _walked(self, node: int) -> dict[str, Answer]:
        """The least willing answers that lead from ``node`` to yes."""
        taken: set[int] = set()
        while node != YES:
            variable, less, more = self._nodes[node]
            if less == NO:
                taken.add(variable)
            node = more if less == NO else less
        found: dict[str, Answer] = {}
        for person, place in self._places.items():
            first = place * self._width
            will = next((n for n in range(self._width) if first + n not in taken), self._width)
            found[person] = self._ways[will]
        return found

    def _drawn(self, block: Block) -> int:
        """When a block is released: its states, layer by layer, then folded from below."""
        layer = [block.start(refusing="refuse" in self._ways)]
        arrows: list[list[list[int]]] = []
        for place, seat in enumerate(block.people):
            ways = self._ways if seat.person in self._places else ("concur",)
            known: dict[State, int] = {}
            below: list[list[int]] = []
            for state in layer:
                self._budget.spend(len(ways) * (len(state.options) + 1), block)
                below.append([
                    known.setdefault(block.step(state, place, way), len(known)) for way in ways
                ])  # fmt: skip
            arrows.append(below)
            layer = list(known)
        ids = [YES if block.is_released(state) else NO for state in layer]
        for seat, below in zip(reversed(block.people), reversed(arrows), strict=True):
            ids = [self._asked(seat.person, [ids[to] for to in row]) for row in below]
        return ids[0]

    def _asked(self, person: str, nodes: Sequence[int]) -> int:
        """Where a person's answers lead, the least willing first."""
        if len(nodes) == 1 or len(set(nodes)) == 1:
            return nodes[0]
        found = nodes[-1]
        for turn in reversed(range(self._width)):
            variable = self._node(self._places[person] * self._width + turn, NO, YES)
            found = self._choose(variable, found, nodes[turn])
        return found

    def _node(self, variable: int, less: int, more: int) -> int:
        if less == more:
            return less
        key = (variable, less, more)
        known = self._ids.get(key)
        if known is None:
            known = self._ids[key] = len(self._nodes)
            self._nodes.append(key)
        return known

    def _choose(self, which: int, yes: int, no: int) -> int:
        """``yes`` where ``which`` holds, and ``no`` elsewhere."""
        if which in {NO, YES} or yes == no:
            return no if which == NO else yes
        if (yes, no) == (YES, NO):
            return which
        key = (which, yes, no)
        known = self._known.get(key)
        if known is not None:
            return known
        self._budget.spend(1, self._old)
        variable = min(self._nodes[node][0] for node in key)
        parts = [
            self._nodes[node] if self._nodes[node][0] == variable else (variable, node, node)
            for node in key
        ]
        less = self._choose(*(part[1] for part in parts))
        more = self._choose(*(part[2] for part in parts))
        found = self._known[key] = self._node(variable, less, more)
        return found
