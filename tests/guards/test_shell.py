"""The guard of a shell command, as its page has it: a real run, and its ways round."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from worked import Worked, digest

from cheget.executor.ways import try_way


@pytest.mark.skipif(os.geteuid() != 0, reason="only root owns such a program")
def test_the_page_as_it_stands_acts_once_and_tells_its_ways_round(tmp_path: Path) -> None:
    program = tmp_path / "wipe"
    program.write_text(f'#!/bin/sh\necho "$1" >> {tmp_path}/done\n')
    program.chmod(0o700)
    guard = Worked("shell.md", tmp_path, {
        "/usr/local/sbin/wipe": str(program), f"9c4f{'0' * 60}": digest(program),
    })  # fmt: skip
    agent = guard.agent()
    guard.released("ann", "wipe", database="orders")
    assert [guard.shown(agent).outcome for _ in "ab"] == ["carried-out", "carried-out"]
    assert (tmp_path / "done").read_text() == "orders\n"
    guard.close()
    by_user, by_root = (try_way(way) for way in guard.configuration.bypass)
    assert (by_user.result, by_user.says) == ("denied", "Permission denied")
    assert by_root.result == "not-denied"
