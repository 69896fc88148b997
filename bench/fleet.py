"""2,000 executors that wait over HTTP: from the release to the last receipt, and where the time is.

Each has a line of its own and waits in a long poll; then takes its code, and hands in a receipt
that is signed beforehand. What an executor does besides (it verifies the code, and acts) is done on
as many machines, and left out.
"""

from __future__ import annotations

import asyncio
import importlib.util
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from bench.http import get, post
from bench.measure import Row, Spread, percentile, progress
from bench.postgres import NEEDS
from bench.served import Served, served
from cheget.order.documents import Receipt
from cheget.order.draft import enclose
from cheget.order.fields import Head
from simulator import START, signer

FLEET = 2_000
ROUNDS = 3
WAIT = 30


@dataclass
class Marks:
    """Seconds after the last concurrence was sent, at which each executor got so far."""

    told: list[float] = field(default_factory=list)
    code: list[float] = field(default_factory=list)
    receipt: list[float] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)


def rows() -> list[Row]:
    stores, found = {"SQLite": ["sqlite"] * ROUNDS}, []
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        if all(importlib.util.find_spec(one) for one in NEEDS):
            from postgres import serving

            server = stack.enter_context(serving())
            stores["PostgreSQL"] = [server.address(server.fresh()) for _ in range(ROUNDS)]
        for label, places in stores.items():
            marks = []
            for number, place in enumerate(places):
                progress(f"fleet: {label}, round {number + 1} of {ROUNDS}")
                with served(Path(name) / f"{label}-{number}", place, executors=FLEET) as house:
                    marks.append(asyncio.run(_released(house)))
            found += _rows(label, marks)
    return found


def _rows(label: str, marks: list[Marks]) -> list[Row]:
    wrong = sum(one >= 500 for each in marks for one in each.statuses)
    all_ = sum(len(each.statuses) for each in marks)
    last = Spread.of([max(each.receipt) for each in marks])
    parts = ", ".join(
        f"{what} {percentile([max(getattr(each, name)) for each in marks], 0.5):.1f} s"
        for name, what in (("told", "the last told"), ("code", "with its code"))
    )
    return [
        Row("fleet", f"{FLEET:,} executors, release to last receipt, {label}", "—", last, "s",
            note=parts),
        Row("fleet", f"answers of 5xx to them, {label}", "—", Spread.exactly(wrong),
            f"of {all_:,}"),
    ]  # fmt: skip


async def _released(house: Served) -> Marks:
    marks, ready = Marks(), asyncio.Event()
    waiting = 0
    began = 0.0

    async def executor(name: str, token: str) -> None:
        nonlocal waiting
        line = await asyncio.open_connection("127.0.0.1", house.port, limit=1 << 24)
        hand_in = post("/v1/receipts", {"envelope": _receipt(house, name)})
        waiting += 1
        if waiting == len(house.said["executors"]):
            ready.set()
        await ready.wait()
        await _ask(line, get(f"/v1/executors/{name}/orders?wait={WAIT}", token), marks)
        marks.told.append(time.perf_counter() - began)
        order = house.said["last"]["order"]
        await _ask(line, get(f"/v1/orders/{order}/codes/{name}", token), marks)
        marks.code.append(time.perf_counter() - began)
        await _ask(line, hand_in, marks)
        marks.receipt.append(time.perf_counter() - began)
        line[1].close()

    fleet = [
        asyncio.create_task(executor(name, token))
        for name, token in house.said["executors"].items()
    ]
    await ready.wait()
    await asyncio.sleep(5)  # until all of them wait
    member = await asyncio.open_connection("127.0.0.1", house.port)
    began = time.perf_counter()
    await _ask(member, post("/v1/answers", {"envelope": house.said["last"]["answer"]}), marks)
    await asyncio.gather(*fleet)
    member[1].close()
    return marks


async def _ask(
    line: tuple[asyncio.StreamReader, asyncio.StreamWriter], request: bytes, marks: Marks
) -> bytes:
    reader, writer = line
    writer.write(request)
    head = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")
    marks.statuses.append(int(head[0].split()[1]))
    length = next(int(one[15:]) for one in head if one.lower().startswith(b"content-length:"))
    return await reader.readexactly(length)


def _receipt(house: Served, executor: str) -> str:
    nothing = Head(0, "0" * 64)
    document = Receipt(
        START, (), house.said["deployment"], executor, nothing, house.said["last"]["order"],
        nothing, "carried-out", "0" * 64, house.said["release"],
    )  # fmt: skip
    return enclose(document, signer(f"executor {executor}")).decode()
