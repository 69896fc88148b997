"""Ed25519 by one rule, wherever cheget verifies it.

The rule (RFC 8032, made strict): ``S`` below the group order; ``A`` and ``R`` encoded in their
one form and not of small order; ``A`` on the curve; the equation without the cofactor. OpenSSL
verifies the equation; the rest is checked here, so that no backend decides what is accepted.
"""

from __future__ import annotations

from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from cheget.errors import BadSignatureError, CharterError

KEY_SIZE = 32
SIGNATURE_SIZE = 64

_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
# The y of an order 8 point; the points of small order have y of 0, 1, -1 and plus or minus this.
_Y8 = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
_SMALL = (0, 1, _P - 1, _Y8, _P - _Y8)
_SIGN = 1 << 255
# With either sign; and every y that is written as itself plus p, of which there are nineteen.
_SMALL_FORMS = frozenset((y | sign).to_bytes(32, "little") for y in _SMALL for sign in (0, _SIGN))
_OTHER_FORMS = frozenset(
    (y | sign).to_bytes(32, "little") for y in range(_P, _SIGN) for sign in (0, _SIGN)
)
_REFUSED_R = _SMALL_FORMS | _OTHER_FORMS


@lru_cache(maxsize=16_384)
def check_point(key: bytes) -> None:
    """Return only if ``key`` is the encoding of a point that a key may be.

    Raises:
        CharterError: Not 32 bytes, not in its one form, of small order, or off the curve.
    """
    if len(key) != KEY_SIZE:
        raise CharterError(f"an Ed25519 key has {KEY_SIZE} bytes, not {len(key)}")
    if key in _OTHER_FORMS:
        raise CharterError("an Ed25519 key that is not in its one form")
    if key in _SMALL_FORMS:
        raise CharterError("an Ed25519 key of small order: anybody could sign for it")
    y = int.from_bytes(key, "little") % _SIGN
    # x^2 = u / v; a square there iff u * v is one (Euler).
    u, v = y * y - 1, _D * y * y + 1
    if pow(u * v, (_P - 1) // 2, _P) != 1:
        raise CharterError("an Ed25519 key that is not a point on the curve")


def verify(key: bytes, message: bytes, signature: bytes) -> None:
    """Return only if ``signature`` (64 bytes) over ``message`` is by ``key`` (32 bytes).

    Raises:
        BadSignatureError: Anything else, a bad key included.
    """
    if len(signature) != SIGNATURE_SIZE:
        raise BadSignatureError(
            f"an Ed25519 signature has {SIGNATURE_SIZE} bytes, not {len(signature)}"
        )
    # L is a little over 2^252, so most S need no arithmetic.
    if signature[63] >= 0x10 and int.from_bytes(signature[32:], "little") >= _L:  # noqa: PLR2004
        raise BadSignatureError("a signature whose S is not below the group order")
    if signature[:32] in _REFUSED_R:
        raise BadSignatureError("a signature whose R is of small order or not in its one form")
    try:
        _loaded(key).verify(signature, message)
    except CharterError as error:
        raise BadSignatureError(error.message) from None
    except InvalidSignature:
        raise BadSignatureError("the signature does not verify") from None


@lru_cache(maxsize=4096)
def _loaded(key: bytes) -> Ed25519PublicKey:
    check_point(key)
    return Ed25519PublicKey.from_public_bytes(key)
