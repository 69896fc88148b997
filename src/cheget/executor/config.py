"""``executor.yaml``: on the machine that holds the power. No chain can change what is in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from cheget.chain.document import Node, read
from cheget.chain.fields import Fields, items, line, mapping, name, scalar, time, word
from cheget.errors import ChainFileError, CodeArgumentError
from cheget.executor.actions import DEFAULT_TIMEOUT, Act, Call, Post, Run
from cheget.executor.interpreted import interpreted
from cheget.executor.secret import CREDENTIAL, Secret
from cheget.executor.ways import WayRound

GUARDS = ("wrapper", "custody", "target", "sealed")
_HEX = re.compile(r"[0-9a-f]{64}")
_TARGET = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")
_OURS = frozenset({"PATH", "LANG", "HOME", "CHEGET_KEY"})
_ONLY = {"run": {"sha256", "user", "timeout"}, "post": {"timeout", "bearer"}, "python": set[str]()}


def is_secret_name(text: str) -> bool:
    """Whether a secret may go by that name: a variable, and none that the executor sets."""
    return bool(_VARIABLE.fullmatch(text)) and text not in _OURS


@dataclass(frozen=True)
class Configuration:
    """What an executor is, whom it trusts first, and what it may do."""

    executor: str
    chain: str
    charter: str
    sources: tuple[str, ...]
    guard: str
    acts: Mapping[str, Act]
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    bypass: tuple[WayRound, ...] = ()


def parse_configuration(data: bytes) -> Configuration:
    """Read an ``executor.yaml``.

    Raises:
        ChainFileError: with line, column, what was expected and a hint.
    """
    found = Fields(
        read(data),
        "an executor",
        required=("executor", "chain", "charter", "act"),
        optional=("at", "guard", "secrets", "bypass"),
    )
    secrets: dict[str, Secret] = found.read("secrets", _secrets, {})
    guard: str = found.read("guard", lambda node: word(node, *GUARDS), "wrapper")
    if guard == "sealed" and not any(one.way == "seal" for one in secrets.values()):
        raise found["guard"].fault(
            "`sealed`, and no secret of this file is",
            hint="`secrets: {NAME: seal}`, and cheget seal; or `guard: custody`",
        )
    acts = {}
    for key, value in mapping(found["act"], "a map from action to act").entries:
        acts[key.text] = _act(value, secrets)
    return Configuration(
        name(found["executor"], "an executor").text,
        name(found["chain"], "a chain").text,
        _digest(found["charter"], "the charter"),
        found.read("at", _places, ()),
        guard,
        acts,
        secrets,
        found.read("bypass", _ways_round, ()),
    )


def _places(node: Node) -> tuple[str, ...]:
    found = []
    for one in items(node, "a list of places"):
        place = line(one)
        if "://" in place and not _is_safe(place):
            raise one.fault("a house is asked over TLS", expected="https://…, or a folder")
        found.append(place)
    return tuple(found)


def _program(node: Node) -> tuple[str, ...]:
    nodes = items(node, "a program and its arguments")
    argv = tuple(line(one) for one in nodes)
    place = interpreted(argv)
    if place is not None:
        code = scalar(nodes[place], "an argument")
        raise CodeArgumentError(
            f"{argv[place][:60]!r} is run as code, and the parameter in it would be code too",
            line=code.line, column=code.column, expected="a parameter in an argument of its own",
            hint="such as `[/bin/sh, -c, 'wipe \"$1\"', wipe, \"{database}\"]`",
        )  # fmt: skip
    return argv


def _digest(node: Node, what: str) -> str:
    text = line(node)
    if not _HEX.fullmatch(text):
        raise scalar(node, "a digest").fault(
            f"{what} is not a digest", expected="64 hexadecimal digits"
        )
    return text


def _is_safe(url: str) -> bool:
    """Over TLS, or to this very machine."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return bool(parts.hostname) and (
        parts.scheme == "https"
        or (parts.scheme == "http" and parts.hostname in {"127.0.0.1", "::1", "localhost"})
    )


def _secrets(node: Node) -> dict[str, Secret]:
    found: dict[str, Secret] = {}
    for key, value in mapping(node, "a map from variable to where it comes from").entries:
        if not _VARIABLE.fullmatch(key.text):
            raise key.fault(
                f"`{key.text}` is no variable", expected="capitals, digits and underscores"
            )
        if key.text in _OURS:
            raise key.fault(f"`{key.text}` is set by the executor itself")
        found[key.text] = _secret(value)
    return found


def _secret(node: Node) -> Secret:
    text = line(node)
    way, _, place = text.partition(":")
    match way:
        case "seal" if text == way:
            return Secret("seal", "")
        case "file" | "command" if place.startswith("/"):
            return Secret(way, place)
        case "systemd" if CREDENTIAL.fullmatch(place):
            return Secret("systemd", place)
        case _:
            raise node.fault(
                "a secret comes from somewhere, and never stands in this file",
                expected="`file:/…`, `systemd:NAME`, `command:/…` or `seal`",
            )


def _ways_round(node: Node) -> tuple[WayRound, ...]:
    return tuple(_way_round(one) for one in items(node, "a list of ways round the chain"))


def _way_round(node: Node) -> WayRound:
    found = Fields(node, "a way round", required=("as", "try"), optional=("user", "timeout"))
    return WayRound(
        line(found["as"]),
        _program(found["try"]),
        found.read("user", line, ""),
        found.read("timeout", time, WayRound.timeout),
    )


def _act(node: Node, secrets: Mapping[str, Secret]) -> Act:
    found = Fields(
        node,
        "an act",
        optional=("run", "post", "python", "sha256", "user", "timeout", "bearer", "probe"),
    )
    ways = [way for way in ("run", "post", "python") if way in found]
    if len(ways) != 1:
        raise found.node.fault("an act is one of `run`, `post` and `python`", expected="one way")
    for one in ("sha256", "user", "timeout", "bearer"):
        if one in found and one not in _ONLY[ways[0]]:
            owner = "post" if one == "bearer" else "run"
            raise found.node.fault(f"`{one}` belongs to `{owner}`", hint="leave it out")
    probe = found.read("probe", _program, ())
    match ways[0]:
        case "run":
            argv = _program(found["run"])
            if not argv[0].startswith("/"):
                raise found["run"].fault("a program is named by its whole path", expected="/…")
            return Run(
                argv,
                probe,
                found.read("sha256", lambda node: _digest(node, "this"), ""),
                found.read("user", line, ""),
                found.read("timeout", time, DEFAULT_TIMEOUT),
            )
        case "post":
            return _post(found, probe, secrets)
        case _:
            target = line(found["python"])
            if not _TARGET.fullmatch(target):
                raise found["python"].fault("no callable", expected="module:function")
            return Call(target, probe)


def _post(found: Fields, probe: tuple[str, ...], secrets: Mapping[str, Secret]) -> Post:
    url = line(found["post"])
    if not _is_safe(url):
        raise found["post"].fault("a call goes over TLS", expected="https://…")
    bearer = found.read("bearer", line, "")
    if bearer and bearer not in secrets:
        raise _unknown(found["bearer"], bearer)
    return Post(url, probe, found.read("timeout", time, Post.timeout), bearer)


def _unknown(node: Node, secret: str) -> ChainFileError:
    return node.fault(f"`secrets` has no {secret}", expected="the name of a secret of this file")
