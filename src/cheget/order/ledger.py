"""Both logs, whole: what an auditor recomputes from their first entry to their last.

Pure, and told everything: every header and envelope, the last checkpoints, the charter with
its enrolments, and the lists of executors beside the orders. Nothing is taken from whoever
keeps the log but bytes. Damage is named with its log and position.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cheget.audit.checkpoint import verify_checkpoint
from cheget.audit.header import Header, Mention, decode
from cheget.audit.instant import to_text
from cheget.audit.merkle import leaf_hashes
from cheget.audit.peaks import Peaks, roots_at
from cheget.errors import CharterError, LogError, NotReleasedError, VerificationError
from cheget.order.allowed import check_executors, check_order, id_of
from cheget.order.charter import Charter, Law
from cheget.order.documents import Amendment, Attestation, Concurrence, Order, Receipt, Refusal
from cheget.order.fields import Head
from cheget.order.fold import Entry, attest, fold, withdraw
from cheget.order.keys import verify
from cheget.order.law import check_enrolments, missing_founders
from cheget.order.papers import Filed, open_envelope, receipt_subject, subject_of
from cheget.order.proceeding import Proceeding
from cheget.order.signatures import is_own_device, verify_signer
from cheget.order.verify import Pinned


@dataclass(frozen=True)
class WholeLog:
    """A log from its first entry: each header with its envelope (empty beside a mention)."""

    entries: tuple[tuple[bytes, bytes], ...]
    latest: bytes


@dataclass(frozen=True)
class Ledger:
    """Both logs, the charter, and the lists of executors that lie beside the orders."""

    charter: Charter
    enrolments: tuple[bytes, ...]
    law: WholeLog
    orders: WholeLog
    executors: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Proved:
    """What a ledger amounts to, every entry of it proved."""

    proceedings: tuple[Proceeding, ...]
    receipts: tuple[Receipt, ...]
    orders_head: Head
    law_head: Head


@dataclass(frozen=True)
class _Placed:
    position: int
    at: int
    filed: Filed


def prove(ledger: Ledger, pinned: Pinned | None = None) -> Proved:
    """Return what the ledger amounts to, only if every entry of both logs is proved.

    Args:
        ledger: Everything.
        pinned: What the auditor holds already. Without it the charter is taken as it is
            given, and its digest is to be compared by another road.

    Raises:
        VerificationError: with the log and the position of what is at fault.
        CharterError: a charter that cannot stand, or a key without its enrolment.
    """
    charter = ledger.charter
    if pinned is not None and pinned.charter.digest != charter.digest:
        raise LogError(f"the charter is {charter.digest}, and {pinned.charter.digest} is pinned")
    check_enrolments(charter, ledger.enrolments)
    law_placed, law_mentions = _read("law", ledger.law)
    if law_mentions:
        raise LogError(f"the law log, entry {law_mentions[0][0]}: a mention has no place there")
    placed, mentions = _read("orders", ledger.orders)
    law_sizes = {mention.size for _, mention in mentions}
    held_law = pinned.law if pinned is not None else None
    law_head, law_roots = _head_of(charter, "law", ledger.law, held_law, law_sizes)
    for position, mention in mentions:
        if law_roots[mention.size].hex() != mention.root:
            raise LogError(f"the orders log, entry {position}: a law log that never was")
    if len(law_placed) and (not mentions or mentions[-1][1].size != law_head.size):
        raise LogError("the orders log does not mention the law log as it stands")
    _prove_law(charter, law_placed)
    seen = {
        size for one in placed
        if isinstance(size := getattr(one.filed.unverified, "size", None), int)
    }  # fmt: skip
    held = pinned.orders if pinned is not None else None
    head, roots = _head_of(charter, "orders", ledger.orders, held, seen)
    proceedings, receipts = _prove_orders(ledger, placed, roots)
    return Proved(proceedings, receipts, head, law_head)


def _read(name: str, log: WholeLog) -> tuple[list[_Placed], list[tuple[int, Mention]]]:
    """Each header with its envelope: times never fall, places in threads are dense."""
    placed, mentions = [], []
    threads: dict[str, int] = {}
    at, size = 0, 0
    for position, (leaf, stored) in enumerate(log.entries):
        try:
            header = decode(leaf)
            if header.at < at:
                raise LogError(f"time falls from {to_text(at)} to {to_text(header.at)}")
            at = header.at
            if isinstance(header, Mention):
                if header.size < size or stored:
                    raise LogError("the law log shrinks, or a mention has an envelope")
                size = header.size
                mentions.append((position, header))
                continue
            if header.seq != threads.setdefault(header.subject, 0):
                raise LogError(f"place {header.seq} where {threads[header.subject]} is due")
            threads[header.subject] += 1
            placed.append(_Placed(position, header.at, _beside(header, stored)))
        except VerificationError as error:
            raise _at(name, position, error) from None
    return placed, mentions


def _beside(header: Header, stored: bytes) -> Filed:
    """The envelope that the header names."""
    filed = open_envelope(stored)
    if header.envelope != filed.stored_digest:
        raise LogError("its envelope is not the one that was logged")
    if header.kind != filed.envelope.kind or header.subject != subject_of(
        filed.envelope.digest, filed.unverified
    ):
        raise LogError("its header says something else than its envelope")
    return filed


def _head_of(
    charter: Charter, name: str, log: WholeLog, held: Head | None, sizes: set[int]
) -> tuple[Head, dict[int, bytes]]:
    """The log's head, by its signed checkpoint and by its own leaves; and roots on the way."""
    terms = charter.terms.orders if name == "orders" else charter.terms.law
    point = verify_checkpoint(log.latest, origin=terms.origin, key=terms.key)
    count = len(log.entries)
    if point.size != count:
        raise LogError(f"the {name} log has {count} entries, and its checkpoint says {point.size}")
    if held is not None and held.size > count:
        raise LogError(f"the {name} log has {count} entries, where {held.size} were seen before")
    wanted = {size for size in sizes if size <= count} | {count}
    if held is not None:
        wanted.add(held.size)
    leaves = leaf_hashes(leaf for leaf, _ in log.entries)
    roots = roots_at(Peaks(), leaves, wanted)
    if roots[count] != point.root:
        raise LogError(f"the {name} log's entries do not give the root of its checkpoint")
    if held is not None and roots[held.size].hex() != held.root:
        raise LogError(f"the {name} log has forked: another root at size {held.size} was seen")
    if late := sorted(sizes - roots.keys()):
        raise LogError(f"the {name} log is named at size {late[0]}, and has {count} entries")
    return Head(count, point.root.hex()), roots


def _prove_law(charter: Charter, placed: Sequence[_Placed]) -> None:
    """The first charter, agreed by everybody who has to, and nothing else."""
    agreed: set[str] = set()
    for one in placed:
        try:
            document = one.filed.unverified
            if not isinstance(document, Amendment | Concurrence | Refusal):
                raise LogError(f"a {document.kind}, which this version cannot follow")
            if isinstance(document, Amendment) and (
                one.position or document.new != charter.digest or document.version != 1
            ):
                raise LogError("an amendment that does not bring this charter")
            if not isinstance(document, Amendment) and not one.position:
                raise LogError("an answer before any amendment")
            if isinstance(document, Refusal):
                raise LogError("the charter was refused")
            verify_signer(charter.people, document.signer, one.filed.envelope)
            if isinstance(document, Concurrence):
                agreed.add(document.signer)
        except VerificationError as error:
            raise _at("law", one.position, error) from None
    if missing := missing_founders(charter, agreed):
        raise CharterError(f"the charter does not hold: {', '.join(missing)} never agreed")


def _prove_orders(
    ledger: Ledger, placed: Sequence[_Placed], roots: Mapping[int, bytes]
) -> tuple[tuple[Proceeding, ...], tuple[Receipt, ...]]:
    charter, threads = ledger.charter, dict[str, list[_Placed]]()
    for one in placed:
        subject = subject_of(one.filed.envelope.digest, one.filed.unverified)
        threads.setdefault(subject, []).append(one)
    proceedings: dict[str, Proceeding] = {}
    receipts: list[Receipt] = []
    for subject, thread in threads.items():
        first = thread[0]
        try:
            match first.filed.unverified:
                case Order() as order:
                    proceedings[subject] = _prove_order(ledger, order, threads, thread, roots)
                case Attestation() as attestation:
                    _prove_attestation(_law(charter, attestation.law), thread, attestation)
                case Receipt() as receipt:
                    # Its order comes before it in the log, and threads are in log order.
                    receipts += _prove_receipts(
                        charter, thread, proceedings.get(receipt.order),
                        ledger.executors.get(receipt.order, ()),
                    )  # fmt: skip
                case other:
                    raise LogError(f"a {other.kind} that answers nothing in this log")
        except VerificationError as error:
            raise _at("orders", first.position, error) from None
    return tuple(proceedings.values()), tuple(receipts)


def _prove_order(
    ledger: Ledger, order: Order, threads: Mapping[str, list[_Placed]],
    thread: Sequence[_Placed], roots: Mapping[int, bytes],
) -> Proceeding:  # fmt: skip
    law = _law(ledger.charter, order.law)
    if order.deployment != law.deployment:
        raise LogError("an order of another deployment")
    digest = thread[0].filed.envelope.digest
    check_order(law, order)
    check_executors(law, order, ledger.executors.get(digest, ()))
    if missing := [one for one in order.attestations if one not in threads]:
        raise LogError(f"it rests on the attestation {missing[0][:16]}, which the log lacks")
    all_of_it = [*thread, *(one for a in order.attestations for one in threads[a])]
    entries = [_entry(law, one) for one in sorted(all_of_it, key=lambda one: one.position)]
    proceeding = fold(law, entries)
    documents = {entry.digest: entry.document for entry in entries}
    for one in proceeding.counted:
        document = documents[one.digest]
        if isinstance(document, Concurrence) and roots[document.size].hex() != document.root:
            raise NotReleasedError(
                f"entry {one.position}: {one.person} saw a head that this log never had"
            )
    return proceeding


def _prove_attestation(law: Law, thread: Sequence[_Placed], document: Attestation) -> None:
    first, *rest = (_entry(law, one) for one in thread)
    attested = attest(law, first, document)
    for entry in rest:
        attested = withdraw(law, attested, entry)


def _prove_receipts(
    charter: Charter, thread: Sequence[_Placed], proceeding: Proceeding | None,
    executors: Sequence[str],
) -> list[Receipt]:  # fmt: skip
    found: list[Receipt] = []
    before = ""
    for one in thread:
        receipt = one.filed.unverified
        if not isinstance(receipt, Receipt):
            raise LogError(f"entry {one.position}: a {receipt.kind} among receipts")
        key = charter.executors.get(receipt.executor)
        if (
            proceeding is None
            or proceeding.release is None
            or (
                receipt.release != proceeding.release.digest
                or one.position <= proceeding.release.position
            )
        ):
            raise LogError(f"entry {one.position}: a receipt for what was not released")
        if (
            key is None
            or receipt.executor not in map(id_of, executors)
            or (
                receipt_subject(receipt.order, receipt.executor)
                != receipt_subject(proceeding.digest, receipt.executor)
                or receipt.deployment != charter.deployment
            )
        ):
            raise LogError(f"entry {one.position}: the order does not name {receipt.executor}")
        verify(key, one.filed.envelope.signed_bytes, one.filed.envelope.signature)
        if found:
            _check_follows(found[-1], before, receipt, one.position)
        elif receipt.resolves is not None:
            raise LogError(f"entry {one.position}: there is no receipt to resolve")
        before = one.filed.envelope.digest
        found.append(receipt)
    return found


def _check_follows(last: Receipt, digest: str, receipt: Receipt, position: int) -> None:
    """A receipt is final, save that ``failed`` may be tried again and ``unknown`` resolved."""
    resolves = last.outcome == "unknown" and receipt.resolves == digest
    again = last.outcome == "failed" and receipt.resolves is None
    if not (resolves or again):
        raise LogError(f"entry {position}: the receipt before it says {last.outcome}")


def _entry(law: Law, one: _Placed) -> Entry:
    signer = getattr(one.filed.unverified, "signer", "")
    try:
        key = verify_signer(law.people, signer, one.filed.envelope)
    except VerificationError as error:
        raise type(error)(f"entry {one.position}: {error}") from None
    return Entry(
        one.position, one.at, one.filed.envelope.digest, one.filed.unverified, is_own_device(key)
    )


def _law(charter: Charter, digest: str) -> Law:
    law = charter.law_digests.get(digest)
    if law is None:
        raise LogError("it names another law than any chain of this charter has")
    return law


def _at(log: str, position: int, error: VerificationError) -> VerificationError:
    said = str(error)
    if not said.startswith("entry "):
        said = f"entry {position}: {said}"
    return type(error)(f"the {log} log, {said}", hint=error.hint)
