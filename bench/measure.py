"""Rounds and ratios: contenders interleaved and shuffled, ratios taken round by round."""

from __future__ import annotations

import gc
import math
import random
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

CPU_ROUNDS = 21
WALL_ROUNDS = 9
_SAMPLE = 0.02  # seconds that one sample should last, so that the clock's grain is nothing
_MOST = 2000

Contender = Callable[[], object]
Clock = Callable[[], float]


@dataclass(frozen=True)
class Spread:
    """A figure as its rounds gave it: the median, and what lay furthest to either side."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        return cls(statistics.median(values), min(values), max(values))

    @classmethod
    def exactly(cls, value: float) -> Spread:
        """A figure that is counted, not measured."""
        return cls(value, value, value)

    def times(self, factor: float) -> Spread:
        return Spread(self.median * factor, self.least * factor, self.most * factor)


@dataclass(frozen=True)
class Target:
    """What is asked of a figure: at most, or at least, so much."""

    side: Literal["at most", "at least"]
    value: float

    def is_met(self, figure: float) -> bool:
        return figure <= self.value if self.side == "at most" else figure >= self.value

    def __str__(self) -> str:
        return f"{'≤' if self.side == 'at most' else '≥'} {self.value:g}"


def at_most(value: float) -> Target:
    return Target("at most", value)


def at_least(value: float) -> Target:
    return Target("at least", value)


@dataclass(frozen=True)
class Row:
    """One line of the table. ``unit`` is "x" for a ratio; ``against`` its floor or peer."""

    subject: str
    what: str
    against: str
    figure: Spread | None
    unit: str = "x"
    target: Target | None = None
    note: str = ""

    @property
    def verdict(self) -> str:
        """Met or missed; nothing where nothing is asked or nothing was measured."""
        if self.figure is None:
            return "not measured"
        if self.target is None:
            return ""
        return "met" if self.target.is_met(self.figure.median) else "missed"

    def to_json(self) -> dict[str, object]:
        return {**asdict(self), "verdict": self.verdict}


@dataclass(frozen=True)
class Rounds:
    """Seconds a call, round by round, for each contender."""

    seconds: Mapping[str, list[float]]

    def ratio(self, name: str, floor: str, factor: float = 1.0) -> Spread:
        """How much longer ``name`` takes than ``floor``, both of one round."""
        pairs = zip(self.seconds[name], self.seconds[floor], strict=True)
        return Spread.of([factor * mine / theirs for mine, theirs in pairs])

    def spread(self, name: str) -> Spread:
        return Spread.of(self.seconds[name])

    def milliseconds(self, name: str) -> str:
        return f"{short(self.spread(name).median * 1e3)} ms"


def compare(
    contenders: Mapping[str, Contender],
    *,
    rounds: int = CPU_ROUNDS,
    clock: Clock = time.process_time,
    calls: int | None = None,
) -> Rounds:
    """Let the contenders run round by round, each round in another order.

    Args:
        contenders: By name.
        rounds: How often each is sampled.
        clock: CPU time, or wall time where a disk takes part.
        calls: How often each is called in a sample; found for each when None.
    """
    times = {name: calls or _calls(call, clock) for name, call in contenders.items()}
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    order = list(contenders)
    for number in range(rounds):
        progress(f"round {number + 1} of {rounds}")
        random.shuffle(order)
        gc.collect()
        for name in order:
            seconds[name].append(_sample(contenders[name], times[name], clock))
    return Rounds(seconds)


def _sample(call: Contender, calls: int, clock: Clock) -> float:
    began = clock()
    for _ in range(calls):
        call()
    return (clock() - began) / calls


def _calls(call: Contender, clock: Clock) -> int:
    call()
    took = max(_sample(call, 1, clock), 1e-7)
    return min(_MOST, max(1, math.ceil(_SAMPLE / took)))


def short(value: float) -> str:
    """Three digits that count, without an exponent."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which ``share`` of them lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def progress(text: str) -> None:
    """One line on a terminal, written over by the next."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{text[:78]}")
        sys.stderr.flush()
