"""When each level's verdict is known: P(T_l ≤ t) for sums of log-normal delays (rule 16).

Densities are convolved on a grid of [0, T] by FFT, twice as long so that nothing wraps around;
the last level enters by its distribution function. Both vanish with all derivatives at the ends,
so the rectangle rule converges faster than any power; the grid is doubled until it agrees.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from cheget.assessment.model import Model, Wait
from cheget.assessment.spread import Array
from cheget.assessment.states import Points

_FIRST, _LAST = 256, 65536
_AGREED = 1e-10
_FEW, _CLOSE = 64, 1e-7  # many points at once are draws, whose error is far larger


def in_time(points: Points, model: Model) -> list[Array]:
    """For each step, P(its verdict is known within the deadline), shaped (points,)."""
    if model.within is None or all(wait is None for wait in model.waits):
        return [np.ones(len(points)) for _ in model.waits]
    used = {ref.input for wait in model.waits if wait for ref in (wait.median, wait.sigma)} - {-1}
    columns = points.values[:, sorted(used)]
    _, first, again = np.unique(columns, axis=0, return_index=True, return_inverse=True)
    few = points.only(first)
    return [curve[again.ravel(), -1] for curve in curves(few, model.waits, model.within)]


def curves(points: Points, waits: tuple[Wait | None, ...], until: float) -> list[Array]:
    """For each step, P(T ≤ t) on a grid of t from 0 to ``until``, each shaped (points, grid)."""
    before = _curves(points, waits, until, _FIRST)
    size = 2 * _FIRST
    while size <= _LAST:
        found = _curves(points, waits, until, size)
        worst = max(float(np.max(np.abs(a[:, -1] - b[:, -1]))) for a, b in zip(before, found, strict=True))
        if worst < (_AGREED if len(points) <= _FEW else _CLOSE):
            return found
        before, size = found, 2 * size
    return before


def _curves(
    points: Points, waits: tuple[Wait | None, ...], until: float, size: int
) -> list[Array]:
    step = until / size
    grid = step * np.arange(size + 1)
    certain = np.zeros((len(points), 1))  # delays without spread only shift
    density: Array | None = None  # of the sum so far, transformed
    known = np.ones((len(points), size + 1))
    found = []
    for wait in waits:
        if wait is not None:
            sigma, median = points.of(wait.sigma), points.of(wait.median)
            if np.all(sigma == 0):
                certain = certain + median
            else:
                below = _below(grid, median, sigma)
                known = below if density is None else _convolved(density, below, size) * step
                own = np.fft.rfft(_density(grid, median, sigma), 2 * size, axis=1)
                density = own if density is None else density * own * step
        found.append(_shifted(known, grid, certain, whole=density is None))
    return found


def _convolved(transformed: Array, below: Array, size: int) -> Array:
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


def _below(grid: Array, median: Array, sigma: Array) -> Array:
    with np.errstate(divide="ignore"):
        return np.asarray(special.ndtr((np.log(grid)[None, :] - np.log(median)) / sigma))


def _density(grid: Array, median: Array, sigma: Array) -> Array:
    found = np.zeros((len(median), len(grid)))
    inside = grid[None, 1:]
    score = (np.log(inside) - np.log(median)) / sigma
    found[:, 1:] = np.exp(-score * score / 2) / (inside * sigma * np.sqrt(2 * np.pi))
    return found
