"""Pages cannot lie: their commands are run, their output is compared."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)
PAGES = list((ROOT / "docs").rglob("*.md")) + list((ROOT / "spec").glob("*.md"))


def commands(page: str) -> list[tuple[str, list[str]]]:
    """Each command of a page's consoles with the lines expected after it."""
    found: list[tuple[str, list[str]]] = []
    for block in BLOCK.findall(page):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            else:
                found[-1][1].append(line)
    return found


def matches(expected: list[str], shown: list[str]) -> bool:
    """Whether lines match; ``…`` in a line is any text, ``…`` alone any lines."""
    if not expected:
        return not shown
    first, *rest = expected
    if first == "…":
        return any(matches(rest, shown[skip:]) for skip in range(len(shown) + 1))
    pattern = ".*".join(re.escape(part) for part in first.split("…"))
    return bool(shown) and bool(re.fullmatch(pattern, shown[0])) and matches(rest, shown[1:])


# Those of a group in one house, one after the other.
@pytest.mark.parametrize("pages", [("tutorial", "auditing"), ("changing",)], ids="-".join)
def test_pages_run_as_they_are_written(pages: tuple[str, ...], tmp_path: Path) -> None:
    bin_ = tmp_path / "bin"
    bin_.mkdir()
    launcher = bin_ / "cheget"
    launcher.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m cheget "$@"\n')
    launcher.chmod(0o755)
    script = ["set -u", f"cd {tmp_path}"]
    texts = [(ROOT / "docs" / f"{page}.md").read_text() for page in pages]
    steps = [one for text in texts for one in commands(text)]
    for number, (command, _) in enumerate(steps):
        script += [f"echo '--- {number}'", command.partition("  # exit")[0], 'echo "=== $?"']
    env = {
        **os.environ, "PATH": f"{bin_}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT / "src"),
        "XDG_STATE_HOME": str(tmp_path / "state"), "HOME": str(tmp_path),
    }  # fmt: skip
    env.pop("SSH_AUTH_SOCK", None)
    done = subprocess.run(
        ["bash", "-c", "\n".join(script)], capture_output=True, text=True, check=False, env=env,
        stdin=subprocess.DEVNULL, timeout=240,
    )  # fmt: skip
    parts = re.split(r"^--- \d+\n", done.stdout, flags=re.MULTILINE)[1:]
    assert len(parts) == len(steps), done.stderr
    for (command, expected), part in zip(steps, parts, strict=True):
        *lines, status = part.splitlines()
        wanted = int(command.partition("# exit ")[2] or 0)
        assert status == f"=== {wanted}", (command, lines, done.stderr[-2000:])
        assert matches(expected, lines), (command, expected, lines)


ASSESSED = [
    one for page in ("assessment", "sweeps")
    for one in commands((ROOT / "docs" / f"{page}.md").read_text())
]  # fmt: skip


@pytest.mark.parametrize(("command", "expected"), ASSESSED, ids=[one for one, _ in ASSESSED])
def test_assessments_print_what_their_page_shows(command: str, expected: list[str]) -> None:
    from click.testing import CliRunner

    from cheget.cli.main import cheget

    _, *words = command.split()
    done = CliRunner().invoke(cheget, words)
    assert done.exit_code == 0, done.output
    assert matches(expected, [line.rstrip() for line in done.output.splitlines()])


@pytest.mark.slow
def test_the_sweep_that_its_page_writes_runs_on_processes(tmp_path: Path) -> None:
    (code,) = re.findall(
        r"```python\n(.*?)```", (ROOT / "docs" / "sweeps.md").read_text(), re.DOTALL
    )
    script = tmp_path / "swept.py"
    script.write_text(code)
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, env=env,
                          check=True, timeout=240)  # fmt: skip
    assert [line.split(":")[0] for line in done.stdout.splitlines()][:2] == [
        "5% alike 0.0", "5% alike 0.5",
    ]  # fmt: skip
    assert len(done.stdout.splitlines()) == 8


def shape(line: str) -> str:
    """A line without what differs from run to run: the order's words, and numbers."""
    line = re.sub(r"order  [a-z]+( [a-z]+){5}", "order  WORDS", line)
    return re.sub(r"[0-9][0-9,]*", "N", line.rstrip())


@pytest.mark.slow
def test_the_demo_prints_what_the_readme_shows() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cheget", "demo"], capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")}, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    shown = (ROOT / "README.md").read_text().split("```text\n")[1].split("```")[0]
    assert [shape(one) for one in done.stdout.splitlines()] == [
        shape(one) for one in shown.splitlines()
    ]


@pytest.mark.parametrize("page", [ROOT / "README.md", *PAGES], ids=lambda page: page.name)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)", page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_the_readme_names_every_dependency_and_no_other() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = {re.split(r"[>=<\[]", one)[0] for one in project["dependencies"]}
    section = (ROOT / "README.md").read_text().split("## Dependencies")[1]
    assert set(re.findall(r"^\| `([a-z]+)` \|", section, re.MULTILINE)) == wanted


def test_the_readme_draws_every_folder() -> None:
    layout = (ROOT / "README.md").read_text().split("## Layout")[1]
    folders = {
        file.name
        for file in (ROOT / "src" / "cheget").iterdir()
        if file.is_dir() and file.name != "__pycache__"
    }
    assert folders <= set(re.findall(r"^  ([a-z]+)/", layout, re.MULTILINE))
