"""Everything that is signed, as frozen values.

One class a kind; ``signer`` is a person, ``seat`` a member or a crew's post. Field by field as
in ``spec/documents.md``. Instants are seconds since 1970, UTC; digests are in hex.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from cheget.errors import MalformedDocumentError
from cheget.order import canonical
from cheget.order.envelope import MAX_ENVELOPE, Envelope, digest
from cheget.order.fields import (
    DIGEST,
    DIGESTS,
    HEAD,
    HEX,
    ID_FIELD,
    INSTANT,
    NAMED,
    NONCE,
    ORIGIN,
    PARAMETERS,
    POST_FIELD,
    SIZE,
    TEXTS,
    Head,
    Named,
    choice,
    read_payload,
    spell,
    write,
)
from cheget.order.sealtree import TREE, SealTree
from cheget.order.words import in_words

OUTCOME = choice("carried-out", "refused", "failed", "unknown")
SCHEME = choice(
    "ed25519", "sshsig-ed25519", "sshsig-sk-ed25519", "webauthn-es256", "webauthn-eddsa"
)  # fmt: skip


class Document:
    """What all kinds share."""

    kind: ClassVar[str]

    def payload(self) -> bytes:
        """The canonical bytes that are signed (inside their pre-authentication encoding)."""
        return canonical.encode(dict(write(self)))

    def digest(self) -> str:
        """The document's digest, in hex."""
        return digest(self.kind, self.payload())


@dataclass(frozen=True)
class Order(Document):
    """An instruction that travels down the chain; its originator's concurrence at the head."""

    kind: ClassVar[str] = "order"
    acknowledged: tuple[str, ...] = spell(TEXTS)
    action: str = spell(ID_FIELD)
    attestations: tuple[str, ...] = spell(DIGESTS)
    decide_by: int = spell(INSTANT)
    deployment: str = spell(NONCE)
    executors: Named = spell(NAMED)
    law: str = spell(DIGEST)
    nonce: str = spell(NONCE)
    originator: str = spell(ID_FIELD)
    parameters: tuple[tuple[str, str], ...] = spell(PARAMETERS)
    reason: str = spell(DIGEST)
    seat: str = spell(ID_FIELD)
    transmitted_at: int = spell(INSTANT)
    shares: str | None = spell(DIGEST, optional=True)

    @property
    def signer(self) -> str:
        """The originator."""
        return self.originator


@dataclass(frozen=True)
class Concurrence(Document):
    """A signed yes, in one seat of one level, to one order as it stood."""

    kind: ClassVar[str] = "concurrence"
    acknowledged: tuple[str, ...] = spell(TEXTS)
    answered_at: int = spell(INSTANT)
    level: str = spell(ID_FIELD)
    order: str = spell(DIGEST)
    prior: str = spell(DIGEST)
    reason: str = spell(DIGEST)
    root: str = spell(DIGEST)
    seat: str = spell(POST_FIELD)
    signer: str = spell(ID_FIELD)
    size: int = spell(SIZE)
    absence: str | None = spell(DIGEST, optional=True)
    shares: str | None = spell(DIGEST, optional=True)


@dataclass(frozen=True)
class Refusal(Document):
    """A signed no, in every seat of its signer. ``seat`` only beside an executor."""

    kind: ClassVar[str] = "refusal"
    answered_at: int = spell(INSTANT)
    order: str = spell(DIGEST)
    reason: str = spell(DIGEST)
    signer: str = spell(ID_FIELD)
    seat: str | None = spell(POST_FIELD, optional=True)


@dataclass(frozen=True)
class Question(Document):
    """Something somebody wants to know before answering; without effect."""

    kind: ClassVar[str] = "question"
    asked_at: int = spell(INSTANT)
    order: str = spell(DIGEST)
    reason: str = spell(DIGEST)
    signer: str = spell(ID_FIELD)


@dataclass(frozen=True)
class Countermand(Document):
    """Takes back an order, or the signer's own attestation or absence."""

    kind: ClassVar[str] = "countermand"
    answered_at: int = spell(INSTANT)
    reason: str = spell(DIGEST)
    signer: str = spell(ID_FIELD)
    subject: str = spell(DIGEST)


@dataclass(frozen=True)
class Attestation(Document):
    """That a condition holds, for one action and for a while."""

    kind: ClassVar[str] = "attestation"
    action: str = spell(ID_FIELD)
    condition: str = spell(ID_FIELD)
    deployment: str = spell(NONCE)
    from_: int = spell(INSTANT)
    law: str = spell(DIGEST)
    nonce: str = spell(NONCE)
    seat: str = spell(ID_FIELD)
    signer: str = spell(ID_FIELD)
    statement: str = spell(DIGEST)
    until: int = spell(INSTANT)


@dataclass(frozen=True)
class Absence(Document):
    """That somebody is away, in all chains of the house."""

    kind: ClassVar[str] = "absence"
    deployment: str = spell(NONCE)
    from_: int = spell(INSTANT)
    nonce: str = spell(NONCE)
    signer: str = spell(ID_FIELD)
    until: int = spell(INSTANT)


@dataclass(frozen=True)
class Enrolment(Document):
    """Possession of a key, signed by the key itself. ``who`` is a person or an executor."""

    kind: ClassVar[str] = "enrolment"
    deployment: str = spell(NONCE)
    key: str = spell(HEX)
    nonce: str = spell(NONCE)
    scheme: str = spell(SCHEME)
    who: str = spell(ID_FIELD)
    sealing: str | None = spell(HEX, optional=True)


@dataclass(frozen=True)
class Amendment(Document):
    """A new charter, proposed. The first has no charter before it."""

    kind: ClassVar[str] = "amendment"
    decide_by: int = spell(INSTANT)
    deployment: str = spell(NONCE)
    new: str = spell(DIGEST)
    proposed_at: int = spell(INSTANT)
    reason: str = spell(DIGEST)
    signer: str = spell(ID_FIELD)
    version: int = spell(SIZE)
    old: str | None = spell(DIGEST, optional=True)


@dataclass(frozen=True)
class Revocation(Document):
    """A key given up, by its own person."""

    kind: ClassVar[str] = "revocation"
    deployment: str = spell(NONCE)
    key: str = spell(HEX)
    reason: str = spell(DIGEST)
    revoked_at: int = spell(INSTANT)
    signer: str = spell(ID_FIELD)


@dataclass(frozen=True)
class Seal(Document):
    """One serial of a sealed executor: who has a share of the root that opens its secret."""

    kind: ClassVar[str] = "seal"
    action: str = spell(ID_FIELD)
    deployment: str = spell(NONCE)
    executor: str = spell(ID_FIELD)
    law: str = spell(DIGEST)
    nonce: str = spell(NONCE)
    sealed: str = spell(DIGEST)
    serial: int = spell(SIZE)
    signer: str = spell(ID_FIELD)
    tree: SealTree = spell(TREE)


@dataclass(frozen=True)
class Review(Document):
    """That somebody looked at what was released, and what they found."""

    kind: ClassVar[str] = "review"
    answered_at: int = spell(INSTANT)
    finding: str = spell(DIGEST)
    order: str = spell(DIGEST)
    release: str = spell(DIGEST)
    signer: str = spell(ID_FIELD)


@dataclass(frozen=True)
class Receipt(Document):
    """An executor's account of what it did. ``resolves`` and ``looked`` settle an unknown."""

    kind: ClassVar[str] = "receipt"
    acted_at: int = spell(INSTANT)
    crew: tuple[str, ...] = spell(DIGESTS)
    deployment: str = spell(NONCE)
    executor: str = spell(ID_FIELD)
    law: Head = spell(HEAD)
    order: str = spell(DIGEST)
    orders: Head = spell(HEAD)
    outcome: str = spell(OUTCOME)
    output: str = spell(DIGEST)
    release: str = spell(DIGEST)
    looked: str | None = spell(ID_FIELD, optional=True)
    resolves: str | None = spell(DIGEST, optional=True)

    @property
    def signer(self) -> str:
        """The executor."""
        return self.executor


@dataclass(frozen=True)
class Session(Document):
    """That ``who`` reads at one door for a while, answering what that door drew. Never logged."""

    kind: ClassVar[str] = "session"
    at: int = spell(INSTANT)
    audience: str = spell(ORIGIN)
    deployment: str = spell(NONCE)
    nonce: str = spell(NONCE)
    who: str = spell(ID_FIELD)


AnyDocument = (
    Order | Concurrence | Refusal | Question | Countermand | Attestation | Absence
    | Enrolment | Amendment | Revocation | Seal | Review | Receipt | Session
)  # fmt: skip

_CLASSES: dict[str, type[AnyDocument]] = {
    cls.kind: cls
    for cls in (
        Order, Concurrence, Refusal, Question, Countermand, Attestation, Absence,
        Enrolment, Amendment, Revocation, Seal, Review, Receipt, Session,
    )
}  # fmt: skip


def unverified_document(envelope: Envelope) -> AnyDocument:
    """What an envelope holds, read strictly; its signature is not looked at.

    Raises:
        MalformedDocumentError: not canonical, or a field missing, unknown or ill-typed.
    """
    cls = _CLASSES.get(envelope.kind)
    if cls is None:
        raise MalformedDocumentError(f"an unknown kind of document: {envelope.kind}")
    document: AnyDocument = read_payload(cls, envelope.payload, up_to=MAX_ENVELOPE)
    _check_spans(document)
    return document


def _check_spans(document: AnyDocument) -> None:
    match document:
        case Attestation(from_=start, until=end) | Absence(from_=start, until=end):
            if start >= end:
                raise MalformedDocumentError("it ends before it begins")
        case Order(transmitted_at=start, decide_by=end):
            if start >= end:
                raise MalformedDocumentError("it must be decided before it is transmitted")
        case Receipt(resolves=resolves, looked=looked):
            if (resolves is None) != (looked is None):
                raise MalformedDocumentError("who looked and what it resolves go together")
        case _:
            pass


def order_name(order_digest: str) -> str:
    """An order's six words: an address for people, never a proof."""
    return " ".join(in_words(bytes.fromhex(order_digest), 6))
