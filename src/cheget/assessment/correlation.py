"""From "once another refuses" to a correlation (rule 4)."""

from __future__ import annotations

from scipy import special

_HALVINGS = 200


def correlation(refuses: float, once: float) -> float | None:
    """The ρ at which Φ₂(Φ⁻¹(q), Φ⁻¹(q); ρ) = once·q; None when none is, since once < q.

    For equal arguments Φ₂(a, a; ρ) = Φ(a) - 2·T(a, √((1-ρ)/(1+ρ))), T Owen's (1956).
    """
    if refuses in {0.0, 1.0} or once < refuses:
        return None if once < refuses else 0.0
    a = special.ndtri(refuses)
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        both = refuses - 2 * special.owens_t(a, ((1 - middle) / (1 + middle)) ** 0.5)
        low, high = (middle, high) if both < once * refuses else (low, middle)
        if middle in {low, high} and high - low < 1e-16:
            break
    return float((low + high) / 2)
