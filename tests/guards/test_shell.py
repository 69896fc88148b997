"""The guard of a shell command, as its page has it: a real run, and its ways round."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

import pytest

from cheget.chain.parse import parse_chain
from cheget.executor.agent import Agent
from cheget.executor.config import parse_configuration
from cheget.executor.journal import Journal
from cheget.executor.ways import try_way
from simulator import ChainSimulator

PAGE = Path(__file__).parent.parent.parent / "docs" / "guards" / "shell.md"
NAME = "production-db"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root owns such a program")
def test_the_page_as_it_stands_acts_once_and_tells_its_ways_round(tmp_path: Path) -> None:
    chain, settings = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    program = tmp_path / "wipe"
    program.write_text(f'#!/bin/sh\necho "$1" >> {tmp_path}/done\n')
    program.chmod(0o700)
    digest = hashlib.sha256(program.read_bytes()).hexdigest()
    sim = ChainSimulator(parse_chain(chain.encode()), tmp_path / "house")
    for pattern, value in (
        (r"/usr/local/sbin/wipe", str(program)),
        (r"charter: \w+", f"charter: {sim.charter.digest}"),
        (r"sha256: \w+", f"sha256: {digest}"),
    ):
        settings = re.sub(pattern, value, settings)
    configuration = parse_configuration(settings.encode())
    journal = Journal(tmp_path / "journal", tmp_path / "anchor", executor=NAME,
                      identity=bytes(16), now=sim.clock.now())  # fmt: skip
    agent = Agent(configuration, sim.charter, sim.executor_signers[NAME], journal, sim.clock)
    agent.begin_tenure(sim.desk.head("orders"), sim.desk.head("law"))
    sim.transmit("ann", "wipe", [NAME], database="orders")
    sim.concur("dee")
    held = agent.pinned
    code = sim.desk.code(sim.order, NAME, law=held.law, orders=held.orders)
    assert [agent.take(code).outcome for _ in "ab"] == ["carried-out", "carried-out"]
    assert (tmp_path / "done").read_text() == "orders\n"
    journal.close()
    by_user, by_root = (try_way(way) for way in configuration.bypass)
    assert (by_user.result, by_user.says) == ("denied", "Permission denied")
    assert by_root.result == "not-denied"
