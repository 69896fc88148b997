"""The printed brief: an assessment on two A4 pages, and no more whatever the chain."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from cheget.cli.assess_charts import (
    comparison_chart,
    ends_chart,
    grid_of,
    heat_chart,
    spread_chart,
    what_if_chart,
)
from cheget.cli.briefing import Briefing, Stated, briefing, told
from cheget.cli.findings import (
    NOTHING,
    Findings,
    always_never,
    both_sentence,
    conditional,
    figure,
    matters,
)
from cheget.cli.forecasts import THEIRS
from cheget.picture.chart import STYLE as CHARTS
from cheget.picture.chart import Chart, inline
from cheget.picture.markup import SANS, colours, tag
from cheget.picture.page import page
from cheget.picture.rows import End, Swing, ends, tornado
from cheget.picture.tables import table

if TYPE_CHECKING:
    from cheget.assessment.answer import Assessment
    from cheget.assessment.landscape import Landscape

COLUMN = 334  # pixels of a chart in one of two columns
LEVELS, BARS, OTHERS, PEOPLE = 6, 4, 3, 3  # rows of charts, at most
ROWS, SOURCES, IMPLIED, DIFFERS, NAMES = 11, 7, 3, 3, 3  # of the tables and lists
LETTERS = 150  # of an item of a list
STYLE = (
    colours(":root") + CHARTS
    + "@page{size:A4;margin:10mm 12mm}*{box-sizing:border-box}"
    f"html{{font:12px/1.38 {SANS};color:var(--ink);background:var(--paper);"
    "-webkit-text-size-adjust:100%;font-variant-numeric:tabular-nums}"
    "body{margin:0 auto;padding:32px 16px;max-width:738px}"
    "h1{font-size:27px;line-height:1.15;font-weight:700;margin:2px 0 4px;letter-spacing:-.01em}"
    "h1.both{font-size:24px}h1 span{font-weight:400;font-size:17px;letter-spacing:0}"
    "h2{font-size:14px;line-height:1.25;font-weight:650;margin:10px 0 4px}"
    "h2:first-child{margin-top:0}"
    "h3{font-size:12px;font-weight:650;margin:6px 0 1px}"
    "p{margin:0 0 3px}.soft{color:var(--soft)}ul,ol{margin:0;padding:0 0 0 15px}ul{list-style:none;"
    "padding:0}li{margin:0 0 3px;overflow-wrap:anywhere}"
    ".sheet+.sheet{break-before:page;margin-top:40px;padding-top:24px;"
    "border-top:1px solid var(--line)}"
    ".three,.two{display:grid;gap:10px 18px;border-top:1px solid var(--line);padding:8px 0 0;"
    "margin:8px 0 0}.three{grid-template-columns:repeat(3,minmax(0,1fr))}"
    ".two{grid-template-columns:repeat(2,minmax(0,1fr))}"
    "figure{margin:0 0 10px;break-inside:avoid}figcaption p{font-size:11px;line-height:1.3;"
    "margin:0 0 5px}svg.chart{display:block;max-width:100%;height:auto;--ground:var(--paper)}"
    "table{border-collapse:collapse;width:100%;font-size:11px;line-height:1.3}"
    "th{font-weight:400;color:var(--soft);text-align:left}"
    "th,td{padding:2px 8px 2px 0;border-bottom:1px solid var(--line);vertical-align:top;"
    "overflow-wrap:anywhere}td:last-child{white-space:nowrap;padding-right:0}"
    ".small{font-size:11px}"
    "footer{border-top:1px solid var(--line);margin:8px 0 0;padding:5px 0 0;font-weight:650}"
    "@media(max-width:700px){.three,.two{grid-template-columns:minmax(0,1fr)}}"
    "@media print{body{max-width:none;padding:0}.sheet+.sheet{margin:0;padding:0;border:0}"
    ".three{grid-template-columns:repeat(3,minmax(0,1fr))}"
    ".two{grid-template-columns:repeat(2,minmax(0,1fr))}}"
)  # fmt: skip


def brief(known: Findings, others: Sequence[Findings], land: Landscape | None) -> str:
    """The file. ``others`` dissent, or are the same beliefs in other situations."""
    said = briefing(known, [one for one in others if one.found.beliefs != known.found.beliefs])
    sheets = [
        tag("section", *inner, class_="sheet")
        for inner in (_first(known, others, said), _second(known, others, said, land))
    ]
    title = f"{known.found.chain.title}: a brief"
    return page(title, *(one.replace(" %", "\N{NO-BREAK SPACE}%") for one in sheets), style=STYLE)


def _first(known: Findings, others: Sequence[Findings], said: Briefing) -> Iterator[str]:
    """Question, answer, drivers, what would change it; where it stops, how sure, tornado."""
    found = known.found
    pairs = always_never([found, *(one.found for one in others)])
    if pairs:
        title = tag("h1", text=both_sentence(*pairs[0]), class_="both")
    else:
        title = tag("h1", tag("b", text=f"{said.answer}"), tag("span", text=f"  {said.odds}"))
    yield tag("header", tag("p", text=said.question, class_="soft"), title,
              *(tag("p", text=_cut(line, 2 * LETTERS)) for line in said.sure))  # fmt: skip
    drivers = [tag("li", tag("b", text=f"{name}: "), tag("span", text=_cut(text, LETTERS)))
               for name, text in said.drivers]  # fmt: skip
    yield tag(
        "div",
        _card(_counted(len(drivers)), tag("ol", *drivers)) if drivers else "",
        _card("What would change it", _list(said.changes)),
        _card("Where it stops", _list(said.stops)),
        class_="three",
    )
    right = [_figure(spread_chart(found, COLUMN))]
    right.append(_figure(_swings(known) if known.bars else what_if_chart(known, COLUMN)))
    yield tag("div", tag("div", _figure(_ends(found))), tag("div", *right), class_="two")


def _second(
    known: Findings, others: Sequence[Findings], said: Briefing, land: Landscape | None
) -> Iterator[str]:
    """Heat map, who dissents, what is assumed and from where, forecasts, limits."""
    left = what_if_chart(known, COLUMN) if land is None else heat_chart(
        known, grid_of(land), COLUMN
    )  # fmt: skip
    yield tag("div", tag("div", _figure(left)), tag("div", *_beside(known, others, said)),
              class_="two first")  # fmt: skip
    columns = [
        tag("div", tag("h2", text="What is assumed, and from where"), *_stated(said)),
        tag("div", *_lists(said)),
    ]
    yield tag("div", *columns, class_="two")
    yield tag("footer", text=conditional())


def _beside(known: Findings, others: Sequence[Findings], said: Briefing) -> Iterator[str]:
    shown = [known, *others[:OTHERS]]
    if len(shown) == 1:
        yield tag("h2", text="Nobody who dissents is named")
        yield tag("p", text="cheget brief CHAIN --dissent BELIEFS puts others beside it.",
                  class_="soft")  # fmt: skip
        yield from _people(known)
        return
    yield _figure(comparison_chart([one.found for one in shown], COLUMN))
    for one in said.dissents[:OTHERS]:
        yield tag("h3", text=f"Why {one.name} differs")
        lines = [told(each) for each in one.differs[:DIFFERS]]
        yield _list(lines or ["They are about another chain, or another action."], DIFFERS)
    if len(others) > OTHERS:
        yield _more(len(others) - OTHERS)
    yield from _people(known)
    if any(one.found.beliefs == known.found.beliefs for one in others):
        yield tag("p", text="Situations ask the same people something else; they are never mixed.",
                  class_="soft")  # fmt: skip


def _people(known: Findings) -> Iterator[str]:
    """Those whose answer moves it most."""
    shown = known.people[:PEOPLE]
    if shown:
        yield tag("h2", text="Whose mind matters most")
        yield _list([f"{one.person}: {matters(one, known.blame(one.person))}." for one in shown])


def _stated(said: Briefing) -> Iterator[str]:
    rows = [(row.of, row.text, _names(row), row.source) for row in said.stated[:ROWS]]
    yield table(("number", "as stated", "who holds it", "from"), rows)
    if len(said.stated) > ROWS:
        yield _more(len(said.stated) - ROWS)


def _names(row: Stated) -> str:
    more = f" and {len(row.people) - NAMES} more" if len(row.people) > NAMES else ""
    return _cut(", ".join(row.people[:NAMES]), LETTERS // 2) + more


def _lists(said: Briefing) -> Iterator[str]:
    if said.sources:
        yield tag("h2", text="Sources")
        items = [tag("li", text=_cut(one, LETTERS)) for one in said.sources[:SOURCES]]
        yield tag("ol", *items, class_="small")
        if len(said.sources) > SOURCES:
            yield _more(len(said.sources) - SOURCES)
    if said.implied:
        yield tag("h2", text=THEIRS[0].upper() + THEIRS[1:])
        yield tag("ul", *(tag("li", text=_cut(one, 2 * LETTERS)) for one in said.implied[:IMPLIED]),
                  class_="small")  # fmt: skip
    yield tag("h2", text="Limits")
    yield tag("ul", *(tag("li", text=one) for one in said.limits), class_="small")


def _ends(found: Assessment) -> Chart:
    """Where it ends; of many levels those where it does most, in their order."""
    if len(found.steps) <= LEVELS + 1:
        return ends_chart(found, COLUMN)
    ranked = sorted(found.steps, key=lambda one: -one.stopped.value - one.expired.value)[:LEVELS]
    steps = [
        End(one.level, one.stopped.value, one.expired.value,
            _ended(one.stopped.value, one.expired.value))
        for one in found.steps if one in ranked
    ]  # fmt: skip
    rest = [one for one in found.steps if one not in ranked]
    stopped = sum(one.stopped.value for one in rest)
    expired = sum(one.expired.value for one in rest)
    steps.append(End(f"and {len(rest)} more: cheget assess --all", stopped, expired,
                     _ended(stopped, expired)))  # fmt: skip
    mean = found.mean.value
    steps.append(End("carried out", 0, 0, f"● {figure(mean)}", mean))
    return ends(ends_chart(found, COLUMN).title, steps, COLUMN)


def _ended(stopped: float, expired: float) -> str:
    told = [f"✕ stopped {figure(stopped)}"]
    return "  ".join(told + ([f"▲ expired {figure(expired)}"] if expired > NOTHING else []))


def _swings(known: Findings) -> Chart:
    """The tornado's widest bars."""
    swings = [
        Swing(one.name, one.low, one.high,
              f"{known.found.input(one.name).belief.text}: {figure(one.low)} to {figure(one.high)}")
        for one in known.bars[:BARS]
    ]  # fmt: skip
    first = known.bars[0]
    title = f"{first.name} moves it most: {figure(first.low)} to {figure(first.high)}"
    return tornado(title, swings, known.found.mean.value, COLUMN)


def _figure(chart: Chart) -> str:
    caption = tag("figcaption", tag("h2", text=chart.title),
                  tag("p", text=chart.about, class_="soft"))  # fmt: skip
    return tag("figure", caption, inline(chart))


def _card(title: str, *inner: str) -> str:
    return tag("div", tag("h2", text=title), *inner)


def _list(items: Sequence[str], most: int = 6) -> str:
    shown = [tag("li", text=_cut(one, LETTERS)) for one in items[:most]]
    more = [tag("li", text=f"and {len(items) - most} more: cheget assess --all")]
    return tag("ul", *shown, *(more if len(items) > most else []))


def _more(count: int) -> str:
    return tag("p", text=f"and {count} more: cheget assess --all", class_="soft small")


def _counted(count: int) -> str:
    return {1: "What drives it", 2: "Two drivers"}.get(count, "Three drivers")


def _cut(text: str, most: int) -> str:
    """A text that a list has room for."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
