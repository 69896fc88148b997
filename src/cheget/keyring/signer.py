"""Who signs: one shape for keys in memory, in files and in agents."""

from __future__ import annotations

from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cheget.order import sshsig
from cheget.order.keys import ED25519, SSHSIG_ED25519, PublicKey


class Signer(Protocol):
    """Something that signs as ``public``, in the bytes that ``public``'s scheme demands."""

    @property
    def public(self) -> PublicKey:
        """The key that verifies."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Sign ``message``.

        Raises:
            KeyFileError: The key cannot be used.
        """
        ...


class Ed25519Signer:
    """An Ed25519 key in memory, of scheme ``ed25519``."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self.private = private
        self.public = PublicKey(ED25519, private.public_key().public_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        """64 bytes over ``message`` itself."""
        return self.private.sign(message)


class SshKeySigner:
    """An Ed25519 key in memory that signs as ``ssh-keygen -Y sign -n cheget`` does."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self.private = private
        self.public = PublicKey(SSHSIG_ED25519, private.public_key().public_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        """The SSHSIG blob over ``message``."""
        raw = self.private.sign(sshsig.to_be_signed(message))
        inner = sshsig.string(sshsig.ED25519) + sshsig.string(raw)
        return sshsig.wrap(self.public.ssh_form, inner)
