"""So many runs of an order, and what became of it: every figure with its standard error.

A run draws the uncertain numbers, everybody's mind and every clock, and follows the order from
the head down. Each draw of the uncertain numbers is lived twice, by twins that share nothing
else: by how much twins agree more than strangers, one sees how much of it isn't known (rule 22).
What a distribution over beliefs would need, many runs at each of many points, is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from cheget.assessment.beliefs import Beliefs, Delay
from cheget.assessment.simulation.cast import Cast, Stated, cast_of
from cheget.assessment.simulation.levels import Verdict, judged
from cheget.assessment.simulation.minds import Minds, at_medians, drawn, inputs_of
from cheget.assessment.simulation.numbers import Array, median
from cheget.assessment.simulation.visible import Asking
from cheget.chain.chain import Chain

RUNS = 100_000
_CELLS = 2_000_000  # people times runs at once
Progress = Callable[[int, int], None]
Counts = NDArray[np.float64]
Ends = NDArray[np.bool_]  # whether a run ended so


@dataclass(frozen=True)
class Figure:
    """A mean over runs, and its standard error."""

    value: float
    se: float


@dataclass(frozen=True)
class Step:
    """A level, or the executors: how often it ended there, and by what."""

    level: str
    stopped: Figure
    expired: Figure


@dataclass(frozen=True)
class Simulated:
    """What became of an order in ``runs`` runs. ``sd`` is over the uncertain numbers."""

    cast: Cast
    situation: str
    runs: int
    carried_out: Figure
    sd: Figure
    at_medians: Figure
    steps: tuple[Step, ...]
    inputs: Mapping[str, Stated]
    expected: Figure | None  # the mean of what the beliefs expect something of


def simulate(
    chain: Chain, beliefs: Beliefs, situation: str = "", *, runs: int = RUNS, seed: int = 0,
    progress: Progress | None = None,
) -> Simulated:  # fmt: skip
    """Follow an order through the chain, ``runs`` times: four at least, an odd number made even.

    Raises:
        ChainFileError: the beliefs contradict themselves about this chain.
        AssessmentError: visible answers where they aren't defined.
    """
    cast = cast_of(chain, beliefs, situation)
    inputs = inputs_of(cast)
    runs = max(4, runs + runs % 2)
    tell = progress or (lambda _, __: None)
    total = runs * (2 if inputs else 1)
    ends = _ends(cast, runs, seed, lambda size, rng: drawn(inputs, size, rng),
                 lambda done: tell(done, total))  # fmt: skip
    carried_out = _figure(ends[:, 0])
    middle = carried_out
    if inputs:
        at = _ends(cast, runs, seed + 1, lambda size, _: at_medians(inputs, size),
                   lambda done: tell(runs + done, total))  # fmt: skip
        middle = _figure(at[:, 0])
    steps = len(cast.steps)
    return Simulated(
        cast, situation, runs, carried_out, _spread(ends[:, 0]) if inputs else Figure(0.0, 0.0),
        middle,
        tuple(Step(step, _figure(ends[:, 1 + at]), _figure(ends[:, 1 + steps + at]))
              for at, step in enumerate(cast.steps)),
        inputs, _expected(cast, ends),
    )  # fmt: skip


def _ends(
    cast: Cast, runs: int, seed: int,
    values: Callable[[int, np.random.Generator], Mapping[str, Array]],
    tell: Callable[[int], None],
) -> Ends:  # fmt: skip
    """How each run ended: carried out, stopped at each step, expired at each; (runs, ends)."""
    lot = max(2, _CELLS // max(1, cast.people) // 2 * 2)
    found = []
    for number, start in enumerate(range(0, runs, lot)):
        size = min(lot, runs - start)
        rng = np.random.default_rng([seed, number])
        minds = Minds(cast, values(size, rng), size, rng)
        verdicts = judged(cast, minds) if cast.visible is None else Asking(cast, minds).judged()
        found.append(np.stack(list(_walked(cast, minds, verdicts)), axis=1))
        tell(start + size)
    return np.concatenate(found)


def _walked(cast: Cast, minds: Minds, verdicts: list[Verdict]) -> Iterator[Ends]:
    """Rule 17: down the levels with a clock; a verdict that comes too late is none."""
    under_way = np.ones(minds.runs, dtype=np.bool_)
    clock = np.zeros(minds.runs)
    stopped: list[Ends] = []
    expired: list[Ends] = []
    for verdict, delay in zip(verdicts, cast.delays, strict=True):
        clock = clock + _delay(minds, delay, cast, len(stopped))
        late = np.zeros(minds.runs, dtype=np.bool_)
        if cast.within is not None:
            late = clock > cast.within
        stopped.append(under_way & ~late & verdict.stopped)
        expired.append(under_way & (late | ~(verdict.stopped | verdict.passed)))
        under_way = under_way & ~late & verdict.passed & ~verdict.stopped
    yield under_way
    yield from stopped
    yield from expired


def _delay(minds: Minds, delay: Delay | None, cast: Cast, step: int) -> Array:
    """Rule 16: a level's delay is log-normal; an interval is that of the delay itself."""
    if delay is None:
        return np.zeros(minds.runs)
    if delay.time is not None:
        number = delay.time.number
        middle: Array = np.full(minds.runs, median(number))
        sigma: Array = np.zeros(minds.runs)
        if not number.certain:
            low, high = np.log(number.numbers)
            sigma = np.full(minds.runs, (high - low) / (2 * stats.norm.ppf(0.95)))
    else:
        name = f"delays.{cast.steps[step]}"
        middle = minds.number(Stated(f"{name}.median", delay.median) if delay.median else None)
        sigma = minds.number(Stated(f"{name}.sigma", delay.sigma) if delay.sigma else None)
    return middle * np.exp(sigma * minds.rng.standard_normal(minds.runs))


def _twins(ended: Ends) -> Counts:
    return ended.reshape(-1, 2).astype(np.float64)


def _figure(ended: Ends) -> Figure:
    """The mean; twins share their numbers, so pairs are what is independent.

    Where all runs ended alike, one more might not have: the error is that of a single run.
    """
    pairs = _twins(ended).mean(axis=1)
    error = float(pairs.std(ddof=1) / len(pairs) ** 0.5)
    return Figure(float(pairs.mean()), max(error, 1 / len(ended)))


def _spread(ended: Ends) -> Figure:
    """The sd of P(x) over the inputs x: twins' covariance is its variance (rule 22)."""
    pairs = _twins(ended)
    mean = pairs.mean()
    each = pairs[:, 0] * pairs[:, 1] - 2 * mean * pairs.mean(axis=1) + mean * mean
    variance, error = float(each.mean()), float(each.std(ddof=1) / len(each) ** 0.5)
    sd = max(variance, 0.0) ** 0.5
    return Figure(sd, error / (2 * sd) if sd * sd > error else error**0.5)


def _expected(cast: Cast, ends: Ends) -> Figure | None:
    """The mean of the outcome that the beliefs expect something of (rule 23)."""
    expect, steps = cast.beliefs.expect, cast.steps
    if expect is None:
        return None
    if expect.outcome == "carried out":
        return _figure(ends[:, 0])
    stopped, expired = ends[:, 1 : 1 + len(steps)], ends[:, 1 + len(steps) :]
    if expect.level:
        places = [at for at, step in enumerate(steps) if step == expect.level]
        stopped = stopped[:, places]
    picked = stopped if expect.outcome == "stopped" else expired
    return _figure(np.asarray(picked.any(axis=1)))
