"""The oracle of the laws: everybody's states one by one, and every way to sit down.

It says what the rules say by the shortest way there is, at any cost; rule numbers are those of
``spec/assessment.md``. No clock: verdicts are never late.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from cheget.assessment.beliefs import Belief, Beliefs
from cheget.chain.chain import Chain, Level
from cheget.chain.rule import Rule, is_met, names

Array = NDArray[np.float64]
NODES = 81  # of each shock, by the trapezoid rule
CONCURS, SILENT, REFUSES = "concurs", "silent", "refuses"


@dataclass(frozen=True)
class Ends:
    carried_out: float
    stopped: tuple[float, ...]
    expired: tuple[float, ...]

    @property
    def all(self) -> list[float]:
        return [self.carried_out, *self.stopped, *self.expired]


def enumerated(chain: Chain, beliefs: Beliefs, situation: str = "") -> Ends:
    """How it ends, by enumeration; every belief must be a certain number."""
    return _World(chain, beliefs, situation).ends()


class _World:
    def __init__(self, chain: Chain, beliefs: Beliefs, situation: str) -> None:
        self.chain, self.beliefs, self.situation = chain, beliefs, situation
        action = chain.action(beliefs.action) if beliefs.action else None
        self.ladder = chain.ladder(action.id) if action else chain.levels
        self.parts: dict[str, list[int]] = {}
        for number, level in enumerate(self.ladder):
            for post in level.members:
                for one in (post, *(d.member for d in chain.member(post).deputies)):
                    self.parts.setdefault(one, []).append(number)
        self.crews = [(chain.kind(kind), count) for kind, count in beliefs.naming.items()]
        self.crews = self.crews if any(kind.crew for kind, _ in self.crews) else []
        named = sum(beliefs.naming.values())
        self.enough = action.enough if action and action.enough is not None else named
        self.groups = self._groups()
        z = np.linspace(-8.5, 8.5, NODES)
        grids = np.meshgrid(*[z] * len(self.groups), indexing="ij")
        self.shocks = {group: grid.ravel() for group, grid in zip(self.groups, grids, strict=True)}
        w = np.exp(-z * z / 2)
        self.weights = np.ones(1)
        for _ in self.groups:
            self.weights = np.multiply.outer(self.weights, w / w.sum()).ravel()

    def _groups(self) -> dict[str, tuple[float, frozenset[str]]]:
        found = {}
        for shared in self.beliefs.shared:
            rho = shared.belief.number.numbers[0]
            people = frozenset(self.parts)
            size = len(people) + sum(n * len(set(names(k.crew))) for k, n in self.crews if k.crew)
            if shared.group != "everyone":
                people = frozenset(
                    self.beliefs.groups[shared.group] if shared.group in self.beliefs.groups else
                    (p for p, at in self.parts.items()
                     if any(self.ladder[n].id == shared.group for n in at))
                ) & people  # fmt: skip
                size = len(people)
            if rho > 0:
                found[shared.group] = (size, rho, people)
        ordered = sorted(found.items(), key=lambda one: -one[1][0])
        return {name: (rho, people) for name, (_, rho, people) in ordered}

    def number(self, person: str, state: str, levels: Sequence[str]) -> float | None:
        situation = self.beliefs.situations.get(self.situation, {})
        for said in (situation, self.beliefs.members):
            for keys in ((person,), levels, ("everyone",)):
                for key in keys:
                    if state in said.get(key, {}):
                        return said[key][state].number.numbers[0]
        return None

    def answer(
        self, person: str, events: Sequence[str], seen: float = 0.0, kind: str = ""
    ) -> dict[str, Array]:
        """P of each state at each node of the shocks (rules 1 to 5, 13, 14)."""
        one = np.ones(len(self.weights))
        if person == self.beliefs.originator:
            return {CONCURS: one, SILENT: 0 * one, REFUSES: 0 * one}
        at = sorted(set(self.parts.get(person, [])))
        levels = [self.ladder[n].id for n in at]
        name = kind or person
        place = min((n for n in at if n > 0), default=0) if not kind else len(self.ladder)
        c = self.number(name, "compromised", levels) or 0.0
        u = self.number(name, "unreachable", levels) or 0.0
        q = self.number(name, "refuses", levels)
        shift = seen + sum(b.number.numbers[0] for key, b in self.beliefs.messages.items()
                           if key in (name, *levels, "everyone"))  # fmt: skip
        if self.beliefs.trust and place > 1:
            shift -= (place - 1) * self.beliefs.trust.number.numbers[0]
        q = self._shifted(q, shift)
        felt, left = 0 * one, 1.0
        for group, (rho, people) in self.groups.items():
            if group == "everyone" or (not kind and person in people):
                felt = felt + math.sqrt(left * rho) * self.shocks[group]
                left *= 1 - rho
        willing = special.ndtr((-special.ndtri(q) - felt) / math.sqrt(left))
        made = {e.makes for e in self.beliefs.events if e.name in events and name in e.members}
        if kind:
            made = set()
        c, u = 1.0 if "compromised" in made else c, 1.0 if "unreachable" in made else u
        w = 0 * one if "refuses" in made else willing
        return {CONCURS: c + (1 - c) * (1 - u) * w, SILENT: (1 - c) * u * one,
                REFUSES: (1 - c) * (1 - u) * (1 - w)}  # fmt: skip

    def _shifted(self, q: float | None, shift: float) -> float:
        if q is None and self.beliefs.decision is not None:
            t = {key: one.number.numbers[0] for key, one in self.beliefs.decision.terms.items()}
            factors = sum(b.number.numbers[0] for b in self.beliefs.decision.factors.values())
            odds = (t.get("obedience", 0) + t.get("role", 0) + t.get("deciding", 0) * factors
                    + t.get("punishment", 0) * (1 - t.get("regime-falls", 0)))  # fmt: skip
            return 1 / (1 + math.exp(odds + shift))
        if not q or q == 1:
            return q or 0.0
        return 1 / (1 + math.exp(math.log((1 - q) / q) + shift))

    def minds(self, person: str, events: Sequence[str]) -> Iterator[tuple[str, str, Array]]:
        """What somebody answers at the head, what is answered below, and its chance (rule 10)."""
        seats = [n for n, level in enumerate(self.ladder) if person in level.members]
        replaced = self.beliefs.replace if any(seats) else 0
        if person == self.beliefs.originator:
            replaced = 0
        p = self.answer(person, events)
        yield CONCURS, CONCURS, p[CONCURS]
        yield SILENT, SILENT, p[SILENT]
        reach = p[REFUSES]
        for _ in range(replaced):
            yield REFUSES, CONCURS, reach * p[CONCURS]
            yield REFUSES, SILENT, reach * p[SILENT]
            reach = reach * p[REFUSES]
        yield REFUSES, REFUSES, reach

    def ends(self) -> Ends:
        steps = len(self.ladder) + bool(self.crews)
        total = np.zeros(1 + 2 * steps)
        for happened in product([False, True], repeat=len(self.beliefs.events)):
            chance, events = 1.0, []
            for event, does in zip(self.beliefs.events, happened, strict=True):
                p = event.probability.number.numbers[0]
                chance *= p if does else 1 - p
                events += [event.name] if does else []
            found = self._visible(events) if self.beliefs.visible else self._hidden(events)
            for end, value in found:
                total[end] += chance * float(np.sum(self.weights * value))
        return Ends(total[0], tuple(total[1 : 1 + steps]), tuple(total[1 + steps :]))

    def _hidden(self, events: Sequence[str]) -> Iterator[tuple[int, Array]]:
        steps = len(self.ladder) + bool(self.crews)
        released = np.zeros(len(self.weights))
        people = list(self.parts)
        minds = [[mind for mind in self.minds(person, events) if np.any(mind[2])]
                 for person in people]  # fmt: skip
        for each in product(*minds):
            chance = np.ones(len(self.weights))
            for _, _, p in each:
                chance = chance * p
            head = {person: first for person, (first, _, _) in zip(people, each, strict=True)}
            below = {person: last for person, (_, last, _) in zip(people, each, strict=True)}
            level, how = judged(self.chain, self.ladder, self.beliefs.originator, head, below)
            if how == "passed":
                released = released + chance
            else:
                yield 1 + level + (steps if how == "waits" else 0), chance
        if not self.crews:
            yield 0, released
            return
        acts, stops = self._executors(events)
        yield 0, released * acts
        yield steps, released * stops
        yield 2 * steps, released * (1 - acts - stops)

    def _executors(self, events: Sequence[str]) -> tuple[Array, Array]:
        """Rule 12, crew by crew: P(so many passed, so many stopped)."""
        states: dict[tuple[int, int], Array] = {(0, 0): np.ones(len(self.weights))}
        for kind, named in self.crews:
            passes, stops = self._crew(kind, events)
            for _ in range(named):
                after: dict[tuple[int, int], Array] = {}
                for (done, lost), p in states.items():
                    for key, q in (((done + 1, lost), passes), ((done, lost + 1), stops),
                                   ((done, lost), 1 - passes - stops)):  # fmt: skip
                        after[key] = after.get(key, 0) + p * q
                states = after
        named = sum(count for _, count in self.crews)
        acts = sum(p for (done, _), p in states.items() if done >= self.enough)
        lost = sum(p for (_, lost), p in states.items() if named - lost < self.enough)
        return acts + np.zeros(len(self.weights)), lost + np.zeros(len(self.weights))

    def _crew(self, kind: Any, events: Sequence[str]) -> tuple[Array, Array]:
        one = np.ones(len(self.weights))
        if kind.crew is None:
            return one, 0 * one
        posts = list(dict.fromkeys(names(kind.crew)))
        p = self.answer("", events, kind=kind.id)
        reach, final = p[REFUSES], {CONCURS: p[CONCURS], SILENT: p[SILENT]}
        for _ in range(self.beliefs.replace):
            final = {CONCURS: final[CONCURS] + reach * p[CONCURS],
                     SILENT: final[SILENT] + reach * p[SILENT]}  # fmt: skip
            reach = reach * p[REFUSES]
        final[REFUSES] = reach
        passes, stops = 0 * one, 0 * one
        for states in product(final, repeat=len(posts)):
            chance = one
            for state in states:
                chance = chance * final[state]
            said = dict(zip(posts, states, strict=True))
            if is_met(kind.crew, {x for x in posts if said[x] == CONCURS}):
                passes = passes + chance
            elif not is_met(kind.crew, {x for x in posts if said[x] != REFUSES}):
                stops = stops + chance
        return passes, stops

    def _visible(self, events: Sequence[str]) -> Iterator[tuple[int, Array]]:
        """Rule 15, answer by answer."""
        steps = len(self.ladder) + bool(self.crews)
        start = {(0, 0): np.ones(len(self.weights))}
        for number, level in enumerate(self.ladder):
            seats = [(post, [d.member for d in self.chain.member(post).deputies], "")
                     for post in level.members]  # fmt: skip
            after: dict[tuple[int, int], Array] = {}
            for seen, chance in start.items():
                for how, then, p in self._asked(level.rule, seats, seen, events, number == 0):
                    if how == "passes":
                        after[then] = after.get(then, 0) + chance * p
                    else:
                        yield 1 + number + (steps if how == "waits" else 0), chance * p
            start = after
        if not self.crews:
            yield 0, sum(start.values(), np.zeros(len(self.weights)))
            return
        kinds = [kind for kind, named in self.crews for _ in range(named)]
        for seen, chance in start.items():
            for how, p in self._crews_asked(kinds, 0, 0, seen, events):
                yield {"passes": 0, "stops": steps, "waits": 2 * steps}[how], chance * p

    def _crews_asked(
        self, kinds: Sequence[Any], done: int, lost: int, seen: tuple[int, int],
        events: Sequence[str],
    ) -> Iterator[tuple[str, Array]]:  # fmt: skip
        named = sum(count for _, count in self.crews)
        one = np.ones(len(self.weights))
        if done >= self.enough or named - lost < self.enough:
            yield ("passes" if done >= self.enough else "stops"), one
        elif not kinds:
            yield "waits", one
        elif kinds[0].crew is None:
            yield from self._crews_asked(kinds[1:], done + 1, lost, seen, events)
        else:
            seats = [(post, [], kinds[0].id) for post in dict.fromkeys(names(kinds[0].crew))]
            for how, then, p in self._asked(kinds[0].crew, seats, seen, events, head=False):
                more = (done + (how == "passes"), lost + (how == "stops"))
                for end, q in self._crews_asked(kinds[1:], *more, then, events):
                    yield end, p * q

    def _asked(
        self, rule: Rule, seats: Sequence[tuple[str, list[str], str]], seen: tuple[int, int],
        events: Sequence[str], head: bool,
    ) -> Iterator[tuple[str, tuple[int, int], Array]]:  # fmt: skip
        yes = frozenset(p for p, _, _ in seats if head and p == self.beliefs.originator)
        left = [seat for seat in seats if seat[0] not in yes]
        spent = frozenset(p for p, d, _ in left if p == self.beliefs.originator and not d)
        todo = [seat for seat in left if seat[0] not in spent]
        yield from self._next(rule, [p for p, _, _ in seats], todo, yes, spent, seen, events)

    def _next(
        self, rule: Rule, posts: list[str], todo: Sequence[tuple[str, list[str], str]],
        yes: frozenset[str], no: frozenset[str], seen: tuple[int, int], events: Sequence[str],
    ) -> Iterator[tuple[str, tuple[int, int], Array]]:  # fmt: skip
        one = np.ones(len(self.weights))
        if is_met(rule, yes):
            yield "passes", seen, one
        elif not is_met(rule, set(posts) - no):
            yield "stops", seen, one
        elif not todo:
            yield "waits", seen, one
        else:
            (post, deputies, kind), *rest = todo
            replaced = self.beliefs.replace if kind or not self._at_head(post) else 0
            for what, then, p in self._seat(post, deputies, kind, replaced, seen, events):
                for how, after, q in self._next(
                    rule, posts, rest, yes | {post} if what == CONCURS else yes,
                    no | {post} if what == REFUSES else no, then, events,
                ):  # fmt: skip
                    yield how, after, p * q

    def _at_head(self, post: str) -> bool:
        return post in self.ladder[0].members

    def _seat(
        self, post: str, deputies: Sequence[str], kind: str, replaced: int, seen: tuple[int, int],
        events: Sequence[str],
    ) -> Iterator[tuple[str, tuple[int, int], Array]]:  # fmt: skip
        visible = self.beliefs.visible or {}

        def moved(at: tuple[int, int]) -> float:
            return sum(n * _of(visible.get(key)) for n, key in
                       zip(at, ("concurrence", "refusal"), strict=True))  # fmt: skip

        one = np.ones(len(self.weights))
        spent = post == self.beliefs.originator and not kind
        p = {CONCURS: 0 * one, SILENT: one, REFUSES: 0 * one}
        if not spent:
            p = self.answer(post, events, moved(seen), kind)
        yield CONCURS, (seen[0] + 1, seen[1]), p[CONCURS]
        refused = (seen[0], seen[1] + 1)
        if replaced:
            for what, then, q in self._seat(post, deputies, kind, replaced - 1, refused, events):
                yield what, then, p[REFUSES] * q
        else:
            yield REFUSES, refused, p[REFUSES]
        yield from self._deputies(deputies, seen, p[SILENT], events, moved, spent)

    def _deputies(
        self, deputies: Sequence[str], seen: tuple[int, int], chance: Array,
        events: Sequence[str], moved: Any, lost: bool,
    ) -> Iterator[tuple[str, tuple[int, int], Array]]:  # fmt: skip
        if not deputies:
            yield (REFUSES if lost else SILENT), seen, chance
            return
        p = self.answer(deputies[0], events, moved(seen))
        yield CONCURS, (seen[0] + 1, seen[1]), chance * p[CONCURS]
        rest = deputies[1:]
        yield from self._deputies(rest, (seen[0], seen[1] + 1), chance * p[REFUSES], events, moved,
                                  lost)  # fmt: skip
        yield from self._deputies(rest, seen, chance * p[SILENT], events, moved, False)


def _of(belief: Belief | None) -> float:
    return 0.0 if belief is None else belief.number.numbers[0]


def judged(
    chain: Chain, ladder: Sequence[Level], originator: str | None, head: Mapping[str, str],
    below: Mapping[str, str],
) -> tuple[int, str]:  # fmt: skip
    """The level where it ends and how, by rules 7 to 11; the last and "passed" if it doesn't."""
    for number, level in enumerate(ladder):
        said = head if number == 0 else below
        refusers = {post for post in level.members if said[post] == REFUSES}
        if level.veto is not None and is_met(level.veto, refusers):
            return number, "stops"
        if not seatable(chain, ladder[: number + 1], originator, head, below, still=True):
            return number, "stops"
        if not seatable(chain, ladder[: number + 1], originator, head, below, still=False):
            return number, "waits"
    return len(ladder) - 1, "passed"


def seatable(
    chain: Chain, ladder: Sequence[Level], originator: str | None, head: Mapping[str, str],
    below: Mapping[str, str], *, still: bool,
) -> bool:  # fmt: skip
    """Whether people can sit so that each rule is met: every way is tried.

    ``still``: at the last level anybody who hasn't refused.
    """
    places: dict[str, list[tuple[int, str] | None]] = {}
    for number, level in enumerate(ladder):
        said = head if number == 0 else below

        def sits(person: str, number: int = number, said: Mapping[str, str] = said) -> bool:
            return said[person] == CONCURS or (
                still and number == len(ladder) - 1 and said[person] != REFUSES
            )

        for post in level.members:
            deputies = [d.member for d in chain.member(post).deputies]
            if sits(post):
                places.setdefault(post, []).append((number, post))
            if said[post] != REFUSES:
                for deputy in filter(sits, deputies):
                    places.setdefault(deputy, []).append((number, post))
    if originator is not None and not chain.repeatable:
        places[originator] = [(0, originator)]
    if chain.repeatable:
        ways: Iterator[Any] = iter([[place for at in places.values() for place in at]])
    else:
        ways = product(*places.values())
    return any(
        all(is_met(level.rule, {post for at, post in way if at == number})
            for number, level in enumerate(ladder))
        for way in ways
    )  # fmt: skip
