"""Dealing, holding and handing over shares: HPKE to keys that people and executors hold.

A key file is one Ed25519 key. The X25519 key that shares are sealed to is derived from it, so
that there is one file, one passphrase and one backup; its public half is in the enrolment that
the Ed25519 key signs. Whoever holds a key in an agent or a security key has none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from cheget.chain.shares import SeatShare, Split, leaves, share_tree
from cheget.errors import BadShareError, KeyFileError, SealError
from cheget.keyring.signer import Ed25519Signer, Signer, SshKeySigner
from cheget.order.charter import Law
from cheget.order.documents import Seal
from cheget.order.draft import enclose
from cheget.order.handover import dealing_info, handover_info
from cheget.order.keys import PublicKey
from cheget.order.papers import open_envelope
from cheget.order.seal import (
    Sealed,
    check_shares,
    commitment,
    identity,
    places,
    seal_secrets,
    shamir,
)
from cheget.order.sealtree import SealTree

SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_PLACEHOLDER = "0" * 64


@dataclass(frozen=True)
class Deal:
    """A share as dealt: sealed to one key of one person who may fill the seat."""

    seat: str
    person: str
    key: bytes  # the sealing key it is sealed to
    ciphertext: bytes


def sealing_key(signer: Signer) -> X25519PrivateKey:
    """The X25519 key derived from a key file.

    Raises:
        KeyFileError: an agent or a security key signs, and can't decrypt.
    """
    if not isinstance(signer, Ed25519Signer | SshKeySigner):
        raise KeyFileError(
            "shares are opened by a key file, and this key is in an agent",
            hint="give the key file with --key",
        )
    seed = signer.private.private_bytes_raw()
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"cheget sealing key").derive(
        seed
    )
    return X25519PrivateKey.from_private_bytes(derived)


def with_sealing(signer: Signer) -> PublicKey:
    """The public key as it is enrolled: with its sealing key, where it can have one."""
    if not isinstance(signer, Ed25519Signer | SshKeySigner):
        return signer.public
    return replace(signer.public, sealing=sealing_key(signer).public_key().public_bytes_raw())


def holders(law: Law, member: str, revoked: Collection[bytes] = ()) -> dict[str, tuple[bytes, ...]]:
    """Who is dealt the share of a member's seat, and to which keys: the member and deputies.

    ``revoked`` are the points of keys that nobody is dealt anything to.
    """
    return {
        person: tuple(
            key.sealing
            for key in law.people[person].keys
            if key.sealing and key.point not in revoked
        )
        for person in law.fillers[member]
    }


def without_key(law: Law, action: str, revoked: Collection[bytes] = ()) -> list[str]:
    """The people with a seat on the ladder who have no key that a share can be sealed to."""
    found = {
        person
        for leaf in leaves(share_tree(law.chain, action))
        for person, keys in holders(law, leaf.member, revoked).items()
        if not keys
    }
    return sorted(found)


def deal(
    law: Law, *, executor: str, action: str, serial: int, secrets: Mapping[str, bytes],
    dealer: str, signer: Signer, entropy: Sequence[bytes], revoked: Collection[bytes] = (),
) -> tuple[Sealed, list[Deal]]:  # fmt: skip
    """One serial: the secrets sealed under a fresh root, and its shares sealed to their holders.

    Args:
        law: Of the executor's chain.
        executor: Whose secrets they are.
        action: Whose ladder opens them.
        serial: Its number, from 1.
        secrets: By name.
        dealer: Who holds the ceremony.
        signer: The dealer's.
        entropy: 16 bytes for the root and 16 for the nonce; the polynomials draw their own.
        revoked: Points of keys that have been given up.

    Raises:
        SealError: somebody with a seat has no key to seal to, or the tree is too large.
    """
    if missing := without_key(law, action, revoked):
        raise SealError(
            f"no share can be sealed to {', '.join(missing)}",
            hint="who has a seat enrols a key file: keys in agents can't open shares",
        )
    root, nonce = entropy
    shape = share_tree(law.chain, action)
    draft = Seal(
        action, law.deployment, executor, law.digest, nonce.hex(), _PLACEHOLDER, serial, dealer,
        SealTree(shape, ()),
    )  # fmt: skip
    own = identity(draft)
    shares = list(_split(shape, root))
    order = [leaf.seat for leaf in leaves(shape)]
    commitments = tuple(
        commitment(own, seat, share) for seat, share in zip(order, shares, strict=True)
    )
    ciphertext = seal_secrets(own, root, secrets)
    seal = replace(
        draft, tree=SealTree(shape, commitments), sealed=hashlib.sha256(ciphertext).hexdigest()
    )
    bundles = {
        leaf.seat: (leaf.member, b"".join(shares[at] for at in places(seal.tree, leaf.seat)))
        for leaf in leaves(shape)
    }
    dealt = [
        Deal(seat, person, key, _seal_to(key, bundle, dealing_info(own, seat, person)))
        for seat, (member, bundle) in bundles.items()
        for person, keys in holders(law, member, revoked).items()
        for key in keys
    ]
    return Sealed(open_envelope(enclose(seal, signer)), seal, ciphertext), dealt


def _split(tree: Split | SeatShare, value: bytes) -> Iterator[bytes]:
    """The shares of a value, in the tree's order; at each split a polynomial of its own."""
    if isinstance(tree, SeatShare):
        yield value
        return
    parts = shamir().split(tree.need, len(tree.items), value)
    for item, (_, part) in zip(tree.items, parts, strict=True):
        yield from _split(item, part)


def open_dealt(
    seal: Seal, dealt: Sequence[Deal], *, seat: str, person: str, signer: Signer
) -> bytes:
    """The shares of a seat that were dealt to a person, each as it was committed to.

    Raises:
        BadShareError: nothing was dealt to this key, or something else than was committed to.
        KeyFileError: the key can't open anything.
    """
    private = sealing_key(signer)
    public = private.public_key().public_bytes_raw()
    info = dealing_info(identity(seal), seat, person)
    for one in dealt:
        if (one.seat, one.person, one.key) == (seat, person, public):
            try:
                shares = SUITE.decrypt(one.ciphertext, private, info)
            except (InvalidTag, ValueError):
                break
            check_shares(seal, seat, shares, seal.signer)
            return shares
    raise BadShareError(
        f"no share of {seat} was dealt to {person}'s key, for serial {seal.serial} of"
        f" {seal.executor}"
    )


def hand_over(seal: Seal, shares: bytes, *, to: bytes, order: str, seat: str) -> bytes:
    """A seat's shares, sealed to an executor's key for one order.

    Args:
        seal: Which they open.
        shares: As :func:`open_dealt` gives them.
        to: The executor's sealing key, from the charter and from nowhere else.
        order: Its digest (of the originator's own shares: ``handover.about``).
        seat: ``level/member``.
    """
    return _seal_to(to, shares, handover_info(seal, identity(seal), order, seat))


def open_handed(
    seal: Seal, ciphertext: bytes, private: X25519PrivateKey, *, order: str, seat: str
) -> bytes | None:
    """What was handed over; None when it doesn't open here, for this order and seat."""
    try:
        return SUITE.decrypt(ciphertext, private, handover_info(seal, identity(seal), order, seat))
    except (InvalidTag, ValueError):
        return None


def _seal_to(key: bytes, data: bytes, info: bytes) -> bytes:
    try:
        return SUITE.encrypt(data, X25519PublicKey.from_public_bytes(key), info)
    except ValueError as error:
        raise SealError(f"{key.hex()[:16]} is no key that anything can be sealed to") from error
