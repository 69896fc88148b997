"""What was told to whom: kept beside the store, and never in the log.

A notice is claimed before it is sent, by a key that can be taken once, so of several replicas
one sends it. A claim is a lease: whoever died between sending and saying so is followed by
another attempt with the same key. That is at least once, and no repetition besides.

The same statements run on SQLite, in a file of its own that no writer of the log waits for, and
on PostgreSQL, outside of any turn.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, cast

from cheget.errors import StoreError, UnreachableError
from cheget.service.notices.causes import Kind
from cheget.service.notices.due import Named, Notice, Told

State = Literal["open", "sent", "dead"]
_BEGUN = ""  # the row that says since when there are notices
_COLUMNS = "key, order_, kind, about, whom, number, channel, state, attempts, first, next, said"

SCHEMA = """
CREATE TABLE IF NOT EXISTS notices (
  key TEXT PRIMARY KEY, order_ TEXT NOT NULL, kind TEXT NOT NULL, about TEXT NOT NULL,
  whom TEXT NOT NULL, number INTEGER NOT NULL, channel TEXT NOT NULL, state TEXT NOT NULL,
  attempts INTEGER NOT NULL, first BIGINT NOT NULL, next BIGINT NOT NULL, said TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS notices_by_order ON notices (order_);
CREATE INDEX IF NOT EXISTS notices_by_state ON notices (state, next);
CREATE TABLE IF NOT EXISTS told (order_ TEXT PRIMARY KEY, at BIGINT NOT NULL);
"""


@dataclass(frozen=True)
class Row:
    """A notice in the book. ``first``: claimed, ``next``: tried again or sent; seconds."""

    key: str
    order: str
    kind: Kind
    about: str
    whom: str
    number: int
    channel: str
    state: State
    attempts: int
    first: int
    next: int
    said: str

    @property
    def named(self) -> Named:
        """The cause that it is of."""
        return self.kind, self.order, self.about, self.whom


class Asking(Protocol):
    """A database that runs one statement at a time, each by itself."""

    def ask(self, sql: str, *given: object) -> Sequence[Sequence[Any]]:
        """The rows that it returns."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class Book:
    """The book, in either database. Safe for threads."""

    def __init__(self, database: Asking) -> None:
        """Open it there."""
        self._database = database
        self._lock = threading.Lock()

    def begun(self, now: int) -> int:
        """Since when there are notices: from now on, unless it was said before."""
        self._ask("INSERT INTO told VALUES ($1, $2) ON CONFLICT DO NOTHING", _BEGUN, now)
        return int(self._ask("SELECT at FROM told WHERE order_ = $1", _BEGUN)[0][0])

    def done_with(self) -> set[str]:
        """The orders of which there is nothing more to tell."""
        return {row[0] for row in self._ask("SELECT order_ FROM told")} - {_BEGUN}

    def finish(self, order: str, now: int) -> None:
        """Of this one there is nothing more to tell."""
        self._ask("INSERT INTO told VALUES ($1, $2) ON CONFLICT DO NOTHING", order, now)

    def told(self, order: str) -> tuple[Mapping[Named, list[Told]], list[Row]]:
        """What was told of an order, by cause, and the rows themselves."""
        rows = self._rows("WHERE order_ = $1 ORDER BY number", order)
        found: dict[Named, list[Told]] = {}
        for row in rows:
            found.setdefault(row.named, []).append(Told(row.number, row.first))
        return found, rows

    def claim(self, notice: Notice, now: int, lease: int) -> bool:
        """Whether it is ours to send, now; nobody else's for ``lease`` seconds."""
        cause = notice.cause
        return bool(self._ask(
            f"INSERT INTO notices ({_COLUMNS})"  # noqa: S608 - columns of ours
            " VALUES ($1, $2, $3, $4, $5, $6, $7, 'open', 1, $8, $9, '')"
            " ON CONFLICT DO NOTHING RETURNING key",
            notice.key, cause.order, cause.kind, cause.about, cause.whom, notice.number,
            notice.step.channel, now, now + lease,
        ))  # fmt: skip

    def claim_again(self, row: Row, now: int, lease: int) -> bool:
        """Whether it is ours to try again: by the number of attempts, which one can raise."""
        return bool(self._ask(
            "UPDATE notices SET attempts = attempts + 1, next = $1"
            " WHERE key = $2 AND attempts = $3 AND state = 'open' RETURNING key",
            now + lease, row.key, row.attempts,
        ))  # fmt: skip

    def sent(self, key: str, now: int) -> None:
        """It arrived, as far as the channel says."""
        self._ask("UPDATE notices SET state = 'sent', next = $1, said = '' WHERE key = $2",
                  now, key)  # fmt: skip

    def failed(self, key: str, attempts: int, again: int | None, said: str) -> None:
        """It didn't; it is tried ``again`` at that instant, or is a dead letter."""
        self._ask(
            "UPDATE notices SET state = $1, next = $2, said = $3"
            " WHERE key = $4 AND attempts = $5 AND state = 'open'",
            "dead" if again is None else "open", again or 0, said, key, attempts,
        )  # fmt: skip

    def drop(self, key: str) -> None:
        """Nobody is to be told any more: what it asked was answered, or ended."""
        self._ask("DELETE FROM notices WHERE key = $1 AND state = 'open'", key)

    def rows(self, state: State, most: int) -> list[Row]:
        """The latest in that state."""
        return self._rows("WHERE state = $1 ORDER BY first DESC, key LIMIT $2", state, most)

    def revive(self, key: str, now: int) -> bool:
        """Try a dead letter again; whether it was one."""
        return bool(self._ask(
            "UPDATE notices SET state = 'open', attempts = 0, next = $1, said = ''"
            " WHERE key = $2 AND state = 'dead' RETURNING key",
            now, key,
        ))  # fmt: skip

    def close(self) -> None:
        """Let go of the database."""
        with self._lock:
            self._database.close()

    def _rows(self, which: str, *given: object) -> list[Row]:
        found = self._ask(f"SELECT {_COLUMNS} FROM notices {which}", *given)  # noqa: S608
        return [Row(*row) for row in found]

    def _ask(self, sql: str, *given: object) -> Sequence[Sequence[Any]]:
        with self._lock:
            return self._database.ask(sql, *given)


class InFile:
    """SQLite, in a file of the book's own."""

    def __init__(self, path: Path) -> None:
        """Open it, made when it is missing.

        Raises:
            StoreError: it can't be.
        """
        self._path = path
        try:
            self._sql = sqlite3.connect(
                path, timeout=10, isolation_level=None, check_same_thread=False
            )
            self._sql.execute("PRAGMA journal_mode = WAL")
            self._sql.executescript(SCHEMA)
        except sqlite3.Error as error:
            raise StoreError(f"{path}: {error}") from error

    def ask(self, sql: str, *given: object) -> Sequence[Sequence[Any]]:
        """The rows that a statement returns."""
        try:
            named = {str(place): one for place, one in enumerate(given, 1)}
            return self._sql.execute(sql, named).fetchall()
        except sqlite3.Error as error:
            raise StoreError(f"{self._path}: {error}") from error

    def close(self) -> None:
        """Let go of the file."""
        self._sql.close()


class InDatabase:
    """PostgreSQL, by a connection that is made anew after it was cut."""

    def __init__(self, connect: Callable[[], Asking]) -> None:
        """Connect when something is asked."""
        self._connect = connect
        self._link: Asking | None = None

    def ask(self, sql: str, *given: object) -> Sequence[Sequence[Any]]:
        """The rows that a statement returns."""
        self._link = self._link or self._connect()
        try:
            return self._link.ask(sql, *given)
        except StoreError as error:
            if isinstance(error, UnreachableError):
                self.close()
            else:
                cast("Any", self._link).leave()
            raise

    def close(self) -> None:
        """Let go of the connection."""
        if self._link is not None:
            self._link.close()
            self._link = None
