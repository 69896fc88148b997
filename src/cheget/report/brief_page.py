"""The printed brief: an assessment on two A4 pages, and no more whatever the chain."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from cheget.picture.chart import STYLE as CHARTS
from cheget.picture.chart import Chart, inline
from cheget.picture.markup import SANS, colours, tag
from cheget.picture.page import page
from cheget.picture.room import fitting, height
from cheget.picture.tables import table
from cheget.report.assess_charts import comparison_chart, grid_of, heat_chart, spread_chart
from cheget.report.brief_charts import ends_within, swings_within
from cheget.report.briefing import Briefing, Stated, briefing, told
from cheget.report.findings import Findings, always_never, both_sentence, conditional, matters
from cheget.report.forecasts import THEIRS

if TYPE_CHECKING:
    from cheget.assessment.landscape import Landscape

# Pixels, of which A4 within its margins has 703 by 1,047.
HIGH, COLUMN, THIRD = 1047.0, 334, 214
TEXT, SMALL, HEAD = 12.0, 11.0, 14.0  # sizes
ITEM, BLOCK, FIGURE, FOOT = 3.0, 17.0, 26.0, 34.0  # air below an item, round a block, a figure
ABOVE = 560.0  # of the second page's upper half, at most
LEVELS, BARS, OTHERS, PEOPLE, DIFFERS = (6, 5, 4, 3), (4, 3, 2, 1), 3, 3, 3  # at most, and fewer
NAMES, LETTERS, ITEMS = 3, 120, 5  # people in a cell; letters of an item; items of a card
WIDTHS = (112, 66, 92, 58)  # of the columns of what is assumed
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
    "table{border-collapse:collapse;table-layout:fixed;width:100%;font-size:11px;line-height:1.3}"
    "th:nth-child(1){width:34%}th:nth-child(2){width:20%}th:nth-child(3){width:28%}"
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
    title = tag("h1", tag("b", text=said.answer), tag("span", text=f"  {said.odds}"))
    if pairs:
        title = tag("h1", text=both_sentence(*pairs[0]), class_="both")
    lines = [_cut(one, 2 * LETTERS) for one in (said.question, *said.sure)]
    yield tag("header", tag("p", text=lines[0], class_="soft"), title,
              *(tag("p", text=one) for one in lines[1:]))  # fmt: skip
    drivers = [f"{name}: {text}" for name, text in said.drivers]
    cards = [(_counted(len(drivers)), drivers), ("What would change it", said.changes),
             ("Where it stops", said.stops)]  # fmt: skip
    yield tag(
        "div",
        *(_card(name, items, bold=items is drivers) for name, items in cards if items),
        class_="three",
    )
    room = HIGH - sum(height(one, 2 * COLUMN, TEXT) + ITEM for one in lines) - 2 * HEAD - BLOCK
    room -= max(_high(items[:ITEMS], THIRD) for _, items in cards) + 2 * HEAD + 2 * BLOCK
    sure = [spread_chart(found, COLUMN)]
    left = _within(room, [[ends_within(found, most, COLUMN)] for most in LEVELS])
    right = _within(room, [[*sure, swings_within(known, most, COLUMN)] for most in BARS]
                    if known.bars else [sure])  # fmt: skip
    yield tag("div", tag("div", *map(_figure, left)), tag("div", *map(_figure, right)),
              class_="two")  # fmt: skip


def _second(
    known: Findings, others: Sequence[Findings], said: Briefing, land: Landscape | None
) -> Iterator[str]:
    """Heat map, who dissents, what is assumed and from where, forecasts, limits."""
    left = [] if land is None else [heat_chart(known, grid_of(land), COLUMN)]
    right, used = _beside(known, others, said)
    yield tag("div", tag("div", *map(_figure, left)), tag("div", *right), class_="two")
    room = HIGH - max(used, *map(_tall, left), 0.0) - 2 * BLOCK - FOOT - HEAD
    stated = [tag("h2", text="What is assumed, and from where"), *_stated(said, room)]
    yield tag("div", tag("div", *stated), tag("div", *_lists(said, room)), class_="two")
    yield tag("footer", text=conditional())


def _within(room: float, drawn: Sequence[list[Chart]]) -> list[Chart]:
    """The first of these drawings that there is room for; else the last, which is the smallest."""
    fit = (charts for charts in drawn if sum(map(_tall, charts)) <= room)
    return next(fit, drawn[-1])


def _tall(chart: Chart) -> float:
    """How high a chart is with its caption."""
    title = height(chart.title, COLUMN, HEAD, bold=True)
    return title + height(chart.about, COLUMN, SMALL) + chart.height + FIGURE


def _beside(known: Findings, others: Sequence[Findings], said: Briefing) -> tuple[list[str], float]:
    """Who dissents and why, whose mind matters most; and how high that is."""
    found: list[tuple[str, float]] = []
    if others:
        chart = comparison_chart([one.found for one in (known, *others[:OTHERS])], COLUMN)
        found.append((_figure(chart), _tall(chart)))
    else:
        told_of = "cheget brief CHAIN --dissent BELIEFS puts others beside it."
        found.append((tag("h2", text="Nobody who dissents is named")
                      + tag("p", text=told_of, class_="soft"), 3 * HEAD))  # fmt: skip
    more = len(others) - OTHERS
    if more > 0:
        found.append((_more(more), 2 * TEXT))
    for one in said.dissents[:OTHERS]:
        lines = [told(each) for each in one.differs[:DIFFERS]]
        found.append(_titled(f"Why {one.name} differs", lines or [
            "They are about another chain, or another action."
        ], "h3"))  # fmt: skip
    if any(one.found.beliefs == known.found.beliefs for one in others):
        note = "Situations ask the same people something else; they are never mixed."
        found.append((tag("p", text=note, class_="soft"), height(note, COLUMN, TEXT) + ITEM))
    people = [f"{one.person}: {matters(one, known.blame(one.person))}."
              for one in known.people[:PEOPLE]]  # fmt: skip
    if people:
        found.append(_titled("Whose mind matters most", people))
    count = fitting([high for _, high in found], ABOVE, 2 * TEXT)
    more = len(found) - count - bool(people)
    if more > 0:
        found[count:] = [(_more(more), 2 * TEXT)]
        count += 1
    return [markup for markup, _ in found[:count]], sum(high for _, high in found[:count])


def _titled(title: str, items: Sequence[str], level: str = "h2") -> tuple[str, float]:
    """A list under its title, and how high both are."""
    return tag(level, text=title) + _list(items), _high(items, COLUMN) + 3 * TEXT


def _stated(said: Briefing, room: float) -> Iterator[str]:
    rows = [(_cut(row.of, LETTERS), _cut(row.text, LETTERS), _names(row), row.source)
            for row in said.stated]  # fmt: skip
    heights = [max(height(cell, across, SMALL) for cell, across in zip(row, WIDTHS, strict=True))
               + 5 for row in rows]  # fmt: skip
    count = fitting(heights, room - 2 * HEAD - 2 * TEXT, 2 * TEXT)
    yield table(("number", "as stated", "who holds it", "from"), rows[:count])
    if len(rows) > count:
        yield _more(len(rows) - count)


def _names(row: Stated) -> str:
    more = f" and {len(row.people) - NAMES} more" if len(row.people) > NAMES else ""
    return _cut(", ".join(row.people[:NAMES]), LETTERS // 2) + more


def _lists(said: Briefing, room: float) -> Iterator[str]:
    """Sources, as many as there is room for beside what must be said."""
    must = [("Limits", said.limits)]
    if said.implied:
        must.insert(0, (THEIRS[0].upper() + THEIRS[1:], said.implied))
    for _, items in must:
        room -= sum(height(one, COLUMN, SMALL) + ITEM for one in items) + 2.4 * HEAD
    if said.sources:
        sources = [_cut(one, LETTERS) for one in said.sources]
        heights = [height(one, COLUMN - 16, SMALL) + ITEM for one in sources]
        count = max(1, fitting(heights, room - 2 * HEAD, 2 * TEXT))
        yield tag("h2", text="Sources")
        yield tag("ol", *(tag("li", text=one) for one in sources[:count]), class_="small")
        if len(sources) > count:
            yield _more(len(sources) - count)
    for title, items in must:
        yield tag("h2", text=title)
        yield tag("ul", *(tag("li", text=one) for one in items), class_="small")


def _figure(chart: Chart) -> str:
    caption = tag("figcaption", tag("h2", text=chart.title),
                  tag("p", text=chart.about, class_="soft"))  # fmt: skip
    return tag("figure", caption, inline(chart))


def _card(title: str, items: Sequence[str], *, bold: bool = False) -> str:
    return tag("div", tag("h2", text=title), _list(items, bold=bold))


def _list(items: Sequence[str], *, bold: bool = False) -> str:
    more = f"and {len(items) - ITEMS} more: cheget assess --all"
    shown = [*items[:ITEMS], *([more] if len(items) > ITEMS else [])]
    return tag("ul", *(_item(_cut(one, LETTERS), bold=bold) for one in shown))


def _item(text: str, *, bold: bool) -> str:
    """An item of a list; ``bold``: what it is of stands out."""
    of, colon, rest = text.partition(": ") if bold else ("", "", text)
    return tag("li", tag("b", text=of) if of else "", tag("span", text=f"{colon}{rest}"))


def _high(items: Sequence[str], across: float) -> float:
    return sum(height(_cut(one, LETTERS), across, TEXT) + ITEM for one in items)


def _more(count: int) -> str:
    return tag("p", text=f"and {count} more: cheget assess --all", class_="soft small")


def _counted(count: int) -> str:
    return {1: "What drives it", 2: "Two drivers"}.get(count, "Three drivers")


def _cut(text: str, most: int) -> str:
    """A text that a list has room for."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
