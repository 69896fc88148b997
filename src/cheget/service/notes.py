"""Checkpoints, signed once for all who ask while a log stays as it is."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Protocol

from cheget.audit.checkpoint import Checkpoint, assemble, note_to_sign
from cheget.audit.peaks import Peaks
from cheget.order.charter import LogKey, Terms
from cheget.service.store import Log


class LogSigner(Protocol):
    """Signs a log's checkpoints."""

    def sign(self, message: bytes) -> bytes:
        """64 bytes of Ed25519 over ``message``."""
        ...


class Notes:
    """The last checkpoint of each log."""

    def __init__(self, signers: Mapping[Log, LogSigner]) -> None:
        """Sign nothing yet."""
        self._signers = signers
        self._last: dict[Log, tuple[LogKey, Checkpoint, bytes]] = {}
        self._lock = threading.Lock()

    def of(self, log: Log, peaks: Peaks, terms: Terms) -> bytes:
        """A checkpoint of the log as it is committed, by the key that the charter's terms name."""
        named = terms.orders if log == "orders" else terms.law
        point = Checkpoint(named.origin, peaks.size, peaks.root())
        with self._lock:
            if (last := self._last.get(log)) is not None and last[:2] == (named, point):
                return last[2]
            note = assemble(point, self._signers[log].sign(note_to_sign(point)), named.key)
            self._last[log] = named, point, note
        return note
