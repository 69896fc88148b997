"""Answers in a person's own form, read strictly: how many, how long, and what follows `because`.

An answer that can't be read is an ``AssessmentError`` with an example of one that can.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from cheget.assessment.number import Number, fixed
from cheget.chain.text import UNFIT
from cheget.errors import AssessmentError

NEVER, ALWAYS = 0.01, 0.99  # what an end of a range is taken for that says "nobody" or "all"
_LEAST = 1e-5
_NUMBER = r"([0-9]{1,6}(?:\.[0-9]{1,4})?)"
_TO = r"\s*(?:-|\N{EN DASH}|to)\s*"
_SHARES = re.compile(rf"{_NUMBER}\s*(%?)(?:{_TO}{_NUMBER}\s*(%?))?")
_UNITS = {word: word[0] for word in (
    "s", "sec", "secs", "second", "seconds", "m", "min", "mins", "minute", "minutes",
    "h", "hour", "hours", "d", "day", "days",
)}  # fmt: skip
_TIME = rf"{_NUMBER}\s*([a-z]+)"
_TIMES = re.compile(rf"{_TIME}(?:{_TO}{_TIME})?")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_LONG = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True)
class Share:
    """So many of so many, as a probability or a range of them; ``rounded``: an end was moved."""

    low: float
    high: float
    rounded: bool = False

    @property
    def certain(self) -> bool:
        """Whether it is one number."""
        return self.low == self.high

    @property
    def number(self) -> Number:
        """As beliefs have it."""
        return fixed(self.low) if self.certain else Number("logit-normal", (self.low, self.high))

    @property
    def text(self) -> str:
        """As a beliefs file writes it."""
        if self.certain:
            return _percent(self.low)
        return f"{_percent(self.low)} to {_percent(self.high)}"


def share(text: str, of: int, example: str) -> Share:
    """How many of so many: ``1 - 4``, ``2``, ``5 % - 50 %``; the lower first.

    Raises:
        AssessmentError: it isn't that.
    """
    said = {"nobody": "0", "none": "0", "all": str(of), "everybody": str(of)}.get(text, text)
    match = _SHARES.fullmatch(said)
    if match is None:
        raise AssessmentError(f"`{text}` isn't how many of {of}", hint=f"such as {example}")
    first, first_sign, second, second_sign = match.groups()
    if second is not None and first_sign and not second_sign:
        raise AssessmentError("one end has a percent sign and the other none",
                              hint=f"such as {example}, or 5 % - 50 %")  # fmt: skip
    whole = 100 if first_sign or second_sign else of
    low = float(first) / whole
    high = low if second is None else float(second) / whole
    if max(low, high) > 1:
        most = f"all {of}" if whole == of else "100 %"
        raise AssessmentError(f"that is more than {most}", hint=f"such as {example}")
    if low > high:
        raise AssessmentError("the first is larger than the second", hint="lowest - highest")
    if any(0 < end < _LEAST for end in (low, high)):
        raise AssessmentError("that is too little to be told from nobody", hint="such as 0.1 %")
    if low == high:
        return Share(low, high)
    moved = Share(min(NEVER, high / 10) if low == 0 else low,
                  max(ALWAYS, 1 - (1 - low) / 10) if high == 1 else high)  # fmt: skip
    return Share(moved.low, moved.high, (moved.low, moved.high) != (low, high))


def duration(text: str, example: str) -> tuple[str, str]:
    """How long it takes: as a beliefs file writes it, and in words.

    Raises:
        AssessmentError: it isn't that.
    """
    match = _TIMES.fullmatch(text.lower())
    parts = match.groups() if match else ()
    units = [_UNITS.get(unit or "s") for unit in parts[1::2]]
    if match is None or None in units:
        raise AssessmentError(f"`{text}` isn't how long it takes", hint=f"such as {example}")
    first, _, second, unit = parts
    one, two = (each or "s" for each in units)
    shortest = float(first) * _SECONDS[one]
    longest = shortest if unit is None else float(second) * _SECONDS[two]
    if shortest <= 0:
        raise AssessmentError("nothing takes no time at all", hint=f"such as {example}")
    if shortest > longest:
        raise AssessmentError("the first is longer than the second", hint="shortest - longest")
    if shortest == longest:
        return f"{first}{one}", f"{_long(first, one)}, and no doubt about it"
    words = f"between {_long(first, one)} and {_long(second, two)} in nine cases of ten"
    return f"{first}{one} to {second}{two}", words


def _long(number: str, unit: str) -> str:
    return f"{number} {_LONG[unit].removesuffix('s') if number == '1' else _LONG[unit]}"


def parted(text: str) -> tuple[str, str]:
    """An answer, and the person's own words that follow ``because``.

    Raises:
        AssessmentError: it holds a character that can't be seen.
    """
    unfit = UNFIT.search(text)
    if unfit is not None:
        raise AssessmentError("the answer holds a character that can't be seen")
    answer, _, words = text.partition("because")
    return answer.strip(" ,;"), words.strip(" ,;:")


def _percent(value: float) -> str:
    digits = 2 if value >= _LEAST * 100 and 1 - value >= _LEAST * 100 else 5
    return f"{100 * value:.{digits}f}".rstrip("0").rstrip(".") + "%"
