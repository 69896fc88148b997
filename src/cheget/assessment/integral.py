"""Integrals over standard normal shocks: panels that are halved, and rules that are doubled.

A function to integrate takes nodes and gives values shaped (…, nodes), or, where its points are
refined one by one, values shaped (2, points, columns, nodes).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from cheget.assessment.spread import Array
from cheget.errors import AssessmentError

_REPORT = "a fault of cheget: please report it with the chain and the beliefs"
MOST_CELLS = 300_000  # points times nodes at once
_MOST_HALVINGS = 45
# Panels of [-9, 9] and a little more. A step beside an edge falls between the nodes of both its
# panels, and where people refuse with one half it lies beside 0: no edge here is natural.
_STARTS = np.arange(-9.0, 10.0) - 0.381966
WIDTH = 8.5
_SAFETY = 100.0
_NARROWER = 6.5  # beyond it lies 1e-10, far below what draws are computed to
_COARSE, _FINEST = 12, (0, 768, 384, 48)  # intervals, the finest by how many dimensions


def trapezoid(nodes: int, width: float = WIDTH) -> tuple[Array, Array]:
    """Nodes and weights of the standard normal: the trapezoid rule on [-width, width]."""
    z = np.linspace(-width, width, nodes)
    w = np.exp(-z * z / 2)
    return z, w / w.sum()


def halved(over: Callable[[Array], Array], fine: float, most: int) -> Array:
    """The mean of ``over(z)`` for z standard normal: Gauss-Legendre panels of [-9, 9].

    Args:
        over: Shaped (…, nodes).
        fine: How closely both halves of a panel must agree with the whole.
        most: How many nodes at once.

    Raises:
        AssessmentError: it is no number somewhere.
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

    starts, width = _STARTS, 1.0
    sums = whole(starts, width)
    total = np.zeros(sums.shape[:-1])
    for _ in range(_MOST_HALVINGS):
        halves = np.stack([starts, starts + width / 2], axis=1).ravel()
        parts = whole(halves, width / 2)
        both = parts.reshape(*parts.shape[:-1], -1, 2).sum(axis=-1)
        if not np.all(np.isfinite(both)):
            raise AssessmentError("what is integrated is no number somewhere", hint=_REPORT)
        agreed = np.max(np.abs(both - sums), axis=tuple(range(both.ndim - 1))) <= fine
        total = total + both[..., agreed].sum(axis=-1)
        again = np.repeat(~agreed, 2)
        starts, sums, width = halves[again], parts[..., again], width / 2
        if not len(starts):
            return np.asarray(total)
    return np.asarray(total + sums.sum(axis=-1))


class Refined(Protocol):
    """The integral at some points by a rule of so many intervals in each dimension."""

    def __call__(self, which: NDArray[np.intp], intervals: int, width: float) -> Array:
        """Shaped (2, points, columns); ``which``: the places of the points wanted."""


def refined(
    over: Refined, counts: Array, dimensions: int, fine: float
) -> tuple[Array, NDArray[np.intp]]:
    """Trapezoid rules doubled, each point for itself, and the points that never agreed.

    Args:
        over: The integral by one rule.
        counts: How much each point matters, shaped (points,).
        dimensions: Of the rule, at least one.
        fine: How close the integral at a point that counts 1 must be.
    """
    most = _FINEST[min(dimensions, len(_FINEST) - 1)]
    left, size = np.arange(len(counts)), _COARSE
    before = over(left, size, _NARROWER)
    total = np.zeros_like(before)
    while len(left) and size < most:
        size *= 2
        found = over(left, size, _NARROWER)
        gap = np.max(np.abs(found - before), axis=(0, 2))
        total[:, left] = found
        # Halving the step squares the error of an analytic function: the gap is the coarser's.
        open_ = _SAFETY * gap * gap * counts[left] > fine
        left, before = left[open_], found[:, open_]
    return total, left


def combined(nodes: Array, weights: Array, dimensions: int) -> tuple[list[Array], Array]:
    """Every combination of nodes, one array a dimension, and the combinations' weights."""
    if not dimensions:
        return [], np.ones(1)
    grids = [grid.ravel() for grid in np.meshgrid(*[nodes] * dimensions, indexing="ij")]
    found = np.ones(1)
    for _ in range(dimensions):
        found = np.multiply.outer(found, weights).ravel()
    return grids, found
