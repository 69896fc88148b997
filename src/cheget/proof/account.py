"""What is proved of one action: its structure, its coalitions, and what is asked of them twice."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

from cheget.chain.blocks import Staff
from cheget.chain.chain import Chain, Level
from cheget.chain.people import People
from cheget.chain.structure import Sitting, Structure, structure_of
from cheget.proof.coalitions import BUDGET, Coalitions, blocking, releasing
from cheget.proof.diagram import Budget
from cheget.proof.polynomial import everybody
from cheget.proof.power import Power, powers


@dataclass(frozen=True)
class Account:
    """The proof of one ladder. ``actions`` share it; empty for a chain without actions."""

    chain: Chain
    actions: tuple[str, ...]
    structure: Structure
    staff: Staff
    budget: Budget

    @property
    def action(self) -> str | None:
        """One of its actions, any of which stands for all."""
        return self.actions[0] if self.actions else None

    @property
    def people(self) -> tuple[str, ...]:
        """Everybody with a say."""
        return self.structure.people

    @property
    def ladder(self) -> tuple[Level, ...]:
        """The levels, from the head down."""
        return self.structure.ladder

    @cached_property
    def releasing(self) -> Coalitions:
        """The coalitions that can release while the others say nothing."""
        return releasing(self.structure, self.budget)

    @cached_property
    def blocking(self) -> Coalitions:
        """The coalitions that can stop it by refusing, whatever the others do."""
        return blocking(self.structure, self.budget)

    @cached_property
    def powers(self) -> Mapping[str, Power]:
        """The power of each, in the game where everybody answers."""
        return powers(self.blocking)

    @cached_property
    def silent(self) -> int | None:
        """The fewest people whose mere silence stops it; None: it can't be released at all.

        So many coalitions that can't release lack that many.
        """
        releases, people = self.releasing.winning(), len(self.people)
        if not releases:
            return None
        for absent, every in enumerate(everybody(people)):
            size = people - absent
            if every > (releases[size] if size < len(releases) else 0):
                return absent
        return None

    def stops_at(self, concurring: Collection[str], refusing: Collection[str]) -> str:
        """The first level, or else condition, at which those can't release it.

        The levels above it can all be met at once; this one can't be met beside them.
        """
        for count in range(1, len(self.ladder) + 1):
            first = self.ladder[:count]
            above = structure_of(
                self.chain, None, self.staff.people, ladder=first, spend=self.budget.spend
            )
            if not above.released(concurring, refusing):
                return first[-1].id
        conditions = self.chain.action(self.action).conditions if self.action else ()
        return conditions[0] if len(conditions) == 1 else "its conditions"

    def seating(self, coalition: Collection[str]) -> tuple[Sitting, ...]:
        """One way in which a coalition that can release does so."""
        return self.structure.seating(coalition) or ()

    def shrunk(self, coalition: Collection[str]) -> tuple[str, ...]:
        """A minimal releasing coalition within one that can release."""
        kept = [person for person in self.people if person in coalition]
        for person in reversed(self.people):
            fewer = [one for one in kept if one != person]
            if len(fewer) < len(kept) and self.structure.can_release(fewer):
                kept = fewer
        return tuple(kept)


def accounts(
    chain: Chain, people: People | None = None, action: str | None = None, steps: int = BUDGET
) -> tuple[Account, ...]:
    """An account of each action, or of the one; actions with one ladder and conditions share."""
    budget, staff = Budget(steps), Staff(people)
    if not chain.actions:
        return (
            Account(
                chain, (), structure_of(chain, None, people, spend=budget.spend), staff, budget
            ),
        )
    alike: dict[tuple[tuple[Level, ...], tuple[str, ...]], list[str]] = {}
    for each in chain.actions:
        if action in (None, each.id):
            alike.setdefault((chain.ladder(each.id), each.conditions), []).append(each.id)
    return tuple(
        Account(
            chain,
            tuple(names),
            structure_of(chain, names[0], people, spend=budget.spend),
            staff,
            budget,
        )
        for names in alike.values()
    )
