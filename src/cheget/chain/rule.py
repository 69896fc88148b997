"""Rules: how many, of whom.

A rule is a tree that is monotone in who is present: more people never unmake it. It stands
alone: names are resolved, counts computed and weights written in when the chain file is read,
so that whoever evaluates a rule needs nothing beside it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import assert_never

Json = str | int | list["Json"] | dict[str, "Json"] | bool | None


@dataclass(frozen=True)
class Of:
    """At least ``need`` of ``items``, each a name or a rule."""

    need: int
    items: tuple[Rule | str, ...]


@dataclass(frozen=True)
class Carry:
    """Those present carry at least ``need`` of a weight; more than it when ``strict``."""

    need: Fraction
    strict: bool
    weights: tuple[tuple[str, Fraction], ...]


Rule = Of | Carry


def is_met(rule: Rule, present: Collection[str]) -> bool:
    """Whether the people or seats ``present`` meet ``rule``. Nobody present meets no rule."""
    match rule:
        case Of(need, items):
            met = 0
            for item in items:
                met += item in present if isinstance(item, str) else is_met(item, present)
            return met >= need > 0
        case Carry(need, strict, weights):
            carried = sum((weight for name, weight in weights if name in present), Fraction(0))
            return carried > need if strict else carried >= need > 0
        case _:
            assert_never(rule)


def names(rule: Rule) -> Iterator[str]:
    """Every name that ``rule`` mentions, in its order, repeated as often as it stands there."""
    match rule:
        case Of(_, items):
            for item in items:
                if isinstance(item, str):
                    yield item
                else:
                    yield from names(item)
        case Carry(_, _, weights):
            yield from (name for name, _ in weights)
        case _:
            assert_never(rule)
