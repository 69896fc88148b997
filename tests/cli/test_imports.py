"""What a verb may load: help at once, and an executor without a desk."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from terminal import Stage

from cheget.cli.main import VERBS

ROOT = Path(__file__).parent.parent.parent
NEVER = ("numpy", "scipy", "asyncio", "jinja2", "fastapi", "pydantic",
         "starlette", "uvicorn", "flask")  # fmt: skip
HEAVY = ("cryptography", "yaml", "rich", "sqlite3", "cheget.service", "cheget.order",
         "cheget.keyring", "cheget.executor", "cheget.chain")  # fmt: skip
LOOK = """
import json, sys
from cheget.cli.main import main
sys.argv = ["cheget", *sys.argv[1:]]
sys.stdout = open("/dev/null", "w")
try:
    main()
except SystemExit as done:
    print(json.dumps({"status": done.code or 0, "loaded": sorted(sys.modules)}), file=sys.stderr)
"""


def loaded(*words: str, here: Path | None = None) -> tuple[int, set[str]]:
    """Exit status, and the modules that a verb loaded, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", LOOK, *words], capture_output=True, text=True, timeout=60,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")}, check=False, cwd=here,
    )  # fmt: skip
    found = json.loads(done.stderr.splitlines()[-1])
    return found["status"], set(found["loaded"])


def having(modules: set[str], *names: str) -> set[str]:
    return {one for one in modules for name in names if one == name or one.startswith(f"{name}.")}


def test_help_loads_the_parser_and_nothing_else() -> None:
    status, modules = loaded("--help")
    assert status == 0
    assert not having(modules, *HEAVY, *NEVER)
    assert having(modules, "cheget") == {
        "cheget", "cheget.cli", "cheget.cli.main", "cheget.errors", "cheget.report",
        "cheget.report.terminal",
    }  # fmt: skip


def test_check_reads_a_chain_without_keys_and_without_a_desk() -> None:
    status, modules = loaded("check", "cheget")
    assert status == 0
    allowed = {"yaml", "cheget.chain"}
    assert not having(modules, *NEVER, *(one for one in HEAVY if one not in allowed))


@pytest.mark.parametrize("words", [("scenarios",), ("completion", "bash")])
def test_verbs_that_only_print_load_nothing_heavy(words: tuple[str, ...]) -> None:
    status, modules = loaded(*words)
    assert status == 0
    assert not having(modules, *NEVER, *HEAVY)


def test_keys_are_shown_without_a_desk(tmp_path: Path) -> None:
    assert loaded("key", "new", "a.key", "--no-passphrase", here=tmp_path)[0] == 0
    status, modules = loaded("key", "show", "a.key", here=tmp_path)
    assert status == 0
    assert not having(modules, *NEVER, "yaml", "rich", "sqlite3", "cheget.service")


@pytest.mark.slow
@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb != "demo"])
def test_no_verb_loads_what_it_never_needs(verb: str) -> None:
    status, modules = loaded(verb, "--help")
    assert status == 0
    assert not having(modules, *NEVER)


def test_an_executor_that_is_given_a_file_needs_no_desk(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell = stage.at("released", tmp_path, monkeypatch)
    shell.must("order", "code", shell.orders[0], "--executor", "production-db", "-o", "code.json")
    settings = tmp_path / "executors" / "production-db" / "executor.yaml"
    settings.write_text(settings.read_text().replace("at: [../..]", "# only files"))
    status, modules = loaded("executor", "run", "production-db", "--once", "--code", "code.json",
                             here=tmp_path)  # fmt: skip
    assert status == 0
    assert having(modules, "cheget.service") == {"cheget.service", "cheget.service.clock"}
    assert not having(modules, *NEVER, "sqlite3", "rich")
    receipts = list((tmp_path / "executors" / "production-db" / "receipts").iterdir())
    assert len(receipts) == 1
    assert re.fullmatch(r"[0-9a-f]{16}-[0-9a-f]{16}\.json", receipts[0].name)


def test_an_executor_that_asks_over_the_network_needs_no_desk_and_no_framework(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.at("released", tmp_path, monkeypatch)
    settings = tmp_path / "executors" / "production-db" / "executor.yaml"
    away = 'at: ["http://localhost:1"]'
    settings.write_text(settings.read_text().replace("at: [../..]", away))
    status, modules = loaded("executor", "run", "production-db", "--once", here=tmp_path)
    assert status == 2
    assert "cheget.client" in modules
    assert having(modules, "cheget.service") == {"cheget.service", "cheget.service.clock"}
    assert not having(modules, *(one for one in NEVER if one != "asyncio"), "sqlite3", "requests")


def test_verify_needs_no_desk(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell = stage.at("released", tmp_path, monkeypatch)
    shell.must("log", "prove", shell.orders[0], "-o", "papers.json")
    shell.must("people", "charter", "-o", "charter.json")
    status, modules = loaded("verify", "papers.json", "--charter", "charter.json", here=tmp_path)
    assert status == 0
    assert not having(modules, *NEVER, "sqlite3", "rich", "cheget.service.desk", "yaml")
