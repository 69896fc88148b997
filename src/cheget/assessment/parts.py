"""A ladder taken apart into what is independent given the shocks (rules 7 to 12).

Passing levels 1 to l is a product of parts; so is "levels 1 to l-1 are passed and l isn't
stopped", by which level l is stopped with what is missing. A level whose people sit nowhere else
is a part of its own; levels that share people are one part, up to each level anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from cheget.assessment.crowds import at_least, crowds_at_least
from cheget.assessment.entangled import Entangled, blocks_of, seated
from cheget.assessment.graph import Graph, ruled
from cheget.assessment.ladder import Ladder, is_spent, ladder_of
from cheget.assessment.model import Crew, Model
from cheget.assessment.spread import Array
from cheget.assessment.states import SILENT, Answer
from cheget.chain.chain import Chain, Level
from cheget.chain.rule import Of, Rule, names
from cheget.chain.seating import Block
from cheget.errors import AssessmentError

Asks = Callable[[str], Answer]  # what somebody does, given the shocks


@dataclass(frozen=True)
class Seat:
    """A seat, and the deputies who have no other: they make it concur when it is silent."""

    post: str
    deputies: tuple[str, ...]

    @property
    def people(self) -> tuple[str, ...]:
        """Who may fill it."""
        return self.deputies if is_spent(self.post) else (self.post, *self.deputies)

    def answer(self, asks: Asks) -> Answer:
        """What becomes of the seat (rule 9)."""
        own = SILENT if is_spent(self.post) else asks(self.post)
        if not self.deputies:
            return own
        nobody = np.ones((1, 1))
        for deputy in self.deputies:
            nobody = nobody * (1 - asks(deputy).concurs)
        return Answer(own.concurs + own.silent * (1 - nobody), own.refuses)

    def pending(self, asks: Asks) -> Answer:
        """The same, where whoever is silent counts as if they might still concur (rule 7)."""
        if not is_spent(self.post):
            refuses = asks(self.post).refuses
        else:
            refuses = np.ones((1, 1))
            for deputy in self.deputies:
                refuses = refuses * asks(deputy).refuses
        return Answer(1 - refuses, refuses)


@dataclass(frozen=True)
class Body:
    """A level on its own. ``pending``: the silent count as if they might still concur.

    At the ``head`` nobody is replaced (rule 10).
    """

    level: str
    seats: tuple[Seat, ...]
    need: int  # of a plain number of seats; 0 where the graph says it
    graph: Graph | None
    pending: bool
    head: bool = False

    @property
    def people(self) -> frozenset[str]:
        """Everybody asked."""
        return frozenset(person for seat in self.seats for person in seat.people)

    def chance(self, asks: Asks) -> Array:
        """P(it passes), or P(it isn't stopped) (rules 7, 8)."""
        if self.head:
            every = asks

            def asks(person: str) -> Answer:
                return every(person).at_head

        answers = [seat.answer(asks) for seat in self.seats]
        if self.pending:  # those alike stay one object, by which they are known
            alike = {id(one): seat for one, seat in zip(answers, self.seats, strict=True)}
            might = {key: seat.pending(asks) for key, seat in alike.items()}
            answers = [might[id(one)] for one in answers]
        if self.graph is not None:
            return self.graph.chance(answers)
        return at_least(self.need, [one.concurs for one in answers])


@dataclass(frozen=True)
class Crews:
    """The executors named, of which ``enough`` must act (rule 12)."""

    crews: tuple[tuple[Crew, Body | None], ...]
    enough: int

    @property
    def people(self) -> frozenset[str]:
        """The kinds: their crews are people of their own."""
        return frozenset(crew.kind.id for crew, body in self.crews if body is not None)

    def chance(self, asks: Asks) -> Array:
        """P(enough crews pass), or P(enough aren't stopped)."""
        kinds = []
        for crew, body in self.crews:
            one = np.ones((1, 1))
            if body is not None:
                answer = asks(crew.kind.id)
                one = body.chance(lambda _, answer=answer: answer)  # type: ignore[misc]
            kinds.append((crew.named, one))
        return crowds_at_least(self.enough, kinds)


Part = Body | Entangled | Crews


@dataclass(frozen=True)
class Parts:
    """``passing[l]``: levels up to l are passed; ``pending[l]``: passed before l, l not stopped."""

    passing: tuple[tuple[Part, ...], ...]
    pending: tuple[tuple[Part, ...], ...]


def parts_of(model: Model) -> Parts:
    """The parts of a model's ladder.

    Raises:
        AssessmentError: people sit at so many places that it can't be exact.
    """
    ladder = ladder_of(model)
    levels = ladder.levels
    passing: list[tuple[Part, ...]] = []
    pending: list[tuple[Part, ...]] = []
    bodies = {level.id: _body(ladder.chain, level, pending=False, head=level is levels[0])
              for level in levels}  # fmt: skip
    waiting = {level.id: _body(ladder.chain, level, pending=True, head=level is levels[0])
               for level in levels}  # fmt: skip
    for number in range(1, len(levels) + 1):
        blocks, seats = blocks_of(ladder, levels[:number])
        last = levels[number - 1].id
        now: list[Part] = []
        yet: list[Part] = []
        for block in blocks:
            if _is_plain(ladder, block):
                now.append(bodies[block.levels[0]])
                yet.append((waiting if block.levels[0] == last else bodies)[block.levels[0]])
                continue
            now.append(seated(ladder, block, seats))
            yet.append(seated(ladder, block, seats, last) if last in block.levels else now[-1])
        passing.append(tuple(now))
        pending.append(tuple(yet))
    if model.crews:
        passing.append((*passing[-1], _crews(model, pending=False)))
        pending.append((*passing[len(levels) - 1], _crews(model, pending=True)))
    return Parts(tuple(passing), tuple(pending))


def _is_plain(ladder: Ladder, block: Block) -> bool:
    """Whether a block is one level whose seats and deputies depend on nobody twice."""
    if len(block.levels) > 1:
        return False
    level = next(one for one in ladder.levels if one.id == block.levels[0])
    deputies = [d.member for post in level.members for d in ladder.chain.member(post).deputies]
    return len(set(deputies)) == len(deputies) and not set(deputies) & set(level.members)


def _body(chain: Chain, level: Level, *, pending: bool, head: bool = False) -> Body:
    seats = tuple(
        Seat(post, tuple(d.member for d in chain.member(post).deputies)) for post in level.members
    )
    need = number_of(level.rule, level.members) if level.veto is None else None
    graph = ruled(level.rule, level.veto, level.members) if need is None else None
    return Body(level.id, seats, need or 0, graph, pending, head)


def number_of(rule: Rule, members: tuple[str, ...]) -> int | None:
    """How many members a rule asks for, where it is nothing but a number of them."""
    if isinstance(rule, Of) and all(isinstance(item, str) for item in rule.items):
        items = [item for item in rule.items if isinstance(item, str)]
        if len(set(items)) == len(items) == len(members):
            return rule.need
    return None


def _crews(model: Model, *, pending: bool) -> Crews:
    found = []
    for crew in model.crews:
        rule = crew.kind.crew
        body = None
        if rule is not None:
            posts = tuple(dict.fromkeys(names(rule)))
            level = Level(crew.kind.id, posts, rule)
            body = _body(_NOBODY, level, pending=pending) if posts else None
        found.append((crew, body))
    return Crews(tuple(found), model.enough)


class _Deputyless:
    """Stands for a chain where crews are concerned: nobody deputises there."""

    deputies = ()

    def member(self, id_: str) -> _Deputyless:
        """Anybody."""
        del id_
        return self


_NOBODY: Chain = _Deputyless()  # type: ignore[assignment]


def members_of(parts: Parts) -> Iterator[Part]:
    """Every part once."""
    seen: dict[int, Part] = {}
    for group in (*parts.passing, *parts.pending):
        for part in group:
            seen.setdefault(id(part), part)
    yield from seen.values()


def refuse_visible(parts: Parts) -> None:
    """Refuse visible answers where they aren't defined (rule 15)."""
    for part in members_of(parts):
        if isinstance(part, Entangled):
            raise AssessmentError("visible answers need people who sit at one place only")
        if isinstance(part, Body) and part.graph is not None:
            raise AssessmentError(
                f"visible answers aren't defined at `{part.level}`",
                hint="they need a number of members as the rule, and no veto",
            )
