"""When each level's verdict is known: P(T_l ≤ t) for sums of log-normal delays (rule 16).

Densities are convolved on a grid of [0, T] by FFT of twice the length, tilted by exp(-12 t/T) so
that what wraps around (sums of more than 2T) is 4e-11 of itself; the last level enters by its
distribution function. Both vanish with all derivatives at the ends,
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
_TILT = 12.0
_WHOLE = 1e-6  # what a grid may lose of a delay
_REPEATS, _DRAWS = 8, (4096, 256)  # points a repeat where delays are drawn, for few and for many
_HUGE = 700.0  # of an exponent
_CELLS = 1 << 19  # points times grid at once


def in_time(points: Points, model: Model) -> tuple[list[Array], float]:
    """For each step, P(its verdict is known within the deadline), shaped (points,) (rule 17).

    Delays that no grid resolves, spread over many powers of ten or hardly at all, are drawn: the
    second value is then the standard error of the worst, and 0 otherwise.
    """
    if model.within is None or all(wait is None for wait in model.waits):
        return [np.ones(len(points)) for _ in model.waits], 0.0
    used = {ref.input for wait in model.waits if wait for ref in (wait.median, wait.sigma)} - {-1}
    columns = points.values[:, sorted(used)]
    _, first, again = np.unique(columns, axis=0, return_index=True, return_inverse=True)
    few = points.only(first)
    found, _ = _ends(few, model.waits, model.within, _FIRST)
    many = len(few) > _FEW
    fine, whole = (_CLOSE, _CLOSE) if many else (_AGREED, _WHOLE)
    left, size, se = np.arange(len(few)), 2 * _FIRST, 0.0
    while len(left) and size <= _LAST:  # only those that need it get a finer grid
        lots = [left[at : at + _CELLS // size] for at in range(0, len(left), _CELLS // size)]
        parts = [_ends(few.only(lot), model.waits, model.within, size) for lot in lots]
        finer = np.concatenate([ends for ends, _ in parts], axis=1)
        lost = np.concatenate([lost for _, lost in parts])
        agreed = (np.max(np.abs(finer - found[:, left]), axis=0) < fine) & (lost < whole)
        found[:, left] = finer
        left, size = left[~agreed], 2 * size
    if len(left):
        found[:, left], se = _drawn(few.only(left), model.waits, model.within, many=many)
    return [row[again.ravel()] for row in found], se


def _drawn(
    points: Points, waits: tuple[Wait | None, ...], until: float, *, many: bool
) -> tuple[Array, float]:
    """The same by scrambled Sobol points over the delays, and its standard error."""
    from scipy import stats

    spread = [wait for wait in waits if wait is not None]
    medians = np.stack([points.of(wait.median)[:, 0] for wait in spread], axis=1)
    sigmas = np.stack([points.of(wait.sigma)[:, 0] for wait in spread], axis=1)
    rows = []
    for repeat in range(_REPEATS):
        u = stats.qmc.Sobol(len(spread), scramble=True, rng=repeat).random(
            _DRAWS[1] if many else _DRAWS[0]
        )
        z = special.ndtri(np.clip(u, 1e-15, 1 - 1e-15))
        rows.append(np.stack([
            (np.cumsum(median * np.exp(np.minimum(sigma * z, _HUGE)), axis=1) <= until).mean(axis=0)
            for median, sigma in zip(medians, sigmas, strict=True)
        ], axis=1))  # fmt: skip
    se = float(np.max(np.std(rows, axis=0, ddof=1))) / _REPEATS**0.5
    mean, found, place = np.mean(rows, axis=0), [], -1
    for wait in waits:
        place += wait is not None
        found.append(mean[place] if place >= 0 else np.ones(len(points)))
    return np.stack(found), se


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


def _ends(
    points: Points, waits: tuple[Wait | None, ...], until: float, size: int
) -> tuple[Array, Array]:
    """For each step, P(T ≤ until), shaped (steps, points), and what the grid loses of a delay.

    What is lost is how far the density summed over the grid is from the distribution function.
    """
    spreads = [wait is None or bool(np.all(points.of(wait.sigma) > 0)) for wait in waits]
    if not all(spreads):
        ends = [curve[:, -1] for curve in _curves(points, waits, until, size)]
        return np.stack(ends), np.zeros(len(points))
    step = until / size
    grid: Array = np.asarray(step * np.arange(size + 1), dtype=np.float64)
    # One value of an inverse transform of twice the size: at its middle, where signs alternate.
    signs = np.where(np.arange(size + 1) % 2, -2.0, 2.0)
    signs[[0, -1]] /= 2
    tilt = np.exp(-_TILT * grid / until)
    so_far: NDArray[np.complex128] | None = None
    found, known, lost = [], np.ones(len(points)), np.zeros(len(points))
    last = sum(wait is not None for wait in waits)
    for wait in waits:
        if wait is not None:
            last -= 1
            sigma, median = points.of(wait.sigma), points.of(wait.median)
            whole = below(grid[-1:], median, sigma)[:, 0]
            if so_far is None:
                known = whole
            else:
                other = np.fft.rfft(below(grid, median, sigma) * tilt, 2 * size, axis=1)
                ends = (so_far * other).real @ signs * step / (2 * size) / tilt[-1]
                known = np.clip(ends, 0.0, 1.0)
            if last:  # the last enters by its distribution function alone
                dense = density(grid, median, sigma)
                simpson = step / 3 * (2 * dense.sum(axis=1) + 2 * dense[:, 1::2].sum(axis=1)
                                      - dense[:, -1])  # fmt: skip
                lost = np.maximum(lost, np.abs(simpson - whole))
                own = np.fft.rfft(dense * tilt, 2 * size, axis=1)
                so_far = own if so_far is None else so_far * own * step
        found.append(known)
    return np.stack(found), lost


def _curves(points: Points, waits: tuple[Wait | None, ...], until: float, size: int) -> list[Array]:
    step = until / size
    grid: Array = np.asarray(step * np.arange(size + 1), dtype=np.float64)
    certain = np.zeros((len(points), 1))  # delays without spread only shift
    so_far: NDArray[np.complex128] | None = None  # the density of the sum, transformed
    known = np.ones((len(points), size + 1))
    tilt = np.exp(-_TILT * grid / until)
    found = []
    for wait in waits:
        if wait is not None:
            sigma, median = points.of(wait.sigma), points.of(wait.median)
            if np.all(sigma == 0):
                certain = certain + median
            else:
                under = below(grid, median, sigma)
                if so_far is None:
                    known = under
                else:
                    known = _convolved(so_far, under * tilt, size) * step / tilt
                own = np.fft.rfft(density(grid, median, sigma) * tilt, 2 * size, axis=1)
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
