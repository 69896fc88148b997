"""An assessment as JSON: ``spec/json/assess.schema.json`` says what each key means."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cheget.assessment.words import odds, phrase
from cheget.report import forecasts
from cheget.report.wording import CONDITIONAL

if TYPE_CHECKING:
    from cheget.assessment.answer import Assessment
    from cheget.assessment.importance import Blame
    from cheget.assessment.uncertainty import Estimate
    from cheget.report.findings import Findings


def as_value(known: Findings, *, everything: bool = False) -> dict[str, Any]:
    """An assessment as JSON; ``everything``: what would change it, and whose mind matters, too."""
    value = _answer(known.found)
    if everything:
        value["change"] = _change(known)
    return value


def _answer(found: Assessment) -> dict[str, Any]:
    mean = found.mean.value
    return {
        "chain": found.chain.id,
        "beliefs": found.beliefs.id,
        "situation": found.situation or None,
        "given": "that it is ordered" if found.model.originator else "that nobody has ordered yet",
        "carried_out": {
            **_estimate(found.mean),
            "sd": found.sd.value,
            "sd_se": found.sd.se,
            "quantiles": {f"{q:.2f}": value.value for q, value in found.quantiles},
            "below_half": found.below_half.value,
            "below_half_se": found.below_half.se,
            "at_medians": found.at_medians,
            "phrase": phrase(mean),
            "odds": odds(mean),
        },
        "stopped": [{"level": one.level, **_estimate(one.stopped)} for one in found.steps],
        "expired": [{"level": one.level, **_estimate(one.expired)} for one in found.steps],
        "inputs": [
            {
                "name": one.name,
                "first": one.first.value,
                "first_se": one.first.se,
                "total": one.total.value,
                "total_se": one.total.se,
                "method": one.first.method,
                "text": found.input(one.name).belief.text,
                "source": found.input(one.name).belief.source or None,
            }
            for one in found.inputs
        ],
        "expect": None if found.expected is None else {
            "text": found.expected.text,
            "probability": found.expected.probability.value,
            "se": found.expected.probability.se,
            "verdict": found.expected.verdict,
            "mean": found.expected.mean,
        },
        "assumptions": [
            {
                "person": row.person, "state": row.state, "text": row.text, "said_of": row.said_of,
                "situation": row.situation or None, "source": row.source or None,
            }
            for row in found.table
        ],
        "forecasts": forecasts.as_value(found),
        "conditional": CONDITIONAL,
    }  # fmt: skip


def _change(known: Findings) -> dict[str, Any]:
    """What would change it."""
    return {
        "break_even": {"refuses": known.even, "probability": 0.5},
        "tornado": [
            {"name": one.name, "low": one.low, "high": one.high, "method": one.method,
             "se": one.se} for one in known.bars
        ],
        "otherwise": [
            {"what": one.what, "of": one.of, "mean": one.mean, "method": one.method,
             "se": one.se} for one in known.alternatives
        ],
        "on_the_way": [
            {"level": one.level, "remaining": _estimate(one.remaining),
             "stops": _estimate(one.refuses)} for one in known.passages
        ],
        "importance": [
            {
                "person": one.person, "birnbaum": one.birnbaum,
                "reduction_worth": None if math.isinf(one.reduction) else one.reduction,
                "achievement_worth": None if math.isinf(one.achievement) else one.achievement,
                "fussell_vesely": one.fussell_vesely,
                "fussell_vesely_by_sets": known.by_sets.get(one.person),
                "refused": _part(known.blame(one.person), lambda part: part.refused),
                "alone": _part(known.blame(one.person), lambda part: part.alone),
                "method": one.method, "se": one.se,
            }
            for one in known.people
        ],
    }  # fmt: skip


def _part(blame: Blame | None, of: Callable[[Blame], float]) -> float | None:
    return None if blame is None else of(blame)


def _estimate(found: Estimate) -> dict[str, Any]:
    return {"mean": found.value, "se": found.se, "method": found.method}
