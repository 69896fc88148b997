"""Reads by someone who may, and by someone who may not."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cheget.client.source import HouseSource
from cheget.errors import AwayError, NotAcceptedError
from cheget.order.papers import decode_papers
from cheget.order.session import Role
from cheget.order.verify import verify_papers
from docket import chain_of
from serving import Served, counter_of, serving, until
from simulator import ChainSimulator

CHAIN = """
    chain: two-doors
    members: {ann: Ann, bob: Bob, cho: Cho}
    levels:
      - {level: head, members: [ann], rule: any}
      - {level: team, members: [bob, cho], rule: any}
    executors: {left: Left, right: Right}
    actions: {open: {executors: [left, right], at-most: 2}}
    """


@pytest.fixture
def sim(tmp_path: Path) -> ChainSimulator:
    found = ChainSimulator(chain_of(CHAIN), tmp_path)
    counter_of(found)
    return found


@pytest.fixture
def served(sim: ChainSimulator) -> Iterator[Served]:
    with serving(sim.desk, page=2) as found:  # type: ignore[arg-type]
        yield found


def source(served: Served, sim: ChainSimulator, executor: str) -> HouseSource:
    return HouseSource(served.door(executor, sim.executor_signers[executor]))


def test_an_executor_gets_its_own_code_and_nobody_elses(
    served: Served, sim: ChainSimulator
) -> None:
    sim.transmit("ann", "open", ["left", "right"])
    assert source(served, sim, "left").codes("left", None, None) == []
    sim.release()
    (code,) = source(served, sim, "left").codes("left", None, None)
    assert code == sim.desk.code(sim.order, "left")
    sim.verify(code, "left")
    with pytest.raises(AwayError, match="its own codes"):
        source(served, sim, "left").codes("right", None, None)
    token = served.token("left", sim.executor_signers["left"])
    for path in (
        f"/v1/orders/{sim.order}/codes/right", "/v1/executors/right/orders", "/v1/orders",
        f"/v1/orders/{sim.order}", f"/v1/orders/{sim.order}/papers",
        f"/v1/orders/{sim.order}/receipts", "/v1/attestations",
    ):  # fmt: skip
        assert served.get(path, token)[0] == 403, path


def test_a_code_comes_from_the_heads_that_an_executor_holds(
    served: Served, sim: ChainSimulator
) -> None:
    for _ in range(5):
        sim.transmit("ann", "open", ["left"])
    held_law, held = sim.desk.head("law"), sim.desk.head("orders")
    sim.transmit("ann", "open", ["left"])
    sim.release()
    (code,) = source(served, sim, "left").codes("left", held, held_law)
    papers = decode_papers(code)
    assert papers.log.slice.start >= held.size
    assert papers.law.slice.start == held_law.size
    (whole,) = source(served, sim, "left").codes("left", None, None)
    assert len(decode_papers(whole).law.envelopes) > len(papers.law.envelopes) == 0


@pytest.mark.parametrize("role", ["observer", "auditor"])
def test_observers_see_where_orders_are_and_auditors_what_is_in_them(
    served: Served, sim: ChainSimulator, role: Role
) -> None:
    sim.transmit("ann", "open", ["left"], reason="between us")
    sim.release()
    token = served.invited(f"an-{role}", role)
    assert served.get("/v1/orders", token)[1]["orders"][0]["state"] == "released"
    papers = served.get(f"/v1/orders/{sim.order}/papers", token)
    assert papers[0] == (200 if role == "auditor" else 403)
    assert ("between us" in str(papers[1])) == (role == "auditor")
    for path in (f"/v1/orders/{sim.order}/codes/left", "/v1/executors/left/orders"):
        assert served.get(path, token)[0] == 403


def test_nobody_reads_without_a_session(served: Served, sim: ChainSimulator) -> None:
    sim.transmit("ann", "open", ["left"])
    paths = [
        path.replace("{order}", sim.order).replace("{executor}", "left").replace("{log}", "law")
        .replace("{size}", "1")
        for path, verbs in served.app.openapi()["paths"].items()
        if "get" in verbs and path.startswith("/v1/")
    ]  # fmt: skip
    assert len(paths) > 12
    assert {served.get(path)[0] for path in paths} == {401}


def test_orders_come_a_page_at_a_time_and_the_open_ones_by_themselves(
    served: Served, sim: ChainSimulator
) -> None:
    orders = [sim.transmit("ann", "open", ["left"]).digest for _ in range(5)]
    sim.order = orders[1]
    sim.refuse("bob")
    sim.refuse("cho")
    token = served.token("cho", sim.signers["cho"])
    found, after = [], -1
    while after is not None:
        _, page = served.get(f"/v1/orders?after={after}", token)
        assert len(page["orders"]) <= 2
        found += [one["order"] for one in page["orders"]]
        after = page["next"]
    assert found == orders
    _, page = served.get("/v1/orders?open=true&limit=100", token)
    assert [one["order"] for one in page["orders"]] == [*orders[:1], *orders[2:]]
    assert {one["state"] for one in page["orders"]} == {"open"}
    assert page["next"] is None


def test_whoever_waits_is_told_as_soon_as_something_happens(
    served: Served, sim: ChainSimulator
) -> None:
    sim.transmit("ann", "open", ["left"])
    told: list[object] = []
    token = served.token("left", sim.executor_signers["left"])
    other = served.token("cho", sim.signers["cho"])
    size = sim.desk.head("orders").size

    def wait(path: str, token: str) -> None:
        told.append(served.get(path, token)[1])

    waiting = [
        threading.Thread(target=wait, args=("/v1/executors/left/orders?wait=20", token)),
        threading.Thread(target=wait, args=(f"/v1/orders?wait=20&since={size}", other)),
    ]
    for one in waiting:
        one.start()
    door = served.app.state.door
    until(lambda: door.changes._waiting == door.releases._waiting == 1)
    assert told == []
    sim.release()
    for one in waiting:
        one.join(20)
    assert len(told) == 2
    assert {"orders": [sim.order], "size": size + 1} in told


def test_an_executor_that_waits_is_not_waked_by_what_does_not_concern_it(
    served: Served, sim: ChainSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or each of 2,000 receipts would wake everybody who has handed one in."""
    asked: list[str] = []
    kept = served.counter.due_so_far
    monkeypatch.setattr(served.counter, "due_so_far", lambda one: asked.append(one) or kept(one))
    token, told = served.token("left", sim.executor_signers["left"]), []
    path = "/v1/executors/left/orders?wait=20"
    waiting = threading.Thread(target=lambda: told.append(served.get(path, token)[1]))
    waiting.start()
    door = served.app.state.door
    until(lambda: door.releases._waiting == 1)
    for _ in range(5):
        sim.transmit("ann", "open", ["left"])
        time.sleep(0.1)  # two looks
    assert asked == ["left"]
    sim.release()
    waiting.join(20)
    assert told[0]["orders"] == [sim.order]
    assert asked == ["left", "left"]


def test_events_say_how_far_the_log_has_grown(served: Served, sim: ChainSimulator) -> None:
    from http.client import HTTPConnection

    token = served.token("cho", sim.signers["cho"])
    connection = HTTPConnection("localhost", served.port, timeout=20)
    connection.request("GET", "/v1/events", headers={"Authorization": f"Bearer {token}"})
    response = connection.getresponse()
    size = sim.desk.head("orders").size
    assert response.getheader("Content-Type") == "text/event-stream; charset=utf-8"
    assert [response.readline() for _ in range(4)] == [
        f"id: {size}\n".encode(), b"event: log\n", f'data: {{"size": {size}}}\n'.encode(), b"\n",
    ]  # fmt: skip
    sim.transmit("ann", "open", ["left"])
    assert response.readline() == f"id: {size + 1}\n".encode()
    connection.close()


def test_papers_over_the_network_are_what_the_desk_shows(
    served: Served, sim: ChainSimulator
) -> None:
    sim.transmit("ann", "open", ["left"])
    door = served.door("bob", sim.signers["bob"])
    data = door.get(f"/v1/orders/{sim.order}/papers")
    assert data == sim.desk.papers(sim.order)
    verify_papers(data, pinned=sim.pinned, now=sim.clock.now())
    with pytest.raises(NotAcceptedError, match="there is no order"):
        door.get(f"/v1/orders/{'0' * 64}/papers")
    with pytest.raises(NotAcceptedError):
        door.get(f"/v1/orders/{sim.order}/papers", orders="999:zz")
    door.close()


def test_a_head_that_the_log_never_had_is_no_fault_of_the_desk(
    served: Served, sim: ChainSimulator
) -> None:
    sim.transmit("ann", "open", ["left"])
    token = served.token("bob", sim.signers["bob"])
    for size in (0, 1, 7, 10**6, 2**53 - 1):
        for log in ("law", "orders"):
            path = f"/v1/orders/{sim.order}/papers?{log}={size}:{'0' * 64}"
            status, headers, _ = served.ask("GET", path, None, {"Authorization": f"Bearer {token}"})
            assert status < 500, (path, headers)
    assert served.get("/v1/heads/999999", token)[0] == 404


def test_a_door_that_nobody_answers_is_away(sim: ChainSimulator) -> None:
    from cheget.client.transport import Origin

    door = Origin("http://localhost:1", "bob", lambda: sim.signers["bob"], sim.clock.now)
    with pytest.raises(AwayError, match="does not answer"):
        door.get("/v1/orders")
