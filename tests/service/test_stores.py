"""The store, on SQLite and on PostgreSQL: acknowledged means there, whatever happens."""

import subprocess
import sys
import threading
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from cheget.audit.header import Header
from cheget.audit.merkle import Tree, consistency_path, leaf_hashes, root
from cheget.errors import StoreError, TwoSequencersError
from cheget.order.fields import Text
from cheget.service.shown import consistency, head_of, slice_of
from cheget.service.store import Reading, Store, Writing
from stores import broken, opened

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


def leaves(store: Store) -> list[bytes]:
    return store.read(lambda tx: tx.leaves("orders", 0, tx.size("orders")))


def test_group_commit_under_many_threads_keeps_everything_and_leaves_no_gap(at: str) -> None:
    store, positions, lock = opened(at), [], threading.Lock()

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
    again = opened(at)
    found = leaves(again)
    assert sorted(position for position, _ in positions) == list(range(256))
    assert all(found[position] == leaf_of(name) for position, name in positions)
    assert again.read(lambda tx: tx.peaks("orders", 256).root()) == root(leaf_hashes(found))
    again.close()


def test_work_that_raises_leaves_nothing_and_spoils_nobody_elses(at: str) -> None:
    store, started, go = opened(at), threading.Event(), threading.Event()

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


LOOP = """
import sys
sys.path[:0] = {paths!r}
from service.test_stores import appending
from stores import opened
store = opened(sys.argv[1])
for number in range(10**6):
    name = sys.argv[2] + format(number, "x")
    print(store.write(appending(name, 3000)), name, flush=True)
"""


def loop(at: str, name: str) -> subprocess.Popen[str]:
    code = LOOP.format(paths=[str(SRC), str(Path(__file__).parents[1])])
    return subprocess.Popen(
        [sys.executable, "-c", code, at, name], stdout=subprocess.PIPE, text=True
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
def test_a_process_killed_at_any_point_loses_nothing_it_acknowledged(at: str, until: int) -> None:
    said = acknowledged(loop(at, "a"), until)
    store = opened(at)
    found = leaves(store)
    assert len(said) >= until
    assert all(found[position] == leaf_of(name) for position, name in said)
    size = store.write(appending("after"))
    assert size == len(found)
    assert store.read(lambda tx: tx.peaks("orders", size + 1).root()) == root(
        leaf_hashes(leaves(store))
    )
    store.close()


def test_two_processes_write_one_file(at: str) -> None:
    opened(at).close()
    one, two = loop(at, "a"), loop(at, "b")
    said = acknowledged(one, 30) + acknowledged(two, 30)
    store = opened(at)
    found = leaves(store)
    assert len({position for position, _ in said}) == len(said)
    assert all(found[position] == leaf_of(name) for position, name in said)
    store.close()


def test_a_place_in_a_thread_is_taken_once(at: str) -> None:
    store = opened(at)
    store.write(appending("a"))
    with pytest.raises(TwoSequencersError, match="is taken"):
        store.write(appending("a"))
    assert len(leaves(store)) == 1
    store.close()


def test_a_closed_store_says_so(at: str) -> None:
    store = opened(at)
    store.close()
    store.close()
    with pytest.raises(StoreError, match="closed"):
        store.write(appending("a"))
    with pytest.raises(StoreError, match="closed"):
        store.read(lambda tx: tx.size("orders"))


def test_a_missing_node_is_damage(at: str) -> None:
    store = opened(at)
    store.write(appending("a"))
    broken(at, "DELETE FROM nodes")
    with pytest.raises(StoreError, match="damaged"):
        store.read(lambda tx: tx.peaks("orders", 1))
    store.close()


def test_texts_can_be_erased_and_nothing_else(at: str) -> None:
    store, text = opened(at), Text(bytes(16), "why")
    store.write(lambda tx: tx.put_texts([text]))
    assert store.read(lambda tx: tx.texts([text.digest, "0" * 64])) == {text.digest: text}
    assert store.write(lambda tx: tx.erase_text(text.digest))
    assert not store.write(lambda tx: tx.erase_text(text.digest))
    assert store.read(lambda tx: tx.texts([text.digest])) == {}
    store.close()


def test_consistency_paths_are_those_of_the_tree_for_all_sizes(at: str) -> None:
    store = opened(at)

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
