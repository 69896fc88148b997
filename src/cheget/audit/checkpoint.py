"""Checkpoints: a log's size and root, signed (C2SP tlog-checkpoint in a C2SP signed-note).

The body is three lines: origin, size, root in base64. A blank line and signature lines follow.
The log's own line, named by its origin and key id, is verified here; other lines are
cosignatures, which are kept and say nothing until somebody verifies them.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from hashlib import sha256

from cheget.audit import ed25519
from cheget.audit.header import MAX_INTEGER
from cheget.audit.merkle import HASH_SIZE
from cheget.errors import BadSignatureError, LogError

MAX_NOTE_BYTES = 4096
ED25519 = 0x01

_ORIGIN = re.compile(r"[!-*,-~]{1,200}")
_BODY = re.compile(r"([!-*,-~]{1,200})\n(0|[1-9][0-9]{0,15})\n([A-Za-z0-9+/]{43}=)\n")
_LINE = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})")
_ID_SIZE = 4


@dataclass(frozen=True)
class Checkpoint:
    """The log ``origin`` had this ``root`` (32 bytes) at ``size``."""

    origin: str
    size: int
    root: bytes

    def __post_init__(self) -> None:
        """Refuse what no note can hold.

        Raises:
            ValueError: An origin that isn't printable ASCII without blank or plus, a size
                beyond 2^53, a root that isn't 32 bytes.
        """
        if not _ORIGIN.fullmatch(self.origin):
            raise ValueError(f"{self.origin[:200]!r} is not an origin")
        if not 0 <= self.size <= MAX_INTEGER:
            raise ValueError(f"a log cannot have the size {self.size}")
        if len(self.root) != HASH_SIZE:
            raise ValueError(f"a root has {HASH_SIZE} bytes, not {len(self.root)}")

    def encode(self) -> bytes:
        """The body: what is signed, ending in a newline."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n".encode()


@dataclass(frozen=True)
class NoteSignature:
    """One signature line: who is said to have signed, with which key, and the rest."""

    name: str
    key_id: bytes
    signature: bytes


def parse(body: bytes) -> Checkpoint:
    """Read a body, strictly: three lines, each in its one form, and no extension lines.

    Raises:
        LogError: Anything else.
    """
    try:
        found = _BODY.fullmatch(body.decode("ascii"))
    except UnicodeDecodeError:
        found = None
    if found is None or int(found[2]) > MAX_INTEGER:
        raise LogError("not a checkpoint of three lines: origin, size, root")
    checkpoint = Checkpoint(found[1], int(found[2]), base64.b64decode(found[3]))
    # Base64 can say one value in several ways: its last digit holds bits that nobody reads.
    if checkpoint.encode() != body:
        raise LogError("a checkpoint that is not in its one form")
    return checkpoint


def key_id(name: str, key: bytes) -> bytes:
    """The id of an Ed25519 ``key`` (32 bytes) under ``name``: 4 bytes, a hint (signed-note)."""
    return sha256(name.encode() + b"\n" + bytes([ED25519]) + key).digest()[:_ID_SIZE]


def note_to_sign(checkpoint: Checkpoint) -> bytes:
    """The bytes that the log's key signs."""
    return checkpoint.encode()


def assemble(checkpoint: Checkpoint, signature: bytes, public_key: bytes) -> bytes:
    """The signed note of ``checkpoint``.

    Args:
        checkpoint: What was signed.
        signature: 64 bytes over :func:`note_to_sign`.
        public_key: The log's key, 32 bytes.
    """
    name = checkpoint.origin
    line = signature_line(NoteSignature(name, key_id(name, public_key), signature))
    return checkpoint.encode() + b"\n" + line


def signature_line(signature: NoteSignature) -> bytes:
    """A signature as a line of a note, with its newline; a witness's line is appended so."""
    held = base64.b64encode(signature.key_id + signature.signature).decode()
    return f"— {signature.name} {held}\n".encode()


def verify_checkpoint(note: bytes, *, origin: str, key: bytes) -> Checkpoint:
    """Return the checkpoint only if the log's own signature on it verifies.

    Args:
        note: At most 4 KiB.
        origin: The log expected; also the name in its signature line.
        key: The log's Ed25519 key, 32 bytes, from the charter.

    Raises:
        LogError: Too big, malformed, another log's, not signed by ``key``, or not verifying.
    """
    body, signatures = _split(note)
    checkpoint = parse(body)
    if checkpoint.origin != origin:
        raise LogError(f"a checkpoint of {checkpoint.origin}, not of {origin}")
    own = key_id(origin, key)
    lines = [line for line in signatures if line.name == origin and line.key_id == own]
    if len(lines) != 1:
        raise LogError(f"a checkpoint with {len(lines)} signatures by the key of {origin}, not 1")
    try:
        ed25519.verify(key, body, lines[0].signature)
    except BadSignatureError as error:
        raise LogError(f"the checkpoint of {origin}: {error}") from None
    return checkpoint


def unverified_signatures(note: bytes) -> tuple[NoteSignature, ...]:
    """All signature lines of a note, the log's own among them, none of them verified.

    Raises:
        LogError: Not a signed note.
    """
    return _split(note)[1]


def _split(note: bytes) -> tuple[bytes, tuple[NoteSignature, ...]]:
    if len(note) > MAX_NOTE_BYTES:
        raise LogError(f"a checkpoint of {len(note)} bytes; at most {MAX_NOTE_BYTES}")
    body, gap, tail = note.partition(b"\n\n")
    if not gap or not tail.endswith(b"\n"):
        raise LogError("a checkpoint without a blank line and signature lines")
    try:
        lines = tail.decode()[:-1].split("\n")
    except UnicodeDecodeError:
        raise LogError("a checkpoint that is not UTF-8") from None
    return body + b"\n", tuple(_signature(line) for line in lines)


def _signature(line: str) -> NoteSignature:
    found = _LINE.fullmatch(line)
    try:
        held = base64.b64decode(found[2], validate=True) if found else b""
    except binascii.Error:
        held = b""
    if found is None or len(held) <= _ID_SIZE or base64.b64encode(held).decode() != found[2]:
        raise LogError(f"not a signature line: {line[:80]!r}")
    return NoteSignature(found[1], held[:_ID_SIZE], held[_ID_SIZE:])
