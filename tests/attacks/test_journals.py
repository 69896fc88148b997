"""Attacks on the machine beside the act: its journal, its file, its probe, its crew."""

from __future__ import annotations

import hashlib
import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "executor"))

from guarded import CHAIN, NAME, Guarded

from cheget.errors import JournalError
from cheget.order.draft import draft_countermand, draft_crew_concurrence, enclose
from cheget.order.verify import verify_papers

CREWED = CHAIN.replace(
    b"production-db: The production database",
    b"production-db: {title: The production database, crew: left and right}",
)


@pytest.fixture
def one(tmp_path: Path) -> Guarded:
    return Guarded(tmp_path)


def test_crash_between_journal_and_action(one: Guarded) -> None:
    """An intent and nothing after it: nobody knows, so nobody tries again."""
    agent = one.agent()
    order = one.released()
    orders, law = one.heads
    agent.journal.append(
        "intent", one.sim.clock.now(), order=order, action="wipe",
        parameters={"database": "orders"}, release=one.sim.desk.proceeding(order).release.digest,
        crew=[], orders={"root": orders.root, "size": orders.size},
        law={"root": law.root, "size": law.size},
    )  # fmt: skip
    agent.journal.close()
    again = one.agent()
    assert [taken.outcome for taken in again.run_once()] == ["unknown"]
    assert one.lines == []


def test_restored_journal(one: Guarded) -> None:
    """A backup from before the act, put back after it."""
    agent = one.agent()
    agent.journal.close()
    shutil.copy(one.folder / "journal", one.folder / "backup")
    agent = one.agent()
    one.released()
    agent.run_once()
    agent.journal.close()
    shutil.copy(one.folder / "backup", one.folder / "journal")
    again = one.agent(tenure=False)
    assert [taken.outcome for taken in again.run_once()] == ["waiting"]
    assert one.lines == ["orders"]


def test_empty_journal(one: Guarded) -> None:
    """A new journal beside an old release: another one may have acted on it."""
    agent = one.agent()
    one.released()
    agent.run_once()
    agent.journal.close()
    (one.folder / "journal").unlink()
    (one.folder / "anchor").unlink()
    again = one.agent(tenure=False)
    assert [taken.outcome for taken in again.run_once()] == ["waiting"]
    assert one.lines == ["orders"]


def test_second_agent_with_one_id(one: Guarded) -> None:
    one.agent()
    with pytest.raises(JournalError, match="another agent"):
        one.agent()


def test_probe_that_lies(tmp_path: Path) -> None:
    """It says *done* of what was never done: that is an operator's program, and ends there."""
    one = Guarded(tmp_path, act="exit 3", probe=["/bin/true"])
    agent = one.agent()
    one.released()
    assert [taken.outcome for taken in agent.run_once()] == ["carried-out"]
    assert [taken.outcome for taken in agent.run_once()] == ["carried-out"]
    assert one.lines == []


def test_command_brought_by_the_chain(one: Guarded) -> None:
    """An action that the chain allows and this executor's own file does not hold."""
    one.settings = one.settings.replace("  held:", "  other:")
    agent = one.agent()
    one.released("held")
    taken = agent.run_once()
    assert [t.outcome for t in taken] == ["refused"]
    assert "not configured" in taken[0].says
    assert one.lines == []


def test_program_swapped_on_disk(one: Guarded) -> None:
    """Between configuration and act: journaled as failed by an error of its own, and not run."""
    program = one.folder / "wipe"
    program.write_text(f"#!/bin/sh\necho x >> '{one.done}'\n")
    program.chmod(0o700)
    digest = hashlib.sha256(program.read_bytes()).hexdigest()
    one.settings = one.settings.partition("act:")[0] + (
        f"act: {{wipe: {{run: [{program}], sha256: {digest}}}}}\n"
    )
    agent = one.agent()
    order = one.released()
    program.write_text(f"#!/bin/sh\necho stolen >> '{one.done}'\n")
    (taken,) = agent.run_once()
    assert taken.outcome == "failed"
    (outcome,) = agent.journal.of_order(order, "outcome")
    assert outcome.facts["fault"] == "SwappedProgramError"
    assert one.lines == []


def test_crew_longer_than_the_window(tmp_path: Path) -> None:
    """The crew takes so long that the code has expired when it concurs."""

    class Slow:
        def answers(self, order: str, verified: object) -> list[bytes]:
            seen = verify_papers(one.sim.desk.papers(order), pinned=one.sim.pinned, now=now)
            found = []
            for post in ("left", "right"):
                person = one.sim.staff[f"{NAME}/{post}"]
                document = draft_crew_concurrence(
                    seen, signer=person, post=f"{NAME}/{post}", reason=one.sim.text(""), now=now
                )
                found.append(enclose(document, one.sim.signers[person]))
            one.sim.clock.turn(3600)
            return found

    one = Guarded(tmp_path, chain=CREWED, crew=Slow())
    agent = one.agent()
    one.released()
    now = one.sim.clock.now()
    taken = agent.run_once()
    assert [t.outcome for t in taken] == ["waiting"]
    assert "expired" in taken[0].says
    assert one.lines == []


def test_withheld_countermand(one: Guarded) -> None:
    """The desk never shows it; whoever gives it to the executor by hand stops it all the same."""
    agent = one.agent()
    order = one.released("held")
    agent.run_once()
    text = one.sim.text("recalled")
    document = draft_countermand(order, signer="ann", reason=text, now=one.sim.clock.now())
    assert agent.show_stop(enclose(document, one.sim.signers["ann"]))
    one.sim.clock.turn(900)
    assert [taken.outcome for taken in agent.run_once()] == ["refused"]
    assert one.lines == []


def test_countermand_between_fresh_checkpoint_and_act(tmp_path: Path) -> None:
    """It arrives while the crew is asked: everything is asked and verified once more."""

    class Recalled:
        def answers(self, order: str, verified: object) -> list[bytes]:
            one.sim.order = order
            if not done:
                done.append(1)
                one.sim.countermand("ann")
            return []

    done: list[int] = []
    one = Guarded(tmp_path, crew=Recalled())
    agent = one.agent()
    one.released()
    taken = agent.run_once()
    assert [t.outcome for t in taken] == ["refused"]
    assert one.lines == []
