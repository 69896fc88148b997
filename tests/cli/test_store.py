"""A house whose logs are on PostgreSQL, from the command line: founded, released, audited."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from terminal import EVERYBODY, Shell, Stage

from cheget.cli.ledgers import decode_ledger
from cheget.order.ledger import prove


@pytest.fixture
def shell(
    stage: Stage, tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> Shell:  # fmt: skip
    """Everybody enrolled, and the store in a database."""
    shell = stage.at("enrolled", tmp_path, monkeypatch)
    monkeypatch.setenv("CHEGET_STORE", database)
    return shell


def found(shell: Shell, *more: str) -> None:
    for person in EVERYBODY:
        shell.must("people", "found", "--key", f"{person}.key", "--yes", *more)


def orders(shell: Shell, *more: str) -> list[str]:
    return [one["order"] for one in json.loads(shell.must("order", "list", "--json", *more))]


def test_every_verb_of_the_desk_works_on_postgresql(shell: Shell) -> None:
    found(shell)
    shell.must("executor", "pin", "production-db", "--charter", shell.charter)
    shell.must("request", "wipe", "database=orders", "--reason", "ticket 1182",
               "--key", "ann.key", "--yes")  # fmt: skip
    (order,) = orders(shell)
    for person in ("bob", "dee"):
        shell.must("concur", order, "--key", f"{person}.key", "--yes")
    shell.must("executor", "run", "production-db", "--once")
    shell.must("log", "redact", order, "--yes")
    shell.must("log", "verify")
    shell.must("log", "export", "-o", "ledger.jsonl")
    proved = prove(decode_ledger((shell.here / "ledger.jsonl").read_bytes().splitlines()))
    assert [one.state for one in proved.proceedings] == ["released"]
    assert [one.outcome for one in proved.receipts] == ["carried-out"]
    assert not (shell.here / "desk" / "store.sqlite").exists()


def test_the_option_stands_above_the_environment(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, database: str
) -> None:
    monkeypatch.setenv("CHEGET_STORE", "sqlite")
    found(shell, "--store", database)
    assert not (shell.here / "desk" / "store.sqlite").exists()
    assert orders(shell, "--store", database) == []
    _, said = shell.run("order", "list")
    assert "no charter yet" in said


def test_the_house_says_where_its_store_is_and_no_password(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, database: str
) -> None:
    monkeypatch.delenv("CHEGET_STORE")
    settings, secret = shell.here / "house.yaml", urlsplit(database).password or ""
    plain, drawn = database.replace(f":{secret}@", "@"), settings.read_text()
    settings.write_text(f"{drawn}store: {database}\n")
    _, said = shell.run("order", "list")
    line = drawn.count("\n") + 1
    assert f"line {line}, column 8: the store is with a password: many read this file" in said
    assert secret not in said
    settings.write_text(f"{drawn}store: {plain}\n")
    monkeypatch.setenv("PGPASSWORD", "no such")
    _, said = shell.run("order", "list")
    assert "password authentication failed" in said
    settings.write_text(f"{drawn}store: mysql://desk@db/house\n")
    _, said = shell.run("order", "list")
    assert "the store is neither sqlite nor postgresql://USER@HOST/DATABASE" in said


def test_what_is_no_address_is_not_repeated(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHEGET_STORE", "mysql://desk:s3cret@db/house")
    _, said = shell.run("order", "list")
    assert "CHEGET_STORE, or --store, is neither sqlite nor postgresql://" in said
    assert "s3cret" not in said


def test_a_rehearsal_never_goes_to_the_houses_store(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHEGET_STORE", "postgresql://desk@/house?host=/nowhere")
    shell.must("rehearse", "--yes")


def test_without_the_extra_it_says_what_to_install(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [one for one in sys.modules if one.startswith("cheget.service.p")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    _, said = shell.run("order", "list")
    assert "a store on PostgreSQL needs asyncpg" in said
    assert "pip install 'cheget[serve]'" in said
