"""The workflow that pages offer: it is YAML, it asks for little, and its step runs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent
FILE = ROOT / "src/cheget/scenarios/workflows/cheget-diff.yml"
CHAIN = """\
chain: pay
title: '@everyone [pay](http://example.org) <b>'
members: {ann: Ann, bob: Bob, cho: Cho}
levels:
  - {level: request, members: [ann], rule: any}
  - {level: team, members: [bob, cho], rule: all}
"""


def workflow() -> Any:
    return yaml.safe_load(FILE.read_text())


def script() -> str:
    (step,) = [one for one in workflow()["jobs"]["diff"]["steps"] if "BASE" in one.get("env", {})]
    return str(step["run"])


class Repository:
    """A git repository with a base commit, and the workflow's step run over another."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "a repository"
        (self.folder / "chains").mkdir(parents=True)
        self.bin = folder / "bin"
        self.bin.mkdir()
        (self.bin / "cheget").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m cheget "$@"\n')
        (self.bin / "cheget").chmod(0o755)
        self.git("init", "-q", "-b", "main")
        self.write("chains/pay.yaml", CHAIN)
        self.base = self.commit()

    def git(self, *words: str) -> str:
        name = ["-c", "user.name=n", "-c", "user.email=e@example.org"]
        done = subprocess.run(["git", *name, *words], cwd=self.folder, capture_output=True,
                              text=True, check=True)  # fmt: skip
        return done.stdout.strip()

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    def commit(self) -> str:
        self.git("add", "-A")
        self.git("commit", "-qm", "one", "--allow-empty")
        return self.git("rev-parse", "HEAD")

    def reviewed(self) -> tuple[int, str]:
        """Exit status and summary of the step, run as the service runs it."""
        self.commit()
        summary = self.folder.parent / "summary.md"
        summary.write_text("")
        env = {**os.environ, "PATH": f"{self.bin}:{os.environ['PATH']}", "BASE": self.base,
               "GITHUB_STEP_SUMMARY": str(summary), "PYTHONPATH": str(ROOT / "src")}  # fmt: skip
        shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script()]
        done = subprocess.run(shell, cwd=self.folder, env=env, capture_output=True, text=True,
                              check=False)  # fmt: skip
        return done.returncode, summary.read_text() + done.stderr


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


def test_it_asks_for_no_more_than_reading_and_uses_the_platforms_own_steps() -> None:
    found = workflow()
    assert found["permissions"] == {"contents": "read"}
    assert "pull_request_target" not in FILE.read_text()
    steps = found["jobs"]["diff"]["steps"]
    assert [one["uses"] for one in steps if "uses" in one] == [
        "actions/checkout@v4", "actions/setup-python@v5",
    ]  # fmt: skip
    assert not any("${{" in one.get("run", "") for one in steps)


def test_an_edit_that_makes_it_weaker_fails_and_says_why(repository: Repository) -> None:
    repository.write("chains/pay.yaml", CHAIN.replace("rule: all", "rule: any"))
    status, said = repository.reviewed()
    assert status == 1
    assert "ann and bob can release it together" in said


def test_an_edit_that_makes_nothing_weaker_passes(repository: Repository) -> None:
    repository.write("chains/pay.yaml", f"# why\n{CHAIN}")
    assert repository.reviewed()[0] == 0


def test_a_chain_with_a_fault_fails(repository: Repository) -> None:
    repository.write("chains/pay.yaml", "chain: pay\n")
    assert repository.reviewed()[0] == 1


def test_a_chain_that_is_new_is_checked_and_one_that_is_gone_fails(repository: Repository) -> None:
    repository.write("chains/with a space.yaml", CHAIN.replace("chain: pay", "chain: other"))
    status, said = repository.reviewed()
    assert (status, "is new" in said) == (0, True)
    (repository.folder / "chains" / "pay.yaml").unlink()
    status, said = repository.reviewed()
    assert (status, "is gone" in said) == (1, True)


def test_who_fills_a_post_is_compared_too(repository: Repository) -> None:
    people = "house: h\npeople: {ann: Ann, bob: Bob, cho: Cho}\n"
    repository.write("people.yaml", people)
    repository.base = repository.commit()
    repository.write("people.yaml", f"{people[:-2]}, dan: Dan}}\nposts: {{cho: dan}}\n")
    status, said = repository.reviewed()
    assert status == 1
    assert re.search(r"cho: filled by is dan; it was cho", said)
