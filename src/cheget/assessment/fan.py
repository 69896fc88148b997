"""Released by when: P(released by t) over time, and how far beliefs spread it (rule 17)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cheget.assessment.outcome import medians
from cheget.assessment.spread import Array
from cheget.assessment.states import Points
from cheget.assessment.timing import curves
from cheget.assessment.uncertainty import Study

STEPS = 120  # of the time shown
_FEW = 256  # beliefs drawn where delays are uncertain too
_LOT = 16
_CLOSE = 1e-4  # of a curve to look at
_LATE = 0.99  # of the delays, where nothing ends them
_DOUBLINGS = 40


@dataclass(frozen=True)
class Released:
    """P(released by t) at ``times``, seconds from transmission: its mean and points of its spread.

    ``low``, ``median`` and ``high`` are the 5, 50 and 95 % points over the stated beliefs.
    ``within``: when the order expires; None: it doesn't.
    """

    times: tuple[float, ...]
    mean: tuple[float, ...]
    median: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    within: float | None


def released(study: Study) -> Released | None:
    """A_K · P(T_K ≤ t) over draws of the uncertain numbers; None where nothing takes time."""
    model = study.model
    if all(wait is None for wait in model.waits):
        return None
    passed, values = _drawn(study)
    until = model.within if model.within is not None else _until(study)
    times = np.linspace(0.0, until, STEPS + 1)
    table = passed[:, None] * _in_time(study, values, times)
    low, middle, high = np.quantile(table, (0.05, 0.5, 0.95), axis=0)
    return Released(_plain(times), _plain(table.mean(axis=0)), _plain(middle), _plain(low),
                    _plain(high), model.within)  # fmt: skip


def _plain(values: Array) -> tuple[float, ...]:
    return tuple(float(one) for one in values)


def _drawn(study: Study) -> tuple[Array, Array]:
    """A_K at some draws, and the draws: fewer where each has a curve of its own."""
    if not study.size:
        return study.at_medians().passed[:, -1], np.zeros((1, 0))
    found = study.draws()
    if not _uncertain(study):
        values = np.concatenate([study.drawn(repeat) for repeat in range(len(found))])
        return np.concatenate([one.passed[:, -1] for one in found]), values
    return found[0].passed[:_FEW, -1], study.drawn(0)[:_FEW]


def _uncertain(study: Study) -> list[int]:
    """The inputs that delays depend on."""
    refs = [ref for wait in study.model.waits if wait for ref in (wait.median, wait.sigma)]
    return sorted({ref.input for ref in refs} - {-1})


def _in_time(study: Study, values: Array, times: Array) -> Array:
    """P(T_K ≤ t), shaped (draws, times)."""
    columns = values[:, _uncertain(study)]
    _, first, again = np.unique(columns, axis=0, return_index=True, return_inverse=True)
    rows = []
    for start in range(0, len(first), _LOT):
        points = Points(study.model, values[first[start : start + _LOT]])
        found = curves(points, study.model.waits, float(times[-1]), _CLOSE)[-1]
        grid = np.linspace(0.0, times[-1], found.shape[1])
        rows += [np.interp(times, grid, row) for row in found]
    return np.array(rows)[again.ravel()]


def _until(study: Study) -> float:
    """When nearly every delay is over, at the medians."""
    model, points = study.model, Points(study.model, medians(study.model))
    until = sum(float(points.of(wait.median)[0, 0]) for wait in model.waits if wait) or 1.0
    for _ in range(_DOUBLINGS):
        if curves(points, model.waits, until, _CLOSE)[-1][0, -1] >= _LATE:
            break
        until *= 1.5
    return until
