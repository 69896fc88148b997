"""The store on SQLite: WAL, ``synchronous=FULL``, one writer with a queue and group commit.

Whatever arrives while a commit is under way shares the next one, so many clients cost few
syncs and none waits on SQLite's unfair busy handler. Other processes may write to the same
file; each transaction begins IMMEDIATE and reads what it builds on.
"""

from __future__ import annotations

import fcntl
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TypeVar, cast

from cheget.audit.merkle import leaf_hash
from cheget.audit.peaks import Peaks, completed, subtrees
from cheget.errors import StoreError, TwoSequencersError
from cheget.order.fields import Text
from cheget.service.grouping import Answer, Job, Writer, answer, fail
from cheget.service.store import (
    NOTHING,
    Committed,
    Log,
    Reading,
    StoredEntry,
    Wanted,
    Writing,
)

T = TypeVar("T")

_BUSY_SECONDS = 10.0
_LOGS: dict[Log, int] = {"orders": 0, "law": 1}

_SCHEMA = """
CREATE TABLE IF NOT EXISTS entries (
  log INTEGER NOT NULL, position INTEGER NOT NULL, subject TEXT, seq INTEGER NOT NULL,
  kind TEXT NOT NULL, digest TEXT NOT NULL, leaf BLOB NOT NULL, envelope BLOB NOT NULL,
  PRIMARY KEY (log, position), UNIQUE (log, subject, seq)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS entries_by_digest ON entries (log, digest);
CREATE INDEX IF NOT EXISTS entries_by_kind ON entries (log, kind, position);
CREATE TABLE IF NOT EXISTS nodes (
  log INTEGER NOT NULL, height INTEGER NOT NULL, place INTEGER NOT NULL, hash BLOB NOT NULL,
  PRIMARY KEY (log, height, place)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS texts (digest TEXT PRIMARY KEY, salt BLOB NOT NULL, text TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS executors (order_ TEXT PRIMARY KEY, list TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS files (digest TEXT PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS charters (version INTEGER PRIMARY KEY, payload BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS enrolments (place INTEGER PRIMARY KEY, envelope BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS marks (name TEXT PRIMARY KEY, value BLOB NOT NULL);
"""

# The planner takes the primary key for every question that names a log, and scans it whole.
_ENTRY = "SELECT position, leaf, seq, digest, envelope FROM entries"


class _Transaction:
    """Reading and writing on one connection, inside whatever transaction it is in."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._sql = connection
        self.forget()

    def forget(self) -> None:
        """Ask the database again: something was taken back."""
        # Each question to SQLite lets go of the interpreter's lock, and has to wait for it again.
        self._ends: dict[Log, tuple[int, bytes]] = {}  # size and last leaf
        self._nodes: dict[tuple[Log, int, int], bytes] = {}

    def size(self, log: Log) -> int:
        return self._end(log)[0]

    def _end(self, log: Log) -> tuple[int, bytes]:
        if log not in self._ends:
            row = self._sql.execute(
                "SELECT position, leaf FROM entries WHERE log = ? ORDER BY position DESC LIMIT 1",
                (_LOGS[log],),
            ).fetchone()
            self._ends[log] = (0, b"") if row is None else (row[0] + 1, row[1])
        return self._ends[log]

    def peaks(self, log: Log, size: int) -> Peaks:
        return Peaks(size, tuple(self.node(log, *place) for place in subtrees(size)))

    def node(self, log: Log, height: int, index: int) -> bytes:
        found = self._nodes.get((log, height, index))
        if found is not None:
            return found
        row = self._sql.execute(
            "SELECT hash FROM nodes WHERE log = ? AND height = ? AND place = ?",
            (_LOGS[log], height, index),
        ).fetchone()
        if row is None:
            raise StoreError(f"the {log} log lacks node {index} at height {height}: damaged")
        self._nodes[log, height, index] = row[0]
        return cast("bytes", row[0])

    def leaves(self, log: Log, start: int, end: int) -> list[bytes]:
        size, last = self._end(log)
        if start == size - 1 < end:
            return [last]
        rows = self._sql.execute(
            "SELECT leaf FROM entries WHERE log = ? AND position >= ? AND position < ?"
            " ORDER BY position",
            (_LOGS[log], start, end),
        )
        return [row[0] for row in rows]

    def thread(self, log: Log, subject: str, since: int = 0) -> list[StoredEntry]:
        rows = self._sql.execute(
            _ENTRY + " WHERE log = ? AND subject = ? AND seq >= ? ORDER BY seq",
            (_LOGS[log], subject, since),
        )
        return [StoredEntry(*row) for row in rows]

    def find(self, log: Log, digest: str) -> StoredEntry | None:
        row = self._sql.execute(
            _ENTRY + " INDEXED BY entries_by_digest"
            " WHERE log = ? AND digest = ? ORDER BY position LIMIT 1",
            (_LOGS[log], digest),
        ).fetchone()
        return None if row is None else StoredEntry(*row)

    def of_kind(self, log: Log, kind: str) -> list[StoredEntry]:
        rows = self._sql.execute(
            _ENTRY + " INDEXED BY entries_by_kind WHERE log = ? AND kind = ? ORDER BY position",
            (_LOGS[log], kind),
        )
        return [StoredEntry(*row) for row in rows]

    def texts(self, digests: Sequence[str]) -> Mapping[str, Text]:
        found = {}
        for digest in digests:
            row = self._sql.execute(
                "SELECT salt, text FROM texts WHERE digest = ?", (digest,)
            ).fetchone()
            if row is not None:
                found[digest] = Text(row[0], row[1])
        return found

    def executors(self, order: str) -> tuple[str, ...]:
        row = self._sql.execute("SELECT list FROM executors WHERE order_ = ?", (order,)).fetchone()
        return tuple(row[0].split()) if row else ()

    def file(self, digest: str) -> bytes | None:
        row = self._sql.execute("SELECT data FROM files WHERE digest = ?", (digest,)).fetchone()
        return row[0] if row else None

    def charter(self) -> bytes | None:
        row = self._sql.execute("SELECT payload FROM charters ORDER BY version LIMIT 1").fetchone()
        return row[0] if row else None

    def charters(self) -> list[bytes]:
        rows = self._sql.execute("SELECT payload FROM charters ORDER BY version")
        return [row[0] for row in rows]

    def enrolments(self) -> list[bytes]:
        rows = self._sql.execute("SELECT envelope FROM enrolments ORDER BY place")
        return [row[0] for row in rows]

    def mark(self, name: str) -> bytes | None:
        row = self._sql.execute("SELECT value FROM marks WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    def append(self, log: Log, leaf: bytes, *, subject: str | None, seq: int, kind: str,
               digest: str, envelope: bytes) -> int:  # fmt: skip
        position, number = self.size(log), _LOGS[log]
        try:
            self._sql.execute(
                "INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (number, position, subject, seq, kind, digest, leaf, envelope),
            )
        except sqlite3.IntegrityError as error:
            raise TwoSequencersError(f"entry {position} of the {log} log is taken") from error
        nodes = completed(position, leaf_hash(leaf), partial(self.node, log))
        self._sql.executemany(
            "INSERT INTO nodes VALUES (?, ?, ?, ?)", [(number, *one) for one in nodes]
        )
        self._ends[log] = position + 1, leaf
        self._nodes |= {(log, height, index): hash_ for height, index, hash_ in nodes}
        return position

    def put_texts(self, texts: Sequence[Text]) -> None:
        self._sql.executemany(
            "INSERT OR IGNORE INTO texts VALUES (?, ?, ?)",
            [(text.digest, text.salt, text.text) for text in texts],
        )

    def erase_text(self, digest: str) -> bool:
        return self._sql.execute("DELETE FROM texts WHERE digest = ?", (digest,)).rowcount > 0

    def put_executors(self, order: str, executors: Sequence[str]) -> None:
        self._sql.execute(
            "INSERT OR IGNORE INTO executors VALUES (?, ?)", (order, " ".join(executors))
        )

    def put_file(self, digest: str, data: bytes) -> None:
        self._sql.execute("INSERT OR IGNORE INTO files VALUES (?, ?)", (digest, data))

    def put_charter(self, payload: bytes, enrolments: Sequence[bytes]) -> None:
        self._sql.execute("INSERT INTO charters VALUES (1, ?)", (payload,))
        self._sql.executemany("INSERT INTO enrolments VALUES (?, ?)", list(enumerate(enrolments)))

    def add_charter(self, payload: bytes, enrolments: Sequence[bytes]) -> None:
        # The column counts what was proposed; the version stands in the charter itself.
        if payload not in self.charters():
            self._sql.execute(
                "INSERT INTO charters SELECT max(version) + 1, ? FROM charters", (payload,)
            )
        known = self.enrolments()
        self._sql.executemany(
            "INSERT INTO enrolments VALUES (?, ?)",
            list(enumerate((one for one in enrolments if one not in known), len(known))),
        )

    def put_mark(self, name: str, value: bytes) -> None:
        self._sql.execute("INSERT OR REPLACE INTO marks VALUES (?, ?)", (name, value))


class SqliteStore:
    """A store in one file. Safe for threads; other processes may open the same file."""

    def __init__(self, path: Path) -> None:
        """Open ``path``, made when it is missing.

        Raises:
            StoreError: it cannot be opened, or is not a database of ours.
        """
        self._path = path
        self._connections: list[sqlite3.Connection] = []
        self._idle: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        self._writer = Writer(self._commit)
        self._writing: sqlite3.Connection | None = None
        with _errors(path), _only_one(path):
            connection = self._connect()
            connection.executescript(_SCHEMA)

    def write(self, work: Callable[[Writing], T]) -> T:
        """Run ``work`` in a transaction; return its result once that is durable."""
        return self.commit(work).result

    def commit(self, work: Callable[[Writing], T], wanted: Wanted = NOTHING) -> Committed[T]:
        """The same, with the log as its group left it. What is ``wanted`` is near anyway."""
        return self._writer.commit(work, wanted)

    def read(self, work: Callable[[Reading], T], _: Wanted = NOTHING) -> T:
        """Run ``work`` on what is committed, as of one moment."""
        with _errors(self._path), self._reader() as connection:
            connection.execute("BEGIN")
            try:
                return work(_Transaction(connection))
            finally:
                connection.execute("ROLLBACK")

    def ends(self) -> Mapping[Log, Peaks]:
        """Where both logs end, as of one moment."""
        return self.read(lambda tx: {log: tx.peaks(log, tx.size(log)) for log in _LOGS})

    @contextmanager
    def _reader(self) -> Iterator[sqlite3.Connection]:
        """A connection that nobody else uses meanwhile; threads come and go, it stays."""
        self._writer.check()
        with self._lock:
            connection = self._idle.pop() if self._idle else None
        if connection is None:
            connection = self._connect()
        try:
            yield connection
        finally:
            with self._lock:
                self._idle.append(connection)

    def scrub(self) -> None:
        """Empty the write-ahead log, in which what was erased would linger.

        Raises:
            StoreError: somebody else is reading; try again.
        """
        with _errors(self._path), self._reader() as connection:
            busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise StoreError(f"{self._path} is in use: not all of it is scrubbed", hint="try again")

    def close(self) -> None:
        """Finish what is under way and let go of the database."""
        self._writer.close()
        for connection in self._connections:
            connection.close()

    def __del__(self) -> None:
        """Let go of the database when nobody has closed it."""
        for connection in getattr(self, "_connections", ()):
            connection.close()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        with self._lock:
            self._connections.append(connection)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA trusted_schema = OFF")
        # What is erased must not linger in free pages.
        connection.execute("PRAGMA secure_delete = ON")
        return connection

    def _commit(self, group: Sequence[Job]) -> None:
        with _errors(self._path):
            self._writing = self._writing or self._connect()
        _commit(self._writing, self._path, group)


def _commit(
    connection: sqlite3.Connection, path: Path, group: Sequence[Job]
) -> None:  # fmt: skip
    """Run a group in one transaction; each answers only after the commit is durable."""
    results: list[Answer] = []
    try:
        with _errors(path):
            connection.execute("BEGIN IMMEDIATE")
            tx = _Transaction(connection)
            for job in group:
                connection.execute("SAVEPOINT one")
                try:
                    results.append((job, job.work(tx), None))
                except sqlite3.Error:
                    raise
                except BaseException as error:  # noqa: BLE001 - handed to whoever asked
                    connection.execute("ROLLBACK TO one")
                    tx.forget()
                    results.append((job, None, error))
                connection.execute("RELEASE one")
            peaks = tx.peaks("orders", tx.size("orders"))
            connection.execute("COMMIT")
    except BaseException as error:  # noqa: BLE001 - nothing was written: everybody is told
        fail(group, error)
        with suppress(sqlite3.Error):  # a full disk may have ended the transaction already
            connection.execute("ROLLBACK")
        return
    answer(results, peaks)


@contextmanager
def _only_one(path: Path) -> Iterator[None]:
    """Two processes that open a new file together would meet in ``journal_mode``."""
    with path.with_name(path.name + ".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def _errors(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        said = str(error)
        if "locked" in said or "busy" in said:
            raise StoreError(f"{path} is in use by somebody else", hint="try again") from error
        if "full" in said or "disk I/O" in said:
            raise StoreError(f"{path}: {said}; nothing was written", hint="make room") from error
        raise StoreError(f"{path}: {said}") from error
    except sqlite3.DatabaseError as error:
        raise StoreError(f"{path} is no database of ours, or damaged: {error}") from error
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror or error}") from error
