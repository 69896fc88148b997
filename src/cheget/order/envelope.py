"""The envelope: DSSE over canonical JSON, one signature.

The bytes that were signed are what is stored and sent. ``Envelope.decode`` refuses bytes that
are not exactly what ``encode`` gives, so one document has one envelope for each signature.
Source: the DSSE protocol and envelope specifications, v1.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

from cheget.errors import MalformedDocumentError

MAX_ENVELOPE = 64 * 1024

KINDS = frozenset(
    {
        "order", "concurrence", "refusal", "question", "countermand", "attestation", "absence",
        "enrolment", "amendment", "revocation", "seal", "review", "receipt", "session",
    }
)  # fmt: skip

_SHAPE = re.compile(
    rb'\{"payload":"([A-Za-z0-9+/]+={0,2})",'
    rb'"payloadType":"application/vnd\.cheget\.([a-z-]{1,40})\.v1\+json",'
    rb'"signatures":\[\{"keyid":"([a-z0-9-]{0,64})","sig":"([A-Za-z0-9+/]+={0,2})"\}\]\}'
)


def media_type(kind: str) -> str:
    """The media type of a document kind; the kind is signed with the payload."""
    return f"application/vnd.cheget.{kind}.v1+json"


def pae(kind: str, payload: bytes) -> bytes:
    """DSSE pre-authentication encoding: what a signature is over."""
    type_ = media_type(kind).encode()
    return b"DSSEv1 %d %b %d %b" % (len(type_), type_, len(payload), payload)


def digest(kind: str, payload: bytes) -> str:
    """A document's digest: SHA-256, in hex, of its type and payload, never of the signature."""
    return hashlib.sha256(pae(kind, payload)).hexdigest()


@dataclass(frozen=True)
class Envelope:
    """A payload of some kind with one signature. ``keyid`` is a hint and decides nothing."""

    kind: str
    payload: bytes
    signature: bytes
    keyid: str = ""

    @property
    def signed_bytes(self) -> bytes:
        """The pre-authentication encoding, over which the signature is."""
        # Kept without cached_property, whose lock costs more than what it guards.
        known: bytes | None = self.__dict__.get("_signed_bytes")
        if known is None:
            known = self.__dict__["_signed_bytes"] = pae(self.kind, self.payload)
        return known

    @property
    def digest(self) -> str:
        """The document's digest, in hex."""
        known: str | None = self.__dict__.get("_digest")
        if known is None:
            known = self.__dict__["_digest"] = hashlib.sha256(self.signed_bytes).hexdigest()
        return known

    def encode(self) -> bytes:
        """The envelope's canonical bytes."""
        return b'{"payload":"%b","payloadType":"%b","signatures":[{"keyid":"%b","sig":"%b"}]}' % (
            base64.b64encode(self.payload),
            media_type(self.kind).encode(),
            self.keyid.encode(),
            base64.b64encode(self.signature),
        )

    @classmethod
    def decode(cls, data: bytes) -> Envelope:
        """Read an envelope's bytes.

        Raises:
            MalformedDocumentError: too large, of an unknown kind, a drill, or not canonical.
        """
        if len(data) > MAX_ENVELOPE:
            raise MalformedDocumentError(
                f"an envelope of {len(data):,} bytes, and at most {MAX_ENVELOPE:,} are read"
            )
        shape = _SHAPE.fullmatch(data)
        if shape is None:
            raise MalformedDocumentError("not an envelope in canonical form")
        payload, kind, keyid, signature = shape.groups()
        name = kind.decode()
        if name not in KINDS:
            what = "a drill" if name.startswith("drill-") else f"an unknown kind, {name}"
            raise MalformedDocumentError(f"the envelope holds {what}")
        return cls(name, _base64(payload), _base64(signature), keyid.decode())


def _base64(text: bytes) -> bytes:
    try:
        data = binascii.a2b_base64(text, strict_mode=True)
    except binascii.Error as error:
        raise MalformedDocumentError(f"not standard base64: {error}") from None
    # Bits left over in the last character would give one document several envelopes.
    if text.endswith(b"=") and not text.endswith(
        binascii.b2a_base64(data[-(len(data) % 3) :], newline=False)
    ):
        raise MalformedDocumentError("base64 that is not its own canonical form")
    return data
