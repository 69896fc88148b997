"""The gate of a code host, as its page has it: from a webhook to the answer, by real programs.

What is exchanged lies in ``exchange/``. It was written after the code host's own description of
its webhooks and calls, not taken from a live one.
"""

from __future__ import annotations

import http.client
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import ModuleType

import pytest
from worked import DOCS, Worked, blocks, digest, program

ROOT = DOCS.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "cli"))

from terminal import Shell, Stage  # noqa: E402

EXCHANGE = Path(__file__).parent / "exchange"
BODY = (EXCHANGE / "webhook.json").read_bytes()
HEADERS = dict(
    line.split(": ", 1) for line in (EXCHANGE / "webhook.headers").read_text().splitlines()
)
RUN = json.loads((EXCHANGE / "run.json").read_bytes())
PATH = f"/repos/example/shop/actions/runs/{RUN['id']}"
PEOPLE = ("ann", "bob", "cho", "dee")


class Host(HTTPServer):
    """The code host: one run that waits, and what it was answered."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Calls)
        self.run = dict(RUN)
        self.answers: list[dict[str, str]] = []

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Calls(BaseHTTPRequestHandler):
    server: Host

    def do_GET(self) -> None:
        self._answer(200 if self.path == PATH else 404, json.dumps(self.server.run).encode())

    def do_POST(self) -> None:
        value = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.headers["Authorization"] != "Bearer the App's":
            self._answer(403)
        elif self.path != f"{PATH}/deployment_protection_rule":
            self._answer(404)
        else:
            self.server.answers.append(value)
            self._answer(204)

    def _answer(self, status: int, data: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def host() -> Iterator[Host]:
    server = Host()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name.replace("-", "_"), DOCS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def put(folder: Path, api: str) -> dict[str, str]:
    """What stands on the page, and what stands for it here."""
    answers = program(
        "deployment-answer.py", folder, {"/usr/bin/env python3": sys.executable}
    )  # fmt: skip
    token, header = folder / "token", folder / "header"
    token.write_text("the App's\n")
    header.write_text("Authorization: Bearer ann's\n")
    token.chmod(0o400)
    return {
        "command:/usr/local/lib/cheget/installation-token": f"file:{token}",
        "/usr/local/lib/cheget/deployment-answer.py": str(answers),
        "/etc/cheget/tests/ann.header": str(header), "https://api.github.com": api,
        "/usr/bin/curl": shutil.which("curl") or "/nowhere", f"9c4f{'0' * 60}": digest(answers),
        "runs/1/": f"runs/{RUN['id']}/",
    }  # fmt: skip


@pytest.fixture
def shell(host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A house as the page has it, founded, and its executor."""
    here = tmp_path / "house"
    here.mkdir()
    found = Stage(tmp_path).at("nothing", here, monkeypatch)
    chain, settings, people = blocks("deployment.md", "yaml")
    (here / "chains").mkdir()
    (here / "chains" / "deploy.yaml").write_text(chain)
    (here / "people.yaml").write_text(people)
    for who in (*PEOPLE, "code-host"):
        found.must("key", "new", f"{who}.key", "--no-passphrase")
        found.must("people", "enrol", who, "--key", f"{who}.key")
    found.must("executor", "new", "gate")
    for who in PEOPLE:
        found.must("people", "found", "--key", f"{who}.key", "--yes")
    found.must("executor", "pin", "gate", "--charter", found.charter)
    for old, new in {**put(tmp_path, host.api), "/srv/house": str(here)}.items():
        settings = settings.replace(old, new)
    settings = re.sub(r"(?m)^charter: \w+", f"charter: {found.charter}", settings)
    (here / "executors" / "gate" / "executor.yaml").write_text(settings)
    return found


@pytest.fixture
def hook(shell: Shell, tmp_path: Path) -> Iterator[int]:
    """The program that listens, as a process of its own; its port."""
    (tmp_path / "seen").mkdir()
    command = [
        sys.executable, DOCS / "deployment-hook.py", "0", "https://api.github.com",
        EXCHANGE / "secret", tmp_path / "seen", sys.executable, "-m", "cheget", "request",
        "deploy", "--house", shell.here, "--key", shell.here / "code-host.key", "--yes",
    ]  # fmt: skip
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )  # fmt: skip
    assert process.stdout is not None
    yield int(process.stdout.readline().split()[-1])
    process.kill()
    process.wait()
    process.stdout.close()


def send(port: int, body: bytes = BODY, **changed: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", "/", body, {**HEADERS, **changed})
    answer = connection.getresponse()
    said = answer.read().decode()
    connection.close()
    return answer.status, said


def signed(body: bytes) -> dict[str, str]:
    secret = (EXCHANGE / "secret").read_bytes().strip()
    return {"X-Hub-Signature-256": module("deployment-hook").signature(secret, body)}


def concur(shell: Shell, *people: str) -> None:
    for who in people:
        shell.must("concur", shell.orders[-1], "--key", f"{who}.key", "--yes")


def test_the_signature_is_the_one_that_the_code_host_documents() -> None:
    """Its own example: a secret, a text, and what must come out."""
    found = module("deployment-hook").signature(b"It's a Secret to Everybody", b"Hello, World!")
    assert found == "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"


def test_from_the_webhook_to_the_answer(shell: Shell, hook: int, host: Host) -> None:
    assert send(hook) == (202, "transmitted")
    assert send(hook, **{"X-GitHub-Delivery": "another"}) == (200, "asked before")
    (order,) = shell.orders
    _, error = shell.run("concur", order, "--key", "code-host.key", "--yes")
    assert "code-host is not asked" in error
    concur(shell, "ann", "bob")
    shell.run("executor", "run", "gate", "--once")
    assert host.answers == []
    concur(shell, "dee")
    for _ in "ab":
        shell.run("executor", "run", "gate", "--once")
    (answer,) = host.answers
    shown = (EXCHANGE / "answer.json").read_text().strip()
    pattern = "[0-9a-f]{64}".join(map(re.escape, shown.split("…")))
    assert re.fullmatch(pattern, json.dumps(answer, sort_keys=True))


@pytest.mark.parametrize(
    ("old", "new", "answer"),
    [
        (b'"production"', b'"staging"', (500, "not transmitted")),
        (b"example/shop", b"example/else", (500, "not transmitted")),
        (b"https://api.github.com", b"https://elsewhere.example", None),
        (b"runs/23625057533/", b"runs/1/../2/", None),
        (b'"requested"', b'"completed"', None),
        (b'"sha": "f9', b'"sha": "--', None),
    ],
)
def test_what_the_chain_or_the_hook_does_not_know_is_not_transmitted(
    shell: Shell, hook: int, old: bytes, new: bytes, answer: tuple[int, str] | None
) -> None:
    """Signed it may be: then somebody has the secret, or asks for what is not guarded here."""
    body = BODY.replace(old, new)
    assert send(hook, body, **signed(body)) == (answer or (422, "another webhook than this is for"))
    assert shell.orders == []


def test_what_is_not_signed_as_it_came_is_not_read(shell: Shell, hook: int) -> None:
    again = json.dumps(json.loads(BODY)).encode()
    unsigned = (401, "not signed with our secret")
    assert send(hook, again) == unsigned
    assert send(hook, BODY + b"\n") == unsigned
    assert send(hook, **{"X-Hub-Signature-256": ""}) == unsigned
    assert send(hook, **{"X-Hub-Signature-256": "sha256=" + "0" * 64}) == unsigned
    assert send(hook, b"nothing", **{"Content-Length": "9999999"}) == (413, "too large")
    assert shell.orders == []


def test_a_run_of_another_commit_than_was_signed_is_not_answered(
    shell: Shell, hook: int, host: Host
) -> None:
    send(hook)
    concur(shell, "ann", "bob", "dee")
    host.run["head_sha"] = "0" * 40
    said, _ = shell.run("executor", "run", "gate", "--once")
    assert "is not of commit f95f852bd8fca8fcc58a9a2d6c842781e32a215e: nothing is answered" in said
    assert host.answers == []


def test_that_no_machine_agrees_is_proved_of_the_pages_chain(shell: Shell) -> None:
    assert "machines never concur" in shell.must("prove", "chains/deploy.yaml")


@pytest.mark.skipif(shutil.which("curl") is None, reason="ways round are tried with curl")
def test_the_page_shows_the_ways_round_as_they_are(tmp_path: Path, host: Host) -> None:
    guard = Worked("deployment.md", tmp_path, put(tmp_path, host.api), frozenset({"code-host"}))
    (shown,) = (text for text in blocks("deployment.md", "console") if "executor test" in text)
    assert guard.tested() == (0, shown.partition("\n")[2])
    assert host.answers == []
