"""A door that lies about which charter holds, to a client that has pinned one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from cheget.client.remote import RemoteCounter
from cheget.errors import BadSignatureError
from cheget.keyring.signer import Signer
from cheget.order.canonical import encode
from cheget.order.charter import Charter
from cheget.order.documents import Receipt
from cheget.order.draft import enclose
from cheget.order.fields import Head
from cheget.order.verify import Pinned
from cheget.service.amending import law_state
from docket import chain_of
from motions import following
from simulator import ChainSimulator, signer

CHAIN = """
    chain: posted
    members: {ann: Ann, bob: Bob}
    levels: [{level: head, members: [ann]}, {level: middle, members: [bob]}]
    executors: {rocket: Rocket}
    actions: {launch: {executors: [rocket], decide-within: 2h}}
    amend: ann
    """
ORDER = "a" * 64


@dataclass
class Held:
    """One charter, pinned, and no head seen yet."""

    pinned: Pinned
    notes: Mapping[str, str] = field(default_factory=dict)

    def keep(self, orders: Head | None, law: Head) -> None:
        pass

    def keep_notes(self, notes: Mapping[str, bytes]) -> None:
        pass


@dataclass
class Door:
    """The real law log, and beside it whatever the attacker shows."""

    sim: ChainSimulator
    charters: list[Charter]
    receipt: bytes

    def get_json(self, path: str) -> dict[str, Any]:
        if path.endswith("charters"):
            shown = [one.payload.decode() for one in self.charters]
            return {"charters": shown, "holds": self.charters[-1].digest}
        return {"envelopes": [self.receipt.decode()]}

    def get(self, path: str, **_: object) -> bytes:
        assert path == "/v1/law"
        return encode(self.sim.desk.law(None).law_to_json())


@pytest.fixture
def sim(tmp_path: Path) -> ChainSimulator:
    return ChainSimulator(chain_of(CHAIN), tmp_path / "house")


def client(sim: ChainSimulator, key: Signer, *shown: Charter) -> RemoteCounter:
    """A client that pins the house's charter, before a door that shows a receipt by that key."""
    pinned = sim.store.read(law_state).charter
    head = Head(1, "0" * 64)
    receipt = Receipt(
        acted_at=sim.clock.now(), crew=(), deployment=pinned.deployment, executor="rocket",
        law=head, order=ORDER, orders=head, outcome="carried-out", output="0" * 64,
        release="0" * 64,
    )  # fmt: skip
    door: Any = Door(sim, [pinned, *shown], enclose(receipt, key))
    held = Held(Pinned(pinned))
    return RemoteCounter(door, lambda *_: held, sim.clock.now)


def test_a_receipt_by_a_key_of_a_charter_that_nobody_agreed_to(sim: ChainSimulator) -> None:
    """The door says that its own charter holds, in which the executor has the attacker's key."""
    evil = signer("evil")
    executors = dict.fromkeys(sim.store.read(law_state).charter.executors, evil.public)
    fake = following(sim, executors=executors)
    with pytest.raises(BadSignatureError, match="not signed by rocket"):
        client(sim, evil, fake).receipts(ORDER)


def test_a_receipt_by_the_executors_own_key_is_taken(sim: ChainSimulator) -> None:
    (told,) = client(sim, sim.executor_signers["rocket"]).receipts(ORDER)
    assert told.outcome == "carried-out"
