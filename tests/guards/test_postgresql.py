"""The guard of a PostgreSQL statement, as its page has it, with a real server."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from worked import DOCS, Worked, blocks, digest, program

from cheget.executor.actions import Act, Attempt, Result, perform
from postgres import Database

PLACE = "/run/postgresql"
PASSWORDS = {"cheget_db": "only the executor's", "ann": "hers"}
MORE = 'archive_2025; drop table canary; --"'


@pytest.fixture(scope="session")
def orders(server: Database) -> Database:
    """The server, with the roles and the database that the page has."""
    server.run("create database orders")
    server.run((DOCS / "roles.sql").read_text(), database="orders")
    for role, password in PASSWORDS.items():
        server.run(f"alter role {role} password $${password}$$")
    return replace(server, passwords={**server.passwords, **PASSWORDS}, database="orders")


def tables(database: Database) -> set[str]:
    found = database.run("select tablename from pg_tables where schemaname = 'public'")
    return set(found.split())


@pytest.fixture
def guard(orders: Database, tmp_path: Path) -> Iterator[Worked]:
    secret, passes = tmp_path / "password", tmp_path / "ann.pgpass"
    secret.write_text(PASSWORDS["cheget_db"])
    passes.write_text(f"*:*:*:ann:{PASSWORDS['ann']}\n")
    for file in (secret, passes):
        file.chmod(0o600)
    probe, sql = (program(name, tmp_path) for name in ("dropped.sh", "drop.sql"))
    worked = Worked("postgresql.md", tmp_path, {
        "/etc/cheget/orders-db.password": str(secret), "/etc/cheget/ann.pgpass": str(passes),
        "/etc/cheget/drop.sql": str(sql), "/etc/cheget/dropped.sh": str(probe),
        "/usr/bin/psql": str(orders.psql), PLACE: str(orders.place),
        f"9c4f{'0' * 60}": digest(orders.psql),
    })  # fmt: skip
    yield worked
    worked.close()


def test_the_table_is_dropped_once_when_everybody_agreed(guard: Worked, orders: Database) -> None:
    agent = guard.agent()
    guard.released("ann", "drop", table="archive_2024")
    before, done = tables(orders), int(orders.run("select count(*) from cheget.done"))
    assert [guard.shown(agent).outcome for _ in "ab"] == ["carried-out", "carried-out"]
    assert tables(orders) == before - {"archive_2024"}
    assert orders.run("select count(*) from cheget.done") == f"{done + 1}\n"


def test_a_parameter_is_never_sql(guard: Worked, orders: Database) -> None:
    """Not done, says the probe; it is tried again as often as the chain allows, and no more."""
    agent = guard.agent()
    guard.released("ann", "drop", table=MORE)
    before = tables(orders)
    taken = guard.shown(agent)
    assert taken.outcome == "failed"
    assert f'table "{MORE}" does not exist' in taken.says
    assert [guard.shown(agent).outcome for _ in "ab"] == ["failed", "waiting"]
    assert tables(orders) == before


def test_a_code_that_was_refused_drops_nothing(guard: Worked, orders: Database) -> None:
    agent = guard.agent()
    guard.sim.transmit("ann", "drop", [guard.name], table="archive_2025")
    guard.sim.concur("dee")
    guard.sim.countermand("ann")
    assert guard.shown(agent).outcome == "refused"
    assert "archive_2025" in tables(orders)


def test_an_agent_that_dies_after_the_drop_finds_that_it_was_done(
    guard: Worked, orders: Database
) -> None:
    def dies(act: Act, attempt: Attempt) -> Result:
        assert perform(act, attempt).outcome == "carried-out"
        raise SystemExit

    orders.run("create table archive_2026 ()", "cheget_db")
    agent = guard.agent(performer=dies)
    guard.released("ann", "drop", table="archive_2026")
    with pytest.raises(SystemExit):
        guard.shown(agent)
    assert [guard.shown(guard.agent()).outcome for _ in "ab"] == ["carried-out", "carried-out"]
    assert "archive_2026" not in tables(orders)


def test_the_probe_waits_for_an_act_that_is_still_under_way(
    guard: Worked, orders: Database
) -> None:
    """It says neither *done* nor *not done* of what may still be either."""
    act = guard.configuration.acts["drop"]
    place = act.probe[-1]
    given = {**os.environ, "PGPASSWORD": PASSWORDS["cheget_db"], "CHEGET_KEY": "under way"}
    under_way = subprocess.Popen(
        [orders.psql, "-XAtq", place], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, env=given,
        text=True,
    )  # fmt: skip
    assert under_way.stdin is not None
    under_way.stdin.write("begin; insert into cheget.done values ('under way');\n")
    under_way.stdin.flush()
    until(orders, "select count(*) from pg_stat_activity where state = 'idle in transaction'")
    probe = subprocess.Popen(act.probe, env=given)
    until(orders, "select count(*) from pg_locks where not granted")
    assert probe.poll() is None
    under_way.communicate("commit;\n", timeout=30)
    assert probe.wait(timeout=30) == 0


def until(orders: Database, count: str) -> None:
    for _ in range(600):
        if orders.run(count) != "0\n":
            return
        time.sleep(0.05)
    pytest.fail(f"never: {count}")


def test_the_page_shows_the_statement_as_it_is() -> None:
    assert blocks("postgresql.md", "sql")[0] == (DOCS / "drop.sql").read_text()


def test_a_superuser_is_found_and_once_revoked_none_is_left(
    guard: Worked, orders: Database
) -> None:
    """The page shows both as they are."""
    found, left = (text.partition("\n")[2] for text in blocks("postgresql.md", "console"))
    assert shown(guard, orders) == (1, found)
    assert "canary" not in tables(orders)
    orders.run("revoke dba from ann; set role cheget_db; create table canary ()")
    try:
        assert shown(guard, orders) == (0, left)
        assert "canary" in tables(orders)
    finally:
        orders.run("grant dba to ann")


def shown(guard: Worked, orders: Database) -> tuple[int, str]:
    status, said = guard.tested()
    return status, said.replace(str(orders.place), PLACE)
