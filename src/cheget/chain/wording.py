"""A rule and a span of time, in words that a chain file could hold again."""

from __future__ import annotations

from collections.abc import Collection
from fractions import Fraction
from functools import reduce

from cheget.chain.quantity import decimal_text
from cheget.chain.rule import Carry, Rule
from cheget.chain.saying import Said, listed, said


def worded(rule: Rule, members: Collection[str] = ()) -> str:
    """The rule as somebody would write it who sits at a level of ``members``."""
    if isinstance(rule, Carry):
        return _weighed(rule)
    items = [one if isinstance(one, str) else worded(one, members) for one in rule.items]
    plain = all(isinstance(one, str) for one in rule.items)
    count = len(items)
    if plain and members and set(items) == set(members):
        return _how(rule.need, count) or said("%(need)s of members", need=rule.need)
    if count == 1:
        return items[0]
    if rule.need in {1, count} and (not plain or count == 2):  # noqa: PLR2004 - a pair is joined
        inner = [said("(%(rule)s)", rule=one) if " " in one else one for one in items]
        return reduce(_either if rule.need == 1 else _both, inner)
    how = _how(rule.need, count) or str(rule.need)
    return said("%(how)s of (%(names)s)", how=how, names=listed(items))


def _how(need: int, count: int) -> Said | None:
    return {1: said("any"), count: said("all")}.get(need)


def _either(one: str, other: str) -> str:
    return said("%(one)s or %(other)s", one=one, other=other)


def _both(one: str, other: str) -> str:
    return said("%(one)s and %(other)s", one=one, other=other)


def _weighed(rule: Carry) -> str:
    held = sum((weight for _, weight in rule.weights), Fraction(0))
    need, whole = _number(rule.need), _number(held)
    if rule.strict:
        return said("more than %(need)s of %(whole)s in weight", need=need, whole=whole)
    return said("%(need)s of %(whole)s in weight", need=need, whole=whole)


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
