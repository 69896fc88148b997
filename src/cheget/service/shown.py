"""What a desk shows of an order: papers for signers, codes for executors.

Derived from the log alone: the desk adds nothing that it could invent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

from cheget.audit.slice import Slice
from cheget.order.charter import Charter, pinned_charter
from cheget.order.documents import AnyDocument, Order
from cheget.order.envelope import digest
from cheget.order.fields import Head, Text
from cheget.order.law import founders
from cheget.order.papers import LogPart, Papers, open_envelope
from cheget.order.proceeding import Proceeding
from cheget.service.handed import shares_of
from cheget.service.store import Log, Reading

CheckpointAt = Callable[[Log, int], bytes]


def head_of(tx: Reading, log: Log, size: int) -> Head:
    """The log's head at a size it has reached."""
    return Head(size, tx.peaks(log, size).root().hex())


def slice_of(tx: Reading, log: Log, start: int, end: int) -> Slice:
    """The slice from position ``start`` to size ``end``."""
    return Slice(start, tx.peaks(log, start).hashes, tuple(tx.leaves(log, start, end)))


def consistency(tx: Reading, log: Log, old: int, new: int) -> tuple[bytes, ...]:
    """The consistency path between two sizes of a log (RFC 6962, section 2.1.2)."""
    if old in {0, new}:
        return ()
    path = []
    height = (old & -old).bit_length() - 1
    index = (old >> height) - 1
    if index:
        path.append(_subtree(tx, log, height, index, new))
    return (*path, *_siblings(tx, log, height, index, new))


def inclusion(tx: Reading, log: Log, position: int, size: int) -> tuple[bytes, ...]:
    """The path from the entry at ``position`` to the log's root at ``size`` (RFC 6962, 2.1.1)."""
    return tuple(_siblings(tx, log, 0, position, size))


def _siblings(tx: Reading, log: Log, height: int, index: int, size: int) -> Iterator[bytes]:
    """What stands beside the way from a node up to the root at ``size``."""
    last = (size - 1) >> height
    while last:
        if index & 1 or index < last:
            yield _subtree(tx, log, height, index ^ 1, size)
        index, last, height = index >> 1, last >> 1, height + 1


def _subtree(tx: Reading, log: Log, height: int, index: int, size: int) -> bytes:
    """The hash over leaves ``index * 2**height`` up to the subtree's end, or to ``size``."""
    start = index << height
    if start + (1 << height) <= size:
        return tx.node(log, height, index)
    # A ragged right edge: the peaks of what it holds, which are peaks of the whole tree too.
    peaks = tx.peaks(log, size).hashes
    within = (size - start).bit_count()
    return Slice(size - start, peaks[-within:], ()).roots({size - start})[size - start]


def papers_of(
    tx: Reading,
    proceeding: Proceeding,
    *,
    law: LogPart,
    held_orders: Head | None,
    checkpoint: CheckpointAt,
) -> Papers:
    """The papers of an order, from which the codes of a released one are derived."""
    order = proceeding.digest
    threads = sorted(
        (
            entry
            for subject in (order, *proceeding.order.attestations)
            for entry in tx.thread("orders", subject)
        ),
        key=lambda entry: entry.position,
    )
    size, start = tx.size("orders"), threads[0].position
    release, executors = proceeding.release, tx.executors(order)
    behind = held_orders is not None and 0 < held_orders.size < start
    return Papers(
        address=executors,
        order=order,
        log=LogPart(
            slice_of(tx, "orders", start, size),
            tuple(entry.envelope for entry in threads),
            checkpoint("orders", size),
            consistency(tx, "orders", held_orders.size, size) if behind and held_orders else (),
        ),
        law=law,
        published=checkpoint("orders", release.position + 1 if release else size),
        texts=_texts(tx, [entry.envelope for entry in threads]),
        files=_files(tx, proceeding),
        shares=shares_of(tx, executors, threads),
    )


def founded_at(tx: Reading) -> int:
    """The size of the law log once the first charter holds; 0: there is none."""
    payload = tx.charter()
    return len(founders(_charter(payload))) + 1 if payload is not None else 0


def law_of(tx: Reading, start: int, checkpoint: CheckpointAt) -> LogPart:
    """The law log as it is shown from a position on, with all that is beside it."""
    size = tx.size("law")
    piece = slice_of(tx, "law", start, size)
    by_position = {
        entry.position: entry.envelope
        for kind in _LAW_KINDS
        for entry in tx.of_kind("law", kind)
        if entry.position >= start
    }
    envelopes = tuple(by_position[position] for position in sorted(by_position))
    later = tuple(tx.charters()[1:])
    return LogPart(
        piece, envelopes, checkpoint("law", size), charters=later,
        enrolments=tuple(tx.enrolments()) if later else (),
    )  # fmt: skip


@lru_cache(maxsize=8)
def _charter(payload: bytes) -> Charter:
    return pinned_charter(payload, digest("charter", payload))


_LAW_KINDS = ("amendment", "concurrence", "refusal", "countermand", "revocation", "absence")


def _texts(tx: Reading, envelopes: list[bytes]) -> dict[str, Text]:
    return dict(tx.texts([digest for stored in envelopes for digest in _named(stored)]))


@lru_cache(maxsize=1024)
def _named(stored: bytes) -> tuple[str, ...]:
    """The texts that a document signs the digests of."""
    document: AnyDocument = open_envelope(stored).unverified
    named = (getattr(document, name, None) for name in ("reason", "statement", "finding"))
    return tuple(digest for digest in named if digest is not None)


def _files(tx: Reading, proceeding: Proceeding) -> dict[str, bytes]:
    order: Order = proceeding.order
    given = dict(order.parameters)
    found = {}
    for name, parameter in proceeding.action.parameters:
        if parameter.kind == "file" and (data := tx.file(given[name])) is not None:
            found[given[name]] = data
    return found
