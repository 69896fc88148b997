"""The tables on PostgreSQL, and how they came to be: a numbered list that only grows.

Each step is taken once, by whoever inserts its number first; everybody else waits on that unique
key. Only what CockroachDB has too is used: no advisory locks, no sequences, no triggers.
"""

from __future__ import annotations

from cheget.errors import StoreError, TwoSequencersError
from cheget.service.notices.book import SCHEMA as NOTICES
from cheget.service.pglink import Link

_LEDGER = "CREATE TABLE IF NOT EXISTS schema (version INTEGER PRIMARY KEY)"

MIGRATIONS = (
    """
    CREATE TABLE entries (
      log SMALLINT NOT NULL, position BIGINT NOT NULL, subject TEXT, seq BIGINT NOT NULL,
      kind TEXT NOT NULL, digest TEXT NOT NULL, leaf BYTEA NOT NULL, envelope BYTEA NOT NULL,
      PRIMARY KEY (log, position), UNIQUE (log, subject, seq)
    );
    CREATE INDEX entries_by_digest ON entries (log, digest);
    CREATE INDEX entries_by_kind ON entries (log, kind, position);
    CREATE TABLE nodes (
      log SMALLINT NOT NULL, height INTEGER NOT NULL, place BIGINT NOT NULL, hash BYTEA NOT NULL,
      PRIMARY KEY (log, height, place)
    );
    CREATE TABLE texts (digest TEXT PRIMARY KEY, salt BYTEA NOT NULL, text BYTEA NOT NULL);
    CREATE TABLE executors (order_ TEXT PRIMARY KEY, list TEXT NOT NULL);
    CREATE TABLE files (digest TEXT PRIMARY KEY, data BYTEA NOT NULL);
    CREATE TABLE charters (version INTEGER PRIMARY KEY, payload BYTEA NOT NULL);
    CREATE TABLE enrolments (place INTEGER PRIMARY KEY, envelope BYTEA NOT NULL);
    CREATE TABLE turns (number BIGINT PRIMARY KEY, batch BYTEA NOT NULL);
    """,
    NOTICES,
    "CREATE TABLE marks (name TEXT PRIMARY KEY, value BYTEA NOT NULL)",
)  # `text` is bytes: a reason may hold U+0000, which no text of PostgreSQL can.

_TRIES = 10


def migrate(link: Link) -> None:
    """Bring the tables to this program's version.

    Raises:
        StoreError: the database is newer than the program, is not to be written by this user, or
            would lose what it acknowledged.
    """
    for _ in range(_TRIES):
        try:
            _migrate(link)
        except TwoSequencersError:  # another replica takes the same step
            link.leave()
        else:
            return
    raise StoreError("the tables are being changed by somebody else", hint="try again")


def _migrate(link: Link) -> None:
    _check_durable(link)
    if not _has_ledger(link):
        try:
            link.tell(_LEDGER)
        except StoreError:  # "if not exists" is no help against somebody who does the same now
            link.leave()
            if not _has_ledger(link):
                raise
    while (version := _version(link)) < len(MIGRATIONS):
        link.begin_writing(f"INSERT INTO schema (version) VALUES ({version + 1:d})")  # noqa: S608
        link.tell(MIGRATIONS[version])
        link.commit()
    if version > len(MIGRATIONS):
        raise StoreError(
            f"the database is at version {version}; this program knows {len(MIGRATIONS)}",
            hint="install the newer cheget here too",
        )


def _has_ledger(link: Link) -> bool:
    return link.ask("SELECT to_regclass('schema')")[0][0] is not None


def _version(link: Link) -> int:
    return int(link.ask("SELECT coalesce(max(version), 0) FROM schema")[0][0])


def _check_durable(link: Link) -> None:
    """Acknowledged means durable: a server that is set up to lose commits is not used."""
    for setting in ("fsync", "synchronous_commit"):
        if link.ask("SELECT current_setting($1, true)", setting)[0][0] == "off":
            raise StoreError(
                f"the server has {setting} = off: it may lose what it has acknowledged",
                hint=f"set {setting} = on",
            )
