"""Numbers, durations and sizes as they are written: exact, or not at all."""

from __future__ import annotations

import re
from fractions import Fraction

_NUMBER = re.compile(r"(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
_WHOLE = re.compile(r"0|[1-9][0-9]*")
_UNIT = re.compile(r"([0-9.]+)([a-zA-Z]+)")
_LONGEST_NUMBER = 80  # characters
# Shorter in a file, so that a share of a sum of weights is still a number when written out.
_LONGEST_WRITTEN = 20

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_BYTES = {"B": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}
LONGEST_DURATION = 36500 * 86400  # seconds; a century, so that no date computed from it overflows
# A code carries its files in base64 and has at most 32 MiB itself.
LARGEST_FILE = 20 * 1024**2  # bytes
MOST = 1_000_000  # of anything counted
_MOST_DIGITS = 9


def exact(text: str) -> Fraction:
    """The number that ``text`` writes: digits, at most one point between digits.

    Raises:
        ValueError: A sign, an exponent, a needless leading zero, or more than 80 characters.
    """
    if len(text) > _LONGEST_NUMBER or _NUMBER.fullmatch(text) is None:
        raise ValueError(f"`{text[:_LONGEST_WRITTEN]}` is not a number")
    return Fraction(text)


def written(text: str) -> Fraction:
    """The number that a file writes: exact, and at most 20 characters.

    Raises:
        ValueError: It is longer, or not exact.
    """
    if len(text) > _LONGEST_WRITTEN:
        raise ValueError(f"`{text[:_LONGEST_WRITTEN]}…` is too long for a number")
    return exact(text)


def decimal_text(value: Fraction) -> str:
    """The one decimal text of ``value``: no exponent, no trailing zeros, no bare point.

    Raises:
        ValueError: The value is negative or has no finite decimal expansion.
    """
    places, denominator = 0, value.denominator
    while denominator % 10 == 0:
        denominator, places = denominator // 10, places + 1
    while denominator % 5 == 0:
        denominator, places = denominator // 5, places + 1
    while denominator % 2 == 0:
        denominator, places = denominator // 2, places + 1
    if denominator != 1 or value < 0:
        raise ValueError(f"{value} has no decimal text")
    digits = str(value.numerator * 10**places // value.denominator).rjust(places + 1, "0")
    if not places:
        return digits
    return f"{digits[:-places]}.{digits[-places:]}".rstrip("0").rstrip(".")


def whole(text: str) -> int:
    """The whole number that ``text`` writes, below 10^9.

    Raises:
        ValueError: Anything but digits without a needless leading zero.
    """
    if len(text) > _MOST_DIGITS or _WHOLE.fullmatch(text) is None:
        raise ValueError(f"`{text[:_LONGEST_WRITTEN]}` is not a whole number")
    return int(text)


def duration(text: str) -> int:
    """The seconds that ``text`` writes: one whole number and one of ``s m h d``.

    Raises:
        ValueError: Anything else, or more than a century.
    """
    seconds = _times(text, _SECONDS)
    if seconds > LONGEST_DURATION:
        raise ValueError(f"`{text}` is more than a century")
    return seconds


def size(text: str) -> int:
    """The bytes that ``text`` writes: one whole number and one of ``B KiB MiB GiB``.

    Raises:
        ValueError: Anything else.
    """
    return _times(text, _BYTES)


def _times(text: str, units: dict[str, int]) -> int:
    match = _UNIT.fullmatch(text)
    if match is None or match[2] not in units:
        raise ValueError(f"`{text[:_LONGEST_WRITTEN]}` is not a whole number and a unit")
    return whole(match[1]) * units[match[2]]
