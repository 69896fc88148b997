"""Passkeys, verified offline: a WebAuthn assertion whose challenge is a document's digest.

All the checks of W3C Web Authentication Level 3, section 7.2, that need no server, and those that
libraries leave open: no cross-origin use, no duplicate keys in the client data, the algorithm from
the roster. The counter, the credential's id and the signature's bytes identify nothing.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from cheget.audit import ed25519
from cheget.errors import BadSignatureError, CharterError, MalformedDocumentError
from cheget.order import canonical
from cheget.order.canonical import Json, distinct

ES256 = "webauthn-es256"
EDDSA = "webauthn-eddsa"
ES256_SIZE = 65  # SEC 1: 04, x, y

MAX_CLIENT_DATA = 4096
MAX_AUTHENTICATOR_DATA = 1024
MAX_SIGNATURE = 128
_FIELDS = ("authenticatorData", "clientDataJSON", "signature")
_PRESENT, _VERIFIED, _ATTESTED, _EXTENDED = 0x01, 0x04, 0x40, 0x80
_FIXED = 37  # hash of the relying party's id, flags, counter


@dataclass(frozen=True)
class Party:
    """The relying party of a charter: its id, and the exact origins of its pages."""

    rp_id: str
    origins: tuple[str, ...]


def check_key(scheme: str, key: bytes) -> None:
    """Return only if the key is a sound point of its curve.

    Raises:
        CharterError: it is not.
    """
    if scheme == EDDSA:
        ed25519.check_point(key)
    else:
        _loaded(key)


def encode_assertion(authenticator_data: bytes, client_data: bytes, signature: bytes) -> bytes:
    """The bytes that stand as the signature in an envelope."""
    given = (authenticator_data, client_data, signature)
    return canonical.encode({n: to_base64url(one) for n, one in zip(_FIELDS, given, strict=True)})


def challenge_of(message: bytes) -> bytes:
    """The challenge for a message: its SHA-256, so a document's is its digest."""
    return sha256(message).digest()


def verify(scheme: str, key: bytes, party: Party | None, message: bytes, signature: bytes) -> None:
    """Return only if the assertion is over ``message``, by ``key``, on a page of ``party``.

    Args:
        scheme: Of the key, from the roster.
        key: 65 bytes of SEC 1 or 32 of Ed25519.
        party: From the charter.
        message: The bytes signed; of a document, its pre-authentication encoding.
        signature: As :func:`encode_assertion` writes it.

    Raises:
        BadSignatureError: anything else.
    """
    if party is None or not party.rp_id:
        raise BadSignatureError("a passkey, and the charter names no page for them")
    data, client, raw = _read(signature)
    _check_client(client, party, challenge_of(message))
    _check_authenticator(data, party)
    _check_signed(scheme, key, data + sha256(client).digest(), raw)


def _read(signature: bytes) -> tuple[bytes, bytes, bytes]:
    try:
        value = canonical.decode(signature, up_to=4 * MAX_CLIENT_DATA)
    except MalformedDocumentError as error:
        raise BadSignatureError(f"not a passkey's assertion: {error}") from None
    if not isinstance(value, dict) or tuple(sorted(value)) != _FIELDS:
        raise BadSignatureError("not a passkey's assertion: it has other fields")
    sizes = (MAX_AUTHENTICATOR_DATA, MAX_CLIENT_DATA, MAX_SIGNATURE)
    data, client, raw = (
        _from_text(value[name], most) for name, most in zip(_FIELDS, sizes, strict=True)
    )
    return data, client, raw


def _check_client(client: bytes, party: Party, challenge: bytes) -> None:
    try:
        found: Any = json.loads(client, object_pairs_hook=distinct)
    except (ValueError, RecursionError) as error:
        raise BadSignatureError(f"a passkey's client data that is no JSON: {error}") from None
    if not isinstance(found, dict) or found.get("type") != "webauthn.get":
        raise BadSignatureError("a passkey's answer to something else than a question to sign")
    if found.get("challenge") != to_base64url(challenge):
        raise BadSignatureError("a passkey's signature over another document")
    if found.get("origin") not in party.origins:
        raise BadSignatureError("a passkey used on a page that the charter doesn't name")
    if found.get("crossOrigin", False) is not False or "topOrigin" in found:
        raise BadSignatureError("a passkey used within another page")


def _check_authenticator(data: bytes, party: Party) -> None:
    if len(data) < _FIXED or data[:32] != sha256(party.rp_id.encode()).digest():
        raise BadSignatureError("a passkey of another house's page")
    flags = data[32]
    if not flags & _PRESENT or not flags & _VERIFIED:
        raise BadSignatureError("a passkey that did not check presence and its user")
    if len(data) > _FIXED and not flags & (_ATTESTED | _EXTENDED):
        raise BadSignatureError("a passkey's answer with something behind it")


def _check_signed(scheme: str, key: bytes, signed: bytes, raw: bytes) -> None:
    if scheme == EDDSA:
        ed25519.verify(key, signed, raw)
        return
    try:
        _loaded(key).verify(raw, signed, ec.ECDSA(SHA256()))
    except CharterError as error:
        raise BadSignatureError(error.message) from None
    except InvalidSignature:
        raise BadSignatureError("the signature does not verify") from None


@lru_cache(maxsize=4096)
def _loaded(key: bytes) -> ec.EllipticCurvePublicKey:
    if len(key) != ES256_SIZE or key[0] != 4:  # noqa: PLR2004 - SEC 1, not compressed
        raise CharterError(f"a P-256 key has {ES256_SIZE} bytes and begins with 04")
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key)
    except ValueError:
        raise CharterError("a P-256 key that is not a point on the curve") from None


def to_base64url(data: bytes) -> str:
    """Bytes in base64url without padding (RFC 4648, section 5), as browsers write them."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _from_text(value: Json, most: int) -> bytes:
    try:
        return from_base64url(value, most)
    except ValueError as error:
        raise BadSignatureError(f"not a passkey's assertion: {error}") from None


def from_base64url(value: object, most: int) -> bytes:
    """The bytes of :func:`to_base64url`, at most so many.

    Raises:
        ValueError: anything else, or not in its one form.
    """
    if not isinstance(value, str) or len(value) > 2 * most:
        raise ValueError("a field is no text, or too long")
    try:
        data = base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("a field that is not base64url") from None
    if to_base64url(data) != value or len(data) > most:
        raise ValueError("a field not in its one form")
    return data
