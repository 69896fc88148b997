"""Nodes of Gauss over the scores of several inputs, and the weights of their combinations."""

from __future__ import annotations

from functools import cache

import numpy as np

from cheget.assessment.spread import Array

NODES = (1, 20, 12, 8, 7, 6)  # of each input, by how many are combined
FEWER = (1, 16, 8, 6, 5, 4)  # for smaller questions


@cache
def nodes_of(inputs: int, others: int = 0, table: tuple[int, ...] = NODES) -> tuple[Array, Array]:
    """Gauss-Hermite nodes and weights of each of some inputs, combined with so many others."""
    combined = inputs + max(0, others - 1) if inputs else 0
    z, w = np.polynomial.hermite_e.hermegauss(table[min(combined, len(table) - 1)])
    return z, w / w.sum()


def outer(weights: Array, times: int) -> Array:
    """The weights of every combination of so many inputs with the same nodes, in one row."""
    found = np.ones(1)
    for _ in range(times):
        found = np.multiply.outer(found, weights).ravel()
    return found
