"""Attacks by what an act says: it comes from outside, and is shown to people."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "cli"))

from terminal import Shell, Stage

FOLDER = Path("executors/production-db")
STEERS = r"\033[2J\033[1;32m carried-out\r\007 \302\233 \377\376 \342\200\256 end"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    return Stage(tmp_path_factory.mktemp("stage"))


def acted(stage: Stage, here: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> Shell:
    """An order that was carried out, by an act that says what ``script`` prints."""
    shell = stage.at("released", here, monkeypatch)
    settings = FOLDER / "executor.yaml"
    run = json.dumps(["/bin/sh", "-c", script, "act", "{database}"])
    settings.write_text(
        settings.read_text().partition("act: {wipe")[0] + f"act: {{wipe: {{run: {run}}}}}\n"
    )
    shell.must("executor", "run", "production-db", "--once")
    return shell


def said(shell: Shell) -> tuple[str, str]:
    status = json.loads(shell.must("executor", "status", "production-db", "--json"))
    shown = json.loads(shell.must("show", shell.orders[0], "--json"))
    return status["orders"][0]["output"], shown["outputs"].get("production-db", "")


def test_control_characters_in_what_an_act_says(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They steer no terminal, by any verb, and what isn't text is shown as such."""
    shell = acted(stage, tmp_path, monkeypatch, f"printf '{STEERS}'")
    for verb in (("executor", "status", "production-db"), ("show", shell.orders[0])):
        out = shell.must(*verb)
        assert not any(character in out for character in "\x1b\r\x07\x9b\u202e")
        assert r"│ \x1b[2J\x1b[1;32m carried-out\x0d\x07 \x9b" in out
        assert out.rstrip().endswith("end")
    assert all(text.startswith("\x1b[2J") and "\ufffd" in text for text in said(shell))


def test_endless_output(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last 64 KiB are kept, and a terminal is given the last lines."""
    shell = acted(stage, tmp_path, monkeypatch, "seq 1 20000")
    out = shell.must("show", shell.orders[0])
    assert out.endswith("    │ 19999\n    │ 20000\n")
    assert out.count("    │ ") == 20
    assert all(len(text) == 64 * 1024 and text.endswith("20000\n") for text in said(shell))


def test_another_output_than_the_receipt_binds(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever writes the journal anew, hashes and all, shows the originator nothing."""
    shell = acted(stage, tmp_path, monkeypatch, "echo wipes nothing")
    assert said(shell) == ("wipes nothing\n", "wipes nothing\n")
    journal = FOLDER / "journal.jsonl"
    lines = journal.read_bytes().splitlines()
    place = next(n for n, line in enumerate(lines) if b'"kind":"receipt"' in line)
    lines[place] = lines[place].replace(b"wipes nothing", b"wipes orders")
    journal.write_bytes(b"\n".join(lines[: place + 1]) + b"\n")
    assert said(shell) == ("wipes orders\n", "")
