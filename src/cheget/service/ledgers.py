"""A ledger read from a store: both logs, whole."""

from __future__ import annotations

from cheget.order.charter import read_charter
from cheget.order.envelope import KINDS
from cheget.order.ledger import Ledger, WholeLog
from cheget.service.desk import Desk
from cheget.service.store import Log, Reading

LOGS: tuple[Log, Log] = ("law", "orders")


def read_ledger(desk: Desk) -> Ledger:
    """Both logs as far as the checkpoints that the desk signs now."""
    return desk.store.read(lambda tx: ledger_in(tx, desk))


def ledger_in(tx: Reading, desk: Desk) -> Ledger:
    """The same, as ``tx`` sees it: all of one moment."""
    lists = {one.digest: tx.executors(one.digest) for one in tx.of_kind("orders", "order")}
    law, orders = (_whole(tx, name, desk.noted(tx, name)) for name in LOGS)
    first, *later = map(read_charter, tx.charters())
    return Ledger(first, tuple(tx.enrolments()), law, orders, lists, tuple(later))


def _whole(tx: Reading, log: Log, note: bytes) -> WholeLog:
    envelopes = {
        one.position: one.envelope for kind in sorted(KINDS) for one in tx.of_kind(log, kind)
    }
    leaves = tx.leaves(log, 0, tx.size(log))
    return WholeLog(
        tuple((leaf, envelopes.get(place, b"")) for place, leaf in enumerate(leaves)), note
    )
