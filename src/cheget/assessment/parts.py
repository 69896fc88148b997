"""A ladder taken apart into what is independent given the shocks (rules 7 to 12).

Passing levels 1 to l is a product of parts; so is "levels 1 to l-1 are passed and l isn't
stopped", by which level l is stopped with what is missing. A level whose people sit nowhere else
is a part of its own; levels that share people are one part, up to each level anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from scipy import special

from cheget.assessment.graph import Graph, drawn, ruled
from cheget.assessment.model import Crew, Model
from cheget.assessment.spread import Array
from cheget.assessment.states import Answer
from cheget.chain.chain import Chain, Level, Member
from cheget.chain.residual import ALWAYS
from cheget.chain.rule import Carry, Of, Rule, names
from cheget.chain.seating import Answer as Said
from cheget.chain.seating import Block, Move, Option, State
from cheget.chain.structure import Structure, structure_of
from cheget.errors import AssessmentError

Asks = Callable[[str], Answer]  # what somebody does, given the shocks
_ELSEWHERE = " elsewhere"  # no name has a space: the seat of an originator, who sits at the head
SILENT = Answer(np.zeros((1, 1)), np.zeros((1, 1)))
FEW = 20  # of a crowd alike from which a closed form is faster than counting one by one


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
    """A level on its own. ``pending``: the silent count as if they might still concur."""

    level: str
    seats: tuple[Seat, ...]
    need: int  # of a plain number of seats; 0 where the graph says it
    graph: Graph | None
    pending: bool

    @property
    def people(self) -> frozenset[str]:
        """Everybody asked."""
        return frozenset(person for seat in self.seats for person in seat.people)

    def chance(self, asks: Asks) -> Array:
        """P(it passes), or P(it isn't stopped) (rules 7, 8)."""
        answers = [seat.answer(asks) for seat in self.seats]
        if self.pending:  # those alike stay one object, by which they are known
            alike = {id(one): seat for one, seat in zip(answers, self.seats, strict=True)}
            might = {key: seat.pending(asks) for key, seat in alike.items()}
            answers = [might[id(one)] for one in answers]
        if self.graph is not None:
            return self.graph.chance(answers)
        return at_least(self.need, [one.concurs for one in answers])


@dataclass(frozen=True)
class Entangled:
    """Levels that share people, by the seating of the structure itself."""

    graph: Graph

    @property
    def people(self) -> frozenset[str]:
        """Everybody asked."""
        return frozenset(person for person in self.graph.people if not is_spent(person))

    def chance(self, asks: Asks) -> Array:
        """P(seats can be given so that each rule is met) (rule 11)."""
        return self.graph.chance(
            [SILENT if is_spent(person) else asks(person) for person in self.graph.people]
        )


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
        return _crowds_at_least(self.enough, kinds)


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
    chain, ladder = _ordered(model)
    _refuse_succession(model, chain, ladder[0])
    passing: list[tuple[Part, ...]] = []
    pending: list[tuple[Part, ...]] = []
    bodies = {level.id: _body(chain, level, pending=False) for level in ladder}
    waiting = {level.id: _body(chain, level, pending=True) for level in ladder}
    for number in range(1, len(ladder) + 1):
        structure = structure_of(chain, None, None, ladder=ladder[:number], ordered=True)
        last = ladder[number - 1].id
        now: list[Part] = []
        yet: list[Part] = []
        for block in structure.blocks:
            if _is_plain(chain, ladder, block):
                now.append(bodies[block.levels[0]])
                yet.append((waiting if block.levels[0] == last else bodies)[block.levels[0]])
                continue
            now.append(_seated(block))
            yet.append(
                _seated(_awaiting(block, structure, last)) if last in block.levels else now[-1]
            )
        passing.append(tuple(now))
        pending.append(tuple(yet))
    if model.crews:
        passing.append((*passing[-1], _crews(model, pending=False)))
        pending.append((*passing[len(ladder) - 1], _crews(model, pending=True)))
    return Parts(tuple(passing), tuple(pending))


def _ordered(model: Model) -> tuple[Chain, tuple[Level, ...]]:
    """The ladder once its originator has concurred and taken their seat (rules 1, 11).

    Their other seats are gone, or left to their deputies.
    """
    who, chain = model.originator, model.chain
    if who is None or chain.repeatable:
        return chain, model.ladder
    members = tuple(
        replace(member, deputies=tuple(d for d in member.deputies if d.member != who))
        for member in chain.members
    )
    deputies = chain.member(who).deputies
    spent = f"{who}{_ELSEWHERE}" if deputies else None
    if spent is not None:
        members = (*members, Member(spent, spent, deputies))
    ladder = tuple(
        _without(level, who, None if number == 0 else spent, concurs=number == 0)
        for number, level in enumerate(model.ladder)
    )
    return replace(chain, members=members), ladder


def _without(level: Level, who: str, instead: str | None, *, concurs: bool) -> Level:
    """The level without somebody's answer; ``instead``: the seat that they leave."""
    if instead is not None:
        members = tuple(instead if post == who else post for post in level.members)
        rule = _renamed(level.rule, who, instead)
    else:
        members = tuple(post for post in level.members if post != who)
        rule = given(level.rule, who, concurs=concurs)
    veto = None if level.veto is None else given(level.veto, who, concurs=False)
    return replace(level, members=members, rule=rule, veto=veto)


def is_spent(post: str) -> bool:
    """Whether that is a seat which its member has left, to sit at the head."""
    return post.endswith(_ELSEWHERE)


def _renamed(rule: Rule, old: str, new: str) -> Rule:
    if isinstance(rule, Carry):
        weights = ((new if name == old else name, weight) for name, weight in rule.weights)
        return Carry(rule.need, rule.strict, tuple(weights))
    items = ((new if item == old else item) if isinstance(item, str) else _renamed(item, old, new)
             for item in rule.items)  # fmt: skip
    return Of(rule.need, tuple(items))


def _refuse_succession(model: Model, chain: Chain, head: Level) -> None:
    """Refuse a successor whose predecessor's answer at the head still counts (rule 10)."""
    if head.veto is None and is_settled(head.rule):
        return
    asked = {p for post in head.members
             for p in (post, *(d.member for d in chain.member(post).deputies))}  # fmt: skip
    for person in sorted(asked):
        profile = model.profiles.get(person)
        if profile is not None and profile.replaced:
            raise AssessmentError(
                f"`{person}` answers at the head and may be replaced below it",
                hint="exact is one answer for both; simulate it with --method mc, or let nobody "
                "sit at both",
            )  # fmt: skip


def is_settled(rule: Rule) -> bool:
    """Whether nothing is left of a rule."""
    if isinstance(rule, Carry):
        return rule.need < 0 if rule.strict else rule.need <= 0
    return rule.need <= sum(not isinstance(item, str) and is_settled(item) for item in rule.items)


def given(rule: Rule, who: str, *, concurs: bool) -> Rule:
    """What is left of a rule once somebody's part in it is known."""
    if isinstance(rule, Carry):
        weight = sum(amount for name, amount in rule.weights if name == who)
        left = tuple((name, amount) for name, amount in rule.weights if name != who)
        return Carry(rule.need - (weight if concurs else 0), rule.strict, left)
    need, items = rule.need, []
    for item in rule.items:
        if item == who:
            need -= concurs
        else:
            items.append(item if isinstance(item, str) else given(item, who, concurs=concurs))
    return Of(need, tuple(items))


def _is_plain(chain: Chain, ladder: tuple[Level, ...], block: Block) -> bool:
    """Whether a block is one level whose seats and deputies depend on nobody twice."""
    if len(block.levels) > 1:
        return False
    level = next(one for one in ladder if one.id == block.levels[0])
    deputies = [d.member for post in level.members for d in chain.member(post).deputies]
    return len(set(deputies)) == len(deputies) and not set(deputies) & set(level.members)


def _body(chain: Chain, level: Level, *, pending: bool) -> Body:
    seats = tuple(
        Seat(post, tuple(d.member for d in chain.member(post).deputies)) for post in level.members
    )
    need = _number(level.rule, level.members) if level.veto is None else None
    graph = ruled(level.rule, level.veto, level.members) if need is None else None
    return Body(level.id, seats, need or 0, graph, pending)


def _number(rule: Rule, members: tuple[str, ...]) -> int | None:
    """How many members a rule asks for, where it is nothing but a number of them."""
    if isinstance(rule, Of) and all(isinstance(item, str) for item in rule.items):
        items = [item for item in rule.items if isinstance(item, str)]
        if len(set(items)) == len(items) == len(members):
            return rule.need
    return None


def _seated(block: Block) -> Entangled:
    people = [seat.person for seat in block.people]

    def step(state: State, place: int, said: str) -> State:
        answers: dict[str, Said] = {"concur": "concur", "refuse": "refuse", "silent": "silent"}
        return block.step(state, place, answers[said])

    return Entangled(drawn(people, block.start(refusing=True), step, block.is_released))


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


def _awaiting(block: Block, structure: Structure, last: str) -> _Awaiting:
    """Rule 11: anybody who hasn't refused may still sit at the last level, a deputy too."""
    awaited = {}
    for place, seat in enumerate(block.people):
        if is_spent(seat.person):
            continue
        here = [v for v in seat.own if structure.seats.get(v, ("",))[0] == last]
        moves = [Move((v,), seat=v) for v in here]
        moves += [move for move in seat.moves if move.seat is not None and move.seat not in here
                  and structure.seats.get(move.seat, ("",))[0] == last]  # fmt: skip
        if moves:
            awaited[place] = tuple(moves)
    return _Awaiting(**{name: getattr(block, name) for name in block.__dataclass_fields__},
                     awaited=awaited)  # fmt: skip


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


def at_least(need: int, chances: list[Array]) -> Array:
    """P(at least ``need`` of independent people): a Poisson-binomial tail; alike ones at once."""
    if need <= 0:
        return np.ones((1, 1))
    if need > len(chances):
        return np.zeros((1, 1))
    alike: dict[int, tuple[int, Array]] = {}
    for chance in chances:
        count, _ = alike.get(id(chance), (0, chance))
        alike[id(chance)] = (count + 1, chance)
    return _crowds_at_least(need, list(alike.values()))


def _crowds_at_least(need: int, crowds: list[tuple[int, Array]]) -> Array:
    """P(at least ``need`` succeed) over crowds, each of so many alike."""
    small = [crowd for crowd in crowds if crowd[0] < FEW]
    large = sorted((crowd for crowd in crowds if crowd[0] >= FEW), key=lambda one: one[0])
    counts: list[Array] = [np.ones((1, 1))]  # P(exactly 0, 1, … so far), the last: or more
    for count, chance in small:
        for _ in range(count):
            counts = _with_one_more(counts, chance, need)
    for count, chance in large[:-1]:
        counts = _with_crowd(counts, count, chance, need)
    if not large:
        return counts[need] if len(counts) > need else np.zeros((1, 1))
    count, chance = large[-1]
    found = np.zeros((1, 1))
    for done, probability in enumerate(counts):
        found = found + probability * _tail(need - done, count, chance)
    return found


def _with_one_more(counts: list[Array], chance: Array, need: int) -> list[Array]:
    new = [counts[0] * (1 - chance)]
    for done in range(1, min(len(counts), need)):
        new.append(counts[done] * (1 - chance) + counts[done - 1] * chance)  # noqa: PERF401
    last = counts[-1] * chance
    if len(counts) > need:  # those who have enough already stay there
        new.append(counts[need] + counts[need - 1] * chance)
    else:
        new.append(last)
    return new


def _with_crowd(counts: list[Array], count: int, chance: Array, need: int) -> list[Array]:
    most = min(count, need)
    exact = [_tail(k, count, chance) - _tail(k + 1, count, chance) for k in range(most)]
    exact.append(_tail(most, count, chance))
    new: list[Array] = [np.zeros((1, 1))] * (min(len(counts) + most, need + 1))
    for done, before in enumerate(counts):
        for more, chance_ in enumerate(exact):
            place = min(done + more, need)
            new[place] = new[place] + before * chance_
    return new


def _tail(need: int, count: int, chance: Array) -> Array:
    """P(at least ``need`` of ``count`` alike)."""
    if need <= 0:
        return np.ones((1, 1))
    if need > count:
        return np.zeros((1, 1))
    return np.asarray(special.betainc(need, count - need + 1, chance))


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


__all__ = ["ALWAYS", "Parts", "at_least", "given", "members_of", "parts_of", "refuse_visible"]
