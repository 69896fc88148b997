"""Every chain of given bodies: who gets the right order through, and who stops the wrong one.

A level may be left out, or be k of n people for any n up to a few. Given the shock levels are
independent, so each level's options are vectors over nodes, and all chains of five levels are one
series of matrix products: nothing is sampled, and none is skipped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np
from numpy.typing import NDArray

from cheget.assessment.crowds import at_least
from cheget.assessment.integral import trapezoid
from cheget.assessment.model import Model, Profile
from cheget.assessment.spread import Array
from cheget.assessment.states import People, Points
from cheget.assessment.uncertainty import Study
from cheget.errors import AssessmentError

MOST_LEVELS, MOST_PEOPLE = 5, 7
_SHOCK = 64
_DRAWS = 32
_BINS, _CLOSE = 4096, 1e-13
_DIGITS = 12  # equal designs differ in the last bit, and would crowd the front


@dataclass(frozen=True)
class Design:
    """A chain: (k, n) of each level that it has, by the level's name."""

    rules: tuple[tuple[str, int, int], ...]
    people: int
    always: float  # P(carried out) when the order is right
    never: float  # P(carried out) when it is wrong


@dataclass(frozen=True)
class Designs:
    """The front: no other chain has as few people and errs as little in both ways."""

    front: tuple[Design, ...]
    considered: int  # ordered designs, all of them

    def cheapest(self, always: float, never: float) -> Design | None:
        """The fewest people that meet both bounds; of those, the one that errs least."""
        fit = [one for one in self.front if one.always >= always and one.never <= never]
        return min(fit, key=lambda one: (one.people, one.never - one.always), default=None)


def designs(
    right: Model, wrong: Model, *, most: int = MOST_PEOPLE,
    progress: Callable[[int, int], None] | None = None,
) -> Designs:  # fmt: skip
    """All chains of the levels below the head, each with the beliefs about that level.

    Args:
        right: The model of the situation in which it ought to be carried out.
        wrong: That of the situation in which it ought not.
        most: People at a level, at most.
        progress: Told how many of how many lots are done.

    Raises:
        AssessmentError: more than five levels, or beliefs that tie levels in other ways.
    """
    names = [level.id for level in right.ladder[1:]]
    if not 1 <= len(names) <= MOST_LEVELS or not 1 <= most <= MOST_PEOPLE:
        raise AssessmentError(f"designs have 1 to {MOST_LEVELS} levels below the head")
    options = [(0, 0), *((k, n) for n in range(1, most + 1) for k in range(1, n + 1))]
    tables = [_table(model, options) for model in (right, wrong)]
    sizes = np.array([n for _, n in options])
    alike = _alike(right) and _alike(wrong)
    count = len(names)
    lots = _unordered(count, len(options)) if alike else _ordered(count, len(options))
    sieve, kept = _Sieve(most * count), []
    for number, ((heads, rest), of) in enumerate(lots):
        people = np.add.outer(sizes[heads].sum(axis=1), sizes[rest].sum(axis=1)).ravel()
        chances = [_chances(levels, weights, heads, rest).ravel() for levels, weights in tables]
        left = np.nonzero(sieve.passes(people, *chances))[0]
        values = np.column_stack([people[left], *(one[left] for one in chances)]).round(_DIGITS)
        best = _front(values)
        sieve.learn(values[best])
        at, along = np.divmod(left[best], len(rest))
        kept.append((np.column_stack([heads[at], rest[along]]), values[best]))
        if progress:
            progress(number + 1, of)
    lot = np.concatenate([one for one, _ in kept])
    values = np.concatenate([one for _, one in kept])
    best = _front(values)
    found = tuple(
        Design(
            tuple((name, *options[at]) for name, at in zip(names, row, strict=True) if at),
            int(people), float(always), float(never),
        )
        for row, (people, always, never) in zip(lot[best], values[best], strict=True)
    )  # fmt: skip
    return Designs(found, len(options) ** count)


class _Sieve:
    """Lets through what nothing seen so far is known to beat: coarse, but never wrong."""

    def __init__(self, people: int) -> None:
        self._best = np.full((people + 1, _BINS + 1), -1.0)

    def passes(self, people: Array, always: Array, never: Array) -> Array:
        """Which designs may be on the front."""
        place = (never * _BINS).astype(np.intp)
        return np.asarray(always > self._best[people, np.minimum(place, _BINS)] + _CLOSE)

    def learn(self, values: Array) -> None:
        """Remember (people, always, never) of designs: they beat what errs more in a later bin."""
        people = values[:, 0].astype(np.intp)
        place = np.minimum((values[:, 2] * _BINS).astype(np.intp) + 1, _BINS)
        np.maximum.at(self._best, (people, place), values[:, 1])
        self._best = np.maximum.accumulate(np.maximum.accumulate(self._best, axis=0), axis=1)


def _alike(model: Model) -> bool:
    """Whether it doesn't matter which level is which."""
    return len({_profile(model, level) for level in range(1, len(model.ladder))}) == 1


def _profile(model: Model, level: int) -> Profile:
    """What is believed of anybody at a level: of its first member who isn't the originator."""
    members = [post for post in model.ladder[level].members if post != model.originator]
    return model.profiles[members[0]]


def _table(model: Model, options: list[tuple[int, int]]) -> tuple[list[Array], Array]:
    """Each level's options at every node, shaped (options, nodes), and the nodes' weights."""
    if model.causes or model.visible is not None:
        raise AssessmentError("designs don't take events or visible answers")
    wide = {g for level in range(1, len(model.ladder)) for g in _profile(model, level).groups}
    if len(wide) > 1:
        raise AssessmentError("designs take one group that thinks alike", hint="such as `everyone`")
    values, along = _inputs(model)
    z, w = trapezoid(_SHOCK) if wide else (np.zeros(1), np.ones(1))
    shocks = np.zeros((len(model.groups), len(z)))
    for group in wide:
        shocks[group] = z
    people = People(Points(model, values))
    levels = []
    for level in range(1, len(model.ladder)):
        one = people.answer(_profile(model, level), list(shocks[:, None, :])).concurs
        one = np.broadcast_to(one, (len(values), len(z)))
        rows = [np.broadcast_to(at_least(k, [one] * n), one.shape).ravel() for k, n in options]
        levels.append(np.array(rows))
    return levels, np.multiply.outer(along, w).ravel()


def _inputs(model: Model) -> tuple[Array, Array]:
    """Nodes of the uncertain numbers, and their weights."""
    study = Study(model)
    return study.nodes(_DRAWS)


def _chances(
    levels: list[Array], weights: Array, heads: NDArray[np.intp], rest: NDArray[np.intp]
) -> Array:
    """P(every level passes), shaped (heads, rest): a product of matrices."""
    first = np.ones((len(heads), len(weights)))
    for level in range(heads.shape[1]):
        first *= levels[level][heads[:, level]]
    last = np.broadcast_to(weights, (len(rest), len(weights))).copy()
    for level in range(rest.shape[1]):
        last *= levels[heads.shape[1] + level][rest[:, level]]
    return np.asarray(first @ last.T)


_Places = NDArray[np.intp]
_Lots = Iterator[tuple[tuple[_Places, _Places], int]]


def _unordered(levels: int, options: int) -> _Lots:
    """Every design of levels that are alike, once."""
    every = np.array(list(combinations_with_replacement(range(options), levels)), dtype=np.intp)
    lots = np.array_split(every, max(1, len(every) // 20_000))
    for lot in lots:
        yield (lot, np.zeros((1, 0), dtype=np.intp)), len(lots)


def _ordered(levels: int, options: int) -> _Lots:
    """Every design, by what its first levels are."""
    half = levels // 2
    heads, rest = _every(half, options), _every(levels - half, options)
    lots = np.array_split(heads, max(1, len(heads) * len(rest) // 700_000))
    for lot in lots:
        yield (lot, rest), len(lots)


def _every(levels: int, options: int) -> _Places:
    """Every choice of an option a level, the later levels turning faster."""
    grids = np.meshgrid(*[np.arange(options)] * levels, indexing="ij")
    if not levels:
        return np.zeros((1, 0), dtype=np.intp)
    return np.stack([grid.ravel() for grid in grids], axis=1)


def _front(values: Array) -> Array:
    """Which rows (people, always, never) no other row beats in all three."""
    order = np.lexsort((-values[:, 1], values[:, 2], values[:, 0]))
    kept: list[int] = []
    stairs = np.zeros((0, 2))  # of fewer people: never rising, always rising
    for people in np.unique(values[:, 0]):
        rows = order[values[order, 0] == people]
        rows = rows[_rises(values[rows, 1])]
        if len(stairs):
            at = np.searchsorted(stairs[:, 0], values[rows, 2], side="right") - 1
            beaten = (at >= 0) & (stairs[np.maximum(at, 0), 1] >= values[rows, 1])
            rows = rows[~beaten]
        kept += rows.tolist()
        merged = np.concatenate([stairs, values[rows][:, [2, 1]]])
        merged = merged[np.lexsort((-merged[:, 1], merged[:, 0]))]
        stairs = merged[_rises(merged[:, 1])]
    return np.array(kept, dtype=np.intp)


def _rises(values: Array) -> Array:
    """Where a value is above all before it."""
    if not len(values):
        return np.zeros(0, dtype=bool)
    before = np.maximum.accumulate(np.concatenate([[-np.inf], values[:-1]]))
    return np.asarray(values > before)


def least_erring(front: Sequence[Design]) -> list[Design]:
    """For each number of people, the chain with the fewest errors of both kinds."""
    best: dict[int, Design] = {}
    for one in front:
        known = best.get(one.people)
        if known is None or one.always - one.never > known.always - known.never:
            best[one.people] = one
    return [best[people] for people in sorted(best)]
