"""``cheget assess --csv``: every number of an assessment, a row each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from cheget.report.cells import Cell, table
from cheget.report.findings import Findings, named
from cheget.report.forecasts import implied

if TYPE_CHECKING:
    from cheget.assessment.answer import Assessment
    from cheget.assessment.uncertainty import Estimate

HEADS = ("case", "chain", "beliefs", "situation", "quantity", "of", "value", "se", "method")
Row = tuple[str, str, float | None, float | None, str]  # quantity, of, value, se, method


def written(findings: Iterable[Findings]) -> str:
    """The table: one row a number, in the columns that ``docs/assessment.md`` names."""
    return table(HEADS, [line for one in findings for line in _lines(one)])


def _lines(known: Findings) -> Iterator[tuple[Cell, ...]]:
    found = known.found
    case = (named(found), found.chain.id, found.beliefs.id, found.situation)
    for row in (*_answer(found), *_further(known)):
        yield (*case, *row)


def _told(quantity: str, of: str, one: Estimate) -> Row:
    return quantity, of, one.value, one.se, one.method


def _answer(found: Assessment) -> Iterator[Row]:
    """What was estimated."""
    yield _told("carried out", "", found.mean)
    yield _told("standard deviation", "", found.sd)
    for q, value in found.quantiles:
        yield _told(f"quantile {q:.2f}", "", value)
    yield _told("below one half", "", found.below_half)
    way = "exact" if found.mean.method == "exact" else "quadrature"
    yield "at the medians", "", found.at_medians, 0.0, way
    for step in found.steps:
        yield _told("stopped", step.level, step.stopped)
        yield _told("expired", step.level, step.expired)
    for one in found.inputs:
        yield _told("Sobol first", one.name, one.first)
        yield _told("Sobol total", one.name, one.total)
    if found.expected is not None:
        yield _told("expectation true", found.expected.text, found.expected.probability)


def _further(known: Findings) -> Iterator[Row]:
    """What would change it, and whose answer matters."""
    asked = known.found.study.asked
    yield "break-even refusal", "everyone", known.even, None, asked
    for bar in known.bars:
        yield "at its 5 % point", bar.name, bar.low, bar.se, bar.method
        yield "at its 95 % point", bar.name, bar.high, bar.se, bar.method
    for other in known.alternatives:
        yield f"if {other.what}", other.of, other.mean, other.se, other.method
    for step in known.passages:
        yield _told("remaining once concurred", step.level, step.remaining)
        yield _told("stops once asked", step.level, step.refuses)
    for one in known.people:
        yield "Birnbaum", one.person, one.birnbaum, one.se, one.method
        for quantity, value in (
            ("risk reduction worth", one.reduction), ("risk achievement worth", one.achievement),
            ("Fussell-Vesely by reduction", one.fussell_vesely),
            ("Fussell-Vesely by sets", known.by_sets.get(one.person)),
        ):  # fmt: skip
            if value is not None:
                yield quantity, one.person, value, None, one.method
        part = known.blame(one.person)
        if part is not None:
            yield "among refusers", one.person, part.refused, None, one.method
            yield "alone", one.person, part.alone, None, one.method
    for row in implied(known.found):
        yield "published forecast", row.forecast.id, row.forecast.value, None, "published"
        yield "order it implies", row.forecast.id, row.implied, None, asked
