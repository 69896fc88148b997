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
        compiled, bare = Path(folder) / "compiled", Path(folder) / "bare"
        calls = {what: runner(["-m", "cheget", *words], compiled) for what, words, _ in COMMANDS}
        working = {what: call for what, call in calls.items() if call() == 0}
        contenders = {
            EMPTY: runner(["-c", "pass"], compiled),
            "first": runner(["-m", "cheget", "--help"], bare, keep=False),
            **working,
        }
        done = compare(contenders, rounds=WALL_ROUNDS, clock=time.perf_counter, calls=1)
    found = [Row("start", EMPTY, "—", done.spread(EMPTY), "s")]
    for what, _, target in COMMANDS:
        if what not in working:
            found.append(Row("start", what, EMPTY, None, note="this verb is not there yet"))
            continue
        note = f"{done.spread(what).least:.3f} s when it was least disturbed"
        found.append(Row("start", what, "—", done.spread(what), "s", target, note))
        found.append(Row("start", what, EMPTY, done.ratio(what, EMPTY)))
    found.append(Row("start", "--help, nothing compiled yet", EMPTY, done.ratio("first", EMPTY)))
    return found


def runner(arguments: Sequence[str], cache: Path, *, keep: bool = True) -> Callable[[], int]:
    """Runs Python with these arguments; its exit status.

    An installed program has its bytecode beside it. Here it is kept in ``cache``, whatever
    the environment says, from the first run on; or never when ``keep`` is false.
    """
    source = Path(__file__).parent.parent / "src"
    environment = {**os.environ, "PYTHONPATH": str(source), "PYTHONPYCACHEPREFIX": str(cache)}
    environment["PYTHONDONTWRITEBYTECODE"] = "" if keep else "1"
    cache.mkdir(exist_ok=True)

    def run() -> int:
        return subprocess.run(
            [sys.executable, *arguments],
            check=False,
            cwd=cache,
            env=environment,
            capture_output=True,
        ).returncode

    return run
