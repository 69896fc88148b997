"""How many of many concur: P(at least so many), people alike counted at once (rules 7, 12).

A Poisson-binomial tail. Crowds alike are binomial; several are convolved, all terms positive, so
that small probabilities keep their digits.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import numpy as np
from scipy import special

from cheget.assessment.spread import Array

_FEW = 20
_MANY = 48  # people, from which counts are one array and not an array each
_CELLS = 2_000_000  # chances times counts at once


def at_least(need: int, chances: Sequence[Array]) -> Array:
    """P(at least ``need`` of independent people succeed); alike ones are one object."""
    if 0 < need == len(chances) < _FEW:
        return reduce(np.multiply, chances)
    if need == 1 and 1 < len(chances) < _FEW:
        return 1 - reduce(np.multiply, [1 - chance for chance in chances])
    alike: dict[int, tuple[int, Array]] = {}
    for chance in chances:
        count, _ = alike.get(id(chance), (0, chance))
        alike[id(chance)] = (count + 1, chance)
    return crowds_at_least(need, list(alike.values()))


def crowds_at_least(need: int, crowds: Sequence[tuple[int, Array]]) -> Array:
    """P(at least ``need`` succeed) over crowds, each of so many alike."""
    people = sum(count for count, _ in crowds)
    if need <= 0:
        return np.ones((1, 1))
    if need > people:
        return np.zeros((1, 1))
    if len(crowds) == 1:
        return np.asarray(special.betainc(need, people - need + 1, crowds[0][1]))
    if people < _MANY:
        return _one_by_one(need, crowds)
    chances = np.broadcast_arrays(*(chance for _, chance in crowds))
    flat = [chance.ravel() for chance in chances]
    lot = max(1, _CELLS // (min(need, people) + 1))
    found = [
        _counted(need, [(count, chance[first : first + lot])
                        for (count, _), chance in zip(crowds, flat, strict=True)])
        for first in range(0, flat[0].size, lot)
    ]  # fmt: skip
    return np.concatenate(found).reshape(chances[0].shape)


def _one_by_one(need: int, crowds: Sequence[tuple[int, Array]]) -> Array:
    """One person after another: an array for each number of successes, ``need`` or more last."""
    counts: list[Array] = [np.ones((1, 1))]
    for count, chance in crowds:
        for _ in range(count):
            new = [counts[0] * (1 - chance)]
            for done in range(1, min(len(counts), need)):
                new.append(counts[done] * (1 - chance) + counts[done - 1] * chance)  # noqa: PERF401
            last = counts[-1] * chance
            if len(counts) > need:  # those who have enough already stay there
                last = counts[need] + counts[need - 1] * chance
            counts = [*new, last]
    return counts[need]


def _counted(need: int, crowds: Sequence[tuple[int, Array]]) -> Array:
    """The same by whole crowds, the largest last; each chance is shaped (cells,)."""
    *first, (most, chance) = sorted(crowds, key=lambda one: one[0])
    counts = np.ones((1, len(chance)))  # P(exactly 0, 1, … so far), fewer than ``need``
    done = np.zeros(len(chance))  # P(enough)
    for count, each in first:
        counts, done = _added(counts, done, binomial(count, each), need)
    tail = np.cumsum(binomial(most, chance)[::-1], axis=0)[::-1]  # P(so many or more)
    for so_far in range(max(0, need - most), len(counts)):
        done = done + counts[so_far] * tail[need - so_far]
    return np.minimum(done, 1.0)  # rounding of sums of positive terms


def _added(counts: Array, done: Array, more: Array, need: int) -> tuple[Array, Array]:
    """The counts once a crowd with the counts ``more`` has joined."""
    found = np.zeros((len(counts) + len(more) - 1, counts.shape[1]))
    for step, chance in enumerate(more):
        found[step : step + len(counts)] += counts * chance
    return found[:need], done + found[need:].sum(axis=0)


def binomial(count: int, chance: Array) -> Array:
    """P(exactly 0, 1, … of ``count`` alike), shaped (count + 1, cells)."""
    k = np.arange(count + 1.0)[:, None]
    ways = special.gammaln(count + 1) - special.gammaln(k + 1) - special.gammaln(count - k + 1)
    return np.asarray(np.exp(ways + special.xlogy(k, chance) + special.xlog1py(count - k, -chance)))
