"""Shares on their way to executors: what binds them, and what an executor takes out of a code.

An order and each concurrence bind a Merkle root over ciphertexts, one for each executor that
the order names, in the order's own list; a ciphertext for one without a seal is empty. The
ciphertexts lie beside.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from cheget.audit.merkle import Tree, leaf_hash, leaf_hashes, root_from_path
from cheget.errors import LogError, MalformedDocumentError, SealError
from cheget.order import canonical
from cheget.order.documents import Concurrence, Order, Seal
from cheget.order.fields import DIGEST

MAX_CIPHERTEXT = 16 * 1024  # bytes: of 200 shares, and what HPKE adds
MAX_LIST = 24 * 1024 * 1024


@dataclass(frozen=True)
class Handed:
    """One ciphertext of a document's list, and its path to the root the document binds."""

    ciphertext: bytes
    path: tuple[bytes, ...]

    def to_json(self) -> canonical.Json:
        """As it travels in a code."""
        return {"ciphertext": self.ciphertext.hex(), "path": [one.hex() for one in self.path]}

    @classmethod
    def from_json(cls, value: object) -> Handed:
        """Read one that came from outside, strictly."""
        match value:
            case {"ciphertext": ciphertext, "path": list(path), **rest} if not rest:
                return cls(
                    ciphertext_of(ciphertext),
                    tuple(bytes.fromhex(DIGEST.read(one)) for one in path),
                )
            case _:
                raise MalformedDocumentError("not a share handed over: ciphertext and path")


def shares_tree(ciphertexts: Sequence[bytes]) -> Tree:
    """The RFC 6962 tree over ciphertexts, one for each executor of the order's list."""
    return Tree(leaf_hashes(ciphertexts))


def encode_shares(ciphertexts: Sequence[bytes]) -> bytes:
    """The list as it is stored and sent."""
    return canonical.encode([one.hex() for one in ciphertexts])


def decode_shares(data: bytes) -> tuple[bytes, ...]:
    """The list of ciphertexts, strictly.

    Raises:
        MalformedDocumentError: not such a list.
    """
    value = canonical.decode(data, up_to=MAX_LIST)
    if not isinstance(value, list):
        raise MalformedDocumentError("shares are a list")
    return tuple(ciphertext_of(one) for one in value)


def ciphertext_of(value: object) -> bytes:
    """A ciphertext from its hex, capped."""
    if not isinstance(value, str) or len(value) > 2 * MAX_CIPHERTEXT or value != value.lower():
        raise MalformedDocumentError("a share is a ciphertext in hex")
    try:
        return bytes.fromhex(value)
    except ValueError:
        raise MalformedDocumentError("a share is a ciphertext in hex") from None


def about(order: Order) -> str:
    """What the originator's own shares name: the order's digest without the root that binds them.

    An order can't name its own digest; its nonce makes this one as unique. All others name the
    order's digest itself.
    """
    return replace(order, shares=None).digest()


def handover_info(seal: Seal, identity: bytes, order: str, seat: str) -> bytes:
    """To what a share on its way is bound: moved anywhere else, it does not open."""
    return b"cheget hand-over\0" + canonical.encode(
        {
            "deployment": seal.deployment, "executor": seal.executor, "order": order,
            "seal": identity.hex(), "seat": seat, "serial": seal.serial,
        }
    )  # fmt: skip


def dealing_info(identity: bytes, seat: str, person: str) -> bytes:
    """To what a share is bound from the ceremony to whoever holds the seat."""
    return b"cheget deal\0" + canonical.encode(
        {"person": person, "seal": identity.hex(), "seat": seat}
    )


def check_bound(
    documents: Mapping[str, Order | Concurrence], handed: Mapping[str, Handed], index: int,
    count: int,
) -> Iterator[tuple[Order | Concurrence, str, bytes]]:  # fmt: skip
    """Each share that came with what counted: the document, what its info names, ciphertext.

    A document that binds no share has an empty ciphertext: that is its signer's doing. What a
    code lacks, or has otherwise than it was signed for, is the doing of whoever carried it.

    Args:
        documents: What counted, by digest: the order and its concurrences.
        handed: By the same digests, this executor's ciphertexts.
        index: This executor's place in the order's list.
        count: How many the list has.

    Raises:
        SealError: one is missing from the code, or altered on its way.
    """
    for digest, document in documents.items():
        named = about(document) if isinstance(document, Order) else document.order
        if document.shares is None:
            yield document, named, b""
            continue
        one = handed.get(digest)
        if one is None:
            raise SealError(f"the code lacks the share of {document.signer}")
        try:
            root = root_from_path(leaf_hash(one.ciphertext), index, count, one.path)
        except LogError:
            root = b""
        if root.hex() != document.shares:
            raise SealError(f"the share of {document.signer} was altered on its way")
        yield document, named, one.ciphertext
