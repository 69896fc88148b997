"""An assessment for somebody with two pages' time: its sentences, as text that nobody styled yet.

The printed brief and the Markdown are both made of these.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cheget.assessment.dissent import Difference, differences
from cheget.assessment.words import likelihood, percent, wager
from cheget.report.assess_charts import changing, verdict
from cheget.report.assess_tables import further
from cheget.report.findings import (
    HALF,
    NOTHING,
    Assumption,
    Findings,
    assumptions,
    conditional,
    even_sentence,
    expectation,
    given,
    how_sure,
    otherwise,
    source_text,
    what,
)
from cheget.report.forecasts import implied

if TYPE_CHECKING:
    from cheget.assessment.answer import Assessment

DRIVERS = 3


@dataclass(frozen=True)
class Stated:
    """A number as stated: of whom, who holds it, and its source's number or ``judgment``."""

    of: str
    text: str
    people: tuple[str, ...]
    source: str


@dataclass(frozen=True)
class Dissent:
    """Other beliefs about the same chain: their answer, and where they differ."""

    name: str
    answer: str
    differs: tuple[Difference, ...]


@dataclass(frozen=True)
class Briefing:
    """What is told of one assessment."""

    question: str
    answer: str  # in words and a figure
    odds: str
    sure: tuple[str, ...]
    drivers: tuple[tuple[str, str], ...]
    changes: tuple[str, ...]
    stops: tuple[str, ...]
    dissents: tuple[Dissent, ...]
    stated: tuple[Stated, ...]
    sources: tuple[str, ...]
    implied: tuple[str, ...]
    limits: tuple[str, ...]


def briefing(known: Findings, others: Sequence[Findings] = ()) -> Briefing:
    """What is told of an assessment, beside others that dissent from it."""
    found = known.found
    rows = [*assumptions(found), *further(found)]
    keys = _keys(found, rows)
    return Briefing(
        question(found),
        verdict(found.mean.value),
        wager(found.mean.value),
        tuple(line for line in (*how_sure(found), expectation(found)) if line),
        tuple((bar.name, driver(known, bar.name)) for bar in known.bars[:DRIVERS]),
        tuple(changes(known)),
        tuple(stops(found)),
        tuple(_dissent(found, one.found) for one in others),
        tuple(_stated(row, keys) for row in rows),
        tuple(source_text(found, key) for key in keys),
        tuple(forecast_lines(found)),
        tuple(_limits(found, rows)),
    )


def question(found: Assessment) -> str:
    """What is asked, and on which beliefs."""
    where = f", {found.situation}" if found.situation else ""
    return (f"{found.chain.title}: would {what(found)} be carried out, {given(found)}? "
            f"On the beliefs {found.beliefs.id}{where}.")  # fmt: skip


def driver(known: Findings, name: str) -> str:
    """How far one number moves the answer."""
    bar = next(one for one in known.bars if one.name == name)
    total = next(one.total.value for one in known.found.inputs if one.name == name)
    text = known.found.input(name).belief.text
    return (f"{percent(bar.low)} to {percent(bar.high)} over its range, {text} "
            f"({100 * total:.0f} % of the doubt)")  # fmt: skip


def changes(known: Findings) -> Iterator[str]:
    """The break-even, what turns the verdict, and what moves it most either way."""
    mean = known.found.mean.value
    yield even_sentence(known.even, mean)
    turned = [one for one in known.alternatives if (one.mean < HALF) != (mean < HALF)]
    if not turned:
        yield "One thing otherwise at a time, nothing that was tried turns it."
    for one in turned[:DRIVERS]:
        yield f"{_capital(otherwise(one))}: {likelihood(one.mean)}."
    rest = [one for one in changing(known) if one not in turned[:DRIVERS]]
    if rest:
        for one in {min(rest, key=lambda one: one.mean): 0, max(rest, key=lambda one: one.mean): 0}:
            yield f"{_capital(otherwise(one))}: {percent(one.mean)}."


def stops(found: Assessment) -> Iterator[str]:
    """By what it ends, and where most often."""
    stopped = sum(one.stopped.value for one in found.steps)
    expired = sum(one.expired.value for one in found.steps)
    if stopped > NOTHING:
        yield f"Refusals stop it: {percent(stopped)}."
    if expired > NOTHING:
        yield f"It expires, unanswered: {percent(expired)}."
    ranked = sorted(found.steps, key=lambda one: -one.stopped.value - one.expired.value)
    for one in ranked[:DRIVERS]:
        if one.stopped.value + one.expired.value > NOTHING:
            yield f"At {one.level}: {percent(one.stopped.value + one.expired.value)}."


def told(difference: Difference) -> str:
    """A difference in a line, and what it alone would make of our answer."""
    alone = "" if difference.alone is None else f"; with that alone {percent(difference.alone)}"
    return f"{difference.what}: {difference.theirs}, here {difference.ours}{alone}"


def forecast_lines(found: Assessment) -> Iterator[str]:
    """What published forecasts imply beside the answer, a sentence each; mostly none."""
    for row in implied(found):
        one = row.forecast
        yield (f"{one.who}, {one.where}, {one.date}: {one.of}, within {one.within}: "
               f"{one.figure}; {row.sentence}.")  # fmt: skip


def _dissent(ours: Assessment, theirs: Assessment) -> Dissent:
    """Where others differ; of another chain or action nothing can be said beside the answer."""
    differs: tuple[Difference, ...] = ()
    if (ours.chain, ours.beliefs.action) == (theirs.chain, theirs.beliefs.action):
        differs = differences(ours.chain, ours.beliefs, theirs.beliefs, ours.situation)
    return Dissent(theirs.beliefs.id, verdict(theirs.mean.value), differs)


def _keys(found: Assessment, rows: Sequence[Assumption]) -> list[str]:
    """The sources in the order in which numbers cite them, then those that none does."""
    cited = [row.source for row in rows if row.source]
    return list(dict.fromkeys([*cited, *found.beliefs.sources]))


def _stated(row: Assumption, keys: Sequence[str]) -> Stated:
    source = f"[{keys.index(row.source) + 1}]" if row.source else "judgment"
    return Stated(f"{row.of} {row.what}".strip(), row.text, row.people, source)


def _limits(found: Assessment, rows: Sequence[Assumption]) -> Iterator[str]:
    """What the answer doesn't know, or leaves out."""
    yield conditional()
    judged = sum(not row.source for row in rows)
    if judged:
        yield f"{judged} of its {len(rows)} numbers are judgment."
    if found.mean.method == "sampled":
        yield f"It was sampled: ± {100 * found.mean.se:.2g} points."
    if found.beliefs.replace:
        yield "Successors are found at once, and are as ready to refuse as those they follow."
    if found.model.originator:
        yield f"{found.model.originator} orders it with certainty: how likely that is isn't asked."
    if not found.beliefs.delays:
        yield "No time that answers take is stated."
    yield "Nobody is removed, deceived or persuaded but as the beliefs say."


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
