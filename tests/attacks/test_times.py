"""Clocks, forks and sequencers."""

from dataclasses import replace
from pathlib import Path

import pytest

from cheget.audit.header import Header
from cheget.errors import (
    LogError,
    NotAcceptedError,
    StoppedError,
    TimingError,
    TwoSequencersError,
    UnfitEntryError,
)
from cheget.order.draft import draft_question, draft_refusal, enclose
from cheget.order.fold import at_instant
from cheget.order.papers import decode_papers
from cheget.service.desk import Desk
from cheget.service.store import Writing
from evil import EvilDesk
from simulator import START, ChainSimulator, HandClock, scenario
from stores import opened

DB = "production-db"
SKEW = 30


def test_answer_backdated(asked: ChainSimulator) -> None:
    evil = EvilDesk(asked)
    evil.concur("bob", answered_at=START - SKEW - 1)
    evil.concur("cho")
    with pytest.raises(UnfitEntryError, match="before the level above"):
        asked.verify(evil.code(DB), DB)


def test_answer_postdated(asked: ChainSimulator) -> None:
    evil = EvilDesk(asked)
    evil.concur("bob", answered_at=START + SKEW + 1)
    with pytest.raises(UnfitEntryError, match="later than it was logged"):
        asked.verify(evil.code(DB), DB)


def test_answer_postdated_for_a_deputys_turn(posted: ChainSimulator) -> None:
    posted.transmit("ann", "launch", ["rocket-0001"])
    evil = EvilDesk(posted)
    evil.concur("dep", "bob", answered_at=START + 600)
    with pytest.raises(UnfitEntryError, match="later than it was logged"):
        posted.verify(evil.code("rocket-0001"), "rocket-0001")


def test_order_kept_in_a_drawer(asked: ChainSimulator) -> None:
    """Signed long ago and logged when it suits: ``decide_by`` is under the signature."""
    evil = EvilDesk(asked)
    drawer = evil.draft("ann", "wipe", [DB], database="billing")
    asked.clock.turn(86400)
    evil.transmit(drawer)
    with pytest.raises(UnfitEntryError, match="after it had to be decided"):
        asked.verify(evil.code(DB), DB)
    with pytest.raises(NotAcceptedError, match="after it had to be decided"):
        asked.desk.transmit(evil.sign(drawer, "ann"), [DB])


def test_release_kept_in_a_drawer(sim: ChainSimulator) -> None:
    code = sim.code(DB)
    sim.clock.turn(3600)
    with pytest.raises(TimingError, match="expired"):
        sim.verify(code, DB)


def test_hold_skipped_by_a_backdated_release(asked: ChainSimulator) -> None:
    """The log says that it was released long ago; the hold runs from when a code was stored."""
    asked.concur("bob", "cho", "dee")
    evil = EvilDesk(asked)
    asked.clock.turn(901)
    with pytest.raises(TimingError, match="held until"):
        asked.verify(evil.code(DB), DB, first_stored=asked.clock.now())


def test_clock_set_back(sim: ChainSimulator) -> None:
    sim.clock.turn(3600)
    code, high = sim.code(DB), sim.clock.now()
    with pytest.raises(TimingError, match="expired"):
        sim.verify(code, DB, clock_mark=high)
    sim.clock.turn(-3000)
    with pytest.raises(TimingError, match="was past"):
        sim.verify(code, DB, clock_mark=high)


def test_clock_set_forward(asked: ChainSimulator) -> None:
    """A clock ahead ends a hold early only where it was ahead from the first."""
    asked.concur("bob", "cho", "dee")
    stored = asked.clock.now()
    code = asked.code(DB)
    now = stored + 901
    with pytest.raises(TimingError, match="asked again since the hold ended"):
        asked.verify(code, DB, now=now, first_stored=stored, asked_again=stored + 10)
    with pytest.raises(TimingError, match="expired"):
        asked.verify(code, DB, now=stored + 10**6, asked_again=stored + 10**6)


def test_expiry_to_the_instant(asked: ChainSimulator) -> None:
    until = asked.desk.proceeding(asked.order).order.decide_by
    asked.concur("bob", "cho")
    early, late = EvilDesk(asked), EvilDesk(asked)
    asked.clock.at = until - 1
    early.concur("dee")
    assert early.proceeding().state == "released"
    asked.clock.at = until
    late.concur("dee")
    with pytest.raises(UnfitEntryError, match="expired"):
        late.proceeding()
    asked.clock.at = until + 900
    asked.verify(early.code(DB), DB, first_stored=until - 1)
    with pytest.raises(UnfitEntryError, match="expired"):
        asked.verify(late.code(DB), DB)


def test_far_future_time_poisons_the_clock_mark(sim: ChainSimulator) -> None:
    """A log of times to come is refused, so that nobody's mark is raised by it."""
    evil = EvilDesk(sim)
    far = 4_000_000_000
    question = draft_question(sim.order, signer="eve", reason=sim.text("?"), now=sim.clock.now())
    evil.append(enclose(question, sim.signers["eve"]), at=far)
    with pytest.raises(TimingError, match="still to come"):
        sim.verify(evil.code(DB), DB)
    other = EvilDesk(sim)
    other.entries.append((Header(far, "1" * 64, "question", 0, "2" * 64).encode(), b""))
    with pytest.raises(TimingError, match="still to come"):
        sim.verify(other.code(DB), DB)


def test_forked_log(sim: ChainSimulator) -> None:
    held = replace(sim.installed, orders=sim.desk.head("orders"))
    evil = EvilDesk(sim)
    evil.drop("concurrence", "dee")
    evil.concur("eve", "eve")
    with pytest.raises(LogError, match="forked"):
        sim.verify(evil.code(DB), DB, held)
    asked_again = sim.countermand("ann")
    held = replace(held, orders=sim.desk.head("orders"))
    evil = EvilDesk(sim)
    evil.drop("countermand", "ann")
    evil.mention(7)
    assert evil.size == asked_again.position + 1
    with pytest.raises(LogError, match="forked"):
        sim.verify(evil.code(DB), DB, held)


def test_truncated_log(sim: ChainSimulator) -> None:
    sim.countermand("ann")
    held = replace(sim.installed, orders=sim.desk.head("orders"))
    evil = EvilDesk(sim)
    evil.entries.pop()
    with pytest.raises(LogError, match="were seen before"):
        sim.verify(evil.code(DB), DB, held)


def test_a_stop_left_out_of_the_middle(asked: ChainSimulator) -> None:
    """A refusal taken out of the log, which later signers saw."""
    asked.refuse("eve")
    asked.concur("bob", "cho", "dee")
    asked.clock.turn(900)
    evil = EvilDesk(asked)
    evil.drop("refusal", "eve")
    with pytest.raises(UnfitEntryError, match="must lie after"):
        asked.verify(evil.code(DB), DB)


def test_two_sequencers(asked_at: ChainSimulator) -> None:
    """Two that believe they are it meet a unique key, and neither overwrites the other."""
    second = opened(asked_at.at)
    other = Desk(second, asked_at.charter, asked_at.clock, asked_at.log_signers)
    answers = [asked_at.concurrence("bob"), asked_at.concurrence("cho")]
    asked_at.desk.concur(answers[0])
    assert other.concur(answers[1]).position == asked_at.desk.head("orders").size - 1
    assert other.head("orders") == asked_at.desk.head("orders")

    def clash(tx: Writing) -> None:
        found = tx.thread("orders", asked_at.order)[-1]
        tx.append(
            "orders", found.leaf, subject=asked_at.order, seq=found.seq, kind="concurrence",
            digest="0" * 64, envelope=found.envelope,
        )  # fmt: skip

    before = asked_at.desk.head("orders")
    with pytest.raises(TwoSequencersError, match="taken"):
        second.write(clash)
    assert asked_at.desk.head("orders") == before
    second.close()


def test_double_release_by_two_replicas(asked_at: ChainSimulator) -> None:
    second = opened(asked_at.at)
    other = Desk(second, asked_at.charter, HandClock(asked_at.clock.at), asked_at.log_signers)
    asked_at.concur("bob", "cho")
    dee, eve = asked_at.concurrence("dee"), asked_at.concurrence("eve")
    assert asked_at.desk.concur(dee).effect == "releases"
    assert other.concur(eve).effect == "late"
    assert (
        other.proceeding(asked_at.order).release == asked_at.desk.proceeding(asked_at.order).release
    )
    second.close()


def test_late_answer(sim: ChainSimulator) -> None:
    before = sim.desk.proceeding(sim.order)
    evil = EvilDesk(sim)
    rung = before.rungs[1]
    evil.concur("dan", level="team", prior=rung.prior, answered_at=sim.clock.now())
    found = sim.verify(evil.code(DB), DB).proceeding
    assert [one.person for one in found.late] == ["dan"]
    assert found.release == before.release


def test_recall_racing_release(asked: ChainSimulator) -> None:
    """Log order decides, and either order of the two ends with nothing done."""
    asked.concur("bob", "cho")
    answer = asked.concurrence("dee")
    stopped = EvilDesk(asked)
    asked.countermand("ann")
    with pytest.raises(NotAcceptedError, match="nothing reopens it"):
        asked.desk.concur(answer)
    stopped.append(answer)
    refusal = draft_refusal(asked.order, signer="ann", reason=asked.text("x"), now=START)
    stopped.append(enclose(refusal, asked.signers["ann"]))
    asked.clock.turn(900)
    with pytest.raises(StoppedError):
        asked.verify(stopped.code(DB), DB)


def test_recalled_stays_recalled(sim: ChainSimulator) -> None:
    sim.countermand("bob")
    evil = EvilDesk(sim)
    evil.concur("eve", level="security", prior=sim.desk.proceeding(sim.order).rungs[2].prior)
    with pytest.raises(UnfitEntryError, match="nothing reopens it"):
        sim.verify(evil.code(DB), DB)
    for later in (10, 10**6):
        known = at_instant(sim.desk.proceeding(sim.order), sim.clock.now() + later)
        assert known.state == "countermanded"
    with pytest.raises(StoppedError):
        sim.verify(sim.code(DB), DB)


def test_withheld_countermand_shown_by_hand(sim: ChainSimulator) -> None:
    silent = sim.code(DB)
    sim.countermand("ann")
    stops = tuple(stored for _, stored in EvilDesk(sim).entries if b".countermand.v1" in stored)
    assert len(stops) == 1
    sim.verify(silent, DB)
    with pytest.raises(StoppedError, match="by ann"):
        sim.verify(silent, DB, stops=stops)


def test_flood_of_orders(tmp_path: Path) -> None:
    """Each order is a thread of its own; others' entries neither help nor hinder it."""
    sim = ChainSimulator(scenario("wipe-database"), tmp_path)
    sim.transmit("ann", "wipe", [DB], database="orders")
    wanted = sim.order
    for _ in range(20):
        sim.transmit("bob", "wipe", [DB], database="billing")
    sim.order = wanted
    sim.release()
    sim.clock.turn(900)
    code = sim.code(DB)
    assert len(decode_papers(code).log.envelopes) == 4
    sim.verify(code, DB)
