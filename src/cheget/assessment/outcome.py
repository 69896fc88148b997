"""Carried out, stopped, expired, at given inputs (rule 17): integrals over the shocks.

Given all shocks people are independent. A shock that touches several parts is integrated over
them together; one that touches a single part, inside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np
from scipy import stats

from cheget.assessment.model import Model, Ref
from cheget.assessment.parts import Crews, Part, Parts, members_of, parts_of
from cheget.assessment.spread import Array
from cheget.assessment.states import Answer, Forced, People, Points
from cheget.assessment.timing import in_time
from cheget.assessment.visible import Asking

Method = Literal["exact", "quadrature", "sampled"]
CERTAIN = ("concurs", "refused")  # forced answers, whatever is believed
FINE = 1e-12  # halved until so close
TENSOR = 1e-9
_MOST_HALVINGS = 45
_MOST_CELLS = 1_500_000  # points times nodes at once
_WIDTH = 8.5
_COARSE, _FINEST, _SAFETY = 24, 768, 100.0
_REPEATS, _SAMPLES = 8, 4096


@dataclass(frozen=True)
class Outcomes:
    """Probabilities at each point: carried_out (points,), the others (points, steps).

    ``passed[:, l]``: levels up to l concur, whenever. ``se``: of the shocks, where sampled.
    """

    carried_out: Array
    stopped: Array
    expired: Array
    passed: Array
    method: Method
    se: float = 0.0


class Assessor:
    """Computes outcomes of one model, at any inputs."""

    def __init__(self, model: Model, forced: Forced | None = None) -> None:
        """``forced``: people who concur or refuse whatever they believe (importance)."""
        self.model, self.forced = model, dict(forced or {})
        self.parts: Parts = parts_of(model)
        self.visible = Asking(model, self.parts) if model.visible is not None else None
        self.wide, self.narrow = self._factors()
        self.columns = len(model.steps)  # of what is integrated

    def _factors(self) -> tuple[tuple[int, ...], Mapping[int, tuple[int, ...]]]:
        """Which shocks touch several parts, and which touch one, by that part."""
        touched: dict[int, set[int]] = {}
        for part in members_of(self.parts):
            for person in part.people:
                for group in self._profile_groups(person):
                    touched.setdefault(group, set()).add(self._site(part))
        if self.model.visible is not None:
            return tuple(sorted(touched)), {}
        wide = tuple(sorted(group for group, sites in touched.items() if len(sites) > 1))
        narrow: dict[int, tuple[int, ...]] = {}
        for group in sorted(set(touched) - set(wide)):
            (site,) = touched[group]
            narrow[site] = (*narrow.get(site, ()), group)
        return wide, narrow

    def _profile_groups(self, person: str) -> tuple[int, ...]:
        for crew in self.model.crews:
            if crew.kind.id == person:
                return crew.profile.groups
        return self.model.profiles[person].groups

    def _site(self, part: Part) -> int:
        """One number for all parts that share people."""
        if isinstance(part, Crews):
            return -1
        places = list(self.model.profiles)
        sites = [min(places.index(p) for p in other.people)
                 for other in members_of(self.parts) if other.people & part.people
                 and not isinstance(other, Crews)]  # fmt: skip
        return min(sites, default=-2)

    def at(self, values: Array, fine: float = FINE, counts: Array | None = None) -> Outcomes:
        """The outcomes where the inputs are ``values``, shaped (points, inputs).

        ``counts``: how much each point matters, so that hard ones that hardly do cost little.
        """
        points = Points(self.model, np.asarray(values, dtype=np.float64), counts)
        whole, se, method = self.whole(points, fine)
        return self._timed(points, whole, method, se)

    def whole(self, points: Points, fine: float) -> tuple[Array, float, Method]:
        """What is integrated, over the shocks and the events, shaped (2, points, columns)."""
        whole, se = np.zeros((2, len(points), self.columns)), 0.0
        method: Method = "exact" if not self.wide and not self.narrow else "quadrature"
        for chance, forced in self._cases(points):
            people = People(points)
            integral, error = self._integrated(people, forced, fine)
            whole = whole + chance * integral
            se = float(np.hypot(se, error * np.max(chance)))
            method = "sampled" if error else method
        return whole, se, method

    def _cases(self, points: Points) -> Iterator[tuple[Array, Forced]]:
        """Every combination of events, with its probability (rule 5)."""
        rank = ("refuses", "unreachable", "compromised")
        for happen in product((False, True), repeat=len(self.model.causes)):
            chance = np.ones((len(points), 1))
            forced: dict[str, str] = {}
            for cause, does in zip(self.model.causes, happen, strict=True):
                p = points.of(cause.probability)
                chance = chance * (p if does else 1 - p)
                for person in cause.members if does else ():
                    if rank.index(cause.makes) >= rank.index(forced.get(person, "refuses")):
                        forced[person] = cause.makes
            forced.update(self.forced)
            if np.any(chance > 0):
                yield chance, forced

    def asker(self, people: People, shocks: Array) -> Callable[[str], Answer]:
        """What somebody does given the shocks, no event having happened."""
        return _asker(people, self.forced, shocks)

    def _integrated(self, people: People, forced: Forced, fine: float) -> tuple[Array, float]:
        """Passed and pending, shaped (2, points, steps); and the standard error if sampled."""
        factors = len(self.wide) + max(map(len, self.narrow.values()), default=0)
        if factors == 0:
            return self._given(people, forced, np.zeros((len(self.model.groups), 1)), 1)[
                ..., 0
            ], 0.0
        if factors == 1 and self.wide:
            return self._halved(people, forced, fine), 0.0
        if factors <= 2:
            return self._doubled(people, forced, max(fine, TENSOR)), 0.0
        if factors == 3:
            return self._tensor(people, forced, 64), 0.0
        return self._sampled(people, forced)

    def _given(self, people: People, forced: Forced, shocks: Array, inner: int) -> Array:
        """Passed and pending given the wide shocks, shaped (2, points, steps, nodes).

        Args:
            people: At the points.
            forced: Those in the state that an event puts them in.
            shocks: Shaped (groups, nodes); those of narrow groups are filled in here.
            inner: How many nodes a narrow shock is integrated with.
        """
        known: dict[int, Array] = {}

        def chance(part: Part) -> Array:
            if id(part) not in known:
                known[id(part)] = self._part(part, people, forced, shocks, inner)
            return known[id(part)]

        if self.visible is not None:
            return self.visible.given(people, forced, shocks)
        shape = (len(people.points), shocks.shape[1])
        rows = []
        for group in (self.parts.passing, self.parts.pending):
            row = []
            for parts in group:
                value = np.ones(shape)
                for part in parts:
                    value = value * chance(part)
                row.append(value)
            rows.append(row)
        return np.moveaxis(np.array(rows), 1, 2)

    def _part(self, part: Part, people: People, forced: Forced, shocks: Array, inner: int) -> Array:
        narrow = self.narrow.get(self._site(part), ())
        narrow = tuple(g for g in narrow if any(g in self._profile_groups(p) for p in part.people))
        if not narrow:
            return part.chance(_asker(people, forced, shocks))
        z, w = trapezoid(inner)
        nodes = shocks.shape[1]
        grids = np.meshgrid(*[z] * len(narrow), indexing="ij")
        weights = np.ones(1)
        for _ in narrow:
            weights = np.multiply.outer(weights, w).ravel()
        spread = np.repeat(shocks, len(weights), axis=1)
        for group, grid in zip(narrow, grids, strict=True):
            spread[group] = np.tile(grid.ravel(), nodes)
        values = part.chance(_asker(people, forced, spread))
        values = np.broadcast_to(values, (values.shape[0], nodes * len(weights)))
        return np.asarray(values.reshape(values.shape[0], nodes, len(weights)) @ weights)

    def _halved(self, people: People, forced: Forced, fine: float) -> Array:
        """One wide shock: panels halved until both halves agree with the whole."""
        (group,) = self.wide

        def over(z: Array, points: Points) -> Array:
            shocks = np.zeros((len(self.model.groups), len(z)))
            shocks[group] = z
            return self._given(People(points), forced, shocks, 1)

        if fine <= FINE:
            most = max(1, _MOST_CELLS // len(people.points))
            return halved(lambda z: over(z, people.points), fine, most)
        return self._nested(over, people.points, fine)

    def _nested(self, over: Callable[[Array, Points], Array], points: Points, fine: float) -> Array:
        """Trapezoid rules, each with the nodes of the one before; points that agree are done."""
        total = np.zeros((2, len(points), self.columns))
        left, size = np.arange(len(points)), _COARSE
        z = np.linspace(-_WIDTH, _WIDTH, size + 1)
        sums = over(z, points) @ np.exp(-z * z / 2)
        while len(left):
            size *= 2
            if size > _FINEST:
                rest = points.only(left)
                most = max(1, _MOST_CELLS // len(left))
                total[:, left] = halved(lambda z, rest=rest: over(z, rest), fine, most)  # type: ignore[misc]
                break
            z = np.linspace(-_WIDTH, _WIDTH, size + 1)[1::2]
            here = points.only(left)
            more = sums + over(z, here) @ np.exp(-z * z / 2)
            step = 2 * _WIDTH / size / np.sqrt(2 * np.pi)
            gap = np.max(np.abs(more * step - sums * 2 * step), axis=(0, 2))
            # Halving the step squares the error of an analytic function: the gap is the coarser's.
            done = _SAFETY * gap * gap * here.counts <= fine
            total[:, left[done]] = more[:, done] * step
            left, sums = left[~done], more[:, ~done]
        return total

    def _doubled(self, people: People, forced: Forced, fine: float) -> Array:
        nodes, before = 32, self._tensor(people, forced, 32)
        while nodes < 2048:
            nodes *= 2
            found = self._tensor(people, forced, nodes)
            if np.max(np.abs(found - before)) < fine:
                return found
            before = found
        return before

    def _tensor(self, people: People, forced: Forced, nodes: int) -> Array:
        z, w = trapezoid(nodes)
        total = np.zeros((2, len(people.points), self.columns))
        if not self.wide:
            return self._given(people, forced, np.zeros((len(self.model.groups), 1)), nodes)[..., 0]
        grids = [grid.ravel() for grid in np.meshgrid(*[z] * len(self.wide), indexing="ij")]
        weights = np.ones(1)
        for _ in self.wide:
            weights = np.multiply.outer(weights, w).ravel()
        inner = max(1, nodes ** max(map(len, self.narrow.values()), default=0))
        at_once = max(1, _MOST_CELLS // (len(people.points) * inner))
        for start in range(0, len(weights), at_once):
            part = slice(start, start + at_once)
            shocks = np.zeros((len(self.model.groups), len(weights[part])))
            for group, grid in zip(self.wide, grids, strict=True):
                shocks[group] = grid[part]
            total += self._given(people, forced, shocks, nodes) @ weights[part]
        return total

    def _sampled(self, people: People, forced: Forced) -> tuple[Array, float]:
        """Scrambled Sobol points over the shocks: the mean of repeats, and its standard error."""
        from scipy import special

        found = []
        touched = (*self.wide, *(g for groups in self.narrow.values() for g in groups))
        for repeat in range(_REPEATS):
            drawn = stats.qmc.Sobol(len(touched), scramble=True, rng=repeat).random(_SAMPLES)
            total = np.zeros((2, len(people.points), self.columns))
            at_once = max(1, _MOST_CELLS // len(people.points))
            for start in range(0, _SAMPLES, at_once):
                z = special.ndtri(np.clip(drawn[start : start + at_once], 1e-15, 1 - 1e-15))
                shocks = np.zeros((len(self.model.groups), len(z)))
                shocks[list(touched)] = z.T
                given = self._without_narrow(people, forced, shocks)
                total += given.sum(axis=-1)
            found.append(total / _SAMPLES)
        mean = np.mean(found, axis=0)
        se = float(np.max(np.std(found, axis=0, ddof=1))) / np.sqrt(_REPEATS)
        return mean, max(float(se), 1e-300)

    def _without_narrow(self, people: People, forced: Forced, shocks: Array) -> Array:
        narrow, self.narrow = self.narrow, {}
        try:
            return self._given(people, forced, shocks, 1)
        finally:
            self.narrow = narrow

    def _timed(self, points: Points, whole: Array, method: Method, se: float) -> Outcomes:
        """Rule 17, from what is passed and pending to the three outcomes."""
        passed, pending = whole
        in_times = np.stack(in_time(points, self.model), axis=1)
        before = np.concatenate([np.ones((len(points), 1)), passed[:, :-1]], axis=1)
        earlier = np.concatenate([np.ones((len(points), 1)), in_times[:, :-1]], axis=1)
        stops = np.clip(before - pending, 0.0, 1.0)
        stopped = stops * in_times
        expired = np.clip(before * earlier - (passed + stops) * in_times, 0.0, 1.0)
        return Outcomes(passed[:, -1] * in_times[:, -1], stopped, expired, passed, method, se)


class Refuser(Assessor):
    """One person's part in the stops: refused and alone (rule 18)."""

    def __init__(self, model: Model, person: str) -> None:
        super().__init__(model)
        self.person = person
        narrow = (group for groups in self.narrow.values() for group in groups)
        self.wide, self.narrow = tuple(sorted({*self.wide, *narrow})), {}
        self.levels = [place for place, level in enumerate(model.ladder) if person in level.members]
        self.columns = 1

    def parts_in_stops(self, values: Array, fine: float) -> Array:
        """P(refused), P(alone), shaped (points, 2).

        Refused: stopped at a level of theirs, they among the refusers. Alone: it wouldn't have
        been stopped there had they alone concurred.
        """
        whole, _, _ = self.whole(Points(self.model, values), fine)
        return np.moveaxis(whole[:, :, 0], 0, 1)

    def _given(self, people: People, forced: Forced, shocks: Array, inner: int) -> Array:
        refused, concurs = (
            super(Refuser, self)._given(people, {**forced, self.person: state}, shocks, inner)
            for state in ("refused", "concurs")
        )
        refuses = _asker(people, forced, shocks)(self.person).refuses
        before = np.concatenate([np.ones_like(refused[0][:, :1]), refused[0][:, :-1]], axis=1)
        lost = (before - refused[1])[:, self.levels].sum(axis=1)
        alone = (concurs[1] - refused[1])[:, self.levels].sum(axis=1)
        return np.stack([refuses * lost, refuses * alone])[:, :, None]


def _asker(people: People, forced: Forced, shocks: Array) -> Callable[[str], Answer]:
    """What somebody does given the shocks; people alike are one object."""
    model = people.model
    kinds = {crew.kind.id: crew.profile for crew in model.crews}
    known: dict[object, Answer] = {}

    def asks(person: str) -> Answer:
        profile = kinds.get(person) or model.profiles[person]
        state = forced.get(person, "")
        if state in CERTAIN:
            return Answer(np.full((1, 1), float(state == "concurs")),
                          np.full((1, 1), float(state == "refused")))  # fmt: skip
        key = (profile, state)
        if key not in known:
            known[key] = people.answer(profile, list(shocks[:, None, :]), state)
        return known[key]

    return asks


def trapezoid(nodes: int) -> tuple[Array, Array]:
    """Nodes and weights of the standard normal: the trapezoid rule on [-8.5, 8.5]."""
    z = np.linspace(-_WIDTH, _WIDTH, nodes)
    w = np.exp(-z * z / 2)
    return z, w / w.sum()


def halved(over: Callable[[Array], Array], fine: float, most: int) -> Array:
    """The mean of ``over(z)`` for z standard normal: Gauss-Legendre panels of [-9, 9].

    Args:
        over: Shaped (…, nodes).
        fine: How closely both halves of a panel must agree with the whole.
        most: How many nodes at once.
    """
    x, w = np.polynomial.legendre.leggauss(16)

    def whole(starts: Array, width: float) -> Array:
        z = (starts[:, None] + width * (x + 1) / 2).ravel()
        weights = np.exp(-z * z / 2) / np.sqrt(2 * np.pi) * np.tile(w, len(starts)) * width / 2
        at_once = max(16, most // 16 * 16)
        sums = []
        for first in range(0, len(z), at_once):
            part = slice(first, first + at_once)
            values = over(z[part]) * weights[part]
            sums.append(values.reshape(*values.shape[:-1], -1, 16).sum(axis=-1))
        return np.concatenate(sums, axis=-1)

    starts, width = np.arange(-9.0, 9.0), 1.0
    sums = whole(starts, width)
    total = np.zeros(sums.shape[:-1])
    for _ in range(_MOST_HALVINGS):
        halves = np.stack([starts, starts + width / 2], axis=1).ravel()
        parts = whole(halves, width / 2)
        both = parts.reshape(*parts.shape[:-1], -1, 2).sum(axis=-1)
        agreed = np.max(np.abs(both - sums), axis=tuple(range(both.ndim - 1))) <= fine
        total = total + both[..., agreed].sum(axis=-1)
        again = np.repeat(~agreed, 2)
        starts, sums, width = halves[again], parts[..., again], width / 2
        if not len(starts):
            return np.asarray(total)
    return np.asarray(total + sums.sum(axis=-1))


def medians(model: Model) -> Array:
    """Each input's median, shaped (1, inputs)."""
    from cheget.assessment.spread import median

    return np.array([[median(one.number) for one in model.inputs]]).reshape(1, -1)


__all__: Sequence[str] = ["Assessor", "Method", "Outcomes", "Ref", "halved", "medians"]
