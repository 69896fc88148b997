"""The desk of a house with all that a client may ask of it, on this machine or through the API."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from cheget.audit.peaks import Peaks
from cheget.errors import ChegetError, NotAcceptedError, SealError
from cheget.keyring.dealt import Deals
from cheget.order.allowed import id_of
from cheget.order.charter import Charter
from cheget.order.derive import Codes
from cheget.order.documents import Attestation, Order
from cheget.order.fields import Head, Text
from cheget.order.follow import LawState
from cheget.order.papers import open_envelope, receipt_subject
from cheget.order.proceeding import Acknowledgement, Proceeding
from cheget.service.amending import answer_amendment, propose_amendment
from cheget.service.clock import Clock
from cheget.service.desk import Desk
from cheget.service.handed import claimed
from cheget.service.index import Index
from cheget.service.notes import LogSigner, Notes
from cheget.service.rollback import HaltedStore
from cheget.service.shared import Shared
from cheget.service.shown import head_of
from cheget.service.store import Log, Reading, Store

OPEN_ORDERS = 50  # of one originator, unless house.yaml says otherwise
SHARED, SHARED_SECONDS = 64, 5  # papers that are shown again, and for how long


class LocalCounter(Desk):
    """A desk as its clients see it. Safe for threads."""

    def __init__(
        self, store: Store, charter: Charter, clock: Clock, signers: Mapping[Log, LogSigner],
        open_orders: int = OPEN_ORDERS, deals: Deals | None = None,
    ) -> None:  # fmt: skip
        """Open it; ``open_orders``: how many of one originator may be open at once.

        ``deals`` is what ceremonies left for the members, if there were any.
        """
        super().__init__(store, charter, clock, signers)
        self._cap, self._deals = open_orders, deals
        self._index = Index()
        self._shown: dict[tuple[str, Head | None, Head | None], _Shown] = {}
        self._showing = threading.Lock()
        self._resting: dict[str, Shared[tuple[object, ...]]] = {}
        self.look = Shared(self._look)

    def _look(self) -> Mapping[Log, Peaks]:
        """Where both logs end now; the law is known as of then."""
        ends = self.store.ends()
        if ends["law"] != self._read[0]:
            self.store.read(self._state)
        return ends

    def seen(self) -> Charter:
        """The charter as it held at the last look, without the keys that were revoked."""
        return self.charter if (state := self._read[1]) is None else state.usable

    def transmit(
        self, order: bytes, executors: Sequence[str], texts: Sequence[Text] = (),
        files: Sequence[bytes] = (), shares: Sequence[bytes] = (),
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
        if isinstance(document, Order) and self._has_too_many(document.originator, digest):
            raise NotAcceptedError(
                f"{document.originator} has as many orders open as one may have: {self._cap}",
                hint="countermand one, or wait for its answer; `open-orders` in house.yaml",
            )
        return super().transmit(order, executors, texts, files, shares)

    def _has_too_many(self, originator: str, order: str) -> bool:
        """Whether this order, unless it was taken before, would be one too many."""
        now = self.clock.now()

        def work(tx: Reading) -> bool:
            if tx.find("orders", order) is not None:
                return False
            return self._index.undecided(tx, self._remember, originator, now) >= self._cap

        return self.store.read(work)

    def propose(
        self, charter: Charter, enrolments: Sequence[bytes], stored: bytes, text: Text
    ) -> LawState:
        """Take the proposal of a new charter."""
        return propose_amendment(self.store, charter, enrolments, stored, self.clock, text)

    def answer(self, stored: bytes, text: Text) -> LawState:
        """Take what answers an amendment, a revocation or an absence."""
        return answer_amendment(self.store, stored, self.clock, text)

    def halt(self, store: HaltedStore) -> None:
        """Take nothing and sign nothing from now on."""
        self.store = store
        self._notes = Notes({"orders": store, "law": store})  # nor what was signed last
        self._shown.clear()  # or what was signed before would be shown a moment longer

    def usable(self) -> Charter:
        """The charter that holds, without the keys that are revoked."""
        self.look()
        return self.seen()

    def usable_digest(self) -> str:
        """The digest of the charter that holds."""
        self.look()
        return self.charter.digest

    def charters(self) -> list[bytes]:
        """Every charter's bytes, the first and those proposed after it."""
        return self.store.read(lambda tx: tx.charters())

    def executors(self, order: str) -> tuple[str, ...]:
        """The executors that an order names."""
        return self.store.read(lambda tx: tx.executors(order))

    def serials(self, executor: str, action: str) -> tuple[list[int], list[int]]:
        """The serials that were dealt, and those of them that no order has claimed."""
        dealt = self._deals.serials(executor, action) if self._deals is not None else []
        taken = self.store.read(lambda tx: claimed(tx, action)) if dealt else set()
        return dealt, [one for one in dealt if f"{executor}/{one}" not in taken]

    def dealt(self, executor: str, action: str, serial: int) -> bytes:
        """What a ceremony left for members, of one serial.

        Raises:
            SealError: nothing.
        """
        if self._deals is None or serial not in self._deals.serials(executor, action):
            raise SealError(f"no serial {serial} of {executor} was dealt for {action}")
        return self._deals.read(executor, action, serial).encode()

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
        return self.store.read(lambda tx: self._index.places(tx, self._remember))

    def orders(self, *, only_open: bool = False) -> list[Proceeding]:
        """Every order with its state, in log order; ``only_open``: those that have not ended."""
        now = self.clock.now()
        if only_open:
            return self.store.read(lambda tx: self._index.open(tx, self._remember, now))
        return self.store.read(lambda tx: self._index.states(tx, self._remember, now))

    def asked(self, person: str) -> list[Proceeding]:
        """The open orders at whose level ``person`` has a seat, a deputy's included."""
        now = self.clock.now()
        return self.store.read(lambda tx: self._index.open(tx, self._remember, now, person))

    def page(self, digests: Sequence[str]) -> list[Proceeding]:
        """These orders with their states at this instant.

        Raises:
            NotAcceptedError: there is no such order.
        """
        now = self.clock.now()
        return self.store.read(lambda tx: self._index.states(tx, self._remember, now, digests))

    def released_to(self, executor: str) -> list[str]:
        """The released orders that name this executor and may still matter to it.

        One that was stopped after its release is among them, while it could be acted on: its
        code holds the stop.
        """
        now = self.clock.now()
        return self.store.read(lambda tx: self._index.due(tx, self._remember, executor, now))

    def releases(self) -> int:
        """How many orders were released so far: when it grows, executors have something to do."""
        return self.store.read(lambda tx: self._index.releases(tx, self._remember))

    def due_so_far(self, executor: str) -> list[str]:
        """As :meth:`released_to`, as of the last :meth:`releases`: for many who ask at once."""
        return self._index.due_so_far(executor, self.clock.now())

    def code(
        self, order: str, executor: str, *, law: Head | None = None, orders: Head | None = None
    ) -> bytes:
        """The code of one executor. Many ask at once: what they share is made once.

        It is made anew as soon as the law log or a thread that the order rests on has grown, so
        no stop is ever left out; what else has grown, other executors' receipts, waits a while.
        """
        return self._codes(order, law, orders).of(executor)

    def receipt_envelopes(self, order: str) -> list[bytes]:
        """The last receipt of each executor that sent one for the order, in its envelope."""

        def work(tx: Reading) -> list[bytes]:
            threads = (
                tx.thread("orders", receipt_subject(order, id_of(one)))
                for one in tx.executors(order)
            )
            return [thread[-1].envelope for thread in threads if thread]

        return self.store.read(work)

    def _codes(self, order: str, law: Head | None, orders: Head | None) -> Codes:
        # When an order is released all come at once: the store is asked once for them.
        if len(self._resting) >= SHARED:
            self._resting.clear()
        asking = self._resting.setdefault(order, Shared(partial(self._rests_on, order)))
        rests_on, now = asking(), self.clock.now()
        held = 0 if orders is None else orders.size
        with self._showing:
            shown = self._shown.get((order, law, orders))
            if shown is None or not shown.is_good(rests_on, now, held):
                codes = Codes(self._papers(order, law, orders))
                if len(self._shown) >= SHARED:
                    self._shown.clear()
                shown = self._shown[order, law, orders] = _Shown(rests_on, now, codes)
        return shown.codes

    def _rests_on(self, order: str) -> tuple[object, ...]:
        """What changes when anything does that the order rests on.

        Raises:
            NotAcceptedError: it is not released.
        """

        def work(tx: Reading) -> tuple[object, ...]:
            if self._remember(tx, order).release is None:
                raise NotAcceptedError("the order is not released: there is no code")
            return (*self._known[order].places.items(), tx.peaks("law", tx.size("law")))

        return self.store.read(work)


@dataclass(frozen=True)
class _Shown:
    """Codes that were shown, what they rested on, and when."""

    rests_on: tuple[object, ...]
    at: int
    codes: Codes

    def is_good(self, rests_on: tuple[object, ...], now: int, held: int) -> bool:
        """Whether they may be shown again, to somebody who holds a head of that size."""
        return (
            self.rests_on == rests_on
            and 0 <= now - self.at <= SHARED_SECONDS
            and held <= self.codes.papers.log.slice.size
        )
