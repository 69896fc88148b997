"""Bars: of power, and of how many coalitions there are of each size, for a page or a terminal."""

from __future__ import annotations

from itertools import groupby
from math import log10
from typing import TYPE_CHECKING

from cheget.picture.page import Bar
from cheget.report.wording import joined, number, persons, share

if TYPE_CHECKING:
    from cheget.proof.account import Account
    from cheget.proof.coalitions import Coalitions

ROWS = 40  # bars of a chart
STEEP = 50  # how many times the least the most must be for a scale of powers of ten
CELLS = 24  # of the longest bar
EIGHTHS = " ▏▎▍▌▋▊▉"


def size_bars(family: Coalitions) -> tuple[list[Bar], bool]:
    """How many minimal coalitions of each size, and whether the scale is of powers of ten.

    Where there are more sizes than rows, neighbours share one; nothing is left out.
    """
    sizes = [(size, many) for size, many in enumerate(family.minimal()) if many]
    least = sizes[0][0]
    step = -(-(sizes[-1][0] - least + 1) // ROWS)
    rows: list[tuple[int, int, int]] = []
    for _, group in groupby(sizes, key=lambda one: (one[0] - least) // step):
        here = list(group)
        rows.append((here[0][0], here[-1][0], sum(many for _, many in here)))
    counts = [many for _, _, many in rows]
    steep = max(counts) > STEEP * min(counts)
    # Lengths are for the eye; the figure beside each is exact.
    tall = log10(max(counts)) + 0.3
    bars = []
    for low, high, many in rows:
        long = (log10(many) + 0.3) / tall if steep else many / max(counts)
        text, exactly = number(many)
        label = persons(low) if low == high else f"{low} to {high} people"
        bars.append(Bar(label, long, text, exactly))
    return bars, steep


def power_bars(account: Account, most: int = ROWS) -> list[Bar]:
    """Everybody's power, the most powerful first; who has the same shares a row."""
    rows = sorted(account.powers.items(), key=lambda row: -row[1].shapley)
    longest = max((power.shapley for _, power in rows), default=0) or 1
    bars = []
    for shapley, group in groupby(rows, key=lambda row: row[1].shapley):
        people = [person for person, _ in group]
        each = "" if len(people) == 1 else " each"
        bars.append(Bar(joined(people, 8), float(shapley / longest),
                        f"{share(shapley)}{each}", str(shapley)))  # fmt: skip
    if len(bars) > most:
        left = sum(one.part == 0 for one in bars[most:])
        bars = [*bars[:most], Bar(f"and {len(bars) - most} smaller shares", 0, "", str(left))]
    return bars


def bar(part: float, cells: int = CELLS) -> str:
    """A bar of ``part`` of the longest, to an eighth of a cell; what is there is never nothing."""
    eighths = max(1 if part > 0 else 0, round(part * cells * 8))
    return "█" * (eighths // 8) + EIGHTHS[eighths % 8].strip()


def histogram(family: Coalitions) -> list[str]:
    """How many minimal coalitions of each size, a row each."""
    bars, steep = size_bars(family)
    label = max(len(one.label) for one in bars)
    value = max(len(one.value) for one in bars)
    rows = [f"{one.label:>{label}}  {one.value:>{value}}  {bar(one.part)}" for one in bars]
    return [*rows, *(["(bars on a scale of powers of ten)"] if steep else [])]
