"""The whole answer to "would it be carried out?", as one frozen value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cheget.assessment.beliefs import Beliefs, Expectation
from cheget.assessment.model import BASE, Input, Model, Row, model_of
from cheget.assessment.outcome import Outcomes
from cheget.assessment.spread import Array
from cheget.assessment.uncertainty import (
    REPEATS,
    SAMPLES,
    Estimate,
    Progress,
    Sensitivity,
    Study,
    carried_out,
)
from cheget.chain.chain import Chain

SUPPORTED, CONTRADICTED = 0.9, 0.1
HALF = 0.5


@dataclass(frozen=True)
class Step:
    """A level, or the executors: how likely it ends there, and by what."""

    level: str
    stopped: Estimate
    expired: Estimate


@dataclass(frozen=True)
class Expected:
    """What became of an expectation (rule 23): P(P(x) is so), and the mean beside it."""

    text: str
    probability: Estimate
    verdict: str  # supported, contradicted, open
    mean: float
    mean_holds: bool

    @property
    def mean_disagrees(self) -> bool:
        """Whether the mean is on the other side of what most of the range says."""
        return self.mean_holds != (self.probability.value >= HALF)


@dataclass(frozen=True)
class Assessment:
    """Given that it is ordered: how likely it's carried out, and where it ends otherwise."""

    chain: Chain
    beliefs: Beliefs
    situation: str
    model: Model
    study: Study
    mean: Estimate
    sd: Estimate
    quantiles: tuple[tuple[float, Estimate], ...]
    below_half: Estimate
    at_medians: float
    steps: tuple[Step, ...]
    inputs: tuple[Sensitivity, ...]
    expected: Expected | None
    draws: Array

    @property
    def table(self) -> tuple[Row, ...]:
        """Who holds which number, and from where."""
        return self.model.table

    def input(self, name: str) -> Input:
        """The uncertain number of that name."""
        return next(one for one in self.model.inputs if one.name == name)

    def quantile(self, q: float) -> float:
        """One of the quantiles."""
        return next(value.value for at, value in self.quantiles if at == q)


def assess(
    chain: Chain, beliefs: Beliefs, situation: str = BASE, *, samples: int = SAMPLES,
    repeats: int = REPEATS, seed: int = 0, progress: Progress | None = None,
) -> Assessment:  # fmt: skip
    """Assess a chain on somebody's beliefs, in one situation.

    Raises:
        ChainFileError: the beliefs contradict themselves about this chain.
        AssessmentError: something of it isn't defined, or too entangled to be exact.
    """
    model = model_of(chain, beliefs, situation)
    study = Study(model, samples=samples, repeats=repeats, seed=seed, progress=progress)
    found = study.uncertain()
    means = study.means()
    steps = tuple(
        Step(step, stopped, expired)
        for step, stopped, expired in zip(model.steps, means.stopped, means.expired, strict=True)
    )
    return Assessment(
        chain, beliefs, situation, model, study, found.mean, found.sd, found.quantiles,
        found.below(HALF), float(study.at_medians().carried_out[0]), steps, found.inputs,
        None if model.expect is None else _expected(study, model.expect), found.draws,
    )  # fmt: skip


def _expected(study: Study, expect: Expectation) -> Expected:
    found = study.uncertain(_picked(study.model, expect))
    under = found.below(expect.probability)
    above = expect.compares in {">", ">="}
    probability = Estimate(1 - under.value if above else under.value, under.method, under.se)
    verdict = "open"
    if probability.value >= SUPPORTED:
        verdict = "supported"
    elif probability.value <= CONTRADICTED:
        verdict = "contradicted"
    mean = found.mean.value
    return Expected(expect.text, probability, verdict, mean, expect.holds(mean))


def _picked(model: Model, expect: Expectation) -> Callable[[Outcomes], Array]:
    if expect.outcome == "carried out":
        return carried_out
    if not expect.level:
        if expect.outcome == "stopped":
            return lambda found: found.stopped.sum(axis=1)
        return lambda found: found.expired.sum(axis=1)
    if expect.level not in model.steps:
        return lambda found: 0 * found.carried_out
    place = model.steps.index(expect.level)
    return lambda found: found.stopped[:, place]
