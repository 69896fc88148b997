"""A rule and a span of time, in words that a chain file could hold again."""

from __future__ import annotations

from collections.abc import Collection
from fractions import Fraction

from cheget.chain.quantity import decimal_text
from cheget.chain.rule import Carry, Rule


def worded(rule: Rule, members: Collection[str] = ()) -> str:
    """The rule as somebody would write it who sits at a level of ``members``."""
    if isinstance(rule, Carry):
        return _weighed(rule)
    items = [one if isinstance(one, str) else worded(one, members) for one in rule.items]
    plain = all(isinstance(one, str) for one in rule.items)
    count = len(items)
    if plain and members and set(items) == set(members):
        return {1: "any", count: "all"}.get(rule.need, f"{rule.need} of members")
    if count == 1:
        return items[0]
    if rule.need in {1, count} and (not plain or count == 2):  # noqa: PLR2004 - a pair is joined
        inner = [f"({one})" if " " in one else one for one in items]
        return (" or " if rule.need == 1 else " and ").join(inner)
    how = {1: "any", count: "all"}.get(rule.need, str(rule.need))
    return f"{how} of ({', '.join(items)})"


def _weighed(rule: Carry) -> str:
    held = sum((weight for _, weight in rule.weights), Fraction(0))
    return f"{'more than ' if rule.strict else ''}{_number(rule.need)} of {_number(held)} in weight"


def _number(value: Fraction) -> str:
    try:
        return decimal_text(value)
    except ValueError:
        return str(value)


def span(seconds: int) -> str:
    """A duration as a chain file writes it: one whole number, one unit."""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
