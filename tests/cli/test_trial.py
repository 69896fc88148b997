"""``cheget executor test``: refusals are real, and an open way round is said to be one."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from terminal import Shell, Stage
from test_json import check

DONE = "touched"
FILE = Path("executors/production-db/executor.yaml")


@pytest.fixture
def shell(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """An executor whose program would leave a mark, with its digest."""
    found = stage.at("founded", tmp_path, monkeypatch)
    program = tmp_path / "wipe"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path / DONE}\n")
    program.chmod(0o700)
    digest = hashlib.sha256(program.read_bytes()).hexdigest()
    act = f'act: {{wipe: {{run: [{program}, "{{database}}"], sha256: {digest}}}}}'
    text = FILE.read_text().partition("act: {wipe")[0]
    FILE.write_text(text + act + "\n")
    return found


def add(text: str) -> None:
    FILE.write_text(FILE.read_text() + text + "\n")


def trial(shell: Shell, status: int = 0) -> dict[str, object]:
    shell.status = 0
    out, err = shell.run("executor", "test", "production-db", "--json")
    assert shell.status == status, err or out
    value: dict[str, object] = check("executor-test", json.loads(out))
    check(
        "executor-status", json.loads(shell.run("executor", "status", "production-db", "--json")[0])
    )
    return value


def refused(value: dict[str, object]) -> dict[str, bool | None]:
    return {one["tried"]: one["refused"] for one in value["refusals"]}  # type: ignore[attr-defined]


def test_everything_is_refused_and_the_act_is_never_run(shell: Shell, tmp_path: Path) -> None:
    add("bypass: [{as: ann, try: [/bin/false]}]")
    value = trial(shell)
    assert refused(value) == {
        "a good code is taken": True, "no code": True, "expired": True,
        "another executor's": True, "another deployment's": True, "option": None,
        "edited program": True,
    }  # fmt: skip
    assert value["ways_round"] == [{"as": "ann", "result": "denied", "says": "", "status": 1}]
    assert not (tmp_path / DONE).exists()
    said = shell.must("executor", "test", "production-db")
    assert said.endswith("ann: denied ✓\nNothing that was tried got past it.\n")
    assert len((FILE.parent / "tests.jsonl").read_text().splitlines()) == 2
    assert ": passed" in shell.must("executor", "status", "production-db")


def test_a_way_round_that_is_open_is_said_and_closing_it_leaves_none(shell: Shell) -> None:
    add("bypass: [{as: superuser, try: [/bin/true]}]")
    said, _ = shell.run("executor", "test", "production-db")
    assert shell.status == 1
    assert "superuser: NOT DENIED ✕" in said
    assert said.endswith("1 way round this chain.\n")
    assert "FAILED, 1 way round open" in shell.run("executor", "status", "production-db")[0]
    FILE.write_text(FILE.read_text().replace("/bin/true", "/bin/false"))
    assert trial(shell)["passed"] is True


def test_a_way_round_that_hangs_is_an_error_and_no_pass(shell: Shell) -> None:
    add("bypass: [{as: ann, try: [/bin/sleep, '60'], timeout: 1s}]")
    (way,) = trial(shell, 1)["ways_round"]  # type: ignore[misc]
    assert way["result"] == "error"
    assert "hung for 1 s" in way["says"]


def test_a_program_swapped_on_disk_and_one_without_a_digest_are_found(
    shell: Shell, tmp_path: Path
) -> None:
    with (tmp_path / "wipe").open("a") as program:
        program.write("echo more\n")
    assert refused(trial(shell, 1))["edited program"] is False
    assert not (tmp_path / DONE).exists()
    FILE.write_text(FILE.read_text().partition(", sha256")[0] + "}}\n")
    value = trial(shell, 1)
    assert refused(value)["edited program"] is False
    assert "no sha256" in json.dumps(value)


def test_a_verifier_that_takes_anything_fails_the_test(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Left without its check of time, it takes an expired code: the test must see that."""
    from cheget.order import verify

    steps = tuple(
        (number, title, (lambda _: "skipped") if number == 8 else check)
        for number, title, check in verify.STEPS
    )
    monkeypatch.setattr(verify, "STEPS", steps)
    assert refused(trial(shell, 1))["expired"] is False


def test_without_a_charter_there_is_nothing_to_test(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = stage.at("enrolled", tmp_path, monkeypatch)
    _, said = found.run("executor", "test", "production-db")
    assert found.status == 2
    assert "has no charter yet" in said
    assert not list(tmp_path.rglob("tests.jsonl"))
