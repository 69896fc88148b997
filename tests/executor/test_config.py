"""``executor.yaml``: what is wrong in it, and where."""

from __future__ import annotations

import pytest

from cheget.cli.template import UNPINNED, settings_text
from cheget.errors import ChainFileError
from cheget.executor.actions import Call, Post, Run
from cheget.executor.config import parse_configuration
from cheget.executor.secret import Secret
from cheget.executor.ways import WayRound
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


def test_secrets_and_ways_round_are_read() -> None:
    text = """\
guard: custody
act: {pay: {post: "https://bank.example/pay", bearer: TOKEN}}
secrets: {PGPASSWORD: systemd:pg-wipe, TOKEN: file:/etc/token, KEY: command:/usr/bin/vault-key}
bypass:
  - {as: ann, try: [psql, service=prod, -c, "drop database canary"]}
  - {as: ci, try: [/bin/false], user: ci, timeout: 5s}
"""
    found = parse_configuration((HEAD + text).encode())
    assert found.guard == "custody"
    assert found.secrets == {
        "PGPASSWORD": Secret("systemd", "pg-wipe"),
        "TOKEN": Secret("file", "/etc/token"),
        "KEY": Secret("command", "/usr/bin/vault-key"),
    }
    assert found.acts["pay"] == Post("https://bank.example/pay", bearer="TOKEN")
    assert found.bypass == (
        WayRound("ann", ("psql", "service=prod", "-c", "drop database canary")),
        WayRound("ci", ("/bin/false",), "ci", 5),
    )


@pytest.mark.parametrize(
    ("text", "message", "place"),
    [
        ("guard: sealed", "`sealed`, and no secret of this file is", (5, 8)),
        ("guard: firm", "`firm` means nothing here", (5, 8)),
        ("secrets: {A: 'seal:x'}", "never stands in this file", (5, 14)),
        ("secrets: {A: hunter2}", "never stands in this file", (5, 14)),
        ("secrets: {A: 'file:token'}", "never stands in this file", (5, 14)),
        ("secrets: {A: 'systemd:../x'}", "never stands in this file", (5, 14)),
        ("secrets: {token: 'file:/x'}", "`token` is no variable", (5, 11)),
        ("secrets: {PATH: 'file:/x'}", "set by the executor itself", (5, 11)),
        ("bypass: []", "an empty list", (5, 9)),
        ("bypass: [{try: [psql]}]", "a way round has no `as`", (5, 10)),
        ("bypass: [{as: ann, try: psql}]", "text where a list belongs", (5, 25)),
        ("bypass: [{as: ann, try: [x], timeout: 0s}]", "no time at all", (5, 39)),
        ("bypass: [{as: ann, try: [x], expect: 1}]", "`expect` is not a field", (5, 30)),
    ],
)
def test_a_fault_in_guard_secrets_or_ways_round_is_said_with_its_place(
    text: str, message: str, place: tuple[int, int]
) -> None:
    error = fault(f"act: {{}}\n{text}\n")
    assert message in error.message
    assert (error.line, error.column) == place


def test_a_guard_is_sealed_where_a_secret_is() -> None:
    text = HEAD + "act: {}\nguard: sealed\nsecrets: {A: seal, B: 'file:/b'}\n"
    found = parse_configuration(text.encode())
    assert (found.guard, found.secrets["A"], found.secrets["B"]) == (
        "sealed", Secret("seal", ""), Secret("file", "/b"),
    )  # fmt: skip


def test_a_call_is_authorised_by_a_secret_that_the_file_names() -> None:
    error = fault("act: {pay: {post: 'https://bank.example', bearer: TOKEN}}\n")
    assert "`secrets` has no TOKEN" in error.message
    assert "`bearer` belongs to `post`" in fault(
        "act: {a: {run: [/bin/x], bearer: T}}\nsecrets: {T: 'file:/t'}\n"
    ).message  # fmt: skip
