"""The core installation is all that an executor needs, and it is small."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from terminal import Shell, Stage

ROOT = Path(__file__).parent.parent.parent
LOCKED = set(re.findall(r"(?m)^([a-z0-9-]+)==", (ROOT / "requirements" / "core.lock").read_text()))
NOT_CORE = {"numpy", "scipy", "fastapi", "uvicorn", "starlette", "jinja2", "asyncpg", "webauthn",
            "pydantic", "pycryptodome"}  # fmt: skip
# What is installed here, and would not be where core.lock alone was.
ABSENT = sorted(
    top
    for top, owners in packages_distributions().items()
    if top != "cheget" and not LOCKED & {re.sub("[-_.]+", "-", one).lower() for one in owners}
)
ONLY_CORE = """
import importlib.abc, json, sys
absent = set(json.loads(sys.argv.pop(1)))

class Absent(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in absent:
            raise ModuleNotFoundError(f"No module named {name!r}: not in core.lock", name=name)

sys.meta_path.insert(0, Absent())
from cheget.cli.main import main
main()
"""


def only_core(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", ONLY_CORE, json.dumps(ABSENT), *words], check=False,
        capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )  # fmt: skip


@pytest.fixture
def shell(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    found = stage.at("released", tmp_path, monkeypatch)
    settings = tmp_path / "executors" / "production-db" / "executor.yaml"
    settings.write_text(settings.read_text().replace("at: [../..]", "# only files"))
    found.must("order", "code", found.orders[0], "--executor", "production-db", "-o", "code.json")
    found.must("log", "prove", found.orders[0], "-o", "papers.json")
    found.must("people", "charter", "-o", "charter.json")
    return found


def test_an_executor_works_with_the_core_installation_alone(shell: Shell) -> None:
    for said, status, words in (
        ("a good code is taken: as it must ✓", 1, "executor test production-db"),
        ("carried-out", 0, "executor run production-db --once --code code.json"),
        ("carried-out", 0, "executor status production-db"),
        ("steps 0 to 7 hold", 0, "verify papers.json --charter charter.json"),
    ):
        done = only_core(*words.split())
        assert said in done.stdout, (words, done.stdout, done.stderr)
        assert done.returncode == status


def test_what_is_not_in_the_core_is_really_out_of_reach() -> None:
    """The test above would show nothing if it were not."""
    done = only_core("assess", "cheget")
    assert done.returncode != 0
    assert "not in core.lock" in done.stderr or "cheget[assess]" in done.stderr


def test_the_core_lock_has_what_is_asked_for_and_nothing_of_the_extras() -> None:
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    names = {re.match(r"[a-z0-9-]+", one)[0] for one in asked}  # type: ignore[index]
    assert names <= LOCKED
    assert not LOCKED & NOT_CORE
    assert len(LOCKED) <= 12
