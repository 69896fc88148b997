"""Moments of what people answer, without sampling, where levels have inputs of their own.

Given what levels share (a shock, events, and inputs that touch several levels) they are
independent, so only a level's own few inputs are ever combined with each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from cheget.assessment.integral import MOST_CELLS, trapezoid
from cheget.assessment.nodes import FEWER, NODES, nodes_of, outer
from cheget.assessment.outcome import Assessor, both
from cheget.assessment.parts import Part
from cheget.assessment.spread import Array, at_score
from cheget.assessment.states import Forced, People, Points

MOST_TENSOR = 2  # sites with inputs of their own, up to which everything is combined
_SHOCK = (24, 48, 96, 192)  # intervals of the shock that several sites share
_WIDE, _INNER = 6.5, 17  # how far shocks reach, and the nodes of one that a single site has
_AGREED, _SAFETY = 1e-8, 100.0

Known = dict[tuple[int, int, int, frozenset[tuple[str, str]]], Array]  # chances of parts


@dataclass(frozen=True)
class Ask:
    """What is asked of votes.

    ``sites``: each step's own part, passing and pending. ``shared``: the inputs that several
    sites depend on; ``own``: of each site, those that only it does. ``only_mean``: nothing but
    the mean is wanted, with fewer nodes. ``known``: chances that are kept between questions.
    """

    assessor: Assessor
    sites: tuple[tuple[Part, Part], ...]
    shared: tuple[int, ...]
    own: tuple[tuple[int, ...], ...]
    only_mean: bool
    known: Known | None


def votes_of(ask: Ask) -> Votes | None:
    """The votes with as many nodes of the shock as they need; None: more than there are."""
    if not ask.assessor.wide:
        return Votes(ask, 0)
    before = Votes(ask, _SHOCK[0])
    for intervals in _SHOCK[1:]:
        found = Votes(ask, intervals)
        # Halving the step squares the error of an analytic function: the gap is the coarser's.
        if _SAFETY * (found.mean - before.mean) ** 2 <= _AGREED:
            return found
        before = found
    return None


def _given(
    assessor: Assessor, part: Part, points: Points, shocks: Array, cases: list[Forced],
    known: Known,
) -> Array:  # fmt: skip
    """A part's chance in each case, shaped (points, cases times nodes)."""
    inner = _INNER if assessor.narrow.get(assessor.sites[id(part)]) else 1
    at_once = max(1, MOST_CELLS // (inner * shocks.shape[1]))
    found = []
    for case in cases:
        forced = both(case, assessor.forced)
        here = frozenset(one for one in forced.items() if one[0] in part.people)
        key = id(part), len(points), shocks.shape[1], here
        if key not in known:
            lots = [points.only(np.arange(first, min(first + at_once, len(points))))
                    for first in range(0, len(points), at_once)]  # fmt: skip
            known[key] = np.concatenate([
                np.broadcast_to(assessor.chance(part, People(lot), forced, shocks, _INNER),
                                (len(lot), shocks.shape[1])) for lot in lots
            ])  # fmt: skip
        found.append(known[key])
    return np.concatenate(found, axis=1)


class Votes:
    """What is expected of passing: ``passed[g, z, x]`` of each site at shared and own nodes.

    Along z lie the nodes of the shock, for every combination of the events that several sites
    share; ``shock`` are their weights.
    """

    def __init__(self, ask: Ask, shock: int) -> None:
        assessor, shared, own = ask.assessor, ask.shared, ask.own
        model = assessor.model
        self.shared, self.own = shared, own
        table = FEWER if ask.only_mean else NODES
        self.shared_nodes, self.shared_along = nodes_of(len(shared), table=table)
        z, along = trapezoid(shock + 1, _WIDE) if assessor.wide else (np.zeros(1), np.ones(1))
        shocks = np.zeros((len(model.groups), len(z)))
        for group in assessor.wide:
            shocks[group] = z
        middle = np.array([float(at_score(one.number, 0.0)) for one in model.inputs])
        cases = list(assessor.cases(Points(model, middle[None, :]), assessor.causes))
        self.shock = np.concatenate([likely[0, 0] * along for likely, _ in cases])
        self.weights = outer(self.shared_along, len(shared))
        self.rules = [nodes_of(len(inputs), len(shared), table) for inputs in own]
        self.along: list[Array] = []
        self.passed: list[Array] = []
        self.pending: list[Array] = []
        for (passing, pending), inputs, (nodes, one) in zip(
            ask.sites, own, self.rules, strict=True
        ):
            columns = [*shared, *inputs]
            axes = [self.shared_nodes] * len(shared) + [nodes] * len(inputs)
            grids = np.meshgrid(*axes, indexing="ij") if axes else []
            values = np.tile(middle, (max(1, int(np.prod([len(a) for a in axes]))), 1))
            for column, grid in zip(columns, grids, strict=True):
                values[:, column] = at_score(model.inputs[column].number, grid.ravel())
            points, shape = Points(model, values), (len(self.weights), -1, len(self.shock))
            wanted = ((passing, self.passed), (pending, self.pending))
            for part, kept in wanted[: 1 if ask.only_mean else 2]:
                chances = _given(assessor, part, points, shocks, [forced for _, forced in cases],
                                 {} if ask.known is None else ask.known)  # fmt: skip
                kept.append(np.moveaxis(chances.reshape(shape), 1, 2))
            self.along.append(outer(one, len(inputs)))
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
        """E A², or E (E[A | all but an input])² where ``freed`` says which."""
        if (whole := self._tensor) is not None:
            return whole.square({*whole.inputs} - {freed})
        if freed in self.shared:
            return self._second_but_shared(freed)
        rows = range(len(self.weights))
        return sum(float(self.weights[g]) * self._paired(g, g, freed) for g in rows)

    def _paired(self, g: int, h: int, freed: int | None) -> float:
        """E A·A′, whose shared inputs are at g and at h, and whose shocks are independent."""
        pairs = np.multiply.outer(self.shock, self.shock)
        for site in range(len(self.passed)):
            pairs = pairs * self._pairs(site, g, h, freed)
        return float(pairs.sum())

    def _pairs(self, site: int, g: int, h: int, freed: int | None) -> Array:
        """E over a site's own inputs of passing at z, and at z': a matrix."""
        left, right, along = self.passed[site][g], self.passed[site][h], self.along[site]
        if freed in self.own[site]:
            place, size = self.own[site].index(freed), len(self.own[site])
            nodes, one = self.rules[site]
            shape = (len(left), *(len(nodes),) * size)
            left, right = (
                np.tensordot(np.moveaxis(table.reshape(shape), 1 + place, -1), one, axes=1)
                .reshape(len(table), -1) for table in (left, right)
            )  # fmt: skip
            along = outer(one, size - 1)
        return np.asarray((left * along) @ right.T)

    def _second_but_shared(self, freed: int) -> float:
        size, place = len(self.shared), self.shared.index(freed)
        count = len(self.shared_nodes)
        index = np.moveaxis(np.arange(count**size).reshape((count,) * size), place, 0).reshape(
            count, -1
        )
        others, total = outer(self.shared_along, size - 1), 0.0
        for column, weight in zip(index.T, others, strict=True):
            for i, g in enumerate(column):
                for j, h in enumerate(column[: i + 1]):
                    twice = 1 if i == j else 2
                    total += (weight * twice * self.shared_along[i] * self.shared_along[j]
                              * self._paired(int(g), int(h), None))  # fmt: skip
        return total

    def alone(self, one: int) -> float:
        """E (E[A | one input])²."""
        if (whole := self._tensor) is not None:
            return whole.square({one})
        product = np.prod(self.means, axis=0)
        if one in self.shared:
            size, place = len(self.shared), self.shared.index(one)
            count = len(self.shared_nodes)
            by = (product @ self.shock).reshape((count,) * size)
            by = np.moveaxis(by, place, 0).reshape(count, -1) @ outer(self.shared_along, size - 1)
            return float(self.shared_along @ by**2)
        site = next(number for number, inputs in enumerate(self.own) if one in inputs)
        size, place = len(self.own[site]), self.own[site].index(one)
        nodes, along = self.rules[site]
        rest = np.prod([mean for number, mean in enumerate(self.means) if number != site], axis=0)
        table = self.passed[site].reshape(*self.means[site].shape, *(len(nodes),) * size)
        table = np.moveaxis(table, 2 + place, 2).reshape(*self.means[site].shape, len(nodes), -1)
        by = np.einsum("g,gz,z,gzx->x", self.weights, rest * np.ones_like(self.means[site]),
                       self.shock, table @ outer(along, size - 1))  # fmt: skip
        return float(along @ by**2)

    @cached_property
    def _tensor(self) -> _Tensor | None:
        """A at every combination of nodes, where few sites have inputs of their own."""
        sites = [site for site, inputs in enumerate(self.own) if inputs]
        if len(sites) > MOST_TENSOR:
            return None
        rest = np.prod([self.passed[s][:, :, 0] for s in range(len(self.own)) if s not in sites],
                       axis=0) * np.ones((len(self.weights), len(self.shock)))  # fmt: skip
        tables = [self.passed[site] for site in sites]
        while len(tables) < MOST_TENSOR:
            tables.append(np.ones((len(self.weights), len(self.shock), 1)))
        left, right = tables
        values = np.swapaxes(left * (rest * self.shock)[:, :, None], 1, 2) @ right
        inputs = [*self.shared, *(one for site in sites for one in self.own[site])]
        weights = [self.shared_along] * len(self.shared)
        for site in sites:
            weights += [self.rules[site][1]] * len(self.own[site])
        return _Tensor(tuple(inputs), tuple(weights), values.reshape([len(w) for w in weights]))


@dataclass(frozen=True)
class _Tensor:
    """A function of some inputs at every combination of their nodes: an axis an input."""

    inputs: tuple[int, ...]
    weights: tuple[Array, ...]
    values: Array

    def square(self, kept: set[int] | set[int | None]) -> float:
        """E (E[A | the inputs kept])²."""
        table = self.values
        for axis in reversed(range(len(self.inputs))):
            if self.inputs[axis] not in kept:
                table = np.tensordot(table, self.weights[axis], axes=(axis, 0))
        table = np.asarray(table) ** 2
        for axis in reversed(range(len(self.inputs))):
            if self.inputs[axis] in kept:
                table = np.asarray(table) @ self.weights[axis]
        return float(table)
