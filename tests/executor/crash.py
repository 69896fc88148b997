"""Runs one agent over a code in a folder, and dies where it is told to.

    python crash.py FOLDER POINT STRATEGY

POINT: ``never``, ``after-intent`` or ``before-outcome``; an act may kill its agent too.
STRATEGY: ``right``, or one of two wrong ones that the tests must catch: ``act-first`` journals
its intent only after the act, ``try-again`` takes an intent without outcome for one that
never began.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from cheget.executor.agent import Agent
from cheget.executor.config import parse_configuration
from cheget.executor.journal import Journal, Record
from cheget.order.charter import read_charter
from cheget.order.fields import Head
from simulator import HandClock, signer


class Folder:
    """A source: one code, and a place for receipts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def codes(self, executor: str, orders: Head | None, law: Head | None) -> list[bytes]:
        return [(self.folder / "code.json").read_bytes()]

    def stops(self) -> list[bytes]:
        return []

    def deliver(self, receipt: bytes) -> None:
        folder = self.folder / "receipts"
        folder.mkdir(exist_ok=True)
        (folder / f"{len(list(folder.iterdir()))}.json").write_bytes(receipt)


def patch(point: str, strategy: str) -> None:
    real = Journal.append
    held: list[tuple[str, int, dict[str, Any]]] = []

    def append(self: Journal, kind: str, at: int, **facts: Any) -> Record:
        if kind == "intent" and strategy == "act-first":
            held.append((kind, at, facts))
            return Record(len(self.records), kind, at, facts, "0" * 64)
        if kind == "outcome" and point == "before-outcome":
            os.kill(os.getpid(), signal.SIGKILL)
        for name, when, rest in held:
            real(self, name, when, **rest)
        held.clear()
        record = real(self, kind, at, **facts)
        if kind == "intent" and point == "after-intent":
            os.kill(os.getpid(), signal.SIGKILL)
        return record

    def again(self: Agent) -> None:
        for intent in list(self.journal.of_kind("intent")):
            order = intent.facts["order"]
            if self.history.outcomes(order)[-1] == "intent":
                self.journal.append("outcome", 0, order=order, outcome="failed")

    Journal.append = append  # type: ignore[method-assign]
    if strategy == "try-again":
        Agent._resume = again  # type: ignore[method-assign]


def main() -> None:
    folder, point, strategy = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    patch(point, strategy)
    facts = json.loads((folder / "facts.json").read_text())
    clock = HandClock(facts["now"])
    configuration = parse_configuration((folder / "executor.yaml").read_bytes())
    name = configuration.executor
    journal = Journal(
        folder / "journal", folder / "anchor", executor=name, identity=bytes(16), now=clock.now()
    )
    agent = Agent(
        configuration, read_charter((folder / "charter.json").read_bytes()),
        signer(f"executor {name}"), journal, clock, [Folder(folder)],
    )  # fmt: skip
    if agent.history.tenure() is None:
        agent.begin_tenure(Head(*facts["orders"]), Head(*facts["law"]))
    for taken in agent.run_once():
        sys.stdout.write(f"{taken.outcome} {taken.says}\n")


main()
