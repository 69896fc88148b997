"""An authenticator in software: what a phone would sign, and what it wouldn't."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from cheget.order.keys import PublicKey
from cheget.order.passkey import ES256, Party, challenge_of, encode_assertion

ORIGIN = "https://cheget.example.com"
PARTY = Party("cheget.example.com", (ORIGIN, "https://second.cheget.example.com"))


def text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass
class Authenticator:
    """A signer, as ``cheget.order.draft.Signer`` asks; everything it says can be changed."""

    scheme: str = ES256
    party: Party = PARTY
    seed: int = 7
    flags: int = 5
    origin: str = ORIGIN
    behind: bytes = b""
    rp_id: str | None = None
    client: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.scheme == ES256:
            private: Any = ec.derive_private_key(self.seed, ec.SECP256R1())
            point = private.public_key().public_bytes(
                Encoding.X962, PublicFormat.UncompressedPoint
            )  # fmt: skip
            self._sign = lambda data: private.sign(data, ec.ECDSA(SHA256()))
        else:
            private = Ed25519PrivateKey.from_private_bytes(self.seed.to_bytes(32, "big"))
            point = private.public_key().public_bytes_raw()
            self._sign = private.sign
        self.public = PublicKey(self.scheme, point, self.party)

    def data(self) -> bytes:
        rp_id = self.party.rp_id if self.rp_id is None else self.rp_id
        head = sha256(rp_id.encode()).digest() + bytes([self.flags])
        return head + (9).to_bytes(4, "big") + self.behind

    def client_data(self, message: bytes) -> bytes:
        said = {"type": "webauthn.get", "challenge": text(challenge_of(message)),
                "origin": self.origin, "crossOrigin": False, **self.client}  # fmt: skip
        return json.dumps({name: one for name, one in said.items() if one is not None}).encode()

    def sign(self, message: bytes, client: bytes | None = None) -> bytes:
        client = self.client_data(message) if client is None else client
        data = self.data()
        return encode_assertion(data, client, self._sign(data + sha256(client).digest()))
