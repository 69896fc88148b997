from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cheget.audit.header import Header, Mention
from cheget.audit.merkle import Tree, consistency_path, leaf_hashes, root
from cheget.audit.peaks import Peaks
from cheget.audit.proofs import extends
from cheget.audit.slice import MAX_ENTRIES, Slice
from cheget.errors import LogError

A, B = "aa" * 32, "bb" * 32


def log_of(count: int) -> list[bytes]:
    """A log in which two threads take turns, and every seventh entry mentions the law log."""
    entries: list[Header | Mention] = []
    seen = {A: 0, B: 0}
    for i in range(count):
        if i % 7 == 6:
            entries.append(Mention(1000 + i, f"{i:064x}", i))
        else:
            subject = (A, B)[i % 2]
            entries.append(Header(1000 + i, f"{i:064x}", "refusal", seen[subject], subject))
            seen[subject] += 1
    return [entry.encode() for entry in entries]


LOG = log_of(60)
HASHES = leaf_hashes(LOG)


def slice_of(start: int, end: int) -> Slice:
    return Slice(start, Peaks().extend(HASHES[:start]).hashes, tuple(LOG[start:end]))


def slice_with(*entries: Header | Mention, start: int = 0) -> Slice:
    peaks = Peaks().extend(HASHES[:start]).hashes
    return Slice(start, peaks, tuple(entry.encode() for entry in entries))


bounds = st.tuples(st.integers(0, 60), st.integers(0, 60)).map(sorted)


@given(bounds)
def test_a_slice_gives_every_root_that_the_whole_log_had(pair: list[int]) -> None:
    start, end = pair
    piece = slice_of(start, end)
    assert piece.size == end
    found = piece.roots(range(start, end + 1))
    assert found == {size: root(HASHES[:size]) for size in range(start, end + 1)}


@given(bounds)
def test_a_slice_says_where_each_entry_stands(pair: list[int]) -> None:
    start, end = pair
    found = list(slice_of(start, end).entries())
    assert [position for position, _ in found] == list(range(start, end))
    assert [entry.encode() for _, entry in found] == LOG[start:end]


@given(bounds)
def test_a_slice_survives_json(pair: list[int]) -> None:
    piece = slice_of(*pair)
    assert Slice.from_json(piece.to_json()) == piece


@given(bounds, st.data())
def test_a_header_changed_in_a_slice_changes_the_root(pair: list[int], data: st.DataObject) -> None:
    start, end = pair
    piece = slice_of(start, end)
    if start == end:
        return
    headers = list(piece.headers)
    place = data.draw(st.integers(0, len(headers) - 1))
    headers[place] += b" "
    changed = replace(piece, headers=tuple(headers))
    assert changed.roots({end}) != piece.roots({end})


@given(bounds, st.integers(0, 60))
def test_a_head_seen_before_is_extended(pair: list[int], old: int) -> None:
    start, end = pair
    piece = slice_of(start, end)
    held = root(HASHES[:old])
    if old > end:
        with pytest.raises(LogError, match=f"a log of {end} entries, where {old} were seen"):
            extends(old, held, piece)
        return
    path = consistency_path(Tree(HASHES[:end]), old) if old < start else ()
    extends(old, held, piece, path)
    extends(old, held, piece, path, roots=piece.roots(range(start, end + 1)))


@given(bounds, st.integers(1, 60))
def test_a_forked_head_is_refused(pair: list[int], old: int) -> None:
    start, end = pair
    piece = slice_of(start, end)
    path = consistency_path(Tree(HASHES[:end]), old) if old < min(start, end) else ()
    with pytest.raises(LogError):
        extends(old, bytes(32), piece, path)


def test_a_head_within_the_slice_takes_no_path() -> None:
    with pytest.raises(LogError, match="the slice reaches it"):
        extends(20, root(HASHES[:20]), slice_of(10, 30), [bytes(32)])


def test_a_head_before_the_slice_needs_its_path() -> None:
    with pytest.raises(LogError, match="no path leads on") as refused:
        extends(8, root(HASHES[:8]), slice_of(10, 30))
    assert refused.value.hint == "ask anew, from the head that is held"


def test_time_that_falls_is_a_fault_with_its_place() -> None:
    piece = slice_with(Header(1060, A, "order", 0, A), Header(1059, B, "refusal", 1, A))
    with pytest.raises(LogError, match=r"entry 1: time falls from .*17:40Z to .*17:39Z"):
        list(piece.entries())


def test_time_may_stand_still() -> None:
    piece = slice_with(Header(1060, A, "order", 0, A), Header(1060, B, "refusal", 1, A))
    assert len(list(piece.entries())) == 2


@pytest.mark.parametrize("seq", [0, 2, 3])
def test_a_thread_without_its_next_seq_is_a_fault(seq: int) -> None:
    piece = slice_with(Header(1, A, "order", 0, A), Header(1, B, "refusal", seq, A))
    with pytest.raises(LogError, match=f"entry 1: seq {seq} where 1 is due"):
        list(piece.entries())


def test_a_thread_that_began_before_the_slice_goes_on_densely() -> None:
    one, two, four = (Header(1, B, "refusal", seq, A) for seq in (4, 5, 7))
    assert len(list(slice_with(one, two, start=9).entries())) == 2
    with pytest.raises(LogError, match="entry 11: seq 7 where 6 is due"):
        list(slice_with(one, two, four, start=9).entries())


def test_a_whole_log_has_no_thread_that_began_before_it() -> None:
    with pytest.raises(LogError, match="entry 0: seq 4 where 0 is due"):
        list(slice_with(Header(1, B, "refusal", 4, A)).entries())


def test_a_law_log_that_shrinks_or_forks_in_the_mentions_is_a_fault() -> None:
    with pytest.raises(LogError, match="entry 1: the law log shrinks from 3 to 2"):
        list(slice_with(Mention(1, A, 3), Mention(1, A, 2)).entries())
    with pytest.raises(LogError, match="entry 1: two roots of the law log at size 3"):
        list(slice_with(Mention(1, A, 3), Mention(1, B, 3)).entries())


def test_a_header_that_is_none_is_named_by_its_place() -> None:
    piece = Slice(0, (), (LOG[0], b'{"at":1}'))
    with pytest.raises(LogError, match="entry 1: not a header"):
        list(piece.entries())


def test_peaks_that_do_not_fit_the_start_are_refused() -> None:
    with pytest.raises(LogError, match="size 3 has 2 peaks, not 1"):
        Slice(3, (bytes(32),), ())
    with pytest.raises(LogError, match="cannot start at -1"):
        Slice(-1, (), ())
    with pytest.raises(LogError, match="cannot start"):
        Slice(2**53, (bytes(32),), ())


def test_a_slice_has_at_most_its_cap() -> None:
    assert Slice(0, (), (b"",) * MAX_ENTRIES).size == MAX_ENTRIES
    with pytest.raises(LogError, match="at most 100000"):
        Slice(0, (), (b"",) * (MAX_ENTRIES + 1))
    with pytest.raises(LogError, match="at most 100000"):
        Slice.from_json({"headers": [""] * (MAX_ENTRIES + 1), "peaks": [], "start": 0})


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {"headers": [], "peaks": []},
        {"headers": [], "peaks": [], "start": 0, "end": 0},
        {"headers": [], "peaks": [], "start": True},
        {"headers": [], "peaks": [], "start": 0.0},
        {"headers": [1], "peaks": [], "start": 0},
        {"headers": ["x" * 513], "peaks": [], "start": 0},
        {"headers": ["\u00e9"], "peaks": [], "start": 0},
        {"headers": "", "peaks": [], "start": 0},
        {"headers": [], "peaks": ["AA" * 32], "start": 1},
        {"headers": [], "peaks": ["a" * 63 + " "], "start": 1},
        {"headers": [], "peaks": ["aa"], "start": 1},
        {"headers": [], "peaks": [7], "start": 1},
    ],
)
def test_json_that_is_no_slice_is_refused(value: object) -> None:
    with pytest.raises(LogError):
        Slice.from_json(value)


def test_bytes_that_are_no_text_cannot_be_sent() -> None:
    with pytest.raises(LogError, match="ASCII"):
        Slice(0, (), (b"\xff",)).to_json()
