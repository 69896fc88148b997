"""Attacks by way of absences: a deputy who would answer at once without having to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from attacks.test_law import Amender
from cheget.cli.ledgers import read_ledger
from cheget.errors import NotAcceptedError
from cheget.order.charter import Person
from cheget.order.consequence import turns
from cheget.order.documents import Absence
from cheget.order.draft import draft_countermand, enclose
from cheget.order.law import read_law
from cheget.order.ledger import prove
from cheget.order.papers import open_envelope
from cheget.order.verify import Pinned, verify_papers
from cheget.service.amending import _take, answer_amendment, law_state
from cheget.service.store import Writing
from docket import chain_of
from simulator import ChainSimulator, signer

AMENDED = """
    chain: posted
    members: {ann: Ann, bob: {title: Bob, deputy: dep after 10m}, cho: Cho, dep: Deputy}
    levels:
      - {level: head, members: [ann]}
      - {level: middle, members: [bob, cho], rule: all}
    executors: {rocket: Rocket}
    actions: {launch: {executors: [rocket], decide-within: 2h}}
    amend: ann
    """


@pytest.fixture
def sim(tmp_path: Path) -> ChainSimulator:
    sim = ChainSimulator(chain_of(AMENDED), tmp_path / "house")
    sim.transmit("ann", "launch", ["rocket"])
    return sim


def leave(
    sim: ChainSimulator, who: str, since: int = 0, until: int = 3600, by: str | None = None
) -> str:
    """An absence, by seconds from now."""
    now = sim.clock.now()
    document = Absence(
        sim.deployment, now + since, sim.fresh().hex(), who, now + until
    )  # fmt: skip
    stored = enclose(document, sim.signers[by or who])
    answer_amendment(sim.store, stored, sim.clock, sim.text(""))
    return open_envelope(stored).envelope.digest


def come_back(sim: ChainSimulator, absence: str, who: str) -> None:
    text = sim.text("")
    document = draft_countermand(absence, signer=who, reason=text, now=sim.clock.now())
    answer_amendment(sim.store, enclose(document, sim.signers[who]), sim.clock, text)


def refused(act: Callable[..., object], match: str) -> None:
    with pytest.raises(NotAcceptedError, match=match):
        act()


def deputise(sim: ChainSimulator, absence: str | None) -> str:
    return sim.desk.concur(sim.concurrence("dep", "bob", absence)).effect


def test_a_deputy_answers_at_once_within_the_members_absence(sim: ChainSimulator) -> None:
    refused(lambda: deputise(sim, None), "600 s away")
    absence = leave(sim, "bob")
    (turn,) = turns(sim.verified().proceeding, "dep", sim.clock.now())
    assert (turn.since <= sim.clock.now(), turn.absence) == (True, absence)
    assert deputise(sim, absence) == "counts"
    sim.concur("cho")
    # A newcomer, an auditor and the desk agree that it was released.
    shown = verify_papers(
        sim.desk.papers(sim.order), pinned=Pinned(sim.charter), now=sim.clock.now()
    )
    assert shown.proceeding.release is not None
    assert prove(read_ledger(sim.desk)).proceedings[0].state == "released"


def test_an_absence_of_somebody_else_quickens_nobody(sim: ChainSimulator) -> None:
    absence = leave(sim, "cho")
    refused(lambda: deputise(sim, absence), "no absence is known")


def test_an_absence_that_has_not_begun_or_is_over_quickens_nobody(sim: ChainSimulator) -> None:
    later = leave(sim, "bob", since=300)
    refused(lambda: deputise(sim, later), "no absence is known")
    sim.clock.turn(60)
    short = leave(sim, "bob", until=30)
    sim.clock.turn(30)
    refused(lambda: deputise(sim, short), "no absence is known")


def test_an_absence_taken_back_quickens_nobody(sim: ChainSimulator) -> None:
    absence = leave(sim, "bob")
    refused(lambda: come_back(sim, absence, "dep"), "its own signer")
    come_back(sim, absence, "bob")
    refused(lambda: come_back(sim, absence, "bob"), "taken back")
    refused(lambda: deputise(sim, absence), "no absence is known")
    refused(lambda: deputise(sim, None), "600 s away")


def test_what_a_deputy_answered_stands_when_the_member_is_back(sim: ChainSimulator) -> None:
    absence = leave(sim, "bob")
    deputise(sim, absence)
    come_back(sim, absence, "bob")
    assert [one.person for one in sim.verified().proceeding.counted] == ["ann", "dep"]
    assert prove(read_ledger(sim.desk)).proceedings[0].state == "open"


def test_an_absence_forged_by_a_deputy_or_the_server(sim: ChainSimulator) -> None:
    refused(lambda: leave(sim, "bob", by="dep"), "does not verify|no key")
    refused(lambda: deputise(sim, "1" * 64), "no absence is known")


def test_an_absence_by_a_key_that_is_given_up_has_ended(sim: ChainSimulator) -> None:
    absence = leave(sim, "bob")
    Amender(sim).revoke("bob", sim.signers["bob"])
    refused(lambda: deputise(sim, absence), "no absence is known")
    refused(lambda: leave(sim, "bob"), "holds a key|does not verify")


def test_a_deputy_whose_turn_has_come_names_no_absence(sim: ChainSimulator) -> None:
    absence = leave(sim, "bob")
    sim.clock.turn(600)
    refused(lambda: deputise(sim, absence), "had come without one")
    assert deputise(sim, None) == "counts"


def test_an_absence_outlives_an_amendment_and_counts_for_who_pins_what_came_after(
    sim: ChainSimulator,
) -> None:
    absence, law = leave(sim, "bob", until=86400), Amender(sim)
    law.amended(law.titled("another"))
    sim.clock.turn(1)
    sim.law = law.charter.laws[sim.chain.id]
    sim.transmit("ann", "launch", ["rocket"])
    assert deputise(sim, absence) == "counts"
    pinned = Pinned(sim.store.read(law_state).charter)
    shown = verify_papers(sim.desk.papers(sim.order), pinned=pinned, now=sim.clock.now())
    assert [one.person for one in shown.proceeding.counted] == ["ann", "dep"]


def test_a_return_by_a_key_that_went_later_breaks_no_later_reader(sim: ChainSimulator) -> None:
    """Back by a second key, which the next charter drops: whoever pins that one still reads."""
    law, second = Amender(sim), signer("bob-second")
    people = law.charter.people
    more = {**people, "bob": Person((*people["bob"].keys, second.public))}
    digest = law.propose(law.next(people=more), enrolled=[("bob", second)])
    for who in ("ann", "bob", "cho", "dep"):
        if not law.state.proposals[digest].ended:
            law.agree(digest, who)
    absence, text = leave(sim, "bob"), sim.text("")
    back = draft_countermand(absence, signer="bob", reason=text, now=sim.clock.now())
    answer_amendment(sim.store, enclose(back, second), sim.clock, text)
    last = law.next(people=people)
    law.amended(last)
    assert law.charter == last
    _, state = read_law(last, sim.desk.law(None), None)
    assert state.charter == last
    assert state.absences[absence].ended is not None


def test_an_absence_taken_by_laxer_terms_breaks_no_later_reader(sim: ChainSimulator) -> None:
    """Over already by the next charter's clock: it quickens nobody, and the law is read on."""
    law = Amender(sim)
    absence = leave(sim, "bob", since=-60, until=-law.charter.terms.skew + 1)
    last = law.next(terms=replace(law.charter.terms, skew=1))
    law.amended(last)
    assert law.charter == last
    _, state = read_law(last, sim.desk.law(None), None)
    assert absence not in state.absences


def test_an_absence_by_a_replaced_key_has_ended(sim: ChainSimulator) -> None:
    absence, law = leave(sim, "bob", until=86400), Amender(sim)
    fresh = signer("bob anew")
    people = {**law.charter.people}
    people["bob"] = type(people["bob"])((fresh.public,))
    law.agree(law.propose(law.next(people=people), enrolled=[("bob", fresh)]), "ann")
    sim.clock.turn(1)
    sim.law = law.charter.laws[sim.chain.id]
    sim.transmit("ann", "launch", ["rocket"])
    refused(lambda: deputise(sim, absence), "no absence is known")


def test_a_law_that_was_never_committed_is_forgotten(sim: ChainSimulator) -> None:
    """A desk that saw it from within a transaction must not take the next entry for it."""
    now = sim.clock.now()
    document = Absence(sim.deployment, now, sim.fresh().hex(), "bob", now + 3600)
    filed = open_envelope(enclose(document, sim.signers["bob"]))

    def half_way(tx: Writing) -> None:
        _take(tx, filed, sim.clock, sim.text(""))
        seen = sim.desk._state(tx)
        assert seen is not None
        assert set(seen.absences) == {filed.envelope.digest}
        raise ValueError

    with pytest.raises(ValueError):
        sim.store.write(half_way)
    other = leave(sim, "cho")
    seen = sim.store.read(sim.desk._state)
    assert seen is not None
    assert set(seen.absences) == {other}
