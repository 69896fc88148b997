"""Every session happens as its file says."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from terminal import Stage, play

from cheget.cli.main import VERBS

FOLDER = Path(__file__).parent / "sessions"
FILES = sorted(FOLDER.glob("*.txt"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_session_happens_as_its_file_says(
    file: Path, stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = file.read_text()
    start = text.partition("\n")[0].removeprefix("# start: ")
    shell = stage.at(start, tmp_path, monkeypatch)
    happened = play(shell, text)
    if os.environ.get("SESSIONS") == "write":
        file.write_text(happened)
    assert happened == text


def test_every_verb_is_in_a_session() -> None:
    text = "\n".join(file.read_text() for file in FILES)
    elsewhere = {
        "demo",
        "completion",
        "serve",
        "mcp",
        "doctor",
        "backup",
    }  # have tests of their own
    assert {verb for verb in VERBS if f"$ cheget {verb}" not in text} <= elsewhere
