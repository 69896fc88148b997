"""Attacks on an audit of a house whose law has changed: what an auditor notices in bytes alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from attacks.test_law import Amender
from cheget.cli.ledgers import decode_ledger, encode_ledger, read_ledger
from cheget.errors import ChegetError, LogError
from cheget.order.charter import Person
from cheget.order.draft import draft_order, enclose
from cheget.order.ledger import Ledger, WholeLog, prove
from cheget.order.verify import Pinned
from evil import EvilDesk
from simulator import ChainSimulator, scenario, signer

DB = "production-db"


@pytest.fixture
def law(tmp_path: Path) -> Amender:
    """An order under the first law; an amendment that gives ann a second key; another order."""
    sim = ChainSimulator(scenario("wipe-database"), tmp_path / "house")
    law = Amender(sim)
    sim.transmit("ann", "wipe", [DB], database="orders")
    again = signer("ann's phone")
    people = {**law.charter.people}
    people["ann"] = Person((*people["ann"].keys, again.public))
    digest = law.propose(law.next(people=people), enrolled=[("ann", again)])
    for who in ("bob", "cho", "dan", "dee"):
        law.agree(digest, who)
    assert law.charter.version == 2
    sim.law = law.charter.laws[sim.chain.id]
    sim.clock.turn(1)
    sim.transmit("bob", "wipe", [DB], database="orders")
    return law


def test_every_order_is_proved_under_the_law_it_was_given_under(law: Amender) -> None:
    ledger = read_ledger(law.sim.desk)
    for one in (ledger, decode_ledger(encode_ledger(ledger))):
        proved = prove(one, Pinned(law.charter))
        assert [order.state for order in proved.proceedings] == ["closed", "open"]
        assert proved.law.charter == law.charter


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda one: replace(one, charters=()), "is not shown"),
        (lambda one: replace(one, enrolments=one.enrolments[:-1]), "new key of ann"),
        (lambda one: replace(one, charter=one.charters[0]), "begins with another charter"),
        (
            lambda one: replace(
                one, law=replace(one.law, entries=one.law.entries[:-1])
            ),
            "checkpoint says",
        ),
    ],
    ids=["charter withheld", "enrolment withheld", "another first charter", "entry withheld"],
)  # fmt: skip
def test_a_ledger_that_lacks_something_of_the_law_is_at_fault(
    law: Amender, change: Callable[[Ledger], Ledger], says: str
) -> None:
    with pytest.raises(ChegetError, match=says):
        prove(change(read_ledger(law.sim.desk)))


def test_a_pinned_charter_that_never_held_is_noticed(law: Amender) -> None:
    law.propose(law.titled("another"))
    other = law.titled("another")
    with pytest.raises(LogError, match="is pinned"):
        prove(read_ledger(law.sim.desk), Pinned(other))


def forged(law: Amender, evil: EvilDesk) -> Ledger:
    ledger = read_ledger(law.sim.desk)
    executors = {**ledger.executors, evil.order: (DB,)}
    return replace(
        ledger, orders=WholeLog(tuple(evil.entries), evil.checkpoint()), executors=executors
    )


def test_an_order_under_an_old_law_is_no_entry_of_a_log(law: Amender) -> None:
    sim, evil = law.sim, EvilDesk(law.sim)
    (old,) = sim.charter.laws.values()
    order = draft_order(
        old, originator="ann", action="wipe", executors=[DB], parameters={"database": "orders"},
        reason=sim.text("late"), now=sim.clock.now(), nonce=sim.fresh(),
    )  # fmt: skip
    evil.transmit(order)
    with pytest.raises(LogError, match="another law than any chain had then"):
        prove(forged(law, evil))


def test_a_mention_of_the_law_log_that_is_left_out_is_missed(law: Amender) -> None:
    evil = EvilDesk(law.sim)
    place = max(at for at, (_, stored) in enumerate(evil.entries) if not stored)
    del evil.entries[place]
    with pytest.raises(LogError, match="mention"):
        prove(forged(law, evil))


def test_a_revoked_key_signs_nothing_that_an_audit_accepts(law: Amender) -> None:
    law.revoke("bob", law.sim.signers["bob"])
    evil = EvilDesk(law.sim)
    evil.transmit(evil.draft("bob", "wipe", [DB], database="orders"))
    with pytest.raises(ChegetError, match="a key that was revoked"):
        prove(forged(law, evil))


def test_an_amendment_agreed_by_too_few_changes_nothing(tmp_path: Path) -> None:
    """The server logs it, and an order under a law that never came to hold."""
    sim = ChainSimulator(scenario("wipe-database"), tmp_path / "house")
    law = Amender(sim)
    new = law.titled("mine")
    law.agree(law.propose(new), "bob", "cho")
    evil = EvilDesk(sim)
    (never,) = new.laws.values()
    order = draft_order(
        never, originator="ann", action="wipe", executors=[DB], parameters={"database": "orders"},
        reason=sim.text("soon"), now=sim.clock.now(), nonce=sim.fresh(),
    )  # fmt: skip
    evil.transmit(order)
    with pytest.raises(LogError, match="another law"):
        prove(forged(law, evil))


def test_an_agreement_by_nobody_who_may_is_a_fault_of_the_law_log(tmp_path: Path) -> None:
    """The server writes a law log with a stranger's agreement in it."""
    sim = ChainSimulator(scenario("wipe-database"), tmp_path / "house")
    law = Amender(sim)
    digest = law.propose(law.titled("mine"))
    with pytest.raises(ChegetError):
        law.agree(digest, "eve", key=signer("stranger"))
    from cheget.order.draft import draft_agreement
    from cheget.order.fields import Head
    from cheget.order.papers import open_envelope
    from cheget.service.founding import append_law

    size = sim.store.read(lambda tx: tx.size("law"))
    root = sim.store.read(lambda tx: tx.peaks("law", size).root().hex())
    answer = draft_agreement(
        digest, signer="eve", seen=Head(size, root), reason=sim.text("yes"), now=sim.clock.now()
    )
    filed = open_envelope(enclose(answer, signer("stranger")))
    sim.store.write(lambda tx: append_law(tx, filed, sim.clock))
    with pytest.raises(ChegetError, match="the law log, entry"):
        prove(read_ledger(sim.desk))
