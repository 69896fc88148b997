"""Numbers that are spread, as laws of probability (rule 21): quantiles, distributions, means.

Everything is a function of the *score*: the point of a standard normal with as much below it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

from cheget.assessment.number import Z95, Number

Array = NDArray[np.float64]
_HALVINGS = 200
_PANELS = 36


def at_score(number: Number, score: Array | float) -> Array:
    """The quantile at Φ(score)."""
    z = np.asarray(score, dtype=np.float64)
    values = number.numbers
    match number.kind:
        case "fixed":
            return np.full_like(z, values[0])
        case "logit-normal":
            low, high = special.logit(values[0]), special.logit(values[1])
            return np.asarray(special.expit((low + high) / 2 + (high - low) / (2 * Z95) * z))
        case "log-normal":
            low, high = np.log(values[0]), np.log(values[1])
            return np.asarray(np.exp((low + high) / 2 + (high - low) / (2 * Z95) * z))
        case "normal":
            mean, sd = values
            return np.asarray(mean + sd * z)
        case _:
            return quantile(number, special.ndtr(z))


def quantile(number: Number, u: Array) -> Array:
    """The number below which it lies with probability ``u``."""
    values = number.numbers
    match number.kind:
        case "uniform":
            return np.asarray(values[0] + (values[1] - values[0]) * u)
        case "triangular":
            low, likely, high = values
            left = low + np.sqrt(u * (high - low) * (likely - low))
            right = high - np.sqrt((1 - u) * (high - low) * (high - likely))
            return np.where(u * (high - low) < likely - low, left, right)
        case "beta" | "pert":
            low, high, a, b = _beta(number)
            return np.asarray(low + (high - low) * special.betaincinv(a, b, u))
        case "truncate":
            (part,) = number.parts
            first, last = below(part, np.asarray(values))
            inside = quantile(part, first + u * (last - first))
            return np.clip(inside, values[0], values[1])
        case "mixture":
            return _inverted(number, u)
        case _:
            return at_score(number, special.ndtri(u))


def below(number: Number, x: Array) -> Array:  # noqa: PLR0911 - a law each
    """P(the number ≤ x)."""
    values = number.numbers
    match number.kind:
        case "fixed":
            return np.asarray(x >= values[0], dtype=np.float64)
        case "logit-normal" | "log-normal":
            scale = special.logit if number.kind == "logit-normal" else np.log
            low, high = scale(values[0]), scale(values[1])
            with np.errstate(divide="ignore", invalid="ignore"):
                inner = scale(np.clip(x, 0, 1 if number.kind == "logit-normal" else None))
            return np.asarray(special.ndtr((inner - (low + high) / 2) / ((high - low) / (2 * Z95))))
        case "normal":
            mean, sd = values
            return np.asarray(special.ndtr((x - mean) / sd))
        case "uniform":
            return np.clip((x - values[0]) / (values[1] - values[0]), 0, 1)
        case "triangular":
            low, likely, high = values
            y = np.clip(x, low, high)
            left = (y - low) ** 2 / ((high - low) * max(likely - low, 1e-300))
            right = 1 - (high - y) ** 2 / ((high - low) * max(high - likely, 1e-300))
            return np.where(y < likely, left, right)
        case "beta" | "pert":
            low, high, a, b = _beta(number)
            return np.asarray(special.betainc(a, b, np.clip((x - low) / (high - low), 0, 1)))
        case "mixture":
            parts = zip(number.parts, values, strict=True)
            return np.asarray(sum(weight * below(part, x) for part, weight in parts))
        case _:
            (part,) = number.parts
            first, last = below(part, np.asarray(values))
            return np.clip((below(part, x) - first) / (last - first), 0, 1)


def median(number: Number) -> float:
    """The middle of it."""
    return float(at_score(number, 0.0))


def mean(number: Number) -> float:
    """The mean, by quadrature over the score."""
    z, w = gauss(_PANELS)
    return float(np.sum(w * at_score(number, z)))


def gauss(panels: int) -> tuple[Array, Array]:
    """Nodes and weights of the standard normal: Gauss–Legendre, 16 a panel of [−9, 9]."""
    x, w = np.polynomial.legendre.leggauss(16)
    edges = np.linspace(-9.0, 9.0, panels + 1)
    half = np.diff(edges) / 2
    z = ((edges[:-1] + half)[:, None] + half[:, None] * x).ravel()
    weights = (half[:, None] * w).ravel() * np.exp(-z * z / 2) / np.sqrt(2 * np.pi)
    return z, weights


def _beta(number: Number) -> tuple[float, float, float, float]:
    if number.kind == "beta":
        return 0.0, 1.0, number.numbers[0], number.numbers[1]
    low, likely, high = number.numbers
    rise = 4 * (likely - low) / (high - low)
    return low, high, 1 + rise, 5 - rise


def _inverted(number: Number, u: Array) -> Array:
    """The quantile of a mixture, by bisection between those of its parts."""
    ends = np.array([quantile(part, u) for part in number.parts])
    low, high = ends.min(axis=0), ends.max(axis=0)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if np.all((middle == low) | (middle == high)):
            break
        under = below(number, middle) < u
        low, high = np.where(under, middle, low), np.where(under, high, middle)
    return np.asarray((low + high) / 2)
