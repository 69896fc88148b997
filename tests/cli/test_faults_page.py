"""The pages of faults show what is printed of each of their files."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from terminal import Shell

DOCS = Path(__file__).parent.parent.parent / "docs"
CASE = re.compile(
    r"^## ([^\n]+)\n\n```yaml\n(.*?)```\n\n```text\n(.*?)```$", re.MULTILINE | re.DOTALL
)


CHAIN = re.compile(r"\A[^#]*# .*?```yaml\n(.*?)```", re.DOTALL)


@pytest.mark.parametrize(
    ("page", "file", "command"),
    [("faults.md", "release.yaml", "check release.yaml"),
     ("faults-beliefs.md", "beliefs.yaml", "assess release.yaml beliefs.yaml")],
)  # fmt: skip
def test_the_page_of_faults_shows_what_is_printed(
    page: str, file: str, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = (DOCS / page).read_text("utf-8")
    (tmp_path / "release.yaml").write_text(CHAIN.findall(before)[0], "utf-8")

    def printed(case: re.Match[str]) -> str:
        (tmp_path / file).write_text(case[2], "utf-8")
        shell = Shell(tmp_path)
        out, err = shell.run(*command.split())
        assert (shell.status, out) == (1, ""), (case[1], shell.status, out, err)
        return f"## {case[1]}\n\n```yaml\n{case[2]}```\n\n```text\n{err}```"

    now = CASE.sub(printed, before)
    if os.environ.get("SESSIONS") == "write":
        (DOCS / page).write_text(now, "utf-8")
    assert now == before
    assert len(CASE.findall(before)) == before.count("\n## ") >= 20
