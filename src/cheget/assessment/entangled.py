"""Levels that share people, by the seating of the structure itself (rules 6, 11).

People are read in the structure's order, once for each prefix of the ladder: whether it is
passed, and whether its last level isn't stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from cheget.assessment.graph import BOTH, ONE, Graph, drawn
from cheget.assessment.ladder import Ladder, below, is_spent
from cheget.assessment.spread import Array
from cheget.assessment.states import SILENT, Answer
from cheget.chain.blocks import Draft, Staff
from cheget.chain.chain import Level
from cheget.chain.seating import Answer as Said
from cheget.chain.seating import Block, Move, Option, State, free

Seats = Mapping[int, tuple[str, str]]  # the level and post of a variable


@dataclass(frozen=True)
class Entangled:
    """Levels that share people. ``firsts`` answer at the head alone, where none is replaced."""

    graph: Graph
    firsts: frozenset[str]

    @property
    def people(self) -> frozenset[str]:
        """Everybody asked."""
        return frozenset(person for person in self.graph.people if not is_spent(person))

    def chance(self, asks: Callable[[str], Answer]) -> Array:
        """P(seats can be given so that each rule is met)."""
        return self.graph.chance([self._answer(person, asks) for person in self.graph.people])

    def _answer(self, person: str, asks: Callable[[str], Answer]) -> Answer:
        if is_spent(person):
            return SILENT
        answer = asks(person)
        return answer.at_head if person in self.firsts else answer


def blocks_of(ladder: Ladder, levels: tuple[Level, ...]) -> tuple[tuple[Block, ...], Seats]:
    """What the first few levels fall into; those who are twofold are read one after the other."""
    draft = Draft(ladder.chain, levels, [], Staff(), free, ordered=True)
    for person in ladder.twofold:
        later = draft.parts.get(below(person))
        if later is not None:
            later.key = draft.parts[person].key
            later.topics.add(levels[0].id)
    return draft.blocks(), draft.seats


def seated(ladder: Ladder, block: Block, seats: Seats, awaited: str = "") -> Entangled:
    """A block's graph; ``awaited``: the level where anybody counts who hasn't refused.

    Raises:
        AssessmentError: it has too many states.
    """
    reader = _Reader(ladder, block, _awaiting(block, seats, awaited) if awaited else block)
    graph = drawn(reader.people, block.start(refusing=True), reader.step, block.is_released,
                  reader.answers)  # fmt: skip
    alone = {person for person, answers in zip(reader.people, reader.answers, strict=True)
             if answers is ONE and person in ladder.twofold}  # fmt: skip
    return Entangled(graph, frozenset(alone))


class _Reader:
    """Reads the people of a block, those who are twofold at once."""

    def __init__(self, ladder: Ladder, block: Block, asked: Block) -> None:
        self.block, self.asked, self.repeatable = block, asked, ladder.chain.repeatable
        names = [seat.person for seat in block.people]
        lower = {below(person) for person in ladder.twofold}
        self.places = [place for place, name in enumerate(names) if name not in lower]
        self.people = [names[place] for place in self.places]
        self.answers = [BOTH if below(name) in names else ONE for name in self.people]

    def step(self, state: State, turn: int, said: str) -> State:
        """The state once the person whose turn it is has answered."""
        place = self.places[turn]
        if self.answers[turn] is ONE:
            return self.asked.step(state, place, _SAID[said])
        if said != "concur":
            head, later = _BOTH[said]
            return self.asked.step(self.asked.step(state, place, head), place + 1, later)
        if self.repeatable:
            return self._then(state, place, "concur", "concur")
        return self._either(self._then(state, place, "concur", "silent"),
                            self._then(state, place, "silent", "concur"))  # fmt: skip

    def _then(self, state: State, place: int, head: Said, later: Said) -> State:
        return self.block.step(self.block.step(state, place, head), place + 1, later)

    def _either(self, one: State, other: State) -> State:
        """Whichever way they sit."""
        for state in (one, other):
            if self.block.is_released(state):
                return state
        if not one.options or not other.options:
            return one if one.options else other
        options = self.block.pruned([*one.options, *other.options])
        return State(frozenset(options), one.vetoes)


_SAID: Mapping[str, Said] = {"concur": "concur", "refuse": "refuse", "silent": "silent"}
_BOTH: Mapping[str, tuple[Said, Said]] = {
    "refuse": ("refuse", "refuse"), "silent": ("silent", "silent"),
    "succeeded": ("refuse", "concur"), "vacant": ("refuse", "silent"),
}  # fmt: skip


@dataclass(frozen=True)
class _Awaiting(Block):
    """A block in which the silent may still take a seat at the level that is asked now."""

    awaited: Mapping[int, tuple[Move, ...]] = field(default_factory=dict)

    def choices(self, state: State, place: int, answer: Said) -> list[tuple[Option, Move | None]]:
        """Each option, after each thing that the person at ``place`` may do."""
        found = super().choices(state, place, answer)
        if answer == "silent":
            found += [
                (after, move)
                for option in state.options
                for move in self.awaited.get(place, ())
                if (after := self._moved(option, move)) is not None
            ]
        return found


def _awaiting(block: Block, seats: Seats, last: str) -> _Awaiting:
    """Anybody who hasn't refused may still sit at the last level, a deputy too."""
    awaited = {}
    for place, seat in enumerate(block.people):
        if is_spent(seat.person):
            continue
        here = [v for v in seat.own if seats.get(v, ("",))[0] == last]
        moves = [Move((v,), seat=v) for v in here]
        moves += [move for move in seat.moves if move.seat is not None and move.seat not in here
                  and seats.get(move.seat, ("",))[0] == last]  # fmt: skip
        if moves:
            awaited[place] = tuple(moves)
    return _Awaiting(**{name: getattr(block, name) for name in block.__dataclass_fields__},
                     awaited=awaited)  # fmt: skip
