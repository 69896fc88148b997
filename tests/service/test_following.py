"""A turn taken and committed in one statement: what others write meanwhile is never missed."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cheget.audit.checkpoint import verify_checkpoint
from cheget.audit.merkle import leaf_hashes, root
from cheget.errors import ChegetError, StoreError, UnreachableError
from cheget.service.pglink import Link
from cheget.service.postgres import PostgresStore
from cheget.service.store import Wanted, Writing
from replica import replica
from service.test_postgres import whole
from service.test_stores import appending, leaf_of, subject_of
from simulator import ChainSimulator
from stores import broken


@pytest.fixture
def both(database: str) -> Iterator[tuple[PostgresStore, PostgresStore]]:
    """Two replicas' stores; the first has the last turn."""
    one, two = PostgresStore(database), PostgresStore(database)
    two.write(appending("a"))
    one.write(appending("b"))
    yield one, two
    one.close()
    two.close()


@pytest.fixture
def trips(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Each question to a server, as it is asked."""
    asked: list[str] = []
    for name in ("ask", "tell", "put", "commit", "commit_by"):
        kept = getattr(Link, name)

        def counted(link: Link, *given: Any, _name: str = name, _kept: Any = kept) -> Any:
            if _name != "put" or given[1]:
                asked.append(_name)
            return _kept(link, *given)

        monkeypatch.setattr(Link, name, counted)
    return asked


def test_an_entry_costs_one_round_trip(
    both: tuple[PostgresStore, PostgresStore], trips: list[str]
) -> None:
    both[0].write(appending("c"))
    assert trips == ["commit_by"]


def test_an_answer_costs_two_and_a_group_of_them_no_more(
    database: str, tmp_path: Path, trips: list[str]
) -> None:
    house = replica(database, tmp_path, 1)
    answers = []
    for _ in range(4):
        house.transmit("ann", "act", ["thing"])
        answers.append(house.concurrence("bob"))
    trips.clear()
    house.desk.concur(answers.pop())
    assert trips == ["ask", "commit_by"]
    trips.clear()
    notes = together(house, answers)
    assert trips == ["ask", "commit_by"]
    assert len(set(notes)) == 1  # one checkpoint, signed once
    house.store.close()


def together(house: ChainSimulator, answers: list[bytes]) -> list[bytes]:
    """The answers in one group; the checkpoints that they are acknowledged with."""
    store, holds, go = house.store, threading.Event(), threading.Event()
    assert isinstance(store, PostgresStore)
    kept = store._writer._commit

    def held(group: Any) -> None:
        holds.set()
        go.wait()
        while len(group) + store._writer._work.qsize() < len(answers):
            pass
        kept([*group, *(store._writer._work.get() for _ in range(store._writer._work.qsize()))])

    store._writer._commit = held  # type: ignore[method-assign]
    notes: list[bytes] = []
    threads = [
        threading.Thread(target=lambda one=one: notes.append(house.desk.concur(one).checkpoint))
        for one in answers
    ]
    for thread in threads:
        thread.start()
    holds.wait()
    go.set()
    for thread in threads:
        thread.join()
    return notes


def test_whoever_is_overtaken_while_it_works_begins_again(
    both: tuple[PostgresStore, PostgresStore],
) -> None:
    one, two = both
    seen: list[int] = []

    def work(tx: Writing) -> int:
        seen.append(tx.size("orders"))
        if len(seen) == 1:
            two.write(appending("between"))
        return appending("c")(tx)

    done = one.commit(work)
    assert (seen, done.result) == ([2, 3], 3)
    assert done.peaks.root() == root(leaf_hashes(whole(one)))
    assert whole(one) == [leaf_of(name) for name in ("a", "b", "between", "c")]


@pytest.mark.parametrize("wanted", [Wanted(), Wanted(entries=(subject_of("a"),))])
def test_no_work_is_told_no_by_what_has_passed(
    both: tuple[PostgresStore, PostgresStore], wanted: Wanted
) -> None:
    """The other replica has written since: a refusal rests on that too."""
    one, two = both
    two.write(appending("c"))

    def work(tx: Writing) -> None:
        raise ValueError(tx.size("orders"))

    with pytest.raises(ValueError, match="3"):
        one.commit(work, wanted)


def test_a_work_that_asks_more_than_it_said_is_not_told_no_by_two_moments(
    both: tuple[PostgresStore, PostgresStore],
) -> None:
    one, two = both
    sizes: list[int] = []

    def work(tx: Writing) -> None:
        sizes.append(tx.size("orders"))
        if len(sizes) == 1:
            two.write(appending("c"))
        assert tx.find("orders", subject_of("c")) is not None
        raise ValueError(tx.size("orders"))

    with pytest.raises(ValueError, match="3"):
        one.commit(work, Wanted(entries=(subject_of("a"),)))
    assert sizes == [2, 3]


def test_replicas_that_write_by_turns_keep_one_log(
    both: tuple[PostgresStore, PostgresStore],
) -> None:
    done = [both[n % 2].commit(appending(f"n{n}")) for n in range(12)]
    found = whole(both[0])
    assert [one.result for one in done] == list(range(2, 14))
    assert all(one.peaks.root() == root(leaf_hashes(found[: one.peaks.size])) for one in done)


@pytest.mark.parametrize("changes_its_mind", [False, True])
def test_a_statement_that_comes_after_it_was_given_up_writes_nothing(
    both: tuple[PostgresStore, PostgresStore], database: str, monkeypatch: pytest.MonkeyPatch,
    changes_its_mind: bool,
) -> None:  # fmt: skip
    """Held up on its way, it reaches the server when its doubt is settled: its number is taken.

    Also if the work, run again, wrote nothing: who was told no finds nothing of it in the log.
    """
    one, _ = both
    late: list[tuple[Any, ...]] = []
    kept = Link.commit_by

    def held_up(link: Link, *given: Any) -> Any:
        if late:
            return kept(link, *given)
        late.append(given)
        raise UnreachableError("no answer in time")

    def work(tx: Writing) -> int:
        if late and changes_its_mind:
            raise ValueError("no")
        return appending("c")(tx)

    monkeypatch.setattr(Link, "commit_by", held_up)
    if changes_its_mind:
        with pytest.raises(ValueError, match="no"):
            one.write(work)
    else:
        assert one.write(work) == 2
    before = whole(one)
    assert "duplicate key" in arrives(database, late[0])
    assert whole(one) == before
    assert len(before) == (2 if changes_its_mind else 3)


def arrives(database: str, given: tuple[Any, ...]) -> str:
    import asyncpg

    async def ask() -> str:
        other = await asyncpg.connect(database)
        try:
            await other.fetch(*given)
        except asyncpg.UniqueViolationError as error:
            return str(error)
        finally:
            await other.close()
        return ""

    return asyncio.run(ask())


@pytest.mark.parametrize("is_alone", [False, True])
def test_rows_that_the_database_swallows_are_never_acknowledged(
    both: tuple[PostgresStore, PostgresStore], database: str, is_alone: bool
) -> None:
    """An administrator's trigger, in one statement and in a transaction."""
    broken(database, "CREATE FUNCTION gone() RETURNS trigger LANGUAGE plpgsql"
                     " AS $$ BEGIN RETURN NULL; END $$")  # fmt: skip
    broken(database, "CREATE TRIGGER gone BEFORE INSERT ON entries FOR EACH ROW"
                     " EXECUTE FUNCTION gone()")  # fmt: skip
    if not is_alone:
        both[0]._turns.forget()
    with pytest.raises(StoreError, match="has not written"):
        both[0].write(appending("c"))


def test_a_commit_that_the_server_calls_a_rollback_is_none(database: str) -> None:
    PostgresStore(database).close()
    link = Link(database)
    link.begin_writing("INSERT INTO turns (number, batch) VALUES (1, 'x')")
    with pytest.raises(StoreError):
        link.ask("SELECT nonsense")
    link.fault = None  # somebody who doesn't look
    with pytest.raises(StoreError, match="ROLLBACK"):
        link.commit()
    link.close()


def test_what_was_never_committed_is_neither_acknowledged_nor_remembered(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store loses the group at its commit: the desk's state is as it was, and so it answers."""
    house = replica(database, tmp_path, 1)
    order = house.transmit("ann", "act", ["thing"]).digest
    answer = house.concurrence("bob")

    def full(*_: Any) -> Any:
        raise StoreError("no space left on device; nothing was written")

    with monkeypatch.context() as patch:
        patch.setattr(Link, "commit_by", full)
        with pytest.raises(StoreError, match="nothing was written"):
            house.desk.concur(answer)
    assert house.desk.proceeding(order).state == "open"
    assert house.desk.concur(answer).effect == "releases"
    house.store.close()


def test_two_desks_by_turns_see_each_others_entries_and_sign_heads_of_one_log(
    database: str, tmp_path: Path
) -> None:
    """A stop by one replica is in the other's next answer, though it remembers the order open."""
    one, two = replica(database, tmp_path, 1), replica(database, tmp_path, 2)
    notes = []
    for number in range(4):
        here, there = (one, two) if number % 2 else (two, one)
        notes.append(here.transmit("ann", "act", ["thing"]).checkpoint)
        there.order = here.order
        answer = here.concurrence("bob")
        notes.append(there.refuse("bob").checkpoint)
        with pytest.raises(ChegetError, match="nothing reopens it"):
            here.desk.concur(answer)
    leaves = whole(one.store)  # type: ignore[arg-type]
    named = one.charter.terms.orders
    for note in notes:
        point = verify_checkpoint(note, origin=named.origin, key=named.key)
        assert point.root == root(leaf_hashes(leaves[: point.size]))
    one.store.close()
    two.store.close()
