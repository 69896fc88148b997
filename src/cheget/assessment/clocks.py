"""Moments of being in time, without sampling, where each delay has inputs of its own (rule 16).

The second moment of a sum's distribution function is a convolution in two variables: two runs of
delays that are independent given the inputs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cheget.assessment.model import Model, Wait
from cheget.assessment.nodes import nodes_of, outer
from cheget.assessment.spread import Array, at_score
from cheget.assessment.states import Points
from cheget.assessment.timing import below, density

_GRID = (256, 512)
_TILT = 8.0
_CLOSE = 1e-5  # of the coarser grid to the finer, whose error falls faster than any power


@dataclass(frozen=True)
class Times:
    """What is expected of F_l; of F_K also the second moment, and by input alone and freed."""

    means: tuple[float, ...]
    second: float
    alone: dict[int, float]
    freed: dict[int, float]


Grid = tuple[tuple[float, ...], "list[_Table]", float]


def grid_of(model: Model) -> Grid | None:
    """The means of F_l with each level's table; None where a finer grid would tell otherwise."""
    if model.within is None or all(wait is None for wait in model.waits):
        return (1.0,) * len(model.waits), [], 0.0
    coarse, fine = (_ongrid_of(model, model.within, size) for size in _GRID)
    agree = all(abs(a - b) <= _CLOSE for a, b in zip(coarse[0], fine[0], strict=True))
    return fine if agree else None


def times_of(means: tuple[float, ...], tables: list[_Table], step: float) -> Times:
    """The moments of being in time, of what ``grid_of`` found."""
    if not tables:
        return Times(means, 1.0, {}, {})
    inputs = {one for table in tables for one in table.inputs}
    joint = _Joint(tables, step)
    return Times(means, joint.second(None), {one: _alone(tables, one, step) for one in inputs},
                  {one: joint.second(one) for one in inputs})  # fmt: skip


def _ongrid_of(model: Model, until: float, size: int) -> Grid:
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
        self.nodes, self.one = nodes_of(len(self.inputs))
        values = np.tile(np.array([float(at_score(i.number, 0.0)) for i in model.inputs]),
                         (len(self.nodes) ** len(self.inputs), 1))  # fmt: skip
        grids = np.meshgrid(*[self.nodes] * len(self.inputs), indexing="ij") if self.inputs else []
        for column, each in zip(self.inputs, grids, strict=True):
            values[:, column] = at_score(model.inputs[column].number, each.ravel())
        points = Points(model, values)
        median, sigma = points.of(wait.median), points.of(wait.sigma)
        self.certain = bool(np.any(sigma == 0))
        self.along = outer(self.one, len(self.inputs))
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
            along = outer(self.one, size - 1)
        return np.asarray(left.T @ (along[:, None] * left))


def _convolved(left: Array, right: Array, step: float) -> Array:
    size = left.shape[-1]
    product = np.fft.rfft(left, 2 * size) * np.fft.rfft(right, 2 * size)
    return np.asarray(np.fft.irfft(product, 2 * size)[..., :size] * step)


class _Joint:
    """E F² in time: two runs of delays that are independent given the inputs that aren't freed.

    A convolution in two variables, of which one point is wanted: products of transforms, and one
    sum over them. Both are tilted by exp(-8 t/T), by which what wraps around is 1e-7 of itself.
    """

    def __init__(self, tables: list[_Table], step: float) -> None:
        self.tables, self.step = tables, step
        self.size = tables[0].density.shape[1]
        self.tilt = np.exp(-_TILT * np.arange(self.size) / (self.size - 1))
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
        return float((along @ total @ half).real) / turns**2 * float(np.exp(2 * _TILT))

    def _transformed(self, number: int, freed: int | None) -> NDArray[np.complex128]:
        table = self.tables[number]
        rows = table.under if number == len(self.tables) - 1 else table.density
        return np.fft.rfft2(table.pairs(freed, rows * self.tilt), (2 * self.size, 2 * self.size))


def _alone(tables: list[_Table], one: int, step: float) -> float:
    """E (E[F | one input])²."""
    at = next(number for number, table in enumerate(tables) if one in table.inputs)
    table = tables[at]
    size, place = len(table.inputs), table.inputs.index(one)
    last = at == len(tables) - 1
    rows = table.under if last else table.density
    shaped = np.moveaxis(rows.reshape(*(len(table.nodes),) * size, -1), place, 0)
    shaped = shaped.reshape(len(table.nodes), -1, rows.shape[1])
    own = np.tensordot(outer(table.one, size - 1), shaped,
                       axes=(0, 1))  # fmt: skip
    value = own
    for number, other in enumerate(tables):
        if number != at:
            rows = other.under if number == len(tables) - 1 else other.density
            value = _convolved(value, (other.along @ rows)[None, :], step)
    return float(table.one @ value[:, -1] ** 2)
