"""Released by when: the chance over time, and how far beliefs spread it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cheget.picture.chart import SMALL, WIDE, Chart, Scale, apart, label, named, path, shortened
from cheget.picture.markup import width

HIGH, TOP, LEFT = 210.0, 22.0, 44.0
_UP = "released by then"
DAY = 86400
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, DAY,
          2 * DAY, 7 * DAY, 14 * DAY, 30 * DAY, 90 * DAY, 365 * DAY, 3650 * DAY)  # fmt: skip


@dataclass(frozen=True)
class Fan:
    """P(released by t) at ``times`` in seconds from transmission.

    ``mean`` over the beliefs, their ``median`` and their 5 and 95 % points; ``said`` is what stands
    at the end of each, in this order. ``deadline``: the last time is when the order expires.
    """

    times: tuple[float, ...]
    mean: tuple[float, ...]
    median: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    said: tuple[str, str, str, str]
    deadline: str = ""


def fan(title: str, curves: Fan, across: float = WIDE) -> Chart:
    """The mean as a line, the median dashed, the 90 % range as a band, until the deadline."""
    room = max(width(one, SMALL, bold=True) for one in curves.said) + 14
    room = min(room, across * 0.38)
    x = Scale(LEFT, across - room, 0, curves.times[-1])
    y = Scale(TOP + HIGH, TOP)
    parts = _levels(x, y)
    if curves.high != curves.low:
        way = _way(curves.times, curves.high, x, y) + "L"
        back = list(zip(curves.times[::-1], curves.low[::-1], strict=True))
        parts.append(path(way + "L".join(f"{x(t):.2f} {y(p):.2f}" for t, p in back) + "z", "band"))
        parts.append(path(_way(curves.times, curves.median, x, y), "dash"))
    parts.append(path(_way(curves.times, curves.mean, x, y), "curve"))
    if curves.deadline:
        parts.append(path(f"M{x.end:.2f} {y.start:g}V{y.end - 4:g}", "edge"))
        left = width(_UP, SMALL) + 8
        (said,) = shortened(curves.deadline, across - left, SMALL)
        at = max(x.end + 4, left + width(said, SMALL))
        parts.append(label(said, at, 11, anchor="end"))
    parts += _ends(curves, x, y, room)
    axis, down = _clock(x, y.start, curves.times[-1])
    parts.append(label(_UP, 0, 11, look="soft"))
    about = "The line is the answer by then; the band holds 90 % of the range of beliefs."
    return Chart(title, about, "".join(parts) + axis, across, down)


def _levels(x: Scale, y: Scale) -> list[str]:
    found = []
    for one in (0.0, 0.25, 0.5, 0.75, 1.0):
        half = one == 0.5  # noqa: PLR2004
        found.append(path(f"M{x.start:g} {y(one):.2f}H{x.end:.2f}", "half" if half else "grid"))
        found.append(label(f"{100 * one:g} %", x.start - 6, y(one) + 4, anchor="end", bold=half,
                           look=None if half else "soft"))  # fmt: skip
    return found


def _way(times: Sequence[float], values: Sequence[float], x: Scale, y: Scale) -> str:
    return "M" + "L".join(f"{x(t):.2f} {y(p):.2f}" for t, p in zip(times, values, strict=True))


def _ends(curves: Fan, x: Scale, y: Scale, room: float) -> list[str]:
    """What each line comes to, at its end; alike ones once."""
    lines = (curves.mean, curves.median, curves.low, curves.high)
    shown: list[tuple[float, str, bool]] = []
    for number, (line, said) in enumerate(zip(lines, curves.said, strict=True)):
        if said and (number == 0 or curves.high != curves.low):
            shown.append((y(line[-1]), said, number == 0))
    places = apart([at for at, _, _ in shown], [16.0] * len(shown), TOP - 6, TOP + HIGH + 6)
    found = []
    for (_, said, bold), at in zip(shown, places, strict=True):
        (cut,) = shortened(said, room - 8, SMALL, bold=bold)
        found.append(label(cut, x.end + 7, at + 4, bold=bold, look=None if bold else "soft"))
    return found


def _clock(x: Scale, bottom: float, until: float) -> tuple[str, float]:
    """The axis of time."""
    most = max(2, int((x.end - x.start) // 70))
    step = next((one for one in _STEPS if until / one <= most), until)
    parts = [path(f"M{x.start:g} {bottom:g}H{x.end:.2f}", "axis")]
    t = 0.0
    while t <= until * (1 + 1e-9):
        parts.append(path(f"M{x(t):.2f} {bottom:g}v4", "axis"))
        parts.append(label(spelt(t), x(t), bottom + 17, look="soft", anchor="middle"))
        t += step
    drawn, down = named("time since it was transmitted", x.start, x.end + 60, bottom + 22)
    return "".join(parts) + drawn, down


def spelt(seconds: float) -> str:
    """A duration in the largest unit that it is a whole number of."""
    if seconds == 0:
        return "0"
    for unit, many in (("d", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds % many == 0:
            return f"{seconds / many:g} {unit}"
    return f"{seconds:.3g} s"
