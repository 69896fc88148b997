"""An executor as a service: its unit, and how it ends when it is asked to."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from terminal import Stage

from cheget.cli.template import unit_text
from cheget.executor.journal import read_records

UNIT = "cheget-production-db.service"
SRC = Path(__file__).parent.parent.parent / "src"
OWN = Path("executors/production-db")


def verified(unit: Path) -> None:
    done = subprocess.run(
        ["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False
    )
    ours = [line for line in done.stderr.splitlines() if unit.name in line or str(unit) in line]
    assert (done.returncode, ours) == (0, []), done.stderr


def test_a_new_executor_has_a_unit_with_a_user_of_its_own_and_little_to_write(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell = stage.at("house", tmp_path, monkeypatch)
    shell.must("people", "enrol", "ann", "--key", "ann.key")
    assert UNIT in shell.must("executor", "new", "production-db")
    lines = (OWN / UNIT).read_text().splitlines()
    own = tmp_path / OWN
    for line in (
        "User=cheget-production-db", "NoNewPrivileges=yes", "ProtectSystem=strict",
        "CapabilityBoundingSet=", f"ReadWritePaths={own} {tmp_path / 'desk'}",
        f"ReadOnlyPaths=-{own / 'executor.yaml'}",
        "#LoadCredential=pg-wipe:/etc/cheget/pg-wipe",
    ):  # fmt: skip
        assert line in lines
    (run,) = (line for line in lines if line.startswith("ExecStart="))
    assert run.endswith(f"executor run production-db --folder {own}")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
@pytest.mark.parametrize("name", ["plain", "a b", "100%", 'quo"te', "back\\slash", "new\nline"])
def test_systemd_takes_the_unit_whatever_its_folder_is_called(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    unit = tmp_path / UNIT
    unit.write_text(unit_text("production-db", "wipe", folder, [folder], ["/bin/echo"]))
    verified(unit)


def test_no_folder_can_bring_a_line_of_its_own_into_the_unit(tmp_path: Path) -> None:
    folder = tmp_path / "a\nExecStartPre=/bin/evil"
    unit = unit_text("production-db", "wipe", folder, [folder], ["/bin/echo"])
    assert not any(line.startswith("ExecStartPre") for line in unit.splitlines())


def test_asked_to_stop_it_ends_the_act_that_it_has_begun(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.at("released", tmp_path, monkeypatch)
    script = "touch begun; until test -e go; do sleep 0.02; done; touch done"
    run = json.dumps(["/bin/sh", "-c", f"cd {tmp_path}; {script}"])
    settings = OWN / "executor.yaml"
    text = settings.read_text().partition("act: {wipe")[0]
    settings.write_text(f"{text}act: {{wipe: {{run: {run}}}}}\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "cheget", "executor", "run", "production-db", "--every", "1h"],
        env={**os.environ, "PYTHONPATH": str(SRC)}, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    while not (tmp_path / "begun").exists():
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    (tmp_path / "go").touch()
    assert process.wait(timeout=60) == 0
    assert (tmp_path / "done").exists()
    outcomes = [one.facts["outcome"] for one in read_records(OWN / "journal.jsonl")
                if one.kind == "outcome"]  # fmt: skip
    assert outcomes == ["carried-out"]
