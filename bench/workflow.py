"""A ``dbos`` workflow of five steps, in a process of its own: its threads are in nobody's way.

``python -m bench.workflow URL`` runs as many as each line that it reads says, one after another,
and says how many seconds that took.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

STEPS = 5


@contextmanager
def workflows(url: str) -> Iterator[Callable[[int], float]]:
    """Runs so many workflows on the store there; the seconds that one took."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.workflow", url],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        env=dict(os.environ), text=True, bufsize=1,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    sent, said = process.stdin, process.stdout

    def run(count: int) -> float:
        sent.write(f"{count}\n")
        return float(said.readline()) / count

    try:
        run(2)  # it has begun, and knows its tables
        yield run
    finally:
        sent.close()
        process.wait(30)
        said.close()


def main(url: str) -> None:
    from dbos import DBOS

    @DBOS.step()
    def step(number: int) -> int:
        return number

    @DBOS.workflow()
    def workflow() -> int:
        return sum(step(number) for number in range(STEPS))

    DBOS(config={"name": "five-steps", "system_database_url": url, "log_level": "ERROR"})
    DBOS.launch()
    for line in sys.stdin:
        began = time.perf_counter()
        for _ in range(int(line)):
            workflow()
        print(time.perf_counter() - began, flush=True)
    DBOS.destroy()


if __name__ == "__main__":
    main(sys.argv[1])
