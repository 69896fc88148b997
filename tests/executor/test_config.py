"""``executor.yaml``: what is wrong in it, and where."""

from __future__ import annotations

import pytest

from cheget.cli.template import UNPINNED, settings_text
from cheget.errors import ChainFileError
from cheget.executor.actions import Call, Post, Run
from cheget.executor.config import parse_configuration
from simulator import scenario

HEAD = f"executor: production-db\nchain: wipe-database\ncharter: {'a' * 64}\n"


def fault(text: str) -> ChainFileError:
    with pytest.raises(ChainFileError) as found:
        parse_configuration((HEAD + text).encode())
    return found.value


def test_each_way_to_act_is_read() -> None:
    text = """\
act:
  wipe: {run: [/bin/wipe, "{database}"], probe: [/bin/wiped], timeout: 5m, user: db}
  pay: {post: "https://bank.example/pay", timeout: 30s}
  call: {python: "acts:wipe"}
"""
    acts = parse_configuration((HEAD + text).encode()).acts
    assert acts["wipe"] == Run(("/bin/wipe", "{database}"), ("/bin/wiped",), "", "db", 300)
    assert acts["pay"] == Post("https://bank.example/pay", (), 30)
    assert acts["call"] == Call("acts:wipe")


@pytest.mark.parametrize("name", ["cheget", "wipe-database", "move-treasury", "release-firmware"])
def test_what_a_new_executor_is_given_can_be_read_as_it_stands(name: str) -> None:
    chain = scenario(name)
    executor = next(iter(chain.executors[0].ids()))
    text = settings_text(executor, chain, "/a house/with: odd # names")
    found = parse_configuration(text.encode())
    assert (found.executor, found.charter, dict(found.acts)) == (executor, UNPINNED, {})
    assert found.sources == ("/a house/with: odd # names",)


@pytest.mark.parametrize(
    ("act", "message", "column"),
    [
        ("{run: [wipe]}", "by its whole path", 15),
        ("{run: [/bin/x], post: 'https://x.example'}", "an act is one of", 9),
        ("{probe: [/bin/x]}", "an act is one of", 9),
        ("{post: 'http://bank.example/pay'}", "goes over TLS", 16),
        ("{post: 'file:///etc/passwd'}", "goes over TLS", 16),
        ("{python: 'os.system'}", "no callable", 18),
        ("{python: 'acts:wipe', user: db}", "`user` belongs to `run`", 9),
        ("{run: [/bin/x], sha256: abc}", "not a digest", 33),
        ("{run: [/bin/x], shell: yes}", "`shell` is not a field", 25),
    ],
)
def test_a_fault_is_said_with_its_place(act: str, message: str, column: int) -> None:
    error = fault(f"act:\n  wipe: {act}\n")
    assert message in error.message
    assert (error.line, error.column) == (5, column)


def test_what_is_not_supported_yet_is_refused_and_never_ignored() -> None:
    assert "not supported yet" in fault("act: {}\nsecrets: {A: seal}\n").message
    assert "not supported yet" in fault("act: {}\nbypass: []\n").message
