"""Mean, deviation and Sobol indices without sampling, where levels have inputs of their own.

Given what levels share (a shock, and inputs that touch several levels) they are independent, and
what is expected of a product of independent factors is the product of what is expected of each.
So only a level's own few inputs are ever combined with each other, and the second moment is one
product of small matrices over pairs of nodes. Times are independent of votes: their second
moment is a convolution in two variables.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from cheget.assessment.model import Model, Profile, Wait
from cheget.assessment.outcome import Assessor, trapezoid
from cheget.assessment.parts import Body, Crews, Part
from cheget.assessment.spread import Array, at_score
from cheget.assessment.states import People, Points
from cheget.assessment.timing import below, density

_MOST_SHARED, _MOST_OWN = 2, 3
_NODES = (1, 20, 12, 8)  # of each input, by how many are combined
_SHOCK = (64, 128)
_GRID = (256, 512)
_AGREED = 1e-6
_CLOSE = 1e-5  # of the coarser grid to the finer, whose error falls faster than any power


@dataclass(frozen=True)
class Moments:
    """Of carried out, and of how it ends at each step. ``indices``: first and total, by input."""

    mean: float
    variance: float
    indices: tuple[tuple[float, float], ...]
    stopped: tuple[float, ...]
    expired: tuple[float, ...]


def moments_of(assessor: Assessor, *, only_mean: bool = False) -> Moments | None:
    """The moments, or None where the levels aren't independent given a shock and two inputs."""
    model = assessor.model
    sites = _sites(assessor)
    if sites is None or model.causes:
        return None
    touched = [_touches(model, part) for part, _ in sites]
    timed = {ref.input for wait in model.waits if wait for ref in (wait.median, wait.sigma)} - {-1}
    counts = {one: sum(one in inputs for inputs in touched) for one in range(len(model.inputs))}
    shared = sorted(one for one, count in counts.items() if count > 1)
    own = [sorted(inputs - set(shared)) for inputs in touched]
    if (
        len(shared) > _MOST_SHARED or max(map(len, own)) > _MOST_OWN
        or timed & set().union(*touched)
        or any(wait and len({wait.median.input, wait.sigma.input} - {-1}) > _MOST_OWN
               for wait in model.waits)
    ):  # fmt: skip
        return None
    votes = [
        _Votes(assessor, sites, shared, own, nodes) for nodes in _SHOCK[: 1 + bool(assessor.wide)]
    ]
    if len(votes) > 1 and abs(votes[0].mean - votes[1].mean) > _AGREED:
        return None
    grid = _grid(model)
    if grid is None:
        return None
    if only_mean:
        return Moments(votes[-1].mean * grid[0][-1], math.nan, (), (), ())
    return _together(model, votes[-1], _times(*grid))


def _sites(assessor: Assessor) -> list[tuple[Part, Part]] | None:
    """Each step's own part, passing and pending; None where steps share people."""
    if assessor.visible is not None or len(assessor.wide) > 1 or assessor.narrow:
        return None
    found: list[tuple[Part, Part]] = []
    for number, (now, yet) in enumerate(
        zip(assessor.parts.passing, assessor.parts.pending, strict=True)
    ):
        fresh = [part for part in now if isinstance(part, Crews) or
                 (isinstance(part, Body) and number < len(assessor.model.ladder)
                  and part.level == assessor.model.ladder[number].id)]  # fmt: skip
        last = [part for part in yet if not any(part is one for one in now)]
        if len(now) != number + 1 or len(fresh) != 1 or len(last) != 1:
            return None
        found.append((fresh[0], last[0]))
    return found


def _touches(model: Model, part: Part) -> set[int]:
    """The inputs that a part depends on."""
    kinds = {crew.kind.id: crew.profile for crew in model.crews}
    found: set[int] = set()
    for person in part.people:
        found |= _inputs_of(model, kinds.get(person) or model.profiles[person])
    return found


def _inputs_of(model: Model, profile: Profile) -> set[int]:
    refs = [profile.compromised, profile.unreachable, *(ref for ref, _ in profile.shifts)]
    refs += [model.groups[place].correlation for place in profile.groups]
    if profile.refuses is not None:
        refs.append(profile.refuses)
    else:
        refs += [*(model.decision or {}).values(), *model.factors]
    return {ref.input for ref in refs} - {-1}


class _Votes:
    """What is expected of passing: ``passed[g, z, x]`` of each site at shared and own nodes."""

    def __init__(
        self, assessor: Assessor, sites: list[tuple[Part, Part]], shared: list[int],
        own: list[list[int]], shock: int,
    ) -> None:  # fmt: skip
        model = assessor.model
        self.shared, self.own = shared, own
        self.shared_nodes, self.shared_along = _nodes(len(shared))
        z, self.shock = trapezoid(shock) if assessor.wide else (np.zeros(1), np.ones(1))
        shocks = np.zeros((len(model.groups), len(z)))
        for group in assessor.wide:
            shocks[group] = z
        middle = np.array([float(at_score(one.number, 0.0)) for one in model.inputs])
        self.weights = _outer(self.shared_along, len(shared))
        self.along: list[Array] = []
        self.passed: list[Array] = []
        self.pending: list[Array] = []
        for (passing, pending), inputs in zip(sites, own, strict=True):
            nodes, along = _nodes(len(inputs))
            columns = [*shared, *inputs]
            axes = [self.shared_nodes] * len(shared) + [nodes] * len(inputs)
            grids = np.meshgrid(*axes, indexing="ij") if axes else []
            values = np.tile(middle, (max(1, int(np.prod([len(a) for a in axes]))), 1))
            for column, grid in zip(columns, grids, strict=True):
                values[:, column] = at_score(model.inputs[column].number, grid.ravel())
            asks = assessor.asker(People(Points(model, values)), shocks)
            shape = (len(self.weights), -1, len(z))
            for part, kept in ((passing, self.passed), (pending, self.pending)):
                chance = np.broadcast_to(part.chance(asks), (len(values), len(z)))
                kept.append(np.moveaxis(chance.reshape(shape), 1, 2))
            self.along.append(_outer(along, len(inputs)))
        self.means = [table @ along for table, along in zip(self.passed, self.along, strict=True)]
        self.mean = float(self.weights @ (np.prod(self.means, axis=0) @ self.shock))

    def passed_up_to(self) -> list[float]:
        """E A_l for each step."""
        so_far, found = np.ones_like(self.means[0]), []
        for mean in self.means:
            so_far = so_far * mean
            found.append(float(self.weights @ (so_far @ self.shock)))
        return found

    def stopped_at(self) -> list[float]:
        """E S_l for each step."""
        so_far, found = np.ones_like(self.means[0]), []
        for mean, pending, along in zip(self.means, self.pending, self.along, strict=True):
            found.append(float(self.weights @ ((so_far * (1 - pending @ along)) @ self.shock)))
            so_far = so_far * mean
        return found

    def second(self, freed: int | None = None) -> float:
        """E A², or E (E[A | all but an input of one's own])² where ``freed`` says which."""
        total = 0.0
        for g, weight in enumerate(self.weights):
            pairs = np.multiply.outer(self.shock, self.shock)
            for site in range(len(self.passed)):
                pairs = pairs * self._pairs(site, g, g, freed)
            total += weight * float(pairs.sum())
        return total

    def _pairs(self, site: int, g: int, h: int, freed: int | None) -> Array:
        """E over a site's own inputs of passing at z, and at z': a matrix."""
        left, right, along = self.passed[site][g], self.passed[site][h], self.along[site]
        if freed in self.own[site]:
            place, size = self.own[site].index(freed), len(self.own[site])
            nodes, one = _nodes(size)
            shape = (len(left), *(len(nodes),) * size)
            left, right = (
                np.tensordot(np.moveaxis(table.reshape(shape), 1 + place, -1), one, axes=1)
                .reshape(len(table), -1) for table in (left, right)
            )  # fmt: skip
            along = _outer(one, size - 1)
        return np.asarray((left * along) @ right.T)

    def second_but_shared(self, freed: int) -> float:
        """E (E[A | all but a shared input])²."""
        size, place = len(self.shared), self.shared.index(freed)
        count = len(self.shared_nodes)
        index = np.moveaxis(np.arange(count**size).reshape((count,) * size), place, 0).reshape(
            count, -1
        )
        others, total = _outer(self.shared_along, size - 1), 0.0
        for column, weight in zip(index.T, others, strict=True):
            for i, g in enumerate(column):
                for j, h in enumerate(column[: i + 1]):
                    pairs = np.multiply.outer(self.shock, self.shock)
                    for site in range(len(self.passed)):
                        pairs = pairs * self._pairs(site, int(g), int(h), None)
                    twice = 1 if i == j else 2
                    total += (weight * twice * self.shared_along[i] * self.shared_along[j]
                              * float(pairs.sum()))  # fmt: skip
        return total

    def alone(self, one: int) -> float:
        """E (E[A | one input])²."""
        product = np.prod(self.means, axis=0)
        if one in self.shared:
            size, place = len(self.shared), self.shared.index(one)
            count = len(self.shared_nodes)
            by = (product @ self.shock).reshape((count,) * size)
            by = np.moveaxis(by, place, 0).reshape(count, -1) @ _outer(self.shared_along, size - 1)
            return float(self.shared_along @ by**2)
        site = next(number for number, inputs in enumerate(self.own) if one in inputs)
        size, place = len(self.own[site]), self.own[site].index(one)
        nodes, along = _nodes(size)
        rest = np.prod([mean for number, mean in enumerate(self.means) if number != site], axis=0)
        table = self.passed[site].reshape(*self.means[site].shape, *(len(nodes),) * size)
        table = np.moveaxis(table, 2 + place, 2).reshape(*self.means[site].shape, len(nodes), -1)
        by = np.einsum("g,gz,z,gzx->x", self.weights, rest * np.ones_like(self.means[site]),
                       self.shock, table @ _outer(along, size - 1))  # fmt: skip
        return float(along @ by**2)


@dataclass(frozen=True)
class _Times:
    """What is expected of F_l; of F_K also the second moment, and by input alone and freed."""

    means: tuple[float, ...]
    second: float
    alone: dict[int, float]
    freed: dict[int, float]


_Grid = tuple[tuple[float, ...], "list[_Table]", float]


def _grid(model: Model) -> _Grid | None:
    """The means of F_l with each level's table; None where a finer grid would tell otherwise."""
    if model.within is None or all(wait is None for wait in model.waits):
        return (1.0,) * len(model.waits), [], 0.0
    coarse, fine = (_on_grid(model, model.within, size) for size in _GRID)
    agree = all(abs(a - b) <= _CLOSE for a, b in zip(coarse[0], fine[0], strict=True))
    return fine if agree else None


def _times(means: tuple[float, ...], tables: list[_Table], step: float) -> _Times:
    if not tables:
        return _Times(means, 1.0, {}, {})
    inputs = {one for table in tables for one in table.inputs}
    joint = _Joint(tables, step)
    return _Times(means, joint.second(None), {one: _alone(tables, one, step) for one in inputs},
                  {one: joint.second(one) for one in inputs})  # fmt: skip


def _on_grid(model: Model, until: float, size: int) -> _Grid:
    """The means, each level's table, and the grid's step; means of nan where a delay is certain."""
    grid = np.linspace(0.0, until, size + 1)
    step = until / size
    waits = [wait for wait in model.waits if wait is not None]
    tables = [_Table(model, wait, grid) for wait in waits]
    if any(table.certain for table in tables):
        return (np.nan,) * len(model.waits), tables, step
    means: list[float] = []
    so_far, level = None, 0
    for wait in model.waits:
        if wait is not None:
            table = tables[level]
            level += 1
            under = table.along @ table.under
            known = under if so_far is None else _convolved(so_far, under, step)
            own = table.along @ table.density
            so_far = own if so_far is None else _convolved(so_far, own, step)
            value = float(known[-1])
        else:
            value = means[-1] if means else 1.0
        means.append(value)
    return tuple(means), tables, step


class _Table:
    """One level's delay at nodes of its own inputs: densities and distribution functions."""

    def __init__(self, model: Model, wait: Wait, grid: Array) -> None:
        self.inputs = sorted({wait.median.input, wait.sigma.input} - {-1})
        self.nodes, self.one = _nodes(len(self.inputs))
        values = np.tile(np.array([float(at_score(i.number, 0.0)) for i in model.inputs]),
                         (len(self.nodes) ** len(self.inputs), 1))  # fmt: skip
        grids = np.meshgrid(*[self.nodes] * len(self.inputs), indexing="ij") if self.inputs else []
        for column, each in zip(self.inputs, grids, strict=True):
            values[:, column] = at_score(model.inputs[column].number, each.ravel())
        points = Points(model, values)
        median, sigma = points.of(wait.median), points.of(wait.sigma)
        self.certain = bool(np.any(sigma == 0))
        self.along = _outer(self.one, len(self.inputs))
        if not self.certain:
            self.density = density(grid, median, sigma)
            self.under = below(grid, median, sigma)

    def pairs(self, freed: int | None, table: Array) -> Array:
        """E over the inputs of the table at s, and at s': a matrix."""
        left, along = table, self.along
        if freed in self.inputs:
            place, size = self.inputs.index(freed), len(self.inputs)
            shaped = left.reshape(*(len(self.nodes),) * size, -1)
            left = np.tensordot(self.one, np.moveaxis(shaped, place, 0), axes=1)
            left = left.reshape(-1, table.shape[1])
            along = _outer(self.one, size - 1)
        return np.asarray(left.T @ (along[:, None] * left))


def _convolved(left: Array, right: Array, step: float) -> Array:
    size = left.shape[-1]
    product = np.fft.rfft(left, 2 * size) * np.fft.rfft(right, 2 * size)
    return np.asarray(np.fft.irfft(product, 2 * size)[..., :size] * step)


class _Joint:
    """E F² in time: two runs of delays that are independent given the inputs that aren't freed.

    A convolution in two variables, of which one point is wanted: products of transforms, and one
    sum over them.
    """

    def __init__(self, tables: list[_Table], step: float) -> None:
        self.tables, self.step = tables, step
        self.size = tables[0].density.shape[1]
        self.whole = [self._transformed(number, None) for number in range(len(tables))]

    def second(self, freed: int | None) -> float:
        """E (E[F | all but ``freed``])², or E F²."""
        total = np.full_like(self.whole[0], self.step ** (2 * (len(self.tables) - 1)))
        for number, table in enumerate(self.tables):
            changed = freed in table.inputs
            total *= self._transformed(number, freed) if changed else self.whole[number]
        turns = 2 * self.size
        along = np.exp(2j * np.pi * (self.size - 1) * np.arange(turns) / turns)
        half = along[: self.size + 1] * np.r_[1, np.full(self.size - 1, 2), 1]
        return float((along @ total @ half).real) / turns**2

    def _transformed(self, number: int, freed: int | None) -> NDArray[np.complex128]:
        table = self.tables[number]
        rows = table.under if number == len(self.tables) - 1 else table.density
        return np.fft.rfft2(table.pairs(freed, rows), (2 * self.size, 2 * self.size))


def _alone(tables: list[_Table], one: int, step: float) -> float:
    """E (E[F | one input])²."""
    at = next(number for number, table in enumerate(tables) if one in table.inputs)
    table = tables[at]
    size, place = len(table.inputs), table.inputs.index(one)
    last = at == len(tables) - 1
    rows = table.under if last else table.density
    shaped = np.moveaxis(rows.reshape(*(len(table.nodes),) * size, -1), place, 0)
    shaped = shaped.reshape(len(table.nodes), -1, rows.shape[1])
    own = np.tensordot(_outer(table.one, size - 1), shaped,
                       axes=(0, 1))  # fmt: skip
    value = own
    for number, other in enumerate(tables):
        if number != at:
            rows = other.under if number == len(tables) - 1 else other.density
            value = _convolved(value, (other.along @ rows)[None, :], step)
    return float(table.one @ value[:, -1] ** 2)


def _together(model: Model, votes: _Votes, times: _Times) -> Moments:
    """Votes and times are independent: moments multiply."""
    passed, stops = votes.passed_up_to(), votes.stopped_at()
    in_time = times.means
    before = [1.0, *passed[:-1]]
    earlier = [1.0, *in_time[:-1]]
    mean = passed[-1] * in_time[-1]
    square = votes.second()
    variance = max(float(square * times.second - mean**2), 0.0)
    indices = []
    for one in range(len(model.inputs)):
        if one in times.alone:
            alone = times.alone[one] * passed[-1] ** 2
            freed = times.freed[one] * square
        elif one in votes.shared or any(one in inputs for inputs in votes.own):
            alone = votes.alone(one) * in_time[-1] ** 2
            shared = one in votes.shared
            freed = votes.second_but_shared(one) if shared else votes.second(one)
            freed *= times.second
        else:
            alone, freed = mean**2, variance + mean**2
        indices.append(
            (float((alone - mean**2) / variance), float(1 - (freed - mean**2) / variance))
            if variance > 0 else (0.0, 0.0)
        )  # fmt: skip
    return Moments(
        mean, variance, tuple(indices),
        tuple(stop * f for stop, f in zip(stops, in_time, strict=True)),
        tuple(b * e - (p + s) * f for b, e, p, s, f in
              zip(before, earlier, passed, stops, in_time, strict=True)),
    )  # fmt: skip


@cache
def _nodes(inputs: int) -> tuple[Array, Array]:
    z, w = np.polynomial.hermite_e.hermegauss(_NODES[inputs])
    return z, w / w.sum()


def _outer(weights: Array, times: int) -> Array:
    found = np.ones(1)
    for _ in range(times):
        found = np.multiply.outer(found, weights).ravel()
    return found
