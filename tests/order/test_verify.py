"""Each step of verifying a code, by its number, and that none can be left out."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cheget.errors import (
    AddressError,
    BadSignatureError,
    LawError,
    LogError,
    MalformedDocumentError,
    NotAllowedError,
    NotReleasedError,
    UnfitEntryError,
)
from cheget.order.draft import draft_refusal, enclose
from cheget.order.fields import Head
from cheget.order.papers import Address, decode_papers
from cheget.order.verify import Pinned, verify_code
from evil import EvilDesk
from simulator import ChainSimulator, scenario, signer

DB = "production-db"
WIPE = scenario("wipe-database")


def test_a_released_order_verifies(sim: ChainSimulator) -> None:
    found = sim.verify(sim.code(DB), DB)
    assert found.proceeding.state == "released"
    assert found.orders_head == sim.desk.head("orders")
    assert found.law_head == sim.desk.head("law")


def test_a_newcomer_reads_the_law_log_from_its_beginning(sim: ChainSimulator) -> None:
    assert sim.verify(sim.code(DB, sim.pinned), DB, sim.pinned).law_head.size == 7


# Step 0.


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda c: c.replace(b'"consistency":', b'"consistency": ', 1), "canonical form"),
        (lambda c: c + b"\n", "canonical form"),
        (lambda c: c[:-1] + b',"zzz":1}', "missing or unknown"),
        (lambda c: c.replace(b'"consistency":[]', b'"consistency":1.0', 1), "no place"),
        (lambda c: c.replace(b'"consistency":[]', b'"consistency":NaN', 1), "no place"),
        (lambda c: c.replace(b'"consistency":[]', b'"consistency":{}', 1), "not a list"),
        (lambda c: c.replace(b'"files":{}', b'"files":{},"files":{}', 1), "stands twice"),
        (lambda c: c.replace(b".order.v1", b".drill-order.v1", 1), "a drill"),
        (lambda c: c.replace(b".order.v1", b".orders.v1", 1), "unknown kind"),
        (lambda c: c[: len(c) // 2], "not a code"),
        (lambda c: c[:60] + b"\xff" + c[61:], "not a code"),
    ],
)
def test_step_0_refuses_what_is_not_in_its_one_form(
    sim: ChainSimulator, spoil: Callable[[bytes], bytes], says: str
) -> None:
    with pytest.raises(MalformedDocumentError, match=says) as caught:
        sim.verify(spoil(sim.code(DB)), DB)
    assert caught.value.step == 0


def test_step_0_refuses_a_code_that_is_too_large(sim: ChainSimulator) -> None:
    code = sim.code(DB)
    with pytest.raises(MalformedDocumentError, match="at most 33,554,432"):
        sim.verify(code + b" " * 2**25, DB)


def test_step_0_looks_at_the_address_before_anything_else(sim: ChainSimulator) -> None:
    with pytest.raises(AddressError, match="not addressed to other"):
        verify_code(b"\xff" * 99, executor="other", pinned=sim.installed, circumstances=sim.ready())


def test_step_0_wants_the_one_order_that_the_code_is_about(sim: ChainSimulator) -> None:
    papers = decode_papers(sim.code(DB))
    for other in (
        replace(papers, order="1" * 64),
        replace(papers, log=replace(papers.log, envelopes=papers.log.envelopes[1:])),
        replace(papers, log=replace(papers.log, envelopes=papers.log.envelopes[:1] * 2)),
    ):
        with pytest.raises(MalformedDocumentError, match="the one order"):
            sim.verify(other.encode(), DB)


def test_step_0_reads_the_envelopes_of_the_law_log_too(sim: ChainSimulator) -> None:
    code = sim.code(DB, sim.pinned)
    spoiled = code.replace(b".amendment.v1", b".drill-amendment.v1", 1)
    assert spoiled != code
    with pytest.raises(MalformedDocumentError, match="a drill"):
        sim.verify(spoiled, DB, sim.pinned)


# Step 1.


def test_step_1_wants_the_deployment_and_a_law_of_the_charter(sim: ChainSimulator) -> None:
    evil = EvilDesk(sim)
    order = evil.draft("ann", "wipe", [DB], database="orders")
    for changed, says in (
        (replace(order, deployment="f" * 32), "another deployment"),
        (replace(order, law="f" * 64), "another law"),
    ):
        evil.transmit(changed)
        with pytest.raises(LawError, match=says):
            sim.verify(evil.code(DB), DB)


def test_step_1_refuses_a_law_log_that_forks_or_shrinks(sim: ChainSimulator) -> None:
    code, head = sim.code(DB), sim.desk.head("law")
    forked = replace(sim.installed, law=Head(head.size, "1" * 64))
    with pytest.raises(LawError, match="forked"):
        sim.verify(code, DB, forked)
    with pytest.raises(LawError, match="no root can be given for size 8"):
        sim.verify(code, DB, replace(sim.installed, law=Head(head.size + 1, "1" * 64)))


def test_step_1_reads_every_entry_of_the_law_log(sim: ChainSimulator) -> None:
    with pytest.raises(LawError, match="needed from 0"):
        sim.verify(sim.code(DB), DB, sim.pinned)
    papers = decode_papers(sim.code(DB, sim.pinned))
    short = replace(papers, law=replace(papers.law, envelopes=papers.law.envelopes[:-1]))
    with pytest.raises(LawError, match="7 entries of the law log, 6 envelopes"):
        sim.verify(short.encode(), DB, sim.pinned)
    swapped = replace(papers, law=replace(papers.law, envelopes=(*papers.law.envelopes[::-1],)))
    with pytest.raises(LawError, match="another envelope"):
        sim.verify(swapped.encode(), DB, sim.pinned)


def test_step_1_wants_the_charter_that_is_pinned(sim: ChainSimulator) -> None:
    other = replace(sim.charter, house="elsewhere")
    with pytest.raises(LawError, match="not the one that is pinned"):
        sim.verify(sim.code(DB, sim.pinned), DB, Pinned(other))


# Step 2.


def test_step_2_wants_a_path_to_the_orders_root(crewed: ChainSimulator) -> None:
    papers = decode_papers(crewed.code("rocket-0001"))
    address = papers.address
    assert isinstance(address, Address)
    for changed in (
        replace(address, index=1),
        replace(address, index=2),
        replace(address, path=()),
        replace(address, path=(*address.path, bytes(32))),
        replace(address, path=(bytes(32),)),
        replace(address, executor="rocket-0003"),
    ):
        with pytest.raises(AddressError):
            crewed.verify(replace(papers, address=changed).encode(), changed.executor)


# Step 3.


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"action": "nothing"}, "no action nothing"),
        ({"parameters": (("level", "11"),)}, "not between 1 and 10"),
        ({"parameters": (("level", "7e0"),)}, "not a number"),
        ({"parameters": ()}, "gives the parameters none"),
        ({"parameters": (("level", "7"), ("other", "1"))}, "gives the parameters"),
        ({"acknowledged": ("anything",)}, "acknowledges something else"),
        ({"attestations": ("1" * 64,)}, "no conditions to attest to"),
        ({"decide_by": 2_000_000_000}, "must be decided by"),
    ],
)
def test_step_3_refuses_what_the_chain_does_not_allow(
    crewed: ChainSimulator, changes: dict[str, object], says: str
) -> None:
    evil = EvilDesk(crewed)
    order = evil.draft("ann", "light", ["lamp"], level="7")
    evil.transmit(replace(order, **changes))  # type: ignore[arg-type]
    with pytest.raises(NotAllowedError, match=says):
        crewed.verify(evil.code("lamp"), "lamp")


def test_step_3_refuses_executors_of_another_kind_too_many_and_unconfigured(
    crewed: ChainSimulator,
) -> None:
    evil = EvilDesk(crewed)
    evil.transmit(evil.draft("ann", "launch", ["lamp"]))
    with pytest.raises(NotAllowedError, match="may not name lamp"):
        crewed.verify(evil.code("lamp"), "lamp")
    evil.transmit(evil.draft("ann", "launch", ["rocket-0001", "rocket-0002", "rocket-0003"]))
    with pytest.raises(NotAllowedError, match="names 3 executors"):
        crewed.verify(evil.code("rocket-0001"), "rocket-0001")
    code = crewed.code("rocket-0001")
    with pytest.raises(NotAllowedError, match="not configured to launch"):
        crewed.verify(code, "rocket-0001", configured=frozenset({"light"}))


# Step 4.


def test_step_4_wants_the_logs_own_signature(sim: ChainSimulator) -> None:
    evil = EvilDesk(sim)
    for field in ("latest", "published"):
        forged = evil.checkpoint(by=signer("somebody else"))
        papers = decode_papers(evil.code(DB))
        if field == "latest":
            papers = replace(papers, log=replace(papers.log, latest=forged))
        else:
            papers = replace(papers, published=forged)
        with pytest.raises(LogError, match="does not verify"):
            sim.verify(papers.encode(), DB)


def test_step_4_wants_the_slice_to_give_both_roots(sim: ChainSimulator) -> None:
    evil, other = EvilDesk(sim), EvilDesk(sim)
    other.entries[-1] = (other.entries[-2][0], b"")
    papers = decode_papers(evil.code(DB))
    with pytest.raises(LogError, match="does not give the checkpoint's root"):
        sim.verify(replace(papers, published=other.checkpoint()).encode(), DB)
    latest = evil.checkpoint(evil.size - 1)
    with pytest.raises(LogError, match="does not end at the latest"):
        sim.verify(replace(papers, log=replace(papers.log, latest=latest)).encode(), DB)


def test_step_4_wants_the_head_that_is_held_to_be_extended(sim: ChainSimulator) -> None:
    code, head = sim.code(DB), sim.desk.head("orders")
    sim.verify(code, DB, replace(sim.installed, orders=head))
    with pytest.raises(LogError, match="forked"):
        sim.verify(code, DB, replace(sim.installed, orders=Head(head.size, "1" * 64)))
    with pytest.raises(LogError, match="were seen before"):
        sim.verify(code, DB, replace(sim.installed, orders=Head(head.size + 1, "1" * 64)))
    with pytest.raises(LogError):
        sim.verify(code, DB, replace(sim.installed, orders=Head(1, "1" * 64)))


def test_step_4_leads_from_a_head_before_the_slice_by_consistency(sim: ChainSimulator) -> None:
    root = sim.store.read(lambda tx: tx.peaks("orders", 3).root().hex())
    held = replace(sim.installed, orders=Head(3, root))
    assert decode_papers(sim.code(DB, held)).log.consistency
    sim.verify(sim.code(DB, held), DB, held)
    with pytest.raises(LogError):
        sim.verify(sim.code(DB, held), DB, replace(held, orders=Head(3, "1" * 64)))


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda e: e.mention(8), "mentions a law log larger"),
        (lambda e: e.append(e.entries[-1][1], at=1), "time falls"),
        (lambda e: e.append(e.entries[-1][1], seq=9), "seq 9"),
        (lambda e: e.append(e.entries[-1][1], kind="refusal"), "another is shown"),
        (lambda e: e.append(e.entries[-1][1], envelope="1" * 64), "another is shown"),
    ],
)
def test_step_4_reads_every_header(
    sim: ChainSimulator, spoil: Callable[[EvilDesk], object], says: str
) -> None:
    evil = EvilDesk(sim)
    spoil(evil)
    with pytest.raises(LogError, match=says):
        sim.verify(evil.code(DB), DB)


def test_step_4_wants_every_envelope_and_none_more(sim: ChainSimulator) -> None:
    papers = decode_papers(sim.code(DB))
    shown = papers.log.envelopes
    for envelopes in (shown[:-1], (shown[0], *shown[2:]), (*shown, shown[-1])):
        changed = replace(papers, log=replace(papers.log, envelopes=envelopes))
        with pytest.raises(LogError, match=r"missing, or another|does not hold"):
            sim.verify(changed.encode(), DB)


def test_step_4_wants_each_thread_from_its_beginning(sim: ChainSimulator) -> None:
    evil = EvilDesk(sim)
    order = evil.draft("ann", "wipe", [DB], database="billing")
    evil.transmit(order, seq=1)
    with pytest.raises(LogError, match="does not begin in the slice"):
        sim.verify(evil.code(DB), DB)


# Step 5.


def test_step_5_skips_no_signature_that_does_not_verify(sim: ChainSimulator) -> None:
    evil = EvilDesk(sim)
    refusal = draft_refusal(sim.order, signer="dan", reason=sim.text("no"), now=sim.clock.now())
    evil.append(enclose(refusal, signer("not dan")))
    with pytest.raises(BadSignatureError, match="not signed by dan"):
        sim.verify(evil.code(DB), DB)


def test_step_5_knows_people_by_the_charter_only(sim: ChainSimulator) -> None:
    evil = EvilDesk(sim)
    refusal = draft_refusal(sim.order, signer="zoe", reason=sim.text("no"), now=sim.clock.now())
    evil.append(enclose(refusal, signer("zoe")))
    with pytest.raises(BadSignatureError, match="nobody named zoe"):
        sim.verify(evil.code(DB), DB)


# Step 6.


def test_step_6_wants_every_level(tmp_path: Path) -> None:
    sim = ChainSimulator(WIPE, tmp_path)
    sim.transmit("ann", "wipe", [DB], database="orders")
    evil = EvilDesk(sim)
    for who in ("bob", "cho"):
        with pytest.raises(NotReleasedError, match="waits at team"):
            sim.verify(evil.code(DB), DB)
        evil.concur(who)
    with pytest.raises(NotReleasedError, match="waits at security"):
        sim.verify(evil.code(DB), DB)
    evil.concur("dee")
    sim.clock.turn(900)
    assert sim.verify(evil.code(DB), DB).proceeding.state == "released"


def test_step_6_refuses_a_log_that_holds_what_fits_no_state(sim: ChainSimulator) -> None:
    evil = EvilDesk(sim)
    evil.append(evil.sign(evil.concurrence("bob", level="security", seat="dee"), "bob"))
    with pytest.raises(UnfitEntryError, match="neither as member nor as deputy"):
        sim.verify(evil.code(DB), DB)


def test_step_6_wants_the_head_that_each_signer_saw(tmp_path: Path) -> None:
    sim = ChainSimulator(WIPE, tmp_path)
    sim.transmit("ann", "wipe", [DB], database="orders")
    evil = EvilDesk(sim)
    evil.concur("bob", root="1" * 64)
    evil.concur("cho")
    evil.concur("dee")
    sim.clock.turn(900)
    with pytest.raises(NotReleasedError, match="bob saw a head that this log never had"):
        sim.verify(evil.code(DB), DB)


def test_step_6_wants_the_release_published(sim: ChainSimulator) -> None:
    evil = EvilDesk(sim)
    published = evil.checkpoint(evil.size - 1)
    with pytest.raises(NotReleasedError, match="lies before the release"):
        sim.verify(evil.code(DB, published=published), DB)
