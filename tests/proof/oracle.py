"""The meaning of a chain by enumeration of coalitions and seatings: slow, written apart."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from hypothesis import strategies as st

from cheget.chain.chain import Action, Chain, Condition, Deputy, ExecutorKind, Level, Member
from cheget.chain.people import People, Person
from cheget.chain.rule import Carry, Of, Rule, is_met

Coalition = frozenset[str]
Filled = frozenset[tuple[int, str]]


def coalitions(people: tuple[str, ...]) -> Iterator[Coalition]:
    """All of them, the smaller first."""
    for size in range(len(people) + 1):
        yield from map(frozenset, combinations(people, size))


class Oracle:
    """One action of a chain, as ``spec/chain-file.md`` says it, point by point."""

    def __init__(self, chain: Chain, action: str, people: People | None) -> None:
        self.chain, self.people = chain, people
        self.ladder = chain.ladder(action)
        self.conditions = [chain.condition(name) for name in chain.action(action).conditions]

    def fills(self, post: str) -> str | None:
        return post if self.people is None else self.people.fills(post)

    def machine(self, person: str | None) -> bool:
        return self.people is not None and person is not None and self.people.is_machine(person)

    def places(self, person: str, refusing: Coalition) -> list[tuple[int, str]]:
        """Where somebody who concurs may sit without originating."""
        if self.machine(person):
            return []
        found = []
        for number, level in enumerate(self.ladder):
            for post in level.members:
                owner = self.fills(post)
                deputies = {self.fills(d.member) for d in self.chain.member(post).deputies}
                refused = owner in refusing and not self.machine(owner)
                if person == owner or (person in deputies and not refused):
                    found.append((number, post))
        return found

    def seatings(self, people: list[str], filled: Filled, refusing: Coalition) -> Iterator[Filled]:
        if not people:
            yield filled
            return
        person, *rest = people
        free = [place for place in self.places(person, refusing) if place not in filled]
        if self.chain.repeatable:
            yield from self.seatings(rest, filled | frozenset(free), refusing)
            return
        yield from self.seatings(rest, filled, refusing)
        for place in free:
            yield from self.seatings(rest, filled | {place}, refusing)

    def released(self, concurring: Coalition, refusing: Coalition) -> bool:
        for level in self.ladder:
            vetoers = {
                post for post in level.members
                if self.fills(post) in refusing and not self.machine(self.fills(post))
            }  # fmt: skip
            if level.veto is not None and is_met(level.veto, vetoers):
                return False
        return any(
            self._released(concurring, refusing, originator, seat)
            for originator in sorted(concurring)
            for seat in self.ladder[0].members
            if self.fills(seat) == originator
        )

    def _released(
        self, concurring: Coalition, refusing: Coalition, originator: str, seat: str
    ) -> bool:
        if not self.attested(concurring - {originator}):
            return False
        others = sorted(concurring - {originator})
        people = [originator, *others] if self.chain.repeatable else others
        return any(
            all(
                is_met(level.rule, {post for n, post in filled if n == number})
                for number, level in enumerate(self.ladder)
            )
            for filled in self.seatings(people, frozenset({(0, seat)}), refusing)
        )

    def attested(self, people: Coalition) -> bool:
        posts = {
            member.id for member in self.chain.members
            if self.fills(member.id) in people and not self.machine(self.fills(member.id))
        }  # fmt: skip
        return all(is_met(condition.attested_by, posts) for condition in self.conditions)

    def is_met(self, level: int, posts: set[str]) -> bool:
        return is_met(self.ladder[level].rule, posts)

    def can_release(self, coalition: Coalition) -> bool:
        return self.released(coalition, frozenset())

    def can_block(self, coalition: Coalition, everybody: Coalition) -> bool:
        return not self.released(everybody - coalition, coalition)


def minimal(found: list[Coalition]) -> set[Coalition]:
    return {one for one in found if not any(other < one for other in found)}


@st.composite
def rules(draw: st.DrawFn, members: list[str], *, weights: bool = True) -> Rule:
    """A rule over all of these: a number, a weight, both, or one inside another."""
    number = Of(draw(st.integers(1, len(members))), tuple(members))
    form = draw(st.sampled_from(["number", "number", "weight", "both", "nested"]))
    if form == "number" or len(members) == 1 or not weights:
        return number
    if form == "nested":
        half = draw(st.integers(1, len(members) - 1))
        first, rest = tuple(members[:half]), tuple(members[half:])
        inner = Of(draw(st.integers(1, len(first))), first)
        return Of(draw(st.integers(1, len(rest) + 1)), (inner, *rest))
    pairs = tuple((one, draw(st.fractions(0, 4, max_denominator=3))) for one in members)
    total = sum(weight for _, weight in pairs)
    if not total:
        return number
    strict = draw(st.booleans())
    carry = Carry(total / (2 if strict else draw(st.sampled_from([1, 2, 3]))), strict, pairs)
    return Of(2, (number, carry)) if form == "both" else carry


@st.composite
def staffed(draw: st.DrawFn, most: int = 6) -> tuple[Chain, People | None]:
    """A small chain and who fills its posts: deputies, vetoes, conditions, two posts, machines."""
    posts = [f"p{i}" for i in range(draw(st.integers(1, most)))]
    levels = []
    for number in range(draw(st.integers(1, 4))):
        members = draw(st.lists(st.sampled_from(posts), min_size=1, max_size=4, unique=True))
        veto = draw(st.none() | st.none() | rules(members))
        levels.append(Level(f"level-{number}", tuple(members), draw(rules(members)), veto))
    few = st.lists(st.sampled_from(posts), max_size=2, unique=True)
    deputies = {post: draw(few) if draw(st.booleans()) else [] for post in posts}
    members_ = tuple(
        Member(post, post, tuple(Deputy(d, 60) for d in deputies[post] if d != post))
        for post in posts
    )
    attested = draw(st.none() | st.lists(st.sampled_from(posts), min_size=1, unique=True))
    conditions = () if attested is None else (Condition("peril", "Peril", draw(rules(attested))),)
    chain = Chain(
        "small", "small", members_, tuple(levels), executors=(ExecutorKind("thing", "A thing"),),
        actions=(Action("act", ("thing",), conditions=tuple(c.id for c in conditions)),),
        conditions=conditions, repeatable=draw(st.booleans()),
    )  # fmt: skip
    if draw(st.booleans()):
        return chain, None
    persons = [f"who{i}" for i in range(draw(st.integers(1, len(posts))))]
    filled = {post: draw(st.sampled_from(persons)) for post in posts if draw(st.integers(0, 9))}
    machines = {person for person in persons if draw(st.integers(0, 5)) == 0}
    return chain, People("house", tuple(Person(p, p, p in machines) for p in persons), filled)
