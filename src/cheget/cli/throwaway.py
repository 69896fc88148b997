"""A house that is thrown away: keys in memory, a charter that all agreed to, a clock to turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cheget.cli.plain import fresh
from cheget.keyring.signer import Ed25519Signer
from cheget.order.draft import draft_agreement, draft_enrolment, draft_founding, enclose, salted
from cheget.order.law import founders
from cheget.order.papers import open_envelope
from cheget.service.clock import Clock, SystemClock
from cheget.service.counter import LocalCounter
from cheget.service.founding import agree, propose
from cheget.service.house import House, compile_charter, open_desk, open_file
from cheget.service.shown import head_of


class TurnedClock:
    """The machine's clock, turned forward by hand so that nobody waits for a hold."""

    def __init__(self) -> None:
        self._clock, self._ahead = SystemClock(), 0

    def now(self) -> int:
        """The instant."""
        return self._clock.now() + self._ahead

    def forward(self, seconds: int) -> None:
        """Turn it."""
        self._ahead += seconds


def key() -> Ed25519Signer:
    """A new key."""
    return Ed25519Signer(Ed25519PrivateKey.from_private_bytes(fresh(32)))


def enrolled(
    house: House, signers: Mapping[str, Ed25519Signer], advance: Callable[[], None] | None = None
) -> list[bytes]:
    """The enrolment of each key, with proof of possession."""
    found = []
    for who, signer in signers.items():
        document = draft_enrolment(house.deployment, who, signer.public, fresh())
        found.append(enclose(document, signer))
        if advance is not None:
            advance()
    return found


def founded(
    house: House, people: Mapping[str, Ed25519Signer], enrolments: Sequence[bytes], reason: str,
    clock: Clock,
) -> LocalCounter:  # fmt: skip
    """The desk, once everybody with a seat has agreed to the first charter."""
    charter = compile_charter(house, enrolments)
    store = open_file(house)  # and never where CHEGET_STORE says
    first, *_ = sorted(founders(charter))
    text = salted(reason, fresh())
    proposal = draft_founding(
        charter, signer=first, reason=text, now=clock.now(), decide_within=3600
    )
    stored = enclose(proposal, people[first])
    propose(store, charter, enrolments, stored, clock, text)
    amendment = open_envelope(stored).envelope.digest
    for person in sorted(founders(charter)):
        seen = store.read(lambda tx: head_of(tx, "law", tx.size("law")))
        text = salted("", fresh())
        answer = draft_agreement(amendment, signer=person, seen=seen, reason=text, now=clock.now())
        agree(store, enclose(answer, people[person]), clock, text)
    return open_desk(house, store, clock)
