"""What a session in a file cannot show: agents, prompts, a store in use, colour, completion."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from terminal import EVERYBODY, Shell, Stage

from cheget.cli.faults import pointed
from cheget.errors import ChainFileError


@pytest.fixture
def founded(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    return stage.at("founded", tmp_path, monkeypatch)


@pytest.fixture
def house(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    return stage.at("house", tmp_path, monkeypatch)


def test_a_store_in_use_is_said_and_nothing_is_written(
    founded: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cheget.service.sqlite._BUSY_SECONDS", 0.1)
    busy = sqlite3.connect(founded.here / "desk" / "store.sqlite", isolation_level=None)
    try:
        busy.execute("BEGIN EXCLUSIVE")
        words = ("order", "transmit", "wipe", "database=orders", "--key", "ann.key", "--yes")
        _, said = founded.run(*words)
        assert founded.status == 2
        assert "in use by somebody else" in said
        assert "try again" in said
    finally:
        busy.execute("ROLLBACK")
        busy.close()
    assert founded.orders == []


def test_a_damaged_entry_of_the_store_is_named_by_its_position(founded: Shell) -> None:
    for _ in range(2):
        founded.must("request", "wipe", "database=orders", "--key", "ann.key", "--yes")
    founded.must("log", "verify")
    store = sqlite3.connect(founded.here / "desk" / "store.sqlite")
    position = store.execute("SELECT max(position) FROM entries WHERE log = 0").fetchone()[0]
    (leaf,) = store.execute(
        "SELECT leaf FROM entries WHERE log = 0 AND position = ?", (position,)
    ).fetchone()
    changed = leaf.replace(b'"seq":0', b'"seq":1')
    store.execute("UPDATE entries SET leaf = ? WHERE log = 0 AND position = ?", (changed, position))
    store.commit()
    store.close()
    _, said = founded.run("log", "verify")
    assert founded.status == 1
    assert f"the orders log, entry {position}: place 1 where 0 is due" in said


def test_a_log_cut_short_is_noticed_by_whoever_saw_more(founded: Shell) -> None:
    founded.must("request", "wipe", "database=orders", "--key", "ann.key", "--yes")
    founded.must("log", "export", "-o", "before.jsonl")
    founded.must("request", "wipe", "database=billing", "--key", "ann.key", "--yes")
    founded.must("log", "verify")
    _, said = founded.run("log", "verify", "--file", "before.jsonl")
    assert founded.status == 1
    assert "entries, where 7 were seen before" in said


def test_another_charter_than_the_pinned_one_is_an_alarm(founded: Shell) -> None:
    pinned = next((founded.here / "state" / "cheget").glob("*.json"))
    known = json.loads(pinned.read_text())
    pinned.write_text(json.dumps({**known, "charter": "0" * 64}))
    _, said = founded.run("log", "verify")
    assert founded.status == 2
    assert "another charter than the one pinned" in said


@pytest.mark.parametrize("shell_name", ["bash", "zsh", "fish"])
def test_completion_is_printed_for_each_shell(house: Shell, shell_name: str) -> None:
    assert "_CHEGET_COMPLETE" in house.must("completion", shell_name)


def test_nothing_is_coloured_unless_a_terminal_shows_it(founded: Shell) -> None:
    assert "\x1b" not in founded.must("check", "wipe-database")
    assert "\x1b" not in founded.must("executor", "status", "production-db")


def test_json_is_one_value_and_nothing_else(founded: Shell) -> None:
    for words in (
        ("people", "list"), ("check", "cheget"), ("scenarios",), ("order", "list"),
        ("executor", "status", "production-db"), ("log", "verify"),
        ("key", "show", "ann.key"),
    ):  # fmt: skip
        assert json.loads(founded.must(*words, "--json")) is not None


def test_a_question_is_asked_where_somebody_can_answer(
    house: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    for person in EVERYBODY:
        house.must("people", "enrol", person, "--key", f"{person}.key")
    asked: list[str] = []

    def no(question: str, *, abort: bool) -> None:
        asked.append(question)
        if abort:
            raise click.Abort

    monkeypatch.setattr("cheget.cli.plain.is_asked", lambda: True)
    monkeypatch.setattr(click, "confirm", no)
    out, said = house.run("people", "found", "--key", "ann.key")
    assert asked == ["ann proposes this charter, and agrees to it?"]
    assert "digest, to be read aloud" in out
    assert (house.status, said) == (2, "cheget: left, nothing was signed\n")
    assert "No charter has been proposed yet." in house.must("people", "list")


def test_a_new_passphrase_is_asked_for_twice(house: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[dict[str, object]] = []

    def prompt(_: str, **options: object) -> str:
        seen.append(options)
        return "open sesame"

    monkeypatch.setattr("cheget.cli.key.is_asked", lambda: True)
    monkeypatch.setattr(click, "prompt", prompt)
    house.must("key", "new", "mine.key")
    assert seen[0]["confirmation_prompt"] is True
    assert seen[0]["hide_input"] is True


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A real SSH agent."""
    program = shutil.which("ssh-agent")
    if program is None:
        pytest.skip("no ssh-agent here")
    place = tmp_path / "agent.sock"
    with subprocess.Popen([program, "-D", "-a", str(place)], stdout=subprocess.DEVNULL) as process:
        for _ in range(200):
            if place.exists():
                break
            time.sleep(0.01)
        yield place
        process.terminate()


def test_a_key_in_the_agent_is_enrolled_and_signs(
    house: Shell, agent: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSH_AUTH_SOCK", str(agent))
    for name in ("ann.key", "bob.key"):
        subprocess.run(["ssh-add", "-q", name], check=True)
    _, said = house.run("people", "enrol", "ann", "--ssh")
    assert house.status == 2
    assert "holds 2 keys" in said
    mine = json.loads(house.must("key", "show", "ann.key", "--json"))["fingerprint"]
    house.must("people", "enrol", "ann", "--ssh", "--agent-key", mine)
    for person in ("bob", "cho", "dee"):
        house.must("people", "enrol", person, "--key", f"{person}.key")
    assert json.loads(house.must("people", "found", "--yes", "--json", "--as", "ann"))["missing"]
    keys = {one["who"]: one for one in json.loads(house.must("people", "list", "--json"))["people"]}
    assert keys["ann"]["keys"] == [mine]


def test_an_executor_on_another_machine_is_enrolled_by_its_document(
    house: Shell, tmp_path: Path
) -> None:
    house.must("people", "enrol", "ann", "--key", "ann.key")
    deployment = (house.here / "house.yaml").read_text().split("deployment: ")[1].split("\n")[0]
    away = tmp_path / "away"
    house.must(
        "executor", "new", "production-db", "--folder", str(away), "--deployment", deployment,
        "--chain", "chains/wipe-database.yaml",
    )  # fmt: skip
    house.must("people", "enrol", "--document", str(away / "enrolment.json"))
    for person in ("bob", "cho", "dee"):
        house.must("people", "enrol", person, "--key", f"{person}.key")
    for person in EVERYBODY:
        house.must("people", "found", "--key", f"{person}.key", "--yes")
    house.must("log", "export", "-o", str(away / "ledger.jsonl"))
    pin = ("executor", "pin", "production-db", "--folder", str(away), "--charter", house.charter)
    house.must(*pin, "--from", str(away / "ledger.jsonl"))
    house.must("request", "wipe", "database=orders", "--key", "ann.key", "--yes")
    order = house.orders[0]
    for person in ("bob", "dee"):
        house.must("concur", order, "--key", f"{person}.key", "--yes")
    (away / "codes").mkdir()
    settings = away / "executor.yaml"
    settings.write_text(settings.read_text().replace("act: {}", "act: {wipe: {run: [/bin/true]}}"))
    house.must(
        "order", "code", order, "--executor", "production-db", "-o", str(away / "codes/one.json")
    )
    (away / "codes" / "spoiled.json").write_text("nonsense")
    run = ("executor", "run", "production-db", "--folder", str(away), "--once")
    assert "carried-out" in house.must(*run)
    assert list((away / "receipts").iterdir())


def test_a_carried_code_must_reach_back_to_the_head_that_is_held(founded: Shell) -> None:
    settings = founded.here / "executors" / "production-db" / "executor.yaml"
    settings.write_text(settings.read_text().replace("/bin/echo", "/bin/true"))
    settings.write_text(settings.read_text().replace("at: [../..]", "# only files"))
    for number in range(2):
        founded.must("request", "wipe", "database=orders", "--key", "ann.key", "--yes")
        for person in ("bob", "dee"):
            founded.must("concur", founded.orders[number], "--key", f"{person}.key", "--yes")
    status = json.loads(founded.must("executor", "status", "production-db", "--json"))
    code = ("order", "code", founded.orders[1], "--executor", "production-db", "-o", "code.json")
    run = ("executor", "run", "production-db", "--once", "--code", "code.json")
    founded.must(*code)
    out, _ = founded.run(*run)
    assert (founded.status, "refused" in out) == (1, True)
    founded.status = 0
    founded.must(*code, "--since", str(status["heads"]["orders"]["size"]))
    assert "carried-out" in founded.must(*run)


def test_a_carried_code_does_not_get_round_a_stop_that_a_place_has(founded: Shell) -> None:
    """The code was made before the countermand; the house that `at` names knows of it."""
    founded.must("request", "wipe", "database=orders", "--key", "ann.key", "--yes")
    for person in ("bob", "dee"):
        founded.must("concur", founded.orders[0], "--key", f"{person}.key", "--yes")
    size = json.loads(founded.must("executor", "status", "production-db", "--json"))["heads"]
    founded.must(
        "order", "code", founded.orders[0], "--executor", "production-db", "-o", "code.json",
        "--since", str(size["orders"]["size"]),
    )  # fmt: skip
    founded.must("countermand", founded.orders[0], "--key", "ann.key", "--yes")
    out, _ = founded.run("executor", "run", "production-db", "--once", "--code", "code.json")
    assert (founded.status, "refused" in out, "carried-out" in out) == (1, True, False)


def test_a_caret_stands_under_the_fault_in_a_long_line(tmp_path: Path) -> None:
    file = tmp_path / "long.yaml"
    file.write_text("x" * 300 + "HERE" + "y" * 300)
    error = ChainFileError("a fault", line=1, column=301)
    error.file = str(file)
    _, source, caret = pointed(error)
    assert source[caret.index("^") :].startswith("HERE")


def test_the_program_runs_as_a_module() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cheget", "--version"], capture_output=True, text=True, check=True,
        env={"PYTHONPATH": str(Path(__file__).parent.parent.parent / "src")},
    )  # fmt: skip
    assert done.stdout.startswith("cheget, version")
