"""Clients with answers in hand: what a desk, or its store alone, is given to acknowledge.

Run as a program it only gives answers, so that somebody outside can count its syncs:
``python -m bench.clients FOLDER CLIENTS ANSWERS``.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from bench.houses import START, guards, house, order
from cheget.audit.header import Header
from cheget.service.sqlite import SqliteStore
from cheget.service.store import Store, Writing
from simulator import ChainSimulator

ENVELOPE = bytes(1000)  # about as many bytes as the envelope of an answer has


@dataclass(frozen=True)
class Times:
    """How long a number of answers took in all, and each of them."""

    seconds: float
    waits: list[float]


def small_house(folder: Path, at: str = "") -> ChainSimulator:
    """A head, and one level of one: each order waits for one answer."""
    return house(folder, 2, 1, at=at)


def answers(simulator: ChainSimulator, count: int) -> list[bytes]:
    """Signed concurrences, each in an order of its own that waits for it."""
    seat = simulator.chain.levels[1].members[0]
    found = []
    for _ in range(count):
        order(simulator, guards(simulator, 1))
        found.append(simulator.concurrence(seat))
    return found


def entry_of(tx: Writing, number: int) -> int:
    """One entry more, of an answer's size; the number tells entries apart."""
    digest = sha256(b"%d" % number).hexdigest()
    leaf = Header(START, digest, "concurrence", 0, digest).encode()
    return tx.append(
        "orders", leaf, subject=digest, seq=0, kind="concurrence",
        digest=digest, envelope=ENVELOPE,
    )  # fmt: skip


def appender(store: Store) -> Callable[[int], int]:
    """Appends one entry durably."""
    return lambda number: store.write(lambda tx: entry_of(tx, number))


def at_once(call: Callable[[bytes], object], given: Sequence[bytes], clients: int) -> Times:
    """Give what is ``given`` through so many clients, each waiting for its acknowledgement."""
    waits: list[float] = []
    gate = threading.Barrier(clients + 1)

    def client(mine: Sequence[bytes]) -> None:
        gate.wait()
        for one in mine:
            began = time.perf_counter()
            call(one)
            waits.append(time.perf_counter() - began)

    threads = [
        threading.Thread(target=client, args=(given[place::clients],)) for place in range(clients)
    ]
    for thread in threads:
        thread.start()
    gate.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    return Times(time.perf_counter() - began, waits)


def _give(folder: Path, clients: int, count: int) -> None:
    store = SqliteStore(folder / "counted.sqlite")
    append = appender(store)
    at_once(lambda one: append(int(one)), [b"%d" % number for number in range(count)], clients)
    store.close()


if __name__ == "__main__":
    _give(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
