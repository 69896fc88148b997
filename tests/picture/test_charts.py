"""What charts show: every name and figure, nothing over another, nothing beyond the edge."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cheget.picture.chart import NARROW, WIDE, Chart, apart, drawing, figure, inline, shortened
from cheget.picture.fan import Fan, fan, spelt
from cheget.picture.heat import Grid, Place, bounds, heat
from cheget.picture.markup import width
from cheget.picture.plane import Dot, front, plane
from cheget.picture.rows import (
    End,
    Ranged,
    Share,
    Swing,
    comparison,
    ends,
    shares,
    tornado,
)
from cheget.picture.spread import Mark, Spread, spread

HOSTILE = "</svg><script>alert(1)</script>\u202e & 'so' \"on\""
NAMES = st.one_of(
    st.sampled_from(
        ["ann", "general-staff", "n" * 200, HOSTILE, "議会" * 40, "אבג דהו", "W m " * 30]
    ),
    st.text(min_size=1, max_size=30),
)
P = st.one_of(st.floats(0, 1), st.sampled_from([0.0, 1.0, 0.5, 1e-9, 1 - 1e-9]))
ACROSS = st.sampled_from([WIDE, NARROW])
WORDS = ((0.05, "almost no chance"), (0.2, "very unlikely"), (0.45, "unlikely"),
         (0.55, "roughly even chance"), (0.8, "likely"), (0.95, "very likely"),
         (1.1, "almost certain"))  # fmt: skip


def said(p: float) -> str:
    return f"{100 * p:.0f} %"


@st.composite
def some_ends(draw: st.DrawFn) -> Chart:
    rows = [
        End(draw(NAMES), p / 2, p / 4, f"✕ stopped {said(p / 2)}  ▲ expired {said(p / 4)}")
        for p in draw(st.lists(P, min_size=1, max_size=6))
    ]
    done = draw(P)
    return ends("t", [*rows, End("carried out", 0, 0, said(done), done)], draw(ACROSS))


@st.composite
def some_swings(draw: st.DrawFn) -> Chart:
    rows = [
        Swing(draw(NAMES), draw(P), draw(P), draw(NAMES)) for _ in range(draw(st.integers(0, 5)))
    ]
    return tornado("t", rows, draw(P), draw(ACROSS))


@st.composite
def some_shares(draw: st.DrawFn) -> Chart:
    rows = [
        Share(draw(NAMES), draw(P), draw(P), draw(NAMES)) for _ in range(draw(st.integers(0, 5)))
    ]
    return shares("t", rows, draw(ACROSS))


@st.composite
def some_rows(draw: st.DrawFn) -> Chart:
    rows = []
    for _ in range(draw(st.integers(1, 5))):
        low, mean, high = sorted(draw(st.tuples(P, P, P)))
        rows.append(Ranged(draw(NAMES), mean, low, high, draw(NAMES)))
    return comparison("t", rows, draw(ACROSS))


@st.composite
def some_spread(draw: st.DrawFn) -> Chart:
    low, mean, high = sorted(draw(st.tuples(P, P, P)))
    parts = draw(st.lists(st.floats(0.001, 1), min_size=10, max_size=10))
    middle = draw(P)
    values = Spread(
        tuple(parts),
        Mark(mean, f"mean {said(mean)}"), Mark(low, said(low)), Mark(high, said(high)),
        Mark(middle, f"{said(middle)} at the medians"), "94 % of it below", "6 % above",
    )  # fmt: skip
    return spread("t", values, draw(ACROSS))


@st.composite
def some_heat(draw: st.DrawFn) -> Chart:
    return heat("t", grid(draw(st.floats(0.1, 8)), draw(st.floats(0, 3)), tuple(
        Place(draw(st.floats(0, 0.6)), draw(st.floats(0, 0.8)), draw(NAMES))
        for _ in range(draw(st.integers(0, 4)))
    )), draw(ACROSS))  # fmt: skip


def grid(steep: float, alike: float, places: tuple[Place, ...] = ()) -> Grid:
    columns, rows = [0.03 * n for n in range(21)], [0.05 * n for n in range(17)]
    power = [steep / (1 + alike * row) for row in rows]
    means = tuple(tuple((1 - column) ** one for column in columns) for one in power)
    curve = tuple((1 - 0.5 ** (1 / one), row) for one, row in zip(power, rows, strict=True)
                  if 1 - 0.5 ** (1 / one) <= columns[-1])  # fmt: skip
    return Grid(tuple(columns), tuple(rows), means, curve, WORDS, places)


@st.composite
def some_fan(draw: st.DrawFn) -> Chart:
    until = draw(st.floats(2, 1e8))
    low, mid, mean, high = sorted(draw(st.tuples(P, P, P, P)))
    times = tuple(until * n / 20 for n in range(21))
    lines = [tuple(p * n / 20 for n in range(21)) for p in (mean, mid, low, high)]
    labels = (f"mean {said(mean)}", f"median {said(mid)}", said(low), said(high))
    return fan("t", Fan(times, *lines, labels, draw(st.sampled_from(["", "expires after 2 h"]))),
               draw(ACROSS))  # fmt: skip


@st.composite
def some_plane(draw: st.DrawFn) -> Chart:
    dots = [Dot(draw(P), draw(P), draw(NAMES)) for _ in range(draw(st.integers(1, 8)))]
    return plane("t", dots, draw(ACROSS))


CHARTS = st.one_of(some_ends(), some_swings(), some_shares(), some_rows(), some_spread(),
                   some_heat(), some_fan(), some_plane())  # fmt: skip


@dataclass(frozen=True)
class Text:
    text: str
    left: float
    top: float
    right: float
    bottom: float


def texts(chart: Chart) -> list[Text]:
    """Every text of a chart with the rectangle it takes, by the breadths its layout knows."""
    found = []
    for one in ET.fromstring(inline(chart)).iter("text"):  # noqa: S314
        size, x, y = (float(one.attrib[key]) for key in ("font-size", "x", "y"))
        wide = width(one.text or "", size, bold="font-weight" in one.attrib)
        left = {"middle": x - wide / 2, "end": x - wide}.get(one.attrib.get("text-anchor", ""), x)
        found.append(Text(one.text or "", left, y - 0.75 * size, left + wide, y + 0.2 * size))
    return found


@given(CHARTS)
def test_no_text_lies_on_another_or_beyond_the_edge(chart: Chart) -> None:
    found = texts(chart)
    for place, one in enumerate(found):
        assert one.left >= -1, one
        assert one.right <= chart.across + 1, one
        assert 0 <= one.top < one.bottom <= chart.height, one
        for other in found[:place]:
            apart = one.left >= other.right or other.left >= one.right
            assert apart or one.top >= other.bottom or other.top >= one.bottom, (one, other)


@given(CHARTS)
def test_a_chart_is_well_formed_and_what_it_is_told_is_no_markup(chart: Chart) -> None:
    names = {one.tag for one in ET.fromstring(inline(chart)).iter()}  # noqa: S314
    assert names <= {"svg", "title", "desc", "g", "rect", "circle", "path", "text"}
    assert "style=" not in inline(chart)
    assert not re.search(r"nan|inf", " ".join(re.findall(r'(?:d|x|y|cx|cy|width|height)="([^"]*)"',
                                                          chart.body)))  # fmt: skip


@given(CHARTS)
def test_one_half_is_on_every_axis_of_probability(chart: Chart) -> None:
    assert "50 %" in {one.text for one in texts(chart)} or chart.about.startswith("The more ink")


@pytest.mark.parametrize("draw", [
    lambda across: ends("t", [End("ann", 0.25, 0, "25 %")], across),
    lambda across: spread("t", Spread((), Mark(0.3, "mean 30 %")), across),
    lambda across: heat("t", grid(5, 1), across),
    lambda across: plane("t", [Dot(0.9, 0.1, "one")], across),
    lambda across: comparison("t", [Ranged("one", 0.2, 0.1, 0.3, "unlikely")], across),
])  # fmt: skip
def test_one_half_is_drawn_and_named(draw: Callable[[int], Chart]) -> None:
    for across in (WIDE, NARROW):
        chart = draw(across)
        assert "50 %" in {one.text for one in texts(chart)}
        assert 'class="half"' in chart.body or 'class="curve"' in chart.body


def test_every_level_is_named_and_those_without_a_chance_have_no_bar() -> None:
    steps = [
        End("head", 0, 0, "orders it"),
        *(End(f"level-{n}", 0.02, 0.01, "3 %") for n in range(27)),
    ]
    chart = ends("t", [*steps, End("carried out", 0, 0, "19 %", 0.19)])
    shown = {one.text for one in texts(chart)}
    assert shown >= {step.name for step in steps} | {"carried out", "1", "28"}
    assert chart.body.count('class="no"') == chart.body.count('class="late"') == 27
    assert chart.body.count("<rect") == 28


def test_the_share_beyond_one_half_is_hatched_and_the_rest_is_full() -> None:
    low = Spread((0.5, 0.5, 0, 0), Mark(0.2, "20 %"))
    high = Spread((0, 0, 0.5, 0.5), Mark(0.8, "80 %"))
    assert 'class="mesh"' not in spread("t", low).body
    assert 'class="band"' in spread("t", low).body
    assert 'class="mesh"' in spread("t", high).body
    assert 'class="band"' not in spread("t", high).body


@given(st.lists(st.tuples(P, P), min_size=1, max_size=12))
def test_nobody_beats_those_on_the_line_and_somebody_beats_the_others(
    points: list[tuple[float, float]],
) -> None:
    dots = [Dot(right, wrong, f"{n}") for n, (right, wrong) in enumerate(points)]
    best = front(dots)
    for one in dots:
        beaten = any(o.right >= one.right and o.wrong <= one.wrong and o != one
                     and (o.right, o.wrong) != (one.right, one.wrong) for o in dots)  # fmt: skip
        alike = any((o.right, o.wrong) == (one.right, one.wrong) for o in best)
        assert beaten != alike


def test_a_marker_of_the_heat_map_is_at_the_middle_of_its_cell() -> None:
    one = grid(5, 1)
    left, right, bottom, top = bounds(one, WIDE)
    cells = [(float(x), float(y), float(w), float(h)) for x, y, w, h in
             re.findall(r'<rect x="([^"]+)" y="([^"]+)" width="([^"]+)" height="([^"]+)"',
                        heat("t", one).body)]  # fmt: skip
    assert len(cells) == 21 * 17
    x, y, wide, high = cells[0]
    assert (left, bottom) == (x + wide / 2, y + high / 2)
    x, y, wide, high = cells[-1]
    assert (right, top) == (pytest.approx(x + wide / 2), pytest.approx(y + high / 2))


def test_likelier_cells_have_more_ink() -> None:
    shades = [
        float(one) for one in re.findall(r'fill-opacity="([^"]+)"', heat("t", grid(5, 0)).body)
    ]
    assert shades[:21] == sorted(shades[:21], reverse=True)
    assert shades[0] > 2 * shades[20]


@given(st.lists(st.tuples(st.floats(0, 500), st.floats(1, 60)), min_size=1, max_size=8))
def test_labels_are_moved_apart_and_keep_their_order(spans: list[tuple[float, float]]) -> None:
    at, sizes = [one for one, _ in spans], [size for _, size in spans]
    found = apart(at, sizes, 0, 500)
    order = sorted(range(len(at)), key=lambda n: at[n])
    for before, after in pairwise(order):
        assert found[after] - found[before] >= (sizes[before] + sizes[after]) / 2 - 1e-6
    if all(a + (s + t) / 2 <= b for (a, s), (b, t) in pairwise(sorted(spans))):  # fmt: skip
        inside = all(s / 2 <= a <= 500 - s / 2 for a, s in spans)
        assert not inside or found == pytest.approx(at)


@given(NAMES, st.floats(20, 300), st.integers(1, 3))
def test_what_is_shortened_fits_and_says_that_it_was(text: str, most: float, lines: int) -> None:
    found = shortened(text, most, 13, lines)
    assert 1 <= len(found) <= lines
    assert all(width(line, 13) <= most for line in found)
    assert found[-1].endswith("…") or "".join(found).replace(" ", "") == "".join(text.split())


def test_durations_are_spelt_in_their_largest_whole_unit() -> None:
    assert [spelt(t) for t in (0, 30, 90, 1800, 5400, 7200, 172800)] == [
        "0", "30 s", "90 s", "30 min", "90 min", "2 h", "2 d",
    ]  # fmt: skip


def test_a_page_has_both_widths_and_a_file_says_the_answer() -> None:
    def draw(across: int) -> Chart:
        return ends("Unlikely: 25 %", [End(HOSTILE, 0.75, 0, "75 %")], across)

    shown = figure(draw)
    assert f'width="{WIDE}"' in shown
    assert f'width="{NARROW}"' in shown
    file = drawing("Unlikely: 25 %", "tactical", [draw(WIDE), draw(WIDE)])
    ET.fromstring(file)  # noqa: S314
    assert file.count("Unlikely: 25 %") == 6
    assert "<script" not in file + shown
    assert file == drawing("Unlikely: 25 %", "tactical", [draw(WIDE), draw(WIDE)])
