"""Charts of rows: a name with its figures, and below it a bar or a dot on a common axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cheget.picture.chart import (
    SMALL,
    TEXT,
    WIDE,
    Chart,
    Scale,
    box,
    dot,
    hatched,
    label,
    path,
    percents,
    shortened,
)
from cheget.picture.markup import tag, width

BAR, GAP, LINE = 12.0, 15.0, 17.0
LADDER, NODE = 36.0, 11.0  # what stands beside the spine, and a level's circle
HALF = 0.5


@dataclass(frozen=True)
class End:
    """A level, or what came of the order: how likely it ends there, and these figures in words.

    ``done``: it was carried out. With no chance of either it has no bar.
    """

    name: str
    stopped: float
    expired: float
    said: str
    done: float = 0.0


@dataclass(frozen=True)
class Swing:
    """An input at its 5 % and 95 % points: the answers, and what is said of them."""

    name: str
    low: float
    high: float
    said: str


@dataclass(frozen=True)
class Share:
    """An input's part of the variance: alone, and with all that it takes part in."""

    name: str
    first: float
    total: float
    said: str


@dataclass(frozen=True)
class Ranged:
    """A row of a comparison: an answer, its 5 % and 95 % points, and these in words."""

    name: str
    mean: float
    low: float
    high: float
    said: str


def ends(title: str, steps: Sequence[End], across: float = WIDE) -> Chart:
    """Where it ends: the levels from the head down, and carried out at the bottom."""
    scale = Scale(LADDER, across - 1)
    parts: list[str] = []
    nodes: list[float] = []
    down = 0.0
    for step in steps:
        nodes.append(down + 14)
        drawn, down = _heading(step.name, step.said, LADDER, across, down, scale(HALF))
        parts.append(drawn)
        if step.stopped + step.expired + step.done > 0:
            parts += _lengths(step, scale, down)
            down += BAR
        down += GAP
    half = _half(scale, down - 4)
    axis, down = percents(scale, down - 4, "probability that it ends there")
    spine = path(f"M{NODE + 1} {nodes[0]:.2f}V{nodes[-1]:.2f}", "spine") if nodes else ""
    circles = [
        dot(NODE + 1, at, "yes" if step.done else "open", NODE)
        + ("" if step.done else label(str(number), NODE + 1, at + 4, 11.5, anchor="middle"))
        for number, (at, step) in enumerate(zip(nodes, steps, strict=True), 1)
    ]
    about = "Red: refusals stop it there. Hatched: it expires there, unanswered."
    return Chart(title, about, "".join([half, spine, *circles, *parts, axis]), across, down)


def _lengths(step: End, scale: Scale, y: float) -> list[str]:
    """A step's bars, one behind the other."""
    found, x = [], scale.start
    for part, look in ((step.done, "yes"), (step.stopped, "no")):
        if part > 0:
            found.append(box(x, y, scale(part) - scale.start, BAR, look))
            x += scale(part) - scale.start
    if step.expired > 0:
        found.append(hatched(x, y, scale(step.expired) - scale.start, BAR, "late"))
    return found


def tornado(title: str, swings: Sequence[Swing], mean: float, across: float = WIDE) -> Chart:
    """Each number at its 5 % point, an open circle, and at its 95 % point, a full one."""
    scale = Scale(1, across - 1)
    parts: list[str] = []
    down = 0.0
    for one in swings:
        drawn, down = _heading(one.name, one.said, 0, across, down, scale(HALF))
        left, right = sorted((scale(one.low), scale(one.high)))
        parts += [drawn, box(left, down + 2, right - left, BAR - 4, "band")]
        parts.append(path(f"M{scale(mean):.2f} {down - 1:.2f}v{BAR + 2:g}", "thin"))
        parts.append(dot(scale(one.low), down + BAR / 2, "open"))
        parts.append(dot(scale(one.high), down + BAR / 2, "ink"))
        down += BAR + GAP
    half = _half(scale, down - 4)
    name = "probability that it is carried out, the others as stated"
    axis, down = percents(scale, down - 4, name)
    about = "Each number at its 5 % point ○ and its 95 % point ●; the thin line is the answer."
    return Chart(title, about, "".join([half, *parts, axis]), across, down)


def shares(title: str, inputs: Sequence[Share], across: float = WIDE) -> Chart:
    """How much of what isn't known is whose: alone, full; with what it takes part in, framed."""
    scale = Scale(1, across - 1)
    parts: list[str] = []
    down = 0.0
    for one in inputs:
        drawn, down = _heading(one.name, one.said, 0, across, down, -1)
        whole = max(one.total, one.first, 0.0)
        frame = tag("rect", x=scale.start, y=down + 0.5, width=max(1.5, scale(whole) - scale.start),
                    height=BAR - 1, class_="frame")  # fmt: skip
        parts += [drawn, frame, box(scale.start, down, scale(max(0.0, one.first)) - 1, BAR, "ink")]
        down += BAR + GAP
    axis, down = percents(scale, down - 4, "share of the variance of the answer")
    about = "Full: what a number decides alone. Framed: together with the others."
    return Chart(title, about, "".join([*parts, axis]), across, down)


def comparison(title: str, rows: Sequence[Ranged], across: float = WIDE) -> Chart:
    """Answers side by side: a dot is the answer, its bar the 90 % range."""
    scale = Scale(6, across - 6)
    parts: list[str] = []
    down = 0.0
    for one in rows:
        drawn, down = _heading(one.name, one.said, 0, across, down, scale(HALF))
        parts += [drawn, path(f"M{scale.start:g} {down + BAR / 2:.2f}H{scale.end:g}", "grid")]
        if one.high > one.low:
            wide = scale(one.high) - scale(one.low)
            parts.append(box(scale(one.low), down + 2, wide, BAR - 4, "band"))
        parts.append(dot(scale(one.mean), down + BAR / 2, r=5))
        down += BAR + GAP
    half = _half(scale, down - 4)
    axis, down = percents(scale, down - 4, "probability that it is carried out")
    about = "A dot is the answer, a bar its 90 % range."
    return Chart(title, about, "".join([half, *parts, axis]), across, down)


def _half(scale: Scale, bottom: float) -> str:
    """The line of one half, behind the rows."""
    return path(f"M{scale(HALF):.2f} 0V{bottom:.2f}", "half")


def _heading(
    name: str, said: str, left: float, right: float, down: float, line: float
) -> tuple[str, float]:
    """A row's name and, beside or below it, its figures; and where its bar begins.

    ``line``: where one half is drawn, which leaves off where text crosses it.
    """
    wide = width(said, SMALL)
    beside = bool(said) and width(name, TEXT, bold=True) + 12 + wide <= right - left
    names = shortened(name, right - left, TEXT, 1 if beside else 2, bold=True)
    parts = [tag("title", text=name)] if names[-1].endswith("…") else []

    def put(text: str, x: float, y: float, size: float, *, bold: bool = False) -> None:
        if x - 3 <= line <= x + width(text, size, bold=bold) + 3:
            parts.append(tag("rect", x=line - 2, y=y - size, width=4, height=size + 5,
                             class_="ground"))  # fmt: skip
        look = None if bold else "soft"
        if beside and not bold:
            parts.append(label(text, right, y, size, look=look, anchor="end"))
        else:
            parts.append(label(text, x, y, size, look=look, bold=bold))

    for text in names:
        down += LINE
        put(text, left, down + 1, TEXT, bold=True)
    if beside:
        put(said, right - wide, down + 1, SMALL)
    else:
        for text in shortened(said, right - left, SMALL, 2) if said else ():
            down += LINE - 1
            put(text, left, down + 1, SMALL)
    return tag("g", *parts), down + 8
