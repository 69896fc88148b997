"""Seals: what opens an executor's secret, combined from shares and from nothing else.

Pure: dealing draws randomness and lies in ``keyring.sealing``. A seal's digest can't key what
it is itself the digest of, so commitments and keys are bound to its ``identity``: everything it
says but its tree and the digest of what it seals. Numbers in brackets are those of
``spec/seal.md``.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from cheget.chain.shares import SeatShare, Split, leaves, share_tree
from cheget.errors import BadShareError, MalformedDocumentError, SealError, VerificationError
from cheget.order import canonical
from cheget.order.charter import Charter, Law
from cheget.order.documents import Seal
from cheget.order.papers import Filed, open_envelope
from cheget.order.sealtree import SealTree
from cheget.order.signatures import verify_signer

SHARE_SIZE = 16  # bytes; Shamir's scheme, as the library has it, takes no other
MAX_SECRETS = 256 * 1024  # bytes of all that one seal holds
MAX_SEALED_FILE = 2 * 1024 * 1024
_ONE_KEY_ONE_USE = bytes(12)  # of AES-GCM: each key is derived from a fresh root, used once


@dataclass(frozen=True)
class Sealed:
    """A seal with its envelope, and what is sealed under it."""

    filed: Filed
    seal: Seal
    ciphertext: bytes

    def encode(self) -> bytes:
        """As it lies with its executor: no secret, until the chain has agreed."""
        return canonical.encode(
            {"seal": self.filed.stored.decode(), "sealed": self.ciphertext.hex()}
        )


def read_sealed(data: bytes) -> Sealed:
    """What lies with an executor; its signature is not looked at.

    Raises:
        MalformedDocumentError: no sealed secret, or not the one that its seal is of.
    """
    value = canonical.decode(data, up_to=MAX_SEALED_FILE)
    match value:
        case {"seal": str(envelope), "sealed": str(ciphertext), **rest} if not rest:
            filed = open_envelope(envelope.encode())
        case _:
            raise MalformedDocumentError("not a sealed secret: seal and sealed")
    if not isinstance(filed.unverified, Seal):
        raise MalformedDocumentError(f"a {filed.envelope.kind} where a seal is due")
    try:
        sealed = Sealed(filed, filed.unverified, bytes.fromhex(ciphertext))
    except ValueError:
        raise MalformedDocumentError("a sealed secret that is not in hex") from None
    if hashlib.sha256(sealed.ciphertext).hexdigest() != sealed.seal.sealed:
        raise MalformedDocumentError("another sealed secret than the one its seal is of")
    return sealed


def identity(seal: Seal) -> bytes:
    """What is the seal's own: 32 bytes of all it says but tree and sealed secret."""
    value: canonical.Json = {
        "action": seal.action, "deployment": seal.deployment, "executor": seal.executor,
        "law": seal.law, "nonce": seal.nonce, "serial": seal.serial, "signer": seal.signer,
    }  # fmt: skip
    return hashlib.sha256(b"cheget seal\0" + canonical.encode(value)).digest()


def commitment(seal_identity: bytes, seat: str, share: bytes) -> str:
    """The commitment to one share in that seat, in hex."""
    return hashlib.sha256(b"cheget share\0" + seal_identity + seat.encode() + share).hexdigest()


def check_seal(seal: Seal, filed: Filed, charter: Charter) -> Law:
    """The law that a seal is of, only if it stands under that charter.

    Raises:
        SealError: of another deployment, chain, law or ladder, or signed by nobody of the house.
    """
    law = charter.law_digests.get(seal.law)
    if law is None or seal.deployment != charter.deployment:
        raise SealError(
            f"serial {seal.serial} of {seal.executor} is sealed under another law",
            hint="a change of the law voids every seal of the old one: cheget seal",
        )
    try:
        verify_signer(charter.people, seal.signer, filed.envelope)
        kind = law.chain.kind_of(seal.executor)
        action = law.chain.action(seal.action)
    except (VerificationError, KeyError) as error:
        raise SealError(f"the seal of {seal.executor} does not stand: {error}") from None
    if kind.id not in action.executors:
        raise SealError(f"{seal.action} never names {seal.executor}")
    # (3) A dealer's own tree would let others open it than the chain says.
    if seal.tree.shape != share_tree(law.chain, seal.action):
        raise SealError(f"the seal of {seal.executor} is split otherwise than its ladder")
    return law


def places(tree: SealTree, seat: str) -> list[int]:
    """Where in the tree's order the shares of a seat stand."""
    return [place for place, leaf in enumerate(leaves(tree.shape)) if leaf.seat == seat]


def check_shares(seal: Seal, seat: str, shares: bytes, whose: str) -> tuple[bytes, ...]:
    """A seat's shares one by one, only if each is the one that was dealt.

    Args:
        seal: Whose tree it is.
        seat: ``level/member``.
        shares: 16 bytes each, in the tree's order.
        whose: Who gave them, for the error.

    Raises:
        BadShareError: naming who gave it.
    """
    mine, own = places(seal.tree, seat), identity(seal)
    given = tuple(shares[at : at + SHARE_SIZE] for at in range(0, len(shares), SHARE_SIZE))
    right = [seal.tree.commitments[place] for place in mine]
    if not mine or [commitment(own, seat, one) for one in given] != right:
        raise BadShareError(f"the share that {whose} gave for {seat} is not the one dealt")
    return given


def combine(seal: Seal, given: Mapping[str, Sequence[bytes]]) -> bytes:
    """The 16-byte root, from checked shares by seat.

    Raises:
        SealError: the seats do not open the tree.
    """
    by_seat = {seat: iter(shares) for seat, shares in given.items()}
    found = _combined(seal.tree.shape, by_seat)
    if found is None:
        raise SealError("these seats do not open the seal")
    return found


def _combined(tree: Split | SeatShare, given: Mapping[str, Iterator[bytes]]) -> bytes | None:
    if isinstance(tree, SeatShare):
        return next(given[tree.seat]) if tree.seat in given else None
    # Every item is looked at, so that each seat's shares are taken in the tree's order.
    values = [_combined(item, given) for item in tree.items]
    # (6) The index is the place in the seal, from 1: whoever brings a share can't choose it.
    known = [(index, value) for index, value in enumerate(values, 1) if value is not None]
    if len(known) < tree.need:
        return None
    if tree.need == 1:
        return known[0][1]
    return cast("bytes", shamir().combine(known[: tree.need]))


def shamir() -> Any:  # noqa: ANN401 - the library's class, imported only where something is sealed
    """Shamir's scheme over GF(2^128), 16 bytes at a time.

    Raises:
        SealError: the library that has it isn't installed.
    """
    try:
        from Crypto.Protocol.SecretSharing import Shamir  # noqa: PLC0415
    except ImportError:
        raise SealError(
            "sealed secrets need the library pycryptodome", hint='pip install "cheget[seal]"'
        ) from None
    return Shamir


def seal_secrets(seal_identity: bytes, root: bytes, secrets: Mapping[str, bytes]) -> bytes:
    """Secrets by name, sealed under a fresh root that nothing else is sealed under.

    Raises:
        SealError: too large.
    """
    plain = canonical.encode(
        {name: base64.b64encode(value).decode() for name, value in secrets.items()}
    )
    if len(plain) > MAX_SECRETS:
        raise SealError(f"secrets of over {MAX_SECRETS:,} bytes")
    return AESGCM(_key(seal_identity, root)).encrypt(_ONE_KEY_ONE_USE, plain, seal_identity)


def open_secrets(sealed: Sealed, root: bytes) -> dict[str, bytes]:
    """The secrets by name.

    Raises:
        SealError: another root.
    """
    own = identity(sealed.seal)
    try:
        plain = AESGCM(_key(own, root)).decrypt(_ONE_KEY_ONE_USE, sealed.ciphertext, own)
        value = canonical.decode(plain, up_to=MAX_SECRETS)
        match value:
            case dict():
                return {name: binascii.a2b_base64(str(one)) for name, one in value.items()}
            case _:
                raise SealError("what is sealed are no secrets")
    except (InvalidTag, MalformedDocumentError, binascii.Error):
        raise SealError("the seal does not open: another root, or damaged") from None


def _key(seal_identity: bytes, root: bytes) -> bytes:
    info = b"cheget sealed secret\0" + seal_identity
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(root)
