"""The desk of a house with all that a client may ask of it, on this machine or through the API."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

from cheget.audit.header import Header, decode
from cheget.errors import ChegetError, NotAcceptedError
from cheget.order.charter import Charter
from cheget.order.documents import Attestation, Order
from cheget.order.fields import Head, Text
from cheget.order.fold import at_instant
from cheget.order.follow import LawState
from cheget.order.papers import open_envelope, receipt_subject
from cheget.order.proceeding import Acknowledgement, Proceeding
from cheget.service.amending import answer_amendment, propose_amendment
from cheget.service.clock import Clock
from cheget.service.desk import Desk, LogSigner
from cheget.service.shown import head_of
from cheget.service.store import Log, Reading, Store

OPEN_ORDERS = 50  # of one originator, unless house.yaml says otherwise


class LocalCounter(Desk):
    """A desk as its clients see it. Safe for threads."""

    def __init__(
        self, store: Store, charter: Charter, clock: Clock, signers: Mapping[Log, LogSigner],
        open_orders: int = OPEN_ORDERS,
    ) -> None:  # fmt: skip
        """Open it; ``open_orders``: how many of one originator may be open at once."""
        super().__init__(store, charter, clock, signers)
        self._cap = open_orders
        self._seen = 0  # up to where the log of orders was searched for orders
        self._all: list[tuple[int, str]] = []
        self._ended: dict[str, Proceeding] = {}  # which nothing changes any more
        self._index = threading.Lock()

    def transmit(
        self, order: bytes, executors: Sequence[str], texts: Sequence[Text] = (),
        files: Sequence[bytes] = (),
    ) -> Acknowledgement:  # fmt: skip
        """Take an order, while its originator has not too many open.

        Raises:
            NotAcceptedError: as the desk's, or too many are.
        """
        try:
            filed = open_envelope(order)
        except ChegetError as error:
            raise NotAcceptedError(str(error)) from error
        document, digest = filed.unverified, filed.envelope.digest
        if isinstance(document, Order) and digest not in self.listed():
            mine = [
                one for one in self.orders(only_open=True)
                if one.order.originator == document.originator and one.release is None
            ]  # fmt: skip
            if len(mine) >= self._cap:
                raise NotAcceptedError(
                    f"{document.originator} has as many orders open as one may have: {len(mine)}",
                    hint="countermand one, or wait for its answer; `open-orders` in house.yaml",
                )
        return super().transmit(order, executors, texts, files)

    def propose(
        self, charter: Charter, enrolments: Sequence[bytes], stored: bytes, text: Text
    ) -> LawState:
        """Take the proposal of a new charter."""
        return propose_amendment(self.store, charter, enrolments, stored, self.clock, text)

    def answer(self, stored: bytes, text: Text) -> LawState:
        """Take what answers an amendment, a revocation or an absence."""
        return answer_amendment(self.store, stored, self.clock, text)

    def usable(self) -> Charter:
        """The charter that holds, without the keys that are revoked."""
        state = self.store.read(self._state)
        return self.charter if state is None else state.usable

    def usable_digest(self) -> str:
        """The digest of the charter that holds."""
        self.store.read(self._state)
        return self.charter.digest

    def charters(self) -> list[bytes]:
        """Every charter's bytes, the first and those proposed after it."""
        return self.store.read(lambda tx: tx.charters())

    def executors(self, order: str) -> tuple[str, ...]:
        """The executors that an order names."""
        return self.store.read(lambda tx: tx.executors(order))

    def attestations(self) -> list[bytes]:
        """The attestations that nobody took back and that have not ended, as envelopes."""

        def work(tx: Reading) -> list[bytes]:
            now = self.clock.now()
            return [
                one.envelope for one in tx.of_kind("orders", "attestation")
                if not tx.thread("orders", one.digest, 1)
                and isinstance(held := open_envelope(one.envelope).unverified, Attestation)
                and now < held.until
            ]  # fmt: skip

        return self.store.read(work)

    def head_at(self, size: int) -> Head:
        """The head of the orders log at a size that it has reached."""
        return self.store.read(lambda tx: head_of(tx, "orders", size))

    def listed(self) -> list[str]:
        """The digests of all orders, in log order."""
        return [digest for _, digest in self.places()]

    def places(self) -> list[tuple[int, str]]:
        """Each order with its position, in log order."""
        with self._index:
            self.store.read(self._look)
            return list(self._all)

    def orders(self, *, only_open: bool = False) -> list[Proceeding]:
        """Every order with its state, in log order; ``only_open``: those that have not ended."""
        digests = self.listed()
        if only_open:
            digests = [one for one in digests if one not in self._ended]
        found = self.page(digests)
        return [one for one in found if one.ending is None] if only_open else found

    def page(self, digests: Sequence[str]) -> list[Proceeding]:
        """These orders with their states at this instant.

        Raises:
            NotAcceptedError: there is no such order.
        """
        fresh = [one for one in digests if one not in self._ended]
        read = self.store.read(lambda tx: [self._remember(tx, one) for one in fresh])
        now = self.clock.now()
        states = {one.digest: at_instant(one, now) for one in read}
        # An ending is never undone; what ended after release may still take receipts, no more.
        self._ended.update((d, one) for d, one in states.items() if one.ending is not None)
        return [states.get(one) or self._ended[one] for one in digests]

    def released_to(self, executor: str) -> list[str]:
        """The released orders that name this executor and may still matter to it.

        One that was stopped after its release is among them, while it could be acted on: its
        code holds the stop.
        """
        now = self.clock.now()

        def matters(one: Proceeding, tx: Reading) -> bool:
            release, action = one.release, one.action
            if release is None or now >= release.at + action.hold + action.valid_for:
                return False
            if executor not in tx.executors(one.digest):
                return False
            thread = tx.thread("orders", receipt_subject(one.digest, executor))
            last = open_envelope(thread[-1].envelope).unverified if thread else None
            return getattr(last, "outcome", None) in {None, "failed"}

        orders = self.orders()
        return self.store.read(lambda tx: [one.digest for one in orders if matters(one, tx)])

    def receipt_envelopes(self, order: str) -> list[bytes]:
        """The last receipt of each executor that sent one for the order, in its envelope."""

        def work(tx: Reading) -> list[bytes]:
            threads = (
                tx.thread("orders", receipt_subject(order, one)) for one in tx.executors(order)
            )
            return [thread[-1].envelope for thread in threads if thread]

        return self.store.read(work)

    def _look(self, tx: Reading) -> None:
        size = tx.size("orders")
        for place, leaf in enumerate(tx.leaves("orders", self._seen, size), self._seen):
            header = decode(leaf)
            if isinstance(header, Header) and header.kind == "order":
                self._all.append((place, header.subject))
        self._seen = max(self._seen, size)
