"""The agent: what it does with a code, and what it never does."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from guarded import CHAIN, NAME, Guarded

from cheget.errors import JournalError
from cheget.executor.journal import is_held, read_records
from cheget.order.derive import derive_code
from cheget.order.documents import Receipt
from cheget.order.draft import (
    draft_countermand,
    draft_crew_concurrence,
    draft_refusal,
    enclose,
)
from cheget.order.papers import open_envelope
from simulator import signer

CREWED = CHAIN.replace(
    b"production-db: The production database",
    b"production-db: {title: The production database, crew: left and right}",
)


@pytest.fixture
def one(tmp_path: Path) -> Guarded:
    return Guarded(tmp_path)


def outcomes(agent: object) -> list[str]:
    return [taken.outcome for taken in agent.run_once()]  # type: ignore[attr-defined]


def test_a_released_order_is_carried_out_once(one: Guarded) -> None:
    agent = one.agent()
    one.released()
    assert outcomes(agent) == ["carried-out"]
    assert [taken.says for taken in agent.run_once()] == ["this order is in the journal already"]
    assert one.lines == ["orders"]
    assert one.sim.desk.receipts(one.sim.order)[0].outcome == "carried-out"


def test_after_a_restart_it_is_still_once(one: Guarded) -> None:
    agent = one.agent()
    one.released()
    agent.run_once()
    agent.journal.close()
    assert outcomes(one.agent()) == ["carried-out"]
    assert one.lines == ["orders"]


def test_a_carried_code_is_as_good_as_a_fetched_one(one: Guarded) -> None:
    agent = one.agent()
    order = one.released()
    assert agent.take(one.sim.desk.code(order, NAME)).outcome == "carried-out"


def test_another_executors_code_is_refused(tmp_path: Path) -> None:
    both = CHAIN.replace(
        b"wipe: {executors: [production-db]",
        b"wipe: {executors: [production-db, staging-db], at-most: 2",
    )
    one = Guarded(tmp_path, chain=both)
    one.sim.transmit("ann", "wipe", [NAME, "staging-db"], database="orders")
    one.sim.concur("bob", "dee")
    taken = one.agent(tenure=True).take(one.sim.desk.code(one.sim.order, "staging-db"))
    assert (taken.outcome, one.lines) == ("refused", [])


def test_an_order_that_is_not_released_does_nothing(one: Guarded) -> None:
    agent = one.agent()
    one.sim.transmit("ann", "wipe", [NAME], database="orders")
    one.sim.concur("bob")
    taken = agent.take(derive_code(one.sim.desk._papers(one.sim.order, None, None), NAME))
    assert (taken.outcome, one.lines) == ("refused", [])


def test_a_hold_is_waited_out_and_the_sources_asked_again(one: Guarded) -> None:
    agent = one.agent()
    one.released("held")
    assert outcomes(agent) == ["waiting"]
    one.sim.clock.turn(15 * 60 - 1)
    assert outcomes(agent) == ["waiting"]
    one.sim.clock.turn(1)
    assert outcomes(agent) == ["carried-out"]


def test_an_older_log_without_the_stop_is_refused_for_good(one: Guarded) -> None:
    """Withheld countermand, after it was shown once: neither by that order nor by its head."""
    agent = one.agent()
    order = one.released("held")
    before = one.sim.desk.code(order, NAME)
    one.sim.countermand("ann")
    assert agent.take(one.sim.desk.code(order, NAME)).outcome == "refused"
    one.sim.clock.turn(15 * 60)
    agent.journal.close()
    again = one.agent()
    again._sources = []
    assert again.take(before).outcome == "refused"
    assert len(again.history.stops()) == 1
    assert one.lines == []


def test_a_crew_refusal_survives_a_death_before_its_outcome(tmp_path: Path) -> None:
    one = Guarded(tmp_path, chain=CREWED)
    agent = one.agent()
    order = one.released()
    intent = agent.journal.append(
        "intent", one.sim.clock.now(), order=order, action="", parameters={}, refused=True,
        release="0" * 64, crew=[], orders={"root": "0" * 64, "size": 1},
        law={"root": "0" * 64, "size": 1},
    )  # fmt: skip
    agent.journal.close()
    again = one.agent()
    assert again.history.outcome(intent.facts["order"]).facts["outcome"] == "refused"


def test_a_countermand_in_the_hold_stops_it(one: Guarded) -> None:
    agent = one.agent()
    one.released("held")
    agent.run_once()
    one.sim.countermand("ann")
    one.sim.clock.turn(15 * 60)
    assert outcomes(agent) == ["refused"]
    assert one.lines == []


def test_a_stop_by_hand_is_obeyed_while_the_log_is_silent(one: Guarded) -> None:
    agent = one.agent()
    order = one.released("held")
    agent.run_once()
    document = draft_countermand(
        order, signer="ann", reason=one.sim.text("stop"), now=one.sim.clock.now()
    )
    one.shown.append(enclose(document, one.sim.signers["ann"]))
    one.sim.clock.turn(15 * 60)
    assert outcomes(agent) == ["refused"]
    assert one.lines == []


def test_strangers_cannot_stop_anything(one: Guarded) -> None:
    agent = one.agent()
    order = one.released()
    document = draft_countermand(
        order, signer="ann", reason=one.sim.text("stop"), now=one.sim.clock.now()
    )
    assert not agent.show_stop(enclose(document, signer("a stranger")))
    assert not agent.show_stop(b"nonsense")
    assert outcomes(agent) == ["carried-out"]


def test_a_failed_attempt_is_tried_again_as_often_as_the_chain_allows(tmp_path: Path) -> None:
    one = Guarded(tmp_path, probe=["/bin/false"])
    one.act = f"echo tried >> '{one.done}'; exit 1"
    one.write_settings()
    agent = one.agent()
    one.released()
    assert [outcomes(agent)[0] for _ in range(4)] == ["failed", "failed", "failed", "waiting"]
    assert len(one.lines) == 3


def test_a_limit_holds_over_orders_and_counts_what_is_unknown(tmp_path: Path) -> None:
    one = Guarded(tmp_path)
    one.act = f"echo tried >> '{one.done}'; exit 7"
    one.write_settings()
    agent = one.agent()
    one.released("once", "orders")
    assert outcomes(agent) == ["unknown"]
    one.released("once", "billing")
    assert outcomes(agent)[-1] == "waiting"
    assert one.lines == ["tried"]
    one.sim.clock.turn(3000)
    assert outcomes(agent)[-1] == "waiting"


def test_an_unknown_is_settled_by_a_person_and_never_retried(tmp_path: Path) -> None:
    one = Guarded(tmp_path, act="exit 7")
    agent = one.agent()
    order = one.released()
    assert outcomes(agent) == ["unknown"]
    with pytest.raises(JournalError, match="by a person of the house"):
        agent.settle(order, "failed", "zoe")
    receipt = open_envelope(agent.settle(order, "failed", "bob")).unverified
    assert isinstance(receipt, Receipt)
    assert (receipt.outcome, receipt.looked) == ("failed", "bob")
    assert receipt.resolves is not None
    assert outcomes(agent) == ["unknown"]
    with pytest.raises(JournalError, match="not unknown"):
        agent.settle(order, "failed", "bob")
    assert one.sim.desk.receipts(order)[0].outcome == "failed"


def test_receipts_that_found_no_road_are_handed_over_later(one: Guarded) -> None:
    agent = one.agent()
    order = one.released()
    one.reachable = False
    assert outcomes(agent) == ["carried-out"]
    assert one.sim.desk.receipts(order) == []
    one.reachable = True
    agent.run_once()
    agent.run_once()
    assert len(one.handed) == 1


def test_what_was_released_before_the_tenure_is_refused(one: Guarded) -> None:
    one.released()
    agent = one.agent()
    assert outcomes(agent) == ["waiting"]
    assert "before this journal's tenure" in agent.run_once()[0].says
    assert one.lines == []


def test_an_empty_journal_takes_no_order_that_an_older_one_may_have_done(one: Guarded) -> None:
    agent = one.agent()
    one.released()
    agent.run_once()
    agent.journal.close()
    for name in ("journal", "anchor"):
        (one.folder / name).unlink()
    fresh = one.agent(tenure=False)
    assert outcomes(fresh) == ["waiting"]
    assert one.lines == ["orders"]


def test_a_restored_journal_loses_its_tenure_and_does_nothing_twice(one: Guarded) -> None:
    agent = one.agent()
    shutil.copy(one.folder / "journal", one.folder / "older")
    one.released()
    agent.run_once()
    agent.journal.close()
    shutil.copy(one.folder / "older", one.folder / "journal")
    restored = one.agent(tenure=False)
    assert restored.history.tenure() is None
    assert [record.kind for record in restored.journal.records][-1] == "reset"
    restored.run_once()
    restored.run_once()
    assert one.lines == ["orders"]


def test_a_second_agent_with_one_id_is_turned_away(one: Guarded) -> None:
    agent = one.agent()
    assert is_held(one.folder / "journal")
    with pytest.raises(JournalError, match="another agent"):
        one.agent()
    agent.journal.close()
    assert not is_held(one.folder / "journal")


def test_a_clock_set_back_refuses_until_somebody_settles_it(one: Guarded) -> None:
    agent = one.agent()
    one.sim.clock.turn(3600)
    agent.show_stop(_stop(one))  # anything journaled raises the mark
    one.released()
    one.sim.clock.turn(-1800)
    taken = agent.run_once()[0]
    assert taken.outcome in {"waiting", "refused"}
    assert one.lines == []
    one.sim.clock.turn(1800)
    agent.settle_clock()
    assert outcomes(agent) == ["carried-out"]


def _stop(one: Guarded) -> bytes:
    document = draft_countermand(
        "0" * 64, signer="ann", reason=one.sim.text("none"), now=one.sim.clock.now()
    )
    return enclose(document, one.sim.signers["ann"])


def test_a_chain_brings_no_command_to_a_host(one: Guarded) -> None:
    one.settings = one.settings.replace("  wipe:", "  other:")
    agent = one.agent()
    one.released()
    taken = agent.run_once()[0]
    assert (taken.outcome, one.lines) == ("refused", [])
    assert "not configured to wipe" in taken.says


def test_an_act_that_lacks_a_parameter_is_no_attempt(one: Guarded) -> None:
    one.settings = one.settings.replace("{database}", "{table}")
    agent = one.agent()
    one.released()
    assert "parameters that the order lacks: table" in agent.run_once()[0].says
    assert not list(agent.journal.of_kind("intent"))


def test_a_charter_other_than_the_pinned_one_is_refused(one: Guarded) -> None:
    one.settings = one.settings.replace(one.sim.charter.digest, "0" * 64)
    with pytest.raises(JournalError, match=r"not the one that executor\.yaml pins"):
        one.agent()


class Answers:
    """The people beside the executor, as a test has them answer."""

    def __init__(self) -> None:
        self.given: list[bytes] = []

    def answers(self, order: str, verified: object) -> list[bytes]:
        return self.given


def crewed(folder: Path) -> tuple[Guarded, Answers]:
    answers = Answers()
    return Guarded(folder, chain=CREWED, crew=answers), answers


def test_a_crew_is_waited_for_and_its_concurrences_are_in_the_receipt(tmp_path: Path) -> None:
    one, answers = crewed(tmp_path)
    agent = one.agent()
    order = one.released()
    assert outcomes(agent) == ["waiting"]
    for post in ("left", "right"):
        person = one.sim.staff[f"{NAME}/{post}"]
        document = draft_crew_concurrence(
            one.sim.verified(), signer=person, post=f"{NAME}/{post}",
            reason=one.sim.text("ready"), now=one.sim.clock.now(),
        )  # fmt: skip
        answers.given.append(enclose(document, one.sim.signers[person]))
    assert outcomes(agent) == ["carried-out"]
    assert len(one.sim.desk.receipts(order)[0].crew) == 2


def test_a_crews_refusal_is_final(tmp_path: Path) -> None:
    one, answers = crewed(tmp_path)
    agent = one.agent()
    order = one.released()
    person = one.sim.staff[f"{NAME}/left"]
    document = draft_refusal(
        order, signer=person, reason=one.sim.text("no"), now=one.sim.clock.now(),
        post=f"{NAME}/left",
    )  # fmt: skip
    answers.given.append(enclose(document, one.sim.signers[person]))
    assert outcomes(agent) == ["refused"]
    answers.given.clear()
    assert outcomes(agent) == ["refused"]
    assert one.lines == []
    assert one.sim.desk.receipts(order)[0].outcome == "refused"


def test_a_journal_is_read_without_its_lock(one: Guarded) -> None:
    agent = one.agent()
    one.released()
    agent.run_once()
    kinds = [record.kind for record in read_records(one.folder / "journal")]
    assert kinds == [
        "opened", "tenure", "stored", "intent", "outcome", "receipt", "delivered",
    ]  # fmt: skip
