"""An executor beside a simulated chain: its folder, its agent, a desk to ask."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cheget.chain.parse import parse_chain
from cheget.executor.agent import Agent
from cheget.executor.config import parse_configuration
from cheget.executor.journal import Journal
from cheget.order.fields import Head
from simulator import ChainSimulator

CHAIN = b"""\
chain: wipe-database
members: {ann: Ann, bob: Bob, dee: Dee}
levels:
  - {level: request,  members: [ann, bob], rule: any}
  - {level: team,     members: [ann, bob], rule: any}
  - {level: security, members: [dee],      rule: any}
executors: {production-db: The production database, staging-db: Another}
actions:
  wipe: {executors: [production-db], attempts: 3, parameters: {database: {text: up to 40}}}
  once: {executors: [production-db], limit: 1 per 1d, parameters: {database: {text: up to 40}}}
  held: {executors: [production-db], hold: 15m, parameters: {database: {text: up to 40}}}
amend: any of team and dee
"""
NAME = "production-db"


def acts(run: Sequence[str], probe: Sequence[str] = ()) -> str:
    entry: dict[str, Any] = {"run": list(run)}
    if probe:
        entry["probe"] = list(probe)
    one = json.dumps(entry)
    return "".join(f"  {name}: {one}\n" for name in ("wipe", "once", "held"))


@dataclass
class Guarded:
    """``act`` appends a line to ``done``; a probe may look there."""

    folder: Path
    act: str = ""
    probe: Sequence[str] = ()
    chain: bytes = CHAIN
    handed: list[bytes] = field(default_factory=list)
    shown: list[bytes] = field(default_factory=list)
    crew: Any = None
    reachable: bool = True

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.done = self.folder / "done"
        self.sim = ChainSimulator(parse_chain(self.chain), self.folder / "house")
        self.act = self.act or f"echo \"$1\" >> '{self.done}'"
        self.write_settings()

    def write_settings(self) -> None:
        run = ["/bin/sh", "-c", self.act, "act", "{database}"]
        self.settings = (
            f"executor: {NAME}\nchain: {self.sim.chain.id}\n"
            f"charter: {self.sim.charter.digest}\nact:\n{acts(run, self.probe)}"
        )

    @property
    def lines(self) -> list[str]:
        return self.done.read_text().splitlines() if self.done.exists() else []

    def journal(self, name: str = "journal") -> Journal:
        return Journal(
            self.folder / name, self.folder / "anchor", executor=NAME,
            identity=hashlib.sha256(name.encode()).digest()[:16], now=self.sim.clock.now(),
        )  # fmt: skip

    def agent(self, journal: Journal | None = None, *, tenure: bool = True) -> Agent:
        agent = Agent(
            parse_configuration(self.settings.encode()), self.sim.charter,
            self.sim.executor_signers[NAME], journal or self.journal(), self.sim.clock, [self],
            self.crew,
        )  # fmt: skip
        if tenure and agent.history.tenure() is None:
            agent.begin_tenure(*self.heads)
        return agent

    @property
    def heads(self) -> tuple[Head, Head]:
        return self.sim.desk.head("orders"), self.sim.desk.head("law")

    def released(self, action: str = "wipe", database: str = "orders") -> str:
        self.sim.transmit("ann", action, [NAME], database=database)
        self.sim.concur("bob", "dee")
        return self.sim.order

    def codes(self, executor: str, orders: Head | None, law: Head | None) -> list[bytes]:
        return [
            self.sim.desk.code(one.digest, executor, law=law, orders=orders)
            for one in self.sim.desk.orders()
            if one.release is not None
        ]

    def stops(self) -> list[bytes]:
        return self.shown

    def deliver(self, receipt: bytes) -> None:
        if not self.reachable:
            raise ConnectionError("no road to the desk")
        self.sim.desk.receive(receipt)
        self.handed.append(receipt)

    def pack(self) -> None:
        """Leave all that ``crash.py`` needs in the folder."""
        orders, law = self.before
        facts = {
            "now": self.sim.clock.now(), "orders": [orders.size, orders.root],
            "law": [law.size, law.root],
        }  # fmt: skip
        (self.folder / "facts.json").write_text(json.dumps(facts))
        (self.folder / "executor.yaml").write_text(self.settings)
        (self.folder / "charter.json").write_bytes(self.sim.charter.payload)
        (self.folder / "code.json").write_bytes(self.sim.desk.code(self.sim.order, NAME))

    def release_packed(self) -> None:
        self.before = self.heads
        self.released()
        self.pack()
