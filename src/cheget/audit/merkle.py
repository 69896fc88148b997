"""Merkle trees by RFC 6962, section 2: hashes, inclusion and consistency.

Everything works on leaf hashes; :func:`leaf_hash` makes one from an entry's bytes. Leaves and
inner nodes are hashed under different first bytes, so that no node can pass for a leaf.
Who verifies a path checks its shape as strictly as its result.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256

from cheget.errors import LogError

EMPTY_ROOT = sha256(b"").digest()
HASH_SIZE = 32


def leaf_hash(entry: bytes) -> bytes:
    """The hash of a leaf (RFC 6962, section 2.1)."""
    return sha256(b"\0" + entry).digest()


def leaf_hashes(entries: Iterable[bytes]) -> list[bytes]:
    """The hash of each leaf, in order."""
    return [sha256(b"\0" + entry).digest() for entry in entries]


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node (RFC 6962, section 2.1)."""
    return sha256(b"\1" + left + right).digest()


class Tree:
    """A tree over all its leaf hashes, built once; paths from it cost no hashing.

    ``levels[h][i]`` is the hash over leaves ``i * 2**h`` up to the next multiple of ``2**h``
    or the last leaf. A node without a sibling moves up unchanged, which gives RFC 6962's tree.
    """

    __slots__ = ("levels", "size")

    def __init__(self, hashes: Sequence[bytes]) -> None:
        """Build from leaf hashes of 32 bytes each."""
        self.size = len(hashes)
        self.levels: list[Sequence[bytes]] = [hashes]
        level = hashes
        while len(level) > 1:
            pairs = iter(level)
            above = [sha256(b"\1" + a + b).digest() for a, b in zip(pairs, pairs, strict=False)]
            if len(level) % 2:
                above.append(level[-1])
            self.levels.append(above)
            level = above

    @property
    def root(self) -> bytes:
        """The root; that of no leaves is SHA-256 of nothing."""
        return self.levels[-1][0] if self.size else EMPTY_ROOT

    def path(self, index: int) -> tuple[bytes, ...]:
        """The inclusion path of the leaf at ``index``, from its sibling upward.

        Raises:
            IndexError: There is no such leaf.
        """
        if not 0 <= index < self.size:
            raise IndexError(f"no leaf {index} in a tree of {self.size}")
        return self._siblings(0, index)

    def _siblings(self, height: int, index: int) -> tuple[bytes, ...]:
        found = []
        for level in self.levels[height:-1]:
            sibling = index ^ 1
            if sibling < len(level):
                found.append(level[sibling])
            index >>= 1
        return tuple(found)


def root(hashes: Sequence[bytes]) -> bytes:
    """The root over leaf ``hashes``."""
    return Tree(hashes).root


def consistency_path(tree: Tree, old_size: int) -> tuple[bytes, ...]:
    """The proof that ``tree`` extends its own first ``old_size`` leaves (RFC 6962, 2.1.2).

    It is empty for the same size and for size 0, which everything extends.

    Raises:
        ValueError: ``old_size`` is negative or larger than the tree.
    """
    if not 0 <= old_size <= tree.size:
        raise ValueError(f"a tree of {tree.size} has no earlier size {old_size}")
    if old_size in {0, tree.size}:
        return ()
    # The last perfect subtree of the old tree: everything else hangs beside its way up.
    height = (old_size & -old_size).bit_length() - 1
    index = (old_size >> height) - 1
    first = () if index == 0 else (tree.levels[height][index],)
    return first + tree._siblings(height, index)  # noqa: SLF001


def root_from_path(leaf: bytes, index: int, count: int, path: Sequence[bytes]) -> bytes:
    """The root that ``path`` leads to (RFC 9162, section 2.1.3.2).

    Args:
        leaf: The leaf's hash, 32 bytes.
        index: Where it stands, from 0.
        count: How many leaves the tree has.
        path: Siblings from the bottom up, 32 bytes each.

    Raises:
        LogError: ``index`` isn't below ``count``, or the path is too short, too long or
            holds something that isn't a hash.
    """
    _check_hashes(path)
    if len(leaf) != HASH_SIZE:
        raise LogError(f"a leaf hash has {HASH_SIZE} bytes, not {len(leaf)}")
    if not 0 <= index < count:
        raise LogError(f"index {index} is not below the count {count}")
    node, last, siblings = leaf, count - 1, iter(path)
    while last:
        # Only the last node of a level can lack a sibling, and then it is a left one.
        if index & 1 or index < last:
            sibling = next(siblings, None)
            if sibling is None:
                raise LogError(f"the path for index {index} of {count} is too short")
            node = node_hash(sibling, node) if index & 1 else node_hash(node, sibling)
        index >>= 1
        last >>= 1
    if next(siblings, None) is not None:
        raise LogError(f"the path is too long for a tree of {count}")
    return node


def verify_consistency(
    old_size: int, old_root: bytes, new_size: int, new_root: bytes, path: Sequence[bytes]
) -> None:
    """Return only if the new tree begins with the old one (RFC 9162, section 2.1.4.2).

    Raises:
        LogError: Sizes that shrink, a path of the wrong length, or roots that differ.
    """
    _check_hashes(path)
    if not 0 <= old_size <= new_size:
        raise LogError(f"size {new_size} does not extend size {old_size}")
    if old_size in {0, new_size}:
        expected = new_root if old_size else EMPTY_ROOT
        if path:
            raise LogError(f"no path is needed from size {old_size} to {new_size}")
        if old_root != expected:
            raise LogError(f"two roots for size {old_size}: the log has forked")
        return
    first, second = _roots_from_consistency(old_size, old_root, new_size, path)
    if first != old_root:
        raise LogError(f"the path does not lead to the root held for size {old_size}")
    if second != new_root:
        raise LogError(f"the path does not lead to the root shown for size {new_size}")


def _roots_from_consistency(
    old: int, old_root: bytes, new: int, path: Sequence[bytes]
) -> tuple[bytes, bytes]:
    """Both roots that a consistency path leads to, where 0 < old < new."""
    height = (old & -old).bit_length() - 1
    index, last, siblings = (old >> height) - 1, (new - 1) >> height, iter(path)
    # When the old tree is one perfect subtree, its own root begins the path, unwritten.
    start = next(siblings, None) if index else old_root
    if start is None:
        raise LogError(f"the path from size {old} to {new} is empty")
    first = second = start
    while last:
        if index & 1 or index < last:
            sibling = next(siblings, None)
            if sibling is None:
                raise LogError(f"the path from size {old} to {new} is too short")
            if index & 1:
                first = node_hash(sibling, first)
                second = node_hash(sibling, second)
            else:
                second = node_hash(second, sibling)
        index >>= 1
        last >>= 1
    if next(siblings, None) is not None:
        raise LogError(f"the path from size {old} to {new} is too long")
    return first, second


def _check_hashes(path: Sequence[bytes]) -> None:
    for place, item in enumerate(path):
        if len(item) != HASH_SIZE:
            raise LogError(f"item {place} of the path has {len(item)} bytes, not {HASH_SIZE}")
