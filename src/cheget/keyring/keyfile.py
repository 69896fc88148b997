"""Key files: OpenSSH's own format, so that ``ssh-keygen`` can read what cheget writes.

A private key is made with mode 0600 and never over another file; one that others can read is
not read. Passphrases go through bcrypt with ``KDF_ROUNDS`` rounds, about 0.4 s where measured.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_ssh_private_key,
)

from cheget.errors import BadSignatureError, KeyFileError, WrongPassphraseError
from cheget.keyring.publicline import public_line
from cheget.keyring.signer import Ed25519Signer, SshKeySigner
from cheget.order import sshsig
from cheget.order.keys import ED25519, SSHSIG_ED25519

MAX_FILE_BYTES = 16 * 1024
SEED_SIZE = 32
KDF_ROUNDS = 48
# A file could otherwise ask for days of hashing.
MAX_KDF_ROUNDS = 2048

_ARMOR = re.compile(
    rb"\s*-----BEGIN OPENSSH PRIVATE KEY-----\s+([A-Za-z0-9+/=\s]+)"
    rb"-----END OPENSSH PRIVATE KEY-----\s*"
)
_MAGIC = b"openssh-key-v1\0"
_ED25519_HINT = "make one with `ssh-keygen -t ed25519`"


@dataclass(frozen=True)
class _Preamble:
    """What a key file says before anything is decrypted."""

    kdf: bytes
    rounds: int
    key_type: bytes
    public: bytes


def generate(entropy: bytes) -> Ed25519Signer:
    """A new key.

    Args:
        entropy: 32 bytes from the system's random source; they are the private key.

    Raises:
        ValueError: Another number of bytes.
    """
    if len(entropy) != SEED_SIZE:
        raise ValueError(f"a key is made of {SEED_SIZE} random bytes, not {len(entropy)}")
    return Ed25519Signer(Ed25519PrivateKey.from_private_bytes(entropy))


def write(
    path: Path, signer: Ed25519Signer | SshKeySigner, passphrase: bytes | None, comment: str = ""
) -> None:
    """Write the private key to ``path`` and its public half to ``path`` with ``.pub`` added.

    Args:
        path: Where nothing stands yet.
        signer: Holds the key.
        passphrase: ``None`` writes the key in the clear, as a machine needs it.
        comment: For the public half, on one line.

    Raises:
        KeyFileError: Either file exists, or cannot be written.
        ValueError: An empty passphrase.
    """
    private = signer.private.private_bytes(
        Encoding.PEM, PrivateFormat.OpenSSH, _encryption(passphrase)
    )
    beside = path.with_name(path.name + ".pub")
    for place in (path, beside):
        if os.path.lexists(place):
            raise KeyFileError(f"{place} exists already, and a key is never overwritten")
    line = public_line(signer.public, comment) + "\n"
    _write_new(path, private, 0o600)
    _write_new(beside, line.encode(), 0o644)


def read(
    path: Path, passphrase: Callable[[], bytes] | None = None, *, scheme: str = ED25519
) -> Ed25519Signer | SshKeySigner:
    """Read a private key, to sign by ``scheme``.

    Args:
        path: A private key file of OpenSSH's, at most 16 KiB, readable by its owner only.
        passphrase: Asked only if the file is encrypted.
        scheme: ``ed25519`` or ``sshsig-ed25519``: as the roster has this key.

    Raises:
        WrongPassphraseError: The passphrase does not open the file.
        KeyFileError: Anything else about the file.
        ValueError: A scheme that no key file signs by.
    """
    if scheme not in {ED25519, SSHSIG_ED25519}:
        raise ValueError(f"no key file signs by the scheme {scheme}")
    data = _read_private(path)
    preamble = _preamble(path, data)
    _check_type(path, preamble)
    secret = None
    if preamble.kdf != b"none":
        if passphrase is None:
            raise KeyFileError(f"{path} is encrypted and needs its passphrase")
        secret = passphrase()
    private = _load(path, data, secret)
    # The library does not ask whether the secret belongs to the public key beside it.
    if not preamble.public.endswith(private.public_key().public_bytes_raw()):
        raise KeyFileError(f"{path} is damaged")
    return Ed25519Signer(private) if scheme == ED25519 else SshKeySigner(private)


def public_half(path: Path) -> bytes:
    """The 32 bytes of the public key that a key file shows without its passphrase.

    A hint only: that the secret belongs to it is known once the file is read.

    Raises:
        KeyFileError: As :func:`read`, short of the passphrase.
    """
    preamble = _preamble(path, _read_private(path))
    _check_type(path, preamble)
    return preamble.public[-32:]


def _encryption(passphrase: bytes | None) -> KeySerializationEncryption:
    if passphrase is None:
        return NoEncryption()
    if not passphrase:
        raise ValueError("an empty passphrase protects nothing; pass None to mean that")
    return PrivateFormat.OpenSSH.encryption_builder().kdf_rounds(KDF_ROUNDS).build(passphrase)


def _write_new(path: Path, data: bytes, mode: int) -> None:
    """Write a file whole or not at all, and never over another."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            # A link, unlike a rename, fails where something stands already.
            os.link(temporary, path)
        finally:
            temporary.unlink()
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except FileExistsError:
        raise KeyFileError(f"{path} exists already, and a key is never overwritten") from None
    except OSError as error:
        raise KeyFileError(f"{path} cannot be written: {error.strerror}") from None


def _read_private(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise KeyFileError(f"{path} is not a file")
            if status.st_mode & 0o077:
                raise KeyFileError(
                    f"{path} can be read by others than its owner", hint=f"chmod 600 {path}"
                )
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise KeyFileError(f"{path} cannot be read: {error.strerror}") from None
    if len(data) > MAX_FILE_BYTES:
        raise KeyFileError(f"{path} has more than {MAX_FILE_BYTES} bytes")
    return data


def _preamble(path: Path, data: bytes) -> _Preamble:
    """Read the unencrypted part of a key file (OpenSSH PROTOCOL.key)."""
    found = _ARMOR.fullmatch(data)
    if found is None:
        raise KeyFileError(f"{path} is not an OpenSSH private key", hint=_ED25519_HINT)
    try:
        body = base64.b64decode(b"".join(found[1].split()), validate=True)
        if not body.startswith(_MAGIC):
            raise KeyFileError(f"{path} is not an OpenSSH private key", hint=_ED25519_HINT)
        _, at = sshsig.read_string(body, len(_MAGIC))
        kdf, at = sshsig.read_string(body, at)
        options, at = sshsig.read_string(body, at)
        public, at = sshsig.read_string(body, at + 4)
        key_type, _ = sshsig.read_string(public, 0)
    except (binascii.Error, BadSignatureError):
        raise KeyFileError(f"{path} is damaged") from None
    return _Preamble(kdf, int.from_bytes(options[-4:], "big"), key_type, public)


def _check_type(path: Path, preamble: _Preamble) -> None:
    if preamble.key_type == sshsig.SK_ED25519:
        raise KeyFileError(
            f"{path} is the handle of a security key, which an SSH agent has to use",
            hint=f"ssh-add {path}",
        )
    if preamble.key_type != sshsig.ED25519:
        kind = preamble.key_type[:40].decode(errors="replace")
        raise KeyFileError(f"{path} holds a key of type {kind!r}", hint=_ED25519_HINT)
    if preamble.rounds > MAX_KDF_ROUNDS:
        raise KeyFileError(
            f"{path} asks for {preamble.rounds} rounds of bcrypt; at most {MAX_KDF_ROUNDS}"
        )


def _load(path: Path, data: bytes, secret: bytes | None) -> Ed25519PrivateKey:
    if secret == b"":
        raise WrongPassphraseError(f"an empty passphrase does not open {path}")
    try:
        private = load_ssh_private_key(data, secret)
    except (ValueError, TypeError, InvalidTag):
        if secret is None:
            raise KeyFileError(f"{path} is damaged") from None
        raise WrongPassphraseError(f"that passphrase does not open {path}") from None
    except UnsupportedAlgorithm as error:
        raise KeyFileError(f"{path} cannot be decrypted: {error}") from None
    if not isinstance(private, Ed25519PrivateKey):
        raise KeyFileError(f"{path} is damaged")
    return private
