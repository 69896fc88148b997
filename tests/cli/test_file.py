"""A file parameter from the command line: given, looked at, signed, carried."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cheget.cli.main import cheget

CHAIN = """\
chain: apply-plan
members: {ann: Ann, bob: Bob}
levels:
  - {level: request, members: [ann]}
  - {level: review,  members: [bob]}
executors: {production-db: The production database}
actions:
  apply: {executors: [production-db], parameters: {plan: {file: up to 1KiB}}}
"""


def run(*words: object) -> Result:
    return CliRunner().invoke(cheget, [str(word) for word in words], catch_exceptions=True)


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    folder = tmp_path / "house"
    (folder / "chains").mkdir(parents=True)
    (folder / "chains" / "apply-plan.yaml").write_text(CHAIN)
    (folder / "people.yaml").write_text("house: example\npeople: {ann: {}, bob: {}}\n")
    monkeypatch.chdir(folder)
    for who in ("ann", "bob"):
        assert run("key", "new", f"../{who}", "--no-passphrase").exit_code == 0
        assert run("people", "enrol", who, "--key", f"../{who}").exit_code == 0
    for who in ("ann", "bob"):
        assert run("people", "found", "--key", f"../{who}", "--yes").exit_code == 0
    return folder


def test_the_file_that_was_signed_can_be_looked_at(house: Path, tmp_path: Path) -> None:
    plan = tmp_path / "plan.sql"
    plan.write_bytes(b"drop table orders;\n")
    sent = run("order", "transmit", "apply", f"plan=@{plan}", "--key", "../ann", "--yes", "--json")
    order = json.loads(sent.stdout.splitlines()[-1])["order"]
    seen = tmp_path / "seen.sql"
    done = run("order", "file", order, "--parameter", "plan", "-o", seen)
    assert done.exit_code == 0
    assert seen.read_bytes() == plan.read_bytes()
    again = run("order", "file", order, "--parameter", "plan", "-o", seen)
    assert "exists" in str(again.exception)
    other = run("order", "file", order, "--parameter", "scheme", "-o", tmp_path / "x")
    assert "no file parameter scheme" in str(other.exception)


def test_a_file_that_is_too_large_is_refused(house: Path, tmp_path: Path) -> None:
    plan = tmp_path / "plan.sql"
    plan.write_bytes(b"x" * 1025)
    sent = run("order", "transmit", "apply", f"plan=@{plan}", "--key", "../ann", "--yes")
    assert "1,025 bytes, and at most 1,024" in str(sent.exception)
