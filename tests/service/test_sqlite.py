"""The store on SQLite: a full disk, a neighbour in the same file, connections."""

import resource
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import cheget.service.sqlite as storing
from cheget.errors import StoreError
from cheget.service.sqlite import SqliteStore
from service.test_stores import SRC, appending, leaf_of, leaves


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "desk.sqlite"


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


def test_readers_come_and_go_and_their_connections_stay_few(path: Path) -> None:
    store = SqliteStore(path)
    for _ in range(20):
        thread = threading.Thread(target=lambda: store.read(lambda tx: tx.size("orders")))
        thread.start()
        thread.join()
    assert len(store._connections) <= 3
    store.close()
