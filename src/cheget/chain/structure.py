"""Who can release, and who can stop it: the meaning of a ladder as exact monotone functions.

``released(C, R)`` of ``spec/chain-file.md``, "Who counts": C concur, R refuse, the rest are
silent. C can release when released(C, nobody); B can block when not released(all others, B).
A ladder falls into blocks that share nobody; it is released when each of them is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from cheget.chain.blocks import Draft, Staff
from cheget.chain.chain import Chain, Level
from cheget.chain.people import People
from cheget.chain.seating import Answer, Block, Move, Option, Spend, State, free


@dataclass(frozen=True)
class Sitting:
    """Where somebody sits in a release: ``post`` is another's when they are its deputy."""

    level: str
    post: str
    person: str


@dataclass(frozen=True)
class Structure:
    """The structure of one action's ladder. ``people`` have a say in it, from the head down."""

    ladder: tuple[Level, ...]
    people: tuple[str, ...]
    blocks: tuple[Block, ...]
    seats: Mapping[int, tuple[str, str]]  # the level and post of a variable

    def released(self, concurring: Collection[str], refusing: Collection[str]) -> bool:
        """Whether it is released when these concur, these refuse, and all others are silent."""
        return all(_is_released(block, concurring, refusing) for block in self.blocks)

    def can_release(self, coalition: Collection[str]) -> bool:
        """Whether these can release it while everybody else says nothing."""
        return self.released(coalition, ())

    def can_block(self, coalition: Collection[str]) -> bool:
        """Whether these can stop it by refusing, whatever the others do."""
        others = [person for person in self.people if person not in coalition]
        return not self.released(others, coalition)

    def seating(self, concurring: Collection[str]) -> tuple[Sitting, ...] | None:
        """One way to seat these people that releases; None when there is none."""
        found: list[Sitting] = []
        for block in self.blocks:
            moves = _seated(block, concurring)
            if moves is None:
                return None
            taken: dict[tuple[str, str], str] = {}
            for person, move in moves:  # whoever originates has the seat before any deputy
                for place in (self.seats[v] for v in move.fills if v in self.seats):
                    if place not in taken or move.originates:
                        taken[place] = person
            found += [Sitting(*place, person) for place, person in taken.items()]
        order = {level.id: place for place, level in enumerate(self.ladder)}
        return tuple(sorted(found, key=lambda one: order[one.level]))


def structure_of(
    chain: Chain, action: str | None = None, people: People | None = None,
    *, ladder: tuple[Level, ...] | None = None, ordered: bool = False, spend: Spend = free,
) -> Structure:  # fmt: skip
    """The structure of an action's ladder, or of the whole chain where it has no actions.

    Args:
        chain: Whose.
        action: Which; None only for a chain without actions.
        people: Who fills the posts; None: everybody fills the post of their own name.
        ladder: Other levels than the action's, such as its first few.
        ordered: Whether somebody has originated it already.
        spend: Told of the work that proofs take; may stop it by an error.
    """
    levels = ladder or (chain.ladder(action) if action is not None else chain.levels)
    conditions = chain.action(action).conditions if action is not None else ()
    attested = [chain.condition(one) for one in conditions]
    draft = Draft(chain, levels, attested, Staff(people), spend, ordered=ordered)
    blocks = draft.blocks()
    return Structure(levels, tuple(draft.parts), blocks, draft.seats)


def levels_of(chain: Chain, ladder: Iterable[Level], staff: Staff) -> dict[str, tuple[str, ...]]:
    """At which levels each person has a seat, a deputy's included, machines too."""
    found: dict[str, tuple[str, ...]] = {}
    for level in ladder:
        for post in level.members:
            for each in (post, *(deputy.member for deputy in chain.member(post).deputies)):
                person = staff.fills(each)
                if person is not None and level.id not in found.get(person, ()):
                    found[person] = (*found.get(person, ()), level.id)
    return found


def _is_released(block: Block, concurring: Collection[str], refusing: Collection[str]) -> bool:
    state = block.start(refusing=bool(refusing))
    for place, seat in enumerate(block.people):
        state = block.step(state, place, _answer(seat.person, concurring, refusing))
    return block.is_released(state)


def _answer(person: str, concurring: Collection[str], refusing: Collection[str]) -> Answer:
    if person in refusing:
        return "refuse"
    return "concur" if person in concurring else "silent"


def _seated(block: Block, concurring: Collection[str]) -> list[tuple[str, Move]] | None:
    """The moves of one seating that releases, found by going on from each option in turn."""
    trail: list[tuple[Option, tuple[tuple[str, Move], ...]]] = [
        (option, ()) for option in block.start(refusing=False).options
    ]
    for place, seat in enumerate(block.people):
        answer = _answer(seat.person, concurring, ())
        reached: dict[Option, tuple[tuple[str, Move], ...]] = {}
        for option, moves in trail:
            before = State(frozenset([option]), ())
            for after, move in block.choices(before, place, answer):
                settled = block.settled(after, place, answer)
                if settled is not None:
                    more = moves if move is None else (*moves, (seat.person, move))
                    reached.setdefault(settled, more)
        kept = block.pruned(list(reached))
        trail = [(option, reached[option]) for option in kept]
    return next((list(moves) for option, moves in trail if block.is_done(option)), None)
