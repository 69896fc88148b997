"""Secrets of an executor: read just before an act, given to its environment, and kept nowhere.

Where they come from: a file that only its owner can read, a credential that systemd hands to
the service, or a vault's client that prints it. What is sealed comes from nowhere until the
chain has agreed (`executor.unsealing`).
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cheget.errors import SecretError
from cheget.executor.process import adopting, run_program

LARGEST = 64 * 1024  # bytes
VAULT_TIMEOUT = 30  # seconds
_SHORTEST_LINE = 8  # bytes of a secret's line that is looked for by itself
CREDENTIAL = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


@dataclass(frozen=True)
class Secret:
    """Where one comes from: a path, the name of a credential, or a seal, which has no place."""

    way: Literal["file", "systemd", "command", "seal"]
    place: str


def read_secrets(secrets: Mapping[str, Secret]) -> dict[str, bytes]:
    """The secrets by the names of the variables that will hold them.

    Raises:
        SecretError: one is missing, open to others, empty, or its vault's client failed.
    """
    return {name: _read(name, secret) for name, secret in secrets.items()}


def scrub(output: bytes, secrets: Mapping[str, bytes]) -> bytes:
    """The output with every secret, and every longer line of one, replaced by its name."""
    pieces = {
        piece: name
        for name, value in secrets.items()
        for piece in (value, *value.splitlines())
        if piece == value or len(piece) >= _SHORTEST_LINE
    }
    for piece in sorted(pieces, key=len, reverse=True):
        output = output.replace(piece, f"[{pieces[piece]}]".encode())
    return output


def _read(name: str, secret: Secret) -> bytes:
    match secret.way:
        case "file":
            value = _file(name, Path(secret.place), own=True)
        case "systemd":
            value = _credential(name, secret.place)
        case "command":
            value = _command(name, secret.place)
        case "seal":
            raise SecretError(f"the secret {name} is sealed: only an order opens it")
    value = value.removesuffix(b"\n")
    if not value:
        raise SecretError(f"the secret {name} is empty")
    if b"\0" in value or len(value) > LARGEST:
        raise SecretError(f"the secret {name} holds a zero byte, or over {LARGEST:,} bytes")
    return value


def _file(name: str, path: Path, *, own: bool) -> bytes:
    """A file's bytes. ``own``: ours, and readable by nobody else."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise SecretError(f"the secret {name}: {path}: {error.strerror}") from error
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise SecretError(f"the secret {name}: {path} is no file")
        if own and found.st_uid != os.geteuid():
            raise SecretError(f"the secret {name}: {path} belongs to another user")
        if own and stat.S_IMODE(found.st_mode) not in {0o400, 0o600}:
            raise SecretError(
                f"the secret {name}: {path} has mode {stat.S_IMODE(found.st_mode):04o}",
                hint=f"chmod 0400 {path}",
            )
        return file.read(LARGEST + 2)


def _credential(name: str, credential: str) -> bytes:
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    if not folder:
        raise SecretError(
            f"the secret {name}: systemd gave this service no credentials",
            hint=f"LoadCredential={credential}:… in its unit",
        )
    # systemd answers for owner and mode there: with access lists they look wider than they are.
    return _file(name, Path(folder) / credential, own=False)


def _command(name: str, program: str) -> bytes:
    kept = {one: os.environ[one] for one in ("PATH", "LANG", "HOME") if one in os.environ}
    try:
        with adopting():
            ended = run_program([program], kept, VAULT_TIMEOUT, keep=LARGEST + 2, errors=False)
    except OSError as error:
        raise SecretError(f"the secret {name}: {program}: {error.strerror}") from error
    if ended.status is None:
        raise SecretError(f"the secret {name}: {program} took over {VAULT_TIMEOUT} s, and is dead")
    if ended.status != 0:
        # What it said is not shown: it may have said the secret.
        raise SecretError(f"the secret {name}: {program} ended with {ended.status}")
    return ended.output
