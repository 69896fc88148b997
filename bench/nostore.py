"""A store that keeps nothing safe: lists in memory, one lock. What a desk costs without one."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from cheget.audit.merkle import leaf_hash, node_hash
from cheget.audit.peaks import Peaks
from cheget.order.fields import Text
from cheget.service.store import NOTHING, Committed, Log, Reading, StoredEntry, Wanted, Writing

T = TypeVar("T")


class NoStore:
    """Answers a desk as a store does, and forgets everything at the end; both its own tx."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: dict[str, list[StoredEntry]] = {"orders": [], "law": []}
        self._kinds: dict[tuple[str, str], list[StoredEntry]] = defaultdict(list)
        self._found: dict[tuple[str, str], StoredEntry] = {}
        self._threads: dict[tuple[str, str | None], list[StoredEntry]] = defaultdict(list)
        self._nodes: dict[tuple[str, int, int], bytes] = {}
        self._texts: dict[str, Text] = {}
        self._executors: dict[str, tuple[str, ...]] = {}
        self._files: dict[str, bytes] = {}
        self._charter: tuple[bytes, list[bytes]] | None = None

    def write(self, work: Callable[[Writing], T]) -> T:
        return self.commit(work).result

    def commit(self, work: Callable[[Writing], T], _: Wanted = NOTHING) -> Committed[T]:
        with self._lock:
            result = work(self)
            return Committed(result, self.peaks("orders", self.size("orders")))

    def read(self, work: Callable[[Reading], T], _: Wanted = NOTHING) -> T:
        with self._lock:
            return work(self)

    def ends(self) -> Mapping[Log, Peaks]:
        with self._lock:
            return {log: self.peaks(log, self.size(log)) for log in ("orders", "law")}

    def close(self) -> None:
        pass

    def size(self, log: Log) -> int:
        return len(self._entries[log])

    def peaks(self, log: Log, size: int) -> Peaks:
        hashes, start = [], 0
        for height in range(size.bit_length() - 1, -1, -1):
            if size >> height & 1:
                hashes.append(self.node(log, height, start >> height))
                start += 1 << height
        return Peaks(size, tuple(hashes))

    def node(self, log: Log, height: int, index: int) -> bytes:
        return self._nodes[log, height, index]

    def leaves(self, log: Log, start: int, end: int) -> list[bytes]:
        return [entry.leaf for entry in self._entries[log][start:end]]

    def thread(self, log: Log, subject: str, since: int = 0) -> list[StoredEntry]:
        return self._threads[log, subject][since:]

    def find(self, log: Log, digest: str) -> StoredEntry | None:
        return self._found.get((log, digest))

    def of_kind(self, log: Log, kind: str) -> list[StoredEntry]:
        return self._kinds[log, kind]

    def texts(self, digests: Sequence[str]) -> Mapping[str, Text]:
        return {one: self._texts[one] for one in digests if one in self._texts}

    def executors(self, order: str) -> tuple[str, ...]:
        return self._executors.get(order, ())

    def file(self, digest: str) -> bytes | None:
        return self._files.get(digest)

    def charter(self) -> bytes | None:
        return self._charter[0] if self._charter else None

    def charters(self) -> list[bytes]:
        return [self._charter[0]] if self._charter else []

    def enrolments(self) -> list[bytes]:
        return self._charter[1] if self._charter else []

    def append(self, log: Log, leaf: bytes, *, subject: str | None, seq: int, kind: str,
               digest: str, envelope: bytes) -> int:  # fmt: skip
        position = len(self._entries[log])
        entry = StoredEntry(position, leaf, seq, digest, envelope)
        self._entries[log].append(entry)
        self._kinds[log, kind].append(entry)
        self._found.setdefault((log, digest), entry)
        self._threads[log, subject].append(entry)
        node, height, place = leaf_hash(leaf), 0, position
        self._nodes[log, 0, place] = node
        while place & 1:
            node = node_hash(self._nodes[log, height, place - 1], node)
            height, place = height + 1, place >> 1
            self._nodes[log, height, place] = node
        return position

    def put_texts(self, texts: Sequence[Text]) -> None:
        self._texts.update({text.digest: text for text in texts})

    def erase_text(self, digest: str) -> bool:
        return self._texts.pop(digest, None) is not None

    def put_executors(self, order: str, executors: Sequence[str]) -> None:
        self._executors.setdefault(order, tuple(executors))

    def put_file(self, digest: str, data: bytes) -> None:
        self._files.setdefault(digest, data)

    def put_charter(self, payload: bytes, enrolments: Sequence[bytes]) -> None:
        self._charter = (payload, list(enrolments))
