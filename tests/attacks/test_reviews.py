"""Attacks on what happens afterwards: the emergency that nobody looks at, or the wrong one does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cheget.audit.header import Header
from cheget.errors import AlreadyActedError, NotAcceptedError, NotAllowedError, VerificationError
from cheget.order.circumstances import Act
from cheget.order.documents import Review, Revocation
from cheget.order.draft import draft_review, enclose
from cheget.order.papers import open_envelope
from cheget.order.reviews import asked, is_unsettled
from cheget.service.amending import answer_amendment
from cheget.service.desk import Acknowledgement
from serving import counter_of
from simulator import ChainSimulator, scenario, signer

DB = "production-db"
DAYS = 86_400


@pytest.fixture
def glass(tmp_path: Path) -> ChainSimulator:
    """An emergency, released: ann asked, dee concurred; dee or eve must look within two days."""
    sim = ChainSimulator(scenario("wipe-database"), tmp_path / "house",
                         second_keys=frozenset({"eve"}))  # fmt: skip
    sim.transmit("ann", "emergency-wipe", [DB], database="orders")
    sim.concur("dee")
    return sim


def sent(sim: ChainSimulator, who: str, by: str = "", **changes: object) -> Acknowledgement:
    """A review with something changed, signed by its signer's key or another's."""
    text = sim.text("all well")
    known = sim.desk.proceeding(sim.order)
    document = draft_review(known, signer=who, finding=text, now=sim.clock.now())
    changed = replace(document, **changes)  # type: ignore[arg-type]
    return sim.desk.review(enclose(changed, sim.signers[by or who]), [text])


def test_whoever_the_rule_names_reviews_it_also_after_it_has_ended(glass: ChainSimulator) -> None:
    glass.clock.turn(2 * 3600)
    assert glass.desk.proceeding(glass.order).state == "expired"
    assert sent(glass, "eve").effect == "kept"
    (one,) = glass.desk.proceeding(glass.order).reviews
    assert (one.person, one.at) == ("eve", glass.clock.now())


def test_a_desk_that_runs_on_shows_a_review_that_came_after_the_end(glass: ChainSimulator) -> None:
    counter = counter_of(glass)
    glass.clock.turn(2 * 3600)
    (one,) = counter.orders()
    assert (one.state, is_unsettled(one)) == ("expired", True)
    sent(glass, "eve")
    (one,) = counter.orders()
    assert not is_unsettled(one)


@pytest.mark.parametrize("who", ["ann", "bob"])
def test_somebody_who_is_not_asked_does_not_review_it(glass: ChainSimulator, who: str) -> None:
    """The originator neither: this rule does not name her."""
    with pytest.raises(NotAcceptedError, match=f"{who} is not asked to review this"):
        sent(glass, who)


def test_a_machine_does_not_review_even_where_the_rule_names_it(tmp_path: Path) -> None:
    sim = ChainSimulator(scenario("wipe-database"), tmp_path / "house", machines=frozenset({"eve"}))
    sim.transmit("ann", "emergency-wipe", [DB], database="orders")
    sim.concur("dee")
    with pytest.raises(NotAcceptedError, match="eve is not asked"):
        sent(sim, "eve")


def test_a_review_of_an_order_that_is_not_released(tmp_path: Path) -> None:
    sim = ChainSimulator(scenario("wipe-database"), tmp_path / "house")
    sim.transmit("ann", "emergency-wipe", [DB], database="orders")
    with pytest.raises(NotAllowedError, match="there is nothing to review"):
        sent(sim, "dee")
    document = Review(sim.clock.now(), "0" * 64, sim.order, "1" * 64, "dee")
    with pytest.raises(NotAcceptedError, match="only what was released can be reviewed"):
        sim.desk.review(enclose(document, sim.signers["dee"]))


def test_a_review_of_an_order_that_asks_for_none(sim: ChainSimulator) -> None:
    with pytest.raises(NotAllowedError, match="nobody is asked to review wipe"):
        sent(sim, "dee")
    release = sim.desk.proceeding(sim.order).release
    assert release is not None
    document = Review(sim.clock.now(), "0" * 64, sim.order, release.digest, "dee")
    with pytest.raises(NotAcceptedError, match="dee is not asked to review this"):
        sim.desk.review(enclose(document, sim.signers["dee"]))


def test_a_review_of_another_release_counts_for_none(glass: ChainSimulator) -> None:
    with pytest.raises(NotAcceptedError, match="only what was released"):
        sent(glass, "dee", release="0" * 64)


def test_a_review_twice(glass: ChainSimulator) -> None:
    """Also once it has ended: one person looks once, and two would be two people."""
    first = sent(glass, "dee")
    with pytest.raises(NotAcceptedError, match="a review by dee is in the log already"):
        sent(glass, "dee", finding="1" * 64)
    glass.clock.turn(3 * 3600)
    with pytest.raises(NotAcceptedError, match="a review by dee is in the log already"):
        sent(glass, "dee")
    assert sent(glass, "eve").position > first.position


def test_a_review_signed_for_somebody_else(glass: ChainSimulator) -> None:
    with pytest.raises(NotAcceptedError, match="is not signed by eve"):
        sent(glass, "eve", by="ann")


def test_a_review_from_a_time_to_come(glass: ChainSimulator) -> None:
    with pytest.raises(NotAcceptedError, match="later than it was logged"):
        sent(glass, "dee", answered_at=glass.clock.now() + 3600)


def test_a_backdated_review_is_still_late(glass: ChainSimulator) -> None:
    """When it was logged decides, never when its signer says they looked."""
    looked = glass.clock.now() + 60
    glass.clock.turn(2 * DAYS)
    sent(glass, "dee", answered_at=looked)
    review = asked(glass.desk.proceeding(glass.order))
    assert review is not None
    assert review.standing(glass.clock.now()) == "late"


def test_a_review_takes_no_seat_and_neither_stops_anything_nor_lets_it_through(
    glass: ChainSimulator,
) -> None:
    glass.clock.turn(1800)
    sent(glass, "dee")
    glass.verify(glass.code(DB), DB)
    glass.countermand("ann")
    assert glass.desk.proceeding(glass.order).state == "countermanded"
    sent(glass, "eve")
    with pytest.raises(VerificationError, match="countermanded"):
        glass.verify(glass.code(DB), DB)


def test_a_log_that_holds_a_review_out_of_place_is_at_fault(glass: ChainSimulator) -> None:
    """Logged behind the desk's back, it shows to whoever verifies."""
    known = glass.desk.proceeding(glass.order)
    stored = enclose(
        draft_review(known, signer="bob", finding=glass.text("x"), now=glass.clock.now()),
        glass.signers["bob"],
    )
    filed = open_envelope(stored)
    code = glass.code(DB)
    leaf = Header(glass.clock.now(), filed.stored_digest, "review", 2, glass.order).encode()
    glass.store.write(
        lambda tx: tx.append(
            "orders", leaf, subject=glass.order, seq=2, kind="review",
            digest=filed.envelope.digest, envelope=stored,
        )
    )  # fmt: skip
    with pytest.raises(VerificationError, match="bob is not asked to review this"):
        glass.desk.papers(glass.order)
    glass.clock.turn(1800)
    glass.verify(code, DB)


def test_a_second_emergency_in_a_week_is_over_the_limit(glass: ChainSimulator) -> None:
    """Splitting is the usual trick; a fresh order starts no fresh limit."""
    glass.clock.turn(1800)
    glass.verify(glass.code(DB), DB)
    acted = Act(glass.clock.now(), "emergency-wipe", {"database": "orders"})
    glass.transmit("bob", "emergency-wipe", [DB], database="billing")
    glass.concur("eve")
    glass.clock.turn(1800)
    with pytest.raises(AlreadyActedError, match="over the limit of 1 in 604800 s"):
        glass.verify(glass.code(DB), DB, acts=(acted,))
    glass.verify(glass.code(DB), DB, acts=(replace(acted, at=acted.at - 7 * DAYS),))


def test_a_key_that_was_revoked_reviews_nothing(glass: ChainSimulator) -> None:
    lost = signer("eve again")
    text = glass.text("lost")
    document = Revocation(
        glass.charter.deployment, lost.public.key.hex(), text.digest, glass.clock.now(), "eve"
    )
    answer_amendment(glass.store, enclose(document, lost), glass.clock, text)
    glass.signers["mallory"] = lost
    with pytest.raises(NotAcceptedError, match="revoked"):
        sent(glass, "eve", by="mallory")
    assert sent(glass, "eve").effect == "kept"
