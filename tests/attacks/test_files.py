"""Files and texts that look like something else."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from cheget.chain.parse import parse_chain
from cheget.cli.main import cheget
from cheget.errors import ChainFileError, MalformedDocumentError, NotAllowedError
from cheget.order.fields import check_text
from cheget.report.terminal import safe
from simulator import SCENARIOS, ChainSimulator

WIPE = (SCENARIOS / "wipe-database.yaml").read_bytes()


def test_duplicate_yaml_keys() -> None:
    """The later of two rules would win, and only one of them was read in review."""
    text = WIPE.replace(b"amend:", b"chain: another\namend:")
    with pytest.raises(ChainFileError, match="twice"):
        parse_chain(text)


def test_no_and_010_in_yaml() -> None:
    """Whatever YAML makes of them elsewhere, here they are text, and mean what is written."""
    chain = parse_chain(WIPE.replace(b"{one-of: [orders, billing]}", b"{one-of: [no, 010, ~]}"))
    assert dict(chain.actions[0].parameters)["database"].choices == ("no", "010", "~")
    with pytest.raises(ChainFileError):
        parse_chain(WIPE.replace(b"attempts: 3", b"attempts: 0o3"))


@pytest.mark.parametrize(
    "name", ["\u0430nn", "ann\u200b", "\uff41\uff4e\uff4e", "Ann", "ann\u0301"]
)
def test_unicode_look_alike_names(name: str) -> None:
    """Two members who look like one, or one who looks like somebody else."""
    with pytest.raises(ChainFileError):
        parse_chain(WIPE.replace(b"{ann: Ann,", f"{{{name}: Ann, ann: Ann,".encode()))


@pytest.mark.parametrize(
    "text",
    [
        "\x1b[2J\x1b[H● cho",
        "approved\r✕ refused",
        "\u202eorders",
        "a\u2066b",
        "bell\x07",
        "\x9b31m",
    ],
)
def test_script_in_a_reason_text(sim: ChainSimulator, text: str) -> None:
    """It can steer no terminal, by either road: it is not taken, and would not be printed raw."""
    with pytest.raises(MalformedDocumentError, match="control character"):
        check_text(text)
    shown = safe(text)
    assert not any(c in shown for c in "\x1b\r\u202e\u2066\x07\x9b")
    with pytest.raises((MalformedDocumentError, NotAllowedError)):
        sim.refuse("eve", text)


def test_a_fault_in_a_file_prints_nothing_that_steers(tmp_path: Path) -> None:
    file = tmp_path / "evil.yaml"
    file.write_text("chain: \x1b[31mred\n")
    done = CliRunner().invoke(cheget, ["check", str(file)])
    assert "\x1b" not in done.output
