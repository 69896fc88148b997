"""Who signed: the keys of the signer named are tried, under the roster's own schemes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cheget.errors import BadSignatureError
from cheget.order.charter import Person
from cheget.order.envelope import Envelope
from cheget.order.keys import PublicKey, is_passkey, verify


def verify_signer(
    people: Mapping[str, Person], signer: str, envelope: Envelope,
    verifies: Callable[[PublicKey, bytes, bytes], None] = verify,
) -> PublicKey:  # fmt: skip
    """The key of ``signer`` under which ``envelope`` verifies, as ``verifies`` has it.

    Raises:
        BadSignatureError: nobody of that name, or none of their keys.
    """
    person = people.get(signer)
    if person is None or not person.keys:
        raise BadSignatureError(f"nobody named {signer} holds a key")
    fault: BadSignatureError | None = None
    for key in person.keys:
        try:
            verifies(key, envelope.signed_bytes, envelope.signature)
        except BadSignatureError as error:
            fault = error
        else:
            return key
    raise BadSignatureError(f"the {envelope.kind} is not signed by {signer}: {fault}")


def is_own_device(key: PublicKey) -> bool:
    """Whether signatures of ``key`` are made by the member's own program, never by a page."""
    return not is_passkey(key)


def key_hint(key: PublicKey) -> str:
    """A ``keyid`` for envelopes: the first 16 hex digits of the key. It decides nothing."""
    return key.point.hex()[:16]
