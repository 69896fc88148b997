"""Beliefs made ready to compute with: who holds which number, and from where (rules 19 and 20).

Rules are those of ``spec/assessment.md``.

A ``Ref`` is a number's place: a constant, or one of the model's inputs, which are the uncertain
numbers. Two people with equal ``Profile`` are alike, and are computed once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from cheget.assessment.beliefs import (
    EVERYONE,
    EXECUTORS,
    STATES,
    Belief,
    Beliefs,
    Expectation,
    Shared,
    State,
)
from cheget.assessment.correlation import correlation
from cheget.assessment.number import Z95, Number, fixed
from cheget.assessment.spread import median
from cheget.chain.chain import Chain, ExecutorKind, Level
from cheget.chain.rule import names
from cheget.errors import AssessmentError

BASE = ""  # the situation of the base file
NOT_SAID = Belief(fixed(0.0), "0")


@dataclass(frozen=True)
class Ref:
    """A constant, or the input of that number."""

    constant: float = 0.0
    input: int = -1


ZERO = Ref()


@dataclass(frozen=True)
class Input:
    """One uncertain number (rule 20)."""

    name: str
    number: Number
    belief: Belief


@dataclass(frozen=True)
class Profile:
    """What is believed of somebody; ``refuses`` None: the decision model says it (rule 14).

    ``shifts`` are log-odds of willingness, each times a whole number (rule 13). ``groups`` are
    places in the model's groups, the larger first.
    """

    compromised: Ref
    unreachable: Ref
    refuses: Ref | None
    shifts: tuple[tuple[Ref, int], ...]
    groups: tuple[int, ...]
    replaced: int


@dataclass(frozen=True)
class Group:
    """People who think alike, by a correlation (rule 4)."""

    name: str
    correlation: Ref
    size: int


@dataclass(frozen=True)
class Cause:
    """An event with its probability (rule 5)."""

    name: str
    probability: Ref
    members: frozenset[str]
    makes: State


@dataclass(frozen=True)
class Crew:
    """Executors of one kind that an order names, and the posts beside each."""

    kind: ExecutorKind
    named: int
    profile: Profile


@dataclass(frozen=True)
class Wait:
    """A level's delay: certain where ``sigma`` is zero. Medians in seconds."""

    median: Ref
    sigma: Ref


@dataclass(frozen=True)
class Row:
    """Who holds which number, and from where."""

    person: str
    state: str
    text: str
    said_of: str
    situation: str
    source: str


@dataclass(frozen=True)
class Model:
    """A chain's ladder with everything believed of its people."""

    chain: Chain
    ladder: tuple[Level, ...]
    originator: str | None
    profiles: Mapping[str, Profile]
    inputs: tuple[Input, ...]
    groups: tuple[Group, ...]
    causes: tuple[Cause, ...]
    crews: tuple[Crew, ...]
    enough: int
    waits: tuple[Wait | None, ...]  # of each level, the crews' last
    within: float | None
    replace: int
    visible: tuple[Ref, Ref] | None
    decision: Mapping[str, Ref] | None
    factors: tuple[Ref, ...]
    expect: Expectation | None
    table: tuple[Row, ...] = field(repr=False)

    @property
    def steps(self) -> tuple[str, ...]:
        """The levels' names, and ``executors`` where crews have a say."""
        levels = tuple(level.id for level in self.ladder)
        return (*levels, EXECUTORS) if self.crews else levels


def model_of(chain: Chain, beliefs: Beliefs, situation: str = BASE) -> Model:
    """The model that these beliefs make of the chain, in one of their situations.

    Raises:
        ChainFileError: two beliefs of one strength about one person, or a correlation that
            can't be.
        AssessmentError: no such situation.
    """
    if situation and situation not in beliefs.situations:
        known = ", ".join(beliefs.situations) or "none"
        raise AssessmentError(f"no situation `{situation}`", hint=f"the beliefs have: {known}")
    return _Builder(chain, beliefs, situation).model()


class _Builder:
    """Resolves one beliefs file against one chain."""

    def __init__(self, chain: Chain, beliefs: Beliefs, situation: str) -> None:
        self.chain, self.beliefs, self.situation = chain, beliefs, situation
        self.ladder = chain.ladder(beliefs.action) if beliefs.action else chain.levels
        self.inputs: dict[str, Input] = {}
        self.rows: list[Row] = []
        self.places = self._places()
        self.parts = ([(situation, beliefs.situations[situation])] if situation else []) + [
            (BASE, beliefs.members)
        ]

    def model(self) -> Model:
        """The model."""
        beliefs = self.beliefs
        sized = self._sized()

        def belongs(person: str | None) -> tuple[int, ...]:
            return tuple(place for place, (_, members, _) in enumerate(sized)
                         if members is None or person in members)  # fmt: skip

        profiles = {
            person: self._profile(person, levels, belongs(person))
            for person, levels in self.places.items()
        }
        crews = tuple(self._crews(belongs))
        groups = tuple(
            Group(shared.group, self._correlation(shared), size) for shared, _, size in sized
        )
        action = self.chain.action(beliefs.action) if beliefs.action else None
        named = sum(beliefs.naming.values())
        within = beliefs.within
        if within is None and action is not None:
            within = float(action.decide_within)
        visible, decision = beliefs.visible, beliefs.decision
        causes = tuple(
            Cause(one.name, self._ref(f"events.{one.name}", one.probability),
                  frozenset(one.members) - {beliefs.originator}, one.makes)
            for one in beliefs.events
        )  # fmt: skip
        waits = tuple(self._waits(crewed=bool(crews)))
        seen = None if visible is None else (
            self._maybe("visible.concurrence", visible.get("concurrence")),
            self._maybe("visible.refusal", visible.get("refusal")),
        )  # fmt: skip
        terms = None if decision is None else {
            term: self._ref(f"decision.{term}", belief) for term, belief in decision.terms.items()
        }  # fmt: skip
        factors = () if decision is None else tuple(
            self._ref(f"decision.{name}", belief) for name, belief in decision.factors.items()
        )  # fmt: skip
        return Model(
            self.chain,
            self.ladder,
            beliefs.originator,
            profiles,
            tuple(self.inputs.values()),  # the last to be known
            groups,
            causes,
            crews,
            named if action is None or action.enough is None else action.enough,
            waits,
            within,
            beliefs.replace,
            seen,
            terms,
            factors,
            beliefs.expect,
            tuple(self.rows),
        )

    def _places(self) -> dict[str, tuple[int, ...]]:
        """Everybody with a part in the ladder, and at which levels; deputies after seats."""
        found: dict[str, tuple[int, ...]] = {}
        deputies: dict[str, tuple[int, ...]] = {}
        for number, level in enumerate(self.ladder):
            for post in level.members:
                found[post] = (*found.get(post, ()), number)
                for deputy in self.chain.member(post).deputies:
                    if number not in deputies.get(deputy.member, ()):
                        deputies[deputy.member] = (*deputies.get(deputy.member, ()), number)
        for person, levels in deputies.items():
            found[person] = tuple(sorted({*found.get(person, ()), *levels}))
        return found

    def _ref(self, name: str, belief: Belief) -> Ref:
        """Where a number stands; an uncertain one becomes an input at its first use (rule 20)."""
        if belief.number.certain:
            return Ref(belief.number.numbers[0])
        if name not in self.inputs:
            self.inputs[name] = Input(name, belief.number, belief)
        return Ref(input=list(self.inputs).index(name))

    def _maybe(self, name: str, belief: Belief | None) -> Ref:
        return ZERO if belief is None else self._ref(name, belief)

    def _profile(self, person: str, levels: tuple[int, ...], groups: tuple[int, ...]) -> Profile:
        keys = [self.ladder[number].id for number in levels]
        if person == self.beliefs.originator:  # rule 1
            return Profile(ZERO, ZERO, ZERO, (), (), 0)
        first = min((number for number in levels if number > 0), default=0)
        # Rule 10: nobody is replaced at the head, no deputy either.
        below_head = any(person in level.members for level in self.ladder[1:])
        return self._held(person, [person], keys, first, groups,
                          self.beliefs.replace if below_head else 0)  # fmt: skip

    def _held(
        self, person: str, own: list[str], levels: list[str], place: int,
        groups: tuple[int, ...], replaced: int,
    ) -> Profile:  # fmt: skip
        refs = {state: self._stated(person, state, own, levels) for state in STATES}
        refuses: Ref | None = refs["refuses"]
        if refuses is None and self.beliefs.decision is None:
            refuses = ZERO
        shifts = [(self._ref(f"messages.{key}", self.beliefs.messages[key]), 1)
                  for key in (*own, *levels, EVERYONE) if key in self.beliefs.messages]  # fmt: skip
        if self.beliefs.trust is not None and place > 1:
            shifts.append((self._ref("trust", self.beliefs.trust), -(place - 1)))
        return Profile(refs["compromised"] or ZERO, refs["unreachable"] or ZERO, refuses,
                       tuple(shifts), groups, replaced)  # fmt: skip

    def _stated(self, person: str, state: State, own: list[str], levels: list[str]) -> Ref | None:
        """Rule 19: the situation before the base file; member before level before everyone."""
        for situation, part in self.parts:
            for keys in (own, levels, [EVERYONE]):
                said = [key for key in keys if state in part.get(key, {})]
                if len(said) > 1:
                    second = part[said[1]][state]
                    raise second.fault(
                        f"`{person}` sits at {' and '.join(said)}, and both say how "
                        f"{_ADVERBS[state]}", hint=f"say it of `{person}` alone",
                    )  # fmt: skip
                if said:
                    belief = part[said[0]][state]
                    where = f"{situation}/{said[0]}" if situation else said[0]
                    self.rows.append(
                        Row(person, state, belief.text, said[0], situation, belief.source)
                    )
                    return self._ref(f"{where}.{state}", belief)
        return None

    def _sized(self) -> list[tuple[Shared, frozenset[str] | None, int]]:
        """Who thinks alike, the larger groups first (rule 4); members None: everyone."""
        people = len(self.places) + sum(
            count * len(set(names(kind.crew))) for kind, count in self._named() if kind.crew
        )
        sized = []
        for shared in self.beliefs.shared:
            if shared.belief.number == fixed(0.0):
                continue
            members = self._within_group(shared.group)
            sized.append((shared, members, people if members is None else len(members)))
        sized.sort(key=lambda one: -one[2])  # stable: ties as written
        return sized

    def _within_group(self, group: str) -> frozenset[str] | None:
        """The members of a group who have a part in the ladder; None: everyone."""
        if group == EVERYONE:
            return None
        if group in self.beliefs.groups:
            return frozenset(self.beliefs.groups[group]) & set(self.places)
        place = [number for number, level in enumerate(self.ladder) if level.id == group]
        return frozenset(
            person for person, levels in self.places.items() if set(place) & set(levels)
        )

    def _correlation(self, shared: Shared) -> Ref:
        name = f"shared.{shared.group}"
        if not shared.once:
            return self._ref(name, shared.belief)
        refuses = self._refuses_of(shared)
        ends = tuple(correlation(refuses, x) for x in shared.belief.number.numbers)
        if any(end is None for end in ends):
            raise shared.belief.fault(
                f"they refuse with {refuses:.0%} at the median, and with less once another does",
                expected=f"more than {refuses:.0%}",
            )  # fmt: skip
        numbers = tuple(end for end in ends if end is not None)
        number = fixed(numbers[0])
        if len(numbers) > 1:
            number = Number(shared.belief.number.kind, numbers)
            if not 0 < numbers[0] < numbers[1] < 1:
                raise shared.belief.fault("this range would end at a correlation of 0 or 1")
        return self._ref(name, replace(shared.belief, number=number))

    def _refuses_of(self, shared: Shared) -> float:
        """The median of the base file's `refuses` of that group (rule 4)."""
        base = self.beliefs.members
        keys = [shared.group, EVERYONE]
        if shared.group in self.beliefs.groups:
            found = {self._base_refuses(person) for person in self.beliefs.groups[shared.group]}
            if len(found) != 1:
                raise shared.belief.fault(
                    f"the members of `{shared.group}` don't refuse alike",
                    hint="state the correlation itself",
                )  # fmt: skip
            keys = [found.pop()]
        for key in keys:
            belief = base.get(key, {}).get("refuses")
            if belief is not None:
                return median(belief.number)
        raise shared.belief.fault(
            f"nothing says how `{shared.group}` refuses",
            hint="say it of `everyone`, or state the correlation itself",
        )  # fmt: skip

    def _base_refuses(self, person: str) -> str:
        levels = [self.ladder[number].id for number in self.places.get(person, ())]
        for key in (person, *levels, EVERYONE):
            if "refuses" in self.beliefs.members.get(key, {}):
                return key
        return EVERYONE

    def _named(self) -> list[tuple[ExecutorKind, int]]:
        return [(self.chain.kind(kind), count) for kind, count in self.beliefs.naming.items()]

    def _crews(self, belongs: Callable[[str | None], tuple[int, ...]]) -> list[Crew]:
        """The crews of the executors named; none where no kind among them has any (rule 12)."""
        if all(kind.crew is None for kind, _ in self._named()):
            return []
        place = len(self.ladder)
        return [
            Crew(kind, count, self._held(kind.id, [kind.id], [], place, belongs(None),
                                         self.beliefs.replace))
            for kind, count in self._named()
        ]  # fmt: skip

    def _waits(self, *, crewed: bool) -> list[Wait | None]:
        found: list[Wait | None] = []
        steps = [level.id for level in self.ladder] + ([EXECUTORS] if crewed else [])
        for step in steps:
            delay = self.beliefs.delays.get(step)
            if delay is None:
                found.append(None)
            elif delay.time is None:
                found.append(Wait(self._maybe(f"delays.{step}.median", delay.median),
                                  self._maybe(f"delays.{step}.sigma", delay.sigma)))  # fmt: skip
            else:
                found.append(_itself(delay.time.number))
        return found


_ADVERBS = {
    "refuses": "often they refuse", "unreachable": "often they can't be reached",
    "compromised": "often somebody else holds their key",
}  # fmt: skip


def _itself(number: Number) -> Wait:
    """The delay itself: an interval is a log-normal's 90 % (rule 16)."""
    if number.certain:
        return Wait(Ref(number.numbers[0]), ZERO)
    low, high = map(math.log, number.numbers)
    return Wait(Ref(math.exp((low + high) / 2)), Ref((high - low) / (2 * Z95)))
