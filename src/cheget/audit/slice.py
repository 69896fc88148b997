"""A slice of a log: all headers from some entry on, and what came before as peaks.

From a slice anybody recomputes the root at every size on the way. So it proves at once that
answers are in the log, which heads their signers saw, and that there is nothing else in a
thread, which inclusion proofs cannot.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from cheget.audit.header import MAX_INTEGER, Header, Mention, decode
from cheget.audit.instant import to_text
from cheget.audit.merkle import leaf_hashes
from cheget.audit.peaks import Peaks, roots_at
from cheget.errors import LogError

MAX_ENTRIES = 100_000
MAX_HEADER_BYTES = 512


@dataclass(frozen=True)
class Slice:
    """The ``headers`` from position ``start`` (from 0), after a tree with these ``peaks``."""

    start: int
    peaks: tuple[bytes, ...]
    headers: tuple[bytes, ...]

    def __post_init__(self) -> None:
        """Refuse what cannot be part of a log.

        Raises:
            LogError: More than 100,000 headers, or peaks that do not fit ``start``.
        """
        if len(self.headers) > MAX_ENTRIES:
            raise LogError(f"a slice of {len(self.headers)} entries; at most {MAX_ENTRIES}")
        if not 0 <= self.start <= MAX_INTEGER:
            raise LogError(f"a slice cannot start at {self.start}")
        Peaks(self.start, self.peaks)

    @property
    def size(self) -> int:
        """The size of the log after the last header."""
        return self.start + len(self.headers)

    def roots(self, sizes: Collection[int]) -> dict[int, bytes]:
        """The roots of the log at ``sizes``, each from ``start`` to ``size``.

        Raises:
            LogError: A size that the slice does not reach.
        """
        return roots_at(Peaks(self.start, self.peaks), leaf_hashes(self.headers), sizes)

    def entries(self) -> Iterator[tuple[int, Header | Mention]]:
        """Each entry with its position in the log, checked as they come.

        Instants never fall, and ``seq`` is dense within each subject, from 0 where the
        subject's first entry lies in the slice. Mentions of the law log never shrink.

        Raises:
            LogError: The first entry at fault, with its position.
        """
        at, threads, law = 0, dict[str, int](), Mention(0, "", 0)
        for position, leaf in enumerate(self.headers, self.start):
            entry = _decoded(leaf, position)
            if entry.at < at:
                raise LogError(
                    f"entry {position}: time falls from {to_text(at)} to {to_text(entry.at)}"
                )
            at = entry.at
            if isinstance(entry, Mention):
                _check_mention(law, entry, position)
                law = entry
            else:
                # A thread that began before the slice may enter it at any place but 0.
                expected = threads.get(entry.subject, entry.seq if self.start else 0)
                if entry.seq != expected:
                    raise LogError(
                        f"entry {position}: seq {entry.seq} where {expected} is due,"
                        f" in the thread of {entry.subject}"
                    )
                threads[entry.subject] = expected + 1
            yield position, entry

    def to_json(self) -> dict[str, object]:
        """As a JSON value: ``headers`` as texts, ``peaks`` in hexadecimal, ``start``.

        Raises:
            LogError: A header that is not ASCII, as every header is.
        """
        try:
            headers = [leaf.decode("ascii") for leaf in self.headers]
        except UnicodeDecodeError:
            raise LogError("a header that is not ASCII") from None
        return {"headers": headers, "peaks": [p.hex() for p in self.peaks], "start": self.start}

    @classmethod
    def from_json(cls, value: object) -> Slice:
        """Read what :meth:`to_json` wrote. The headers themselves are read by ``entries``.

        Raises:
            LogError: Missing or unknown fields, wrong types, or over a cap.
        """
        match value:
            case {"headers": list(headers), "peaks": list(peaks), "start": int(start), **rest}:
                if rest or isinstance(start, bool):
                    raise LogError("a slice has the fields headers, peaks and start")
            case _:
                raise LogError("a slice has the fields headers, peaks and start")
        if len(headers) > MAX_ENTRIES:
            raise LogError(f"a slice of {len(headers)} entries; at most {MAX_ENTRIES}")
        return cls(
            start,
            tuple(_peak(text, place) for place, text in enumerate(peaks)),
            tuple(_leaf(text, position) for position, text in enumerate(headers, start)),
        )


def _decoded(leaf: bytes, position: int) -> Header | Mention:
    try:
        return decode(leaf)
    except LogError as error:
        raise LogError(f"entry {position}: {error}") from None


def _check_mention(before: Mention, mention: Mention, position: int) -> None:
    if mention.size < before.size:
        raise LogError(
            f"entry {position}: the law log shrinks from {before.size} to {mention.size}"
        )
    if before.root and mention.size == before.size and mention.root != before.root:
        raise LogError(f"entry {position}: two roots of the law log at size {mention.size}")


def _leaf(text: object, position: int) -> bytes:
    if not isinstance(text, str) or len(text) > MAX_HEADER_BYTES or not text.isascii():
        raise LogError(f"entry {position}: not a header")
    return text.encode()


def _peak(text: object, place: int) -> bytes:
    if isinstance(text, str) and len(text) == 64:  # noqa: PLR2004
        try:
            peak = bytes.fromhex(text)
        except ValueError:
            peak = b""
        if peak.hex() == text:
            return peak
    raise LogError(f"peak {place} is not 64 hexadecimal digits")
