"""Mean, deviation and all Sobol indices of a chain with eleven uncertain numbers.

Peers: squigglepy draws everything and says yes or no; SALib and OpenTURNS sample the indices, of
this program's own outcomes at given inputs, so that what differs is the method.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
from scipy import special

from bench.measure import Row, Spread, at_least, at_most
from cheget.assessment.model import Model, model_of
from cheget.assessment.moments import Moments, moments_of
from cheget.assessment.outcome import Assessor
from cheget.assessment.parse import parse_beliefs
from cheget.assessment.spread import at_score
from cheget.chain.parse import parse_chain

CHAIN = b"""chain: five
members: {h: H, m1: M, m3: M, m4: M, m5: M, a: A, b: B, c: C, d: D, e: E}
levels:
  - {level: head, members: [h]}
  - {level: first, members: [m1]}
  - {level: body, members: [a, b, c, d, e], rule: 4 of members}
  - {level: third, members: [m3]}
  - {level: fourth, members: [m4]}
  - {level: fifth, members: [m5]}
"""
LEVELS = ("first", "body", "third", "fourth", "fifth")
BELIEFS = f"""beliefs: eleven
chain: five
members: {{{", ".join(f"{one}: {{refuses: 5% to 50%}}" for one in LEVELS)}}}
shared: {{everyone: 0.2 to 0.8}}
delays: {{{", ".join(f"{one}: {{median: 1m to 8m, sigma: 0.5}}" for one in LEVELS)}}}
within: 30m
""".encode()
ERROR = 1e-4  # standard error that a simulation is asked for
DRAWS = 400_000
BASE = 256  # of Saltelli's scheme: BASE x 13 evaluations


def rows() -> list[Row]:
    """The method beside its peers."""
    model = model_of(chain := parse_chain(CHAIN), parse_beliefs(BELIEFS, chain))
    spent, exact = _timed(lambda: moments_of(Assessor(model)), 3)
    assert isinstance(exact, Moments)
    found = [
        Row("assess", "mean, sd and indices of 11 inputs", "", Spread.exactly(1000 * spent), "ms")
    ]
    alone, _ = _timed(lambda: moments_of(Assessor(model), only_mean=True), 3)
    found += _simulated(exact, alone)
    found += _sampled(model, exact, spent)
    return found


def _timed(work: Callable[[], Any], times: int) -> tuple[float, Any]:
    best, result = float("inf"), None
    for _ in range(times):
        began = time.perf_counter()
        result = work()
        best = min(best, time.perf_counter() - began)
    return best, result


def _simulated(exact: Moments, spent: float) -> list[Row]:
    what, against = f"mean, to a standard error of {ERROR:g}", "squigglepy"
    if find_spec("squigglepy") is None:
        return [Row("assess", what, against, None, note="not installed")]
    import squigglepy as sq

    def normal(mean: float = 0.0, sd: float = 1.0) -> Any:
        return np.asarray(sq.sample(sq.norm(mean=mean, sd=sd), n=DRAWS))

    def simulate() -> float:
        low, high = special.logit(0.05), special.logit(0.5)
        sd = (high - low) / (2 * special.ndtri(0.95))
        rho = special.expit(normal(0.0, 2 * special.logit(0.8) / (2 * special.ndtri(0.95))))
        shock, done = normal(), np.ones(DRAWS, dtype=bool)
        spent_ = np.zeros(DRAWS)
        for level in LEVELS:
            q = special.expit(normal((low + high) / 2, sd))
            people = 5 if level == "body" else 1
            willing = sum(
                (np.sqrt(rho) * shock + np.sqrt(1 - rho) * normal() <= special.ndtri(1 - q)).astype(
                    int
                )
                for _ in range(people)
            )
            done &= willing >= (4 if people > 1 else 1)
            median = np.asarray(sq.sample(sq.lognorm(60, 480, credibility=90), n=DRAWS))
            spent_ += median * np.exp(0.5 * normal())
        return float(np.mean(done & (spent_ <= 1800)))

    took, mean = _timed(simulate, 1)
    se = (mean * (1 - mean) / DRAWS) ** 0.5
    needed = took * (se / ERROR) ** 2
    note = f"it found {mean:.4f} ± {se:.4f}, exact {exact.mean:.6f}; {needed:.0f} s for the error"
    return [
        Row(
            "assess", what, against, Spread.exactly(needed / spent), "x faster", at_least(100), note
        )
    ]


def _sampled(model: Model, exact: Moments, spent: float) -> list[Row]:
    assessor = Assessor(model)

    def outcomes(u: Any) -> Any:
        z = special.ndtri(np.clip(np.asarray(u), 1e-12, 1 - 1e-12))
        values = np.stack(
            [at_score(one.number, z[:, at]) for at, one in enumerate(model.inputs)], 1
        )
        return assessor.at(values, 1e-8).carried_out

    return [_salib(outcomes, model, exact, spent), _openturns(outcomes, model, exact, spent)]


def _salib(outcomes: Any, model: Model, exact: Moments, spent: float) -> Row:
    what, against = "all indices, exactly, against sampling them", "SALib"
    if find_spec("SALib") is None:
        return Row("assess", what, against, None, note="not installed")
    from SALib.analyze import sobol as analyze
    from SALib.sample import sobol as sample

    names = [one.name for one in model.inputs]
    problem = {"num_vars": len(names), "names": names, "bounds": [[0, 1]] * len(names)}

    def indices() -> Any:
        u = sample.sample(problem, BASE, calc_second_order=False, seed=1)
        return analyze.analyze(problem, outcomes(u), calc_second_order=False, seed=1)

    took, found = _timed(indices, 1)
    worst = max(abs(a - b[0]) for a, b in zip(found["S1"], exact.indices, strict=True))
    note = f"its first indices are off by up to {worst:.3f}, half-widths to {max(found['S1_conf']):.3f}"  # noqa: E501
    return Row("assess", what, against, Spread.exactly(spent / took), "x", at_most(1), note)


def _openturns(outcomes: Any, model: Model, exact: Moments, spent: float) -> Row:
    what, against = "all indices, exactly, against sampling them", "OpenTURNS"
    if find_spec("openturns") is None:
        return Row("assess", what, against, None, note="not installed")
    import openturns as ot

    size = len(model.inputs)
    joint = ot.JointDistribution([ot.Uniform(0, 1)] * size)
    function = ot.PythonFunction(size, 1, func_sample=lambda u: outcomes(u)[:, None].tolist())

    def indices() -> Any:
        ot.RandomGenerator.SetSeed(1)
        experiment = ot.SobolIndicesExperiment(joint, BASE, False).generate()
        return ot.SaltelliSensitivityAlgorithm(
            experiment, function(experiment), BASE
        ).getFirstOrderIndices()

    took, found = _timed(indices, 1)
    worst = max(abs(a - b[0]) for a, b in zip(found, exact.indices, strict=True))
    note = f"its first indices are off by up to {worst:.3f}"
    return Row("assess", what, against, Spread.exactly(spent / took), "x", at_most(1), note)
