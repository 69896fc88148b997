"""An order from end to end through a desk: transmitted, and concurred in by five levels."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from bench.append import floor
from bench.houses import guards, house, order
from bench.measure import WALL_ROUNDS, Row, compare
from simulator import ChainSimulator

LEVELS = 5  # below the head, one person each
EACH = 5


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory() as name:
        simulator = house(Path(name) / "house", LEVELS + 1, 1)
        append = floor(simulator.folder)

        def floors() -> None:
            for _ in range(LEVELS + 1):
                append()

        wall = compare(
            {"order": lambda: whole(simulator), "floor": floors},
            rounds=WALL_ROUNDS,
            clock=time.perf_counter,
            calls=EACH,
        )
        again = house(Path(name) / "again", LEVELS + 1, 1)
        cpu = compare({"order": lambda: whole(again)}, rounds=WALL_ROUNDS, calls=EACH)
    return [
        Row("order", "five levels, end to end", "—", wall.spread("order").times(1e3), "ms",
            note=f"both sides sign and verify; CPU {cpu.milliseconds('order')}"),
        Row("order", "five levels, end to end", f"{LEVELS + 1} appends with fdatasync",
            wall.ratio("order", "floor"), note=f"floor {wall.milliseconds('floor')}"),
        Row("order", "five levels, end to end", "a dbos workflow of five steps",
            None, note="left out: dbos is not among the locked dependencies"),
    ]  # fmt: skip


def whole(simulator: ChainSimulator) -> None:
    """Transmit, then level by level: show, verify, sign, take; the last one releases."""
    order(simulator, guards(simulator, 1))
    for level in simulator.chain.levels[1:]:
        done = simulator.concur(level.members[0])
    if done.effect != "releases":
        raise RuntimeError("an order that was not released")
