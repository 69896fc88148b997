"""A ladder in lines, the signs as the pictures have them."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from cheget.picture.ladder import MEANING, Ladder, Seat
from cheget.report.terminal import safe

GLYPHS = {"needed": "●", "seat": "○", "deputy": "◐", "stops": "✕", "alone": "◆"}
ACROSS = 100  # columns of a terminal


def in_terminal(ladder: Ladder) -> list[str]:
    """The ladder in lines, the signs as the pictures have them."""
    names = [rung.name for rung in ladder.rungs] + (["executors"] if ladder.acts else [])
    wide = max(len(name) for name in names)
    lines = []
    for number, rung in enumerate(ladder.rungs, 1):
        start = f"{number:>3} {rung.name:<{wide}}  "
        said = " · ".join(one for one in (rung.rule, *rung.notes) if one)
        if said:
            lines.append(f"{start}{said}")
            start = " " * len(start)
        lines += _flowed(start, [_in_words(seat) for seat in rung.seats])
    if ladder.acts:
        acting = [f"{one.name} {one.count:,}" if one.count > 1 else one.name for one in ladder.acts]
        start = f"{len(ladder.rungs) + 1:>3} {'executors':<{wide}}  "
        lines += _flowed(start, [*acting, *([ladder.acting] if ladder.acting else [])])
    lines.append("   ".join(["   ", *(f"{GLYPHS[sign]} {MEANING[sign]}" for sign in ladder.signs)]))
    return lines


def _in_words(seat: Seat) -> str:
    marks = "".join(f" {GLYPHS[sign]}" for sign in seat.signs[1:])
    note = f" ({safe(seat.note)})" if seat.note else ""
    return f"{GLYPHS[seat.sign]} {seat.name}{note}{marks}"


def _flowed(start: str, items: Sequence[str]) -> list[str]:
    """The items in lines of the terminal's width, none of them broken."""
    glued = "   ".join(item.replace(" ", "\0") for item in items)
    found = textwrap.wrap(
        glued, ACROSS - len(start), break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
    shown = [line.replace("\0", " ") for line in found]
    return [f"{start if not place else ' ' * len(start)}{line}" for place, line in enumerate(shown)]
