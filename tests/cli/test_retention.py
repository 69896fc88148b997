"""Texts that a house keeps no longer are erased; what somebody still decides on is not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from terminal import Shell, Stage

from cheget.service import clock

DAY = 24 * 3600
NOW = clock.SystemClock.now


@pytest.fixture
def at(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str, int], Shell]:
    """A house, so many days later."""

    def begin(start: str, days: int) -> Shell:
        shell = stage.at(start, tmp_path, monkeypatch)
        later(monkeypatch, days)
        return shell

    return begin


def later(monkeypatch: pytest.MonkeyPatch, days: int) -> None:
    monkeypatch.setattr(clock.SystemClock, "now", lambda self: NOW(self) + days * DAY)


def redacted(shell: Shell, *words: str) -> tuple[int, int]:
    said = json.loads(shell.must("log", "redact", "--json", *words))
    return said["found"], said["erased"]


def test_texts_older_than_a_span_are_erased_and_every_proof_still_holds(at: Any) -> None:
    shell = at("released", 401)
    assert redacted(shell, "--older-than", "402d") == (0, 0)
    (found, erased) = redacted(shell, "--older-than", "400d", "--dry-run")
    assert (found > 5, erased) == (True, 0)
    assert redacted(shell, "--older-than", "400d", "--yes") == (found, found)
    assert redacted(shell, "--older-than", "400d", "--yes") == (0, 0)
    data = b"".join(one.read_bytes() for one in (shell.here / "desk").glob("store.sqlite*"))
    assert b"ticket 1182" not in data
    assert json.loads(shell.must("log", "verify", "--json"))["orders"] == 1


def test_what_somebody_still_decides_on_keeps_its_texts(
    at: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell = at("founded", 0)
    key = ("--key", "ann.key", "--yes", "--reason", "why")
    shell.must("order", "transmit", "wipe", "database=orders", *key)
    shell.must("attest", "in-peril", "--action", "guarded-wipe", "--for", "2h", "--key", "dee.key",
               "--yes", "--reason", "why")  # fmt: skip
    shell.must("people", "remove", "cho", *key)
    founding = 5  # its proposal, and four who agreed
    monkeypatch.setattr(clock.SystemClock, "now", lambda self: NOW(self) + 60)
    assert redacted(shell, "--older-than", "30s", "--dry-run") == (founding, 0)
    later(monkeypatch, 400)
    assert redacted(shell, "--older-than", "30s", "--dry-run")[0] >= founding + 3


def test_an_emergency_keeps_its_reasons_until_it_was_reviewed(
    at: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell = at("emergency", 0)
    said = shell.must("order", "transmit", "emergency-wipe", "--reason", "fire", "--key",
                      "ann.key", "--yes", "--json")  # fmt: skip
    order = json.loads(said)["order"]
    shell.must("concur", order, "--key", "bob.key", "--yes")
    later(monkeypatch, 400)
    founding = redacted(shell, "--older-than", "399d", "--dry-run")[0]
    shell.must("review", order, "--key", "dee.key", "--yes", "--reason", "it was one")
    assert redacted(shell, "--older-than", "399d", "--dry-run")[0] == founding + 2


def test_the_house_says_how_long_and_the_doctor_that_it_is_over(at: Any) -> None:
    shell = at("released", 401)
    _, err = shell.run("log", "redact", "--yes")
    assert (shell.status, "retention in house.yaml" in err) == (2, True)
    settings = shell.here / "house.yaml"
    settings.write_text(settings.read_text() + "retention: 400d\n")
    found = json.loads(shell.must("doctor", "--json"))["findings"]
    assert [one["sign"] for one in found if one["about"] == "retention"] == ["mind"]
    assert redacted(shell, "--yes")[1] > 5
    found = json.loads(shell.must("doctor", "--json"))["findings"]
    assert not [one for one in found if one["about"] == "retention"]
    _, err = shell.run("log", "redact", shell.orders[0], "--older-than", "1d", "--yes")
    assert shell.status == 2
    settings.write_text(settings.read_text().replace("400d", "soon"))
    _, err = shell.run("log", "redact", "--yes")
    assert "house.yaml" in err
