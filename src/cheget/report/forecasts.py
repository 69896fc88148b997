"""The published forecasts that come with cheget, beside an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cheget.report.library import FOLDER

if TYPE_CHECKING:
    from cheget.assessment.answer import Assessment
    from cheget.assessment.forecasts import Consistency

FORECASTS = FOLDER / "forecasts"
THEIRS = "published forecasts, theirs and not ours"


def implied(found: Assessment) -> tuple[Consistency, ...]:
    """What published forecasts about this chain's action imply beside the answer; mostly none."""
    from cheget.assessment.forecasts import consistency, parse_forecasts

    path = FORECASTS / f"{found.chain.id}.yaml"
    if not path.is_file() or found.situation or not found.model.originator:
        return ()
    published = parse_forecasts(path.read_bytes())
    if published.action != found.beliefs.action:
        return ()
    return consistency(found.mean.value, published.published)


def as_value(found: Assessment) -> list[dict[str, Any]]:
    """The same as JSON."""
    return [
        {
            "forecast": row.forecast.id, "who": row.forecast.who, "where": row.forecast.where,
            "date": row.forecast.date, "of": row.forecast.of, "within": row.forecast.within,
            "probability": row.forecast.value,
            "implied": row.implied if row.mean > 0 else None, "verdict": row.verdict,
        }
        for row in implied(found)
    ]  # fmt: skip
