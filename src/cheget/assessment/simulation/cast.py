"""Who is asked, and which stated number holds for whom (rules 1, 4, 10, 13, 14, 19, 20).

Nothing is computed here but the correlation that ``once another refuses`` stands for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cheget.assessment.beliefs import (
    EVERYONE,
    EXECUTORS,
    STATES,
    Belief,
    Beliefs,
    Delay,
    Shared,
    State,
)
from cheget.assessment.number import Number, fixed
from cheget.assessment.simulation.numbers import correlation, median
from cheget.chain.chain import Chain, ExecutorKind, Level
from cheget.chain.rule import names
from cheget.errors import AssessmentError


@dataclass(frozen=True)
class Stated:
    """A number where it is written; everybody whom it covers shares it (rule 20)."""

    name: str
    belief: Belief


@dataclass(frozen=True)
class Role:
    """What is believed of one post, or of each post in the crews of one kind.

    ``refuses`` None: the decision model says it, or nobody does (rule 14). ``shifts`` are
    log-odds, each times a whole number (rule 13). ``groups`` stand larger first (rule 4).
    """

    id: str
    compromised: Stated | None
    unreachable: Stated | None
    refuses: Stated | None
    shifts: tuple[tuple[Stated, int], ...]
    groups: tuple[str, ...]
    replaced: int


@dataclass(frozen=True)
class Row:
    """One line of the resolved table (rule 19)."""

    person: str
    state: str
    text: str
    said_of: str
    situation: str
    source: str


@dataclass(frozen=True)
class Crews:
    """Executors of one kind that the order names; ``role`` is of each post beside them."""

    kind: ExecutorKind
    named: int
    role: Role


@dataclass(frozen=True)
class Cast:
    """Everybody with a part, and every number that is believed of them."""

    chain: Chain
    beliefs: Beliefs
    ladder: tuple[Level, ...]
    originator: str | None
    roles: Mapping[str, Role]
    crews: tuple[Crews, ...]
    enough: int
    correlations: Mapping[str, Stated]
    events: Mapping[str, Stated]
    delays: tuple[Delay | None, ...]
    within: float | None
    visible: tuple[Stated | None, Stated | None] | None
    decision: Mapping[str, Stated] | None
    factors: tuple[Stated, ...]
    table: tuple[Row, ...]

    @property
    def steps(self) -> tuple[str, ...]:
        """The levels from the head down, and ``executors`` where crews have a say (rule 12)."""
        levels = tuple(level.id for level in self.ladder)
        return (*levels, EXECUTORS) if self.crews else levels

    @property
    def people(self) -> int:
        """How many are asked in one run."""
        return len(self.roles) + sum(one.named * len(posts_of(one.kind)) for one in self.crews)

    def stated(self) -> Iterator[Stated]:
        """Every number that somebody's answer rests on, as often as it is used."""
        for role in (*self.roles.values(), *(one.role for one in self.crews)):
            for number in (role.compromised, role.unreachable, role.refuses):
                if number is not None:
                    yield number
            yield from (number for number, _ in role.shifts)
        yield from self.correlations.values()
        yield from self.events.values()
        for step, delay in zip(self.steps, self.delays, strict=True):
            yield from _spread(step, delay)
        yield from (one for one in self.visible or () if one is not None)
        yield from (self.decision or {}).values()
        yield from self.factors


def _spread(step: str, delay: Delay | None) -> Iterator[Stated]:
    """The numbers of a delay that are uncertain: an interval is the delay itself (rule 16)."""
    if delay is not None and delay.median is not None and delay.sigma is not None:
        yield Stated(f"delays.{step}.median", delay.median)
        yield Stated(f"delays.{step}.sigma", delay.sigma)


def posts_of(kind: ExecutorKind) -> tuple[str, ...]:
    """The posts beside each executor of a kind."""
    return tuple(dict.fromkeys(names(kind.crew))) if kind.crew is not None else ()


def cast_of(chain: Chain, beliefs: Beliefs, situation: str = "") -> Cast:
    """Everybody's numbers in one situation of the beliefs; empty: the base file.

    Raises:
        ChainFileError: two level beliefs about one person, or a correlation that can't be.
        AssessmentError: no such situation.
    """
    if situation and situation not in beliefs.situations:
        known = ", ".join(beliefs.situations) or "none"
        raise AssessmentError(f"no situation `{situation}`", hint=f"the beliefs have: {known}")
    return _Casting(chain, beliefs, situation).cast()


class _Casting:
    """Resolves one beliefs file against one chain."""

    def __init__(self, chain: Chain, beliefs: Beliefs, situation: str) -> None:
        self.chain, self.beliefs, self.situation = chain, beliefs, situation
        self.action = chain.action(beliefs.action) if beliefs.action else None
        self.ladder = chain.ladder(beliefs.action) if beliefs.action else chain.levels
        self.crewed = [(chain.kind(kind), named) for kind, named in beliefs.naming.items()]
        if not any(kind.crew for kind, _ in self.crewed):
            self.crewed = []  # carried out means released (rule 12)
        self.seats: dict[str, list[int]] = {}  # at which levels somebody has a seat of their own
        self.parts: dict[str, list[int]] = {}  # the same, the seats that they deputise in included
        for number, level in enumerate(self.ladder):
            for post in level.members:
                self.seats.setdefault(post, []).append(number)
                for person in (post, *(d.member for d in chain.member(post).deputies)):
                    if number not in self.parts.setdefault(person, []):
                        self.parts[person].append(number)
        self.rows: list[Row] = []

    def cast(self) -> Cast:
        beliefs, groups = self.beliefs, self._groups()
        members = {one.group: self._members(one.group) for one in groups}
        roles = {person: self._member(person, [g for g, who in members.items() if person in who])
                 for person in self._in_order()}  # fmt: skip
        of_all = [group for group in members if group == EVERYONE]
        crews = tuple(
            Crews(kind, named, self._role(kind.id, [], len(self.ladder), of_all, beliefs.replace))
            for kind, named in self.crewed
        )
        within = beliefs.within  # rule 16: else the action's
        if within is None and self.action is not None:
            within = float(self.action.decide_within)
        named = sum(beliefs.naming.values())
        enough = self.action.enough if self.action is not None else None
        levels = [level.id for level in self.ladder]
        decision, visible = beliefs.decision, beliefs.visible
        return Cast(
            self.chain, beliefs, self.ladder, beliefs.originator, roles, crews,
            named if enough is None else enough,
            {one.group: self._correlation(one) for one in groups},
            {one.name: Stated(f"events.{one.name}", one.probability) for one in beliefs.events},
            tuple(beliefs.delays.get(one) for one in (*levels, *([EXECUTORS] if crews else []))),
            within,
            None if visible is None else (
                _stated("visible.concurrence", visible.get("concurrence")),
                _stated("visible.refusal", visible.get("refusal")),
            ),
            None if decision is None else {
                term: Stated(f"decision.{term}", one) for term, one in decision.terms.items()
            },
            () if decision is None else tuple(
                Stated(f"decision.{name}", one) for name, one in decision.factors.items()
            ),
            tuple(self.rows),
        )  # fmt: skip

    def _in_order(self) -> list[str]:
        """Those with a seat, then those who only deputise."""
        return [*self.seats, *(person for person in self.parts if person not in self.seats)]

    def _member(self, person: str, groups: list[str]) -> Role:
        if person == self.beliefs.originator:  # rule 1: beliefs about them have no effect
            return Role(person, None, None, None, (), (), 0)
        below = [number for number in self.parts[person] if number > 0]
        seated_below = any(number > 0 for number in self.seats.get(person, ()))
        replaced = self.beliefs.replace if seated_below else 0  # rule 10: deputies not
        levels = [self.ladder[number].id for number in self.parts[person]]
        return self._role(person, levels, min(below, default=0), groups, replaced)

    def _role(
        self, person: str, levels: list[str], place: int, groups: list[str], replaced: int
    ) -> Role:
        """Rule 13 says what shifts them; ``place`` counts the levels from the head, 0."""
        compromised, unreachable, refuses = (
            self._resolved(person, state, levels) for state in STATES
        )
        messages, trust = self.beliefs.messages, self.beliefs.trust
        shifts = [(Stated(f"messages.{key}", messages[key]), 1)
                  for key in (person, *levels, EVERYONE) if key in messages]  # fmt: skip
        if trust is not None and place > 1:
            shifts.append((Stated("trust", trust), -(place - 1)))
        return Role(person, compromised, unreachable, refuses, tuple(shifts), tuple(groups),
                    replaced)  # fmt: skip

    def _resolved(self, person: str, state: State, levels: list[str]) -> Stated | None:
        """Rule 19: the situation before the base file; member before level before everyone."""
        beliefs = self.beliefs
        situation = beliefs.situations.get(self.situation, {})
        for name, said in ((self.situation, situation), ("", beliefs.members)):
            for keys in ([person], levels, [EVERYONE]):
                found = [key for key in keys if state in said.get(key, {})]
                if len(found) > 1:
                    raise said[found[1]][state].fault(
                        f"{' and '.join(found)} both say of `{person}`: {state}",
                        hint=f"say it of `{person}` alone",
                    )  # fmt: skip
                if found:
                    (key,) = found
                    belief = said[key][state]
                    self.rows.append(Row(person, state, belief.text, key, name, belief.source))
                    return Stated(f"{name}/{key}.{state}" if name else f"{key}.{state}", belief)
        return None

    def _groups(self) -> list[Shared]:
        """Rule 4: the larger first, ties as written."""
        shared = [one for one in self.beliefs.shared if one.belief.number != fixed(0.0)]
        crew = sum(named * len(posts_of(kind)) for kind, named in self.crewed)
        size = {one.group: len(self._members(one.group)) + (crew if one.group == EVERYONE else 0)
                for one in shared}  # fmt: skip
        return sorted(shared, key=lambda one: -size[one.group])

    def _members(self, group: str) -> set[str]:
        if group == EVERYONE:
            return set(self.parts)
        if group in self.beliefs.groups:
            return set(self.beliefs.groups[group]) & set(self.parts)
        return {person for person, numbers in self.parts.items()
                if any(self.ladder[number].id == group for number in numbers)}  # fmt: skip

    def _correlation(self, shared: Shared) -> Stated:
        """Rule 4: ``x once another refuses`` is solved once and for all situations."""
        name, belief = f"shared.{shared.group}", shared.belief
        if not shared.once:
            return Stated(name, belief)
        refuses = self._refuses_of(shared)
        ends = [correlation(refuses, x) for x in belief.number.numbers]
        found = [end for end in ends if end is not None]
        if len(found) < len(ends):
            raise belief.fault("once another refuses they refuse less",
                               expected=f"more than {refuses:.0%}")  # fmt: skip
        number = fixed(found[0]) if len(found) == 1 else Number("logit-normal", tuple(found))
        return Stated(name, Belief(number, belief.text, "", belief.line))

    def _refuses_of(self, shared: Shared) -> float:
        """The median of the base file's ``refuses`` of that group."""
        said = self.beliefs.members
        keys = [shared.group, EVERYONE]
        if shared.group in self.beliefs.groups:
            found = {self._base_key(person) for person in self.beliefs.groups[shared.group]}
            if len(found) > 1:
                raise shared.belief.fault(f"the members of `{shared.group}` don't refuse alike")
            keys = list(found)
        for key in keys:
            if "refuses" in said.get(key, {}):
                return median(said[key]["refuses"].number)
        raise shared.belief.fault(f"nothing says how `{shared.group}` refuses")

    def _base_key(self, person: str) -> str:
        levels = [self.ladder[number].id for number in self.parts.get(person, ())]
        keys = (person, *levels, EVERYONE)
        said = self.beliefs.members
        return next((key for key in keys if "refuses" in said.get(key, {})), EVERYONE)


def _stated(name: str, belief: Belief | None) -> Stated | None:
    return None if belief is None else Stated(name, belief)
