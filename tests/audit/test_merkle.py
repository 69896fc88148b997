from contextlib import suppress
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cheget.audit.merkle import (
    EMPTY_ROOT,
    Tree,
    consistency_path,
    leaf_hash,
    leaf_hashes,
    node_hash,
    root,
    root_from_path,
    verify_consistency,
)
from cheget.errors import LogError

LEAVES = [f"entry {i}".encode() for i in range(70)]
HASHES = leaf_hashes(LEAVES)
TREES = [Tree(HASHES[:n]) for n in range(71)]


def split(n: int) -> int:
    """The largest power of two below n."""
    return 1 << (n - 1).bit_length() - 1


def naive_root(entries: list[bytes]) -> bytes:
    """MTH of RFC 6962, section 2.1, word for word."""
    if not entries:
        return sha256(b"").digest()
    if len(entries) == 1:
        return sha256(b"\x00" + entries[0]).digest()
    k = split(len(entries))
    return sha256(b"\x01" + naive_root(entries[:k]) + naive_root(entries[k:])).digest()


def naive_path(m: int, entries: list[bytes]) -> list[bytes]:
    """PATH of RFC 6962, section 2.1.1."""
    if len(entries) == 1:
        return []
    k = split(len(entries))
    if m < k:
        return [*naive_path(m, entries[:k]), naive_root(entries[k:])]
    return [*naive_path(m - k, entries[k:]), naive_root(entries[:k])]


def naive_subproof(m: int, entries: list[bytes], whole: bool) -> list[bytes]:
    """SUBPROOF of RFC 6962, section 2.1.2."""
    n = len(entries)
    if m == n:
        return [] if whole else [naive_root(entries)]
    k = split(n)
    if m <= k:
        return [*naive_subproof(m, entries[:k], whole), naive_root(entries[k:])]
    return [*naive_subproof(m - k, entries[k:], False), naive_root(entries[:k])]


sizes = st.integers(1, 70)
some_hash = st.binary(min_size=32, max_size=32)


def test_root_of_nothing_is_the_hash_of_nothing() -> None:
    assert root([]) == EMPTY_ROOT == sha256(b"").digest()
    assert Tree([]).root == EMPTY_ROOT


def test_known_roots_of_rfc_6962_implementations() -> None:
    # The inputs and roots that Certificate Transparency's own tests use.
    entries = [bytes.fromhex(text) for text in ("", "00", "10", "2021", "3031", "40414243")]
    assert leaf_hash(b"").hex() == (
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    )
    assert root(leaf_hashes(entries[:2])).hex() == (
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"
    )


@pytest.mark.parametrize("size", range(71))
def test_a_tree_has_the_root_that_the_rfc_defines(size: int) -> None:
    assert TREES[size].root == naive_root(LEAVES[:size])


@pytest.mark.parametrize("size", range(1, 71))
def test_every_inclusion_path_is_the_rfcs_and_leads_to_the_root(size: int) -> None:
    for index in range(size):
        path = TREES[size].path(index)
        assert list(path) == naive_path(index, LEAVES[:size])
        assert root_from_path(HASHES[index], index, size, path) == TREES[size].root


@pytest.mark.parametrize("new", range(1, 71))
def test_every_consistency_path_is_the_rfcs_and_verifies(new: int) -> None:
    for old in range(1, new + 1):
        path = consistency_path(TREES[new], old)
        assert list(path) == naive_subproof(old, LEAVES[:new], True)
        verify_consistency(old, TREES[old].root, new, TREES[new].root, path)


def test_everything_extends_the_empty_log() -> None:
    for new in range(5):
        assert consistency_path(TREES[new], 0) == ()
        verify_consistency(0, EMPTY_ROOT, new, TREES[new].root, ())
    with pytest.raises(LogError, match="forked"):
        verify_consistency(0, TREES[1].root, 3, TREES[3].root, ())


@given(sizes, st.data())
def test_an_inclusion_path_of_another_length_is_refused(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    path = TREES[size].path(index)
    with pytest.raises(LogError, match="too long"):
        root_from_path(HASHES[index], index, size, [*path, bytes(32)])
    if path:
        with pytest.raises(LogError, match="too short"):
            root_from_path(HASHES[index], index, size, path[:-1])


@given(sizes, st.data())
def test_a_path_leads_nowhere_else(size: int, data: st.DataObject) -> None:
    index, other = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size - 1))
    path = list(TREES[size].path(index))
    if other != index:
        with suppress(LogError):
            assert root_from_path(HASHES[index], other, size, path) != TREES[size].root
    if path:
        place = data.draw(st.integers(0, len(path) - 1))
        path[place] = bytes(32)
        assert root_from_path(HASHES[index], index, size, path) != TREES[size].root


@given(st.integers(2, 70), st.data())
def test_a_wrong_consistency_path_is_refused(new: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, new - 1))
    path = list(consistency_path(TREES[new], old))
    wrong = data.draw(
        st.sampled_from(["longer", "shorter", "changed", "old root", "new root", "old size"])
    )
    olds, news, size = TREES[old].root, TREES[new].root, old
    match wrong:
        case "longer":
            path.append(bytes(32))
        case "shorter":
            path.pop()
        case "changed":
            path[data.draw(st.integers(0, len(path) - 1))] = bytes(32)
        case "old root":
            olds = bytes(32)
        case "new root":
            news = bytes(32)
        case "old size":
            size = data.draw(st.integers(1, new).filter(lambda n: n != old))
    with pytest.raises(LogError):
        verify_consistency(size, olds, new, news, path)


def test_a_log_never_shrinks() -> None:
    with pytest.raises(LogError, match="size 3 does not extend size 5"):
        verify_consistency(5, TREES[5].root, 3, TREES[3].root, ())


def test_two_roots_of_one_size_are_a_fork() -> None:
    with pytest.raises(LogError, match="forked"):
        verify_consistency(5, TREES[5].root, 5, bytes(32), ())


def test_no_path_may_stand_where_none_is_needed() -> None:
    with pytest.raises(LogError, match="no path is needed"):
        verify_consistency(5, TREES[5].root, 5, TREES[5].root, [bytes(32)])


@pytest.mark.parametrize("bad", [b"", bytes(31), bytes(33), bytes(64)])
def test_only_hashes_stand_in_a_path(bad: bytes) -> None:
    with pytest.raises(LogError, match=r"a leaf hash|item 0"):
        root_from_path(HASHES[0], 0, 2, [bad])
    with pytest.raises(LogError, match=r"a leaf hash|item 0"):
        root_from_path(bad, 0, 2, [HASHES[1]])
    with pytest.raises(LogError, match=r"a leaf hash|item 0"):
        verify_consistency(1, HASHES[0], 2, TREES[2].root, [bad])


@pytest.mark.parametrize(("index", "count"), [(0, 0), (1, 1), (5, 5), (-1, 4), (9, 3)])
def test_an_index_below_the_count_is_demanded(index: int, count: int) -> None:
    with pytest.raises(LogError, match="not below the count"):
        root_from_path(HASHES[0], index, count, ())


def test_asking_a_tree_for_what_it_lacks_is_the_callers_mistake() -> None:
    with pytest.raises(IndexError):
        TREES[4].path(4)
    with pytest.raises(ValueError, match="no earlier size"):
        consistency_path(TREES[4], 5)


@given(some_hash, some_hash)
def test_an_inner_node_is_never_a_leaf(left: bytes, right: bytes) -> None:
    assert node_hash(left, right) != leaf_hash(left + right)


def test_a_size_beyond_all_reason_costs_nothing() -> None:
    with pytest.raises(LogError, match="too short"):
        root_from_path(HASHES[0], 0, 2**53, [])


def test_a_consistency_path_is_not_empty_where_one_is_needed() -> None:
    with pytest.raises(LogError, match="from size 3 to 5 is empty"):
        verify_consistency(3, TREES[3].root, 5, TREES[5].root, [])
