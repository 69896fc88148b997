"""What is asked of the log of orders again and again, read from it once, as it grows."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

from cheget.audit.header import Header, decode
from cheget.errors import NotAcceptedError
from cheget.order.allowed import id_of
from cheget.order.fold import at_instant
from cheget.order.papers import open_envelope, receipt_subject
from cheget.order.proceeding import Proceeding
from cheget.service.store import Reading

ProceedingOf = Callable[[Reading, str], Proceeding]


class Index:
    """Orders with their states, whom the open ones ask, and for which executors they are due.

    An order is looked at again when an entry of its threads is new, and every one that has not
    ended when the law has changed. What only time ends is said at an instant, in no store.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._size = 0
        self._orders: dict[str, int] = {}  # positions, in log order
        self._states: dict[str, Proceeding] = {}
        self._open: set[str] = set()  # what time has ended may linger, till it is asked for
        self._asked: dict[str, set[str]] = {}  # by person: orders whose level they may answer at
        self._resting: dict[str, set[str]] = {}  # by attestation: orders
        self._due: dict[str, dict[str, int]] = {}  # by executor: order, and until when
        self._subjects: dict[str, tuple[str, str]] = {}  # of receipts: order and executor
        self._released: set[str] = set()
        self._undecided: dict[str, set[str]] = {}  # by originator; what was decided may linger

    def places(self, tx: Reading, of: ProceedingOf) -> list[tuple[int, str]]:
        """Each order with its position, in log order."""
        with self._lock:
            self._grow(tx, of)
            return [(place, order) for order, place in self._orders.items()]

    def states(
        self, tx: Reading, of: ProceedingOf, now: int, orders: Iterable[str] | None = None
    ) -> list[Proceeding]:
        """These orders at that instant, or all in log order.

        Raises:
            NotAcceptedError: there is no such order.
        """
        with self._lock:
            self._grow(tx, of)
            wanted = self._orders if orders is None else orders
            try:
                return [at_instant(self._states[one], now) for one in wanted]
            except KeyError as error:
                raise NotAcceptedError(f"there is no order {error.args[0][:16]}") from None

    def open(
        self, tx: Reading, of: ProceedingOf, now: int, asked: str | None = None
    ) -> list[Proceeding]:
        """The orders that have not ended, in log order.

        ``asked``: those that a person may answer at the level that is asked now, as a member or
        a deputy, whether or not they have answered.
        """
        with self._lock:
            self._grow(tx, of)
            wanted = self._open if asked is None else self._asked.get(asked, set())
            found = [at_instant(self._states[one], now) for one in wanted]
            for one in found:
                if one.ending is not None:
                    self._place(one)
            return sorted((one for one in found if one.ending is None), key=lambda o: o.position)

    def undecided(self, tx: Reading, of: ProceedingOf, originator: str, now: int) -> int:
        """How many of the originator's orders are neither released nor ended."""
        with self._lock:
            self._grow(tx, of)
            mine = self._undecided.get(originator, set())
            mine -= {one for one in mine if _is_decided(at_instant(self._states[one], now))}
            return len(mine)

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
        # What fails half way is read again: nothing here counts twice.
        fresh: dict[str, None] = {}
        receipts = []
        for place, leaf in enumerate(tx.leaves("orders", self._size, size), self._size):
            header = decode(leaf)
            if not isinstance(header, Header):
                fresh |= dict.fromkeys(self._open)
            elif header.kind == "receipt":
                receipts.append(header.subject)
            else:
                if header.kind == "order":
                    self._orders.setdefault(header.subject, place)
                fresh |= dict.fromkeys(self._about(header.subject))
        for order in fresh:
            self._enter(tx, of(tx, order))
        for subject in receipts:
            self._receive(tx, subject)
        self._size = size

    def _about(self, subject: str) -> Iterable[str]:
        """The orders that an entry of this thread is about."""
        return (subject,) if subject in self._orders else self._resting.get(subject, ())

    def _enter(self, tx: Reading, one: Proceeding) -> None:
        if one.digest not in self._states:
            self._undecided.setdefault(one.order.originator, set()).add(one.digest)
            for attestation in one.order.attestations:
                self._resting.setdefault(attestation, set()).add(one.digest)
        self._place(one)
        release, action = one.release, one.action
        if release is None or one.digest in self._released:
            return
        until = release.at + action.hold + action.valid_for
        for executor in map(id_of, tx.executors(one.digest)):
            self._due.setdefault(executor, {})[one.digest] = until
            self._subjects[receipt_subject(one.digest, executor)] = one.digest, executor
        self._released.add(one.digest)

    def _place(self, one: Proceeding) -> None:
        """Put the order where it belongs as it stands."""
        before = self._states.get(one.digest)
        self._states[one.digest] = one
        for person in _asked(before) - _asked(one) if before is not None else ():
            self._asked[person].discard(one.digest)
        for person in _asked(one):
            self._asked.setdefault(person, set()).add(one.digest)
        if one.ending is None:
            self._open.add(one.digest)
        else:
            self._open.discard(one.digest)

    def _receive(self, tx: Reading, subject: str) -> None:
        """A receipt, by which an order is done for its executor, unless its act failed."""
        order, executor = self._subjects.get(subject, ("", ""))
        thread = tx.thread("orders", subject)
        last = open_envelope(thread[-1].envelope).unverified if thread else None
        if getattr(last, "outcome", "failed") != "failed":
            self._due.get(executor, {}).pop(order, None)


def _asked(one: Proceeding) -> frozenset[str]:
    """Whoever may fill a seat of the level that is asked."""
    rung = one.pending
    if rung is None:
        return frozenset()
    return frozenset(who for seat in rung.level.members for who, _ in one.fillers(seat))


def _is_decided(one: Proceeding) -> bool:
    return one.release is not None or one.ending is not None
