"""Over HTTP: signed answers handed in, papers read, and who waits told; with a store and without.

The house is served by a process of its own, on the same processors as the clients.
"""

from __future__ import annotations

import importlib.util
import json
import random
import socket
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import islice
from pathlib import Path

from bench.append import CLIENTS
from bench.clients import Times, at_once
from bench.measure import Row, Spread, at_least, at_most, percentile, progress
from bench.postgres import NEEDS
from bench.served import Served, served

ROUNDS = 7
CROWD = 256  # requests of all clients together in a round
ALONE = 32  # of one


class Line:
    """A connection that is kept, and requests that are bytes already."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._reader = self._socket.makefile("rb")

    def ask(self, request: bytes) -> tuple[int, bytes]:
        """The status and the body of the answer."""
        self._socket.sendall(request)
        return self.answer()

    def send(self, request: bytes) -> None:
        """Ask, and do not wait."""
        self._socket.sendall(request)

    def answer(self) -> tuple[int, bytes]:
        """What is answered."""
        status, length = int(self._reader.readline().split()[1]), 0
        while (header := self._reader.readline()) != b"\r\n":
            name, _, value = header.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        return status, self._reader.read(length)

    def close(self) -> None:
        self._reader.close()
        self._socket.close()


def post(path: str, value: object) -> bytes:
    """A request that hands something in."""
    body = json.dumps(value).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    return head.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body


def get(path: str, token: str) -> bytes:
    """A request that reads."""
    head = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n"
    return head.encode()


def crowd(port: int, requests: Sequence[bytes], clients: int) -> tuple[Times, list[int]]:
    """Requests by so many clients, each on a line of its own; the times, and the statuses."""
    lines = [Line(port) for _ in range(clients)]
    mine, statuses = threading.local(), []
    free = iter(lines)

    def ask(request: bytes) -> None:
        if not hasattr(mine, "line"):
            mine.line = next(free)
        statuses.append(mine.line.ask(request)[0])

    done = at_once(ask, requests, clients)
    for line in lines:
        line.close()
    return done, statuses


def rows() -> list[Row]:
    stores = {"none": "none", "SQLite": "sqlite"}
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        found = []
        if all(importlib.util.find_spec(one) for one in NEEDS):
            from postgres import serving

            server = stack.enter_context(serving())
            stores["PostgreSQL"] = server.address(server.fresh())
        else:
            found.append(Row("http", "answers a second, PostgreSQL", "—", None,
                             note=f"left out: not installed: {', '.join(NEEDS)}"))  # fmt: skip
        houses = {}
        for label, store in stores.items():
            progress(f"http: answers are signed, {label}")
            ready = ROUNDS * (CROWD + ALONE)
            houses[label] = stack.enter_context(served(Path(name) / label, store, ready=ready))
        return found + _answers(houses) + _papers(houses) + _told(houses)


def _answers(houses: dict[str, Served]) -> list[Row]:
    waiting = {
        label: iter([post("/v1/answers", {"envelope": one}) for one in house.said["answers"]])
        for label, house in houses.items()
    }
    found = []
    for clients, many in ((CLIENTS, CROWD), (1, ALONE)):
        times: dict[str, list[Times]] = {label: [] for label in houses}
        statuses: dict[str, list[int]] = {label: [] for label in houses}
        for number in range(ROUNDS):
            progress(f"http: {clients} clients, round {number + 1} of {ROUNDS}")
            for label in random.sample(sorted(houses), len(houses)):
                given = list(islice(waiting[label], many))
                done, said = crowd(houses[label].port, given, clients)
                times[label].append(done)
                statuses[label] += said
        for label in sorted(set(houses) - {"none"}):
            found += _rows(label, clients, times[label], times["none"], statuses[label])
    return found


def _rows(
    label: str, clients: int, mine: list[Times], bare: list[Times], statuses: list[int]
) -> Iterator[Row]:
    many = f"{clients} client{'s' if clients > 1 else ''}"
    waits = [wait for one in mine for wait in one.waits]
    rate = Spread.of([len(one.waits) / one.seconds for one in mine])
    without = Spread.of([len(one.waits) / one.seconds for one in bare])
    p50, p99 = (percentile(waits, share) for share in (0.5, 0.99))
    yield Row("http", f"answers a second, {label}, {many}", "—", rate, "/s",
              note=f"p50 {p50 * 1e3:.1f} p99 {p99 * 1e3:.1f} ms;"
                   f" without a store {without.median:.0f}")  # fmt: skip
    share = Spread.of([none.seconds / one.seconds for none, one in zip(bare, mine, strict=True)])
    yield Row("http", f"answers a second, {label}, {many}", "the same app, no store", share,
              target=at_least(0.65) if clients > 1 else None)  # fmt: skip
    if clients > 1:
        tails = [percentile(one.waits, 0.99) / percentile(one.waits, 0.5) for one in mine]
        yield Row("http", f"p99, {label}, {many}", "their p50", Spread.of(tails),
                  target=at_most(10))  # fmt: skip
        wrong = sum(one != 201 for one in statuses)
        yield Row("http", f"answers that were not taken, {label}, {many}", "—",
                  Spread.exactly(wrong), f"of {len(statuses):,}", at_most(0))  # fmt: skip


def _papers(houses: dict[str, Served]) -> list[Row]:
    """Papers of orders read by 32 clients, each of another order."""
    found = []
    for label in sorted(set(houses) - {"none"}):
        house, rates, wrong = houses[label], [], 0
        for number in range(ROUNDS):
            progress(f"http: papers, {label}, round {number + 1} of {ROUNDS}")
            asked = [get(f"/v1/orders/{one}/papers", house.said["token"])
                     for one in house.said["orders"][-CROWD:]]  # fmt: skip
            done, statuses = crowd(house.port, asked, CLIENTS)
            rates.append(len(asked) / done.seconds)
            wrong += sum(one != 200 for one in statuses)
        found.append(Row("http", f"papers a second, {label}, {CLIENTS} clients", "—",
                         Spread.of(rates), "/s", note=f"{wrong} were not given"))  # fmt: skip
    return found


def _told(houses: dict[str, Served]) -> list[Row]:
    """From an acknowledged answer until the last of 32 that wait for the log to grow is told."""
    found = []
    for label in sorted(set(houses) - {"none"}):
        house = houses[label]
        writer, lines = Line(house.port), [Line(house.port) for _ in range(CLIENTS)]
        token = house.said["token"]
        _, data = writer.ask(get("/v1/heads", token))
        size = json.loads(data)["orders"]["size"]
        for line in lines:
            line.send(get(f"/v1/heads?since={size}&wait=20", token))
        time.sleep(0.5)
        began = time.perf_counter()
        writer.ask(post("/v1/answers", {"envelope": house.said["last"]["answer"]}))
        said = [json.loads(line.answer()[1])["orders"]["size"] for line in lines]
        seconds = time.perf_counter() - began
        assert set(said) == {size + 1}
        for line in (writer, *lines):
            line.close()
        found.append(Row("http", f"{CLIENTS} that wait are told, {label}", "—",
                         Spread.exactly(seconds * 1e3), "ms",
                         note="from the answer's being sent to the last of them"))  # fmt: skip
    return found
