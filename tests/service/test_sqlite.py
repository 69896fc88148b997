"""The store: acknowledged means there, whatever happens to disk, process or neighbour."""

import resource
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

import cheget.service.sqlite as storing
from cheget.audit.header import Header
from cheget.audit.merkle import Tree, consistency_path, leaf_hashes, root
from cheget.errors import StoreError, TwoSequencersError
from cheget.order.fields import Text
from cheget.service.shown import consistency, head_of, slice_of
from cheget.service.sqlite import SqliteStore
from cheget.service.store import Reading, Writing

SRC = Path(__file__).parents[2] / "src"


def leaf_of(name: str) -> bytes:
    return Header(1, "0" * 64, "question", 0, subject_of(name)).encode()


def subject_of(name: str) -> str:
    return sha256(name.encode()).hexdigest()


def appending(name: str, size: int = 0) -> Callable[[Writing], int]:
    subject = subject_of(name)

    def work(tx: Writing) -> int:
        return tx.append(
            "orders", leaf_of(name), subject=subject, seq=0, kind="question", digest=subject,
            envelope=bytes(size),
        )  # fmt: skip

    return work


def leaves(store: SqliteStore) -> list[bytes]:
    return store.read(lambda tx: tx.leaves("orders", 0, tx.size("orders")))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "desk.sqlite"


def test_group_commit_under_many_threads_keeps_everything_and_leaves_no_gap(path: Path) -> None:
    store, positions, lock = SqliteStore(path), [], threading.Lock()

    def client(number: int) -> None:
        for one in range(8):
            position = store.write(appending(f"{number:x}{one:x}"))
            with lock:
                positions.append((position, f"{number:x}{one:x}"))

    threads = [threading.Thread(target=client, args=(number,)) for number in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store.close()
    again = SqliteStore(path)
    found = leaves(again)
    assert sorted(position for position, _ in positions) == list(range(256))
    assert all(found[position] == leaf_of(name) for position, name in positions)
    assert again.read(lambda tx: tx.peaks("orders", 256).root()) == root(leaf_hashes(found))
    again.close()


def test_work_that_raises_leaves_nothing_and_spoils_nobody_elses(path: Path) -> None:
    store, started, go = SqliteStore(path), threading.Event(), threading.Event()

    def slow(tx: Writing) -> None:
        started.set()
        go.wait()

    def bad(tx: Writing) -> None:
        appending("bad")(tx)
        raise ValueError("half way")

    results: dict[str, object] = {}

    def run(name: str, work: Callable[[Writing], object]) -> None:
        try:
            results[name] = store.write(work)
        except ValueError as error:
            results[name] = str(error)

    jobs = [("slow", slow), ("a", appending("a")), ("bad", bad), ("b", appending("b"))]
    threads = [threading.Thread(target=run, args=job) for job in jobs]
    threads[0].start()
    started.wait()
    for thread in threads[1:]:
        thread.start()
    go.set()
    for thread in threads:
        thread.join()
    assert results["bad"] == "half way"
    assert {results["a"], results["b"]} == {0, 1}
    assert sorted(leaves(store)) == sorted([leaf_of("a"), leaf_of("b")])
    store.close()


def test_a_database_in_use_is_said_so_and_nothing_is_written(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storing, "_BUSY_SECONDS", 0.05)
    store = SqliteStore(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="in use by somebody else") as caught:
        store.write(appending("a"))
    assert caught.value.hint == "try again"
    other.execute("ROLLBACK")
    other.close()
    assert store.write(appending("a")) == 0
    store.close()


class Small(SqliteStore):
    """A store whose disk is full after a few pages."""

    pages = 60

    def _connect(self) -> sqlite3.Connection:
        connection = super()._connect()
        connection.execute(f"PRAGMA max_page_count = {self.pages}")
        return connection


def fill(store: SqliteStore, size: int = 20_000) -> int:
    for number in range(1000):
        try:
            store.write(appending(f"{number:x}", size))
        except StoreError as error:
            if error.hint != "make room" or "nothing was written" not in str(error):
                raise
            return number
    raise AssertionError("never full")


def test_a_full_disk_is_said_so_and_loses_nothing(path: Path) -> None:
    store = Small(path)
    number = fill(store)
    assert number > 3
    assert leaves(store) == [leaf_of(f"{i:x}") for i in range(number)]
    with pytest.raises(StoreError):
        store.write(appending("more", 20_000))
    store.close()
    roomy = SqliteStore(path)
    assert leaves(roomy) == [leaf_of(f"{i:x}") for i in range(number)]
    assert roomy.write(appending("more", 20_000)) == number
    roomy.close()


FULL = """
import resource, signal, sys
from pathlib import Path
sys.path[:0] = {paths!r}
from service.test_sqlite import fill, leaves
from cheget.service.sqlite import SqliteStore
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = SqliteStore(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, resource.RLIM_INFINITY))
print(fill(store), len(leaves(store)))
"""


def test_a_disk_that_takes_no_more_bytes_loses_nothing(path: Path) -> None:
    assert resource.RLIM_INFINITY == -1
    assert signal.SIGXFSZ
    code = FULL.format(paths=[str(SRC), str(Path(__file__).parents[1])])
    found = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stderr
    written, read = map(int, found.stdout.split())
    assert written == read > 3
    store = SqliteStore(path)
    assert leaves(store) == [leaf_of(f"{i:x}") for i in range(written)]
    store.close()


LOOP = """
import sys
from pathlib import Path
sys.path[:0] = {paths!r}
from service.test_sqlite import appending
from cheget.service.sqlite import SqliteStore
store = SqliteStore(Path(sys.argv[1]))
for number in range(10**6):
    name = sys.argv[2] + format(number, "x")
    print(store.write(appending(name, 3000)), name, flush=True)
"""


def loop(path: Path, name: str) -> subprocess.Popen[str]:
    code = LOOP.format(paths=[str(SRC), str(Path(__file__).parents[1])])
    return subprocess.Popen(
        [sys.executable, "-c", code, str(path), name], stdout=subprocess.PIPE, text=True
    )


def acknowledged(process: subprocess.Popen[str], until: int) -> list[tuple[int, str]]:
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(until)]
    process.kill()
    rest, _ = process.communicate()
    whole = [
        line.split() for line in (*lines, *rest.splitlines(keepends=True)) if line[-1:] == "\n"
    ]
    return [(int(position), name) for position, name in whole]


@pytest.mark.parametrize("until", [1, 7, 40])
def test_a_process_killed_at_any_point_loses_nothing_it_acknowledged(
    path: Path, until: int
) -> None:
    said = acknowledged(loop(path, "a"), until)
    store = SqliteStore(path)
    found = leaves(store)
    assert len(said) >= until
    assert all(found[position] == leaf_of(name) for position, name in said)
    size = store.write(appending("after"))
    assert size == len(found)
    assert store.read(lambda tx: tx.peaks("orders", size + 1).root()) == root(
        leaf_hashes(leaves(store))
    )
    store.close()


def test_two_processes_write_one_file(path: Path) -> None:
    SqliteStore(path).close()
    one, two = loop(path, "a"), loop(path, "b")
    said = acknowledged(one, 30) + acknowledged(two, 30)
    store = SqliteStore(path)
    found = leaves(store)
    assert len({position for position, _ in said}) == len(said)
    assert all(found[position] == leaf_of(name) for position, name in said)
    store.close()


def test_a_place_in_a_thread_is_taken_once(path: Path) -> None:
    store = SqliteStore(path)
    store.write(appending("a"))
    with pytest.raises(TwoSequencersError, match="is taken"):
        store.write(appending("a"))
    assert len(leaves(store)) == 1
    store.close()


def test_what_is_no_database_is_said_so(path: Path) -> None:
    path.write_bytes(b"not a database, but long enough to look at" * 100)
    with pytest.raises(StoreError, match="no database of ours, or damaged"):
        SqliteStore(path)
    with pytest.raises(StoreError):
        SqliteStore(path.parent / "nowhere" / "desk.sqlite")


def test_a_writer_that_cannot_connect_says_so_and_tries_again(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = SqliteStore(path)
    connect = store._connect

    def fails() -> sqlite3.Connection:
        raise sqlite3.OperationalError("unable to open database file")

    monkeypatch.setattr(store, "_connect", fails)
    with pytest.raises(StoreError, match="unable to open"):
        store.write(appending("a"))
    monkeypatch.setattr(store, "_connect", connect)
    assert store.write(appending("a")) == 0
    store.close()


def test_a_closed_store_says_so(path: Path) -> None:
    store = SqliteStore(path)
    store.close()
    store.close()
    with pytest.raises(StoreError, match="closed"):
        store.write(appending("a"))
    with pytest.raises(StoreError, match="closed"):
        store.read(lambda tx: tx.size("orders"))


def test_readers_come_and_go_and_their_connections_stay_few(path: Path) -> None:
    store = SqliteStore(path)
    for _ in range(20):
        thread = threading.Thread(target=lambda: store.read(lambda tx: tx.size("orders")))
        thread.start()
        thread.join()
    assert len(store._connections) <= 3
    store.close()


def test_a_missing_node_is_damage(path: Path) -> None:
    store = SqliteStore(path)
    store.write(appending("a"))
    with sqlite3.connect(path) as other:
        other.execute("DELETE FROM nodes")
    other.close()
    with pytest.raises(StoreError, match="damaged"):
        store.read(lambda tx: tx.peaks("orders", 1))
    store.close()


def test_texts_can_be_erased_and_nothing_else(path: Path) -> None:
    store, text = SqliteStore(path), Text(bytes(16), "why")
    store.write(lambda tx: tx.put_texts([text]))
    assert store.read(lambda tx: tx.texts([text.digest, "0" * 64])) == {text.digest: text}
    assert store.write(lambda tx: tx.erase_text(text.digest))
    assert not store.write(lambda tx: tx.erase_text(text.digest))
    assert store.read(lambda tx: tx.texts([text.digest])) == {}
    store.close()


def test_consistency_paths_are_those_of_the_tree_for_all_sizes(path: Path) -> None:
    store = SqliteStore(path)

    def work(tx: Writing) -> None:
        for number in range(70):
            appending(f"{number:x}")(tx)

    store.write(work)
    hashes = leaf_hashes(leaves(store))

    def compare(tx: Reading) -> None:
        for new in range(1, 71):
            tree = Tree(hashes[:new])
            assert head_of(tx, "orders", new).root == tree.root.hex()
            for old in range(1, new + 1):
                assert consistency(tx, "orders", old, new) == consistency_path(tree, old)

    store.read(compare)
    piece = store.read(lambda tx: slice_of(tx, "orders", 13, 70))
    assert piece.roots({13, 70}) == {13: root(hashes[:13]), 70: root(hashes)}
    store.close()
