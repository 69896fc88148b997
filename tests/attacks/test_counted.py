"""People counted who should not be, and answers that were never given."""

from dataclasses import replace
from pathlib import Path

import pytest

from cheget.errors import (
    BadSignatureError,
    CharterError,
    LogError,
    NotAcceptedError,
    NotReleasedError,
    StoppedError,
    UnfitEntryError,
)
from cheget.order.charter import check_charter
from cheget.order.documents import Attestation
from cheget.order.draft import draft_attestation, draft_countermand, draft_refusal, enclose
from cheget.order.envelope import Envelope
from cheget.order.papers import decode_papers, open_envelope
from docket import chain_of
from evil import EvilDesk
from simulator import ChainSimulator, signer

DB = "production-db"
R1 = "rocket-0001"


def launched(posted: ChainSimulator) -> EvilDesk:
    posted.transmit("ann", "launch", [R1])
    return EvilDesk(posted)


def test_same_person_at_two_levels(posted: ChainSimulator) -> None:
    evil = launched(posted)
    evil.concur("bob")
    evil.concur("cho")
    evil.concur("cho")
    evil.concur("dan")
    with pytest.raises(UnfitEntryError, match="cho counts already"):
        posted.verify(evil.code(R1), R1)


def test_one_person_in_two_posts(tmp_path: Path) -> None:
    from attacks.conftest import POSTED

    sim = ChainSimulator(chain_of(POSTED), tmp_path, posts={"cho": "bob"})
    evil = launched(sim)
    evil.concur("bob", "bob")
    evil.append(evil.sign(evil.concurrence("bob", "cho"), "bob"))
    with pytest.raises(UnfitEntryError, match="one person, one seat"):
        sim.verify(evil.code(R1), R1)
    with pytest.raises(CharterError, match="counts bob twice"):
        check_charter(replace(sim.charter, posts={**sim.charter.posts, "dan": "bob"}))


def test_deputy_of_oneself(tmp_path: Path) -> None:
    """Somebody who fills a post and its deputy's has one seat, not two."""
    from attacks.conftest import POSTED

    sim = ChainSimulator(chain_of(POSTED), tmp_path, posts={"dep": "cho"})
    evil = launched(sim)
    evil.concur("cho")
    sim.clock.turn(600)
    evil.append(evil.sign(evil.concurrence("cho", "bob"), "cho"))
    with pytest.raises(UnfitEntryError, match="cho counts already"):
        sim.verify(evil.code(R1), R1)


def test_deputy_before_time(posted: ChainSimulator) -> None:
    evil = launched(posted)
    posted.clock.turn(599)
    evil.concur("dep", "bob")
    with pytest.raises(UnfitEntryError, match="1 s away"):
        posted.verify(evil.code(R1), R1)
    with pytest.raises(NotAcceptedError, match="1 s away"):
        posted.concur("dep", seat="bob")


def test_deputy_after_a_withheld_refusal(posted: ChainSimulator) -> None:
    """The server keeps the member's refusal back until the deputy's turn has come."""
    evil = launched(posted)
    text = posted.text("no")
    refusal = draft_refusal(evil.order, signer="bob", reason=text, now=posted.clock.now())
    withheld = enclose(refusal, posted.signers["bob"])
    posted.clock.turn(600)
    for who, seat in (("dep", "bob"), ("cho", "cho"), ("dan", "dan"), ("eve", "eve")):
        evil.concur(who, seat)
    posted.verify(evil.code(R1), R1)  # nobody has shown the refusal yet
    with pytest.raises(StoppedError, match="countermanded by bob"):
        posted.verify(evil.code(R1), R1, stops=(withheld,))
    logged = launched(posted)
    logged.append(enclose(replace(refusal, order=logged.order), posted.signers["bob"]))
    posted.clock.turn(600)
    logged.concur("dep", "bob")
    with pytest.raises(UnfitEntryError, match="nothing reopens it"):
        posted.verify(logged.code(R1), R1)


def test_forged_concurrence_by_the_server(asked: ChainSimulator) -> None:
    evil = EvilDesk(asked)
    evil.concur("bob")
    evil.concur("cho", by=asked.log_signers["orders"])
    evil.concur("dee", by=signer("dee, says the server"))
    asked.clock.turn(900)
    with pytest.raises(BadSignatureError, match="not signed by cho"):
        asked.verify(evil.code(DB), DB)


def test_forged_refusal(sim: ChainSimulator) -> None:
    """Strangers stop nothing: not at the desk, not by hand."""
    refusal = draft_refusal(sim.order, signer="eve", reason=sim.text("no"), now=sim.clock.now())
    forged = enclose(refusal, signer("a stranger"))
    with pytest.raises(NotAcceptedError, match="not signed by eve"):
        sim.desk.refuse(forged)
    sim.verify(sim.code(DB), DB, stops=(forged,))


def test_stop_by_hand_log_silent(sim: ChainSimulator) -> None:
    refusal = draft_refusal(sim.order, signer="eve", reason=sim.text("no"), now=sim.clock.now())
    stops = (enclose(refusal, sim.signers["eve"]),)
    with pytest.raises(StoppedError, match="by eve"):
        sim.verify(EvilDesk(sim).code(DB), DB, stops=stops)
    countermand = draft_countermand(
        sim.order, signer="ann", reason=sim.text("no"), now=sim.clock.now()
    )
    with pytest.raises(StoppedError, match="by ann"):
        sim.verify(sim.code(DB), DB, stops=(enclose(countermand, sim.signers["ann"]),))


def test_stop_with_a_spoiled_signature(sim: ChainSimulator) -> None:
    """The server logs a stop with a broken signature, so that the good one looks logged."""
    refusal = draft_refusal(sim.order, signer="eve", reason=sim.text("no"), now=sim.clock.now())
    good = enclose(refusal, sim.signers["eve"])
    envelope = Envelope.decode(good)
    signature = bytes([envelope.signature[0] ^ 1]) + envelope.signature[1:]
    spoiled = replace(envelope, signature=signature).encode()
    evil = EvilDesk(sim)
    evil.append(spoiled)
    for stops in ((), (good,), (spoiled,)):
        with pytest.raises(BadSignatureError):
            sim.verify(evil.code(DB), DB, stops=stops)
    with pytest.raises(StoppedError):
        sim.verify(sim.code(DB), DB, stops=(spoiled, good))


def test_out_of_sequence_concurrence(asked: ChainSimulator) -> None:
    evil = EvilDesk(asked)
    evil.concur("dee", level="security", prior="0" * 64)
    evil.concur("bob")
    evil.concur("cho")
    with pytest.raises(UnfitEntryError, match="out of turn"):
        asked.verify(evil.code(DB), DB)


def test_skipped_level(asked: ChainSimulator) -> None:
    evil = EvilDesk(asked)
    head = evil.proceeding().rungs[0]
    assert head.is_complete
    prior = evil.proceeding().rungs[1].prior
    assert prior is not None
    evil.concur("dee", level="security", prior=prior)
    with pytest.raises(UnfitEntryError, match="out of turn"):
        asked.verify(evil.code(DB), DB)
    missing = EvilDesk(asked)
    with pytest.raises(NotReleasedError, match="waits at team"):
        asked.verify(missing.code(DB), DB)


def test_concurrence_under_another_prior(asked: ChainSimulator) -> None:
    """Answers that saw other people above them are not counted under these."""
    evil = EvilDesk(asked)
    evil.concur("bob")
    evil.concur("cho")
    answer = evil.concurrence("dee")
    other = EvilDesk(asked)
    other.concur("dan")
    other.concur("cho")
    other.append(other.sign(replace(answer, root=other.head().root), "dee"))
    with pytest.raises(UnfitEntryError, match="another prior"):
        asked.verify(other.code(DB), DB)


def test_head_seen_that_never_was(asked: ChainSimulator) -> None:
    evil = EvilDesk(asked)
    evil.concur("bob")
    evil.concur("cho", root="a" * 64)
    evil.concur("dee")
    asked.clock.turn(900)
    with pytest.raises(NotReleasedError, match="cho saw a head that this log never had"):
        asked.verify(evil.code(DB), DB)
    bad = open_envelope(asked.concurrence("bob")).unverified
    with pytest.raises(NotAcceptedError, match="a head that this log never had"):
        asked.desk.concur(enclose(replace(bad, root="a" * 64), asked.signers["bob"]))  # type: ignore[type-var]


def test_an_entry_hidden_from_those_who_answered_after_it(asked: ChainSimulator) -> None:
    """Their heads give it away: nothing logged before the last answer can be taken out."""
    asked.ask("dan")
    asked.concur("bob", "cho", "dee")
    asked.clock.turn(900)
    evil = EvilDesk(asked)
    evil.drop("question", "dan")
    with pytest.raises(NotReleasedError, match=r"saw a head|must lie after"):
        asked.verify(evil.code(DB), DB)


def test_attestation_for_another_action(posted: ChainSimulator) -> None:
    posted.transmit("ann", "launch", [R1])
    posted.attest("bob", "red", "other")
    digest = posted.attest("dan", "red", "other")
    evil = EvilDesk(posted)
    evil.transmit(evil.draft("ann", "lower", [R1], attestations=[digest]))
    with pytest.raises(UnfitEntryError, match="for another action"):
        posted.verify(evil.code(R1), R1)


def lowered(posted: ChainSimulator) -> tuple[EvilDesk, str]:
    """An order that rests on one attestation, and who gave it has taken it back."""
    digest = posted.attest("dan", "red", "lower")
    posted.transmit("ann", "lower", [R1], attestations=[digest])
    posted.release()
    return EvilDesk(posted), digest


def test_attestation_withdrawn(posted: ChainSimulator) -> None:
    _, digest = lowered(posted)
    posted.verify(posted.code(R1), R1)
    countermand = draft_countermand(
        digest, signer="dan", reason=posted.text("not so"), now=posted.clock.now()
    )
    by_hand = enclose(countermand, posted.signers["dan"])
    with pytest.raises(StoppedError, match="stopped by dan"):
        posted.verify(posted.code(R1), R1, stops=(by_hand,))
    posted.desk.countermand(by_hand)
    with pytest.raises(StoppedError, match="stopped by dan"):
        posted.verify(posted.code(R1), R1)
    evil = EvilDesk(posted)
    evil.drop("countermand", "dan")
    with pytest.raises(LogError):
        posted.verify(
            evil.code(R1), R1, replace(posted.installed, orders=posted.desk.head("orders"))
        )


def test_attestation_withdrawn_and_logged_again(posted: ChainSimulator) -> None:
    posted.transmit("ann", "launch", [R1])
    digest = posted.attest("dan", "red", "lower")
    posted.countermand("dan", digest)
    evil = EvilDesk(posted)
    evil.append(next(s for _, s in evil.entries if b".attestation.v1" in s))
    evil.transmit(evil.draft("ann", "lower", [R1], attestations=[digest]))
    with pytest.raises(UnfitEntryError, match="that attestation, again"):
        posted.verify(evil.code(R1), R1)


def test_attestation_withdrawn_before_the_order_and_left_out_of_the_slice(
    posted: ChainSimulator,
) -> None:
    posted.transmit("ann", "launch", [R1])
    digest = posted.attest("dan", "red", "lower")
    posted.countermand("dan", digest)
    evil = EvilDesk(posted)
    evil.transmit(evil.draft("ann", "lower", [R1], attestations=[digest]))
    papers = decode_papers(evil.code(R1))
    kept = [one for one in papers.log.envelopes if b".countermand.v1" not in one]
    changed = replace(papers, log=replace(papers.log, envelopes=tuple(kept)))
    with pytest.raises(LogError, match="missing, or another"):
        posted.verify(changed.encode(), R1)
    with pytest.raises(UnfitEntryError, match="not attested to"):
        posted.verify(papers.encode(), R1)


def test_attestation_of_ones_own(posted: ChainSimulator) -> None:
    from attacks.conftest import POSTED

    sim = ChainSimulator(
        chain_of(POSTED), posted.folder / "own", posts={"dan": "ann", "ann": "ann"}
    )
    document = draft_attestation(
        sim.law, condition="red", action="lower", signer="ann", seat="dan",
        statement=sim.text("so"), now=sim.clock.now(), until=sim.clock.now() + 60,
        nonce=sim.fresh(),
    )  # fmt: skip
    assert isinstance(document, Attestation)
    digest = sim.desk.attest(enclose(document, sim.signers["ann"])).digest
    with pytest.raises(NotAcceptedError, match="not attested to"):
        sim.transmit("ann", "lower", [R1], attestations=[digest])


def test_self_approval_by_the_desk(asked: ChainSimulator) -> None:
    """Whoever asks has taken their seat, and concurs nowhere else."""
    with pytest.raises(NotAcceptedError, match="ann counts already"):
        asked.concur("ann")
