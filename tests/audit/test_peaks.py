import pytest
from hypothesis import given
from hypothesis import strategies as st

from cheget.audit.merkle import EMPTY_ROOT, leaf_hashes, root
from cheget.audit.peaks import Peaks, roots_at
from cheget.errors import LogError

HASHES = leaf_hashes(str(i).encode() for i in range(200))


def test_peaks_give_the_root_at_every_size() -> None:
    peaks = Peaks()
    assert peaks.root() == EMPTY_ROOT
    for size, leaf in enumerate(HASHES, 1):
        peaks = peaks.append(leaf)
        assert peaks.size == size
        assert peaks.root() == root(HASHES[:size])


@given(st.integers(0, 200), st.integers(0, 200))
def test_appending_at_once_is_appending_one_by_one(before: int, after: int) -> None:
    before, after = sorted((before, after))
    start = Peaks().extend(HASHES[:before])
    assert start.extend(HASHES[before:after]) == Peaks().extend(HASHES[:after])


@given(st.integers(0, 120), st.integers(0, 80), st.data())
def test_roots_are_given_at_exactly_the_sizes_asked_for(
    before: int, more: int, data: st.DataObject
) -> None:
    sizes = data.draw(st.sets(st.integers(before, before + more)))
    start = Peaks().extend(HASHES[:before])
    found = roots_at(start, HASHES[before : before + more], sizes)
    assert found == {size: root(HASHES[:size]) for size in sizes}


@pytest.mark.parametrize("size", [4, 11])
def test_roots_outside_the_leaves_are_refused(size: int) -> None:
    start = Peaks().extend(HASHES[:5])
    with pytest.raises(LogError, match=f"no root can be given for size {size}: only from 5 to 10"):
        roots_at(start, HASHES[5:10], {5, size})


@given(st.integers(0, 2**60), st.integers(0, 70))
def test_peaks_that_do_not_fit_their_size_are_refused(size: int, count: int) -> None:
    hashes = (bytes(32),) * count
    if size.bit_count() == count:
        assert Peaks(size, hashes).size == size
    else:
        with pytest.raises(LogError, match="peaks"):
            Peaks(size, hashes)


def test_a_peak_is_a_hash_and_a_size_is_not_negative() -> None:
    with pytest.raises(LogError, match="31 bytes"):
        Peaks(1, (bytes(31),))
    with pytest.raises(LogError, match="size -1"):
        Peaks(-1, (bytes(32),))
