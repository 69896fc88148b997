"""Steps 8, 9 and 10, to the second and to the entry."""

from dataclasses import replace
from pathlib import Path

import pytest

from cheget.audit.header import Header
from cheget.errors import (
    AlreadyActedError,
    CrewError,
    StoppedError,
    TimingError,
)
from cheget.order.circumstances import Act
from cheget.order.draft import draft_refusal, enclose
from cheget.order.papers import open_envelope, receipt_subject
from docket import chain_of
from evil import EvilDesk
from simulator import START, ChainSimulator, signer

DB = "production-db"
HOLD, VALID, SKEW = 900, 3600, 30
LIMITED = chain_of("""
    chain: limited
    members: {ann: Ann, bob: Bob}
    levels: [{level: head, members: [ann]}, {level: next, members: [bob]}]
    executors: {wallet: Wallet}
    actions:
      pay: {executors: [wallet], parameters: {amount: {number: 0.01 to 100}}, limit: 100 of amount per 1h}
      poke: {executors: [wallet], limit: 2 per 1h, attempts: 2}
    """)  # noqa: E501


# Step 8. The simulator's release is at START.


def test_step_8_needs_a_clock(sim: ChainSimulator) -> None:
    with pytest.raises(TimingError, match="no clock, no act"):
        sim.verify(sim.code(DB), DB, now=None)


@pytest.mark.parametrize(("second", "says"), [(-1, "held until"), (0, None)])
def test_step_8_holds_to_the_second(sim: ChainSimulator, second: int, says: str | None) -> None:
    now = START + HOLD + second
    if says is None:
        sim.verify(sim.code(DB), DB, now=now, asked_again=now)
        return
    with pytest.raises(TimingError, match=says):
        sim.verify(sim.code(DB), DB, now=now, asked_again=now)


@pytest.mark.parametrize(("second", "says"), [(-1, None), (0, "expired at")])
def test_step_8_expires_to_the_second(sim: ChainSimulator, second: int, says: str | None) -> None:
    now = START + HOLD + VALID + second
    if says is None:
        sim.verify(sim.code(DB), DB, now=now)
        return
    with pytest.raises(TimingError, match=says):
        sim.verify(sim.code(DB), DB, now=now)


def test_step_8_holds_from_when_a_code_was_first_stored(sim: ChainSimulator) -> None:
    code, stored = sim.code(DB), START + 100
    with pytest.raises(TimingError, match="held until 2026-11-22T10:16:40Z"):
        sim.verify(code, DB, first_stored=stored, now=stored + HOLD - 1)
    now = stored + HOLD
    sim.verify(code, DB, first_stored=stored, now=now, asked_again=now)
    with pytest.raises(TimingError, match="not yet stored"):
        sim.verify(code, DB, first_stored=None)


def test_step_8_holds_from_the_release_where_a_clock_says_less(sim: ChainSimulator) -> None:
    now = START + HOLD - 1
    with pytest.raises(TimingError, match="held until"):
        sim.verify(sim.code(DB), DB, first_stored=START - 500, now=now, asked_again=now)


@pytest.mark.parametrize("asked", [None, START + HOLD - 1, START])
def test_step_8_asks_every_source_again_after_the_hold(
    sim: ChainSimulator, asked: int | None
) -> None:
    with pytest.raises(TimingError, match="asked again since the hold ended"):
        sim.verify(sim.code(DB), DB, asked_again=asked)
    sim.verify(sim.code(DB), DB, asked_again=START + HOLD)


def test_step_8_refuses_a_clock_set_back_by_more_than_skew(sim: ChainSimulator) -> None:
    now = sim.clock.now()
    sim.verify(sim.code(DB), DB, clock_mark=now + SKEW)
    with pytest.raises(TimingError, match="was past"):
        sim.verify(sim.code(DB), DB, clock_mark=now + SKEW + 1)


@pytest.mark.parametrize(("ahead", "good"), [(SKEW, True), (SKEW + 1, False)])
def test_step_8_refuses_a_log_of_times_to_come_whoevers_entries_they_are(
    sim: ChainSimulator, ahead: int, good: bool
) -> None:
    now = sim.clock.now()
    sim.clock.turn(ahead)
    sim.transmit("bob", "wipe", [DB], database="billing")
    sim.order = sim.desk.orders()[0].digest
    if good:
        sim.verify(sim.code(DB), DB, now=now, asked_again=now)
        return
    with pytest.raises(TimingError, match="still to come"):
        sim.verify(sim.code(DB), DB, now=now, asked_again=now)


def test_step_8_refuses_what_claims_to_be_signed_in_times_to_come(sim: ChainSimulator) -> None:
    late = sim.clock.now() + SKEW
    sim.clock.turn(1)
    text = sim.text("why?")
    evil = EvilDesk(sim)
    from cheget.order.draft import draft_question

    question = draft_question(sim.order, signer="eve", reason=text, now=late + 1)
    evil.append(enclose(question, sim.signers["eve"]))
    sim.verify(evil.code(DB), DB)
    with pytest.raises(TimingError, match="still to come"):
        sim.verify(evil.code(DB), DB, now=sim.clock.now() - 1, asked_again=START + HOLD)


# Step 9.


@pytest.mark.parametrize("outcome", ["carried-out", "refused", "unknown", "intent"])
def test_step_9_acts_once(sim: ChainSimulator, outcome: str) -> None:
    with pytest.raises(AlreadyActedError, match=f"this order already: {outcome}"):
        sim.verify(sim.code(DB), DB, outcomes=("failed", outcome))


def test_step_9_tries_failed_ones_as_often_as_the_action_says(sim: ChainSimulator) -> None:
    sim.verify(sim.code(DB), DB, outcomes=("failed", "failed"))
    with pytest.raises(AlreadyActedError, match="tried 3 times, and 3 are all"):
        sim.verify(sim.code(DB), DB, outcomes=("failed",) * 3)


def test_step_9_acts_on_nothing_released_before_the_journals_tenure(sim: ChainSimulator) -> None:
    release = sim.desk.proceeding(sim.order).release
    assert release is not None
    sim.verify(sim.code(DB), DB, tenure=release.position)
    with pytest.raises(AlreadyActedError, match="before this journal's tenure"):
        sim.verify(sim.code(DB), DB, tenure=release.position + 1)
    with pytest.raises(AlreadyActedError, match="no tenure yet"):
        sim.verify(sim.code(DB), DB, tenure=None)


def test_step_9_refuses_receipts_that_the_journal_does_not_know(sim: ChainSimulator) -> None:
    evil = EvilDesk(sim)
    subject = receipt_subject(sim.order, DB)
    header = Header(sim.clock.now(), "1" * 64, "receipt", 0, subject)
    evil.entries.append((header.encode(), b""))
    with pytest.raises(AlreadyActedError, match="the journal was set back"):
        sim.verify(evil.code(DB), DB)
    sim.verify(evil.code(DB), DB, receipts=1, outcomes=("failed",))


def test_step_9_is_not_disturbed_by_other_executors_receipts(sim: ChainSimulator) -> None:
    evil = EvilDesk(sim)
    subject = receipt_subject(sim.order, "another")
    header = Header(sim.clock.now(), "1" * 64, "receipt", 0, subject)
    evil.entries.append((header.encode(), b""))
    sim.verify(evil.code(DB), DB)


@pytest.fixture
def limited(tmp_path: Path) -> ChainSimulator:
    return ChainSimulator(LIMITED, tmp_path / "limited")


def poked(house: ChainSimulator, action: str, **parameters: str) -> bytes:
    house.transmit("ann", action, ["wallet"], **parameters)
    house.concur("bob")
    return house.code("wallet")


def test_step_9_limits_by_count_in_any_such_time(limited: ChainSimulator) -> None:
    code, now = poked(limited, "poke"), START
    one, two = Act(now - 3599, "poke", {}), Act(now - 10, "poke", {})
    limited.verify(code, "wallet", acts=(one,))
    with pytest.raises(AlreadyActedError, match="over the limit of 2 in 3600 s"):
        limited.verify(code, "wallet", acts=(one, two))
    limited.verify(code, "wallet", acts=(replace(one, at=now - 3600), two))
    limited.verify(code, "wallet", acts=(replace(one, action="pay"), two))


@pytest.mark.parametrize(("amount", "good"), [("0.1", True), ("0.11", False)])
def test_step_9_limits_by_amount_exactly(limited: ChainSimulator, amount: str, good: bool) -> None:
    code = poked(limited, "pay", amount=amount)
    acts = tuple(Act(START - 1, "pay", {"amount": one}) for one in ("99.7", "0.1", "0.1"))
    if good:
        limited.verify(code, "wallet", acts=acts)
        return
    with pytest.raises(AlreadyActedError, match="over the limit of 100 of amount"):
        limited.verify(code, "wallet", acts=acts)


def test_step_9_counts_no_act_that_does_not_say_how_much(limited: ChainSimulator) -> None:
    code = poked(limited, "pay", amount="1")
    with pytest.raises(AlreadyActedError, match="does not say how much"):
        limited.verify(code, "wallet", acts=(Act(START - 1, "pay", {}),))


# Step 10.


R1, R2 = "rocket-0001", "rocket-0002"


def test_step_10_wants_the_crews_rule_met(crewed: ChainSimulator) -> None:
    code = crewed.code(R1)
    crew = crewed.crew_answers(code, R1)
    assert len(crewed.verify(code, R1, crew=crew).crew) == 2
    for some in ((), crew[:1], crew[1:], (crew[0], crew[0])):
        with pytest.raises(CrewError, match="has not concurred"):
            crewed.verify(code, R1, crew=some)


def test_step_10_takes_no_crews_decision_for_another_executor(crewed: ChainSimulator) -> None:
    code = crewed.code(R1)
    with pytest.raises(CrewError, match="has not concurred") as caught:
        crewed.verify(code, R1, crew=crewed.crew_answers(code, R2))
    assert "does not sit beside rocket-0001" in caught.value.hint


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"prior": "1" * 64}, "over another release"),
        ({"level": "next"}, "over another release"),
        ({"order": "1" * 64}, "to another order"),
        ({"acknowledged": ("what?",)}, "acknowledges"),
        ({"root": "1" * 64}, "a head that this log never had"),
        ({"size": 6}, "a head that this log never had"),
        ({"size": 99}, "a head that this log never had"),
        ({"answered_at": START + 10**6}, "still to come"),
        ({"seat": f"{R1}/second"}, "does not sit beside"),
        ({"signer": "bob"}, "does not sit beside"),
    ],
)
def test_step_10_wants_this_release_as_the_crew_saw_it(
    crewed: ChainSimulator, changes: dict[str, object], says: str
) -> None:
    code = crewed.code(R1)
    first, second = crewed.crew_answers(code, R1)
    person = f"commander-of-{R1}"
    document = replace(open_envelope(first).unverified, **changes)  # type: ignore[type-var]
    forged = enclose(document, crewed.signers[str(changes.get("signer", person))])
    with pytest.raises(CrewError) as caught:
        crewed.verify(code, R1, crew=(forged, second))
    assert says in caught.value.hint


def test_step_10_wants_the_crews_own_signatures(crewed: ChainSimulator) -> None:
    code = crewed.code(R1)
    first, second = crewed.crew_answers(code, R1)
    forged = enclose(open_envelope(first).unverified, signer("not the commander"))
    with pytest.raises(CrewError):
        crewed.verify(code, R1, crew=(forged, second))


def crew_refusal(house: ChainSimulator, post: str, by: str) -> bytes:
    document = draft_refusal(
        house.order, signer=by, reason=house.text("no"), now=house.clock.now(), post=post
    )
    return enclose(document, house.signers[by])


def test_step_10_takes_a_crews_refusal_as_final_by_any_road(crewed: ChainSimulator) -> None:
    code = crewed.code(R1)
    crew = crewed.crew_answers(code, R1)
    no = crew_refusal(crewed, f"{R1}/second", f"second-of-{R1}")
    for facts in ({"crew": (*crew, no)}, {"crew": (no, *crew)}, {"crew": crew, "stops": (no,)}):
        with pytest.raises(CrewError, match="second refused; that is final"):
            crewed.verify(code, R1, **facts)
    # It is final for this executor, and nobody else's business.
    other = crewed.code(R2)
    crewed.verify(other, R2, crew=(*crewed.crew_answers(other, R2), no))


def test_step_10_takes_no_refusal_from_who_does_not_sit_there(crewed: ChainSimulator) -> None:
    code = crewed.code(R1)
    crew = crewed.crew_answers(code, R1)
    for no in (
        crew_refusal(crewed, f"{R1}/second", f"commander-of-{R1}"),
        enclose(open_envelope(crew_refusal(crewed, f"{R1}/second", f"second-of-{R1}")).unverified,
                signer("somebody")),
    ):  # fmt: skip
        crewed.verify(code, R1, crew=(no, *crew))


@pytest.mark.parametrize(
    ("posts", "machines", "says"),
    [
        ({f"{R1}/second": "bob"}, frozenset(), "bob counts already in this order"),
        ({f"{R1}/second": "robot"}, frozenset({"robot"}), "robot is a machine"),
    ],
)
def test_step_10_counts_people_who_have_not_counted_above_and_no_machines(
    tmp_path: Path, posts: dict[str, str], machines: frozenset[str], says: str
) -> None:
    house = ChainSimulator(scenario_crew(), tmp_path, posts=posts, machines=machines)
    house.transmit("ann", "launch", [R1])
    house.release()
    house.clock.turn(600)
    code = house.code(R1)
    crew = tuple(
        enclose(open_envelope(one).unverified, house.signers[house.staff[f"{R1}/{post}"]])
        for post, one in zip(("commander", "second"), house.crew_answers(code, R1), strict=True)
    )
    with pytest.raises(CrewError) as caught:
        house.verify(code, R1, crew=crew)
    assert says in caught.value.hint


def scenario_crew():  # noqa: ANN201 - the chain of the fixtures
    return chain_of("""
        chain: crewed
        members: {ann: Ann, bob: Bob}
        levels: [{level: head, members: [ann]}, {level: next, members: [bob]}]
        executors: {rocket: {title: Rocket, count: 3, crew: commander and second}}
        actions: {launch: {executors: [rocket], at-most: 2, hold: 10m}}
        """)


def test_a_stop_outranks_a_crew(crewed: ChainSimulator) -> None:
    crew = crewed.crew_answers(crewed.code(R1), R1)
    crewed.countermand("bob")
    with pytest.raises(StoppedError):
        crewed.verify(crewed.code(R1), R1, crew=crew)
