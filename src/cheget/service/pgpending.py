"""Rows that are going to be written to PostgreSQL, once a group of works is through."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from cheget.errors import StoreError, TwoSequencersError
from cheget.order.fields import Text
from cheget.service.pglink import Link
from cheget.service.store import Log, StoredEntry

LOGS: dict[Log, int] = {"orders": 0, "law": 1}

Place = tuple[Log, int, int]  # of a node: its log, height and index

# All that a group of answers writes, if there is a turn for it.
_ROWS = """
WITH turn AS ({}), entries_ AS (
  INSERT INTO entries (log, position, subject, seq, kind, digest, leaf, envelope)
  SELECT new.* FROM turn, unnest(
    $1::smallint[], $2::bigint[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::bytea[],
    $8::bytea[]
  ) AS new RETURNING 1
), nodes_ AS (
  INSERT INTO nodes (log, height, place, hash)
  SELECT new.* FROM turn, unnest($9::smallint[], $10::int[], $11::bigint[], $12::bytea[]) AS new
  RETURNING 1
), texts_ AS (
  INSERT INTO texts (digest, salt, text)
  SELECT new.* FROM turn, unnest($13::text[], $14::bytea[], $15::bytea[]) AS new
  ON CONFLICT (digest) DO UPDATE SET text = excluded.text
), executors_ AS (
  INSERT INTO executors (order_, list)
  SELECT new.* FROM turn, unnest($16::text[], $17::text[]) AS new ON CONFLICT DO NOTHING
), files_ AS (
  INSERT INTO files (digest, data)
  SELECT new.* FROM turn, unnest($18::text[], $19::bytea[]) AS new ON CONFLICT DO NOTHING
)
SELECT (SELECT number FROM turn), (SELECT count(*) FROM entries_), (SELECT count(*) FROM nodes_)
"""
_WITHIN = _ROWS.format("SELECT 0 AS number")
_ALONE = _ROWS.format(
    "INSERT INTO turns (number, batch) SELECT number + 1, $20::bytea FROM turns"
    " WHERE number = $21 AND batch = $22 RETURNING number"
)


@dataclass(frozen=True)
class WriteTurn:
    """A turn, and a name for what is written in it."""

    number: int
    batch: bytes = field(default_factory=lambda: secrets.token_bytes(16))


@dataclass(frozen=True)
class Coming:
    """An entry that is going to be written."""

    stored: StoredEntry
    subject: str | None
    kind: str


@dataclass
class Pending:
    """Rows that are going to be written."""

    entries: dict[Log, list[Coming]] = field(default_factory=lambda: {"orders": [], "law": []})
    nodes: dict[Place, bytes] = field(default_factory=dict)
    texts: dict[str, Text | None] = field(default_factory=dict)  # None: erased
    executors: dict[str, str] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    charters: list[tuple[int, bytes]] = field(default_factory=list)
    enrolments: list[tuple[int, bytes]] = field(default_factory=list)
    marks: dict[str, bytes] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether there is anything to write."""
        return any(self.entries.values()) or any(
            (self.texts, self.executors, self.files, self.charters, self.enrolments, self.marks)
        )

    def copy(self) -> Pending:
        """The same, to come back to."""
        return Pending(
            {log: list(coming) for log, coming in self.entries.items()},
            dict(self.nodes), dict(self.texts), dict(self.executors), dict(self.files),
            list(self.charters), list(self.enrolments), dict(self.marks),
        )  # fmt: skip

    @property
    def is_plain(self) -> bool:
        """Whether one statement writes it all: no charter, no mark, and nothing erased."""
        beside = self.charters or self.enrolments or self.marks
        return not (beside or None in self.texts.values())

    def flush(self, link: Link) -> None:
        """Write them, within a transaction that has a turn.

        Raises:
            TwoSequencersError: a position, or a place in a thread, is taken already.
        """
        self._check(link.ask(_WITHIN, *self._columns()), 0)
        put = link.put
        put("DELETE FROM texts WHERE digest = $1",
            [(digest,) for digest, text in self.texts.items() if text is None])  # fmt: skip
        put("INSERT INTO charters (version, payload) VALUES ($1, $2)", self.charters)
        put("INSERT INTO enrolments (place, envelope) VALUES ($1, $2)", self.enrolments)
        put(
            "INSERT INTO marks (name, value) VALUES ($1, $2)"
            " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            [*self.marks.items()],
        )

    def commit(self, link: Link, last: WriteTurn, turn: WriteTurn) -> None:
        """Take the turn after ``last``, write them and commit, all in one statement.

        Raises:
            TwoSequencersError: somebody has the turn, or what would be written; nothing was.
        """
        given = (*self._columns(), turn.batch, last.number, last.batch)
        self._check(link.commit_by(_ALONE, *given), turn.number)

    def _columns(self) -> list[list[object]]:
        entries = [
            (LOGS[log], one.stored.position, one.subject, one.stored.seq, one.kind,
             one.stored.digest, one.stored.leaf, one.stored.envelope)
            for log, new in self.entries.items() for one in new
        ]  # fmt: skip
        nodes = [(LOGS[log], *place, hash_) for (log, *place), hash_ in self.nodes.items()]
        texts = [
            (digest, one.salt, one.text.encode())
            for digest, one in self.texts.items() if one is not None
        ]  # fmt: skip
        return [
            *_turned(entries, 8), *_turned(nodes, 4), *_turned(texts, 3),
            *_turned([*self.executors.items()], 2), *_turned([*self.files.items()], 2),
        ]  # fmt: skip

    def _check(self, found: list[Any], turn: int) -> None:
        """Return only if the turn was ours, and every row was taken."""
        number, entries, nodes = found[0]
        if number is None:
            raise TwoSequencersError("the turn before is not there any more")
        wanted = sum(map(len, self.entries.values())), len(self.nodes)
        if (number, entries, nodes) != (turn, *wanted):
            raise StoreError("the database has not written what it was given: damaged")


def _turned(rows: Sequence[tuple[object, ...]], width: int) -> list[list[object]]:
    return [[row[place] for row in rows] for place in range(width)]
