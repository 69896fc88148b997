"""Rows that are going to be written to PostgreSQL, once a group of works is through."""

from __future__ import annotations

from dataclasses import dataclass, field

from cheget.order.fields import Text
from cheget.service.pglink import Link
from cheget.service.store import Log, StoredEntry

LOGS: dict[Log, int] = {"orders": 0, "law": 1}

Place = tuple[Log, int, int]  # of a node: its log, height and index

_APPEND = """
WITH entries_ AS (
  INSERT INTO entries (log, position, subject, seq, kind, digest, leaf, envelope)
  SELECT * FROM unnest(
    $1::smallint[], $2::bigint[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::bytea[],
    $8::bytea[]
  )
)
INSERT INTO nodes (log, height, place, hash)
SELECT * FROM unnest($9::smallint[], $10::int[], $11::bigint[], $12::bytea[])
"""


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

    def __bool__(self) -> bool:
        """Whether there is anything to write."""
        return any(self.entries.values()) or any(
            (self.texts, self.executors, self.files, self.charters, self.enrolments)
        )

    def copy(self) -> Pending:
        """The same, to come back to."""
        return Pending(
            {log: list(coming) for log, coming in self.entries.items()},
            dict(self.nodes), dict(self.texts), dict(self.executors), dict(self.files),
            list(self.charters), list(self.enrolments),
        )  # fmt: skip

    def flush(self, link: Link) -> None:
        """Write them.

        Raises:
            TwoSequencersError: a position, or a place in a thread, is taken already.
        """
        put = link.put
        entries = [
            (LOGS[log], one.stored.position, one.subject, one.stored.seq, one.kind,
             one.stored.digest, one.stored.leaf, one.stored.envelope)
            for log, new in self.entries.items() for one in new
        ]  # fmt: skip
        if entries:
            nodes = [(LOGS[log], height, index, hash_)
                     for (log, height, index), hash_ in self.nodes.items()]  # fmt: skip
            link.ask(_APPEND, *zip(*entries, strict=True), *zip(*nodes, strict=True))
        put("DELETE FROM texts WHERE digest = $1",
            [(digest,) for digest, text in self.texts.items() if text is None])  # fmt: skip
        put(
            "INSERT INTO texts (digest, salt, text) VALUES ($1, $2, $3)"
            " ON CONFLICT (digest) DO UPDATE SET text = excluded.text",
            [(digest, one.salt, one.text.encode())
             for digest, one in self.texts.items() if one is not None],
        )  # fmt: skip
        put("INSERT INTO executors (order_, list) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            [*self.executors.items()])  # fmt: skip
        put("INSERT INTO files (digest, data) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            [*self.files.items()])  # fmt: skip
        put("INSERT INTO charters (version, payload) VALUES ($1, $2)", self.charters)
        put("INSERT INTO enrolments (place, envelope) VALUES ($1, $2)", self.enrolments)
