"""An order from end to end through a desk: transmitted, and concurred in by five levels.

Against as many bare appends, and against a ``dbos`` workflow of as many steps on the same store.
"""

from __future__ import annotations

import importlib.util
import random
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bench.append import floor
from bench.houses import guards, house, order
from bench.measure import WALL_ROUNDS, Contender, Row, Spread, at_least, compare, progress
from bench.postgres import NEEDS
from bench.workflow import STEPS, workflows
from simulator import ChainSimulator

LEVELS = STEPS  # below the head, one person each
EACH = 5
PEER = "a dbos workflow of five steps"


class Timed:
    """A desk, and the seconds that it has worked."""

    def __init__(self, desk: Any) -> None:
        self._desk, self.seconds = desk, 0.0

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._desk, name)

        def timed(*given: Any, **named: Any) -> Any:
            began = time.perf_counter()
            try:
                return found(*given, **named)
            finally:
                self.seconds += time.perf_counter() - began

        return timed


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        stores = {"SQLite": ("", f"sqlite:///{folder / 'dbos.sqlite'}")}
        if all(importlib.util.find_spec(one) for one in NEEDS):
            from postgres import serving

            server = stack.enter_context(serving())
            peer = server.address(server.fresh())
            stores["PostgreSQL"] = server.address(server.fresh()), peer
        found = []
        for label, (at, url) in stores.items():
            found += _rows(label, house(folder / label, LEVELS + 1, 1, at=at), url)
        again = house(folder / "again", LEVELS + 1, 1)
        cpu = compare({"order": lambda: whole(again)}, rounds=WALL_ROUNDS, calls=EACH)
    return [
        *found,
        Row("order", "five levels, end to end, CPU", "—", cpu.spread("order").times(1e3), "ms",
            note="SQLite; both sides sign and verify"),
    ]  # fmt: skip


def _rows(label: str, simulator: ChainSimulator, url: str) -> list[Row]:
    timed = Timed(simulator.desk)
    simulator.desk = timed  # type: ignore[assignment]
    append = floor(simulator.folder)
    seconds: dict[str, list[float]] = {"whole": [], "desk": [], "floor": [], "dbos": []}
    has_peer = importlib.util.find_spec("dbos") is not None

    def ours() -> None:
        timed.seconds, began = 0.0, time.perf_counter()
        for _ in range(EACH):
            whole(simulator)
        seconds["whole"].append((time.perf_counter() - began) / EACH)
        seconds["desk"].append(timed.seconds / EACH)

    def floors() -> None:
        began = time.perf_counter()
        for _ in range(EACH * (LEVELS + 1)):
            append()
        seconds["floor"].append((time.perf_counter() - began) / EACH)

    with ExitStack() as stack:
        contenders: list[Contender] = [ours, floors]
        if has_peer:
            run: Callable[[int], float] = stack.enter_context(workflows(url))
            contenders.append(lambda: seconds["dbos"].append(run(EACH)))
        whole(simulator)
        for number in range(WALL_ROUNDS):
            progress(f"order: {label}, round {number + 1} of {WALL_ROUNDS}")
            for one in random.sample(contenders, len(contenders)):
                one()
    simulator.store.close()

    def ratio(name: str, under: str) -> Spread:
        return Spread.of([a / b for a, b in zip(seconds[name], seconds[under], strict=True)])

    found = [
        Row("order", f"five levels, end to end, {label}", "—",
            Spread.of(seconds["whole"]).times(1e3), "ms",
            note="both sides sign and verify"),
        Row("order", f"five levels, the desk's part, {label}", "—",
            Spread.of(seconds["desk"]).times(1e3), "ms",
            note="papers shown, six documents verified, folded, durable, acknowledged"),
        Row("order", f"five levels, the desk's part, {label}",
            f"{LEVELS + 1} appends with fdatasync", ratio("desk", "floor")),
    ]  # fmt: skip
    for name, what in (("whole", "end to end"), ("desk", "the desk's part")):
        figure = ratio("dbos", name) if has_peer else None
        note = f"{Spread.of(seconds['dbos']).median * 1e3:.0f} ms" if has_peer else (
            "left out: dbos is not installed"
        )  # fmt: skip
        found.append(
            Row("order", f"five levels, {what}, {label}, so much faster", PEER, figure,
                target=at_least(8), note=note)
        )  # fmt: skip
    return found


def whole(simulator: ChainSimulator) -> None:
    """Transmit, then level by level: show, verify, sign, take; the last one releases."""
    order(simulator, guards(simulator, 1))
    for level in simulator.chain.levels[1:]:
        done = simulator.concur(level.members[0])
    if done.effect != "releases":
        raise RuntimeError("an order that was not released")
