"""Programs: as whom they run, and that none of them outlives its time."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from cheget.errors import HungError, UserError, WayRoundError
from cheget.executor.actions import Attempt, Run, check_user, idempotency_key, perform
from cheget.executor.process import account_of
from cheget.executor.ways import WayRound, run_way, try_way

KEY = idempotency_key("ab" * 32, "production-db")
IS_ROOT = os.geteuid() == 0
ORPHAN = "setsid sh -c 'echo $$ > {0}; exec sleep 60' &"


def is_alive(pid: Path) -> bool:
    """Whether it still is after three seconds: a kill takes its moment."""
    for _ in range(30):
        if not _is_running(pid):
            return False
        time.sleep(0.1)
    return True


def _is_running(pid: Path) -> bool:
    if not pid.exists() or not pid.read_text().strip():
        return False
    try:
        state = Path(f"/proc/{int(pid.read_text())}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


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


@pytest.mark.parametrize("status", [1, 2, 126, 255])
def test_a_way_round_that_ends_other_than_well_is_denied(status: int) -> None:
    tried = try_way(WayRound("ann", ("/bin/sh", "-c", f"echo first; echo no; exit {status}")))
    assert (tried.result, tried.says, tried.status) == ("denied", "no", status)


def test_a_way_round_that_ends_well_is_not_denied() -> None:
    tried = try_way(WayRound("ann", ("true",)))
    assert (tried.of, tried.result, tried.status) == ("ann", "not-denied", 0)


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (("/nowhere/psql",), "could not be tried"),
        (("/bin/sh", "-c", "no-such-program"), "was not found"),
        (("/bin/sh", "-c", "kill -9 $$"), "died of signal 9"),
    ],
)
def test_what_could_not_be_tried_is_no_denial(argv: tuple[str, ...], says: str) -> None:
    with pytest.raises(WayRoundError, match=says):
        run_way(WayRound("ann", argv))
    assert try_way(WayRound("ann", argv)).result == "error"


@pytest.mark.parametrize("script", ["{} sleep 60", "({}) ; sleep 60"])
def test_a_way_round_that_hangs_is_killed_with_its_children(tmp_path: Path, script: str) -> None:
    pid = tmp_path / "pid"
    way = WayRound("ann", ("/bin/sh", "-c", script.format(ORPHAN.format(pid))), timeout=1)
    began = time.monotonic()
    with pytest.raises(HungError, match="killed with its children"):
        run_way(way)
    assert time.monotonic() - began < 20
    assert pid.exists()
    assert not is_alive(pid)


def test_a_way_round_leaves_nothing_running_behind_it(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    script = f"{ORPHAN.format(pid)} while [ ! -s {pid} ]; do sleep 0.1; done; exit 1"
    assert try_way(WayRound("ann", ("/bin/sh", "-c", script))).result == "denied"
    assert pid.exists()
    assert not is_alive(pid)
