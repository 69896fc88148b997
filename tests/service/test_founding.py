"""Founding: each refusal, and that everybody has to agree."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cheget.errors import CharterError, NotAcceptedError
from cheget.order.charter import Charter
from cheget.order.documents import Amendment
from cheget.order.draft import (
    draft_agreement,
    draft_enrolment,
    draft_founding,
    draft_question,
    draft_refusal,
    enclose,
)
from cheget.order.fields import Head, Text
from cheget.order.papers import open_envelope
from cheget.order.verify import Pinned
from cheget.service.founding import agree, agreed, is_founded, propose, proposed
from cheget.service.sqlite import SqliteStore
from simulator import ChainSimulator, HandClock, scenario, signer

SAID = Text(bytes(16), "agreed")


class Founding:
    """A house about to be founded, step by step."""

    def __init__(self, folder: Path) -> None:
        self.sim = ChainSimulator(scenario("wipe-database"), folder / "model")
        self.clock = HandClock()
        self.store = SqliteStore(folder / "house.sqlite")
        self.charter = self.sim.charter
        holders = [*self.sim.signers.items(), *self.sim.executor_signers.items()]
        self.enrolments = [
            enclose(draft_enrolment(self.charter.deployment, who, s.public, bytes(16)), s)
            for who, s in holders
        ]

    def proposal(self, who: str = "ann", by: str = "", **changes: object) -> bytes:
        draft = draft_founding(
            self.charter, signer=who, reason=SAID, now=self.clock.now(), decide_within=3600
        )
        return enclose(replace(draft, **changes), self.sim.signers[by or who])  # type: ignore[arg-type]

    def propose(self, stored: bytes | None = None, charter: Charter | None = None) -> None:
        propose(
            self.store, charter or self.charter, self.enrolments, stored or self.proposal(),
            self.clock, SAID,
        )  # fmt: skip

    def answer(self, who: str, by: str = "", **changes: object) -> bytes:
        digest = self.store.read(proposed)[1].envelope.digest
        size = self.store.read(lambda tx: tx.size("law"))
        root = self.store.read(lambda tx: tx.peaks("law", size).root().hex())
        draft = draft_agreement(
            digest, signer=who, seen=Head(size, root), reason=SAID, now=self.clock.now()
        )
        signed = self.sim.signers.get(by or who, signer("nobody"))
        return enclose(replace(draft, **changes), signed)  # type: ignore[arg-type]

    def agree(self, who: str, **changes: object) -> tuple[str, ...]:
        return agree(self.store, self.answer(who, **changes), self.clock, SAID)  # type: ignore[arg-type]


@pytest.fixture
def house(tmp_path: Path) -> Founding:
    return Founding(tmp_path)


def test_a_charter_holds_once_everybody_who_fills_a_members_post_agreed(house: Founding) -> None:
    assert not house.store.read(is_founded)
    house.propose()
    people = ["ann", "bob", "cho", "dan", "dee", "eve"]
    for who in people:
        assert not house.store.read(is_founded)
        left = house.agree(who)
        assert left == tuple(people[people.index(who) + 1 :])
    assert house.store.read(is_founded)
    assert house.store.read(agreed) == set(people)
    # The log of orders mentions each entry of the law log.
    assert house.store.read(lambda tx: tx.size("orders")) == 7


@pytest.mark.parametrize(
    ("stored", "says"),
    [
        (lambda h: h.proposal(version=2, old="1" * 64), "not the proposal of a first charter"),
        (lambda h: h.proposal(old="1" * 64), "not the proposal of a first charter"),
        (lambda h: h.proposal(new="1" * 64), "of another charter"),
        (lambda h: h.proposal(deployment="f" * 32), "of another charter"),
        (lambda h: h.proposal(by="bob"), "not signed by ann"),
        (lambda h: h.proposal(decide_by=h.clock.now()), "has expired"),
        (lambda h: h.proposal(signer="production-db", by="ann"), "fills no member's post"),
        (lambda h: h.enrolments[0], "not the proposal of a first charter"),
        (lambda _: b"rubbish", "not an envelope"),
    ],
)
def test_a_proposal_is_refused(
    house: Founding, stored: Callable[[Founding], bytes], says: str
) -> None:
    with pytest.raises(NotAcceptedError, match=says):
        house.propose(stored(house))
    assert house.store.read(lambda tx: tx.size("law")) == 0


def test_a_second_charter_is_no_first(house: Founding) -> None:
    house.propose()
    with pytest.raises(NotAcceptedError, match="has a charter already"):
        house.propose()


@pytest.mark.parametrize("spoil", ["missing", "elsewhere", "unsigned", "other kind"])
def test_each_key_proves_its_possession(house: Founding, spoil: str) -> None:
    ann = house.sim.signers["ann"]
    house.enrolments = house.enrolments[1:]
    if spoil == "elsewhere":
        document = draft_enrolment("f" * 32, "ann", ann.public, bytes(16))
        house.enrolments.append(enclose(document, ann))
    elif spoil == "unsigned":
        document = draft_enrolment(house.charter.deployment, "ann", ann.public, bytes(16))
        house.enrolments.append(enclose(document, signer("mallory")))
    elif spoil == "other kind":
        house.enrolments.append(house.proposal())
    with pytest.raises((CharterError, NotAcceptedError)):
        house.propose()


def test_a_charter_that_cannot_stand_is_not_proposed(house: Founding) -> None:
    with pytest.raises(CharterError):
        house.propose(charter=replace(house.charter, before="1" * 64))


def test_a_charter_to_which_nobody_has_to_agree_is_none(house: Founding) -> None:
    empty = replace(house.charter, posts={}, people={}, chains=house.charter.chains)
    with pytest.raises(CharterError):
        house.propose(charter=empty)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (lambda h: h.answer("ann", by="bob"), "not signed by ann"),
        (lambda h: h.answer("zoe"), "fills no member's post"),
        (lambda h: h.answer("ann", order="1" * 64), "to another amendment"),
        (lambda h: h.answer("ann", level="team"), "names level, person and amendment"),
        (lambda h: h.answer("ann", seat="bob"), "names level, person and amendment"),
        (lambda h: h.answer("ann", prior="1" * 64), "names level, person and amendment"),
        (lambda h: h.answer("ann", root="1" * 64), "a law log that never was"),
        (lambda h: h.answer("ann", size=9), "a law log that never was"),
        (lambda h: h.answer("ann", size=0), "a law log that never was"),
        (lambda h: h.proposal(), "does not answer an amendment"),
        (lambda h: enclose(
            draft_question("1" * 64, signer="ann", reason=SAID, now=1), h.sim.signers["ann"]
        ), "does not answer an amendment"),
        (lambda _: b"rubbish", "not an envelope"),
    ],
)  # fmt: skip
def test_an_agreement_is_refused(
    house: Founding, answer: Callable[[Founding], bytes], says: str
) -> None:
    house.propose()
    with pytest.raises(NotAcceptedError, match=says):
        agree(house.store, answer(house), house.clock, SAID)
    assert house.store.read(agreed) == frozenset()


def test_nobody_agrees_to_nothing_twice_or_too_late(house: Founding) -> None:
    with pytest.raises(NotAcceptedError, match="no charter has been proposed"):
        agree(house.store, house.proposal(), house.clock, SAID)
    house.propose()
    house.agree("ann")
    with pytest.raises(NotAcceptedError, match="has agreed already"):
        house.agree("ann")
    house.clock.turn(3600)
    with pytest.raises(NotAcceptedError, match="has expired"):
        house.agree("bob")


def test_one_refusal_ends_the_founding(house: Founding) -> None:
    house.propose()
    house.agree("ann")
    digest = house.store.read(proposed)[1].envelope.digest
    no = draft_refusal(digest, signer="bob", reason=SAID, now=house.clock.now())
    agree(house.store, enclose(no, house.sim.signers["bob"]), house.clock, SAID)
    with pytest.raises(NotAcceptedError, match="was refused: found the house anew"):
        house.agree("cho")
    assert not house.store.read(is_founded)


def test_an_executor_with_an_older_head_of_the_orders_is_led_to_the_newest(
    tmp_path: Path,
) -> None:
    sim = ChainSimulator(scenario("wipe-database"), tmp_path)
    heads = [
        Head(size, sim.store.read(lambda tx, n=size: tx.peaks("orders", n).root().hex()))
        for size in range(1, sim.desk.head("orders").size + 1)
    ]
    sim.transmit("ann", "wipe", ["production-db"], database="orders")
    sim.release()
    sim.clock.turn(900)
    for head in heads:
        held = Pinned(sim.charter, head, sim.desk.head("law"))
        found = sim.verify(sim.code("production-db", held), "production-db", held)
        assert found.orders_head == sim.desk.head("orders")
    stored = sim.store.read(lambda tx: tx.of_kind("law", "amendment"))[0].envelope
    assert isinstance(open_envelope(stored).unverified, Amendment)
