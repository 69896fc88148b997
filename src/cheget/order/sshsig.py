"""SSHSIG: what ``ssh-keygen -Y sign`` makes (OpenSSH PROTOCOL.sshsig), in process.

Here a signature is the binary blob, not its armor. Bytes that somebody else wrote are read by
:func:`parse`, which takes one form of each field; whether the fields are those wanted is
for :mod:`cheget.order.keys` to say.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256, sha512

from cheget.errors import BadSignatureError

MAGIC = b"SSHSIG"
VERSION = 1
NAMESPACE = b"cheget"
HASH = b"sha512"
ED25519 = b"ssh-ed25519"
SK_ED25519 = b"sk-ssh-ed25519@openssh.com"
MAX_BLOB_BYTES = 2048
USER_PRESENT = 0x01
USER_VERIFIED = 0x04


@dataclass(frozen=True, slots=True)
class SshSignature:
    """The fields of a blob; ``signature`` is the inner signature, itself SSH strings."""

    public_key: bytes
    namespace: bytes
    reserved: bytes
    hash_algorithm: bytes
    signature: bytes

    def encode(self) -> bytes:
        """The blob."""
        fields = (
            self.public_key,
            self.namespace,
            self.reserved,
            self.hash_algorithm,
            self.signature,
        )
        return MAGIC + VERSION.to_bytes(4, "big") + b"".join(map(string, fields))


def string(value: bytes) -> bytes:
    """An SSH string: four bytes of length, then ``value`` (RFC 4251, section 5)."""
    return len(value).to_bytes(4, "big") + value


def read_string(data: bytes, at: int) -> tuple[bytes, int]:
    """The SSH string at offset ``at``, and the offset after it.

    Raises:
        BadSignatureError: ``data`` ends within it.
    """
    start = at + 4
    end = start + int.from_bytes(data[at:start], "big")
    if not start <= end <= len(data):
        raise BadSignatureError("an SSH field that ends too early")
    return data[start:end], end


def parse(blob: bytes) -> SshSignature:
    """Read a blob: magic, version 1, five fields, nothing after them.

    Raises:
        BadSignatureError: Anything else.
    """
    if len(blob) > MAX_BLOB_BYTES:
        raise BadSignatureError(f"an SSH signature of {len(blob)} bytes; at most {MAX_BLOB_BYTES}")
    if blob[:6] != MAGIC:
        if blob.startswith(b"-----BEGIN"):
            raise BadSignatureError("an SSH signature in armor; the blob inside it is needed")
        raise BadSignatureError("not an SSH signature")
    if blob[6:10] != b"\0\0\0\1":
        raise BadSignatureError("an SSH signature of another version than 1")
    public_key, at = read_string(blob, 10)
    namespace, at = read_string(blob, at)
    reserved, at = read_string(blob, at)
    hash_algorithm, at = read_string(blob, at)
    signature, at = read_string(blob, at)
    if at != len(blob):
        raise BadSignatureError("an SSH signature with bytes after its end")
    return SshSignature(public_key, namespace, reserved, hash_algorithm, signature)


def to_be_signed(message: bytes) -> bytes:
    """The bytes that an SSH key signs for ``message``, in cheget's namespace with SHA-512."""
    return _BEFORE_HASH + sha512(message).digest()


def sk_to_be_signed(application: bytes, flags: int, counter: int, signed: bytes) -> bytes:
    """What a security key signs for the bytes ``signed`` (OpenSSH PROTOCOL.u2f)."""
    return (
        sha256(application).digest()
        + bytes([flags])
        + counter.to_bytes(4, "big")
        + sha256(signed).digest()
    )


def wrap(public_key: bytes, signature: bytes) -> bytes:
    """The blob of an inner ``signature`` over :func:`to_be_signed`, by a key in SSH's form."""
    return SshSignature(public_key, NAMESPACE, b"", HASH, signature).encode()


_BEFORE_HASH = (
    MAGIC + string(NAMESPACE) + string(b"") + string(HASH) + sha512().digest_size.to_bytes(4, "big")
)
