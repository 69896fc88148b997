"""``cheget assess --report`` and ``--svg``: an assessment as a page of its own, and drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from cheget.assessment.design import designs, least_erring
from cheget.assessment.fan import Released, released
from cheget.assessment.landscape import Landscape, landscape
from cheget.assessment.model import model_of
from cheget.errors import AssessmentError
from cheget.picture.chart import STYLE as CHARTS
from cheget.picture.chart import Chart, drawing, figure
from cheget.picture.explore import SCRIPT, explore
from cheget.picture.explore import STYLE as SLIDERS
from cheget.picture.markup import tag
from cheget.picture.page import STYLE, card, page
from cheget.picture.tables import STYLE as TABLES
from cheget.picture.tables import folded, table
from cheget.report.assess_charts import (
    Pair,
    changing,
    comparison_chart,
    ends_chart,
    fan_chart,
    grid_of,
    heat_chart,
    plane_chart,
    range_title,
    shares_chart,
    spread_chart,
    told_apart,
    tornado_chart,
    verdict,
    what_if_chart,
)
from cheget.report.assess_tables import every_number, grid_table, people_tables, stated_tables
from cheget.report.briefing import DRIVERS, changes, driver, forecast_lines, question, stops
from cheget.report.findings import (
    Findings,
    always_never,
    both_sentence,
    conditional,
    expectation,
    how_sure,
    named,
    way,
)
from cheget.report.forecasts import THEIRS
from cheget.report.looks import FIGURES

if TYPE_CHECKING:
    from cheget.assessment.answer import Assessment
    from cheget.assessment.design import Design
    from cheget.assessment.uncertainty import Progress

DESIGNED = 4  # people at a level, at most, in the designs drawn
LOOK = STYLE + CHARTS + TABLES + SLIDERS + FIGURES + (
    "header .soft{margin:0 0 6px}header{max-width:none}header p{max-width:860px}"
    ".part>.brief{margin-top:14px}ol{margin:0;padding:0 0 0 20px}"
    "details{border-top:1px solid var(--line);padding:10px 0}summary{cursor:pointer}"
    "details[open] summary{margin-bottom:8px}"
    "@media(max-width:780px){.card{padding:14px 18px}}"
    "@media print{details::details-content{content-visibility:visible;height:auto}"
    "summary{list-style:none}}"
)  # fmt: skip


@dataclass(frozen=True)
class Told:
    """An assessment with what only pictures need; None where that isn't defined."""

    findings: Findings
    land: Landscape | None
    released: Released | None

    @property
    def found(self) -> Assessment:
        """The assessment."""
        return self.findings.found


def prepared(findings: Sequence[Findings], progress: Progress) -> list[Told]:
    """Compute what the pictures need."""
    return [Told(one, _land(one.found, progress), released(one.found.study)) for one in findings]


def _land(found: Assessment, progress: Progress) -> Landscape | None:
    try:
        return landscape(found.chain, found.beliefs, found.situation, progress=progress)
    except AssessmentError:
        return None


def svg(found: Sequence[Assessment]) -> str:
    """The screen's charts as a file: where it ends and how sure, or the answers side by side."""
    first = found[0]
    if len(found) > 1:
        return drawing("Would it be carried out, given that it is ordered?", conditional(),
                       [comparison_chart(found)])  # fmt: skip
    said = f"{question(first)} {' '.join(how_sure(first)[:1])} {conditional()}"
    return drawing(verdict(first.mean.value), said, [ends_chart(first), spread_chart(first)])


def report(told: Sequence[Told]) -> str:
    """The page."""
    found = [one.found for one in told]
    pairs = [Pair(right, wrong, _designs(right, wrong)) for right, wrong in always_never(found)]
    body = [_page_of(told[0])] if len(told) == 1 else _comparison(told, pairs)
    names = ", ".join(dict.fromkeys(one.chain.title for one in found))
    return page(
        f"{names}: would it be carried out?", *map(_unbroken, (*body, _notes())),
        tag("footer", text=f"cheget assess. {conditional()} Every number says whether it is exact,"
            " by quadrature, or sampled."),
        style=LOOK, script=SCRIPT if any(one.land for one in told) else "",
    )  # fmt: skip


@dataclass(frozen=True)
class Shown:
    """An assessment for a page of others: sentences as text, the rest as markup."""

    question: str
    verdict: str
    said: Sequence[str]
    conditional: str
    brief: str
    figures: str


def shown(found: Assessment) -> Shown:
    """What a page of a house shows of it; the page of its own has all."""
    known = Findings(found)
    pictures = _figures(Told(known, None, None))
    return Shown(
        question(found), verdict(found.mean.value),
        [line for line in (*how_sure(found), expectation(found)) if line], conditional(),
        _unbroken("".join(_brief(known))), _unbroken("".join(pictures)),
    )  # fmt: skip


def _unbroken(markup: str) -> str:
    """A figure stays with its percent sign."""
    return markup.replace(" %", "\N{NO-BREAK SPACE}%")


def _designs(right: Assessment, wrong: Assessment) -> tuple[Design, ...]:
    """What the chain's levels could be instead, where that is defined."""
    try:
        models = (model_of(one.chain, one.beliefs, one.situation) for one in (right, wrong))
        return tuple(
            one for one in least_erring(designs(*models, most=DESIGNED).front) if one.people
        )
    except AssessmentError:
        return ()


def _page_of(one: Told) -> str:
    """One assessment."""
    found = one.found
    head = [tag("p", text=question(found), class_="soft"),
            tag("h1", text=f"{verdict(found.mean.value)}."), *_said(found),
            tag("p", text=conditional(), class_="soft")]  # fmt: skip
    return tag("header", *head) + _body(one)


def _said(found: Assessment) -> Iterator[str]:
    for line in (*how_sure(found), expectation(found)):
        if line:
            yield tag("p", text=line)


def _comparison(told: Sequence[Told], pairs: Sequence[Pair]) -> list[str]:
    """Several assessments: the answers side by side, then each."""
    found = [one.found for one in told]
    title = both_sentence(pairs[0].right, pairs[0].wrong) if len(pairs) == 1 else ""
    questions = list(dict.fromkeys(question(one) for one in found))
    head = [tag("p", text=questions[0] if len(questions) == 1 else
                "Would it be carried out, given that it is ordered?", class_="soft"),
            tag("h1", text=title or f"{range_title(found)}."),
            tag("p", text=conditional(), class_="soft")]  # fmt: skip
    pictures = [figure(lambda across: comparison_chart(found, across), _how(_means(found)))]
    if pairs:
        note = "Open: chains of the same levels, without crews, deputies or deadlines."
        pictures.append(figure(lambda across: plane_chart(pairs, across),
                               _how(note if pairs[0].designs else _means(found))))  # fmt: skip
    pictures.append(card("What was expected", _expected(found)))
    parts = [
        tag("section", tag("h2", text=named(one.found)),
            tag("p", text=f"{verdict(one.found.mean.value)}."), *_said(one.found),
            _body(one), class_="part")
        for one in told
    ]  # fmt: skip
    return [tag("header", *head), tag("div", *pictures, class_="figures"), *parts]


def _expected(found: Sequence[Assessment]) -> str:
    """What became of each expectation; empty where there are none."""
    items = [
        tag("li", tag("b", text=f"{name}: "), tag("span", text=expectation(one)))
        for one, name in zip(found, told_apart(found), strict=True) if one.expected is not None
    ]  # fmt: skip
    return tag("ul", *items) if items else ""


def _means(found: Sequence[Assessment]) -> str:
    return f"Means: {', '.join(dict.fromkeys(one.mean.method for one in found))}."


def _body(one: Told) -> str:
    known, found = one.findings, one.found
    return "".join([
        tag("div", *_brief(known), class_="brief"),
        tag("div", *_figures(one), class_="figures"),
        tag("section", tag("h2", text="Whose mind matters most"), *people_tables(known),
            class_="part"),
        tag("section", tag("h2", text="Who got which number from where"), *stated_tables(found),
            class_="part"),
        *_published(found),
        folded("Every number, and how it was got", every_number(found)),
    ])  # fmt: skip


def _published(found: Assessment) -> Iterator[str]:
    """Forecasts of others, and what they imply."""
    lines = list(forecast_lines(found))
    if lines:
        yield tag("section", tag("h2", text=THEIRS[0].upper() + THEIRS[1:]),
                  tag("ul", *(tag("li", text=line) for line in lines)), class_="part")  # fmt: skip


def _brief(known: Findings) -> Iterator[str]:
    found = known.found
    if known.bars:
        items = [
            tag("li", tag("b", text=bar.name), tag("span", text=f": {driver(known, bar.name)}."))
            for bar in known.bars[:DRIVERS]
        ]
        title = {1: "What drives it", 2: "Two drivers"}.get(len(items), "Three drivers")
        yield card(title, tag("ol", *items))
    yield card("What would change it", tag("ul", *(tag("li", text=one) for one in changes(known))))
    yield card("Where it stops", tag("ul", *(tag("li", text=one) for one in stops(found))))


def _figures(one: Told) -> Iterator[str]:
    found, known = one.found, one.findings
    yield figure(lambda across: ends_chart(found, across), _how(f"By {way(found.mean.method)}."))
    yield figure(lambda across: spread_chart(found, across), _how(_spread_how(found)))
    by = f"By {way(known.alternatives[0].method)}." if known.alternatives else ""
    if known.bars:
        yield figure(lambda across: tornado_chart(known, across), _how(by))
        yield figure(lambda across: shares_chart(found, across), _how(_shares_how(found)))
    if one.land is not None:
        yield _heat(one, one.land)
    if one.released is not None:
        curves = one.released
        yield figure(
            lambda across: fan_chart(found, curves, across),
            _how(
                "Delays by convolution, beliefs "
                + ("drawn as Sobol points." if found.model.inputs else "certain.")
            ),
        )
    if changing(known):
        yield figure(lambda across: what_if_chart(known, across), _how(by))


def _heat(one: Told, land: Landscape) -> str:
    grid = grid_of(land)
    first = land.stated[0] if land.stated else None
    sliders = explore(grid, first.refuses if first else 0.2, first.correlation if first else 0.0)
    note = f"{len(land.refuses)} by {len(land.correlations)} cells by {way(land.method)}; "
    note += "everybody alike, all else as stated. Diamonds: medians as stated."

    def draw(across: int) -> Chart:
        return heat_chart(one.findings, grid, across)

    return figure(draw, sliders, grid_table(land), _how(note))


def _how(text: str) -> str:
    return tag("p", text=text, class_="how")


def _spread_how(found: Assessment) -> str:
    if not found.model.inputs:
        return f"By {way(found.mean.method)}."
    drawn = found.study.samples * found.study.repeats
    below = found.below_half
    how = f" ± {100 * below.se:.2g} points" if below.se > 0 else ""
    return (f"Mean by {way(found.mean.method)}; the area is {drawn:,} Sobol points; "
            f"the share below one half by {way(below.method)}{how}.")  # fmt: skip


def _shares_how(found: Assessment) -> str:
    worst = max(one.total.se for one in found.inputs)
    how = f" ± {100 * worst:.2g} points or less" if worst > 0 else ""
    ways = [each for each, _ in groupby(sorted(one.total.method for one in found.inputs))]
    return f"Sobol indices by {' and '.join(way(each) for each in ways)}{how}."


def _notes() -> str:
    rows = [
        ("Birnbaum", "P⁺ - P⁻", "how many points concurring or refusing moves it by"),
        ("risk reduction worth", "(1 - P) / (1 - P⁺)", "how many times rarer not carried out gets"),
        ("risk achievement worth", "(1 - P⁻) / (1 - P)", "how many times more frequent it gets"),
        (
            "Fussell\N{EN DASH}Vesely, by reduction",
            "1 - (1 - P⁺) / (1 - P)",
            "the share that hangs on them",
        ),
        (
            "refused",
            "P(stopped at their level, they among the refusers)",
            "several may refuse at once",
        ),
        ("alone", "P(stopped, and not had they alone concurred)", "they and nobody else"),
    ]
    return folded(
        "How importance is measured",
        tag("p", text="Somebody is forced to concur (P⁺) or to refuse (P⁻), the shock and everybody"
            " else left alone; P is as stated. All of the event that it is not carried out. With"
            " uncertain numbers, ratios of means."),
        table(("measure", "formula", "says"), rows),
    )  # fmt: skip
