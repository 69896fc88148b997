"""Power: how often somebody's word decides, in the game where everybody answers.

C concur and all others refuse; blocking is its dual, so swings are counted there: i swings B in
blocking just when i swings everybody else without B in releasing.

- Banzhaf (1965): the swings of i over the swings of all.
- Shapley and Shubik (1954): the sum over coalitions that i swings of s!(n-1-s)!/n!, s their size.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import factorial

from cheget.proof.coalitions import Coalitions
from cheget.proof.polynomial import Sizes


@dataclass(frozen=True)
class Power:
    """How much one person decides."""

    swings: int
    banzhaf: Fraction
    shapley: Fraction


def powers(blocking: Coalitions) -> Mapping[str, Power]:
    """The power of everybody with a say; nobody has any where nothing can be released."""
    swings = blocking.swings()
    alike = {id(sizes): sizes for sizes in swings.values()}  # of many people, often one
    counts = {key: sum(sizes) for key, sizes in alike.items()}
    total = sum(counts[id(sizes)] for sizes in swings.values())
    people = len(blocking.people)
    known = {
        key: Power(counts[key], Fraction(counts[key], total or 1), _shapley(sizes, people))
        for key, sizes in alike.items()
    }
    return {person: known[id(sizes)] for person, sizes in swings.items()}


def _shapley(sizes: Sizes, people: int) -> Fraction:
    orders = sum(
        count * factorial(size) * factorial(people - 1 - size)
        for size, count in enumerate(sizes) if count
    )  # fmt: skip
    return Fraction(orders, factorial(people))
