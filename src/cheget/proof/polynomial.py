"""How many of each size: polynomials with whole coefficients, lowest first.

Products go through one large number (Kronecker 1882): the coefficients are laid side by side,
far enough apart that none runs into the next, and Python multiplies fast.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

Sizes = tuple[int, ...]  # how many of size 0, 1, 2, …

ONE: Sizes = (1,)
NONE: Sizes = ()


def plus(left: Sequence[int], right: Sequence[int]) -> Sizes:
    """The sum."""
    if len(left) < len(right):
        left, right = right, left
    both = [a + b for a, b in zip(left, right, strict=False)]
    return trimmed([*both, *left[len(right) :]])


def minus(left: Sequence[int], right: Sequence[int]) -> Sizes:
    """The difference of counts, none of which becomes negative."""
    return trimmed([
        a - (right[size] if size < len(right) else 0) for size, a in enumerate(left)
    ])  # fmt: skip


def times(left: Sequence[int], right: Sequence[int]) -> Sizes:
    """The product."""
    if not left or not right:
        return NONE
    largest = max(left) * max(right) * min(len(left), len(right))
    width = largest.bit_length() // 8 + 1
    product = _packed(left, width) * _packed(right, width)
    size = len(left) + len(right) - 1
    data = product.to_bytes(size * width, "little")
    return trimmed([
        int.from_bytes(data[at : at + width], "little") for at in range(0, size * width, width)
    ])  # fmt: skip


def _packed(counts: Sequence[int], width: int) -> int:
    return int.from_bytes(b"".join(count.to_bytes(width, "little") for count in counts), "little")


def product(factors: Iterable[Sequence[int]]) -> Sizes:
    """The product of all."""
    found = ONE
    for factor in factors:
        found = times(found, factor)
    return found


def everybody(people: int) -> Sizes:
    """How many coalitions of each size so many people form."""
    counts = [1]
    for size in range(people):
        counts.append(counts[-1] * (people - size) // (size + 1))
    return tuple(counts)


def trimmed(counts: list[int]) -> Sizes:
    """Without the zeros at the end."""
    while counts and not counts[-1]:
        counts.pop()
    return tuple(counts)
