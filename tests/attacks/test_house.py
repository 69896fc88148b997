"""Attacks by whoever owns the house: its store, its log keys, its administrators."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from cheget.cli.main import cheget
from cheget.errors import (
    BadSignatureError,
    HouseError,
    LawError,
    LogError,
    NotAcceptedError,
    NotReleasedError,
    StoppedError,
)
from cheget.order import keys, sshsig
from cheget.order.charter import Charter, Person
from cheget.order.draft import draft_concurrence, enclose
from cheget.order.fields import Head
from cheget.order.verify import Pinned, verify_papers
from evil import EvilDesk
from simulator import ChainSimulator, scenario, signer

DB = "production-db"


def test_one_person_with_two_keys(tmp_path: Path) -> None:
    """Both keys are bob's, and bob counts once: at the desk, and in a log that a server forges."""
    house = ChainSimulator(
        scenario("wipe-database"), tmp_path / "two", second_keys=frozenset({"bob"})
    )
    house.transmit("ann", "wipe", [DB], database="orders")
    house.concur("bob")
    document = draft_concurrence(
        house.verified(), signer="bob", seat="bob", reason=house.text("again"),
        now=house.clock.now(),
    )  # fmt: skip
    stored = enclose(document, signer("bob again"))
    with pytest.raises(NotAcceptedError, match="counts already in this order"):
        house.desk.concur(stored)
    evil = EvilDesk(house)
    evil.append(stored)
    with pytest.raises(NotReleasedError, match="counts already in this order"):
        house.verify(evil.code(DB), DB)


def test_self_approval_through_another_door(asked: ChainSimulator) -> None:
    """Ann asked; she counts nowhere else, at the desk or in a log that the server forges."""
    with pytest.raises(NotAcceptedError, match="one person, one seat"):
        asked.desk.concur(asked.concurrence("ann"))
    evil = EvilDesk(asked)
    evil.append(asked.concurrence("ann"))
    with pytest.raises(NotReleasedError):
        asked.verify(evil.code(DB), DB)
    # The command line goes through the same desk, and signs with no other key than she has.
    done = CliRunner().invoke(
        cheget, ["concur", asked.order, "--as", "bob", "--house", str(asked.folder), "--yes"]
    )
    assert isinstance(done.exception, HouseError)


def test_withheld_refusal(asked: ChainSimulator) -> None:
    """The server hides cho's refusal. It gains nothing that silence would not have given it."""
    asked.refuse("cho")
    assert asked.desk.proceeding(asked.order).state == "stopped"
    seen = asked.desk.head("orders")
    evil = EvilDesk(asked)
    evil.drop("refusal", "cho")
    with pytest.raises(NotReleasedError, match="waits at team"):
        asked.verify(evil.code(DB), DB)
    # Whoever saw the log with the refusal in it is not shown one without.
    with pytest.raises(LogError):
        asked.verify(evil.code(DB), DB, Pinned(asked.charter, seen, asked.installed.law))


def test_stolen_log_key(sim: ChainSimulator) -> None:
    """With it a log can be forked; nobody who has seen the log takes the fork, nor a release."""
    pinned = Pinned(sim.charter, sim.desk.head("orders"), sim.desk.head("law"))
    evil = EvilDesk(sim)
    evil.drop("concurrence", "dee")
    with pytest.raises((LogError, NotReleasedError)):
        sim.verify(evil.code(DB), DB)
    with pytest.raises(LogError):
        sim.verify(evil.code(DB), DB, pinned)


def test_restored_backup(tmp_path: Path) -> None:
    """The store is put back from before an answer: every client that saw it refuses the log."""
    simulator = ChainSimulator(scenario("wipe-database"), tmp_path / "house")
    simulator.transmit("ann", "wipe", [DB], database="orders")
    papers = simulator.desk.papers(simulator.order)
    simulator.refuse("cho")
    seen = Pinned(simulator.charter, simulator.desk.head("orders"))
    with pytest.raises(LogError, match="were seen before"):
        verify_papers(papers, pinned=seen, now=simulator.clock.now())


def test_a_copied_store_goes_on_as_a_fork(tmp_path: Path) -> None:
    simulator = ChainSimulator(scenario("wipe-database"), tmp_path / "house")
    simulator.transmit("ann", "wipe", [DB], database="orders")
    simulator.store.scrub()
    shutil.copytree(tmp_path / "house", tmp_path / "copy")
    simulator.refuse("cho")
    seen: Head = simulator.desk.head("orders")
    from cheget.service.desk import Desk
    from cheget.service.sqlite import SqliteStore

    store = SqliteStore(tmp_path / "copy" / "desk.sqlite")
    simulator.desk = Desk(store, simulator.charter, simulator.clock, simulator.log_signers)
    simulator.concur("bob", "dan", "dee")
    code = simulator.desk.code(simulator.order, DB)
    with pytest.raises(LogError, match="forked"):
        simulator.verify(code, DB, Pinned(simulator.charter, seen))
    store.close()


def test_roster_administrator_adds_himself(tmp_path: Path) -> None:
    """He edits people and charter, signs all that he can, and executors pin another digest."""
    simulator = ChainSimulator(scenario("wipe-database"), tmp_path / "house")
    simulator.transmit("ann", "wipe", [DB], database="billing")
    mallory = signer("mallory")
    people = {**simulator.charter.people, "ann": Person((mallory.public,))}
    admin: Charter = replace(simulator.charter, people=people)
    evil = EvilDesk(simulator)
    simulator.law = admin.laws["wipe-database"]
    evil.transmit(evil.draft("ann", "wipe", [DB], database="orders"), by=mallory)
    with pytest.raises(LawError, match="another law"):
        simulator.verify(evil.code(DB), DB)
    # Under the law that holds, his key is nobody's.
    simulator.law = simulator.charter.laws["wipe-database"]
    evil = EvilDesk(simulator)
    evil.transmit(evil.draft("ann", "wipe", [DB], database="orders"), by=mallory)
    with pytest.raises(BadSignatureError, match="not signed by ann"):
        simulator.verify(evil.code(DB), DB)


def test_forwarded_agent() -> None:
    """A key that others can reach signs for them: one that checks its user must say it did."""
    private = signer("security key")
    public = keys.sk_public_key(private.public.point)
    message = b"what was never shown"

    def sign(flags: int) -> bytes:
        signed = sshsig.sk_to_be_signed(b"ssh:", flags, 7, sshsig.to_be_signed(message))
        inner = sshsig.string(sshsig.SK_ED25519) + sshsig.string(private.sign(signed))
        return sshsig.wrap(public.ssh_form, inner + bytes([flags]) + (7).to_bytes(4, "big"))

    keys.verify(public, message, sign(sshsig.USER_PRESENT | sshsig.USER_VERIFIED))
    for flags in (0, sshsig.USER_PRESENT, sshsig.USER_VERIFIED):
        with pytest.raises(BadSignatureError, match="presence and its user"):
            keys.verify(public, message, sign(flags))


def test_a_stop_outlives_the_server_that_hides_it(sim: ChainSimulator) -> None:
    code = sim.desk.code(sim.order, DB)
    done = sim.countermand("ann")
    stop = sim.store.read(lambda tx: tx.find("orders", done.digest)).envelope
    sim.verify(code, DB)
    with pytest.raises(StoppedError):
        sim.verify(code, DB, stops=(stop,))
