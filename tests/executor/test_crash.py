"""An agent that dies between journal and act. Really dies: SIGKILL, in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from guarded import Guarded

from cheget.executor.journal import read_records

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
POINTS = ("after-intent", "during-act", "before-outcome")


def guarded(folder: Path, point: str, *, probe: bool) -> Guarded:
    made = Guarded(folder)
    if point == "during-act":
        # Once only: the second time the act is an ordinary one.
        kill = f"test -e '{folder}/killed' || {{ touch '{folder}/killed'; kill -9 $PPID; }}"
        made.act = f"echo \"$1\" >> '{made.done}'; {kill}"
    if probe:
        made.probe = ["/usr/bin/test", "-s", str(made.done)]
    made.write_settings()
    made.release_packed()
    return made


def deliver(one: Guarded, point: str = "never", strategy: str = "right") -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, str(HERE / "crash.py"), str(one.folder), point, strategy],
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'tests'}"},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    if done.returncode not in {0, -signal.SIGKILL}:
        raise AssertionError(done.stderr)
    return done.returncode, done.stdout


def crash_and_deliver_twice(one: Guarded, point: str, strategy: str = "right") -> list[str]:
    status, _ = deliver(one, point, strategy)
    assert status == -signal.SIGKILL
    return [deliver(one, strategy=strategy)[1].split(" ")[0] for _ in range(2)]


@pytest.mark.slow
@pytest.mark.parametrize("point", POINTS)
def test_with_a_probe_a_crash_still_means_exactly_once(tmp_path: Path, point: str) -> None:
    one = guarded(tmp_path, point, probe=True)
    outcomes = crash_and_deliver_twice(one, point)
    assert one.lines == ["orders"]
    assert set(outcomes) == {"carried-out"}


@pytest.mark.slow
@pytest.mark.parametrize("point", POINTS)
def test_without_a_probe_a_crash_is_unknown_and_never_retried(tmp_path: Path, point: str) -> None:
    one = guarded(tmp_path, point, probe=False)
    outcomes = crash_and_deliver_twice(one, point)
    assert one.lines == ([] if point == "after-intent" else ["orders"])
    assert outcomes == ["unknown", "unknown"]
    kinds = [record.kind for record in read_records(tmp_path / "journal")]
    assert kinds.count("intent") == 1
    assert kinds.count("receipt") == 1


@pytest.mark.slow
@pytest.mark.parametrize("strategy", ["act-first", "try-again"])
def test_the_wrong_strategies_act_twice_and_are_caught(tmp_path: Path, strategy: str) -> None:
    one = guarded(tmp_path, "before-outcome", probe=False)
    crash_and_deliver_twice(one, "before-outcome", strategy)
    assert one.lines == ["orders", "orders"]


def test_while_an_act_still_runs_no_other_agent_takes_the_journal(tmp_path: Path) -> None:
    one = Guarded(tmp_path, act="kill -9 $PPID; sleep 1.5")
    one.release_packed()
    assert deliver(one)[0] == -signal.SIGKILL
    with pytest.raises(AssertionError, match="another agent, or an act that it started"):
        deliver(one)
