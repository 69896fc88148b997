"""A ledger read from a store: both logs, whole."""

from __future__ import annotations

from typing import Any

from cheget.order.charter import read_charter
from cheget.order.envelope import KINDS
from cheget.order.ledger import Ledger, WholeLog
from cheget.service.desk import Desk
from cheget.service.store import Log, Reading

LOGS: tuple[Log, Log] = ("law", "orders")


def read_ledger(desk: Desk) -> Ledger:
    """Both logs as far as the checkpoints that the desk signs now."""
    notes = {name: desk.checkpoint(name) for name in LOGS}

    def work(tx: Reading) -> tuple[Any, ...]:
        lists = {one.digest: tx.executors(one.digest) for one in tx.of_kind("orders", "order")}
        logs = {name: _entries(tx, name, notes[name]) for name in LOGS}
        return logs, tuple(tx.enrolments()), lists, tx.charters()

    logs, enrolments, lists, payloads = desk.store.read(work)
    first, *later = map(read_charter, payloads)
    return Ledger(first, enrolments, logs["law"], logs["orders"], lists, tuple(later))


def _entries(tx: Reading, log: Log, note: bytes) -> WholeLog:
    size = int(note.split(b"\n")[1])  # of our own making, a moment ago
    envelopes = {
        one.position: one.envelope for kind in sorted(KINDS) for one in tx.of_kind(log, kind)
    }
    leaves = tx.leaves(log, 0, size)
    return WholeLog(
        tuple((leaf, envelopes.get(place, b"")) for place, leaf in enumerate(leaves)), note
    )
