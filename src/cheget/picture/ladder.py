"""The ladder: one vertical line, the levels on it from the head down, and who sits at each.

Shape before colour: ● in every release, ○ a seat, ◐ a deputy, ✕ stops it alone, ◆ releases it
alone. Sizes are pixels; the height follows from what there is to draw.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from cheget.picture.markup import SANS, colours, tag, width, wrapped

WIDTH = 760
NARROW = 372  # for a telephone, whose edge the page is
EDGE, SPINE, LEFT = 20, 38, 70  # of the picture, the line, what stands beside it
CHIP, GAP, PITCH = 30, 8, 8  # a seat's height, between two, between two executors
CROWD = 40  # seats, from which on they have no frame
TITLED = 8  # seats, up to which their titles are drawn
DOTS = 2_000  # executors of a kind, from which on a dot stands for several

Sign = Literal["needed", "seat", "deputy", "stops", "alone"]
MEANING: dict[Sign, str] = {
    "needed": "in every release",
    "seat": "a seat",
    "deputy": "a deputy, where the member is silent",
    "stops": "can stop it alone",
    "alone": "can release it alone",
}


@dataclass(frozen=True)
class Seat:
    """Somebody's place: the post's name and title, a note such as ``for chief after 10m``."""

    name: str
    title: str = ""
    sign: Sign = "seat"
    stops: bool = False
    alone: bool = False
    note: str = ""

    @property
    def signs(self) -> tuple[Sign, ...]:
        """Every sign it bears."""
        return (self.sign, *(("stops",) if self.stops else ()), *(("alone",) if self.alone else ()))


@dataclass(frozen=True)
class Rung:
    """A level: its name, its rule in words, what else holds there, and its seats."""

    name: str
    rule: str
    seats: tuple[Seat, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Acts:
    """Executors of one kind."""

    name: str
    count: int
    note: str = ""


@dataclass(frozen=True)
class Ladder:
    """What is drawn: a title, a sentence, the levels, those who act."""

    title: str
    sentence: str
    rungs: tuple[Rung, ...]
    acts: tuple[Acts, ...] = ()
    acting: str = ""  # what is said beside the executors

    @property
    def signs(self) -> tuple[Sign, ...]:
        """The signs that occur, in the order of the legend."""
        found = {sign for rung in self.rungs for seat in rung.seats for sign in seat.signs}
        return tuple(sign for sign in MEANING if sign in found)


STYLE = (
    f".ladder{{font-family:{SANS};background:var(--paper)}}"
    ".ladder text{fill:var(--ink)}.ladder .soft{fill:var(--soft)}.ladder .no{fill:var(--no)}"
    ".ladder .frame{fill:var(--card);stroke:var(--line)}.ladder .hint{stroke-dasharray:3 3}"
    ".ladder .spine{stroke:var(--ink);stroke-width:1.5}"
    ".ladder .node{fill:var(--paper);stroke:var(--ink);stroke-width:1.5}"
    ".ladder .full{fill:var(--ink);stroke:none}"
    ".ladder .ring{fill:none;stroke:var(--ink);stroke-width:1.5}"
    ".ladder .cross{fill:none;stroke:var(--no);stroke-width:2.2;stroke-linecap:round}"
    ".ladder .diamond{fill:var(--wait)}"
    ".ladder .dots{fill:none;stroke:var(--soft);stroke-opacity:.5;stroke-width:4.5;"
    "stroke-linecap:round}"
)


def drawing(ladders: Sequence[Ladder], across: int = WIDTH) -> str:
    """A file of its own: the ladders one below the other, with the colours of light and dark."""
    parts, down = [], float(EDGE)
    for ladder in ladders:
        body, height = _body(ladder, across, heading=True)
        parts.append(tag("g", body, transform=f"translate(0 {down:g})"))
        down += height + 2 * EDGE
    down -= EDGE
    title = "; ".join(one.title for one in ladders)
    return (
        tag(
            "svg", tag("title", text=title),
            tag("desc", text=" ".join(f"{one.title}: {one.sentence}" for one in ladders)),
            tag("style", colours(".ladder") + STYLE),
            tag("rect", width=across, height=down, rx=8, style="fill:var(--paper)"),
            *parts, xmlns="http://www.w3.org/2000/svg", class_="ladder", role="img",
            viewBox=f"0 0 {across} {down:g}", width=across, height=down,
        )
        + "\n"
    )  # fmt: skip


def inline(ladder: Ladder, across: int, class_: str) -> str:
    """Part of a page that has ``STYLE`` and the colours, and says title and sentence itself."""
    body, height = _body(ladder, across, heading=False)
    return tag(
        "svg", tag("title", text=f"{ladder.title}: the ladder"), body, class_=f"ladder {class_}",
        role="img", viewBox=f"{SPINE - 15} -2 {across - SPINE + 15} {height + 4:g}",
        width=across - SPINE + 15, height=height + 4,
    )  # fmt: skip


def _body(ladder: Ladder, across: int, *, heading: bool) -> tuple[str, float]:
    """The markup, and how high it is."""
    parts: list[str] = []
    down = 0.0
    if heading:
        for text, size, look in ((ladder.title, 21, None), (ladder.sentence, 14, "soft")):
            for line in wrapped(text, across - 2 * EDGE, size, bold=look is None):
                down += size * 1.35
                parts.append(_text(line, EDGE, down, size, class_=look, bold=look is None))
            down += 4
        down += 20
    nodes: list[float] = []
    for rung in ladder.rungs:
        nodes.append(down + 13)
        drawn, down = _rung(rung, down, across)
        parts.append(drawn)
        down += 24
    if ladder.acts:
        nodes.append(down + 13)
        drawn, down = _acts(ladder, down, across)
        parts.append(drawn)
        down += 24
    drawn, down = _legend(ladder.signs, down, across)
    line = tag("path", d=f"M{SPINE} {nodes[0]:g}V{nodes[-1]:g}", class_="spine") if nodes else ""
    numbers = [_node(str(number), at) for number, at in enumerate(nodes, 1)]
    return "".join([line, *numbers, *parts, drawn]), down


def _node(number: str, at: float) -> str:
    circle = tag("circle", cx=SPINE, cy=at, r=13, class_="node")
    return circle + _text(number, SPINE, at + 4.5, 12.5, bold=True, text_anchor="middle")


def _text(
    text: str, x: float, y: float, size: float, *, bold: bool = False, **attributes: object
) -> str:
    weight = 600 if bold else None
    return tag("text", text=text, x=x, y=y, font_size=size, font_weight=weight, **attributes)


def _heading(name: str, said: str, down: float, across: int) -> tuple[str, float]:
    """A level's name and, beside or below it, what holds there."""
    most = across - LEFT - EDGE
    parts = []
    names = wrapped(name, most, 17, bold=True)
    for number, line in enumerate(names):
        parts.append(_text(line, LEFT, down + 19 + number * 21, 17, bold=True))
    down += 21 * (len(names) - 1)
    used = width(names[-1], 17, bold=True) + 14
    if said and used + width(said, 13) <= most:
        parts[-1] = _beside(parts[-1], said, 13, 12)
        return "".join(parts), down + 30
    down += 30
    for line in wrapped(said, most, 13):
        parts.append(_text(line, LEFT, down + 10, 13, class_="soft"))
        down += 18
    return "".join(parts), down + (4 if said else 0)


def _beside(element: str, said: str, size: float, gap: float) -> str:
    """A text element with more text right behind it, wherever its font lets it end."""
    more = tag("tspan", text=said, dx=gap, font_size=size, font_weight=400, class_="soft")
    return element.removesuffix("</text>") + more + "</text>"


def _rung(rung: Rung, down: float, across: int) -> tuple[str, float]:
    said = " · ".join(one for one in (rung.rule, *rung.notes) if one)
    head, down = _heading(rung.name, said, down, across)
    crowd = len(rung.seats) > CROWD
    titled = len(rung.seats) <= TITLED
    chips = [_Chip(seat, across - LEFT - EDGE, crowd=crowd, titled=titled) for seat in rung.seats]
    if crowd:
        widest = max(chip.width for chip in chips)
        for chip in chips:
            chip.width = widest
    parts, x, row = [head], float(LEFT), 0.0
    for chip in chips:
        if x > LEFT and x + chip.width > across - EDGE:
            x, down, row = float(LEFT), down + row + (0 if crowd else GAP), 0.0
        parts.append(chip.drawn(x, down))
        x, row = x + chip.width + GAP, max(row, chip.height)
    return "".join(parts), down + row


class _Chip:
    """A seat's frame and what stands in it."""

    def __init__(self, seat: Seat, most: float, *, crowd: bool, titled: bool) -> None:
        self.seat, self._framed = seat, not crowd
        self._size = 12 if crowd else 14
        marks = 18 * (seat.stops + seat.alone)
        room = most - (34 + marks if self._framed else 22 + marks)
        title = seat.title if titled and seat.title.casefold() != seat.name.casefold() else ""
        self._names = wrapped(seat.name, room, self._size)
        said = " · ".join(one for one in (title, seat.note) if one)
        self._more = wrapped(said, room, 12)
        last = width(self._names[-1], self._size) + 8
        self._beside = len(self._more) == 1 and last + width(self._more[0], 12) <= room
        wide = max(width(line, self._size) for line in self._names)
        wide = max([wide, *(width(line, 12) for line in self._more)])
        if self._beside:
            wide = max(wide, last + width(self._more[0], 12))
        lines = len(self._names) + (0 if self._beside else len(self._more))
        self.width = min(most, wide + most - room)
        self.height = (CHIP if self._framed else 20) + 17 * (lines - 1)

    def drawn(self, x: float, y: float) -> str:
        """The chip with its upper left corner there."""
        seat = self.seat
        told = ", ".join(
            one for one in (seat.name, seat.title, seat.note, *(MEANING[s] for s in seat.signs))
            if one
        )  # fmt: skip
        parts = [tag("title", text=told)]
        middle = y + (15 if self._framed else 10)
        if self._framed:
            look = "frame hint" if seat.sign == "deputy" else "frame"
            parts.append(tag("rect", x=x + 0.5, y=y + 0.5, width=self.width - 1,
                             height=self.height - 1, rx=6, class_=look))  # fmt: skip
        left = x + (16 if self._framed else 7)
        parts.append(sign(seat.sign, left, middle))
        right = x + self.width - (15 if self._framed else 9)
        for mark in reversed(seat.signs[1:]):
            parts.append(sign(mark, right, middle))
            right -= 18
        parts += self._lines(left + 11, middle + 5)
        return tag("g", *parts)

    def _lines(self, x: float, y: float) -> Iterator[str]:
        for number, line in enumerate(self._names, 1):
            text = _text(line, x, y, self._size)
            last = self._beside and number == len(self._names)
            yield _beside(text, self._more[0], 12, 8) if last else text
            y += 17
        for line in () if self._beside else self._more:
            yield _text(line, x, y, 12, class_="soft")
            y += 17


def sign(which: Sign, x: float, y: float) -> str:
    """A sign's shape around that point."""
    if which == "stops":
        return tag("path", d=f"M{x - 4:g} {y - 4:g}l8 8m0-8l-8 8", class_="cross")
    if which == "alone":
        return tag("path", d=f"M{x:g} {y - 6:g}l6 6l-6 6l-6-6z", class_="diamond")
    if which == "needed":
        return tag("circle", cx=x, cy=y, r=5, class_="full")
    ring = tag("circle", cx=x, cy=y, r=4.5, class_="ring")
    if which == "deputy":
        return ring + tag("path", d=f"M{x:g} {y - 4.5:g}a4.5 4.5 0 0 0 0 9z", class_="full")
    return ring


def _acts(ladder: Ladder, down: float, across: int) -> tuple[str, float]:
    head, down = _heading("executors", ladder.acting, down, across)
    parts = [head]
    for kind in ladder.acts:
        each = -(-kind.count // DOTS)
        many = f" {kind.count:,}" if kind.count > 1 else ""
        dot = f"a dot stands for {each:,}" if each > 1 else ""
        said = " · ".join(one for one in (f"{kind.name}{many}", kind.note, dot) if one)
        if kind.count == 1:
            parts.append(tag("path", d=f"M{LEFT + 3} {down + 6:g}h.1", class_="dots"))
            parts.append(_text(said, LEFT + 12, down + 10, 13, class_="soft"))
            down += 28
            continue
        lines = wrapped(said, across - LEFT - EDGE, 13)
        for line in lines:
            parts.append(_text(line, LEFT, down + 10, 13, class_="soft"))
            down += 18
        dots, columns = -(-kind.count // each), int((across - LEFT - EDGE) // PITCH)
        rows = [min(columns, dots - start) for start in range(0, dots, columns)]
        paths = (
            f"M{LEFT + 3} {down + 3 + PITCH * number:g}h{PITCH * (count - 1)}.1"
            for number, count in enumerate(rows)
        )
        parts.append(tag("path", d="".join(paths), class_="dots", stroke_dasharray=f"0 {PITCH}"))
        down += PITCH * len(rows) + 10
    return "".join(parts), down - 10


def _legend(signs: Sequence[Sign], down: float, across: int) -> tuple[str, float]:
    parts, x = [], float(LEFT)
    for one in signs:
        wide = 14 + width(MEANING[one], 12) + 18
        if x > LEFT and x + wide > across:
            x, down = float(LEFT), down + 20
        parts.append(sign(one, x + 5, down + 8))
        parts.append(_text(MEANING[one], x + 15, down + 12, 12, class_="soft"))
        x += wide
    return "".join(parts), down + 20
