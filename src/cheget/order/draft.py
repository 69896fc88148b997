"""What a client is about to sign: documents drafted from what it verified and showed.

Pure: the instant and the entropy are arguments. A draft says nothing until it is signed, and
whoever signs shows it first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from cheget.errors import NotAllowedError
from cheget.order.allowed import in_order, named
from cheget.order.charter import Charter, Law
from cheget.order.circumstances import CREW
from cheget.order.documents import (
    Amendment,
    Attestation,
    Concurrence,
    Countermand,
    Document,
    Enrolment,
    Order,
    Question,
    Refusal,
    Review,
)
from cheget.order.envelope import Envelope
from cheget.order.fields import Head, Text, check_text
from cheget.order.keys import PublicKey
from cheget.order.proceeding import Proceeding
from cheget.order.signatures import key_hint
from cheget.order.verify import Verified

NONCE_BYTES = 16
AMEND = "amend"


class Signer(Protocol):
    """Whoever can sign: a key in memory, a key file, an agent."""

    @property
    def public(self) -> PublicKey:
        """The public half."""
        ...

    def sign(self, message: bytes) -> bytes:
        """The scheme's own signature bytes over ``message``."""
        ...


def enclose(document: Document, signer: Signer) -> bytes:
    """The document in its envelope, signed: the bytes that are stored and sent."""
    payload = document.payload()
    unsigned = Envelope(document.kind, payload, b"")
    signature = signer.sign(unsigned.signed_bytes)
    return Envelope(document.kind, payload, signature, key_hint(signer.public)).encode()


def salted(text: str, entropy: bytes) -> Text:
    """A reason, statement or finding, with its 16-byte salt."""
    return Text(entropy[:NONCE_BYTES], check_text(text))


def draft_order(
    law: Law,
    *,
    originator: str,
    action: str,
    executors: Sequence[str],
    parameters: Mapping[str, str],
    reason: Text,
    now: int,
    nonce: bytes,
    seat: str | None = None,
    attestations: Sequence[str] = (),
) -> Order:
    """An order, with every default of its action filled in.

    Args:
        law: Of the chain.
        originator: Who transmits it.
        action: What is ordered.
        executors: The ids that it names, in any order; of a sealed one ``id/serial``.
        parameters: By name, as text.
        reason: Salted; it lies beside the order.
        now: Seconds since 1970.
        nonce: 16 random bytes.
        seat: The originator's seat at the head; found when they have only one.
        attestations: Digests of those on which it rests.

    Raises:
        NotAllowedError: no such action, or the originator has no seat at its head.
    """
    try:
        what = law.chain.action(action)
    except KeyError:
        known = ", ".join(one.id for one in law.chain.actions) or "none"
        raise NotAllowedError(f"there is no action {action}", hint=f"known: {known}") from None
    head = law.chain.ladder(action)[0]
    seats = [s for s in head.members if law.person_of(s) == originator]
    if seat is not None:
        seats = [s for s in seats if s == seat]
    if not seats:
        raise NotAllowedError(
            f"{originator} has no seat at {head.id}, the head of {action}",
            hint=f"seats there: {', '.join(head.members)}",
        )
    return Order(
        acknowledged=what.acknowledge,
        action=action,
        attestations=tuple(sorted(attestations)),
        decide_by=now + what.decide_within,
        deployment=law.deployment,
        executors=named(in_order(executors)),
        law=law.digest,
        nonce=nonce.hex(),
        originator=originator,
        parameters=tuple(sorted(parameters.items())),
        reason=reason.digest,
        seat=seats[0],
        transmitted_at=now,
    )


def draft_concurrence(
    verified: Verified, *, signer: str, seat: str, reason: Text, now: int,
    absence: str | None = None,
) -> Concurrence:  # fmt: skip
    """A concurrence at the pending level of an order that was verified.

    ``absence``: the digest of the member's, within which a deputy answers before their turn.

    Raises:
        NotAllowedError: no level is asked, or the seat is not of the level that is.
    """
    proceeding = verified.proceeding
    pending = proceeding.pending
    if pending is None or pending.prior is None:
        raise NotAllowedError(f"the order is {proceeding.state}: nobody is asked")
    if seat not in pending.level.members:
        raise NotAllowedError(f"{pending.level.id} is asked, and {seat} has no seat there")
    return Concurrence(
        acknowledged=proceeding.action.acknowledge,
        answered_at=now,
        level=pending.level.id,
        order=proceeding.digest,
        prior=pending.prior,
        reason=reason.digest,
        root=verified.orders_head.root,
        seat=seat,
        signer=signer,
        size=verified.orders_head.size,
        absence=absence,
    )


def draft_crew_concurrence(
    verified: Verified, *, signer: str, post: str, reason: Text, now: int
) -> Concurrence:
    """A crew member's concurrence beside one executor. ``post`` is ``executor/seat``."""
    proceeding = verified.proceeding
    if proceeding.release is None:
        raise NotAllowedError("the order is not released: a crew is not asked")
    return Concurrence(
        acknowledged=proceeding.action.acknowledge,
        answered_at=now,
        level=CREW,
        order=proceeding.digest,
        prior=proceeding.release.digest,
        reason=reason.digest,
        root=verified.orders_head.root,
        seat=post,
        signer=signer,
        size=verified.orders_head.size,
    )


def draft_refusal(
    order: str, *, signer: str, reason: Text, now: int, post: str | None = None
) -> Refusal:
    """A refusal; ``post`` for a crew's."""
    return Refusal(now, order, reason.digest, signer, post)


def draft_question(order: str, *, signer: str, reason: Text, now: int) -> Question:
    """A question to everybody on the ladder."""
    return Question(now, order, reason.digest, signer)


def draft_countermand(subject: str, *, signer: str, reason: Text, now: int) -> Countermand:
    """A countermand of an order, or of the signer's own attestation."""
    return Countermand(now, reason.digest, signer, subject)


def draft_review(proceeding: Proceeding, *, signer: str, finding: Text, now: int) -> Review:
    """A review of what was released.

    Raises:
        NotAllowedError: it was not released, or its action asks nobody to review it.
    """
    if proceeding.release is None:
        raise NotAllowedError("the order was not released: there is nothing to review")
    if proceeding.action.review is None:
        raise NotAllowedError(f"nobody is asked to review {proceeding.action.id}")
    return Review(now, finding.digest, proceeding.digest, proceeding.release.digest, signer)


def draft_attestation(
    law: Law,
    *,
    condition: str,
    action: str,
    signer: str,
    seat: str,
    statement: Text,
    now: int,
    until: int,
    nonce: bytes,
) -> Attestation:
    """An attestation from now ``until`` an instant."""
    return Attestation(
        action, condition, law.deployment, now, law.digest, nonce.hex(), seat, signer,
        statement.digest, until,
    )  # fmt: skip


def draft_enrolment(deployment: str, who: str, key: PublicKey, nonce: bytes) -> Enrolment:
    """Possession of ``key``, to be signed by that key itself."""
    return Enrolment(
        deployment, key.key.hex(), nonce.hex(), key.scheme, who, key.sealing.hex() or None
    )


def draft_founding(
    charter: Charter, *, signer: str, reason: Text, now: int, decide_within: int
) -> Amendment:
    """The proposal of a first charter."""
    return Amendment(
        now + decide_within, charter.deployment, charter.digest, now, reason.digest, signer,
        charter.version, charter.before,
    )  # fmt: skip


def draft_agreement(
    amendment: str, *, signer: str, seen: Head, reason: Text, now: int
) -> Concurrence:
    """Agreement to an amendment; ``seen`` is the head of the law log."""
    return Concurrence(
        (), now, AMEND, amendment, amendment, reason.digest, seen.root, signer, signer, seen.size
    )
