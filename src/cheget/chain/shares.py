"""How a ladder's rules become a tree of shares, so that seats alone can open what is sealed.

Levels are all-of; ``k of`` stays k of n; ``and`` and all-of are n of n, ``or`` 1 of n; a weight
becomes so many unit shares. The tree knows seats and rules, and neither order, time, veto nor
who sits in two seats: `proof.sealing` says what that costs.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import assert_never

from cheget.chain.chain import Chain, Level
from cheget.chain.rule import Carry, Of, Rule
from cheget.errors import SealError

MOST_UNITS = 200


@dataclass(frozen=True)
class SeatShare:
    """One share, held in ``member``'s seat at ``level``."""

    level: str
    member: str

    @property
    def seat(self) -> str:
        """The seat's name: ``level/member``."""
        return f"{self.level}/{self.member}"


@dataclass(frozen=True)
class Split:
    """A secret split so that any ``need`` of ``items`` give it; an item's index is its place."""

    need: int
    items: tuple[Split | SeatShare, ...]


def share_tree(chain: Chain, action: str) -> Split:
    """The tree of an action's ladder.

    Raises:
        SealError: it would have over 200 shares.
    """
    ladder = chain.ladder(action)
    if sum(_units(level.rule) for level in ladder) > MOST_UNITS:
        count = sum(_units(level.rule) for level in ladder)
        raise SealError(
            f"{action} of {chain.id} would take {count:,} shares, and {MOST_UNITS} are the most",
            hint="weights become unit shares: fewer or rounder weights take fewer",
        )
    return Split(len(ladder), tuple(_split(level, level.rule) for level in ladder))


def leaves(tree: Split | SeatShare) -> Iterator[SeatShare]:
    """Every share, in the tree's order."""
    if isinstance(tree, SeatShare):
        yield tree
        return
    for item in tree.items:
        yield from leaves(item)


def is_opened(tree: Split | SeatShare, seats: Collection[str]) -> bool:
    """Whether all shares of these seats, named ``level/member``, open the tree."""
    if isinstance(tree, SeatShare):
        return tree.seat in seats
    return sum(is_opened(item, seats) for item in tree.items) >= tree.need


def _split(level: Level, rule: Rule) -> Split:
    match rule:
        case Of(need, items):
            return Split(
                need,
                tuple(
                    SeatShare(level.id, item) if isinstance(item, str) else _split(level, item)
                    for item in items
                ),
            )
        case Carry():
            need, units = _in_units(rule)
            return Split(
                need,
                tuple(SeatShare(level.id, name) for name, count in units for _ in range(count)),
            )
        case _:
            assert_never(rule)


def _units(rule: Rule) -> int:
    """How many shares a rule takes, without making them: weights may be millions."""
    match rule:
        case Of(_, items):
            return sum(1 if isinstance(item, str) else _units(item) for item in items)
        case Carry():
            return sum(count for _, count in _in_units(rule)[1])
        case _:
            assert_never(rule)


def _in_units(rule: Carry) -> tuple[int, list[tuple[str, int]]]:
    """The weights as the smallest whole numbers that stand in the same ratio, and the need."""
    whole = math.lcm(*(weight.denominator for _, weight in rule.weights))
    part = math.gcd(*(int(weight * whole) for _, weight in rule.weights)) or 1
    need = rule.need * whole / part
    least = math.floor(need) + 1 if rule.strict else math.ceil(need)
    return least, [(name, int(weight * whole) // part) for name, weight in rule.weights]
