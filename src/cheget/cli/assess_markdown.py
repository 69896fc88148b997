"""``cheget assess --markdown``: the brief's sentences, for a page or a code review."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cheget.assessment.words import likelihood
from cheget.cli.differences import escaped
from cheget.report.briefing import Briefing, briefing, told
from cheget.report.findings import (
    Findings,
    always_never,
    both_sentence,
    conditional,
    named,
    spread_of,
)
from cheget.report.forecasts import THEIRS

PEOPLE = 4  # named in a cell


def written(findings: Sequence[Findings]) -> str:
    """The text: the answers side by side where there are several, then each."""
    lines = [] if len(findings) == 1 else list(_side_by_side(findings))
    for one in findings:
        lines += _one(briefing(one))
    return "\n".join(lines).rstrip() + "\n"


def _side_by_side(findings: Sequence[Findings]) -> Iterator[str]:
    found = [one.found for one in findings]
    yield "# Carried out, given that it is ordered"
    yield ""
    for right, wrong in always_never(found):
        yield f"**{both_sentence(right, wrong)}**"
        yield ""
    yield "| | answer | 90 % range |"
    yield "| --- | --- | --- |"
    for one in found:
        ranged = spread_of(one.quantile(0.05), one.quantile(0.95)) if one.model.inputs else ""
        yield f"| {_plain(named(one))} | {_plain(likelihood(one.mean.value))} | {_plain(ranged)} |"
    yield ""
    yield conditional()
    yield ""


def _one(brief: Briefing) -> Iterator[str]:
    yield f"# {_plain(brief.answer)}"
    yield ""
    yield _plain(brief.question)
    yield ""
    yield f"Odds: {_plain(brief.odds)}."
    yield ""
    for line in brief.sure:
        yield _plain(line)
        yield ""
    drivers = [f"{name}: {text}." for name, text in brief.drivers]
    for title, items in (
        ("What drives it", drivers), ("What would change it", brief.changes),
        ("Where it stops", brief.stops), ("Who dissents", _dissents(brief)),
    ):  # fmt: skip
        yield from _list(title, items)
    yield "## As stated"
    yield ""
    yield "| number | as stated | who holds it | from |"
    yield "| --- | --- | --- | --- |"
    for row in brief.stated:
        more = f" and {len(row.people) - PEOPLE} more" if len(row.people) > PEOPLE else ""
        who = ", ".join(row.people[:PEOPLE]) + more
        cells = (row.of, row.text, who, row.source)
        yield f"| {' | '.join(_plain(cell) for cell in cells)} |"
    yield ""
    for number, source in enumerate(brief.sources, 1):
        yield f"{number}. {_plain(source)}"
    if brief.sources:
        yield ""
    yield from _list(THEIRS[0].upper() + THEIRS[1:], brief.implied)
    yield from _list("Limits", brief.limits)


def _dissents(brief: Briefing) -> list[str]:
    return [
        f"{one.name}: {one.answer}. {'. '.join(told(each) for each in one.differs)}"
        for one in brief.dissents
    ]


def _list(title: str, items: Sequence[str]) -> Iterator[str]:
    if items:
        yield f"## {title}"
        yield ""
        for item in items:
            yield f"- {_plain(item)}"
        yield ""


def _plain(text: str) -> str:
    """Text in which nothing is markup, on one line."""
    return escaped(" ".join(text.split()))
