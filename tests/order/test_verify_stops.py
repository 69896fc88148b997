"""Step 7, that no step can be left out, and the two doors."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import cheget.order.verify as verifying
from cheget.errors import (
    AddressError,
    AlreadyActedError,
    BadSignatureError,
    CrewError,
    LawError,
    LogError,
    MalformedDocumentError,
    NotAllowedError,
    NotReleasedError,
    StoppedError,
    TimingError,
    VerificationError,
)
from cheget.order.draft import draft_order, draft_refusal, enclose
from cheget.order.envelope import Envelope
from cheget.order.fields import Head
from cheget.order.papers import Address, decode_papers
from cheget.order.verify import STEPS, explain_code
from evil import EvilDesk
from simulator import ChainSimulator, scenario, signer

DB = "production-db"
WIPE = scenario("wipe-database")


def stop(sim: ChainSimulator, who: str = "eve", order: str = "", ahead: int = 0) -> bytes:
    document = draft_refusal(
        order or sim.order, signer=who, reason=sim.text("no"), now=sim.clock.now() + ahead
    )
    return enclose(document, sim.signers[who])


def test_step_7_obeys_a_stop_that_is_in_the_log(sim: ChainSimulator) -> None:
    sim.refuse("eve")
    with pytest.raises(StoppedError, match="countermanded by eve"):
        sim.verify(sim.code(DB), DB)


def test_step_7_obeys_a_stop_by_any_road_as_if_logged_last(sim: ChainSimulator) -> None:
    with pytest.raises(StoppedError, match="countermanded by eve"):
        sim.verify(sim.code(DB), DB, stops=(stop(sim),))


def test_step_7_obeys_a_stop_whose_signers_clock_is_ahead(sim: ChainSimulator) -> None:
    with pytest.raises(StoppedError, match="countermanded by eve"):
        sim.verify(sim.code(DB), DB, stops=(stop(sim, ahead=3600),))


def test_step_7_drops_what_does_not_verify_or_stops_nothing(sim: ChainSimulator) -> None:
    forged = enclose(
        draft_refusal(sim.order, signer="eve", reason=sim.text("no"), now=sim.clock.now()),
        signer("not eve"),
    )
    elsewhere = stop(sim, order="1" * 64)
    sim.verify(sim.code(DB), DB, stops=(b"rubbish", forged, elsewhere))
    with pytest.raises(StoppedError):
        sim.verify(sim.code(DB), DB, stops=(b"rubbish", forged, elsewhere, stop(sim)))


def test_step_7_says_where_and_by_whom_an_order_was_stopped(tmp_path: Path) -> None:
    sim = ChainSimulator(WIPE, tmp_path)
    sim.transmit("ann", "wipe", [DB], database="orders")
    sim.refuse("bob")
    evil = EvilDesk(sim)
    with pytest.raises(StoppedError, match="not released: it is stopped"):
        sim.verify(evil.code(DB), DB)


# Every step is needed.


def overlong(sim: ChainSimulator) -> tuple[bytes, str, dict[str, object]]:
    return sim.code(DB).replace(b'"consistency":', b'"consistency": ', 1), DB, {}


def misaddressed(sim: ChainSimulator) -> tuple[bytes, str, dict[str, object]]:
    papers = decode_papers(sim.code(DB))
    return replace(papers, address=Address(DB, 0, (bytes(32),))).encode(), DB, {}


def honest(sim: ChainSimulator, **facts: object) -> tuple[bytes, str, dict[str, object]]:
    return sim.code(DB), DB, facts


def disallowed(sim: ChainSimulator) -> tuple[bytes, str, dict[str, object]]:
    evil = EvilDesk(sim)
    order = draft_order(
        sim.law, originator="ann", action="wipe", executors=[DB], now=sim.clock.now(),
        parameters={"database": "everything"}, reason=sim.text("x"), nonce=sim.fresh(),
    )  # fmt: skip
    evil.transmit(order)
    for who in ("bob", "cho", "dee"):
        evil.concur(who)
    sim.clock.turn(900)
    return evil.code(DB), DB, {}


ATTACKS: dict[int, Callable[[ChainSimulator], tuple[bytes, str, dict[str, object]]]] = {
    0: overlong,
    1: lambda sim: (EvilDesk(sim).code(DB), DB, {"deployment": True}),
    2: misaddressed,
    3: disallowed,
    4: lambda sim: (*honest(sim)[:2], {"forked": True}),
    5: lambda sim: (*forged_refusal(sim), {}),
    6: lambda sim: (*unreleased(sim), {}),
    7: lambda sim: honest(sim, stops=(stop(sim),)),
    8: lambda sim: honest(sim, now=sim.clock.now() + 10**6),
    9: lambda sim: honest(sim, outcomes=("carried-out",)),
    10: lambda sim: (sim.code("rocket-0001"), "rocket-0001", {}),
}


def forged_refusal(sim: ChainSimulator) -> tuple[bytes, str]:
    evil = EvilDesk(sim)
    evil.append(enclose(draft_refusal(sim.order, signer="eve", reason=sim.text("no"),
                                      now=sim.clock.now()), signer("not eve")))  # fmt: skip
    return evil.code(DB), DB


def unreleased(sim: ChainSimulator) -> tuple[bytes, str]:
    evil = EvilDesk(sim)
    evil.drop("concurrence", "dee")
    return evil.code(DB), DB


def accepted(sim: ChainSimulator, code: bytes, executor: str, facts: dict[str, object]) -> bool:
    pinned = sim.installed
    facts = dict(facts)
    if facts.pop("forked", False):
        pinned = replace(pinned, orders=Head(sim.desk.head("orders").size, "1" * 64))
    if facts.pop("deployment", False):
        pinned = replace(pinned, charter=replace(pinned.charter, deployment="f" * 32))
    try:
        sim.verify(code, executor, pinned, **facts)
    except VerificationError:
        return False
    return True


@pytest.mark.parametrize("number", [number for number, _, _ in STEPS])
def test_every_mutant_that_skips_a_step_is_caught(
    sim: ChainSimulator, crewed: ChainSimulator, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    house = crewed if number == 10 else sim
    code, executor, facts = ATTACKS[number](house)
    assert not accepted(house, code, executor, facts)
    rest = tuple(one for one in STEPS if one[0] != number)
    monkeypatch.setattr(verifying, "STEPS", rest)
    if number in {0, 1, 4, 5, 6}:  # the steps after it have nothing to stand on
        with pytest.raises(AttributeError):
            accepted(house, code, executor, facts)
    else:
        assert accepted(house, code, executor, facts)


def test_a_gutted_signature_check_lets_a_forged_concurrence_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sim = ChainSimulator(WIPE, tmp_path)
    sim.transmit("ann", "wipe", [DB], database="orders")
    evil = EvilDesk(sim)
    for who in ("bob", "cho", "dee"):
        evil.concur(who, by=signer("the server"))
    sim.clock.turn(900)
    with pytest.raises(BadSignatureError):
        sim.verify(evil.code(DB), DB)

    def anything(people: dict[str, object], who: str, envelope: Envelope) -> object:
        return sim.charter.people[who].keys[0]

    monkeypatch.setattr(verifying, "verify_signer", anything)
    assert sim.verify(evil.code(DB), DB).proceeding.state == "released"


# Two doors.


@pytest.mark.parametrize("number", [number for number, _, _ in STEPS])
def test_explaining_and_verifying_agree(
    sim: ChainSimulator, crewed: ChainSimulator, number: int
) -> None:
    house = crewed if number == 10 else sim
    code, executor, facts = ATTACKS[number](house)
    facts = {name: value for name, value in facts.items() if name not in {"forked", "deployment"}}
    explanation = explain_code(
        code, executor=executor, pinned=house.installed, circumstances=house.ready(**facts)
    )
    if explanation.error is None:
        assert house.verify(code, executor, **facts) == explanation.verified
        assert [one.passed for one in explanation.steps] == [True] * 11
        return
    with pytest.raises(type(explanation.error)) as caught:
        house.verify(code, executor, **facts)
    assert str(caught.value) == str(explanation.error)
    passed = [one.passed for one in explanation.steps]
    assert passed == [True] * number + [False] + [None] * (10 - number)
    assert explanation.steps[number].says == str(explanation.error)
    assert explanation.verified is None


def test_a_code_without_steps_verifies_nothing(
    sim: ChainSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verifying, "STEPS", ())
    with pytest.raises((NotReleasedError, AttributeError)):
        sim.verify(sim.code(DB), DB)


def test_unused_errors_have_their_numbers() -> None:
    numbers = {error.step for error in (
        MalformedDocumentError, LawError, AddressError, NotAllowedError, LogError,
        BadSignatureError, NotReleasedError, StoppedError, TimingError, AlreadyActedError,
        CrewError,
    )}  # fmt: skip
    assert numbers == {number for number, _, _ in STEPS}
