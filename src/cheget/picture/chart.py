"""Charts: plain values in, a ``Chart`` out, drawn in a page or as a file of its own.

    ends(title, steps, across)          where it ends: the ladder, a bar at each level
    spread(title, values, across)       how sure: the distribution, its 90 % range and mean
    tornado(title, swings, mean, across)
    shares(title, inputs, across)       how much of the doubt is whose (Sobol, first and total)
    comparison(title, rows, across)     a dot and a range a row
    heat(title, grid, across)           refusals against thinking alike, with the break-even curve
    fan(title, curves, across)          released by when
    plane(title, dots, across)          always against never

Each is in the module of its name or of its kind (``rows``: those of bars and dots in rows), and
takes the width it may have in pixels: ``WIDE`` beside another, ``NARROW`` on a telephone. Titles
hold the answer. ``figure`` puts both widths in a page, ``inline`` one, ``drawing`` makes a file.
Probabilities are from 0 to 1, and every axis of them shows one half.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cheget.picture.markup import SANS, colours, tag, width, wrapped

WIDE, NARROW = 520, 312
TEXT, SMALL = 13.0, 12.0  # sizes of text
EDGE = 20  # around a file

STYLE = (
    f".chart{{font-family:{SANS};font-variant-numeric:tabular-nums;--ground:var(--card)}}"
    ".chart text{fill:var(--ink)}.chart .soft{fill:var(--soft)}"
    ".chart .halo{paint-order:stroke;stroke:var(--ground);stroke-width:3px;stroke-linejoin:round}"
    ".chart .axis{fill:none;stroke:var(--soft);stroke-width:1}"
    ".chart .grid{fill:none;stroke:var(--line);stroke-width:1}"
    ".chart .half{fill:none;stroke:var(--ink);stroke-width:1.2;stroke-dasharray:4 3}"
    ".chart .ground{fill:var(--ground)}.chart .ink{fill:var(--ink)}"
    ".chart .yes{fill:var(--yes)}.chart .no{fill:var(--no)}"
    ".chart .band{fill:var(--ink);fill-opacity:.16}"
    ".chart .edge{fill:none;stroke:var(--ink);stroke-width:1.5;stroke-linejoin:round}"
    ".chart .thin{fill:none;stroke:var(--ink);stroke-width:1;stroke-linejoin:round}"
    ".chart .dash{fill:none;stroke:var(--ink);stroke-width:1.5;stroke-dasharray:2 3}"
    ".chart .open{fill:var(--ground);stroke:var(--ink);stroke-width:1.5}"
    ".chart .here{fill:none;stroke:var(--no);stroke-width:3}"
    ".chart .frame{fill:none;stroke:var(--ink);stroke-width:1}"
    ".chart .mesh{fill:none;stroke:var(--soft);stroke-width:1}"
    ".chart .late{fill:none;stroke:var(--wait);stroke-width:1.4}"
    ".chart .under{fill:none;stroke:var(--ground);stroke-width:5;stroke-linejoin:round}"
    ".chart .curve{fill:none;stroke:var(--ink);stroke-width:2.2;stroke-linejoin:round}"
    ".chart .spine{fill:none;stroke:var(--ink);stroke-width:1.5}"
)


@dataclass(frozen=True)
class Chart:
    """A drawing without its title: the answer, what the axis is, markup, and its size."""

    title: str
    about: str
    body: str
    across: float
    height: float


@dataclass(frozen=True)
class Scale:
    """Numbers from ``low`` to ``high`` on pixels from ``start`` to ``end``; beyond, at the end."""

    start: float
    end: float
    low: float = 0.0
    high: float = 1.0

    def __call__(self, value: float) -> float:
        """Where a number is."""
        part = (value - self.low) / (self.high - self.low)
        return self.start + min(1.0, max(0.0, part)) * (self.end - self.start)


def label(
    text: str, x: float, y: float, size: float = SMALL, *, look: str | None = None,
    anchor: str | None = None, bold: bool = False,
) -> str:  # fmt: skip
    """A text, with its base line at y."""
    weight = 600 if bold else None
    return tag("text", text=text, x=float(x), y=float(y), font_size=size, font_weight=weight,
               text_anchor=anchor, class_=look)  # fmt: skip


def path(way: str, look: str) -> str:
    """A line, or a shape."""
    return tag("path", d=way, class_=look)


def box(x: float, y: float, wide: float, high: float, look: str) -> str:
    """A rectangle; what there is any of can be seen."""
    return tag("rect", x=float(x), y=float(y), width=float(max(wide, 1.5)), height=float(high),
               class_=look)  # fmt: skip


def dot(x: float, y: float, look: str = "ink", r: float = 4.5) -> str:
    """A point."""
    return tag("circle", cx=float(x), cy=float(y), r=r, class_=look)


def hatched(
    x: float, y: float, wide: float, high: float, look: str, *, framed: bool = True,
    step: float = 5.0,
) -> str:  # fmt: skip
    """A rectangle filled with slanting lines: a second shade that black and white has too.

    The lines of neighbours meet.
    """
    wide = max(wide, 1.5)
    ways = [f"M{x:.2f} {y:.2f}h{wide:.2f}v{high:.2f}h{-wide:.2f}z"] if framed else []
    for number in range(math.ceil((x + y) / step), math.floor((x + wide + y + high) / step) + 1):
        at = number * step  # a line on which x + y is this
        left, right = max(x, at - y - high), min(x + wide, at - y)
        if left < right:
            ways.append(f"M{left:.2f} {at - left:.2f}L{right:.2f} {at - right:.2f}")
    return path("".join(ways), look) if ways else ""


def shortened(
    text: str, most: float, size: float, lines: int = 1, *, bold: bool = False
) -> list[str]:
    """``text`` in at most so many lines no wider than ``most``; what is cut ends in an ellipsis."""
    found = wrapped(text, most, size, bold=bold)
    if len(found) <= lines:
        return found or [""]
    last = " ".join(found[lines - 1 :])
    while last and width(last + "…", size, bold=bold) > most:
        last = last[:-1]
    return [*found[: lines - 1], last.rstrip() + "…"]


def apart(at: Sequence[float], sizes: Sequence[float], low: float, high: float) -> list[float]:
    """Middles as near as may be to ``at``, so that spans of these sizes don't meet.

    In order of ``at``; all lie between ``low`` and ``high`` where they have room there at all.
    """
    order = sorted(range(len(at)), key=lambda one: at[one])
    found = list(at)
    edge = low
    for one in order:
        found[one] = max(at[one], edge + sizes[one] / 2)
        edge = found[one] + sizes[one] / 2
    edge = high
    for one in reversed(order):
        found[one] = min(found[one], edge - sizes[one] / 2)
        edge = found[one] - sizes[one] / 2
    return found


def percents(scale: Scale, y: float, name: str, *, last: float = 1.0) -> tuple[str, float]:
    """A horizontal axis of probability with its name below; also how far down it reaches."""
    ticks = [one for one in (0.0, 0.25, 0.5, 0.75, 1.0) if one <= last]
    parts = [path(f"M{scale.start:g} {y:g}H{scale.end:g}", "axis")]
    for one in ticks:
        x, half = scale(one), one == 0.5  # noqa: PLR2004
        anchor = "start" if one == 0 else "end" if one == 1 else "middle"
        parts.append(path(f"M{x:.2f} {y:g}v4", "axis"))
        parts.append(label(f"{100 * one:g} %", x, y + 17, look=None if half else "soft",
                           anchor=anchor, bold=half))  # fmt: skip
    drawn, down = named(name, scale.start, scale.end, y + 22)
    return "".join(parts) + drawn, down


def named(name: str, left: float, right: float, y: float) -> tuple[str, float]:
    """An axis's name in words, from y down, and where it ends."""
    parts = []
    for line in wrapped(name, right - left, SMALL):
        y += 15
        parts.append(label(line, left, y, look="soft"))
    return "".join(parts), y + 5


def inline(chart: Chart, class_: str = "") -> str:
    """Part of a page that has ``STYLE`` and the colours, and says the title itself."""
    return tag(
        "svg", tag("title", text=chart.title), tag("desc", text=chart.about), chart.body,
        class_=f"chart {class_}".strip(), role="img",
        viewBox=f"0 0 {chart.across:g} {chart.height:g}", width=float(chart.across),
        height=float(chart.height),
    )  # fmt: skip


def figure(draw: Callable[[int], Chart], *more: str, class_: str = "card") -> str:
    """A chart in a page with its title: in the width that there is."""
    wide, narrow = draw(WIDE), draw(NARROW)
    said = tag("p", text=wide.about, class_="soft") if wide.about else ""
    caption = tag("figcaption", tag("h4", text=wide.title), said)
    return tag("figure", caption, inline(wide, "wide"), inline(narrow, "narrow"), *more,
               class_=class_)  # fmt: skip


def drawing(title: str, sentence: str, charts: Sequence[Chart]) -> str:
    """A file of its own: charts one below the other, in the colours of light and dark."""
    across = max(chart.across for chart in charts) + 2 * EDGE
    parts: list[str] = []
    down = float(EDGE)
    for text, size, look in ((title, 21.0, None), (sentence, 14.0, "soft")):
        for line in wrapped(text, across - 2 * EDGE, size, bold=look is None):
            down += size * 1.35
            parts.append(label(line, EDGE, down, size, look=look, bold=look is None))
        down += 4
    for chart in charts:
        down += 18
        for text, size, look in ((chart.title, 16.0, None), (chart.about, SMALL, "soft")):
            for line in wrapped(text, across - 2 * EDGE, size, bold=look is None):
                down += size * 1.35
                parts.append(label(line, EDGE, down, size, look=look, bold=look is None))
            down += 3
        down += 12
        parts.append(tag("g", chart.body, transform=f"translate({EDGE} {down:.2f})"))
        down += chart.height
    down += EDGE
    told = " ".join(f"{one.title}. {one.about}" for one in charts)
    style = colours(".chart") + STYLE + ".chart{--ground:var(--paper);background:var(--paper)}"
    return (
        tag(
            "svg", tag("title", text=title), tag("desc", text=f"{sentence} {told}".strip()),
            tag("style", style),
            tag("rect", width=float(across), height=down, rx=8, style="fill:var(--paper)"),
            *parts, xmlns="http://www.w3.org/2000/svg", class_="chart", role="img",
            viewBox=f"0 0 {across:g} {down:.2f}", width=float(across), height=down,
        )
        + "\n"
    )  # fmt: skip
