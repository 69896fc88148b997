"""Both logs, whole: what an auditor recomputes from their first entry to their last.

Pure, and told everything: every header and envelope, the last checkpoints, the charters with
their enrolments, and the lists of executors beside the orders. Nothing is taken from whoever
keeps the log but bytes. Damage is named with its log and position.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from cheget.audit.checkpoint import verify_checkpoint
from cheget.audit.header import Header, Mention, decode
from cheget.audit.instant import to_text
from cheget.audit.merkle import leaf_hashes
from cheget.audit.peaks import Peaks, roots_at
from cheget.errors import (
    CharterError,
    LawError,
    LogError,
    NotReleasedError,
    VerificationError,
)
from cheget.order.absent import Absent, aways
from cheget.order.allowed import check_executors, check_order, id_of
from cheget.order.charter import Charter, Law
from cheget.order.closing import check_not_revoked, closings
from cheget.order.documents import Attestation, Concurrence, Order, Receipt
from cheget.order.fields import Head
from cheget.order.fold import Entry, attest, fold, withdraw
from cheget.order.follow import LawEntry, LawEvent, LawState, follow, founding_of
from cheget.order.keys import verify
from cheget.order.law import (
    Possession,
    check_enrolments,
    check_seen,
    founders,
    missing_founders,
)
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
    """Both logs, the charters, and the lists of executors that lie beside the orders.

    ``charter`` is the first; ``charters`` those that were proposed after it.
    """

    charter: Charter
    enrolments: tuple[bytes, ...]
    law: WholeLog
    orders: WholeLog
    executors: Mapping[str, tuple[str, ...]]
    charters: tuple[Charter, ...] = ()


@dataclass(frozen=True)
class Proved:
    """What a ledger amounts to, every entry of it proved. ``law``: who may release now, and why."""

    law: LawState
    proceedings: tuple[Proceeding, ...]
    receipts: tuple[Receipt, ...]
    orders_head: Head
    law_head: Head


@dataclass(frozen=True)
class _Placed:
    position: int
    at: int
    filed: Filed


@dataclass(frozen=True)
class _Laws:
    """The law at each position of the log of orders. ``mentions``: position by size."""

    first: Charter
    events: tuple[LawEvent, ...]
    absences: tuple[Absent, ...]
    mentions: Mapping[int, int]

    def charter_at(self, position: int) -> Charter:
        """The charter that held for the entry at that position."""
        found = self.first
        for event in self.events:
            if event.charter is not None and self.mentions[event.size] < position:
                found = event.charter
        return found

    def at(self, position: int, digest: str) -> Law:
        """The law of that digest, only if a chain had it then.

        Raises:
            LogError: none had.
        """
        law = self.charter_at(position).law_digests.get(digest)
        if law is None:
            raise LogError("it names another law than any chain had then")
        return law


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
    check_enrolments(charter, ledger.enrolments, ledger.charters)
    law_placed, law_mentions = _read("law", ledger.law)
    if law_mentions:
        raise LogError(f"the law log, entry {law_mentions[0][0]}: a mention has no place there")
    placed, mentions = _read("orders", ledger.orders)
    law_sizes = {mention.size for _, mention in mentions} | _seen(law_placed)
    held_law = pinned.law if pinned is not None else None
    law_head, law_roots = _head_of(charter, "law", ledger.law, held_law, law_sizes)
    for position, mention in mentions:
        if law_roots[mention.size].hex() != mention.root:
            raise LogError(f"the orders log, entry {position}: a law log that never was")
    if [mention.size for _, mention in mentions] != list(range(1, law_head.size + 1)):
        raise LogError("the orders log does not mention each entry of the law log, once")
    state = _prove_law(ledger, law_placed, law_roots)
    absences = tuple(state.absences.values())
    laws = _Laws(
        charter, state.events, absences, {one.size: position for position, one in mentions}
    )
    _check_pinned(state, charter, pinned)
    held = pinned.orders if pinned is not None else None
    head, roots = _head_of(charter, "orders", ledger.orders, held, _seen(placed))
    proceedings, receipts = _prove_orders(ledger, laws, placed, roots)
    return Proved(state, proceedings, receipts, head, law_head)


def _seen(placed: Sequence[_Placed]) -> set[int]:
    """The sizes at which signers saw a log."""
    sizes = (getattr(one.filed.unverified, "size", None) for one in placed)
    return {size for size in sizes if isinstance(size, int)}


def _check_pinned(state: LawState, first: Charter, pinned: Pinned | None) -> None:
    """Return only if the charter that is pinned is one that held."""
    held = {first.digest} | {e.charter.digest for e in state.events if e.charter is not None}
    if pinned is not None and pinned.charter.digest not in held:
        raise LogError(
            f"the charter is {state.charter.digest}, and {pinned.charter.digest} is pinned"
        )


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


def _prove_law(
    ledger: Ledger, placed: Sequence[_Placed], roots: Mapping[int, bytes]
) -> LawState:  # fmt: skip
    """The first charter, agreed by everybody who has to, and what followed."""
    charter = ledger.charter
    missing_founders(charter, ())
    proved = Possession((charter, *ledger.charters), ledger.enrolments)
    state = replace(
        founding_of(charter, founders(charter)), proved=proved,
        known={one.digest: one for one in ledger.charters},
    )  # fmt: skip
    for one in placed:
        try:
            check_seen(one.filed, roots)
            state = follow(state, LawEntry(one.position, one.at, one.filed))
        except VerificationError as error:
            raise _at("law", one.position, error) from None
        except CharterError as error:
            raise LawError(f"the law log, entry {one.position}: {error}") from None
    if state.refused:
        raise CharterError("the charter was refused, and does not hold")
    if not state.begun or state.founding:
        missing = ", ".join(sorted(state.founding or ())) or "everybody"
        raise CharterError(f"the charter does not hold: {missing} never agreed")
    return state


def _prove_orders(
    ledger: Ledger, laws: _Laws, placed: Sequence[_Placed], roots: Mapping[int, bytes]
) -> tuple[tuple[Proceeding, ...], tuple[Receipt, ...]]:
    threads: dict[str, list[_Placed]] = {}
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
                    proceedings[subject] = _prove_order(ledger, laws, order, threads, thread, roots)
                case Attestation() as attestation:
                    _prove_attestation(
                        laws.at(first.position, attestation.law), thread, attestation
                    )
                case Receipt() as receipt:
                    # Its order comes before it in the log, and threads are in log order.
                    receipts += _prove_receipts(
                        laws, thread, proceedings.get(receipt.order),
                        ledger.executors.get(receipt.order, ()),
                    )  # fmt: skip
                case other:
                    raise LogError(f"a {other.kind} that answers nothing in this log")
        except VerificationError as error:
            raise _at("orders", first.position, error) from None
    return tuple(proceedings.values()), tuple(receipts)


def _prove_order(
    ledger: Ledger, laws: _Laws, order: Order, threads: Mapping[str, list[_Placed]],
    thread: Sequence[_Placed], roots: Mapping[int, bytes],
) -> Proceeding:  # fmt: skip
    law = laws.at(thread[0].position, order.law)
    if order.deployment != law.deployment:
        raise LogError("an order of another deployment")
    digest = thread[0].filed.envelope.digest
    check_order(law, order)
    check_executors(law, order, ledger.executors.get(digest, ()))
    if missing := [one for one in order.attestations if one not in threads]:
        raise LogError(f"it rests on the attestation {missing[0][:16]}, which the log lacks")
    all_of_it = [*thread, *(one for a in order.attestations for one in threads[a])]
    entries = [_entry(law, one) for one in sorted(all_of_it, key=lambda one: one.position)]
    check_not_revoked(laws.events, laws.mentions, entries)
    done = closings(laws.events, law, thread[0].at, laws.mentions, laws.first)
    away = aways(laws.absences, thread[0].at, laws.mentions)
    proceeding = fold(law, entries, closings=done, aways=away)
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
    laws: _Laws, thread: Sequence[_Placed], proceeding: Proceeding | None,
    executors: Sequence[str],
) -> list[Receipt]:  # fmt: skip
    found: list[Receipt] = []
    before = ""
    for one in thread:
        receipt = one.filed.unverified
        if not isinstance(receipt, Receipt):
            raise LogError(f"entry {one.position}: a {receipt.kind} among receipts")
        charter = laws.charter_at(one.position)
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
        one.position, one.at, one.filed.envelope.digest, one.filed.unverified,
        is_own_device(key), key.point,
    )  # fmt: skip


def _at(log: str, position: int, error: VerificationError) -> VerificationError:
    said = str(error)
    if not said.startswith("entry "):
        said = f"entry {position}: {said}"
    return type(error)(f"the {log} log, {said}", hint=error.hint)
