"""``cheget serve`` as a process of its own: its one line, TLS, and how it leaves."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from terminal import Shell, Stage

from certificate import certificate

ROOT = Path(__file__).parent.parent.parent


@contextmanager
def served(folder: Path, *words: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "cheget", "serve", "--port", "0", *words], cwd=folder, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )  # fmt: skip
    assert process.stdout is not None
    try:
        yield process, json.loads(process.stdout.readline())
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def house(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    return stage.at("founded", tmp_path, monkeypatch)


def test_it_says_where_it_serves_and_asked_to_stop_it_lets_go_of_who_waits(house: Shell) -> None:
    from test_json import check

    with served(house.here) as (process, said):
        check("serve", said)
        assert said["charter"] == house.charter
        token = house.must("order", "list", "--at", said["serving"], "--key", "ann.key", "--as",
                           "ann", "--json")  # fmt: skip
        assert json.loads(token) == []
        kept = next((house.here / "state" / "cheget" / "doors").glob("*.json"), None)
        assert kept is not None
        tokens = [
            json.loads(one.read_text()).get("token")
            for one in (house.here / "state" / "cheget" / "doors").glob("*.json")
        ]
        bearer = next(one for one in tokens if one)
        answers: list[int] = []

        def wait() -> None:
            connection = HTTPConnection("localhost", said["port"], timeout=30)
            connection.request("GET", "/v1/heads?wait=30&since=999",
                               headers={"Authorization": f"Bearer {bearer}"})  # fmt: skip
            answers.append(connection.getresponse().status)
            connection.close()

        waiting = threading.Thread(target=wait)
        waiting.start()
        probe = HTTPConnection("localhost", said["port"], timeout=30)
        for _ in range(3):
            probe.request("GET", "/readyz")
            assert json.loads(probe.getresponse().read())["status"] == "ready"
        probe.close()
        waiting.join(0.3)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=20)
        waiting.join(5)
    assert answers == [200]
    lines = [json.loads(line) for line in err.splitlines()]
    assert {"method", "route", "status", "ms"} <= lines[0].keys()
    assert process.returncode in {0, -signal.SIGTERM}


def test_over_tls_a_client_believes_only_a_certificate_that_it_can_check(
    house: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate(house.here)
    words = ("--tls-cert", "cert.pem", "--tls-key", "cert.key", "--host", "0.0.0.0")  # noqa: S104
    with served(house.here, *words) as (_, said):
        origin = said["serving"]
        assert origin.startswith("https://localhost:")
        order = ("order", "list", "--at", origin, "--key", "ann.key", "--as", "ann", "--json")
        out, _ = house.run(*order)
        assert (house.status, "certificate verify failed" in out) == (2, True)
        monkeypatch.setenv("SSL_CERT_FILE", str(house.here / "cert.pem"))
        assert json.loads(house.must(*order)) == []


def test_it_serves_from_a_backup_halted_and_says_so_each_time(house: Shell) -> None:
    house.must("backup", "b.json", "--with-log-keys")
    (house.here / "again").mkdir()
    for words in (("--from-backup", "b.json"), ()):
        with served(house.here, "--house", "again", *words) as (process, said):
            assert said["halted"] is True
            probe = HTTPConnection("localhost", said["port"], timeout=30)
            probe.request("GET", "/readyz")
            assert probe.getresponse().status == 503
            probe.close()
            process.send_signal(signal.SIGTERM)
            _, err = process.communicate(timeout=20)
        (line,) = [one for one in map(json.loads, err.splitlines()) if one["event"] == "halted"]
        assert (line["level"], "restored" in line["why"]) == ("error", True)
    _, err = house.run("serve", "--house", "again", "--from-backup", "b.json")
    assert (house.status, "isn't empty" in err) == (1, True)
    house.must("log", "resume", "--house", "again", "--yes")
    with served(house.here, "--house", "again") as (_, said):
        assert said["halted"] is False


def test_a_port_that_is_taken_is_said(house: Shell) -> None:
    with served(house.here) as (_, said):
        _, err = house.run("serve", "--port", str(said["port"]))
    assert (house.status, "Address already in use" in err) == (2, True)
