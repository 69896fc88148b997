"""Many orders, and many who wait: what is asked of the store doesn't grow with what isn't shown."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cheget.order.session import Reader
from cheget.service.counter import LocalCounter
from cheget.service.sqlite import _Transaction
from docket import chain_of
from serving import Served, counter_of, serving
from simulator import ChainSimulator

CHAIN = """
    chain: crowded
    members: {ann: Ann, bob: Bob, cho: Cho}
    levels:
      - {level: head, members: [ann]}
      - {level: next, members: [bob]}
      - {level: last, members: [cho]}
    executors: {guard: {title: Guard, count: 2000}}
    actions: {act: {executors: [guard], at-most: 2000, decide-within: 2h}}
"""
MANY = int(os.environ.get("CHEGET_MANY", "2000"))  # 10,000 take minutes, signed one by one
PLENTY = {"per_address": 10**9, "per_signer": 10**9}


@pytest.fixture
def questions(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Each question to the database, by its name."""
    asked: list[str] = []
    for name in ("thread", "find", "of_kind", "executors", "leaves", "texts"):
        kept = getattr(_Transaction, name)

        def counted(tx: Any, *given: Any, _name: str = name, _kept: Any = kept) -> Any:
            asked.append(_name)
            return _kept(tx, *given)

        monkeypatch.setattr(_Transaction, name, counted)
    return asked


def house(folder: Path, orders: int, executors: int = 1) -> tuple[ChainSimulator, LocalCounter]:
    """With so many open orders, half of them at the second level and half at the third."""
    chain = chain_of(CHAIN)
    listed = list(chain.executors[0].ids())[:executors]
    sim = ChainSimulator(chain, folder, executors=listed)
    counter = counter_of(sim, open_orders=10**6)
    for number in range(orders):
        sim.transmit("ann", "act", [listed[0]])
        if number % 2:
            sim.concur("bob")
    return sim, counter


@contextlib.contextmanager
def paged(counter: LocalCounter) -> Iterator[Served]:
    """The house with its pages."""
    from cheget.web.app import install

    with serving(counter, **PLENTY) as served:
        install(served.app, None)  # type: ignore[arg-type] - nobody enrols here
        yield served


def page(served: Served, path: str, token: str) -> str:
    status, _, data = served.ask("GET", path, None, {"Cookie": f"cheget-session={token}"})
    assert status == 200, data
    return data.decode()


def seen(served: Served, sim: ChainSimulator, orders: int, questions: list[str]) -> dict[str, int]:
    """Everything that somebody looks at, and how many questions each cost."""
    tokens = {who: served.token(who, sim.signers[who]) for who in ("ann", "bob", "cho")}
    found: dict[str, int] = {}

    def asking(name: str, path: str, who: str, *, is_page: bool = False) -> Any:
        questions.clear()
        if is_page:
            data: Any = page(served, path, tokens[who])
        else:
            status, _, raw = served.ask("GET", path, None,
                                        {"Authorization": f"Bearer {tokens[who]}"})  # fmt: skip
            assert status == 200, raw
            data = raw.decode()
        found[name] = len(questions)
        return data

    for _ in "ab":  # the first look reads the log
        assert f'cheget_orders{{state="open"}} {orders}.0' in asking("metrics", "/metrics", "ann")
        inbox = asking("inbox", "/", "bob", is_page=True)
        waits = {one.digest for one in served.counter.asked("bob")}
        assert len(waits) == orders - orders // 2
        assert waits <= set(re.findall("/orders/([0-9a-f]{64})", inbox))
        asking("orders page", "/orders", "cho", is_page=True)
        asking("people page", "/people", "bob", is_page=True)
        shown = json.loads(asking("orders", "/v1/orders?limit=50&open=true", "cho"))
        assert len(shown["orders"]) == min(50, orders)
        asking("an order", f"/v1/orders/{sim.order}", "cho")
        asking("its papers", f"/v1/orders/{sim.order}/papers", "cho")
    questions.clear()
    sim.transmit("ann", "act", [sim.listed[0]])
    found["transmit"] = len(questions)
    questions.clear()
    sim.concur("bob")
    found["concur, papers included"] = len(questions)
    questions.clear()
    assert len(sim.desk.asked("bob")) == orders - orders // 2  # type: ignore[attr-defined]
    found["what changed"] = len(questions)
    return found


def test_questions_do_not_grow_with_the_orders(tmp_path: Path, questions: list[str]) -> None:
    costs = []
    for orders in (6, 60):
        sim, counter = house(tmp_path / str(orders), orders)
        with paged(counter) as served:
            costs.append(seen(served, sim, orders, questions))
    assert costs[0] == costs[1]


@pytest.mark.slow
def test_thousands_of_open_orders(tmp_path: Path, questions: list[str]) -> None:
    """Inbox, lists, metrics, an order and answers to it work as in a house with a few."""
    few, _ = house(tmp_path / "few", 6)
    with paged(few.desk) as served:  # type: ignore[arg-type]
        usual = seen(served, few, 6, questions)
    sim, counter = house(tmp_path / "many", MANY)
    with paged(counter) as served:
        assert seen(served, sim, MANY, questions) == usual
        again = LocalCounter(sim.store, sim.charter, sim.clock, sim.log_signers, 10**6)
        assert len(again.orders(only_open=True)) == MANY + 1  # a replica that begins now


def memory() -> int:
    """Bytes that this process has."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


@pytest.mark.slow
def test_two_thousand_executors_wait_at_once(tmp_path: Path) -> None:
    """None is told 5xx, all hear of the release, and what they cost is given back."""
    fleet = 2_000
    sim, counter = house(tmp_path, 0, fleet)
    with serving(counter, **PLENTY) as served:
        door = served.app.state.door
        tokens = {
            one: served.app.state.door.sessions.token(
                Reader(one, "executor", sim.charter.executors[one].point), sim.clock.now() + 3600
            )
            for one in sim.listed
        }
        before = memory()
        for _ in range(3):
            told = asyncio.run(waited(served.port, tokens, lambda: release(sim, door, fleet)))
            assert sorted(told) == [(200, sim.order)] * fleet
            assert door.releases._waiting == 0
            for one in sim.listed:  # nothing is due any more
                counter._index._due.get(one, {}).clear()
        assert memory() - before < 200 * 2**20


def release(sim: ChainSimulator, door: Any, fleet: int) -> None:
    import time

    while door.releases._waiting < fleet:
        time.sleep(0.05)
    sim.transmit("ann", "act", sim.listed)
    sim.release()


async def waited(port: int, tokens: dict[str, str], then: Any) -> list[tuple[int, str]]:
    """What each executor is told that waits, while ``then`` is done."""

    async def wait(executor: str, token: str) -> tuple[int, str]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(
            f"GET /v1/executors/{executor}/orders?wait=30 HTTP/1.1\r\nHost: localhost\r\n"
            f"Authorization: Bearer {token}\r\nConnection: close\r\n\r\n".encode()
        )
        data = await reader.read()
        writer.close()
        head, _, body = data.partition(b"\r\n\r\n")
        found = json.loads(body)
        return int(head.split()[1]), "".join(found.get("orders", []))

    waiting = [asyncio.create_task(wait(*one)) for one in tokens.items()]
    await asyncio.get_running_loop().run_in_executor(None, then)
    return list(await asyncio.gather(*waiting))
