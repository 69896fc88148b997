"""An emergency is loud for everybody, and red in every list until somebody has looked at it."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest
from terminal import Shell, Stage

from cheget.cli.emergencies import notice
from cheget.service.clock import SystemClock
from simulator import ChainSimulator, scenario

DAYS = 86_400


@pytest.fixture
def shell(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """An emergency, released and reviewed by nobody."""
    shell = stage.at("emergency", tmp_path, monkeypatch)
    shell.must("order", "transmit", "emergency-wipe", "--key", "ann.key", "--yes")
    shell.must("concur", shell.orders[0], "--key", "bob.key", "--yes")
    return shell


def later(monkeypatch: pytest.MonkeyPatch, seconds: int) -> None:
    shown = SystemClock().now() + seconds
    monkeypatch.setattr(SystemClock, "now", lambda _: shown)


def test_one_that_nobody_looked_at_is_overdue_in_every_list(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    (order,) = shell.orders
    later(monkeypatch, 2 * DAYS + 60)
    for words in (("inbox", "--key", "ann.key"), ("inbox", "--key", "dee.key"), ("order", "list"),
                  ("show", order), ("watch", order), ("log", "verify")):  # fmt: skip
        assert "REVIEW OVERDUE emergency-wipe: by cho or dee, due until " in shell.must(*words)
    for words in (("inbox", "--key", "ann.key"), ("show", order), ("watch", order)):
        assert shell.must(*words).startswith("REVIEW OVERDUE"), "it stands first"
    assert json.loads(shell.must("log", "verify", "--json"))["overdue"] == [order]


def test_one_that_was_looked_at_too_late_says_so_for_ever(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    (order,) = shell.orders
    later(monkeypatch, 3 * DAYS)
    shell.must("review", order, "--reason", "only now", "--key", "cho.key", "--yes")
    assert "reviewed by cho at" in shell.must("show", order)
    assert "late: it was due until" in shell.must("order", "list")
    assert "EMERGENCY" not in shell.must("inbox", "--key", "dee.key")
    assert json.loads(shell.must("log", "verify", "--json"))["overdue"] == []


def test_it_is_red_until_somebody_has_looked(tmp_path: Path) -> None:
    sim = ChainSimulator(scenario("wipe-database"), tmp_path / "house")
    sim.transmit("ann", "emergency-wipe", ["production-db"], database="orders")
    red, green, yellow = (click.style("x", fg=one)[:5] for one in ("red", "green", "yellow"))

    def colour(after: int) -> str:
        (line,) = notice(sim.desk.proceeding(sim.order), sim.clock.now() + after)
        return line[:5]

    assert colour(0) == red
    sim.concur("dee")
    assert colour(0) == colour(3 * DAYS) == red
    sim.clock.turn(DAYS)
    sim.review("eve")
    assert colour(9 * DAYS) == green
    sim.transmit("ann", "emergency-wipe", ["production-db"], database="orders")
    sim.concur("dee")
    sim.clock.turn(2 * DAYS)
    sim.review("eve")
    assert colour(0) == yellow


def test_an_ordinary_order_has_no_notice(tmp_path: Path) -> None:
    sim = ChainSimulator(scenario("wipe-database"), tmp_path / "house")
    sim.transmit("ann", "wipe", ["production-db"], database="orders")
    assert notice(sim.desk.proceeding(sim.order), sim.clock.now()) == []


def test_what_an_executor_has_used_of_a_limit_stands_in_its_status(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell = stage.at("emergency", tmp_path, monkeypatch)
    settings = Path("executors/production-db/executor.yaml")
    settings.write_text(
        settings.read_text().replace("act: {", 'act: {emergency-wipe: {run: [/bin/echo, "w"]}, ')
    )
    assert "emergency-wipe: 0 of 1 used in the last 7 d" in shell.must(
        "executor", "status", "production-db"
    )
    for place in range(2):
        shell.must("order", "transmit", "emergency-wipe", "--key", "ann.key", "--yes")
        shell.must("concur", shell.orders[place], "--key", "bob.key", "--yes")
    said = shell.must("executor", "run", "production-db", "--once")
    assert said.count("carried-out") == 1
    assert "over the limit of 1 in 604800 s" in said
    assert "emergency-wipe: 1 of 1 used in the last 7 d" in shell.must(
        "executor", "status", "production-db"
    )
