"""How sure: the answer's distribution over the stated range of beliefs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cheget.picture.chart import (
    SMALL,
    WIDE,
    Chart,
    Scale,
    apart,
    box,
    dot,
    hatched,
    label,
    path,
    percents,
    shortened,
)
from cheget.picture.markup import width

HIGH, HALF = 120.0, 0.5


@dataclass(frozen=True)
class Mark:
    """A point on the axis, and what stands at it."""

    at: float
    said: str


@dataclass(frozen=True)
class Spread:
    """A distribution over probabilities.

    ``parts``: its shares in equal parts of 0 to 1, an even number of them. ``below`` and
    ``above``: the shares on each side of one half, in words. Where nothing is uncertain there are
    no parts, and only the mean is drawn.
    """

    parts: tuple[float, ...]
    mean: Mark
    low: Mark | None = None
    high: Mark | None = None
    medians: Mark | None = None
    below: str = ""
    above: str = ""


def spread(title: str, values: Spread, across: float = WIDE) -> Chart:
    """The distribution as an area, its 90 % range, its mean, and one half."""
    scale = Scale(1, across - 1)
    parts: list[str] = []
    down, middle = 0.0, scale(HALF)
    if values.parts:
        parts += _sides(values, scale, across)
        down = 22 + HIGH
        parts += _area(values.parts, scale, down)
    parts.append(path(f"M{middle:.2f} 0V{down + 20:.2f}", "half"))
    down += 12
    if values.low and values.high:
        wide = scale(values.high.at) - scale(values.low.at)
        parts.append(box(scale(values.low.at), down - 4, wide, 8, "band"))
        for end in (values.low, values.high):
            parts.append(path(f"M{scale(end.at):.2f} {down - 5:.2f}v10", "edge"))
    if values.medians:
        parts.append(dot(scale(values.medians.at), down, "open"))
    parts.append(dot(scale(values.mean.at), down, r=5))
    drawn, down = _marks(values, scale, across, down + 10)
    axis, down = percents(scale, down + 8, "probability that it is carried out")
    about = "Every set of beliefs within the ranges stated, by what it makes the answer."
    if not values.parts:
        about = "Every number is certain, so nothing spreads the answer."
    return Chart(title, about, "".join([*parts, drawn, axis]), across, down)


def _sides(values: Spread, scale: Scale, across: float) -> Iterator[str]:
    """What is said on each side of one half."""
    middle = scale(HALF)
    (below,) = shortened(values.below, middle - 8, SMALL)
    (above,) = shortened(values.above, across - middle - 8, SMALL)
    yield label(below, middle - 7, 11, anchor="end")
    yield label(above, middle + 7, 11)


def _area(shares: Sequence[float], scale: Scale, base: float) -> Iterator[str]:
    """Steps, hatched beyond one half."""
    top = max(shares)
    wide = (scale.end - scale.start) / len(shares)
    heights = [HIGH * share / top for share in shares]
    way = [f"M{scale.start:.2f} {base:.2f}"]
    for number, high in enumerate(heights):
        if high > 0 and number < len(shares) / 2:
            yield box(scale.start + number * wide, base - high, wide, high, "band")
    for number, high in enumerate(heights):
        way.append(f"V{base - high:.2f}H{scale.start + (number + 1) * wide:.2f}")
        if high > 0 and number >= len(shares) / 2:
            x = scale.start + number * wide
            yield hatched(x, base - high, wide, high, "mesh", framed=False)
    yield path("".join([*way, f"V{base:.2f}"]), "edge")
    yield path(f"M{scale.start:.2f} {base:.2f}H{scale.end:.2f}", "axis")


def _marks(values: Spread, scale: Scale, across: float, y: float) -> tuple[str, float]:
    """The ends and the mean in one row of text, at the medians in the next."""
    rows = [[mark for mark in (values.low, values.mean, values.high) if mark]]
    rows += [[values.medians]] if values.medians else []
    parts = []
    for row in rows:
        y += 16
        sizes = [width(mark.said, SMALL, bold=mark is values.mean) + 10 for mark in row]
        places = apart([scale(mark.at) for mark in row], sizes, 0, across)
        for mark, x in zip(row, places, strict=True):
            parts.append(label(mark.said, x, y, anchor="middle", bold=mark is values.mean,
                               look="halo"))  # fmt: skip
    return "".join(parts), y
