"""The store on PostgreSQL: lines that are cut, holders that fall silent, servers that are away."""

from __future__ import annotations

import asyncio
import itertools
import logging
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from cheget.audit.merkle import leaf_hashes, root
from cheget.errors import StoreError, TwoSequencersError, UnreachableError, UnsettledError
from cheget.order.fields import Text
from cheget.service import pglink, pgschema, postgres
from cheget.service.postgres import PostgresStore
from cheget.service.store import Writing
from postgres import Database
from service.test_stores import appending, leaf_of, leaves
from stores import broken
from wire import When, Wire, wired

ENDING = "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = '{}'"


@pytest.fixture
def store(database: str) -> Iterator[PostgresStore]:
    store = PostgresStore(database)
    yield store
    store.close()


@pytest.fixture
def wire(server: Database, tmp_path: Path) -> Iterator[Wire]:
    with wired(server.place, tmp_path) as wire:
        yield wire


@pytest.fixture
def name(server: Database) -> Iterator[str]:
    name = server.fresh()
    yield name
    server.drop(name)


@pytest.fixture
def far(server: Database, name: str, wire: Wire) -> Iterator[PostgresStore]:
    """A store at the other end of a wire."""
    store = PostgresStore(server.address(name, wire.place))
    yield store
    store.close()


def whole(store: PostgresStore) -> list[bytes]:
    """The log's leaves, whose tree is the one that is stored."""
    found = leaves(store)
    assert store.read(lambda tx: tx.peaks("orders", len(found)).root()) == root(leaf_hashes(found))
    return found


@pytest.mark.parametrize("cut", ["before", "sent", "after"])
def test_a_line_cut_while_it_commits_leaves_no_doubt(
    far: PostgresStore, wire: Wire, cut: When
) -> None:
    """What was committed is not written twice, and what was not is written."""
    far.write(appending("first"))
    wire.cut = cut
    ran: list[int] = []

    def work(tx: Writing) -> int:
        ran.append(tx.size("orders"))
        return appending("doubted")(tx)

    assert far.write(work) == 1
    assert wire.cuts == 1
    assert ran == ([1, 1] if cut == "before" else [1] if cut == "after" else ran)
    assert whole(far) == [leaf_of("first"), leaf_of("doubted")]
    assert far.write(appending("next")) == 2


def test_a_line_that_goes_silent_while_it_commits_leaves_no_doubt(
    far: PostgresStore, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next turn waits for the silent one, which the server ends."""
    monkeypatch.setattr(pglink, "SERVER_SECONDS", 1)
    monkeypatch.setattr(pglink, "ANSWER_SECONDS", 3)
    far.write(appending("first"))
    far._drop()  # a line with these deadlines, then
    wire.cut = "silent"
    assert far.write(appending("doubted")) == 1
    assert whole(far) == [leaf_of("first"), leaf_of("doubted")]


def test_what_stays_in_doubt_is_said_so(
    far: PostgresStore, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "PATIENCE", 0.2)
    far.write(appending("first"))
    wire.cut = "after"

    def work(tx: Writing) -> int:
        wire._listening.close()
        (wire.place / ".s.PGSQL.5432").unlink()
        return appending("doubted")(tx)

    with pytest.raises(UnsettledError, match="may have done so") as caught:
        far.write(work)
    assert caught.value.hint.startswith("send it again")
    wire.mend()
    assert whole(far) == [leaf_of("first"), leaf_of("doubted")]


def test_a_server_that_is_away_is_said_so_at_once_and_comes_back_by_itself(
    far: PostgresStore, wire: Wire
) -> None:
    far.write(appending("first"))
    wire.break_()
    for _ in "ab":
        with pytest.raises(UnreachableError, match="is away") as caught:
            far.write(appending("lost"))
        assert caught.value.hint
        with pytest.raises(UnreachableError):
            leaves(far)
    wire.mend()
    assert leaves(far) == [leaf_of("first")]
    assert far.write(appending("second")) == 1


def test_a_holder_that_falls_silent_loses_its_turn_and_cannot_commit(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pglink, "SERVER_SECONDS", 1)
    holder, other = PostgresStore(database), PostgresStore(database)
    holds, go = threading.Event(), threading.Event()
    seen: list[int] = []

    def slow(tx: Writing) -> int:
        position = appending("slow")(tx)
        seen.append(position)
        holds.set()
        go.wait()
        return position

    done: list[int] = []
    thread = threading.Thread(target=lambda: done.append(holder.write(slow)))
    thread.start()
    holds.wait()
    assert other.write(appending("quick")) == 0
    go.set()
    thread.join()
    assert (seen, done) == ([0, 1], [1])
    assert whole(other) == [leaf_of("quick"), leaf_of("slow")]
    holder.close()
    other.close()


def test_connections_ended_at_any_moment_lose_and_double_nothing(
    server: Database, name: str
) -> None:
    """Whoever is in doubt sends it again, as a client of the desk does."""
    store = PostgresStore(server.address(name))
    left = threading.Barrier(5)

    def client(mine: str) -> None:
        for number in range(10):
            while True:
                try:
                    store.write(appending(f"{mine}{number:x}"))
                except TwoSequencersError as error:
                    assert "is taken already" in str(error)  # noqa: PT017 - it was written, then
                except (UnreachableError, UnsettledError):
                    continue
                break
        left.wait()

    threads = [threading.Thread(target=client, args=(mine,)) for mine in "wxyz"]
    for thread in threads:
        thread.start()
    sql, ended = ENDING.format(name), 0
    while left.n_waiting < 4:
        ended += int(server.run(sql))
    left.wait()
    for thread in threads:
        thread.join()
    assert ended
    assert sorted(whole(store)) == sorted(leaf_of(f"{m}{n:x}") for m in "wxyz" for n in range(10))
    store.close()


def test_many_clients_share_a_commit(store: PostgresStore) -> None:
    began, go = threading.Event(), threading.Event()

    def slow(tx: Writing) -> None:
        began.set()
        go.wait()

    threads = [threading.Thread(target=store.write, args=(slow,))]
    threads[0].start()
    began.wait()
    for number in range(32):
        threads.append(threading.Thread(target=store.write, args=(appending(f"{number:x}"),)))
        threads[-1].start()
    while store._writer._work.qsize() < 32:
        pass
    go.set()
    for thread in threads:
        thread.join()
    assert len(whole(store)) == 32
    assert store.read(lambda tx: tx._one("SELECT count(*) FROM turns")) == 1


def test_what_takes_a_taken_place_spoils_nobody_elses(store: PostgresStore) -> None:
    store.write(appending("a"))
    began, go = threading.Event(), threading.Event()

    def slow(tx: Writing) -> None:
        began.set()
        go.wait()

    results: dict[str, object] = {}

    def client(name: str) -> None:
        try:
            results[name] = store.write(appending(name))
        except TwoSequencersError as error:
            results[name] = str(error)

    threads = [threading.Thread(target=store.write, args=(slow,))]
    threads += [threading.Thread(target=client, args=(name,)) for name in "abc"]
    threads[0].start()
    began.wait()
    for thread in threads[1:]:
        thread.start()
    while store._writer._work.qsize() < 3:
        pass
    go.set()
    for thread in threads:
        thread.join()
    assert results["a"] == "what it would write is taken already"
    assert {results["b"], results["c"]} == {1, 2}
    assert len(whole(store)) == 3


@pytest.mark.parametrize("is_alone", [False, True])
def test_a_writer_that_takes_no_turn_meets_the_key_of_the_entries(
    store: PostgresStore, database: str, is_alone: bool
) -> None:
    """Once it is seen that somebody did, what they left is looked at, and is no log."""
    store.write(appending("a"))
    if not is_alone:
        store._turns.forget()
    taken = "INSERT INTO entries VALUES (0, 1, 'another', 0, 'x', 'x', 'x', 'x')"

    def work(tx: Writing) -> None:
        if tx.size("orders") == 1:
            broken(database, taken)
        appending("b")(tx)

    with pytest.raises(StoreError, match="damaged" if is_alone else "taken already"):
        store.write(work)
    assert store.read(lambda tx: tx.size("orders")) == 2


def test_a_database_that_has_gone_back_takes_nothing_more(
    store: PostgresStore, database: str
) -> None:
    """What was acknowledged is gone: going on would fork the log."""
    store.write(appending("a"))
    store.write(appending("b"))
    broken(database, "DELETE FROM turns WHERE number = 2")
    broken(database, "DELETE FROM entries WHERE position = 1")
    with pytest.raises(StoreError, match="gone back behind what was acknowledged"):
        store.write(appending("c"))
    assert store.read(lambda tx: tx.size("orders")) == 1


def test_a_database_of_before_there_were_notices_is_brought_to_this_version(
    store: PostgresStore, database: str
) -> None:
    broken(database, "DROP TABLE notices")
    broken(database, "DROP TABLE told")
    broken(database, "DROP TABLE marks")
    broken(database, "DELETE FROM schema WHERE version > 1")
    with closing(PostgresStore(database)) as again:
        assert again.read(lambda tx: tx.size("orders")) == 0
    broken(database, "INSERT INTO told VALUES ('x', 1)")
    with closing(PostgresStore(database)) as once_more:
        assert once_more.read(lambda tx: tx.size("law")) == 0


def test_a_database_newer_than_the_program_is_left_alone(
    store: PostgresStore, database: str
) -> None:
    broken(database, "INSERT INTO schema VALUES (99)")
    with pytest.raises(
        StoreError, match=f"at version 99; this program knows {len(pgschema.MIGRATIONS)}"
    ):
        PostgresStore(database)


def test_replicas_that_open_a_new_database_at_once_all_do(database: str) -> None:
    stores: list[PostgresStore] = []
    threads = [
        threading.Thread(target=lambda: stores.append(PostgresStore(database))) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(stores) == 6
    assert sorted(store.write(appending(f"{place}")) for place, store in enumerate(stores)) == [
        *range(6)
    ]
    for store in stores:
        store.close()


def test_a_later_step_is_taken_once_and_a_failed_one_not_at_all(
    store: PostgresStore, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = pgschema.MIGRATIONS
    bad = (*known, "CREATE TABLE more (a INTEGER); SELECT nonsense")
    monkeypatch.setattr(pgschema, "MIGRATIONS", bad)
    with pytest.raises(StoreError, match="nonsense"):
        PostgresStore(database)
    good = (*known, "CREATE TABLE more (a INTEGER)")
    monkeypatch.setattr(pgschema, "MIGRATIONS", good)
    for _ in "ab":
        PostgresStore(database).close()
    assert store.read(lambda tx: tx._one("SELECT max(version) FROM schema")) == len(good)


def test_a_password_is_in_no_error_and_no_log(
    server: Database, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = "tops3cret/?#"
    for address in (
        server.address(name, password=secret),
        f"postgresql://desk@/{name}?host={server.place}&password=tops3cret",
        server.address("nowhere"),
        server.address(name, password=secret).replace("host=", "sslmode=tops3cret&host="),
    ):
        with pytest.raises(StoreError) as caught:
            PostgresStore(address)
        said = f"{caught.value} {caught.value.hint} {caught.value.__cause__} {caplog.text}"
        assert "tops3cret" not in said.replace("sslmode=tops3cret", "") or "sslmode" in address
        assert server.passwords["desk"] not in said
        assert "postgresql://desk@" in said


@pytest.mark.parametrize(
    ("setting", "match"),
    [
        ("synchronous_commit = off", "synchronous_commit = off: it may lose"),
        ("default_transaction_read_only = on", "is away: None of the hosts match"),
    ],
)
def test_a_server_that_loses_commits_or_takes_none_is_not_used(
    server: Database, name: str, setting: str, match: str
) -> None:
    server.run(f"alter database {name} set {setting}")
    with pytest.raises(StoreError, match=match):
        PostgresStore(server.address(name))


def test_a_charter_of_eight_mebibytes_and_any_text_come_back_as_they_were(
    store: PostgresStore,
) -> None:
    big, odd = bytes(range(256)) * (1 << 15), Text(bytes(16), "nul \0 and 🚀")
    assert len(big) == 8 << 20

    def work(tx: Writing) -> None:
        tx.put_charter(big, [b"one", b"two"])
        tx.put_file("0" * 64, big)
        tx.put_texts([odd])
        tx.add_charter(b"second", [b"two", b"three"])
        assert (tx.charter(), tx.charters()) == (big, [big, b"second"])
        assert tx.enrolments() == [b"one", b"two", b"three"]

    store.write(work)
    assert store.read(lambda tx: (tx.charter(), tx.charters())) == (big, [big, b"second"])
    assert store.read(lambda tx: tx.file("0" * 64)) == big
    assert store.read(lambda tx: tx.enrolments()) == [b"one", b"two", b"three"]
    assert store.read(lambda tx: tx.texts([odd.digest])) == {odd.digest: odd}


def test_within_a_group_an_erased_text_may_be_put_again(store: PostgresStore) -> None:
    text = Text(bytes(16), "why")
    store.write(lambda tx: tx.put_texts([text]))

    def work(tx: Writing) -> None:
        assert tx.erase_text(text.digest)
        assert tx.texts([text.digest]) == {}
        tx.put_texts([text])

    store.write(work)
    assert store.read(lambda tx: tx.texts([text.digest])) == {text.digest: text}


def test_an_erased_text_is_in_no_table_once_it_is_scrubbed(
    store: PostgresStore, server: Database
) -> None:
    """The write-ahead log is another matter, as the page on stores says."""
    text, kept = Text(bytes(16), "hall seven " * 3), Text(bytes(16), "what is kept " * 3)
    store.write(lambda tx: tx.put_texts([text, kept]))
    server.run("checkpoint")
    assert text.text.encode() in tables(server)
    assert store.write(lambda tx: tx.erase_text(text.digest))
    store.scrub()
    server.run("checkpoint")
    found = tables(server)
    assert text.text.encode() not in found
    assert kept.text.encode() in found


def tables(server: Database) -> bytes:
    files = (file for file in (server.place / "base").glob("*/*") if file.is_file())
    return b"".join(file.read_bytes() for file in files)


def test_a_store_may_be_asked_from_within_an_event_loop(store: PostgresStore) -> None:
    async def ask() -> int:
        store.write(appending("a"))
        return store.read(lambda tx: tx.size("orders"))

    assert asyncio.run(ask()) == 1


def test_nothing_is_acknowledged_before_the_standby_has_it(
    server: Database, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A commit that is cancelled while it waits for its standby would be called done."""
    monkeypatch.setattr(pglink, "SERVER_SECONDS", 2)
    monkeypatch.setattr(pglink, "ANSWER_SECONDS", 2)
    store = PostgresStore(database)
    store.write(appending("first"))
    server.run("alter system set synchronous_standby_names = 'nobody'")
    server.run("select pg_reload_conf()")
    try:
        wait_for_standby(server)
        with monkeypatch.context() as patch:
            patch.setattr(postgres, "PATIENCE", 1)
            with pytest.raises(UnsettledError):
                store.write(appending("doubted"))
    finally:
        server.run("alter system reset synchronous_standby_names")
        server.run("select pg_reload_conf()")
    assert store.write(appending("next")) == 2
    assert whole(store) == [leaf_of("first"), leaf_of("doubted"), leaf_of("next")]
    store.close()


def wait_for_standby(server: Database) -> None:
    """Until a commit waits for it: the setting is taken up a moment later."""
    for number in itertools.count():
        try:
            server.run(f"create table probe_{number} ()", timeout=1)
        except subprocess.TimeoutExpired:
            return
