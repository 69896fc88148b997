"""When each level's verdict is known: P(T_l ≤ t) for sums of log-normal delays (rule 16).

Densities are convolved on a grid of [0, T] by FFT, twice as long so that nothing wraps around;
the last level enters by its distribution function. Both vanish with all derivatives at the ends,
so the rectangle rule converges faster than any power; the grid is doubled until it agrees.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

from cheget.assessment.model import Model, Wait
from cheget.assessment.spread import Array
from cheget.assessment.states import Points

_FIRST, _LAST = 256, 65536
_AGREED = 1e-10
_FEW, _CLOSE = 64, 1e-4  # many points are draws; the finer grid is far closer than the two agree
_CELLS = 1 << 19  # points times grid at once


def in_time(points: Points, model: Model) -> list[Array]:
    """For each step, P(its verdict is known within the deadline), shaped (points,)."""
    if model.within is None or all(wait is None for wait in model.waits):
        return [np.ones(len(points)) for _ in model.waits]
    used = {ref.input for wait in model.waits if wait for ref in (wait.median, wait.sigma)} - {-1}
    columns = points.values[:, sorted(used)]
    _, first, again = np.unique(columns, axis=0, return_index=True, return_inverse=True)
    few = points.only(first)
    found = _ends(few, model.waits, model.within, _FIRST)
    fine = _AGREED if len(few) <= _FEW else _CLOSE
    left, size = np.arange(len(few)), 2 * _FIRST
    while len(left) and size <= _LAST:  # only those that need it get a finer grid
        lots = [left[at : at + _CELLS // size] for at in range(0, len(left), _CELLS // size)]
        finer = np.concatenate([
            _ends(few.only(lot), model.waits, model.within, size) for lot in lots
        ], axis=1)  # fmt: skip
        agreed = np.max(np.abs(finer - found[:, left]), axis=0) < fine
        found[:, left] = finer
        left, size = left[~agreed], 2 * size
    return [row[again.ravel()] for row in found]


def curves(
    points: Points, waits: tuple[Wait | None, ...], until: float, fine: float = _AGREED
) -> list[Array]:
    """For each step, P(T ≤ t) on a grid of t from 0 to ``until``, each shaped (points, grid)."""
    before = _curves(points, waits, until, _FIRST)
    size = 2 * _FIRST
    while size <= _LAST:
        found = _curves(points, waits, until, size)
        worst = max(
            float(np.max(np.abs(a[:, -1] - b[:, -1]))) for a, b in zip(before, found, strict=True)
        )
        if worst < fine:
            return found
        before, size = found, 2 * size
    return before


def _ends(points: Points, waits: tuple[Wait | None, ...], until: float, size: int) -> Array:
    """For each step, P(T ≤ until), shaped (steps, points)."""
    spreads = [wait is None or bool(np.all(points.of(wait.sigma) > 0)) for wait in waits]
    if not all(spreads):
        return np.stack([curve[:, -1] for curve in _curves(points, waits, until, size)])
    step = until / size
    grid: Array = np.asarray(step * np.arange(size + 1), dtype=np.float64)
    # One value of an inverse transform of twice the size: at its middle, where signs alternate.
    signs = np.where(np.arange(size + 1) % 2, -2.0, 2.0)
    signs[[0, -1]] /= 2
    so_far: NDArray[np.complex128] | None = None
    found, known = [], np.ones(len(points))
    for wait in waits:
        if wait is not None:
            sigma, median = points.of(wait.sigma), points.of(wait.median)
            if so_far is None:
                known = below(grid[-1:], median, sigma)[:, 0]
            else:
                other = np.fft.rfft(below(grid, median, sigma), 2 * size, axis=1)
                known = np.clip((so_far * other).real @ signs * step / (2 * size), 0.0, 1.0)
            own = np.fft.rfft(density(grid, median, sigma), 2 * size, axis=1)
            so_far = own if so_far is None else so_far * own * step
        found.append(known)
    return np.stack(found)


def _curves(points: Points, waits: tuple[Wait | None, ...], until: float, size: int) -> list[Array]:
    step = until / size
    grid: Array = np.asarray(step * np.arange(size + 1), dtype=np.float64)
    certain = np.zeros((len(points), 1))  # delays without spread only shift
    so_far: NDArray[np.complex128] | None = None  # the density of the sum, transformed
    known = np.ones((len(points), size + 1))
    found = []
    for wait in waits:
        if wait is not None:
            sigma, median = points.of(wait.sigma), points.of(wait.median)
            if np.all(sigma == 0):
                certain = certain + median
            else:
                under = below(grid, median, sigma)
                known = under if so_far is None else _convolved(so_far, under, size) * step
                own = np.fft.rfft(density(grid, median, sigma), 2 * size, axis=1)
                so_far = own if so_far is None else so_far * own * step
        found.append(_shifted(known, grid, certain, whole=so_far is None))
    return found


def _convolved(transformed: NDArray[np.complex128], below: Array, size: int) -> Array:
    other = np.fft.rfft(below, 2 * size, axis=1)
    return np.asarray(np.fft.irfft(transformed * other, 2 * size, axis=1)[:, : size + 1])


def _shifted(known: Array, grid: Array, certain: Array, *, whole: bool) -> Array:
    if not np.any(certain):
        return np.clip(known, 0.0, 1.0)
    if whole:
        return np.asarray(grid[None, :] >= certain, dtype=np.float64)
    rows = [np.interp(grid - late[0], grid, row, left=0.0)
            for row, late in zip(known, certain, strict=True)]  # fmt: skip
    return np.clip(np.array(rows), 0.0, 1.0)


def below(grid: Array, median: Array, sigma: Array) -> Array:
    """P(D ≤ t) at each t of the grid, shaped (points, grid)."""
    with np.errstate(divide="ignore"):
        return np.asarray(special.ndtr((np.log(grid)[None, :] - np.log(median)) / sigma))


def density(grid: Array, median: Array, sigma: Array) -> Array:
    """The density of D at each t of the grid, shaped (points, grid)."""
    found = np.zeros((len(median), len(grid)))
    inside = grid[None, 1:]
    score = (np.log(inside) - np.log(median)) / sigma
    found[:, 1:] = np.exp(-score * score / 2) / (inside * sigma * np.sqrt(2 * np.pi))
    return found
