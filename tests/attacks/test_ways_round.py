"""Ways round a chain that would pass for a denial, and what they leave behind."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "executor"))

from orphans import ORPHAN, is_alive

from cheget.errors import HungError, WayRoundError
from cheget.executor.ways import WayRound, run_way, try_way


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


@pytest.mark.parametrize(
    "script", ["{} sleep 60", "({}) ; sleep 60", "trap '' TERM INT HUP; {} sleep 60"]
)
def test_bypass_that_hangs(tmp_path: Path, script: str) -> None:
    """It is killed with its children, whatever session they are in, and has denied nothing."""
    pid = tmp_path / "pid"
    way = WayRound("ann", ("/bin/sh", "-c", script.format(ORPHAN.format(pid))), timeout=1)
    with pytest.raises(HungError, match="killed with its children"):
        run_way(way)
    assert pid.exists()
    assert not is_alive(pid)
    assert try_way(way).result == "error"


def test_a_way_round_leaves_nothing_running_behind_it(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    script = f"{ORPHAN.format(pid)} while [ ! -s {pid} ]; do sleep 0.1; done; exit 1"
    assert try_way(WayRound("ann", ("/bin/sh", "-c", script))).result == "denied"
    assert pid.exists()
    assert not is_alive(pid)
