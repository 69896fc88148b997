"""Replicas of one house on one database, killed while they work: the log is whole, and proved."""

from __future__ import annotations

import itertools
import os
import random
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from cheget.cli.ledgers import read_ledger
from cheget.order.ledger import Proved, prove
from cheget.order.verify import Pinned
from replica import replica

TESTS = Path(__file__).parents[1]
PATHS = f"{TESTS.parent / 'src'}:{TESTS}"


class Replica:
    """A process, and what it said was acknowledged."""

    def __init__(self, at: str, folder: Path, number: int, clients: int) -> None:
        self.process = subprocess.Popen(
            [sys.executable, TESTS / "replica.py", at, folder, str(number), str(clients)],
            stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": PATHS},
        )  # fmt: skip
        self.said: list[bytes] = []
        self._reading = threading.Thread(target=self._read)
        self._reading.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        self.said += iter(self.process.stdout.readline, b"")

    def works(self, acknowledged: int) -> None:
        """Wait until so much of its work was acknowledged."""
        until = time.monotonic() + 60
        while len(self.said) < acknowledged:
            assert time.monotonic() < until
            assert self.process.poll() is None
            time.sleep(0.01)

    def kill(self) -> list[tuple[int, str]]:
        self.process.kill()
        self.process.wait()
        self._reading.join()
        assert self.process.stdout is not None
        self.process.stdout.close()
        whole = [line.decode().split() for line in self.said if line.endswith(b"\n")]
        assert not [words for words in whole if words[0] == "!"]
        return [(int(position), digest) for position, digest in whole]


def run(
    at: str, folder: Path, *, kills: int, clients: int, every: float = 0
) -> list[tuple[int, str]]:
    """Three replicas; one that works is killed, and another put in its place, and so on.

    Returns:
        What they all said was acknowledged.
    """
    numbers, said = itertools.count(1), []
    running = [Replica(at, folder, next(numbers), clients) for _ in range(3)]
    for _ in range(kills):
        time.sleep(every)
        one = running.pop(random.randrange(len(running)))
        one.works(6 + random.randrange(6))
        said += one.kill()
        running.append(Replica(at, folder, next(numbers), clients))
    return said + [line for one in running for line in one.kill()]


def proved(at: str, folder: Path, said: list[tuple[int, str]]) -> Proved:
    """The whole log, proved from its first entry; everything that was acknowledged is in it."""
    house = replica(at, folder, 0)
    found = prove(read_ledger(house.desk), Pinned(house.charter))
    entries = {
        one.digest: one.position
        for kind in ("order", "concurrence")
        for one in house.store.read(lambda tx, kind=kind: tx.of_kind("orders", kind))
    }
    assert {digest: entries.get(digest) for _, digest in said} == {
        digest: position for position, digest in said
    }
    assert found.orders_head.size == house.store.read(
        lambda tx: len(tx.leaves("orders", 0, tx.size("orders")))
    )
    assert len({position for position, _ in said}) == len(said)
    house.store.close()
    return found


def test_replicas_are_killed_and_nothing_acknowledged_is_lost(
    database: str, tmp_path: Path
) -> None:
    replica(database, tmp_path, 0).store.close()
    said = run(database, tmp_path, kills=4, clients=4)
    found = proved(database, tmp_path, said)
    assert len(found.proceedings) > 5
    assert any(one.state == "released" for one in found.proceedings)


@pytest.mark.slow
def test_three_replicas_one_killed_every_few_seconds_for_two_minutes(
    database: str, tmp_path: Path
) -> None:
    replica(database, tmp_path, 0).store.close()
    said = run(database, tmp_path, kills=40, clients=8, every=3)
    proved(database, tmp_path, said)
    assert len(said) > 1000


def test_two_desks_race_on_one_database(database: str, tmp_path: Path) -> None:
    """In one process, each with several clients; the refusals of one stop the orders of both."""
    desks = [replica(database, tmp_path, number) for number in range(2)]
    said: list[tuple[int, str]] = []
    lock = threading.Lock()

    def client(place: int) -> None:
        mine = replica(database, tmp_path, 10 + place)
        mine.desk = desks[place % 2].desk
        for number in range(6):
            done = [mine.transmit("ann", "act", ["thing"])]
            done.append(mine.refuse("bob") if number % 3 == 0 else mine.concur("bob"))
            with lock:
                said.extend((one.position, one.digest) for one in done)
        mine.store.close()

    threads = [threading.Thread(target=client, args=(place,)) for place in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(said) == 72
    house = replica(database, tmp_path, 0)
    found = prove(read_ledger(house.desk), Pinned(house.charter))
    states = sorted(one.state for one in found.proceedings)
    assert states == ["released"] * 24 + ["stopped"] * 12
    for store in (house.store, *(one.store for one in desks)):
        store.close()
