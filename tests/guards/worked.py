"""A guard's page put to work: its chain staffed, its executor beside it, its act real."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from click.testing import CliRunner

from cheget.chain.parse import parse_chain
from cheget.cli.main import cheget
from cheget.executor.agent import Agent, Taken
from cheget.executor.config import parse_configuration
from cheget.executor.journal import Journal
from simulator import ChainSimulator

DOCS = Path(__file__).parent.parent.parent / "docs" / "guards"


def blocks(page: str, language: str) -> list[str]:
    """The fenced blocks of a page that are in one language."""
    return re.findall(rf"```{language}\n(.*?)```", (DOCS / page).read_text(), re.DOTALL)


def program(name: str, folder: Path, put: Mapping[str, str] | None = None) -> Path:
    """A copy of a program that the page has, to be run; ``put``: what stands otherwise in it."""
    text = (DOCS / name).read_text()
    for old, new in (put or {}).items():
        assert old in text, f"{name} has no {old}"
        text = text.replace(old, new)
    copy = folder / name
    copy.write_text(text)
    copy.chmod(0o700)
    return copy


def digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


@dataclass
class Worked:
    """``put``: what stands on the page, and what stands for it on this machine."""

    page: str
    folder: Path
    put: Mapping[str, str]
    machines: frozenset[str] = frozenset()
    journals: list[Journal] = field(default_factory=list)

    def __post_init__(self) -> None:
        chain, settings, *_ = blocks(self.page, "yaml")
        self.sim = ChainSimulator(
            parse_chain(chain.encode()), self.folder / "house", machines=self.machines
        )
        for old, new in self.put.items():
            assert old in settings, f"{self.page} has no {old}"
            settings = settings.replace(old, new)
        pinned = f"charter: {self.sim.charter.digest}"
        settings = re.sub(r"(?m)^charter: \w+", pinned, settings)
        self.configuration = parse_configuration(settings.encode())
        self.name = self.configuration.executor
        self.own = self.folder / "executor"
        self.own.mkdir()
        (self.own / "executor.yaml").write_text(settings)
        (self.own / "charter.json").write_bytes(self.sim.charter.payload)

    def agent(self, **other: object) -> Agent:
        """The agent over its journal; whoever held it before is gone."""
        self.close()
        journal = Journal(
            self.own / "journal", self.own / "anchor", executor=self.name, identity=bytes(16),
            now=self.sim.clock.now(),
        )  # fmt: skip
        self.journals.append(journal)
        agent = Agent(
            self.configuration, self.sim.charter, self.sim.executor_signers[self.name], journal,
            self.sim.clock, **other,  # type: ignore[arg-type]
        )  # fmt: skip
        if agent.history.tenure() is None:
            agent.begin_tenure(self.sim.desk.head("orders"), self.sim.desk.head("law"))
        return agent

    def close(self) -> None:
        while self.journals:
            self.journals.pop().close()

    def released(
        self, who: str, action: str, *, files: Sequence[bytes] = (), **parameters: str
    ) -> str:
        """An order that everybody who is asked concurred with."""
        self.sim.transmit(who, action, [self.name], files=files, **parameters)
        self.sim.release()
        return self.sim.order

    def shown(self, agent: Agent) -> Taken:
        """The agent is shown a code of the last order, before its hold and after it."""
        held = agent.pinned
        code = self.sim.desk.code(self.sim.order, self.name, law=held.law, orders=held.orders)
        taken = agent.take(code)
        hold = self.sim.desk.proceeding(self.sim.order).action.hold
        if taken.outcome == "waiting" and hold:
            self.sim.clock.turn(hold)
            taken = agent.take(self.sim.desk.code(self.sim.order, self.name))
        return taken

    def killed(self, agent: Agent, point: str) -> int:
        """The hold is over, and an agent in a process of its own really dies; its exit status."""
        held = agent.pinned
        code = self.sim.desk.code(self.sim.order, self.name, law=held.law, orders=held.orders)
        assert agent.take(code).outcome == "waiting"
        self.close()
        self.sim.clock.turn(self.sim.desk.proceeding(self.sim.order).action.hold)
        (self.own / "code.json").write_bytes(self.sim.desk.code(self.sim.order, self.name))
        (self.own / "facts.json").write_text(json.dumps({"now": self.sim.clock.now()}))
        tests = DOCS.parent.parent / "tests"
        return subprocess.run(
            [sys.executable, tests / "executor" / "crash.py", self.own, point, "right"],
            env={**os.environ, "PYTHONPATH": f"{tests.parent / 'src'}:{tests}"},
            timeout=60, check=False,
        ).returncode  # fmt: skip

    def tested(self) -> tuple[int, str]:
        """``cheget executor test``: its exit status, and what it says."""
        done = CliRunner().invoke(
            cheget, ["executor", "test", self.name, "--folder", str(self.own)]
        )
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exc_info
        return done.exit_code, done.output
