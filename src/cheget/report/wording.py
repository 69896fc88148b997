"""Numbers, shares, durations and lists of names as sentences have them. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cheget.chain.saying import said

if TYPE_CHECKING:
    from fractions import Fraction

CONDITIONAL = "conditional on stated beliefs; no data on real refusals exists"
FEW = 4  # names that a sentence still holds
LONGEST = 15  # digits of a number that is written out


def joined(names: Sequence[str], most: int = FEW) -> str:
    """``ann, bob and cho``; of more than ``most``, how many more. Empty for nobody."""
    if len(names) > most:
        return said("%(names)s and %(count)s more", names=", ".join(names[:most]),
                    count=format(len(names) - most, ","))  # fmt: skip
    if len(names) < 2:  # noqa: PLR2004 - a name alone is joined with none
        return "".join(names)
    return said("%(one)s and %(other)s", one=", ".join(names[:-1]), other=names[-1])


def count(number: int, what: str, many: str = "") -> str:
    """``1 person``, ``2,000 people``; ``many`` is ``what`` and an s where it isn't said."""
    return f"{number:,} {what if number == 1 else many or what + 's'}"


def persons(number: int) -> str:
    """``1 person``, ``2 people``."""
    return count(number, "person", "people")


def share(exact: Fraction) -> str:
    """A share to a hundredth of a percent, rounded from the exact one."""
    hundredths = round(exact * 10_000)
    return f"{hundredths // 100}.{hundredths % 100:02d} %"


def span(seconds: int) -> str:
    """A duration in the largest unit of which it is a whole number."""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds % size == 0:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def number(exact: int) -> tuple[str, str]:
    """A number as it is read, and exactly where that is too long to be read."""
    digits = str(exact)
    if len(digits) <= LONGEST:
        return f"{exact:,}", ""
    return f"about {digits[0]}.{digits[1:3]} · 10^{len(digits) - 1}", f"{exact:,}"
