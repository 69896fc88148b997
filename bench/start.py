"""How long the command line takes to begin, against Python itself."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.measure import WALL_ROUNDS, Row, Target, at_most, compare

COMMANDS: tuple[tuple[str, Sequence[str], Target | None], ...] = (
    ("--help", ("--help",), at_most(0.15)),
    ("check cheget", ("check", "cheget"), None),
    ("verify --help", ("verify", "--help"), None),
)
EMPTY = "python -c pass"


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        calls = {
            what: runner(["-m", "cheget", *words], Path(folder)) for what, words, _ in COMMANDS
        }
        working = {what: call for what, call in calls.items() if call() == 0}
        contenders = {EMPTY: runner(["-c", "pass"], Path(folder)), **working}
        done = compare(contenders, rounds=WALL_ROUNDS, clock=time.perf_counter, calls=1)
    found = [Row("start", EMPTY, "—", done.spread(EMPTY), "s")]
    for what, _, target in COMMANDS:
        if what not in working:
            found.append(Row("start", what, EMPTY, None, note="this verb is not there yet"))
            continue
        found.append(Row("start", what, "—", done.spread(what), "s", target))
        found.append(Row("start", what, EMPTY, done.ratio(what, EMPTY)))
    return found


def runner(arguments: Sequence[str], folder: Path) -> Callable[[], int]:
    """Runs Python with these arguments; its exit status."""
    source = Path(__file__).parent.parent / "src"
    environment = {**os.environ, "PYTHONPATH": str(source)}

    def run() -> int:
        return subprocess.run(
            [sys.executable, *arguments],
            check=False, cwd=folder, env=environment, capture_output=True,
        ).returncode  # fmt: skip

    return run
