"""Who sits where, one person after another: the part of a ladder whose people depend on each other.

*Once per chain* is a question of seating: a coalition releases when its people can be given
seats, each at most one, so that each level's rule is met. A ``Block`` reads the people in a fixed
order. Its state holds every seating that may still matter, as what each of them leaves to be
done; of two, the one that leaves more is dropped. So people who sit once cost nothing, and the
work grows only with how many sit twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from cheget.chain.residual import ALWAYS, NEVER, Formulas

Answer = Literal["concur", "silent", "refuse"]
OPTION = 8  # what it costs to make an option, where comparing two costs 1


@dataclass(frozen=True)
class Move:
    """What somebody who concurs may do: take seats, originate, be attesting.

    ``fills`` are variables: of seats, and of attestations by their posts. ``unless`` are people
    who must not refuse: a deputy in the seat of one who refuses later sits nowhere.
    """

    fills: tuple[int, ...]
    originates: bool = False
    unless: frozenset[int] = frozenset()
    seat: int | None = None  # the seat that this is about, if it is about one


@dataclass(frozen=True)
class Seat:
    """A person with a part in a block: what they may do, and what their turn settles."""

    person: str
    moves: tuple[Move, ...]
    own: tuple[int, ...]  # variables of their own seats and attestations, lost by refusing
    vetoes: tuple[int, ...]  # variables of their posts in the vetoes
    stays: tuple[int, ...]  # variables of their not refusing, on which a deputy rests
    settles: tuple[int, ...]  # variables that nobody after them can fill


@dataclass(frozen=True)
class Option:
    """One way to have seated people so far: what is left to be met, and what is owed."""

    originated: bool
    left: tuple[int, ...]
    unless: frozenset[int] = frozenset()


@dataclass(frozen=True)
class State:
    """Every way that still matters, and what is left of the vetoes."""

    options: frozenset[Option]
    vetoes: tuple[int, ...]


RELEASED = State(frozenset([Option(originated=True, left=())]), ())
STOPPED = State(frozenset(), ())


class Spend(Protocol):
    """Whoever counts the work on a block, and may stop it by an error."""

    def __call__(self, steps: int, block: Block, /) -> None:
        """Take note of so many steps."""


def free(steps: int, block: Block, /) -> None:
    """Count nothing."""


@dataclass(frozen=True)
class Block:
    """Levels and conditions that share people, and those people in the order they are read."""

    formulas: Formulas
    people: tuple[Seat, ...]
    rules: tuple[int, ...]
    vetoes: tuple[int, ...]
    levels: tuple[str, ...]  # what it is about, for whoever explains
    originated: bool  # whether whoever sits at the head need not be told apart
    machines: bool  # whether a machine may originate here
    spend: Spend = free  # told of all work before it is done

    def start(self, *, refusing: bool) -> State:
        """The state before anybody has spoken; ``refusing`` unless nobody will refuse."""
        vetoes = self.vetoes if refusing else ()
        return self._state([Option(self.originated, self.rules)], vetoes)

    def step(self, state: State, place: int, answer: Answer) -> State:
        """The state once the person at ``place`` has answered, or stayed silent."""
        if state is RELEASED or state is STOPPED:
            return state
        seat = self.people[place]
        options: list[Option] = []
        for option, _ in self.choices(state, place, answer):
            settled = self.settled(option, place, answer)
            if settled is not None:
                options.append(settled)
        vetoes = [self._given(veto, seat.vetoes, value=answer == "refuse") for veto in state.vetoes]
        return self._state(options, vetoes)

    def choices(self, state: State, place: int, answer: Answer) -> list[tuple[Option, Move | None]]:
        """Each option, after each thing that the person at ``place`` may do."""
        seat = self.people[place]
        self.spend(OPTION * len(state.options) * len(seat.moves), self)
        found: list[tuple[Option, Move | None]] = []
        for option in state.options:
            if answer == "silent":
                found.append((option, None))
            elif answer == "refuse":
                if place not in option.unless:
                    left = tuple(self._given(each, seat.own, value=False) for each in option.left)
                    found.append((Option(option.originated, left, option.unless), None))
            else:
                found += [
                    (after, move)
                    for move in seat.moves
                    if (after := self._moved(option, move)) is not None
                ]
        return found

    def _moved(self, option: Option, move: Move) -> Option | None:
        if move.originates and option.originated:
            return None
        if move.seat is not None and not move.originates and not any(
            move.seat in self.formulas.scope(each) for each in option.left
        ):  # fmt: skip
            return None  # taken, or of no use any more
        left = tuple(self._given(each, move.fills, value=True) for each in option.left)
        return Option(option.originated or move.originates, left, option.unless | move.unless)

    def settled(self, option: Option, place: int, answer: Answer) -> Option | None:
        """What is left once that person's turn is over; None where it can't be met any more."""
        seat = self.people[place]
        left = option.left
        if seat.stays:
            stays = answer != "refuse"
            left = tuple(self._given(each, seat.stays, value=stays) for each in left)
        left = tuple(self._given(each, seat.settles, value=False) for each in left)
        if NEVER in left:
            return None
        return Option(option.originated, left, option.unless - {place})

    def _given(self, formula: int, variables: Sequence[int], *, value: bool) -> int:
        for variable in variables:
            formula = self.formulas.assign(formula, variable, value)
        return formula

    def _state(self, options: Sequence[Option], vetoes: Sequence[int]) -> State:
        if ALWAYS in vetoes or not options:
            return STOPPED
        pending = tuple(sorted(veto for veto in vetoes if veto != NEVER))
        if not pending and any(self.is_done(option) for option in options):
            return RELEASED
        return State(frozenset(self.pruned(options)), pending)

    @staticmethod
    def is_done(option: Option) -> bool:
        """Whether nothing is left to be met."""
        return (
            option.originated and not option.unless and all(each == ALWAYS for each in option.left)
        )

    def pruned(self, options: Sequence[Option]) -> list[Option]:
        """The options without those that leave more to do than another."""
        distinct = list(dict.fromkeys(options))
        if len(distinct) == 1:
            return distinct
        kept: list[Option] = []
        for option in distinct:
            self.spend(len(kept), self)
            if any(self._covers(one, option) for one in kept):
                continue
            kept = [one for one in kept if not self._covers(option, one)]
            kept.append(option)
        return kept

    def _covers(self, less: Option, more: Option) -> bool:
        """Whether ``less`` leaves nothing to do that ``more`` doesn't leave too."""
        # A machine sits only by originating, so having originated may cost a seat.
        if less.originated != more.originated and (self.machines or more.originated):
            return False
        return less.unless <= more.unless and all(
            self.formulas.implies(there, here)
            for here, there in zip(less.left, more.left, strict=True)
        )

    def is_released(self, state: State) -> bool:
        """Whether that state, when all have spoken, is a release."""
        return state is RELEASED or (
            state.vetoes == () and any(self.is_done(option) for option in state.options)
        )
