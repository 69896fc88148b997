"""Public halves as SSH writes them: ``ssh-ed25519 AAAA... comment``, one line."""

from __future__ import annotations

import base64
import binascii
from pathlib import Path

from cheget.errors import CharterError, KeyFileError
from cheget.keyring.agent import public_from_ssh_form
from cheget.order import sshsig
from cheget.order.keys import (
    ED25519,
    SSHSIG_ED25519,
    SSHSIG_SK_ED25519,
    PublicKey,
    check_public_key,
)

MAX_LINE_BYTES = 4096
_HINT = "cheget takes ssh-ed25519 and sk-ssh-ed25519@openssh.com keys"


def public_line(public: PublicKey, comment: str = "") -> str:
    """The key as a line of a ``.pub`` file, without newline.

    Raises:
        ValueError: A comment with a control character in it.
    """
    if any(ord(character) < ord(" ") for character in comment):
        raise ValueError("a comment stays on its line")
    kind = sshsig.SK_ED25519 if public.scheme == SSHSIG_SK_ED25519 else sshsig.ED25519
    return f"{kind.decode()} {base64.b64encode(public.ssh_form).decode()} {comment}".rstrip()


def read_public(source: Path | str, *, scheme: str = SSHSIG_ED25519) -> PublicKey:
    """Read a public key.

    Args:
        source: A ``.pub`` file's path, or as a string the line itself; at most 4 KiB.
        scheme: What a line of ``ssh-ed25519`` stands for: ``sshsig-ed25519``, or ``ed25519``
            if the key signs without SSH's wrapping. The line of a security key says its own.

    Raises:
        KeyFileError: Unreadable, too big, of another type, or an unsound key.
        ValueError: Another scheme.
    """
    if scheme not in {ED25519, SSHSIG_ED25519}:
        raise ValueError(f"no line of ssh-ed25519 stands for the scheme {scheme}")
    text = source if isinstance(source, str) else _text(source)
    lines = text.strip().splitlines()
    words = lines[0].split(maxsplit=2) if len(lines) == 1 else []
    if len(text) > MAX_LINE_BYTES or len(words) < 2:  # noqa: PLR2004
        raise KeyFileError("not a public key on one line", hint=_HINT)
    kind, held = words[0].encode(), words[1]
    if kind not in {sshsig.ED25519, sshsig.SK_ED25519}:
        raise KeyFileError(f"a public key of type {words[0][:40]!r}", hint=_HINT)
    try:
        form = base64.b64decode(held, validate=True)
    except (binascii.Error, ValueError):
        raise KeyFileError("a public key that is not base64") from None
    public = public_from_ssh_form(form) if form.startswith(sshsig.string(kind)) else None
    if public is None:
        raise KeyFileError(f"not a public key of type {words[0]}", hint=_HINT)
    try:
        check_public_key(public)
    except CharterError as error:
        raise KeyFileError(error.message) from None
    if public.scheme == SSHSIG_ED25519:
        return PublicKey(scheme, public.key)
    return public


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(MAX_LINE_BYTES + 1).decode()
    except OSError as error:
        raise KeyFileError(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise KeyFileError(f"{path} is not a public key", hint=_HINT) from None
