"""What isn't known, carried through: the distribution of the answer over the inputs (rule 22).

Up to two uncertain numbers are integrated by quadrature over their scores; more are drawn as
scrambled Sobol points, in independent repeats, so that every sampled number has a standard error.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special, stats
from scipy.optimize import elementwise

from cheget.assessment.integral import trapezoid
from cheget.assessment.model import Model
from cheget.assessment.moments import Moments, moments_of
from cheget.assessment.outcome import FINE, Assessor, Method, Outcomes, medians
from cheget.assessment.spread import Array, at_score
from cheget.assessment.states import Forced
from cheget.assessment.votes import Known

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
REPEATS = 8
SAMPLES = 1024  # a repeat; a power of two, as Sobol points want it
_MOST_TENSOR, _MOST_MOMENTS = 2, 4
_FINE_TENSOR = 3  # inputs up to which a tensor of their nodes is refined to the end
_NOTHING = 1e-30
_LOT = 64  # draws a repeat, for a smaller question
_FEW = (1, 24, 12, 7, 5)  # nodes of each input, by how many there are
_SMOOTH = 1e-10  # of the shocks, while points are drawn
_DRAWN = 1e-6  # points drawn err by some 1e-3
_AGREED = (0.0, 1e-9, 1e-9, 1e-9, 1e-4)  # of the moments, by how many inputs
_CLOSE = 1e-9
_THIN = 1e-6  # of quantiles
_AT_ONCE = 2048
_INSIDE = 1e-12

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Estimate:
    """A number and how it was got; ``se`` is its standard error, 0 unless sampled."""

    value: float
    method: Method
    se: float = 0.0


@dataclass(frozen=True)
class Sensitivity:
    """An input's Sobol indices: of the variance, alone, and with all it takes part in."""

    name: str
    first: Estimate
    total: Estimate


@dataclass(frozen=True)
class Uncertain:
    """An outcome's distribution over the uncertain numbers."""

    mean: Estimate
    sd: Estimate
    quantiles: tuple[tuple[float, Estimate], ...]
    below: Callable[[float], Estimate]
    draws: Array  # of the outcome, sorted; one number where nothing is uncertain
    inputs: tuple[Sensitivity, ...]


@dataclass(frozen=True)
class Means:
    """Each step's mean chance of stopping and of expiring."""

    stopped: tuple[Estimate, ...]
    expired: tuple[Estimate, ...]


Picked = Callable[[Outcomes], Array]


def carried_out(found: Outcomes) -> Array:
    """The outcome that most questions are about."""
    return found.carried_out


class Study:
    """One model's answer over its uncertain numbers, computed once and asked several times."""

    def __init__(
        self, model: Model, *, samples: int = SAMPLES, repeats: int = REPEATS, seed: int = 0,
        progress: Progress | None = None,
    ) -> None:  # fmt: skip
        self.model, self.assessor = model, Assessor(model)
        self.samples, self.repeats, self.seed = samples, repeats, seed
        self._progress = progress or (lambda _, __: None)
        self._draws: list[Outcomes] | None = None
        self._table: Table | None = None
        self._exact: Moments | None = None
        self._known: Known = {}
        self._asked = False

    @property
    def size(self) -> int:
        """How many numbers are uncertain."""
        return len(self.model.inputs)

    def values(self, scores: Array) -> Array:
        """Inputs at their scores, both shaped (points, inputs)."""
        columns = [at_score(one.number, scores[:, place])
                   for place, one in enumerate(self.model.inputs)]  # fmt: skip
        return np.stack(columns, axis=1) if columns else np.zeros((len(scores), 0))

    def at(self, scores: Array, fine: float = _SMOOTH, weights: Array | None = None) -> Outcomes:
        """The outcomes at these scores, some points at a time."""
        counts = np.ones(len(scores)) if weights is None else np.minimum(1, weights * len(scores))
        lots = [slice(first, first + _AT_ONCE) for first in range(0, len(scores), _AT_ONCE)]
        return joined([self.assessor.at(self.values(scores[lot]), fine, counts[lot])
                       for lot in lots])  # fmt: skip

    def nodes(self, draws: int, few: Sequence[int] = _FEW) -> tuple[Array, Array]:
        """Values of the inputs and their weights: a few nodes, or so many draws of many inputs.

        ``few``: nodes of each input, by how many inputs there are.
        """
        if self.size > _MOST_MOMENTS:
            scores = self._scores(0, self.size)[:draws]
            return self.values(scores), np.full(draws, 1 / draws)
        z, w = _hermite(few[self.size])
        grids = np.meshgrid(*[z] * self.size, indexing="ij")
        scores = np.stack([grid.ravel() for grid in grids], axis=1) if grids else np.zeros((1, 0))
        return self.values(scores), _outer(w, self.size)

    def value(self, place: int, score: float) -> float:
        """One input's value at a score."""
        return float(at_score(self.model.inputs[place].number, score))

    def quick_mean(self) -> float:
        """The mean of carried out, with the few nodes that smaller questions need."""
        return self.quick().value

    def quick(self, forced: Forced | None = None) -> Estimate:
        """The same with how it was got; ``forced``: people who concur or refuse regardless."""
        assessor = self.assessor.forcing(forced) if forced else self.assessor
        if self.size:
            found = moments_of(assessor, only_mean=True, known=self._known)
            if found is not None:
                return Estimate(found.mean, "quadrature")
        fine = _DRAWN if self.size else FINE
        return self.mean_of(lambda values: assessor.at(values, fine).carried_out)[0]

    def at_medians(self) -> Outcomes:
        """The outcomes at each input's median: never the headline."""
        return self.assessor.at(medians(self.model))

    def draws(self) -> list[Outcomes]:
        """The outcomes at scrambled Sobol points, repeat by repeat."""
        if self._draws is None:
            found = []
            for repeat in range(self.repeats):
                found.append(self.at(self._scores(repeat, self.size), _DRAWN))
                self._progress(repeat + 1, self.repeats)
            self._draws = found
        return self._draws

    def drawn(self, repeat: int) -> Array:
        """The inputs' values at the points of ``draws()[repeat]``, shaped (points, inputs)."""
        return self.values(self._scores(repeat, self.size))

    def _scores(self, repeat: int, size: int) -> Array:
        rng = np.random.default_rng([self.seed, repeat])
        u = stats.qmc.Sobol(size, scramble=True, rng=rng).random(self.samples)
        return np.asarray(special.ndtri(np.clip(u, _INSIDE, 1 - _INSIDE)))

    def means(self) -> Means:
        """The mean chance of stopping, and of expiring, at each step."""
        exact = self._moments()
        if exact is not None:
            return Means(tuple(Estimate(one, "quadrature") for one in exact.stopped),
                         tuple(Estimate(one, "quadrature") for one in exact.expired))  # fmt: skip
        places = range(len(self.model.steps))
        return Means(
            tuple(self._mean(lambda found, at=at: found.stopped[:, at]) for at in places),  # type: ignore[misc]
            tuple(self._mean(lambda found, at=at: found.expired[:, at]) for at in places),  # type: ignore[misc]
        )

    def _mean(self, picked: Picked) -> Estimate:
        if self.size > _MOST_MOMENTS:
            return _averaged([float(picked(found).mean()) for found in self.draws()])
        table = self._tensor()
        mean, _ = table.moments(picked(table.found))
        return Estimate(mean, self._method(table.found))

    def mean_of(self, asked: Callable[[Array], Array]) -> tuple[Estimate, ...]:
        """The means of something asked at inputs: from (points, inputs) to (points, …).

        For the smaller questions: a rule of Gauss with few nodes, or draws where there are many
        inputs.
        """
        if self.asked == "sampled":
            rows = [np.atleast_1d(asked(self.values(self._scores(one, self.size)[:_LOT]))
                                  .mean(axis=0)) for one in range(self.repeats)]  # fmt: skip
            return tuple(_averaged(list(column)) for column in np.stack(rows, axis=1))
        values, weights = self.nodes(1)
        method: Method = "quadrature" if self.size or self.assessor.shocked else "exact"
        means = np.tensordot(weights, asked(values), axes=1)
        return tuple(Estimate(float(one), method) for one in np.atleast_1d(means))

    @property
    def asked(self) -> Method:
        """How the smaller questions are answered over the inputs."""
        if self.size > (_MOST_MOMENTS if self.model.visible is None else _MOST_TENSOR):
            return "sampled"
        return "quadrature" if self.size else "exact"

    def _method(self, found: Outcomes) -> Method:
        if found.method == "sampled":
            return "sampled"
        return "quadrature" if self.size or found.method == "quadrature" else "exact"

    def _tensor(self) -> Table:
        """The outcomes at every combination of nodes, which are doubled until moments agree."""
        if self._table is None:
            self._table = self._doubled()
        return self._table

    def _doubled(self) -> Table:
        rule, sizes = _RULES[self.size]
        table = before = None
        for nodes in sizes:
            z, w = rule(nodes)
            grids = np.meshgrid(*[z] * self.size, indexing="ij")
            scores = np.stack([grid.ravel() for grid in grids], axis=1) if grids else z[:0, None].T
            weights = _outer(w, self.size)
            found = self.at(scores, weights=weights)
            y = found.carried_out
            table = Table(found, z, w, weights, self.size)
            moments = np.array([weights @ y, weights @ (y * y)])
            if before is not None and np.max(np.abs(moments - before)) < _AGREED[self.size]:
                break
            before = moments
        if table is None:
            raise AssertionError
        return table

    def uncertain(self, picked: Picked = carried_out) -> Uncertain:
        """The distribution of one outcome."""
        if self.size > _MOST_MOMENTS or (picked is carried_out and self._moments() is not None):
            return self._sampled(picked, None)
        table = self._tensor()
        if self.size > _MOST_TENSOR:
            return self._sampled(picked, table)
        y, method = picked(table.found), self._method(table.found)
        mean, variance = table.moments(y)

        def below(p: float) -> Estimate:
            return Estimate(self._below(picked, p, table), method)

        def nearly(p: float) -> float:
            return self._below(picked, p, table, sharp=False)

        return Uncertain(
            Estimate(mean, method, table.found.se),
            Estimate(variance**0.5, method),
            tuple((q, Estimate(_quantile(nearly, q, y, table.weights), method)) for q in QUANTILES),
            below,
            np.sort(y),
            self._indices(y, table),
        )

    def _indices(self, y: Array, table: Table) -> tuple[Sensitivity, ...]:
        method = self._method(table.found)
        return tuple(
            Sensitivity(one.name, *(Estimate(index, method) for index in table.indices(y, at)))
            for at, one in enumerate(self.model.inputs)
        )

    def _below(self, picked: Picked, p: float, table: Table, *, sharp: bool = True) -> float:
        """P(the outcome < p): along one input, where it crosses p.

        Where ``sharp``, by a root; else by interpolation between the nodes, good to some 1e-5.
        """
        y, z = picked(table.found), table.nodes
        if not self.size:
            return float(y[0] < p)
        rows = [y.reshape(len(z), -1).T]  # of the other input; along the first, the second
        if self.size > 1:
            rows.append(y.reshape(len(z), -1))
        changes = [np.sum((one[:, 1:] < p) != (one[:, :-1] < p)) for one in rows]
        axis = int(np.argmax(changes))
        under = rows[axis] < p
        others, share = (z, table.along) if self.size > 1 else (np.zeros(1), np.ones(1))
        total = share @ (under[:, 0] * special.ndtr(z[0]) + under[:, -1] * special.ndtr(-z[-1]))
        total += share @ ((under[:, 1:] & under[:, :-1]) @ np.diff(special.ndtr(z)))
        row, at = np.nonzero(under[:, 1:] != under[:, :-1])
        where = _interpolated(rows[axis][row], at, z, p)
        if sharp:
            where = self._crossings(picked, p, axis, z[at], z[at + 1], others[row], share[row])
        crossing = special.ndtr(where)
        inside = np.where(under[row, at], crossing - special.ndtr(z[at]),
                          special.ndtr(z[at + 1]) - crossing)  # fmt: skip
        return float(np.clip(total + share[row] @ inside, 0.0, 1.0))

    def _crossings(
        self, picked: Picked, p: float, axis: int, low: Array, high: Array, other: Array,
        share: Array,
    ) -> Array:  # fmt: skip
        """Where the outcome is p, between each low and high (Chandrupatla 1997)."""
        if not len(low):
            return low

        def beyond(along: Array, other: Array, share: Array) -> Array:
            columns = [along, other] if axis == 0 else [other, along]
            found = self.at(np.stack(columns, axis=1)[:, : self.size], weights=share)
            return picked(found) - p

        tolerances = {"xatol": 1e-11, "xrtol": 0.0, "fatol": 0.0, "frtol": 0.0}
        found = elementwise.find_root(
            beyond, (low, high), args=(other, share), tolerances=tolerances
        )
        # A crossing that hardly counts is computed coarsely and may lie beyond its ends.
        return np.where(np.isfinite(found.x), found.x, (low + high) / 2)

    def _sampled(self, picked: Picked, table: Table | None) -> Uncertain:
        """The distribution from draws; the moments from a table where there is one."""
        rows = [picked(found) for found in self.draws()]

        def below(p: float) -> Estimate:
            return _averaged([float((row < p).mean()) for row in rows])

        mean = _averaged([float(row.mean()) for row in rows])
        sd = _averaged([float(row.std()) for row in rows])
        exact = self._moments() if table is None and picked is carried_out else None
        if exact is not None:
            mean = Estimate(exact.mean, "quadrature")
            sd = Estimate(exact.variance**0.5, "quadrature")
        if table is not None:
            y, method = picked(table.found), self._method(table.found)
            values = table.moments(y)
            mean, sd = Estimate(values[0], method), Estimate(values[1] ** 0.5, method)
        return Uncertain(
            mean,
            sd,
            tuple((q, _averaged([float(np.quantile(row, q)) for row in rows])) for q in QUANTILES),
            below,
            np.sort(np.concatenate(rows)),
            self._shares(exact)
            if exact is not None
            else self.indices(picked)
            if table is None
            else self._indices(y, table),
        )

    def _moments(self) -> Moments | None:
        """The moments without sampling, where there are some inputs and the levels allow it."""
        if not self._asked:
            self._asked = True
            self._exact = moments_of(self.assessor) if self.size > _FINE_TENSOR else None
        return self._exact

    def _shares(self, exact: Moments) -> tuple[Sensitivity, ...]:
        return tuple(
            Sensitivity(one.name, *(Estimate(index, "quadrature") for index in indices))
            for one, indices in zip(self.model.inputs, exact.indices, strict=True)
        )

    def indices(self, picked: Picked = carried_out) -> tuple[Sensitivity, ...]:
        """First and total Sobol indices by pick-freeze (Saltelli 2010, Jansen 1999)."""
        found: list[list[tuple[float, float]]] = []
        for repeat in range(self.repeats):
            both = self._scores(self.repeats + repeat, 2 * self.size)
            a, b = both[:, : self.size], both[:, self.size :]
            y_a, y_b = (picked(self.at(half, _DRAWN)) for half in (a, b))
            variance = float(np.concatenate([y_a, y_b]).var())
            row = []
            for place in range(self.size):
                mixed = a.copy()
                mixed[:, place] = b[:, place]
                y = picked(self.at(mixed, _DRAWN))
                first = float(np.mean(y_b * (y - y_a)))
                total = float(np.mean((y_a - y) ** 2)) / 2
                row.append((first / variance, total / variance) if variance else (0.0, 0.0))
            found.append(row)
            self._progress(repeat + 1, self.repeats)
        return tuple(
            Sensitivity(one.name, _averaged([row[at][0] for row in found]),
                        _averaged([row[at][1] for row in found]))
            for at, one in enumerate(self.model.inputs)
        )  # fmt: skip


@dataclass(frozen=True)
class Table:
    """Outcomes at every combination of some nodes of each input's score.

    ``along``: the weights of the nodes of one input; ``weights``: of the combinations.
    """

    found: Outcomes
    nodes: Array
    along: Array
    weights: Array
    size: int

    def moments(self, y: Array) -> tuple[float, float]:
        """Mean and variance of an outcome."""
        mean = float(self.weights @ y)
        return mean, max(float(self.weights @ (y - mean) ** 2), 0.0)

    def indices(self, y: Array, axis: int) -> tuple[float, float]:
        """The first and total Sobol index of an input (Sobol 1993, Homma and Saltelli 1996)."""
        mean, variance = self.moments(y)
        if variance < _NOTHING:
            return 0.0, 0.0
        table = np.moveaxis(y.reshape((len(self.nodes),) * self.size), axis, 0)
        flat = table.reshape(len(self.nodes), -1)
        others = _outer(self.along, self.size - 1)
        alone = float(self.along @ (flat @ others - mean) ** 2)
        rest = float(others @ (self.along @ flat - mean) ** 2)
        return alone / variance, 1 - rest / variance


def _hermite(nodes: int) -> tuple[Array, Array]:
    """Gauss-Hermite nodes and weights of the standard normal."""
    z, w = np.polynomial.hermite_e.hermegauss(nodes)
    return z, w / w.sum()


# The trapezoid rule sees the whole range, by which P(below) is found; for moments of smooth
# functions of more inputs far fewer nodes of Gauss do.
_RULES: tuple[tuple[Callable[[int], tuple[Array, Array]], tuple[int, ...]], ...] = (
    (trapezoid, (1,)), (trapezoid, (32, 64, 128, 256)), (trapezoid, (32, 64, 128)),
    (_hermite, (8, 12, 16, 24)), (_hermite, (6, 10, 14)),
)  # fmt: skip


def _outer(weights: Array, times: int) -> Array:
    found = np.ones(1)
    for _ in range(times):
        found = np.multiply.outer(found, weights).ravel()
    return found


def joined(parts: Sequence[Outcomes]) -> Outcomes:
    """Outcomes at several lots of points, as one."""
    return Outcomes(
        np.concatenate([one.carried_out for one in parts]),
        np.concatenate([one.stopped for one in parts]),
        np.concatenate([one.expired for one in parts]),
        np.concatenate([one.passed for one in parts]),
        np.concatenate([one.stops for one in parts]),
        parts[0].method,
        max(one.se for one in parts),
    )


def _averaged(repeats: Sequence[float]) -> Estimate:
    values = np.array(repeats)
    se = float(values.std(ddof=1) / len(values) ** 0.5) if len(values) > 1 else float("nan")
    return Estimate(float(values.mean()), "sampled", se)


def _interpolated(rows: Array, at: NDArray[np.intp], z: Array, p: float) -> Array:
    """Where each row is p, between node ``at`` and the next: inverse cubic interpolation."""
    first = np.clip(at - 1, 0, len(z) - 4)
    y = np.stack([rows[np.arange(len(at)), first + step] for step in range(4)])
    x = np.stack([z[first + step] for step in range(4)])
    low, high = rows[np.arange(len(at)), at], rows[np.arange(len(at)), at + 1]
    straight = z[at] + (z[at + 1] - z[at]) * (p - low) / (high - low)
    found = np.zeros(len(at))
    with np.errstate(divide="ignore", invalid="ignore"):
        for i in range(4):
            term = x[i]
            for j in range(4):
                if j != i:
                    term = term * (p - y[j]) / (y[i] - y[j])
            found = found + term
    inside = (found >= z[at]) & (found <= z[at + 1])  # false for nan too
    return np.where(inside, found, straight)


def _quantile(below: Callable[[float], float], q: float, y: Array, weights: Array) -> float:
    """Where ``below`` reaches q: near where the nodes' own weights do."""
    order = np.argsort(y)
    near = float(y[order][np.searchsorted(np.cumsum(weights[order]), q)])
    least, most = float(y.min()), float(y.max())
    if most - least < _CLOSE:
        return near
    width = 0.01
    low = high = near
    while below(low) > q and low > least:
        low, width = max(least, low - width), 2 * width
    while below(high) < q and high < most:
        high, width = min(most, high + width), 2 * width
    if low == high:
        return near
    return float(optimize.brentq(lambda p: below(p) - q, low, high, xtol=_THIN))
