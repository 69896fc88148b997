"""A number as beliefs state it: certain, or spread over a range (rule 21).

5% to 50%                     a 90 % interval: logit-normal, log-normal or normal by the field
0.2  80%  10m                 certain
beta(2, 5)  uniform(a, b)  pert(low, likely, high)  triangular(low, likely, high)
normal(m, s)  mixture(a, b, [w, w])  truncate(x, low, high)
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal

from cheget.chain.fields import listed
from cheget.chain.grammar import RuleError
from cheget.chain.text import near

Field = Literal["probability", "duration", "positive", "real"]
Kind = Literal[
    "fixed", "logit-normal", "log-normal", "normal", "uniform", "triangular", "pert", "beta",
    "mixture", "truncate",
]  # fmt: skip
_LAWS = {"beta": 2, "uniform": 2, "pert": 3, "triangular": 3, "normal": 2, "mixture": 3,
         "truncate": 3}  # fmt: skip
_TOKEN = re.compile(
    r"\s*(?:(?P<number>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?)(?P<unit>%|[a-zA-Z]+)?"
    r"|(?P<word>[a-z]+)|(?P<mark>[(),\[\]]))"
)
_LONGEST = 20  # characters of one number
_DEEPEST = 4
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_CENTURY = 36500 * 86400.0
Z95 = 1.6448536269514722  # the standard normal's 95 % point
LARGEST = 1e6  # of a real or positive number: far beyond any meaning
_INTERVALS: dict[Field, Kind] = {"probability": "logit-normal", "duration": "log-normal",
                                 "positive": "log-normal", "real": "normal"}  # fmt: skip
_BOUNDS = {
    "probability": (0.0, 1.0), "duration": (0.0, _CENTURY), "positive": (0.0, LARGEST),
    "real": (-LARGEST, LARGEST),
}  # fmt: skip
_NAMED = {
    "probability": "a probability", "duration": "a duration", "positive": "a positive number",
    "real": "a number",
}  # fmt: skip
_SHOWN = {
    "probability": "such as `20%`, `5% to 50%`, `0.2` or `beta(2, 5)`",
    "duration": "such as `10m`, `10m to 2h` or `pert(5m, 20m, 2h)`",
    "positive": "such as `0.5` or `0.2 to 0.8`",
    "real": "such as `-0.5`, `-1 to 0` or `normal(0, 0.5)`",
}


@dataclass(frozen=True)
class Number:
    """A number of one field's kind; ``numbers`` are its parameters, in seconds for durations.

    Of an interval they are its ends; of a mixture its weights, and ``parts`` what it mixes; of a
    truncation the two bounds.
    """

    kind: Kind
    numbers: tuple[float, ...]
    parts: tuple[Number, ...] = ()

    @property
    def certain(self) -> bool:
        """Whether it is one number and no range."""
        return self.kind == "fixed"

    @property
    def support(self) -> tuple[float, float]:
        """Between which two numbers it lies."""
        first, last = self.numbers[0], self.numbers[-1]
        match self.kind:
            case "logit-normal" | "beta":
                return 0.0, 1.0
            case "log-normal":
                return 0.0, math.inf
            case "normal":
                return -math.inf, math.inf
            case "mixture":
                ends = [part.support for part in self.parts]
                return min(low for low, _ in ends), max(high for _, high in ends)
            case _:
                return first, last


def fixed(value: float) -> Number:
    """The number that is certain."""
    return Number("fixed", (value,))


def parse_number(text: str, field: Field) -> Number:
    """The number that ``text`` writes in a field of that kind.

    Raises:
        RuleError: It isn't written as one, or reaches beyond the field's bounds.
    """
    reader = _Reader(text, field)
    found = reader.number(_DEEPEST)
    reader.end()
    low, high = _BOUNDS[field]
    least, most = found.support
    if found.kind == "log-normal" and field in {"duration", "positive"}:
        least, most = found.numbers  # its tail thins out fast enough
    unbounded = math.isinf(least) or math.isinf(most)
    if unbounded and not (found.kind == "normal" and field == "real"):
        raise RuleError(
            f"{_NAMED[field]} can't be spread without bounds", 0,
            hint=f"such as `truncate({text.strip()}, {_bound(low, field)}, …)`",
        )  # fmt: skip
    if not unbounded and not low <= least <= most <= high:
        raise RuleError(
            f"{_NAMED[field]} lies between {_bound(low, field)} and {_bound(high, field)}", 0,
            expected=_SHOWN[field],
        )  # fmt: skip
    return found


def _bound(value: float, field: Field) -> str:
    if field == "probability":
        return f"{value:.0%}"
    return f"{value:g}s" if field == "duration" else f"{value:,.0f}"


class _Reader:
    """A recursive reader of one number."""

    def __init__(self, text: str, field: Field) -> None:
        self.text, self.field, self.at, self.percent = text, field, 0, False
        self._ahead: re.Match[str] | None = None

    def end(self) -> None:
        """Refuse whatever follows."""
        if self.text[self.at :].strip():
            raise RuleError(f"{self._rest()} follows the number", self._start(),
                              expected=_SHOWN[self.field])  # fmt: skip

    def number(self, deep: int) -> Number:
        """A number, an interval, or a law by its name."""
        found = self._peek()
        if found is not None and found["word"]:
            return self._law(found["word"], deep)
        start = self._start()
        low = self._value()
        percent = self.percent
        again = self._peek()
        if again is None or again["word"] != "to":
            return fixed(low)
        self._take()
        high = self._value()
        if self.field == "probability" and percent != self.percent:
            raise RuleError("one end has a percent sign and the other none", start,
                              hint="write `5% to 50%` or `0.05 to 0.5`")  # fmt: skip
        return self._interval(low, high, start)

    def _interval(self, low: float, high: float, start: int) -> Number:
        if low >= high:
            raise RuleError("the interval's first end isn't below its second", start,
                              expected="the lower end first")  # fmt: skip
        ends = (0.0, 1.0) if self.field == "probability" else (0.0,)
        if self.field != "real" and (low in ends or high in ends):
            raise RuleError(
                f"{_NAMED[self.field]}'s interval can't end at {low if low in ends else high:g}",
                start, hint="its ends are the 5 % and 95 % points; or write `uniform(…)`",
            )  # fmt: skip
        if self.field == "real":
            return Number("normal", ((low + high) / 2, (high - low) / (2 * Z95)))
        return Number(_INTERVALS[self.field], (low, high))

    def _law(self, word: str, deep: int) -> Number:
        start = self._start()
        if word not in _LAWS:
            raise RuleError(f"`{word}` is not a number", start, expected=_SHOWN[self.field],
                              hint=near(word, _LAWS) or f"laws are {listed(_LAWS)}")  # fmt: skip
        if not deep:
            raise RuleError("laws within laws within laws", start)
        self._take()
        self._mark("(")
        if word == "mixture":
            made = self._mixture(deep, start)
        elif word == "truncate":
            part = self.number(deep - 1)
            self._mark(",")
            low = self._value()
            self._mark(",")
            made = Number("truncate", (low, self._value()), (part,))
        else:
            made = self._plain(word)
        self._mark(")")
        self._refuse_unfit(made, word, start)
        return made

    def _plain(self, word: str) -> Number:
        bare = word == "beta"  # its parameters are no probabilities
        values = [self._value(bare=bare)]
        while len(values) < _LAWS[word]:
            self._mark(",")
            values.append(self._value(bare=bare))
        kinds: dict[str, Kind] = {"beta": "beta", "uniform": "uniform", "pert": "pert",
                                  "triangular": "triangular", "normal": "normal"}  # fmt: skip
        return Number(kinds[word], tuple(values))

    def _mixture(self, deep: int, start: int) -> Number:
        parts = [self.number(deep - 1)]
        self._mark(",")
        while (found := self._peek()) is not None and found["mark"] != "[":
            parts.append(self.number(deep - 1))
            self._mark(",")
        self._mark("[")
        weights = [self._value(bare=True)]
        while len(weights) < len(parts):
            self._mark(",")
            weights.append(self._value(bare=True))
        self._mark("]")
        if min(weights) <= 0:
            raise RuleError("a mixture's weights are positive", start)
        total = math.fsum(weights)
        return Number("mixture", tuple(weight / total for weight in weights), tuple(parts))

    @staticmethod
    def _refuse_unfit(made: Number, word: str, start: int) -> None:
        values = made.numbers
        if made.kind in {"pert", "triangular"} and not (
            values[0] <= values[1] <= values[2] and values[0] < values[2]
        ):
            raise RuleError(f"`{word}` takes low, likely and high, in this order", start)
        if made.kind in {"uniform", "truncate"} and values[0] >= values[1]:
            raise RuleError(f"`{word}` takes its lower bound first", start)
        if (made.kind == "beta" and min(values) <= 0) or (made.kind == "normal" and values[1] <= 0):
            raise RuleError(f"`{word}` takes positive numbers there", start)
        if made.kind == "truncate":
            least, most = made.parts[0].support
            if made.parts[0].certain or values[0] >= most or values[1] <= least:
                raise RuleError("nothing is left between these bounds", start)

    def _value(self, *, bare: bool = False) -> float:
        """A number with its unit, in the field's own measure."""
        start, found = self._start(), self._peek()
        if found is None or not found["number"]:
            raise RuleError(f"{self._rest()} where a number belongs", start,
                              expected=_SHOWN[self.field])  # fmt: skip
        self._take()
        digits, unit = found["number"], found["unit"] or ""
        if len(digits) > _LONGEST:
            raise RuleError("too long for a number", start)
        if bare and unit:
            raise RuleError(f"`{digits}{unit}` where a bare number belongs", start)
        self.percent = unit == "%"
        if bare:
            return float(digits)
        return self._measured(digits, unit, start)

    def _measured(self, digits: str, unit: str, start: int) -> float:
        wrong = (
            (self.field == "duration" and unit not in _UNITS and float(digits) != 0)
            or (self.field == "probability" and unit not in {"", "%"})
            or (self.field in {"positive", "real"} and unit)
        )
        if wrong:
            named = _NAMED[self.field]
            raise RuleError(f"`{digits}{unit}` is not {named}", start,
                              expected=_SHOWN[self.field])  # fmt: skip
        # Percent are divided as decimal text is: 5% is the float nearest to 0.05.
        return float(digits) * _UNITS.get(unit, 1.0) if unit != "%" else float(digits) / 100

    def _peek(self) -> re.Match[str] | None:
        return _TOKEN.match(self.text, self.at)

    def _take(self) -> None:
        found = self._peek()
        self.at = found.end() if found else self.at

    def _mark(self, mark: str) -> None:
        found = self._peek()
        if found is None or found["mark"] != mark:
            raise RuleError(f"{self._rest()} where `{mark}` belongs", self._start(),
                              expected=_SHOWN[self.field])  # fmt: skip
        self._take()

    def _start(self) -> int:
        return len(self.text) - len(self.text[self.at :].lstrip())

    def _rest(self) -> str:
        """What follows, as a message names it."""
        rest = self.text[self.at :].strip()[:_LONGEST]
        return f"`{rest}`" if rest else "it ends"
