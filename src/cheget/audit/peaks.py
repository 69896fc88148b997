"""Peaks: what must be known of a tree in order to go on appending to it.

A tree of any size is a row of perfect subtrees, one for each bit that is set in its size,
the largest first. Their hashes, the peaks, give its root and every later root, whatever is
appended, without any of its leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from hashlib import sha256

from cheget.audit.merkle import EMPTY_ROOT, HASH_SIZE, node_hash
from cheget.errors import LogError


@dataclass(frozen=True)
class Peaks:
    """A tree of ``size`` leaves, as the hashes of its perfect subtrees, largest first."""

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        """Refuse peaks that no tree of this size has.

        Raises:
            LogError: A negative size, a wrong count of peaks, or one that isn't a hash.
        """
        if self.size < 0:
            raise LogError(f"a tree cannot have the size {self.size}")
        if len(self.hashes) != self.size.bit_count():
            needed = self.size.bit_count()
            raise LogError(f"size {self.size} has {needed} peaks, not {len(self.hashes)}")
        for place, peak in enumerate(self.hashes):
            if len(peak) != HASH_SIZE:
                raise LogError(f"peak {place} has {len(peak)} bytes, not {HASH_SIZE}")

    def append(self, leaf: bytes) -> Peaks:
        """The peaks after one more leaf, given its hash."""
        hashes = list(self.hashes)
        _push(hashes, self.size, leaf)
        return Peaks(self.size + 1, tuple(hashes))

    def extend(self, leaves: Iterable[bytes]) -> Peaks:
        """The peaks after more leaves, given their hashes."""
        hashes, size = list(self.hashes), self.size
        for leaf in leaves:
            _push(hashes, size, leaf)
            size += 1
        return Peaks(size, tuple(hashes))

    def root(self) -> bytes:
        """The root of the tree."""
        return _fold(self.hashes)


def subtrees(size: int) -> list[tuple[int, int]]:
    """Height and index of each perfect subtree of a tree of that size, the largest first."""
    found, start = [], 0
    for height in range(size.bit_length() - 1, -1, -1):
        if size >> height & 1:
            found.append((height, start >> height))
            start += 1 << height
    return found


def completed(
    position: int, leaf: bytes, node: Callable[[int, int], bytes]
) -> list[tuple[int, int, bytes]]:
    """The subtrees that the leaf at ``position`` completes: height, index and hash of each.

    Args:
        position: From 0.
        leaf: Its hash.
        node: Tells the hash at a height and index; asked for peaks of the tree before it only.
    """
    height, place, hash_ = 0, position, leaf
    found = [(0, place, hash_)]
    while place & 1:
        hash_ = node_hash(node(height, place - 1), hash_)
        height, place = height + 1, place >> 1
        found.append((height, place, hash_))
    return found


def roots_at(peaks: Peaks, leaves: Iterable[bytes], sizes: Collection[int]) -> dict[int, bytes]:
    """The roots at the sizes asked for, while ``leaves`` are appended to ``peaks``.

    Args:
        peaks: The tree before the first leaf.
        leaves: Leaf hashes, all of which are appended.
        sizes: Sizes between that of ``peaks`` and that after the last leaf.

    Raises:
        LogError: A size before the peaks or after the last leaf.
    """
    wanted = set(sizes)
    hashes, size, found = list(peaks.hashes), peaks.size, {}
    if size in wanted:
        found[size] = _fold(hashes)
    for leaf in leaves:
        # As _push, written out: this loop runs once for each header of a slice.
        node, bit = leaf, size
        while bit & 1:
            node = sha256(b"\1" + hashes.pop() + node).digest()
            bit >>= 1
        hashes.append(node)
        size += 1
        if size in wanted:
            found[size] = _fold(hashes)
    if missing := wanted - found.keys():
        raise LogError(
            f"no root can be given for size {min(missing)}: only from {peaks.size} to {size}"
        )
    return found


def _push(hashes: list[bytes], size: int, leaf: bytes) -> None:
    # Each trailing 1 bit of the size is a subtree that the new leaf completes.
    while size & 1:
        leaf = node_hash(hashes.pop(), leaf)
        size >>= 1
    hashes.append(leaf)


def _fold(hashes: Collection[bytes]) -> bytes:
    if not hashes:
        return EMPTY_ROOT
    rest = list(hashes)
    node = rest.pop()
    while rest:
        node = node_hash(rest.pop(), node)
    return node
