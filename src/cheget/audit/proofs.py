"""From a head held earlier to a log shown now: that the one extends the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cheget.audit.merkle import verify_consistency
from cheget.audit.slice import Slice
from cheget.errors import LogError


def extends(
    old_size: int,
    old_root: bytes,
    piece: Slice,
    path: Sequence[bytes] = (),
    *,
    roots: Mapping[int, bytes] | None = None,
) -> None:
    """Return only if the log that ``piece`` ends begins with the head that is held.

    A head within the slice needs no path: the slice itself gives the root. One before it needs
    the consistency path from ``old_size`` to ``piece.size`` (RFC 6962, section 2.1.2).

    Args:
        old_size: Size of the head held, in entries.
        old_root: Its root, 32 bytes.
        piece: The slice shown.
        path: The consistency path, bottom up; empty where none is needed.
        roots: Roots of ``piece`` already computed, at ``old_size`` if the slice reaches it,
            else at ``piece.size``; computed here if not given.

    Raises:
        LogError: The log was cut short, has forked, or the path does not fit.
    """
    if old_size > piece.size:
        raise LogError(f"a log of {piece.size} entries, where {old_size} were seen before")
    inside = old_size >= piece.start
    size = old_size if inside else piece.size
    known = piece.roots({size}) if roots is None or size not in roots else roots
    if not inside and old_size and not path:
        raise LogError(
            f"the head that is held, at {old_size}, lies before the slice, and no path leads on",
            hint="ask anew, from the head that is held",
        )
    if not inside:
        verify_consistency(old_size, old_root, size, known[size], path)
    elif path:
        raise LogError(f"no path is needed for size {old_size}: the slice reaches it")
    elif known[size] != old_root:
        raise LogError(f"two roots for size {old_size}: the log has forked")
