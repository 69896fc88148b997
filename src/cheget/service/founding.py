"""Founding: a first charter, agreed by everybody who fills a member's post.

Proposal and agreements are entries of the law log; after each the orders log mentions it. The
charter holds from the entry that completes them.
"""

from __future__ import annotations

from collections.abc import Sequence

from cheget.audit.header import Header, Mention, decode
from cheget.errors import NotAcceptedError, VerificationError
from cheget.order.charter import Charter, check_charter, read_charter
from cheget.order.documents import Amendment, AnyDocument, Concurrence, Refusal
from cheget.order.draft import AMEND
from cheget.order.fields import Text
from cheget.order.law import check_enrolments, founders, missing_founders
from cheget.order.papers import Filed, open_envelope, subject_of
from cheget.order.signatures import verify_signer
from cheget.service.clock import Clock
from cheget.service.store import Log, Reading, Store, Writing


def propose(
    store: Store, charter: Charter, enrolments: Sequence[bytes], stored: bytes, clock: Clock,
    text: Text,
) -> None:  # fmt: skip
    """Take the proposal of a first charter into an empty store.

    Raises:
        NotAcceptedError: there is a charter already, or the proposal is not of this one.
        CharterError: the charter cannot stand, or a key lacks its enrolment.
    """
    check_charter(charter)
    missing_founders(charter, ())
    try:
        check_enrolments(charter, enrolments)
        filed = open_envelope(stored)
        _check_proposal(charter, filed, clock.now())
    except VerificationError as error:
        raise NotAcceptedError(str(error), hint=error.hint) from error

    def work(tx: Writing) -> None:
        if tx.charter() is not None:
            raise NotAcceptedError("this house has a charter already")
        tx.put_charter(charter.payload, enrolments)
        tx.put_texts([text])
        append_law(tx, filed, clock)

    store.write(work)


def _check_proposal(charter: Charter, filed: Filed, now: int) -> None:
    document = filed.unverified
    if not isinstance(document, Amendment) or document.version != 1 or document.old is not None:
        raise NotAcceptedError("not the proposal of a first charter")
    if document.new != charter.digest or document.deployment != charter.deployment:
        raise NotAcceptedError("the proposal is of another charter")
    if document.signer not in founders(charter):
        raise NotAcceptedError(f"{document.signer} fills no member's post, and cannot propose")
    if now >= document.decide_by:
        raise NotAcceptedError("the proposal has expired")
    verify_signer(charter.people, document.signer, filed.envelope)


def agree(store: Store, stored: bytes, clock: Clock, text: Text) -> tuple[str, ...]:
    """Take an agreement to the first charter, or a refusal of it.

    Returns:
        Who has still to agree.

    Raises:
        NotAcceptedError: nothing is proposed, it ended, or the answer is not to it.
    """

    def work(tx: Writing) -> tuple[str, ...]:
        charter, proposal = proposed(tx)
        try:
            filed = open_envelope(stored)
            _check_agreement(tx, charter, proposal, filed, clock.now())
        except VerificationError as error:
            raise NotAcceptedError(str(error), hint=error.hint) from error
        tx.put_texts([text])
        append_law(tx, filed, clock)
        return missing_founders(charter, agreed(tx))

    return store.write(work)


def proposed(tx: Reading) -> tuple[Charter, Filed]:
    """The charter proposed and its proposal.

    Raises:
        NotAcceptedError: nothing is proposed.
    """
    payload, found = tx.charter(), tx.of_kind("law", "amendment")
    if payload is None or not found:
        raise NotAcceptedError("no charter has been proposed", hint="cheget people found")
    return read_charter(payload), open_envelope(found[0].envelope)


def agreed(tx: Reading) -> frozenset[str]:
    """Who has agreed to the first charter; empty once somebody refused it."""
    found = _answers(tx)
    if any(isinstance(one, Refusal) for one in found):
        return frozenset()
    return frozenset(one.signer for one in found if isinstance(one, Concurrence))


def is_refused(tx: Reading) -> bool:
    """Whether somebody refused the first charter."""
    return any(isinstance(one, Refusal) for one in _answers(tx))


def _answers(tx: Reading) -> list[AnyDocument]:
    """What answers the first charter; later amendments have threads of their own."""
    found = tx.of_kind("law", "amendment")
    thread = tx.thread("law", found[0].digest) if found else ()
    return [open_envelope(one.envelope).unverified for one in thread]


def is_founded(tx: Reading) -> bool:
    """Whether everybody who has to has agreed, so that the charter holds."""
    payload = tx.charter()
    return payload is not None and not missing_founders(read_charter(payload), agreed(tx))


def _check_agreement(
    tx: Reading, charter: Charter, proposal: Filed, filed: Filed, now: int
) -> None:
    document, amendment = filed.unverified, proposal.unverified
    if not isinstance(document, Concurrence | Refusal):
        raise NotAcceptedError(f"a {filed.envelope.kind} does not answer an amendment")
    if not isinstance(amendment, Amendment) or document.order != proposal.envelope.digest:
        raise NotAcceptedError("an answer to another amendment")
    if is_refused(tx):
        raise NotAcceptedError("the first charter was refused: found the house anew")
    if now >= amendment.decide_by:
        raise NotAcceptedError("the proposal has expired")
    if document.signer not in founders(charter):
        raise NotAcceptedError(f"{document.signer} fills no member's post")
    if document.signer in agreed(tx):
        raise NotAcceptedError(f"{document.signer} has agreed already")
    verify_signer(charter.people, document.signer, filed.envelope)
    if isinstance(document, Refusal):
        return
    if (document.level, document.seat, document.prior) != (
        AMEND, document.signer, proposal.envelope.digest,
    ):  # fmt: skip
        raise NotAcceptedError("an agreement names level, person and amendment")
    size = tx.size("law")
    if not 0 < document.size <= size or (
        tx.peaks("law", document.size).root().hex() != document.root
    ):
        raise NotAcceptedError("its signer saw a law log that never was")


def append_law(tx: Writing, filed: Filed, clock: Clock) -> None:
    """Log an envelope as an entry of the law, and mention it in the log of orders."""
    subject = subject_of(filed.envelope.digest, filed.unverified)
    seq, kind = len(tx.thread("law", subject)), filed.envelope.kind
    at = clock.now()
    logs: tuple[Log, ...] = ("law", "orders")
    for log in logs:
        size = tx.size(log)
        if size:
            at = max(at, decode(tx.leaves(log, size - 1, size)[0]).at)
    leaf = Header(at, filed.stored_digest, kind, seq, subject).encode()
    tx.append(
        "law", leaf, subject=subject, seq=seq, kind=kind,
        digest=filed.envelope.digest, envelope=filed.stored,
    )  # fmt: skip
    size = tx.size("law")
    mention = Mention(at, tx.peaks("law", size).root().hex(), size)
    tx.append("orders", mention.encode(), subject=None, seq=0, kind="law", digest="", envelope=b"")
