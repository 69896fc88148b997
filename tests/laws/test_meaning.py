"""Laws of the fold: willingness never hurts, and nothing is released that the chain forbids."""

from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import permutations
from random import Random

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from cheget.chain.chain import Action, Chain, Deputy, ExecutorKind, Level, Member
from cheget.chain.rule import Of, Rule, is_met
from cheget.errors import UnfitEntryError
from cheget.order.charter import Law
from docket import Docket, law_of

PEOPLE = ("p0", "p1", "p2", "p3", "p4")
AFTER = 60


@st.composite
def laws(draw: st.DrawFn) -> Law:
    """Small chains: two or three levels, some deputies, some vetoes, some shared posts."""
    count = draw(st.integers(2, 5))
    seats = [f"s{i}" for i in range(count)]
    levels = []
    for number in range(draw(st.integers(2, 3))):
        members = draw(st.lists(st.sampled_from(seats), min_size=1, max_size=3, unique=True))
        rule = draw(rules(members))
        veto = draw(st.none() | rules(members))
        levels.append(Level(f"level-{number}", tuple(members), rule, veto))
    seated = {seat for level in levels for seat in level.members}
    deputies = {seat: draw(st.lists(st.sampled_from(seats), max_size=1)) for seat in sorted(seated)}
    members_ = tuple(
        Member(seat, seat, tuple(Deputy(d, AFTER) for d in deputies.get(seat, []) if d != seat))
        for seat in seats
    )
    chain = Chain(
        "small", "small", members_, tuple(levels),
        executors=(ExecutorKind("thing", "A thing"),), actions=(Action("act", ("thing",)),),
        repeatable=draw(st.booleans()),
    )  # fmt: skip
    posts = {seat: draw(st.sampled_from(PEOPLE[:count])) for seat in seats}
    return law_of(chain, posts)


def rules(members: list[str]) -> st.SearchStrategy[Rule]:
    return st.integers(1, len(members)).map(lambda need: Of(need, tuple(members)))


@dataclass(frozen=True)
class Deed:
    """What somebody does: concur in a seat of a level, or refuse."""

    person: str
    level: str = ""
    seat: str = ""


def deeds(law: Law, concurring: Collection[str], refusing: Collection[str]) -> Iterator[Deed]:
    for person in sorted(refusing):
        yield Deed(person)
    for level in law.chain.levels:
        for seat in level.members:
            deputies = [law.person_of(d.member) for d in law.chain.member(seat).deputies]
            for person in sorted({law.posts[seat], *filter(None, deputies)} & set(concurring)):
                yield Deed(person, level.id, seat)


def begun(law: Law, originator: str) -> Docket | None:
    head = law.chain.levels[0]
    seat = next((s for s in head.members if law.posts[s] == originator), None)
    if seat is None:
        return None
    docket = Docket(law)
    docket.enter(docket.order(originator, seat=seat))
    return docket


def play(law: Law, order: Collection[Deed], originator: str) -> bool:
    """Whether that is released, each deed tried in turn and again while any still fits."""
    docket = begun(law, originator)
    left, moved = list(order), docket is not None
    while moved:
        moved = False
        for deed in list(left):
            assert docket is not None
            docket.wait(AFTER + 1)
            if deed.level and deed.level != getattr(_pending(docket), "id", None):
                continue
            left.remove(deed)
            with suppress(UnfitEntryError):
                if deed.level:
                    docket.concur(deed.person, deed.seat, deed.level)
                else:
                    docket.refuse(deed.person)
                moved = True
    return docket is not None and docket.state == "released"


def _pending(docket: Docket) -> Level | None:
    rung = docket.proceeding.pending
    return rung.level if rung else None


def released(law: Law, concurring: frozenset[str], refusing: frozenset[str]) -> bool:  # noqa: PLR0912 - it says its four points at once
    """The predicate of the chain's meaning, by brute force over who sits where."""
    levels = law.chain.levels
    for level in levels:
        if level.veto and is_met(
            level.veto, {s for s in level.members if law.posts[s] in refusing}
        ):
            return False
    silent = set(law.posts.values()) - concurring - refusing
    places: dict[str, list[tuple[int, str]]] = {person: [] for person in concurring}
    for number, level in enumerate(levels):
        for seat in level.members:
            member = law.posts[seat]
            if member in concurring:
                places[member].append((number, seat))
            if member in silent | concurring:
                for deputy in law.chain.member(seat).deputies:
                    person = law.posts[deputy.member]
                    if person in concurring and person != member:
                        places[person].append((number, seat))

    def seat_all(people: list[str], filled: frozenset[tuple[int, str]]) -> Iterator[frozenset[tuple[int, str]]]:  # fmt: skip  # noqa: E501
        if not people:
            yield filled
            return
        for choice in choices(people[0], filled):
            yield from seat_all(people[1:], filled | choice)

    def choices(person: str, filled: frozenset[tuple[int, str]]) -> Iterator[frozenset[tuple[int, str]]]:  # fmt: skip  # noqa: E501
        free = [place for place in places[person] if place not in filled]
        if law.chain.repeatable:
            yield from (frozenset(free[i] for i in range(len(free)) if bits >> i & 1)
                        for bits in range(1 << len(free)))  # fmt: skip
        else:
            yield frozenset()
            yield from (frozenset({place}) for place in free)

    head = levels[0]
    for originator in sorted(concurring):
        for own in head.members:
            if law.posts[own] != originator:
                continue
            first = frozenset({(0, own)})
            others = sorted(concurring - {originator})
            people = [originator, *others] if law.chain.repeatable else others
            for filled in seat_all(people, first):
                if all(
                    is_met(level.rule, {seat for n, seat in filled if n == number})
                    for number, level in enumerate(levels)
                ):
                    return True
    return False


splits = st.fixed_dictionaries(
    dict.fromkeys(PEOPLE, st.sampled_from(["concur", "silent", "refuse"]))
)


def those(split: dict[str, str], what: str, law: Law) -> frozenset[str]:
    return frozenset(p for p in set(law.posts.values()) if split[p] == what)


@settings(max_examples=120, deadline=None)
@given(laws(), splits, st.randoms(use_true_random=False))
def test_nothing_is_released_that_the_chains_meaning_forbids(
    law: Law, split: dict[str, str], random: Random
) -> None:
    concurring, refusing = those(split, "concur", law), those(split, "refuse", law)
    if released(law, concurring, refusing):
        return
    every = list(deeds(law, concurring, refusing))
    for _ in range(6):
        random.shuffle(every)
        for originator in sorted(concurring):
            assert not play(law, every, originator)


def can_be_released(law: Law, concurring: frozenset[str], refusing: frozenset[str]) -> bool:
    """Whether some order of answers releases; refusals first, which helps nobody."""
    no = [Deed(person) for person in sorted(refusing)]
    yes = list(deeds(law, concurring, ()))
    assume(len(yes) <= 6)
    return any(
        play(law, [*no, *order], originator)
        for originator in sorted(concurring)
        for order in permutations(yes)
    )


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(laws(), splits, st.sampled_from(PEOPLE))
def test_more_willingness_never_undoes_a_release(
    law: Law, split: dict[str, str], person: str
) -> None:
    concurring, refusing = those(split, "concur", law), those(split, "refuse", law)
    assume(person in set(law.posts.values()) and person not in concurring)
    if not can_be_released(law, concurring, refusing):
        return
    if person in refusing:
        refusing = refusing - {person}
        assert can_be_released(law, concurring, refusing)
    assert can_be_released(law, concurring | {person}, refusing)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(laws(), splits)
def test_what_the_meaning_allows_some_order_of_answers_releases(
    law: Law, split: dict[str, str]
) -> None:
    concurring = those(split, "concur", law)
    assume(released(law, concurring, frozenset()))
    assert can_be_released(law, concurring, frozenset())
