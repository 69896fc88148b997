"""``executor.yaml``: on the machine that holds the power. No chain can change what is in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from cheget.chain.document import Node, read
from cheget.chain.fields import Fields, duration, items, line, mapping, name, scalar, word
from cheget.executor.actions import Act, Call, Post, Run

_HEX = re.compile(r"[0-9a-f]{64}")
_TARGET = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


@dataclass(frozen=True)
class Configuration:
    """What an executor is, whom it trusts first, and what it may do."""

    executor: str
    chain: str
    charter: str
    sources: tuple[str, ...]
    guard: str
    acts: Mapping[str, Act]


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
    for later in ("secrets", "bypass"):
        if later in found:
            raise scalar_fault(found[later], f"`{later}` is not supported yet")
    acts = {}
    for key, value in mapping(found["act"], "a map from action to act").entries:
        acts[key.text] = _act(value)
    return Configuration(
        name(found["executor"], "an executor").text,
        name(found["chain"], "a chain").text,
        _digest(found["charter"]),
        found.read("at", _lines, ()),
        found.read("guard", lambda node: word(node, "wrapper", "custody", "target"), "wrapper"),
        acts,
    )


def scalar_fault(node: Node, message: str) -> Exception:
    """The error for a whole field."""
    return node.fault(message, hint="leave it out")


def _lines(node: Node) -> tuple[str, ...]:
    return tuple(line(one) for one in items(node, "a list of places"))


def _digest(node: Node) -> str:
    text = line(node)
    if not _HEX.fullmatch(text):
        raise scalar(node, "a digest").fault(
            "the charter is not a digest", expected="64 hexadecimal digits"
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


def _act(node: Node) -> Act:
    found = Fields(
        node,
        "an act",
        optional=("run", "post", "python", "sha256", "user", "timeout", "probe"),
    )
    ways = [way for way in ("run", "post", "python") if way in found]
    if len(ways) != 1:
        raise found.node.fault("an act is one of `run`, `post` and `python`", expected="one way")
    probe = found.read("probe", _lines, ())
    for field in ("sha256", "user", "timeout"):
        if field in found and ways != ["run"] and (field, ways) != ("timeout", ["post"]):
            raise found.node.fault(f"`{field}` belongs to `run`", hint="leave it out")
    match ways[0]:
        case "run":
            argv = _lines(found["run"])
            if not argv or not argv[0].startswith("/"):
                raise found["run"].fault("a program is named by its whole path", expected="/…")
            return Run(
                argv,
                probe,
                found.read("sha256", _digest, ""),
                found.read("user", line, ""),
                found.read("timeout", duration, 20 * 60),
            )
        case "post":
            url = line(found["post"])
            if not _is_safe(url):
                raise found["post"].fault("a call goes over TLS", expected="https://…")
            return Post(url, probe, found.read("timeout", duration, 60))
        case _:
            target = line(found["python"])
            if not _TARGET.fullmatch(target):
                raise found["python"].fault("no callable", expected="module:function")
            return Call(target, probe)
