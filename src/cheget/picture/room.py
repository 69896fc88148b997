"""How high text is, and how much of a list there is room for, before anybody has drawn it."""

from __future__ import annotations

from collections.abc import Sequence

from cheget.picture.markup import wrapped

LINE = 1.38  # of a size of text
WIDER = 1.15  # than a line, what the careful estimate of its text's width says


def height(text: str, across: float, size: float, *, bold: bool = False) -> float:
    """About how high ``text`` is in a column of that width, in pixels; seldom less."""
    return size * LINE * max(1, len(wrapped(text, WIDER * across, size, bold=bold)))


def fitting(heights: Sequence[float], room: float, rest: float = 0.0) -> int:
    """How many of these there is room for; where not for all, with ``rest`` below the last."""
    if sum(heights) <= room:
        return len(heights)
    count, left = 0, room - rest
    for one in heights:
        left -= one
        if left < 0:
            break
        count += 1
    return count
