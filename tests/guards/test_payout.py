"""The guard of an HTTP payout, as its page has it, against a bank that really counts."""

from __future__ import annotations

import json
import shutil
import signal
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from worked import Worked, blocks, program

from cheget.executor.agent import Agent

TOKENS = {"Bearer only the executor's": {"GET", "POST"}, "Bearer ann's reports": {"GET"}}
IBAN = "DE02120300000000202051"


class Bank(HTTPServer):
    """Pays once for a key. ``mood``: what goes wrong with the next call."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Counter)
        self.payouts: dict[str, dict[str, str]] = {}
        self.calls: list[str] = []
        self.mood = ""


class Counter(BaseHTTPRequestHandler):
    server: Bank

    def do_GET(self) -> None:
        if self._allowed():
            key = self.path.partition("key=")[2]
            found = [{"key": one} for one in self.server.payouts if one == key]
            self._answer(200, {"payouts": found})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if not self._allowed():
            return
        mood, self.server.mood = self.server.mood, ""
        key = self.headers["Idempotency-Key"]
        self.server.calls.append(key)
        if mood == "fails":
            self._answer(503, {})
            return
        self.server.payouts.setdefault(key, body)
        if mood != "hangs up":
            self._answer(201, {"key": key})

    def _allowed(self) -> bool:
        given = TOKENS.get(self.headers.get("Authorization", ""))
        if given is None or self.command not in given:
            self._answer(401 if given is None else 403, {})
            return False
        return True

    def _answer(self, status: int, value: dict[str, Any]) -> None:
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def bank() -> Iterator[Bank]:
    server = Bank()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def guard(bank: Bank, tmp_path: Path) -> Iterator[Worked]:
    token, header = tmp_path / "token", tmp_path / "header"
    token.write_text("only the executor's\n")
    header.write_text("Authorization: Bearer ann's reports\n")
    token.chmod(0o400)
    probe = program("paid.py", tmp_path, {"/usr/bin/env python3": sys.executable})
    worked = Worked("payout.md", tmp_path, {
        "/etc/cheget/bank.token": str(token), "/etc/cheget/tests/ann.header": str(header),
        "/usr/local/lib/cheget/paid.py": str(probe), "/usr/bin/curl": shutil.which("curl") or "",
        "https://bank.example": f"http://127.0.0.1:{bank.server_port}",
    })  # fmt: skip
    yield worked
    worked.close()


def pays(guard: Worked, agent: Agent, amount: str = "1200") -> str:
    guard.released("ann", "pay", amount=amount, to=IBAN)
    return guard.shown(agent).outcome


def test_a_payout_that_everybody_agreed_to_is_made_once(guard: Worked, bank: Bank) -> None:
    agent = guard.agent()
    assert pays(guard, agent) == "carried-out"
    assert guard.shown(agent).outcome == "carried-out"
    assert list(bank.payouts.values()) == [{"amount": "1200", "to": IBAN}]
    assert len(bank.calls) == 1


def test_a_payout_that_somebody_refused_is_not_made(guard: Worked, bank: Bank) -> None:
    agent = guard.agent()
    guard.sim.transmit("ann", "pay", [guard.name], amount="1200", to=IBAN)
    guard.sim.concur("bob", "cho", "dee")
    guard.sim.countermand("ann")
    assert guard.shown(agent).outcome == "refused"
    assert bank.calls == []


def test_no_more_leaves_in_a_day_than_the_limit(guard: Worked, bank: Bank) -> None:
    """Each is small enough by itself; a day later there is room again."""
    agent = guard.agent()
    assert [pays(guard, agent, "40000") for _ in "abc"] == ["carried-out", "carried-out", "waiting"]
    assert len(bank.payouts) == 2
    guard.sim.clock.turn(86400)
    assert pays(guard, agent, "40000") == "carried-out"


def test_what_the_bank_paid_without_an_answer_is_read_back_by_its_key(
    guard: Worked, bank: Bank
) -> None:
    bank.mood = "hangs up"
    assert pays(guard, guard.agent()) == "carried-out"
    assert len(bank.payouts) == len(bank.calls) == 1


def test_what_the_bank_does_not_know_of_is_unknown_counted_and_never_tried_again(
    guard: Worked, bank: Bank
) -> None:
    bank.mood = "fails"
    agent = guard.agent()
    assert pays(guard, agent, "50000") == "unknown"
    assert guard.shown(agent).outcome == "unknown"
    assert bank.payouts == {}
    assert len(bank.calls) == 1
    assert pays(guard, agent, "40000") == "waiting"


@pytest.mark.parametrize(
    ("point", "paid", "outcome"),
    [("after-intent", 0, "unknown"), ("before-outcome", 1, "carried-out")],
)
def test_a_crash_between_act_and_journal_leads_to_no_second_payout(
    guard: Worked, bank: Bank, point: str, paid: int, outcome: str
) -> None:
    """Really killed, in a process of its own. Before the call: unknown, and never paid."""
    agent = guard.agent()
    guard.released("ann", "pay", amount="1200", to=IBAN)
    assert guard.killed(agent, point) == -signal.SIGKILL
    assert len(bank.payouts) == paid
    assert [guard.shown(guard.agent()).outcome for _ in "ab"] == [outcome, outcome]
    assert len(bank.payouts) == len(bank.calls) == paid


@pytest.mark.skipif(shutil.which("curl") is None, reason="ways round are tried with curl")
def test_the_page_shows_the_ways_round_as_they_are(guard: Worked, bank: Bank) -> None:
    (shown,) = blocks("payout.md", "console")
    assert guard.tested() == (0, shown.partition("\n")[2])
    assert bank.calls == []
