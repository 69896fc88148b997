"""What is sealed: secrets that are given, and secrets that are made and exist nowhere in clear."""

from __future__ import annotations

import base64
import sys
from pathlib import Path

import click

from cheget.cli.plain import fresh
from cheget.errors import HouseError
from cheget.executor.config import is_secret_name
from cheget.executor.secret import LARGEST

PASSWORD_BYTES = 32


def secrets_of(
    given: tuple[str, ...], made: tuple[str, ...]
) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """The secrets by variable, and the public halves of those that were made.

    Raises:
        HouseError: a file that can't be read, or a secret that is no text for a variable.
    """
    secrets: dict[str, bytes] = {}
    public: dict[str, bytes] = {}
    for one in given:
        name, equals, place = one.partition("=")
        if not equals:
            raise click.UsageError(f"{one}: VARIABLE=FILE")
        _new(secrets, name)
        secrets[name] = _checked(name, _read(place))
    for one in made:
        name, _, kind = one.partition("=")
        _new(secrets, name)
        match kind:
            case "" | "password":
                secrets[name] = base64.urlsafe_b64encode(fresh(PASSWORD_BYTES)).rstrip(b"=")
            case "ed25519":
                secrets[name], public[name] = _signing_key()
            case _:
                raise click.UsageError(f"{one}: a password, or =ed25519")
    if not secrets:
        raise click.UsageError("what is sealed? --secret VARIABLE=FILE, or --generate VARIABLE")
    return secrets, public


def _new(secrets: dict[str, bytes], name: str) -> None:
    if not is_secret_name(name) or name in secrets:
        raise click.UsageError(f"{name}: a variable in capitals, each once")


def _read(place: str) -> bytes:
    try:
        if place == "-":
            return sys.stdin.buffer.read(LARGEST + 2)
        with Path(place).open("rb") as file:
            return file.read(LARGEST + 2)
    except OSError as error:
        raise HouseError(f"{place}: {error.strerror}") from error


def _checked(name: str, value: bytes) -> bytes:
    value = value.removesuffix(b"\n")
    if not value or b"\0" in value or len(value) > LARGEST:
        raise HouseError(
            f"the secret {name} is empty, holds a zero byte, or over {LARGEST:,} bytes",
            hint="it is given to the act in a variable: encode what is no text",
        )
    return value


def _signing_key() -> tuple[bytes, bytes]:
    """A new Ed25519 key, as PEM; its public half, likewise."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
        PublicFormat,
    )

    key = Ed25519PrivateKey.from_private_bytes(fresh(32))
    return (
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).rstrip(b"\n"),
        key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
    )
