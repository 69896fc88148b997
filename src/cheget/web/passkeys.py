"""Enrolling a passkey: the ceremony by the library, the key as the roster has it, its possession.

The library verifies what the browser made; that somebody holds the key is proved as for any other
key, by an enrolment that the key itself signs. The credential's id only helps a browser to find
the passkey, and identifies nobody.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import cbor2
from webauthn import generate_registration_options, options_to_json, verify_registration_response
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AttestationConveyancePreference,
    AuthenticatorSelectionCriteria,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from cheget.errors import MalformedDocumentError
from cheget.order.keys import PublicKey, check_public_key
from cheget.order.passkey import EDDSA, ES256, Party

_ALGORITHMS = [COSEAlgorithmIdentifier.EDDSA, COSEAlgorithmIdentifier.ECDSA_SHA_256]
_KTY, _ALG, _CRV, _X, _Y = 1, 3, -1, -2, -3  # RFC 9053


def creation(
    party: Party, house: str, name: str, challenge: bytes, handle: bytes
) -> dict[str, Any]:
    """What a browser is asked for: a passkey that stays on the device and checks its user.

    ``handle`` is new for each passkey: a device keeps one passkey a handle, and a second of the
    same person would take the place of the first, which the charter names. ``name`` tells them
    apart where the device asks which.
    """
    options = generate_registration_options(
        rp_id=party.rp_id, rp_name=f"cheget, house {house}", user_name=name,
        user_id=handle, challenge=challenge,
        attestation=AttestationConveyancePreference.NONE,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        supported_pub_key_algs=_ALGORITHMS,
    )  # fmt: skip
    found: dict[str, Any] = json.loads(options_to_json(options))
    return found


def created(party: Party, credential: Mapping[str, Any], challenge: bytes) -> tuple[PublicKey, str]:
    """The key that a browser made, and its credential's id in base64url.

    Raises:
        MalformedDocumentError: it is not the answer to what was asked.
        CharterError: the key is unsound.
    """
    try:
        found = verify_registration_response(
            credential=dict(credential), expected_challenge=challenge,
            expected_rp_id=party.rp_id, expected_origin=list(party.origins),
            require_user_verification=True, supported_pub_key_algs=_ALGORITHMS,
        )  # fmt: skip
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise MalformedDocumentError(f"not a passkey that was asked for: {error}") from None
    key = _key(cbor2.loads(found.credential_public_key), party)
    check_public_key(key)
    return key, str(credential.get("id", ""))


def _key(cose: Mapping[int, Any], party: Party) -> PublicKey:
    match cose.get(_KTY), cose.get(_ALG), cose.get(_CRV):
        case 1, -8, 6:
            return PublicKey(EDDSA, bytes(cose[_X]), party)
        case 2, -7, 1:
            return PublicKey(ES256, b"\x04" + bytes(cose[_X]) + bytes(cose[_Y]), party)
        case _:
            raise MalformedDocumentError("a passkey of another algorithm than was asked for")
