"""Public keys and what verifies under them.

The scheme stands on the roster, beside the key, and decides how a signature is checked; nothing
in a message or signature can choose another. A key's bytes are:

- ``ed25519``, ``sshsig-ed25519``: the 32 bytes of RFC 8032;
- ``sshsig-sk-ed25519``: the key in SSH's own form, as the base64 of its line in a ``.pub`` file
  says it: ``string "sk-ssh-ed25519@openssh.com"``, ``string`` 32 bytes, ``string`` application;
- ``webauthn-es256``: 65 bytes, the point of P-256 in SEC 1's form that isn't compressed;
- ``webauthn-eddsa``: the 32 bytes of RFC 8032.

Who asks whether two keys are one compares ``point``.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field
from functools import cached_property

from cheget.audit import ed25519
from cheget.errors import BadSignatureError, CharterError
from cheget.order import passkey, sshsig
from cheget.order.passkey import Party

ED25519 = "ed25519"
SSHSIG_ED25519 = "sshsig-ed25519"
SSHSIG_SK_ED25519 = "sshsig-sk-ed25519"

MAX_APPLICATION_BYTES = 256
SEALING_SIZE = 32
_SSH_PREFIX = sshsig.string(sshsig.ED25519) + (32).to_bytes(4, "big")
_ECDSA = b"ecdsa-sha2-nistp256"
_SK_PREFIX = sshsig.string(sshsig.SK_ED25519) + (32).to_bytes(4, "big")
_NEEDED_FLAGS = sshsig.USER_PRESENT | sshsig.USER_VERIFIED
# After the 64 bytes, a security key's signature says its flags and its counter.
_SK_TAIL = ed25519.SIGNATURE_SIZE + 5


@dataclass(frozen=True)
class PublicKey:
    """The ``key`` of a person, executor or log, and the ``scheme`` it signs by.

    ``sealing`` are the 32 bytes of an X25519 key that its holder has beside it, to which
    shares of a sealed secret are sealed; empty where there is none.
    """

    scheme: str
    key: bytes
    # Of passkeys: the page that they are for, as the charter has it; no part of the key.
    party: Party | None = field(default=None, compare=False, repr=False)
    sealing: bytes = b""

    def __post_init__(self) -> None:
        """Refuse a scheme that cannot be verified, and bytes that are not of its form.

        Whether the bytes are a sound point is asked by :func:`check_public_key`.

        Raises:
            CharterError: An unknown or reserved scheme; wrong bytes.
        """
        if self.sealing and self.scheme not in {ED25519, SSHSIG_ED25519}:
            raise CharterError(f"a key of {self.scheme[:40]} is no file, and has no sealing key")
        if len(self.sealing) not in {0, SEALING_SIZE}:
            raise CharterError(f"a sealing key has 32 bytes, not {len(self.sealing)}")
        match self.scheme:
            case "ed25519" | "sshsig-ed25519":
                if len(self.key) != ed25519.KEY_SIZE:
                    raise CharterError(f"a key of {self.scheme} has 32 bytes, not {len(self.key)}")
            case "sshsig-sk-ed25519":
                _check_sk_key(self.key)
            case "webauthn-eddsa":
                if len(self.key) != ed25519.KEY_SIZE:
                    raise CharterError(f"a key of {self.scheme} has 32 bytes, not {len(self.key)}")
            case "webauthn-es256":
                if len(self.key) != passkey.ES256_SIZE:
                    raise CharterError(f"a key of {self.scheme} has 65 bytes, not {len(self.key)}")
            case _:
                raise CharterError(f"there is no scheme {self.scheme[:40]!r}")

    @cached_property
    def point(self) -> bytes:
        """The bytes of the curve point, whatever the scheme: equal points are one key."""
        if self.scheme == SSHSIG_SK_ED25519:
            return self.key[len(_SK_PREFIX) :][: ed25519.KEY_SIZE]
        return self.key

    @cached_property
    def application(self) -> bytes:
        """What a security key binds its signatures to, usually ``ssh:``; else empty."""
        if self.scheme == SSHSIG_SK_ED25519:
            return self.key[len(_SK_PREFIX) + ed25519.KEY_SIZE + 4 :]
        return b""

    @property
    def ssh_form(self) -> bytes:
        """The key as SSH writes it inside signatures and ``.pub`` lines (RFC 8709)."""
        if self.scheme == SSHSIG_SK_ED25519:
            return self.key
        if self.scheme == passkey.ES256:
            return sshsig.string(_ECDSA) + sshsig.string(b"nistp256") + sshsig.string(self.key)
        return _SSH_PREFIX + self.key

    @cached_property
    def before_signature(self) -> bytes:
        """All bytes of an SSHSIG blob by this key up to the 64 of Ed25519."""
        kind, after = sshsig.ED25519, b""
        if self.scheme == SSHSIG_SK_ED25519:
            kind, after = sshsig.SK_ED25519, bytes(_SK_TAIL - ed25519.SIGNATURE_SIZE)
        inner = sshsig.string(kind) + sshsig.string(bytes(ed25519.SIGNATURE_SIZE)) + after
        return sshsig.wrap(self.ssh_form, inner)[: -ed25519.SIGNATURE_SIZE - len(after)]


def sk_public_key(point: bytes, application: bytes = b"ssh:") -> PublicKey:
    """The public key of a security key, from its 32 bytes and application."""
    form = sshsig.string(sshsig.SK_ED25519) + sshsig.string(point) + sshsig.string(application)
    return PublicKey(SSHSIG_SK_ED25519, form)


def check_public_key(public_key: PublicKey) -> None:
    """Return only if the key is one that the one Ed25519 rule admits.

    Raises:
        CharterError: Of small order, not in its one form, or not on the curve.
    """
    if is_passkey(public_key):
        passkey.check_key(public_key.scheme, public_key.key)
        return
    ed25519.check_point(public_key.point)


def fingerprint(public_key: PublicKey) -> str:
    """SHA-256 of the key's SSH form, in base64 without padding, as ``ssh-keygen -l`` shows it."""
    digest = hashlib.sha256(public_key.ssh_form).digest()
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


def bound(public_key: PublicKey, party: Party | None) -> PublicKey:
    """The key; a passkey with the page that it is for."""
    if not is_passkey(public_key):
        return public_key
    return PublicKey(public_key.scheme, public_key.key, party)


def is_passkey(public_key: PublicKey) -> bool:
    """Whether it signs on a page, by a WebAuthn assertion."""
    return public_key.scheme in {passkey.ES256, passkey.EDDSA}


def verify(public_key: PublicKey, message: bytes, signature: bytes) -> None:
    """Return only if ``signature`` over ``message`` is by ``public_key``, by its own scheme.

    Args:
        public_key: From the roster.
        message: The bytes signed; of a document, its pre-authentication encoding.
        signature: The scheme's own bytes: 64 of Ed25519, the SSHSIG blob, or a passkey's assertion.

    Raises:
        BadSignatureError: Anything else.
    """
    match public_key.scheme:
        case "ed25519":
            ed25519.verify(public_key.key, message, signature)
        case "sshsig-ed25519":
            raw = _inner_signature(public_key, signature, ed25519.SIGNATURE_SIZE)
            ed25519.verify(public_key.key, sshsig.to_be_signed(message), raw)
        case "sshsig-sk-ed25519":
            inner = _inner_signature(public_key, signature, _SK_TAIL)
            _verify_sk(public_key, sshsig.to_be_signed(message), inner)
        case "webauthn-es256" | "webauthn-eddsa":
            scheme, party = public_key.scheme, public_key.party
            passkey.verify(scheme, public_key.key, party, message, signature)
        case _:
            raise BadSignatureError(f"signatures of {public_key.scheme} cannot be verified")


def _inner_signature(public_key: PublicKey, blob: bytes, size: int) -> bytes:
    """The last ``size`` bytes of an SSHSIG blob, after all that the key already decides.

    A key's blobs differ in their last bytes only, so comparing the rest is the whole reading;
    fields are read one by one just to say which of them is wrong.
    """
    before = public_key.before_signature
    if blob.startswith(before) and len(blob) == len(before) + size:
        return blob[len(before) :]
    found = sshsig.parse(blob)
    if found.public_key != public_key.ssh_form:
        raise BadSignatureError("an SSH signature that names another key than the roster's")
    if found.namespace != sshsig.NAMESPACE:
        raise BadSignatureError(f"an SSH signature for the namespace {found.namespace[:40]!r}")
    if found.reserved:
        raise BadSignatureError("an SSH signature whose reserved field is not empty")
    if found.hash_algorithm != sshsig.HASH:
        raise BadSignatureError(f"an SSH signature over {found.hash_algorithm[:40]!r}, not sha512")
    raise BadSignatureError("an SSH signature whose inner part is not of its key's type or size")


def _verify_sk(public_key: PublicKey, signed: bytes, inner: bytes) -> None:
    raw, flags, counter = inner[:64], inner[64], int.from_bytes(inner[65:], "big")
    if flags & _NEEDED_FLAGS != _NEEDED_FLAGS:
        raise BadSignatureError(
            "a security key that did not check presence and its user",
            hint="make the key with `ssh-keygen -t ed25519-sk -O verify-required`",
        )
    # The counter is signed, and otherwise nobody's business: it identifies nothing.
    message = sshsig.sk_to_be_signed(public_key.application, flags, counter, signed)
    ed25519.verify(public_key.point, message, raw)


def _check_sk_key(form: bytes) -> None:
    start = len(_SK_PREFIX) + ed25519.KEY_SIZE
    application = form[start + 4 :]
    if not form.startswith(_SK_PREFIX) or form[start:] != sshsig.string(application):
        raise CharterError("a security key that is not in SSH's form")
    # Without this a passkey of some web site could stand on a roster as an SSH key.
    if not application.startswith(b"ssh:") or len(application) > MAX_APPLICATION_BYTES:
        raise CharterError("a security key whose application does not begin with ssh:")
