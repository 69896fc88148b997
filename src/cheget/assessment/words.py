"""Probabilities in words: a phrase, odds, and never a bare 0.

The phrases are those of ICD 203 with one boundary each, mirrored: the word for p is that for
1 - p turned round.
"""

from __future__ import annotations

import math
from fractions import Fraction

_PHRASES = (
    (0.05, "almost no chance"), (0.20, "very unlikely"), (0.45, "unlikely"),
)  # fmt: skip
_MIRRORED = {
    "almost no chance": "almost certain", "very unlikely": "very likely", "unlikely": "likely",
}  # fmt: skip
_RARE = 0.1
_PERCENT = 0.01
_EVEN, _SMALL = 0.5, 4  # the largest second number of a wager


def phrase(p: float) -> str:
    """The word for a probability, by its unrounded value."""
    for bound, word in _PHRASES:
        if p < bound:
            return word
    for bound, word in _PHRASES:
        if 1 - p < bound - 1e-12:
            return _MIRRORED[word]
    return "roughly even chance"


def odds(p: float) -> str:
    """Odds: "1 in N" below a tenth, "1 in N that not" above nine tenths; N to two digits."""
    if 0 < p < _RARE:
        return f"1 in {_two_digits(1 / p)}"
    if 0 < 1 - p < _RARE:
        return f"1 in {_two_digits(1 / (1 - p))} that not"
    return ""


def _two_digits(value: float) -> str:
    scale = 10 ** max(0, math.floor(math.log10(value)) - 1)
    return f"{round(value / scale) * scale:,}"


def percent(p: float) -> str:
    """A probability as a text: ``22 %``, ``< 1 % (1 in 250)``; 0 and 1 in words."""
    if p <= 0:
        return "impossible on these beliefs"
    if p >= 1:
        return "certain on these beliefs"
    if p < _PERCENT:
        return f"< 1 % ({odds(p)})"
    if 1 - p < _PERCENT:
        return f"> 99 % ({odds(p)})"
    return f"{100 * p:.0f} %"


def likelihood(p: float) -> str:
    """The phrase with its figure: ``unlikely (22 %)``."""
    if p <= 0 or p >= 1:
        return percent(p)
    figure = percent(p)
    return f"{phrase(p)}, {figure}" if "(" in figure else f"{phrase(p)} ({figure})"


def wager(p: float) -> str:
    """Odds in small whole numbers: "about 5 to 2 against"; "1 in N" where it is rare."""
    if p <= 0 or p >= 1:
        return percent(p)
    if odds(p):
        return odds(p)
    ratio = Fraction((1 - p) / p if p < _EVEN else p / (1 - p)).limit_denominator(_SMALL)
    side = "against" if p < _EVEN else "for"
    return "about even" if ratio == 1 else f"about {ratio.numerator} to {ratio.denominator} {side}"
