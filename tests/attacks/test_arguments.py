"""Attacks by whoever transmits, on the program of an act: what is said in a parameter."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "executor"))

from guarded import Guarded

from cheget.errors import CodeArgumentError, OptionError
from cheget.executor.actions import check_parameters
from cheget.executor.config import parse_configuration

METACHARACTERS = [
    "$(touch pwned)", "`touch pwned`", "; touch pwned", "orders && touch pwned", "| touch pwned",
    "' \" \\ {database} {x}", "*", "~root", "$HOME ${HOME}", "> pwned", "!!", "%s %n", "orders #",
]  # fmt: skip


@pytest.fixture
def one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Guarded:
    monkeypatch.chdir(tmp_path)
    return Guarded(tmp_path / "guarded")


@pytest.mark.parametrize("value", ["-", "-rf", "--all", "--database=orders", "-c touch pwned"])
def test_parameter_as_option(one: Guarded, value: str) -> None:
    """Refused for good by an error of its own, before anything is journaled as begun."""
    agent = one.agent()
    order = one.released(database=value)
    (taken,) = agent.run_once()
    assert taken.outcome == "refused"
    assert "could be taken for an option" in taken.says
    assert one.lines == []
    assert not agent.journal.of_order(order, "intent")
    with pytest.raises(OptionError):
        check_parameters({"database": value})


@pytest.mark.parametrize("value", METACHARACTERS)
def test_shell_metacharacters(one: Guarded, value: str) -> None:
    """A parameter is one argument, as it is, and never text for a shell."""
    agent = one.agent()
    one.released(database=value)
    assert [taken.outcome for taken in agent.run_once()] == ["carried-out"]
    assert one.lines == [value]
    assert not list(Path().rglob("pwned"))


@pytest.mark.parametrize(
    "argv",
    [
        ["/bin/sh", "-c", "wipe {database}"],
        ["/bin/bash", "-exc", "wipe '{database}'"],
        ["/usr/bin/env", "-i", "dash", "-c", "wipe {database}"],
        ["/usr/bin/sudo", "-u", "dba", "/bin/sh", "-c", "wipe {database}"],
        ["/bin/su", "dba", "-c", "wipe {database}"],
        ["/usr/bin/ssh", "db", "wipe", "{database}"],
        ["/usr/bin/python3.12", "-c", "wipe('{database}')"],
        ["/usr/bin/perl", "-e", "wipe('{database}')"],
        ["/usr/bin/psql", "-c", "drop database {database}"],
        ["/usr/bin/psql", "--command", "drop database {database}"],
        ["/usr/bin/psql", "-cdrop database {database}"],
        ["/usr/bin/psql", "--command=drop database {database}"],
    ],
)
@pytest.mark.parametrize("key", ["run", "probe"])
def test_parameter_where_a_program_runs_code(one: Guarded, argv: list[str], key: str) -> None:
    """No order is needed to see that: such an executor.yaml is not taken, and says where."""
    act = {"run": ["/bin/true"], key: argv}
    text = one.settings.partition("act:")[0] + f"act: {{wipe: {json.dumps(act)}}}\n"
    with pytest.raises(CodeArgumentError, match="would be code too") as error:
        parse_configuration(text.encode())
    assert error.value.line == text.count("\n")
    assert "{database}" in text.splitlines()[-1][error.value.column - 1 :].partition("]")[0]


@pytest.mark.parametrize(
    "argv",
    [
        ["/bin/sh", "-c", 'wipe "$1"', "wipe", "{database}"],
        ["/usr/bin/psql", "-v", "database={database}", "-f", "wipe.sql"],
        ["/usr/bin/python3", "wipe.py", "{database}"],
        ["/usr/bin/tar", "-c", "{database}"],
        ["/bin/sh", "wipe.sh", "{database}"],
    ],
)
def test_a_parameter_in_an_argument_of_its_own_is_taken(one: Guarded, argv: list[str]) -> None:
    text = one.settings.partition("act:")[0] + f"act: {{wipe: {{run: {json.dumps(argv)}}}}}\n"
    assert parse_configuration(text.encode()).acts.keys() == {"wipe"}
