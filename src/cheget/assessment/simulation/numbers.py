"""Numbers as beliefs state them, drawn at random (rule 21), and the correlation of rule 4.

Each law is one of ``scipy.stats``, or a transform of one.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import integrate, optimize, special, stats

from cheget.assessment.number import Number

Array = NDArray[np.float64]
_TAIL = float(stats.norm.ppf(0.95))  # an interval's ends are the 5 % and 95 % points
_FAR = 9.0  # of the shock


def draw(number: Number, size: int, rng: np.random.Generator) -> Array:
    """So many independent draws of a number."""
    return _drawn(number, -math.inf, math.inf, size, rng)


def _drawn(number: Number, low: float, high: float, size: int, rng: np.random.Generator) -> Array:
    """Draws, given that they lie between two bounds."""
    match number.kind:
        case "truncate":
            least, most = number.numbers
            return _drawn(number.parts[0], max(low, least), min(high, most), size, rng)
        case "mixture":
            masses = [
                weight * (_below(part, high) - _below(part, low))
                for weight, part in zip(number.numbers, number.parts, strict=True)
            ]
            which = rng.choice(len(masses), size, p=np.array(masses) / sum(masses))
            each = [_drawn(part, low, high, size, rng) if mass > 0 else np.zeros(size)
                    for part, mass in zip(number.parts, masses, strict=True)]  # fmt: skip
            return np.asarray(np.choose(which, each))
        case "fixed":
            return np.full(size, number.numbers[0])
        case _:
            first, last = _below(number, low), _below(number, high)
            return np.asarray(_above(number, rng.uniform(first, last, size)))


def median(number: Number) -> float:
    """The number that it is as likely to be below as above."""
    if number.kind == "fixed":
        return number.numbers[0]
    if number.kind not in {"mixture", "truncate"}:
        return float(_above(number, np.array(0.5)))
    if number.kind == "truncate":
        least, most = number.numbers
    else:
        middles = [median(part) for part in number.parts]
        least, most = min(middles), max(middles)
    if _below(number, least) >= 0.5 or least == most:
        return least
    return float(optimize.brentq(lambda x: _below(number, x) - 0.5, least, most, xtol=1e-15))


def _law(number: Number) -> Any:  # noqa: ANN401 - scipy has no common name for its laws
    """The law of the number, or of its logit or logarithm."""
    values = number.numbers
    match number.kind:
        case "logit-normal" | "log-normal":
            low, high = (float(_scale(number, np.array(end))) for end in values)
            return stats.norm((low + high) / 2, (high - low) / (2 * _TAIL))
        case "normal":
            return stats.norm(*values)
        case "uniform":
            return stats.uniform(values[0], values[1] - values[0])
        case "triangular":
            low, likely, high = values
            return stats.triang((likely - low) / (high - low), low, high - low)
        case "pert":
            low, likely, high = values
            rise, fall = (likely - low) / (high - low), (high - likely) / (high - low)
            return stats.beta(1 + 4 * rise, 1 + 4 * fall, low, high - low)
        case _:
            return stats.beta(*values)


def _scale(number: Number, x: Array) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        if number.kind == "logit-normal":
            return np.asarray(special.logit(np.clip(x, 0, 1)))
        return np.log(np.maximum(x, 0)) if number.kind == "log-normal" else x


def _below(number: Number, x: float) -> float:
    """P(the number is at most x)."""
    match number.kind:
        case "fixed":
            return float(x >= number.numbers[0])
        case "mixture":
            each = zip(number.numbers, number.parts, strict=True)
            return sum(weight * _below(part, x) for weight, part in each)
        case "truncate":
            (part,) = number.parts
            least, most = number.numbers
            first, last = _below(part, least), _below(part, most)
            return (_below(part, min(max(x, least), most)) - first) / (last - first)
        case _:
            return float(_law(number).cdf(_scale(number, np.array(x))))


def _above(number: Number, u: Array) -> Array:
    """The number below which it lies with probability u."""
    found = _law(number).ppf(u)
    if number.kind == "logit-normal":
        return np.asarray(special.expit(found))
    return np.exp(found) if number.kind == "log-normal" else np.asarray(found)


def correlation(refuses: float, once: float) -> float | None:
    """The ρ at which one who refuses with ``refuses`` does so with ``once`` once another does.

    By integrating over the shock that both feel: E Φ((Φ⁻¹(q) - √ρ·Z)/√(1-ρ))² = once·q. None
    where ``once`` is the smaller.
    """
    if once < refuses:
        return None
    if refuses in {0.0, 1.0}:
        return 0.0
    point = stats.norm.ppf(refuses)

    def both(rho: float) -> float:
        def at(z: float) -> float:
            alone = special.ndtr((point - math.sqrt(rho) * z) / math.sqrt(1 - rho))
            return float(alone * alone * math.exp(-z * z / 2) / math.sqrt(2 * math.pi))

        step = point / math.sqrt(rho) if rho > 0 else 0.0  # where it falls off, steeply
        inside = [step] if -_FAR < step < _FAR else None
        return float(integrate.quad(at, -_FAR, _FAR, points=inside, epsabs=1e-13, limit=500)[0])

    if once <= refuses:
        return 0.0
    nearly = 1 - 1e-9
    if both(nearly) <= once * refuses:
        return 1.0
    return float(optimize.brentq(lambda rho: both(rho) - once * refuses, 0.0, nearly, xtol=1e-12))
