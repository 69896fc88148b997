"""The desk against the pure fold: whatever is done to it, they agree, before and after a crash."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from cheget.audit.header import decode
from cheget.audit.merkle import leaf_hashes, root
from cheget.errors import NotAcceptedError, VerificationError
from cheget.order.circumstances import Circumstances
from cheget.order.draft import draft_countermand, draft_question, draft_refusal, enclose
from cheget.order.fold import Entry, at_instant, fold
from cheget.order.papers import open_envelope
from cheget.order.verify import verify_code
from cheget.service.desk import Acknowledgement, Desk
from cheget.service.store import Reading
from docket import chain_of
from postgres import Database
from simulator import ChainSimulator
from stores import opened

CHAIN = chain_of(
    """
    chain: machine
    members:
      ann: Ann
      bob: {title: Bob, deputy: dep after 1m}
      cho: Cho
      dan: Dan
      dep: Deputy
    levels:
      - {level: head, members: [ann, dan], rule: any}
      - {level: middle, members: [bob, cho, dan], rule: 2 of members, veto: cho}
      - {level: last, members: [dan, ann], rule: any}
    executors: {thing: {title: Thing, count: 2}}
    actions:
      act: {executors: [thing], at-most: 2, decide-within: 10m, valid-for: 10m}
      red: {executors: [thing], decide-within: 10m, conditions: [line]}
    conditions: {line: {title: Crossed, attested-by: any of (bob, cho)}}
    """.replace("any of (bob, cho)", '"any of (bob, cho)"')
)
PEOPLE = ("ann", "bob", "cho", "dan", "dep")
people = st.sampled_from(PEOPLE)


class DeskMachine(RuleBasedStateMachine):
    """People at a desk, on one order after the other."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.sim = ChainSimulator(CHAIN, Path(self.folder.name), at=self.place())
        self.acknowledged: dict[str, tuple[int, bytes]] = {}
        self.orders: list[str] = []
        self.attested: list[str] = []
        self.sent: list[tuple[str, bytes]] = []
        self.releases: dict[str, int] = {}

    def place(self) -> str:
        """Where the store is; a file when nothing is said."""
        return ""

    def teardown(self) -> None:
        self.sim.store.close()
        self.folder.cleanup()

    def send(self, verb: str, stored: bytes, *more: Any) -> Acknowledgement | None:
        """Give the desk a document; it acknowledges, or says no and logs nothing."""
        before = self.sim.desk.head("orders")
        try:
            done: Acknowledgement = getattr(self.sim.desk, verb)(stored, *more)
        except NotAcceptedError:
            assert self.sim.desk.head("orders") == before
            return None
        self.acknowledged[done.digest] = (done.position, stored)
        self.sent.append((verb, stored))
        return done

    @rule(who=people, action=st.sampled_from(["act", "red"]), some=st.integers(0, 7))
    def transmit(self, who: str, action: str, some: int) -> None:
        evidence = [a for i, a in enumerate(self.attested[-3:]) if some >> i & 1]
        try:
            done = self.sim.transmit(
                who, action, ["thing-0001"], attestations=evidence if action == "red" else ()
            )
        except (NotAcceptedError, VerificationError):
            return
        self.acknowledged[done.digest] = (done.position, b"")
        self.orders.append(done.digest)

    def pick(self, number: int) -> str:
        return self.orders[-1 - number % len(self.orders)]

    @precondition(lambda self: self.orders)
    @rule(who=people, number=st.integers(0, 2), seat=st.sampled_from([None, "bob", "dan"]))
    def concur(self, who: str, number: int, seat: str | None) -> None:
        self.sim.order = self.pick(number)
        try:
            stored = self.sim.concurrence(who, seat)
        except VerificationError:
            return
        self.send("concur", stored)

    @precondition(lambda self: self.orders)
    @rule(
        who=people, number=st.integers(0, 2), verb=st.sampled_from(["refuse", "countermand", "ask"])
    )
    def say(self, who: str, number: int, verb: str) -> None:
        order, sim = self.pick(number), self.sim
        draft: Any = {"refuse": draft_refusal, "countermand": draft_countermand, "ask": draft_question}[verb]  # fmt: skip  # noqa: E501
        document = draft(order, signer=who, reason=sim.text(verb), now=sim.clock.now())
        self.send(verb, enclose(document, sim.signers[who]))

    @rule(who=st.sampled_from(["bob", "cho"]), lasts=st.integers(1, 900))
    def attest(self, who: str, lasts: int) -> None:
        digest = self.sim.attest(who, "line", "red", lasts=lasts)
        self.attested.append(digest)

    @precondition(lambda self: self.attested)
    @rule(
        who=st.sampled_from(["bob", "cho"]),
        number=st.integers(0, 2),
        ahead=st.sampled_from([0, 99]),
    )
    def take_back(self, who: str, number: int, ahead: int) -> None:
        sim, subject = self.sim, self.attested[-1 - number % len(self.attested)]
        document = draft_countermand(
            subject, signer=who, reason=sim.text("x"), now=sim.clock.now() + ahead
        )
        self.send("countermand", enclose(document, sim.signers[who]))

    @rule(seconds=st.sampled_from([1, 20, 61, 300, 601]))
    def time_passes(self, seconds: int) -> None:
        self.sim.clock.turn(seconds)

    @rule()
    def crash(self) -> None:
        sim = self.sim
        sim.store.close()
        sim.store = opened(sim.at)
        sim.desk = Desk(sim.store, sim.charter, sim.clock, sim.log_signers)

    @precondition(lambda self: self.sent)
    @rule(number=st.integers(0, 5))
    def replay(self, number: int) -> None:
        verb, stored = self.sent[-1 - number % len(self.sent)]
        before = self.sim.desk.head("orders")
        done = getattr(self.sim.desk, verb)(stored)
        assert done.position == self.acknowledged[done.digest][0]
        assert self.sim.desk.head("orders") == before

    @invariant()
    def the_desk_says_what_the_fold_says(self) -> None:
        for order in self.orders[-3:]:
            keys = {who: one.public.point for who, one in self.sim.signers.items()}
            entries = self.sim.store.read(lambda tx, o=order, k=keys: entries_of(tx, o, k))
            said = self.sim.desk.proceeding(order)
            assert said == at_instant(fold(self.sim.law, entries), self.sim.clock.now())
            if said.release is not None:
                first = self.releases.setdefault(order, said.release.position)
                assert said.release.position == first

    @invariant()
    def what_was_acknowledged_is_in_the_log(self) -> None:
        def work(tx: Reading) -> None:
            leaves = tx.leaves("orders", 0, tx.size("orders"))
            assert tx.peaks("orders", len(leaves)).root() == root(leaf_hashes(leaves))
            for digest, (position, stored) in self.acknowledged.items():
                found = tx.find("orders", digest)
                assert found is not None
                assert found.position == position
                assert not stored or found.envelope == stored

        self.sim.store.read(work)

    @invariant()
    def an_executor_takes_the_code_if_and_only_if_the_order_is_released(self) -> None:
        for order in self.orders[-1:]:
            sim, now = self.sim, self.sim.clock.now()
            state = sim.desk.proceeding(order).state
            try:
                code = sim.desk.code(order, "thing-0001", law=sim.installed.law)
                verify_code(
                    code, executor="thing-0001", pinned=sim.installed,
                    circumstances=Circumstances(now, 0, now, tenure=0),
                )  # fmt: skip
            except (NotAcceptedError, VerificationError):
                assert state != "released"
            else:
                assert state == "released"


def entries_of(tx: Reading, order: str, keys: Mapping[str, bytes]) -> list[Entry]:
    first = tx.find("orders", order)
    assert first is not None
    document = open_envelope(first.envelope).unverified
    found = []
    for subject in (order, *getattr(document, "attestations", ())):
        for one in tx.thread("orders", subject):
            filed = open_envelope(one.envelope)
            at = decode(one.leaf).at
            key = keys[getattr(filed.unverified, "signer", "")]
            found.append(Entry(one.position, at, one.digest, filed.unverified, key=key))
    return found


def test_desk_and_fold_agree_on_postgresql(server: Database) -> None:
    class OnPostgres(DeskMachine):
        def place(self) -> str:
            return server.address(server.fresh())

    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        OnPostgres, settings=settings(DeskMachine.TestCase.settings, max_examples=4)
    )


DeskMachine.TestCase.settings = settings(
    max_examples=25, stateful_step_count=25, deadline=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
test_desk_and_fold_agree = DeskMachine.TestCase
