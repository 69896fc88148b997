"""``cheget assess --report`` and ``--svg``: the files, and that the answer is said as ever."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner, Result

from cheget.cli.main import cheget

CHAIN = """\
chain: publish
members: {ann: Ann, bob: Bob, dee: Dee}
levels:
  - {level: request, members: [ann]}
  - {level: team, members: [bob]}
  - {level: owner, members: [dee]}
"""
BELIEFS = """\
beliefs: guess
chain: publish
members: {everyone: {refuses: 5% to 30%}}
expect: carried out < 20%
"""


def run(*words: str) -> Result:
    """As a verb: click keeps the help options of whoever was called first."""
    return CliRunner().invoke(cheget, ["assess", *words])


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    for name, text in (("chain.yaml", CHAIN), ("beliefs.yaml", BELIEFS)):
        (tmp_path / name).write_text(text)
    return [str(tmp_path / "chain.yaml"), str(tmp_path / "beliefs.yaml")]


def test_page_and_drawing_are_written_and_the_answer_is_said_as_without_them(
    files: list[str], tmp_path: Path
) -> None:
    plain = run(*files)
    page, drawn = tmp_path / "page.html", tmp_path / "drawn.svg"
    found = run(*files, "--report", str(page), "--svg", str(drawn))
    assert (found.output, found.exit_code) == (plain.output, 1)  # its expectation is contradicted
    assert page.read_text("utf-8").startswith("<!doctype html>")
    assert "Contradicted" in page.read_text("utf-8")
    ET.fromstring(drawn.read_text("utf-8"))  # noqa: S314


def test_with_json_nothing_else_is_printed(files: list[str], tmp_path: Path) -> None:
    found = run(*files, "--json", "--report", str(tmp_path / "page.html"))
    assert json.loads(found.output)["chain"] == "publish"
    assert (tmp_path / "page.html").exists()


def test_a_page_that_cant_be_written_is_an_error_with_its_name(
    files: list[str], tmp_path: Path
) -> None:
    from cheget.errors import HouseError

    found = run(*files, "--report", str(tmp_path / "none" / "page.html"))
    assert isinstance(found.exception, HouseError)
    assert "page.html: No such file" in str(found.exception)
