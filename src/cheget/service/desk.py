"""The desk: where orders and answers are taken, one method each.

The desk owns liveness, not safety: it can withhold and delay, and cannot make anything that an
executor would take for a release. Whatever it accepts has verified and fits the state; an
acknowledgement means durable and in the log. Sending the same document again is acknowledged
again, so nobody is left in doubt by a lost reply.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from cheget.audit.header import Header
from cheget.errors import BadSignatureError, NotAcceptedError, VerificationError
from cheget.order.allowed import check_executors, check_files, check_order
from cheget.order.charter import Charter, Law
from cheget.order.derive import derive_code, derive_codes
from cheget.order.documents import (
    Attestation,
    Concurrence,
    Countermand,
    Order,
    Receipt,
)
from cheget.order.fields import Head, Text
from cheget.order.fold import (
    Entry,
    at_instant,
    attest,
    begin,
    closed,
    fold,
    step,
    withdraw,
)
from cheget.order.papers import (
    Filed,
    LogPart,
    Papers,
    open_envelope,
    receipt_subject,
    subject_of,
)
from cheget.order.proceeding import Acknowledgement, Attested, Effect, Proceeding, changed
from cheget.order.signatures import is_own_device, verify_signer
from cheget.service.clock import Clock
from cheget.service.handed import check_unclaimed, keep_shares
from cheget.service.lawreading import LawReader
from cheget.service.notes import LogSigner
from cheget.service.shown import head_of, papers_of
from cheget.service.signed import verify_once
from cheget.service.standing import (
    check_receipt,
    check_seen,
    last_receipts,
    opened,
    reentered,
    time_of,
    verify_executor,
)
from cheget.service.store import Log, Reading, Store, StoredEntry, Wanted, Writing

LISTS = 64  # lists of executors that are kept at hand


@dataclass(frozen=True)
class _Known:
    """An order's state, and the next place in each thread that it was folded from."""

    proceeding: Proceeding
    places: Mapping[str, int] = field(default_factory=dict)

    def after(self, proceeding: Proceeding, subject: str) -> _Known:
        """With one entry more in that thread."""
        return _Known(proceeding, {**self.places, subject: self.places[subject] + 1})


_Placed = tuple[int, Effect, _Known | None]


class Desk(LawReader):
    """A house's desk over a store. Safe for threads."""

    def __init__(
        self, store: Store, charter: Charter, clock: Clock, signers: Mapping[Log, LogSigner]
    ) -> None:
        """Open the desk.

        Args:
            store: Where both logs are.
            charter: The house's charter as it holds.
            clock: Read once for each entry.
            signers: For the checkpoints of both logs, by the keys the charter names.
        """
        super().__init__(charter, signers)
        self.store = store
        self.clock = clock
        self._known: dict[str, _Known] = {}  # of entries that are committed only
        self._lists: dict[str, tuple[str, ...]] = {}

    def transmit(
        self,
        order: bytes,
        executors: Sequence[str],
        texts: Sequence[Text] = (),
        files: Sequence[bytes] = (),
        shares: Sequence[bytes] = (),
    ) -> Acknowledgement:
        """Take an order.

        Args:
            order: Its envelope.
            executors: The ids it names, sorted.
            texts: Its reason, salted as signed.
            files: Contents of its file parameters.
            shares: The originator's, one for each executor named, if any is sealed.

        Raises:
            NotAcceptedError: it is not an order that this house allows.
            StoreError: nothing was written.
        """
        filed = opened(order, Order)
        document = filed.unverified
        assert isinstance(document, Order)  # noqa: S101 - for the type checker
        by_digest = {hashlib.sha256(data).hexdigest(): data for data in files}

        def allowed(law: Law) -> None:
            action = check_order(law, document)
            check_executors(law, document, executors)
            check_files(action, document, by_digest)

        def work(tx: Writing) -> _Placed:
            check_unclaimed(tx, document, executors)
            keep_shares(tx, document, executors, shares)
            placed = self._transmit(tx, filed, document, allowed)
            tx.put_executors(filed.envelope.digest, executors)
            tx.put_texts([text for text in texts if text.digest == document.reason])
            for digest, data in by_digest.items():
                if digest in dict(document.parameters).values():
                    tx.put_file(digest, data)
            return placed

        return self._acknowledge(filed, work)

    def concur(
        self, stored: bytes, texts: Sequence[Text] = (), shares: Sequence[bytes] = ()
    ) -> Acknowledgement:
        """Take a concurrence, with its shares for sealed executors. Raises as :meth:`transmit`."""
        return self._answer(stored, "concurrence", texts, shares)

    def refuse(self, stored: bytes, texts: Sequence[Text] = ()) -> Acknowledgement:
        """Take a refusal. Raises as :meth:`transmit`."""
        return self._answer(stored, "refusal", texts)

    def ask(self, stored: bytes, texts: Sequence[Text] = ()) -> Acknowledgement:
        """Take a question. Raises as :meth:`transmit`."""
        return self._answer(stored, "question", texts)

    def review(self, stored: bytes, texts: Sequence[Text] = ()) -> Acknowledgement:
        """Take a review. Raises as :meth:`transmit`."""
        return self._answer(stored, "review", texts)

    def countermand(self, stored: bytes, texts: Sequence[Text] = ()) -> Acknowledgement:
        """Take a countermand of an order or of an attestation. Raises as :meth:`transmit`."""
        return self._answer(stored, "countermand", texts)

    def attest(self, stored: bytes, texts: Sequence[Text] = ()) -> Acknowledgement:
        """Take an attestation. Raises as :meth:`transmit`."""
        filed = opened(stored, Attestation)
        document = filed.unverified
        assert isinstance(document, Attestation)  # noqa: S101 - for the type checker

        def work(tx: Writing) -> _Placed:
            law = self._law(tx, document.law)
            entry = self._entry(tx, law, filed)
            attest(law, entry, document)
            if document.until <= entry.at:
                raise NotAcceptedError("the attestation has ended already")
            tx.put_texts([text for text in texts if text.digest == document.statement])
            return self._append(tx, filed, entry.at, seq=0), "kept", None

        return self._acknowledge(filed, work)

    def receive(self, stored: bytes) -> Acknowledgement:
        """Take an executor's receipt. Raises as :meth:`transmit`."""
        filed = opened(stored, Receipt)
        document = filed.unverified
        assert isinstance(document, Receipt)  # noqa: S101 - for the type checker

        def work(tx: Writing) -> _Placed:
            known = self._proceeding(tx, document.order)
            thread = tx.thread("orders", receipt_subject(document.order, document.executor))
            listed = self._listed(tx, document.order)
            check_receipt(listed, self.charter, known.proceeding, filed, document, thread)
            at = self._now(tx)
            position = self._append(tx, filed, at, seq=len(thread))
            return position, "kept", known

        return self._acknowledge(filed, work)

    def proceeding(self, order: str) -> Proceeding:
        """An order's state at this instant.

        Raises:
            NotAcceptedError: there is no such order.
        """
        proceeding = self.store.read(lambda tx: self._remember(tx, order))
        return at_instant(proceeding, self.clock.now())

    def papers(self, order: str, *, law: Head | None = None, orders: Head | None = None) -> bytes:
        """What a signer is shown: the order with all that verifying it needs.

        Args:
            order: The order's digest.
            law: The law log's head that the reader holds, if any.
            orders: The orders log's head that the reader holds, if any.
        """
        return self._papers(order, law, orders).encode()

    def code(
        self, order: str, executor: str, *, law: Head | None = None, orders: Head | None = None
    ) -> bytes:
        """The authorization code of one executor, derived; of an order not released, no code.

        Raises:
            NotAcceptedError: there is no such order, it is not released, or it does not name
                this executor.
        """
        return derive_code(self._released(order, law, orders), executor)

    def codes(
        self, order: str, *, law: Head | None = None, orders: Head | None = None
    ) -> Mapping[str, bytes]:
        """The codes of all executors that the order names, from heads that they all hold.

        Raises:
            NotAcceptedError: as :meth:`code`.
        """
        return derive_codes(self._released(order, law, orders))

    def orders(self) -> list[Proceeding]:
        """Every order with its state, in log order."""

        def work(tx: Reading) -> list[Proceeding]:
            return [self._remember(tx, entry.digest) for entry in tx.of_kind("orders", "order")]

        now = self.clock.now()
        return [at_instant(proceeding, now) for proceeding in self.store.read(work)]

    def receipts(self, order: str) -> list[Receipt]:
        """The last receipt of each executor that sent one for the order."""
        return self.store.read(lambda tx: last_receipts(tx, order))

    def law(self, held: Head | None = None) -> LogPart:
        """The law log, as it is shown to whoever holds that head of it."""
        return self.store.read(lambda tx: self._law_part(tx, held))

    def checkpoint(self, log: Log) -> bytes:
        """A checkpoint of the log as it is committed now."""
        return self.store.read(lambda tx: self.noted(tx, log))

    def noted(self, tx: Reading, log: Log) -> bytes:
        """A checkpoint of the log as ``tx`` sees it."""
        return self._checkpoint(tx, log, tx.size(log))

    def head(self, log: Log) -> Head:
        """The log's size and root as committed now."""
        return self.store.read(lambda tx: head_of(tx, log, tx.size(log)))

    def _answer(
        self, stored: bytes, kind: str, texts: Sequence[Text], shares: Sequence[bytes] = ()
    ) -> Acknowledgement:
        filed = opened(stored, None, kind)
        wanted = {getattr(filed.unverified, name, None) for name in ("reason", "finding")}

        def work(tx: Writing) -> _Placed:
            if isinstance(document := filed.unverified, Concurrence):
                keep_shares(tx, document, self._listed(tx, document.order), shares)
            placed = self._place_answer(tx, filed)
            tx.put_texts([text for text in texts if text.digest in wanted])
            return placed

        return self._acknowledge(filed, work)

    def _transmit(
        self, tx: Writing, filed: Filed, order: Order, allowed: Callable[[Law], None]
    ) -> _Placed:
        law = self._law(tx, order.law)
        if order.deployment != law.deployment:
            raise NotAcceptedError("the order belongs to another deployment")
        entry = self._entry(tx, law, filed)
        allowed(law)
        found = {one: self._attested(tx, law, one) for one in order.attestations}
        attested, places = [one for one, _ in found.values()], {d: n for d, (_, n) in found.items()}
        if any(one.key in self._revoked(tx) for one in attested):
            raise NotAcceptedError("it rests on an attestation by a key that was revoked")
        proceeding = begin(law, entry, tuple(attested))
        position = self._append(tx, filed, entry.at, seq=0)
        effect: Effect = "releases" if proceeding.release is not None else "counts"
        return position, effect, _Known(proceeding, {**places, proceeding.digest: 1})

    def _place_answer(self, tx: Writing, filed: Filed) -> _Placed:
        document = filed.unverified
        subject = subject_of(filed.envelope.digest, document)
        if isinstance(document, Countermand):
            entry = tx.find("orders", subject)
            if entry is not None and entry.seq == 0:
                attestation = open_envelope(entry.envelope).unverified
                if isinstance(attestation, Attestation):
                    return self._withdraw(tx, filed, entry, attestation)
        known = self._proceeding(tx, subject)
        entry_ = self._entry(tx, known.proceeding.law, filed)
        if isinstance(document, Concurrence):
            check_seen(tx, document)
        proceeding, effect = step(known.proceeding, entry_)
        position = self._append(tx, filed, entry_.at, seq=known.places[subject])
        return position, effect, known.after(proceeding, subject)

    def _withdraw(
        self, tx: Writing, filed: Filed, stored: StoredEntry, attestation: Attestation
    ) -> _Placed:
        law = self._past_law(tx, attestation.law)
        attested, places = self._attestation(tx, law, stored)
        entry = self._entry(tx, law, filed)
        withdraw(law, attested, entry)
        return self._append(tx, filed, entry.at, seq=places), "kept", None

    def _listed(self, tx: Reading, order: str) -> tuple[str, ...]:
        """The executors an order names: its digest binds them, so that they never change."""
        if (known := self._lists.get(order)) is not None:
            return known
        if len(self._lists) >= LISTS:
            self._lists.clear()
        found = tx.executors(order)
        if found:
            self._lists[order] = found
        return found

    def _now(self, tx: Reading) -> int:
        size = tx.size("orders")
        last = time_of(tx.leaves("orders", size - 1, size)[0]) if size else 0
        return max(self.clock.now(), last)

    def _entry(self, tx: Reading, law: Law, filed: Filed) -> Entry:
        """The document as the next entry would hold it, its signature verified."""
        signer = getattr(filed.unverified, "signer", "")
        key = verify_signer(law.people, signer, filed.envelope, verify_once)
        if key.point in self._revoked(tx):
            raise NotAcceptedError(f"{signer} has revoked the key that signed it")
        return Entry(
            tx.size("orders"), self._now(tx), filed.envelope.digest, filed.unverified,
            is_own_device(key), key.point,
        )  # fmt: skip

    def _append(self, tx: Writing, filed: Filed, at: int, *, seq: int) -> int:
        subject = subject_of(filed.envelope.digest, filed.unverified)
        kind = filed.envelope.kind
        leaf = Header(at, filed.stored_digest, kind, seq, subject).encode()
        return tx.append(
            "orders", leaf, subject=subject, seq=seq, kind=kind,
            digest=filed.envelope.digest, envelope=filed.stored,
        )  # fmt: skip

    def _proceeding(self, tx: Reading, order: str) -> _Known:
        """The order's state as ``tx`` sees it; only what is new since last time is folded."""
        known = self._known.get(order)
        if known is None:
            return self._fold(tx, order)
        threads = {
            subject: tx.thread("orders", subject, place - 1)
            for subject, place in known.places.items()
        }
        if not all(threads.values()):
            return self._fold(tx, order)  # a reader that began before what is known
        fresh = [(subject, one) for subject, thread in threads.items() for one in thread[1:]]
        places, before = dict(known.places), known.proceeding
        done, away = self._meanwhile(tx, before.law, before.transmitted)
        proceeding = changed(before, aways=away)
        for subject, stored in sorted(fresh, key=lambda one: one[1].position):
            proceeding = closed(proceeding, done, before=stored.position)
            proceeding, _ = step(proceeding, reentered(proceeding.law, stored))
            places[subject] = stored.seq + 1
        return _Known(closed(proceeding, done), places)

    def _remember(self, tx: Reading, order: str) -> Proceeding:
        """The order's state, kept for next time: only what was read back as committed is."""
        known = self._known[order] = self._proceeding(tx, order)
        return known.proceeding

    def _fold(self, tx: Reading, order: str) -> _Known:
        first = tx.find("orders", order)
        document = open_envelope(first.envelope).unverified if first is not None else None
        if not isinstance(document, Order):
            raise NotAcceptedError(f"there is no order {order[:16]}")
        law = self._past_law(tx, document.law)
        threads = {
            subject: tx.thread("orders", subject) for subject in (order, *document.attestations)
        }
        entries = [reentered(law, one) for thread in threads.values() for one in thread]
        places = {subject: len(thread) for subject, thread in threads.items()}
        at = next(one.at for one in entries if one.digest == order)
        done, away = self._meanwhile(tx, law, at)
        return _Known(fold(law, entries, closings=done, aways=away), places)

    def _attested(self, tx: Reading, law: Law, digest: str) -> tuple[Attested, int]:
        stored = tx.find("orders", digest)
        if stored is None:
            raise NotAcceptedError(f"there is no attestation {digest[:16]}")
        return self._attestation(tx, law, stored)

    def _attestation(self, tx: Reading, law: Law, stored: StoredEntry) -> tuple[Attested, int]:
        """An attestation as it stands, and the next place in its thread."""
        entry = reentered(law, stored)
        if not isinstance(entry.document, Attestation):
            raise NotAcceptedError(f"{stored.digest[:16]} is no attestation")
        attested = attest(law, entry, entry.document)
        thread = tx.thread("orders", stored.digest, 1)
        for one in thread:
            attested = withdraw(law, attested, reentered(law, one))
        return attested, len(thread) + 1

    def _acknowledge(self, filed: Filed, work: Callable[[Writing], _Placed]) -> Acknowledgement:
        digest = filed.envelope.digest

        def once(tx: Writing) -> _Placed:
            known = tx.find("orders", digest)
            return (known.position, "kept", None) if known is not None else work(tx)

        with suppress(BadSignatureError):  # told in its turn; here many verify at once
            signer = getattr(filed.unverified, "signer", "")
            if (key := self.charter.executors.get(signer)) is not None:
                verify_executor(key, filed)
            else:
                verify_signer(self.charter.people, signer, filed.envelope, verify_once)
        try:
            done = self.store.commit(once, self._wanted(filed))
        except VerificationError as error:
            raise NotAcceptedError(str(error), hint=error.hint) from error
        # Committed, and so is the log up to there: decision 20 says why nothing is read back.
        position, effect, known = done.result
        if known is not None:
            self._known[known.proceeding.digest] = known
        note = self._notes.of("orders", done.peaks, self.charter.terms)
        proceeding = known.proceeding if known is not None else None
        return Acknowledgement(position, digest, effect, note, proceeding)

    def _wanted(self, filed: Filed) -> Wanted:
        """What taking the document is going to ask of the store."""
        document, digest = filed.unverified, filed.envelope.digest
        if isinstance(document, Order | Attestation):
            rests_on = getattr(document, "attestations", ())
            return Wanted((digest, *rests_on), tuple((one, 1) for one in rests_on))
        subject = subject_of(digest, document)
        order = getattr(document, "order", subject)
        known = self._known.get(order)
        places = known.places if known is not None else {order: 1}
        threads = [(one, place - 1) for one, place in places.items()]
        if subject != order:
            threads.append((subject, 0))  # of an executor's receipts
        return Wanted(
            (digest, order), tuple(threads), () if order in self._lists else (order,),
            (document.size,) if isinstance(document, Concurrence) else (),
        )  # fmt: skip

    def _released(self, order: str, law: Head | None, orders: Head | None) -> Papers:
        if self.proceeding(order).release is None:
            raise NotAcceptedError("the order is not released: there is no code")
        return self._papers(order, law, orders)

    def _papers(self, order: str, law: Head | None, orders: Head | None) -> Papers:
        def work(tx: Reading) -> Papers:
            return papers_of(
                tx, self._remember(tx, order), law=self._law_part(tx, law), held_orders=orders,
                checkpoint=lambda log, size: self._checkpoint(tx, log, size),
            )  # fmt: skip

        known = self._known.get(order)
        threads = known.places if known is not None else (order,)
        release = known.proceeding.release if known is not None else None
        sizes = [known.proceeding.position] if known is not None else []
        sizes += [release.position + 1] if release is not None else []
        return self.store.read(
            work, Wanted((order,), tuple((one, 0) for one in threads), (order,), tuple(sizes))
        )
