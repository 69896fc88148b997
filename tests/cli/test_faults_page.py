"""``docs/faults.md`` shows what is printed of each of its files."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from terminal import Shell

PAGE = Path(__file__).parent.parent.parent / "docs" / "faults.md"
CASE = re.compile(
    r"^## ([^\n]+)\n\n```yaml\n(.*?)```\n\n```text\n(.*?)```$", re.MULTILINE | re.DOTALL
)


def test_the_page_of_faults_shows_what_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    page = PAGE.read_text("utf-8")

    def printed(case: re.Match[str]) -> str:
        (tmp_path / "release.yaml").write_text(case[2], "utf-8")
        shell = Shell(tmp_path)
        out, err = shell.run("check", "release.yaml")
        assert (shell.status, out) == (1, ""), case[1]
        return f"## {case[1]}\n\n```yaml\n{case[2]}```\n\n```text\n{err}```"

    now = CASE.sub(printed, page)
    if os.environ.get("SESSIONS") == "write":
        PAGE.write_text(now, "utf-8")
    assert now == page
    assert len(CASE.findall(page)) == page.count("\n## ") >= 20
