"""The answer over how often everybody refuses and how much they think alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cheget.picture.chart import SMALL, WIDE, Chart, Scale, label, named, path, shortened
from cheget.picture.markup import tag, width

LEFT, TOP, HIGH = 40.0, 22.0, 240.0
PALE, DARK = 0.03, 0.62  # ink at 0 and at 1
TEXT = 16.0  # a line of text and air


@dataclass(frozen=True)
class Place:
    """Where somebody's own numbers lie, and whose they are."""

    column: float
    row: float
    said: str


@dataclass(frozen=True)
class Grid:
    """``means[r][c]`` is the answer at ``rows[r]`` and ``columns[c]``, both evenly spaced.

    ``curve``: (column, row) where it is one half. ``words``: each with the probability below
    which it is said, ascending.
    """

    columns: tuple[float, ...]
    rows: tuple[float, ...]
    means: tuple[tuple[float, ...], ...]
    curve: tuple[tuple[float, float], ...]
    words: tuple[tuple[float, str], ...]
    places: tuple[Place, ...] = ()
    across: str = "how often everybody refuses"
    up: str = "how much they think alike (correlation)"


@dataclass
class _Plot:
    """The scales, the size of a cell, and the rectangles that text has taken."""

    x: Scale
    y: Scale
    wide: float
    high: float
    taken: list[tuple[float, float, float, float]]

    def free(self, left: float, top: float, wide: float, high: float) -> bool:
        """Whether no text is there yet, and the plot is."""
        inside = self.x.start + 2 <= left and left + wide <= self.x.end - 2
        inside = inside and self.y.end + 2 <= top and top + high <= self.y.start - 2
        return inside and all(
            left >= right or left + wide <= x or top >= bottom or top + high <= y
            for x, y, right, bottom in self.taken
        )

    def take(self, left: float, top: float, wide: float, high: float) -> None:
        """Keep other text away from there."""
        self.taken.append((left, top, left + wide, top + high))


def heat(title: str, grid: Grid, across: float = WIDE) -> Chart:
    """Cells with more ink the likelier, the curve of one half, and where the stated numbers lie."""
    plot = _plot(grid, across)
    marks = list(_places(grid, plot))
    halves = list(_halves(grid, plot))
    parts = [tag("g", *_cells(grid, plot), shape_rendering="crispEdges")]
    parts += [*halves, *marks, *_words(grid, plot)]
    where = " ".join(f"{at:g}" for at in bounds(grid, across))
    parts.append(tag("circle", r=6, class_="here", visibility="hidden", data_plot=where))
    axes, down = _axes(grid, plot, across)
    about = "The more ink, the likelier. On the line it is as likely as not."
    return Chart(title, about, "".join([*parts, axes]), across, down)


def bounds(grid: Grid, across: float) -> tuple[float, float, float, float]:
    """Left, right, bottom and top of the middles of the outermost cells, where a marker can be."""
    plot = _plot(grid, across)
    x, y = plot.x, plot.y
    return x(grid.columns[0]), x(grid.columns[-1]), y(grid.rows[0]), y(grid.rows[-1])


def _plot(grid: Grid, across: float) -> _Plot:
    wide = (across - LEFT - 1) // len(grid.columns)
    high = max(6.0, HIGH // len(grid.rows))
    right, bottom = LEFT + wide * len(grid.columns), TOP + high * len(grid.rows)
    column = (grid.columns[-1] - grid.columns[0]) / (len(grid.columns) - 1) / 2
    row = (grid.rows[-1] - grid.rows[0]) / (len(grid.rows) - 1) / 2
    return _Plot(
        Scale(LEFT, right, grid.columns[0] - column, grid.columns[-1] + column),
        Scale(bottom, TOP, grid.rows[0] - row, grid.rows[-1] + row), wide, high, [],
    )  # fmt: skip


def _cells(grid: Grid, plot: _Plot) -> Iterator[str]:
    for number, means in enumerate(grid.means):
        top = plot.y.start - (number + 1) * plot.high
        for column, mean in enumerate(means):
            shade = f"{PALE + (DARK - PALE) * mean:.3f}"
            yield tag("rect", x=plot.x.start + column * plot.wide, y=top, width=plot.wide,
                      height=plot.high, fill_opacity=shade, class_="ink")  # fmt: skip


def _halves(grid: Grid, plot: _Plot) -> Iterator[str]:
    """The curve of one half, with its name at whichever end has room for it."""
    if not grid.curve:
        return
    points = [(plot.x(column), plot.y(row)) for column, row in grid.curve]
    way = "M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in points)
    yield path(way, "under")
    yield path(way, "curve")
    for x, y in points:
        plot.take(x - 4, y - plot.high / 2 - 1, 8, plot.high + 2)
    said = "50 %"
    wide = width(said, SMALL, bold=True) + 6
    for x, y in (points[len(points) // 2], *points):
        for left in (x + 8, x - 8 - wide):
            if plot.free(left, y - TEXT / 2, wide, TEXT):
                plot.take(left, y - TEXT / 2, wide, TEXT)
                yield label(said, left + 3, y + 4, bold=True, look="halo")
                return


def _places(grid: Grid, plot: _Plot) -> Iterator[str]:
    """Diamonds at the stated numbers, each with its name beside it where there is room."""
    spots = [(plot.x(one.column), plot.y(one.row), one) for one in grid.places]
    for x, y, _ in spots:
        plot.take(x - 7, y - 8, 14, 16)
    for x, y, one in spots:
        told = tag("title", text=one.said)
        yield tag("g", told, path(f"M{x:.2f} {y - 6:.2f}l6 6l-6 6l-6-6z", "open"))
        (said,) = shortened(one.said, (plot.x.end - plot.x.start) * 0.6, SMALL)
        wide = width(said, SMALL) + 6
        for left, top in _around(x, y, wide, plot):
            if plot.free(left, top, wide, TEXT):
                plot.take(left, top, wide, TEXT)
                yield label(said, left + 3, top + 12, look="halo")
                break


def _around(x: float, y: float, wide: float, plot: _Plot) -> Iterator[tuple[float, float]]:
    """Beside, under and over a point, within the plot, the nearest first."""
    yield from ((left, y - TEXT / 2) for left in (x + 9, x - 9 - wide))
    middle = min(max(x - wide / 2, plot.x.start + 2), plot.x.end - 2 - wide)
    for far in (9, 9 + TEXT, 9 + 2 * TEXT):
        yield from ((middle, top) for top in (y + far, y - far - TEXT))


def _words(grid: Grid, plot: _Plot) -> Iterator[str]:
    """Each word where its cells have most room."""
    low = -1.0
    for high, word in grid.words:
        wide = width(word, SMALL) + 8
        best: tuple[float, float, float] | None = None
        for number, means in enumerate(grid.means):
            y = plot.y.start - (number + 0.5) * plot.high
            for first, last in _runs(means, low, high):
                room = (last - first) * plot.wide
                left = plot.x.start + first * plot.wide + (room - wide) / 2
                if room >= wide and plot.free(left, y - TEXT / 2, wide, TEXT):
                    middle = min(room - wide, 40) - abs(number - len(grid.rows) / 2)
                    if best is None or middle > best[0]:
                        best = (middle, left, y)
        low = high
        if best is not None:
            _, left, y = best
            plot.take(left, y - TEXT / 2, wide, TEXT)
            yield label(word, left + 4, y + 4, look="halo")


def _runs(means: Sequence[float], low: float, high: float) -> Iterator[tuple[int, int]]:
    """Neighbouring columns with low <= mean < high: the first, and the one after the last."""
    first: int | None = None
    for column, mean in enumerate([*means, -2.0]):
        within = low <= mean < high
        if within and first is None:
            first = column
        if not within and first is not None:
            yield first, column
            first = None


def _axes(grid: Grid, plot: _Plot, across: float) -> tuple[str, float]:
    x, y = plot.x, plot.y
    parts = [label(shortened(grid.up, across, SMALL)[0], 0, 12, look="soft")]
    for row in _round(grid.rows[-1], 5):
        parts.append(path(f"M{x.start:g} {y(row):.2f}h-4", "axis"))
        parts.append(label(f"{row:.2g}", x.start - 8, y(row) + 4, look="soft", anchor="end"))
    for column in _round(grid.columns[-1], 7 if across >= WIDE else 5):
        parts.append(path(f"M{x(column):.2f} {y.start:g}v4", "axis"))
        parts.append(label(f"{100 * column:.3g} %", x(column), y.start + 17, look="soft",
                           anchor="middle"))  # fmt: skip
    drawn, down = named(grid.across, x.start, across, y.start + 22)
    return "".join(parts) + drawn, down


def _round(last: float, most: int) -> list[float]:
    """Round numbers from 0 to the last."""
    for step in (0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5):
        if last / step < most:
            return [step * number for number in range(int(last / step + 1e-9) + 1)]
    return [0.0, last]
