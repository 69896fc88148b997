"""Programs: as whom they run, and that none of them outlives its time."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest
from orphans import ORPHAN, is_alive

from cheget.errors import UserError
from cheget.executor.actions import Attempt, Run, check_user, idempotency_key, perform
from cheget.executor.process import account_of

KEY = idempotency_key("ab" * 32, "production-db")
IS_ROOT = os.geteuid() == 0


@pytest.mark.skipif(not IS_ROOT, reason="only root becomes somebody else")
def test_an_act_is_carried_out_as_its_user_with_its_groups_and_home(tmp_path: Path) -> None:
    act = Run(("/bin/sh", "-c", "id -un; id -G; echo $HOME"), user="nobody")
    said = perform(act, Attempt(KEY, {})).output.decode().split("\n")
    assert said[0] == "nobody"
    assert "0" not in said[1].split()
    assert said[2] != os.environ.get("HOME")


@pytest.mark.skipif(not IS_ROOT, reason="only root becomes somebody else")
def test_a_file_parameter_is_private_to_the_acts_user() -> None:
    import hashlib

    data = b"a plan\n"
    name = hashlib.sha256(data).hexdigest()
    act = Run(("/bin/sh", "-c", 'cat "$1"; stat -c %U:%a "${1%/*}"', "act", "{plan}"),
              user="nobody")  # fmt: skip
    result = perform(act, Attempt(KEY, {"plan": name}, {"plan": data}))
    assert result.output == b"a plan\nnobody:700\n"


def test_a_user_that_is_unknown_or_may_not_be_become_is_an_error_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(UserError, match="no user nobody-at-all"):
        check_user(Run(("/bin/true",), user="nobody-at-all"))
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    with pytest.raises(UserError, match="only root may become root"):
        account_of("root")
    result = perform(Run(("/bin/true",), user="root"), Attempt(KEY, {}))
    assert (result.outcome, result.fault) == ("failed", "UserError")


def test_an_act_that_takes_too_long_is_killed_with_what_left_its_session(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    script = f"{ORPHAN.format(pid)} sleep 60"
    result = perform(Run(("/bin/sh", "-c", script), timeout=1), Attempt(KEY, {}))
    assert result.outcome == "unknown"
    assert pid.exists()
    assert not is_alive(pid)


@pytest.mark.skipif(sys.platform != "linux", reason="room is given back on Linux only")
def test_output_without_end_takes_little_room_and_its_end_is_kept() -> None:
    look = "stat -L -c 'of %s bytes %b blocks are left' /proc/self/fd/1"
    script = f"yes | head -c 100000000; sleep 0.5; {look}; yes | head -c 9000; echo end"
    result = perform(Run(("/bin/sh", "-c", script), timeout=60), Attempt(KEY, {}))
    size, blocks = re.search(rb"of (\d+) bytes (\d+) blocks are left", result.output).groups()
    assert int(size) == 100_000_000
    assert int(blocks) * 512 < 20_000_000
    assert len(result.output) == 64 * 1024
    assert result.output.endswith(b"end\n")
    assert b"\0" not in result.output
