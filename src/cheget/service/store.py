"""What a desk needs of a store. Correctness rests on its unique keys alone.

``write`` runs work in one transaction with others and returns when it is durable; work that
raises leaves nothing. A position, and a place in a thread, can be taken once: two sequencers
that meet there are both told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, Protocol, TypeVar

from cheget.audit.peaks import Peaks
from cheget.order.fields import Text

Log = Literal["orders", "law"]

T = TypeVar("T")


@dataclass(frozen=True)
class StoredEntry:
    """An entry as stored: its place, its header's bytes, and the envelope beside it."""

    position: int
    leaf: bytes
    seq: int
    digest: str  # of the document
    envelope: bytes


@dataclass(frozen=True)
class Wanted:
    """What a work is going to ask of the log of orders, said ahead: only a hint.

    A store that is far away asks it for a whole group of works at once.
    """

    entries: tuple[str, ...] = ()  # by the digests of their documents
    threads: tuple[tuple[str, int], ...] = ()  # subjects, and from which place on
    executors: tuple[str, ...] = ()  # of these orders
    sizes: tuple[int, ...] = ()  # at which peaks are asked for


NOTHING = Wanted()


@dataclass(frozen=True)
class Committed(Generic[T]):
    """What a work returned, and the log of orders as its group left it: both are durable."""

    result: T
    peaks: Peaks


class Reading(Protocol):
    """Questions to the store, all answered as of one moment."""

    def size(self, log: Log) -> int:
        """How many entries the log has."""
        ...

    def peaks(self, log: Log, size: int) -> Peaks:
        """The peaks of the log at a size it has reached."""
        ...

    def leaves(self, log: Log, start: int, end: int) -> list[bytes]:
        """The headers from ``start`` up to ``end``, in order."""
        ...

    def node(self, log: Log, height: int, index: int) -> bytes:
        """The hash over the leaves from ``index * 2**height``, complete subtrees only."""
        ...

    def thread(self, log: Log, subject: str, since: int = 0) -> list[StoredEntry]:
        """The entries of a thread from place ``since`` on."""
        ...

    def find(self, log: Log, digest: str) -> StoredEntry | None:
        """The entry of the document with that digest."""
        ...

    def of_kind(self, log: Log, kind: str) -> list[StoredEntry]:
        """All entries of a kind, in log order."""
        ...

    def texts(self, digests: Sequence[str]) -> Mapping[str, Text]:
        """Those of the salted texts that have not been erased, by their digests."""
        ...

    def executors(self, order: str) -> tuple[str, ...]:
        """The list of executors beside an order."""
        ...

    def file(self, digest: str) -> bytes | None:
        """A file that travels with codes, by its digest."""
        ...

    def charter(self) -> bytes | None:
        """The first charter's bytes."""
        ...

    def charters(self) -> list[bytes]:
        """Every charter's bytes, the first and those proposed after it, in their order."""
        ...

    def enrolments(self) -> list[bytes]:
        """The envelopes that proved possession of the charter's keys."""
        ...

    def mark(self, name: str) -> bytes | None:
        """What the store says of itself under a name: that it was restored."""
        ...


class Writing(Reading, Protocol):
    """The same, inside the one transaction that writes."""

    def append(self, log: Log, leaf: bytes, *, subject: str | None, seq: int, kind: str,
               digest: str, envelope: bytes) -> int:  # fmt: skip
        """Write the next entry and return its position.

        Raises:
            TwoSequencersError: somebody else has taken the position, or the place in the thread.
        """
        ...

    def put_texts(self, texts: Sequence[Text]) -> None:
        """Keep texts beside the log, where they can be erased."""
        ...

    def erase_text(self, digest: str) -> bool:
        """Erase a text; whether there was one."""
        ...

    def put_executors(self, order: str, executors: Sequence[str]) -> None:
        """Keep the list beside its order."""
        ...

    def put_file(self, digest: str, data: bytes) -> None:
        """Keep a file."""
        ...

    def put_charter(self, payload: bytes, enrolments: Sequence[bytes]) -> None:
        """Keep the first charter, once."""
        ...

    def add_charter(self, payload: bytes, enrolments: Sequence[bytes]) -> None:
        """Keep a charter that is proposed, and the enrolments that it brings."""
        ...

    def put_mark(self, name: str, value: bytes) -> None:
        """Say something else of the store under a name."""
        ...


class Store(Protocol):
    """A database with both logs in it."""

    def write(self, work: Callable[[Writing], T]) -> T:
        """As :meth:`commit`, only what ``work`` returned."""
        ...

    def commit(self, work: Callable[[Writing], T], wanted: Wanted = NOTHING) -> Committed[T]:
        """Run ``work`` in a transaction with others; return once that is durable.

        It may be run more than once, and only what the last run returned counts.

        Args:
            work: Reads and writes.
            wanted: What it is going to read, as far as that is known.

        Raises:
            UnsettledError: the database went away while it committed; ask again.
            StoreError: busy, full, damaged or away; then nothing was written.
        """
        ...

    def read(self, work: Callable[[Reading], T], wanted: Wanted = NOTHING) -> T:
        """Run ``work`` on what is committed, as of one moment."""
        ...

    def ends(self) -> Mapping[Log, Peaks]:
        """Where both logs end, as of one moment: what is asked most often."""
        ...

    def scrub(self) -> None:
        """Leave no trace of what was erased in the files of the database.

        Raises:
            StoreError: not all of it could be.
        """
        ...

    def close(self) -> None:
        """Finish what is under way and let go of the database."""
        ...
