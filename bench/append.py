"""A durable answer: against one fdatasync, its syncs counted, and 32 clients at once."""

from __future__ import annotations

import itertools
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.clients import Times, answers, appender, at_once, entry_of, small_house
from bench.measure import (
    WALL_ROUNDS,
    Contender,
    Row,
    Spread,
    at_least,
    at_most,
    compare,
    percentile,
    progress,
)
from bench.nostore import NoStore
from cheget.service.desk import Desk
from simulator import ChainSimulator

BLOCK = bytes(4096)
EACH = 20  # answers in a sample
CLIENTS = 32
CROWD = 320  # answers that the clients give in a sample
COUNTED = 400
LONG = 5_000  # entries; a house of a few hundred orders has as many


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        return [*_one_client(folder / "one"), *_syncs(folder), *_crowd(folder), *_growth(folder)]


def floor(folder: Path) -> Contender:
    """One append of 4 KiB, on the disk when it returns."""
    handle = os.open(folder / "floor", os.O_CREAT | os.O_WRONLY | os.O_APPEND)

    def append() -> None:
        os.write(handle, BLOCK)
        os.fdatasync(handle)

    return append


def _one_client(folder: Path) -> list[Row]:
    simulator = small_house(folder)
    progress("append: answers are signed")
    waiting = iter(answers(simulator, EACH * WALL_ROUNDS))
    append, numbers = appender(simulator.store), itertools.count()
    waits: list[float] = []

    def concur() -> None:
        began = time.perf_counter()
        simulator.desk.concur(next(waiting))
        waits.append(time.perf_counter() - began)

    done = compare(
        {"floor": floor(folder), "store": lambda: append(next(numbers)), "desk": concur},
        rounds=WALL_ROUNDS,
        clock=time.perf_counter,
        calls=EACH,
    )
    against = "4 KiB and one fdatasync"
    p50, p99 = (percentile(waits, share) * 1e3 for share in (0.5, 0.99))
    return [
        Row("append", "a durable entry, 1 client", against, done.ratio("store", "floor"),
            target=at_most(2.5),
            note=f"{done.milliseconds('store')}; floor {done.milliseconds('floor')}"),
        Row("append", "an answer at the desk, 1 client", against, done.ratio("desk", "floor"),
            note=f"verified, folded, durable, acknowledged; p50 {p50:.2f} p99 {p99:.2f} ms"),
    ]  # fmt: skip


def _syncs(folder: Path) -> list[Row]:
    found = []
    for clients, most in ((1, 1.05), (CLIENTS, 0.25)):
        progress(f"append: syncs of {clients} clients")
        counted = syncs(folder, clients)
        what = f"syncs a durable entry, {clients} client{'s' if clients > 1 else ''}"
        figure = None if counted is None else Spread.exactly(counted)
        note = (
            "strace is not installed" if counted is None
            else f"by strace over {COUNTED} entries, the WAL's own checkpoints included"
        )  # fmt: skip
        found.append(Row("append", what, "—", figure, "", at_most(most), note))
    return found


def syncs(folder: Path, clients: int) -> float | None:
    """Syncs an acknowledged entry: a run with entries, less a run with none."""
    if shutil.which("strace") is None:
        return None
    return (_count(folder, clients, COUNTED) - _count(folder, clients, 0)) / COUNTED


def _count(folder: Path, clients: int, entries: int) -> int:
    with tempfile.TemporaryDirectory(dir=folder) as name:
        report = Path(name) / "strace"
        subprocess.run(
            ["strace", "-f", "-c", "-e", "trace=fsync,fdatasync", "-o", report, sys.executable,
             "-m", "bench.clients", name, str(clients), str(entries)],
            check=True,
        )  # fmt: skip
        lines = [line.split() for line in report.read_text().splitlines()]
        return sum(int(line[3]) for line in lines if line and line[-1] in {"fsync", "fdatasync"})


def _crowd(folder: Path) -> list[Row]:
    return crowd("append", folder, lambda: "")


def crowd(subject: str, folder: Path, place: Callable[[], str]) -> list[Row]:
    """32 clients at a desk with a store, and at one without; new houses each round.

    Args:
        subject: Of the rows.
        folder: For the houses.
        place: Where the next store is; in its house's folder when empty.
    """
    times: dict[str, list[Times]] = {"store": [], "none": []}
    for number in range(WALL_ROUNDS):
        progress(f"{subject}: {CLIENTS} clients, round {number + 1} of {WALL_ROUNDS}")
        simulator = small_house(folder / f"crowd-{number}", place())
        houses = {"store": simulator, "none": without_store(simulator)}
        given = {name: answers(one, CROWD) for name, one in houses.items()}
        for name in random.sample(sorted(houses), 2):
            times[name].append(at_once(houses[name].desk.concur, given[name], CLIENTS))
        simulator.store.close()
    waits = [wait for one in times["store"] for wait in one.waits]
    p50, p99 = percentile(waits, 0.5), percentile(waits, 0.99)
    rate = Spread.of([CROWD / one.seconds for one in times["store"]])
    bare = Spread.of([CROWD / one.seconds for one in times["none"]])
    pairs = zip(times["none"], times["store"], strict=True)
    share = Spread.of([none.seconds / stored.seconds for none, stored in pairs])
    tails = [percentile(one.waits, 0.99) / percentile(one.waits, 0.5) for one in times["store"]]
    return [
        Row(subject, f"answers a second, {CLIENTS} clients", "—", rate, "/s",
            note=f"p50 {p50 * 1e3:.0f} p99 {p99 * 1e3:.0f} ms; without a store {bare.median:.0f}"),
        Row(subject, f"answers a second, {CLIENTS} clients", "the same desk, no store",
            share, target=at_least(0.65), note="new logs; from the signed answer to the note"),
        Row(subject, f"p99, {CLIENTS} clients", "their p50", Spread.of(tails),
            target=at_most(10)),
    ]  # fmt: skip


def _growth(folder: Path) -> list[Row]:
    """What an answer costs in a long log, against a new one."""
    new, long = small_house(folder / "new"), small_house(folder / "long")
    long.store.write(lambda tx: [entry_of(tx, number) for number in range(LONG)])
    waiting = {
        name: iter(answers(one, EACH * WALL_ROUNDS)) for name, one in (("new", new), ("long", long))
    }
    done = compare(
        {
            "new": lambda: new.desk.concur(next(waiting["new"])),
            "long": lambda: long.desk.concur(next(waiting["long"])),
        },
        calls=EACH,
        rounds=WALL_ROUNDS,
    )
    return [
        Row("append", f"an answer, log of {LONG:,} entries", "the same, new log",
            done.ratio("long", "new"), target=at_most(1.5),
            note=f"CPU {done.milliseconds('long')}, new {done.milliseconds('new')}")
    ]  # fmt: skip


def without_store(like: ChainSimulator) -> ChainSimulator:
    """The same house, whose desk keeps its log in memory only."""
    simulator = small_house(like.folder.with_name(f"{like.folder.name}-bare"))
    store = NoStore()
    simulator.store = store  # type: ignore[assignment]
    simulator._found()
    simulator.desk = Desk(store, simulator.charter, simulator.clock, simulator.log_signers)
    return simulator
