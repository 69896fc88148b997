"""The bell beside a service: it rings while it is served, and disturbs nobody."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from terminal import Shell, Stage

from api.test_serve import served
from cheget.cli.context import at_desk
from cheget.service.api.ringing import ringing
from notices.samples import SECRET
from notified import Hook, hooked
from serving import until

NOTICES = """\
notices:
  channels:
    hook: {{webhook: "{url}", secret: env:HOOK}}
    gone: {{webhook: "http://localhost:1", secret: env:HOOK}}
  people: {{ann: [hook], bob: [hook], cho: [gone], dee: [hook]}}
"""


@pytest.fixture
def hook() -> Iterator[Hook]:
    with hooked() as one:
        yield one


@pytest.fixture
def house(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hook: Hook) -> Shell:
    shell = stage.at("founded", tmp_path, monkeypatch)
    monkeypatch.setenv("HOOK", SECRET)
    with (tmp_path / "house.yaml").open("a") as file:
        file.write(NOTICES.format(url=hook.url))
    return shell


def transmit(house: Shell) -> None:
    house.must("order", "transmit", "wipe", "database=orders", "--key", "ann.key", "--yes")


def test_a_service_rings_counts_and_leaves_when_it_is_told_to(house: Shell, hook: Hook) -> None:
    with served(house.here) as (process, said):
        transmit(house)
        until(lambda: hook.asked)
        (value,) = hook.values
        assert value["link"].startswith(said["serving"] + "/orders/")
        probe = HTTPConnection("localhost", said["port"], timeout=10)

        def metrics() -> str:
            probe.request("GET", "/metrics")
            return probe.getresponse().read().decode()

        until(lambda: 'cheget_notices_total{channel="gone",outcome="failed"} 1.0' in metrics())
        assert 'cheget_notices_total{channel="hook",outcome="sent"} 1.0' in metrics()
        probe.close()
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=20)
    told = [json.loads(line) for line in err.splitlines() if '"event": "notice"' in line]
    assert {(one["channel"], one["outcome"]) for one in told} == {
        ("hook", "sent"), ("gone", "failed"),
    }  # fmt: skip
    assert SECRET not in err


def test_a_service_doesn_t_begin_by_settings_that_are_wrong(house: Shell) -> None:
    text = Path("house.yaml").read_text()
    Path("house.yaml").write_text(text.replace("dee: [hook]", "dee: [hoook]"))
    _, err = house.run("serve", "--port", "0")
    assert (house.status, "did you mean `hook`?" in err) == (1, True)


def test_a_channel_that_hangs_holds_up_neither_the_desk_nor_the_end(
    house: Shell, hook: Hook
) -> None:
    let_go = threading.Event()
    hook.answer = lambda _: let_go.wait(30) and None
    with served(house.here) as (process, said):
        transmit(house)
        until(lambda: hook.asked)
        for _ in range(3):
            probe = HTTPConnection("localhost", said["port"], timeout=5)
            probe.request("GET", "/readyz")
            assert probe.getresponse().status == 200
            probe.close()
        transmit(house)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == -signal.SIGTERM  # as without it
    let_go.set()


def test_who_is_on_call_changes_without_a_restart_and_a_slip_changes_nothing(
    house: Shell, hook: Hook
) -> None:
    registry = CollectorRegistry()
    text = Path("house.yaml").read_text()
    with at_desk(house.here) as (folder, counter):
        with ringing(folder, counter, "http://localhost:1", registry, every=0.01):
            transmit(house)
            until(lambda: [one["whom"] for one in hook.values] == ["bob"])
            Path("house.yaml").write_text(text.replace("bob: [hook], ", "bob: [hok], "))
            transmit(house)
            until(lambda: len(hook.asked) == 2)
            Path("house.yaml").write_text(text.replace("bob: [hook], ", ""))
            transmit(house)
            time.sleep(0.3)
        assert len(hook.asked) == 2
        assert b'channel="hook",outcome="sent"} 2.0' in generate_latest(registry)


def test_a_store_that_is_away_is_a_round_that_comes_later(
    house: Shell, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cheget.errors import UnreachableError
    from cheget.service.notices.bell import Bell

    rounds: list[int] = []
    real = Bell.round

    def failing(bell: Bell) -> None:
        rounds.append(len(rounds))
        if len(rounds) == 1:
            raise UnreachableError("away")
        if len(rounds) == 2:
            raise RuntimeError("a fault of ours")
        real(bell)

    monkeypatch.setattr(Bell, "round", failing)
    with at_desk(house.here) as (folder, counter):
        transmit(house)
        with ringing(folder, counter, "http://localhost:1", CollectorRegistry(), every=0.01):
            until(lambda: hook.asked)
    assert len(rounds) >= 3
