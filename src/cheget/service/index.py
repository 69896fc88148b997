"""What is asked of the log of orders again and again, read from it once, as it grows."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

from cheget.audit.header import Header, decode
from cheget.order.allowed import id_of
from cheget.order.papers import open_envelope, receipt_subject
from cheget.order.proceeding import Proceeding
from cheget.service.store import Reading

ProceedingOf = Callable[[Reading, str], Proceeding]


class Index:
    """Where orders stand in the log, and for which executors released ones are due."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._size = 0
        self._orders: list[tuple[int, str]] = []
        self._due: dict[str, dict[str, int]] = {}  # by executor: order, and until when
        self._subjects: dict[str, tuple[str, str]] = {}  # of receipts: order and executor
        self._released: set[str] = set()
        self._undecided: dict[str, set[str]] = {}  # by originator; what was decided may linger

    def places(self, tx: Reading, of: ProceedingOf) -> list[tuple[int, str]]:
        """Each order with its position, in log order."""
        with self._lock:
            self._grow(tx, of)
            return list(self._orders)

    def undecided(self, tx: Reading, of: ProceedingOf, originator: str) -> list[str]:
        """The originator's orders, without those that are known to be decided."""
        with self._lock:
            self._grow(tx, of)
            return list(self._undecided.get(originator, ()))

    def decided(self, originator: str, orders: Iterable[str]) -> None:
        """These are released or ended: they are not asked for again."""
        with self._lock:
            self._undecided.get(originator, set()).difference_update(orders)

    def due(self, tx: Reading, of: ProceedingOf, executor: str, now: int) -> list[str]:
        """The released orders that name this executor and may still matter to it."""
        with self._lock:
            self._grow(tx, of)
            mine = self._due.get(executor, {})
            for order in [order for order, until in mine.items() if now >= until]:
                del mine[order]
            return list(mine)

    def due_so_far(self, executor: str, now: int) -> list[str]:
        """The same as far as the log has been read, at once: nobody is waited for."""
        mine = list(self._due.get(executor, {}).items())
        return [order for order, until in mine if now < until]

    def releases(self, tx: Reading, of: ProceedingOf) -> int:
        """How many orders were released."""
        with self._lock:
            self._grow(tx, of)
            return len(self._released)

    def _grow(self, tx: Reading, of: ProceedingOf) -> None:
        size = tx.size("orders")
        if size <= self._size:
            return
        for place, leaf in enumerate(tx.leaves("orders", self._size, size), self._size):
            header = decode(leaf)
            if isinstance(header, Header):
                self._enter(tx, of, place, header)
            self._size = place + 1  # what failed is read again, and nothing twice

    def _enter(self, tx: Reading, of: ProceedingOf, place: int, header: Header) -> None:
        if header.kind == "receipt":
            self._receive(tx, header.subject)
        if header.kind not in {"order", "concurrence"} or header.subject in self._released:
            return
        one = of(tx, header.subject)
        if header.kind == "order":
            self._orders.append((place, one.digest))
            self._undecided.setdefault(one.order.originator, set()).add(one.digest)
        self._release(tx, one)

    def _release(self, tx: Reading, one: Proceeding) -> None:
        release, action = one.release, one.action
        if release is None:
            return
        self._released.add(one.digest)
        until = release.at + action.hold + action.valid_for
        for executor in map(id_of, tx.executors(one.digest)):
            self._due.setdefault(executor, {})[one.digest] = until
            self._subjects[receipt_subject(one.digest, executor)] = one.digest, executor

    def _receive(self, tx: Reading, subject: str) -> None:
        """A receipt, by which an order is done for its executor, unless its act failed."""
        order, executor = self._subjects.get(subject, ("", ""))
        thread = tx.thread("orders", subject)
        last = open_envelope(thread[-1].envelope).unverified if thread else None
        if getattr(last, "outcome", "failed") != "failed":
            self._due.get(executor, {}).pop(order, None)
