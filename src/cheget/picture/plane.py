"""Always against never: the right order gets through, the wrong one doesn't."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from cheget.picture.chart import SMALL, WIDE, Chart, Scale, dot, label, named, path, shortened
from cheget.picture.markup import tag, width

TOP, HIGH, LEFT = 24.0, 260.0, 74.0
TEXT = 16.0
_FAR = 1e-7  # beyond it, at the edge
_TICKS = (0.5, 0.1, 0.9, 0.01, 0.99, 1e-3, 0.999, 1e-4, 0.9999, 1e-5, 0.99999, 1e-6, 0.999999)
_BETWEEN = (0.02, 0.98, 0.05, 0.95, 0.2, 0.8)  # where there is room
HALF = 0.5


@dataclass(frozen=True)
class Dot:
    """A chain or a design: P(carried out) of the right order and of the wrong one, and its name.

    ``own``: a chain that was asked about; others are what it could be.
    """

    right: float
    wrong: float
    name: str
    more: str = ""
    own: bool = True


def front(dots: Sequence[Dot]) -> list[Dot]:
    """Those that no other beats, the wrong order's chance ascending."""
    best: list[Dot] = []
    for one in sorted(dots, key=lambda one: (one.wrong, -one.right)):
        if not best or one.right > best[-1].right:
            best.append(one)
    return best


def plane(title: str, dots: Sequence[Dot], across: float = WIDE) -> Chart:
    """A dot a chain or design; the line joins those that no other beats."""
    x = _scale([one.wrong for one in dots], LEFT, across - 8)
    y = _scale([one.right for one in dots], TOP + HIGH, TOP)
    parts = [*_ticks(x, y)]
    best = front(dots)
    spots = [(x(_logit(one.wrong)), y(_logit(one.right)), one) for one in dots]
    way = [(x(_logit(one.wrong)), y(_logit(one.right))) for one in best]
    if len(way) > 1:
        steps = "".join(f"H{at:.2f}V{up:.2f}" for at, up in way[1:])
        parts.append(path(f"M{way[0][0]:.2f} {way[0][1]:.2f}{steps}", "thin"))
    for at, up, one in spots:
        told = ": ".join(part for part in (one.name, one.more) if part)
        look = "ink" if one.own else "open"
        parts.append(tag("g", tag("title", text=told), dot(at, up, look, 5.5 if one.own else 4)))
    parts += _names(spots, way, x, y)
    parts.append(label("the right order is carried out", 0, 11, look="soft"))
    drawn, down = named("the wrong order is carried out", x.start, across, y.start + 22)
    about = "Better is up and to the left; the line joins those that no other beats."
    if not all(one.own for one in dots):
        about += " Full: as it is. Open: what it could be."
    return Chart(title, about, "".join(parts) + drawn, across, down)


def _logit(p: float) -> float:
    p = min(1 - _FAR, max(_FAR, p))
    return math.log(p / (1 - p))


def _scale(values: Sequence[float], start: float, end: float) -> Scale:
    """Log-odds, so that rare and almost certain both have room; one half is always on it."""
    found = [_logit(one) for one in (*values, HALF)]
    low, high = min(found), max(found)
    air = 0.08 * max(high - low, 2.0)
    return Scale(start, end, low - air, high + air)


def _ticks(x: Scale, y: Scale) -> list[str]:
    """Lines and what they are of; one half first, then whatever still has room."""
    found = [path(f"M{x.start:g} {y.end:g}V{y.start:g}H{x.end:.2f}", "axis")]
    spans: list[tuple[float, float]] = []
    heights: list[float] = []
    for one in (*_TICKS, *_BETWEEN):
        said, bold = _percent(one), one == HALF
        line, look = ("half", None) if bold else ("grid", "soft")
        if x.low < _logit(one) < x.high:
            at, half = x(_logit(one)), width(said, SMALL, bold=True) / 2 + 5
            inside = at - half >= x.start - 56 and at + half <= x.end + 8
            free = all(at + half <= low or at - half >= high for low, high in spans)
            if inside and free:
                spans.append((at - half, at + half))
                found.append(label(said, at, y.start + 17, anchor="middle", bold=bold, look=look))
            if (inside and free) or one in _TICKS:
                found.append(path(f"M{at:.2f} {y.end:g}V{y.start:g}", line))
        if y.low < _logit(one) < y.high:
            up = y(_logit(one))
            free = all(abs(up - other) >= 1.3 * TEXT for other in heights)
            if free:
                heights.append(up)
                found.append(label(said, x.start - 6, up + 4, anchor="end", bold=bold, look=look))
            if free or one in _TICKS:
                found.append(path(f"M{x.start:g} {up:.2f}H{x.end:.2f}", line))
    return found


def _percent(p: float) -> str:
    return f"{100 * p:.7g} %"


def _names(
    spots: Sequence[tuple[float, float, Dot]], way: Sequence[tuple[float, float]], x: Scale,
    y: Scale,
) -> list[str]:  # fmt: skip
    """Each name beside its dot, where there is room for it."""
    taken = [(at - 6, up - 7, at + 6, up + 7) for at, up, _ in spots]
    for (left, low), (right, high) in pairwise(way):
        taken += [(left, low - 2, right, low + 2), (right - 2, high, right + 2, low)]
    found = []
    for at, up, one in sorted(spots, key=lambda spot: not spot[2].own):
        (said,) = shortened(one.name, (x.end - x.start) * 0.55, SMALL)
        wide = width(said, SMALL)
        for left, top in _around(at, up, wide, far=one.own):
            right, bottom = left + wide, top + TEXT
            inside = x.start <= left and right <= x.end and y.end <= top and bottom <= y.start
            if inside and all(left >= r or right <= le or top >= b or bottom <= t
                              for le, t, r, b in taken):  # fmt: skip
                taken.append((left, top, right, bottom))
                found.append(label(said, left, top + 12, look="halo"))
                break
    return found


def _around(at: float, up: float, wide: float, *, far: bool) -> list[tuple[float, float]]:
    """Beside, under and over a dot; ``far``: further away too, rather than nowhere."""
    places = [(at + 9, up - TEXT / 2), (at - 9 - wide, up - TEXT / 2)]
    for step in (8, 8 + TEXT, 8 + 2 * TEXT) if far else (8,):
        for top in (up + step, up - step - TEXT):
            places += [(at - wide / 2, top), (at - 4, top), (at + 4 - wide, top)]
    return places
