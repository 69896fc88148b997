"""The tree of a seal as a field: the rule's own tree, with a commitment where a share belongs.

Canonical JSON: ``["of", need, [items]]`` for a split, ``["share", "level/member", commitment]``
for a share. A share's index, from 1, is its place among the items: it comes from here, never
from whoever brings the share.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cheget.chain.shares import MOST_UNITS, SeatShare, Split
from cheget.errors import MalformedDocumentError
from cheget.order.canonical import Json
from cheget.order.fields import DIGEST, ID_FIELD, SIZE, Codec, parsed

_DEEPEST = 32


@dataclass(frozen=True)
class SealTree:
    """Who has shares, and for each share, in the tree's order, the commitment to it, in hex."""

    shape: Split
    commitments: tuple[str, ...]


def read_tree(value: object) -> SealTree:
    """The tree that a seal spells, strictly.

    Raises:
        MalformedDocumentError: not a tree, a split that nobody or everybody opens, or over 200
            shares.
    """
    commitments: list[str] = []
    shape = _read(value, commitments, 0)
    if not isinstance(shape, Split):
        raise MalformedDocumentError("a seal's tree begins with its levels")
    return SealTree(shape, tuple(commitments))


def write_tree(tree: SealTree) -> Json:
    """The tree as a seal spells it."""
    return _write(tree.shape, iter(tree.commitments))


def _read(value: object, commitments: list[str], depth: int) -> Split | SeatShare:
    match value:
        case ["of", int(need), list(items)] if depth < _DEEPEST and not isinstance(need, bool):
            if not 1 <= SIZE.read(need) <= len(items):
                raise MalformedDocumentError(f"{need} of {len(items)} shares")
            return Split(need, tuple(_read(item, commitments, depth + 1) for item in items))
        case ["share", str(seat), commitment]:
            level, _, member = seat.partition("/")
            commitments.append(DIGEST.read(commitment))
            if len(commitments) > MOST_UNITS:
                raise MalformedDocumentError(f"a seal of over {MOST_UNITS} shares")
            return SeatShare(ID_FIELD.read(level), ID_FIELD.read(member))
        case _:
            raise MalformedDocumentError("not a seal's tree: of, need and items; or a share")


def _write(tree: Split | SeatShare, commitments: Iterator[str]) -> Json:
    if isinstance(tree, SeatShare):
        return ["share", tree.seat, next(commitments)]
    return ["of", tree.need, [_write(item, commitments) for item in tree.items]]


TREE = Codec("a seal's tree", read_tree, write_tree, r'(\[[][",a-z0-9/-]+\])', parsed(read_tree))
