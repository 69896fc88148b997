"""Published forecasts of use, and what they imply beside an answer: a check, never an input.

A forecast says how likely use is within a period; an assessment, how likely an order is carried
out. If one order is in question, the first is P(ordered) times the second, so their ratio is the
P(ordered) that both together imply. Above 1 they can't both be right.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from cheget.assessment.number import parse_number
from cheget.assessment.words import percent
from cheget.chain import fields
from cheget.chain.document import Node, read
from cheget.chain.fields import Fields, placed

HALF = 0.5
Verdict = Literal["impossible", "doubtful", "possible"]


@dataclass(frozen=True)
class Forecast:
    """What somebody published: the probability of an event within a period, perhaps a range."""

    id: str
    who: str
    where: str
    date: str
    of: str
    within: str
    value: float
    low: float | None = None
    high: float | None = None

    @property
    def figure(self) -> str:
        """The value as text, with its range."""
        if self.low is None or self.high is None:
            return percent(self.value)
        return f"{percent(self.value)} ({percent(self.low)} to {percent(self.high)})"


@dataclass(frozen=True)
class Forecasts:
    """The forecasts about one action of a chain."""

    chain: str
    action: str
    published: tuple[Forecast, ...]


@dataclass(frozen=True)
class Consistency:
    """A forecast beside an answer: the P(ordered) that the two imply, at the range's ends too."""

    forecast: Forecast
    mean: float
    implied: float
    low: float | None
    high: float | None

    @property
    def verdict(self) -> Verdict:
        """Above 1: impossible; an order likelier than not: doubtful; else possible."""
        if self.implied > 1:
            return "impossible"
        return "doubtful" if self.implied > HALF else "possible"

    @property
    def sentence(self) -> str:
        """What the two imply, in words."""
        over = f"divided by {percent(self.mean)}" if self.mean > 0 else "beside that"
        match self.verdict:
            case "impossible":
                return (f"{over}, it implies an order more than certain: this forecast and these "
                        "beliefs can't both be right")  # fmt: skip
            case "doubtful":
                return f"{over}, it implies an order with {self._figure}: likelier than not"
            case _:
                return f"{over}, it implies an order with {self._figure}"

    @property
    def _figure(self) -> str:
        if self.low is None or self.high is None:
            return percent(self.implied)
        most = percent(self.high) if self.high <= 1 else "more than certain"
        return f"{percent(self.implied)} ({percent(self.low)} to {most})"


def consistency(mean: float, forecasts: Iterable[Forecast]) -> tuple[Consistency, ...]:
    """Each forecast divided by the probability that an order is carried out.

    ``mean`` is a probability; where it is 0 every forecast above 0 implies infinity.
    """

    def over(value: float) -> float:
        if value == 0:
            return 0.0
        return value / mean if mean > 0 else float("inf")

    return tuple(
        Consistency(one, mean, over(one.value), None if one.low is None else over(one.low),
                    None if one.high is None else over(one.high))
        for one in forecasts
    )  # fmt: skip


def parse_forecasts(text: bytes) -> Forecasts:
    """The forecasts that a file with these bytes states.

    Raises:
        ChainFileError: the first fault, with its line and column.
    """
    found = Fields(read(text), "forecasts", required=("forecasts", "action", "published"))
    return Forecasts(
        fields.name(found["forecasts"], "a chain").text,
        fields.name(found["action"], "an action").text,
        tuple(_forecast(fields.name(key, "a forecast").text, value)
              for key, value in fields.entries(found["published"], "forecasts")),
    )  # fmt: skip


def _forecast(id_: str, node: Node) -> Forecast:
    said = ("who", "where", "date", "of", "within")
    found = Fields(node, f"forecast `{id_}`", required=(*said, "value"), optional=("range",))
    value, *_ = _numbers(found["value"], certain=True)
    low, high = _numbers(found["range"], certain=False) if "range" in found else (None, None)
    if low is not None and high is not None and not low <= value <= high:
        raise found["range"].fault("the range doesn't hold the value")
    who, where, date, of, within = (fields.line(found[one]) for one in said)
    return Forecast(id_, who, where, date, of, within, value, low, high)


def _numbers(node: Node, *, certain: bool) -> tuple[float, ...]:
    written = fields.scalar(node, "a probability")
    with placed(written):
        number = parse_number(written.text, "probability")
    if number.certain != certain or number.kind not in {"fixed", "logit-normal"}:
        raise written.fault("here one number belongs" if certain else "here a range belongs",
                            expected="`9%`" if certain else "`5% to 20%`")  # fmt: skip
    return number.numbers
