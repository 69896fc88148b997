"""Shares that came with orders and concurrences: kept beside the log, by the root that binds them.

They are sealed to executors: the desk can withhold them, and has no use for them.
"""

from __future__ import annotations

from collections.abc import Sequence

from cheget.errors import NotAcceptedError
from cheget.order.allowed import serial_of
from cheget.order.documents import Concurrence, Order
from cheget.order.handover import MAX_CIPHERTEXT, decode_shares, encode_shares, shares_tree
from cheget.order.papers import open_envelope
from cheget.service.store import Reading, StoredEntry, Writing


def check_unclaimed(tx: Reading, order: Order, executors: Sequence[str]) -> None:
    """Return only if no other order has claimed a serial: the first that is logged does.

    Raises:
        NotAcceptedError: an earlier one has, however it ended.
    """
    wanted = {one for one in executors if serial_of(one) is not None}
    if wanted and (taken := wanted & claimed(tx, order.action)):
        raise NotAcceptedError(
            f"the serial {min(taken)} was claimed by an earlier order",
            hint="transmit again: the next unused serial is taken",
        )


def claimed(tx: Reading, action: str) -> set[str]:
    """Every ``executor/serial`` that some order for the action has claimed."""
    found: set[str] = set()
    for entry in tx.of_kind("orders", "order"):
        document = open_envelope(entry.envelope).unverified
        if isinstance(document, Order) and document.action == action and document.shares:
            found |= {one for one in tx.executors(entry.digest) if serial_of(one) is not None}
    return found


def keep_shares(
    tx: Writing, document: Order | Concurrence, executors: Sequence[str], shares: Sequence[bytes]
) -> None:
    """Keep what was handed over, only if the document binds it and every sealed executor has one.

    Raises:
        NotAcceptedError: otherwise.
    """
    sealed = [serial_of(one) is not None for one in executors]
    if not any(sealed):
        if shares or document.shares is not None:
            raise NotAcceptedError("shares, and the order names no sealed executor")
        return
    if document.shares is None:
        raise NotAcceptedError(
            f"the order names a sealed executor, and this {document.kind} hands over no share",
            hint="answer with your key file, by your own program",
        )
    if [bool(one) for one in shares] != sealed or max(map(len, shares)) > MAX_CIPHERTEXT:
        raise NotAcceptedError("one share for each sealed executor that the order names")
    if shares_tree(shares).root.hex() != document.shares:
        raise NotAcceptedError("the shares are not the ones that were signed for")
    tx.put_file(document.shares, encode_shares(shares))


def shares_of(
    tx: Reading, executors: Sequence[str], threads: Sequence[StoredEntry]
) -> dict[str, tuple[bytes, ...]]:
    """The shares that came with an order and its concurrences, by the documents that bind them."""
    found: dict[str, tuple[bytes, ...]] = {}
    if not any(map(serial_of, executors)):
        return found
    for entry in threads:
        document = open_envelope(entry.envelope).unverified
        root = document.shares if isinstance(document, Order | Concurrence) else None
        if root is not None and (data := tx.file(root)) is not None:
            found[entry.digest] = decode_shares(data)
    return found
