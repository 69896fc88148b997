"""Who could have released, and who could have stopped it, while a law stood still: exactly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cheget.audit.instant import to_text
from cheget.chain.people import People, Person
from cheget.errors import ProofError
from cheget.order.regimes import Regime
from cheget.proof.account import Account, accounts


@dataclass(frozen=True)
class _Filled(People):
    """Who fills the posts by a charter: one that it leaves out is vacant, whatever its name."""

    def fills(self, member: str) -> str | None:
        return self.posts.get(member)


def people_of(regime: Regime) -> People:
    """The people of a regime; who holds no key fills no post, since they can't answer."""
    charter = regime.charter
    return _Filled(
        charter.house,
        tuple(Person(name, name, one.machine) for name, one in charter.people.items()),
        regime.posts,
    )


def in_power(regime: Regime) -> Iterator[dict[str, Any]]:
    """A row for each ladder of each chain: the fewest, how many, who must, who may stop it."""
    people = people_of(regime)
    span = {
        "since": to_text(regime.since),
        "until": None if regime.until is None else to_text(regime.until),
        "version": regime.charter.version, "charter": regime.charter.digest,
        "keyless": list(regime.keyless),
    }  # fmt: skip
    for chain in regime.charter.chains:
        try:
            rows = [_row(one) for one in accounts(chain, people)]
        except ProofError as error:
            rows = [{**_NOTHING, "not_proved": str(error)}]
        for row in rows:
            yield {**span, "chain": chain.id, **row}


_NOTHING: dict[str, Any] = {
    "actions": [], "least": None, "coalitions": None, "in_each": [], "alone": [], "stop_alone": [],
    "not_proved": None,
}  # fmt: skip


def _row(account: Account) -> dict[str, Any]:
    found = {**_NOTHING, "actions": list(account.actions)}
    try:
        releasing, structure = account.releasing, account.structure
        passable = structure.can_release(account.people)
        found |= {
            "least": releasing.smallest,
            "coalitions": sum(releasing.minimal()),
            "in_each": [
                who for who in account.people
                if passable and not structure.can_release([p for p in account.people if p != who])
            ],
            "alone": [who for who in account.people if structure.can_release([who])],
            "stop_alone": [
                who for who in account.people if passable and structure.can_block([who])
            ],
        }  # fmt: skip
    except ProofError as error:
        found["not_proved"] = str(error)
    return found
