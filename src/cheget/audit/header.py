"""Entry headers: the leaves of the two logs, as canonical JSON (RFC 8785).

A header names an envelope, which lies beside the log, and the thread it belongs to. The orders
log also mentions the law log, in a form of its own without an envelope. Each value has one
text, and one pattern reads exactly that text: what decodes is what encoding would give.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from cheget.audit.instant import PATTERN, from_matched, to_text
from cheget.errors import LogError

LAW = "law"
MAX_INTEGER = 2**53 - 1

_AT = rf'\{{"at":"({PATTERN})",'
_INTEGER = "(0|[1-9][0-9]{0,15})"
_HEX = '"([0-9a-f]{64})"'
_HEADER = re.compile(
    rf'{_AT}"envelope":{_HEX},"kind":"([a-z](?:-?[a-z]){{0,31}})",'
    rf'"seq":{_INTEGER},"subject":{_HEX}\}}'
)
_MENTION = re.compile(rf'{_AT}"kind":"law","root":{_HEX},"size":{_INTEGER}\}}')


@dataclass(frozen=True, slots=True)
class Header:
    """An entry: place ``seq`` (from 0) in the thread of ``subject``.

    ``at`` is in seconds since 1970; ``envelope`` is SHA-256 of the stored envelope and
    ``subject`` a digest, both as 64 hexadecimal digits.
    """

    at: int
    envelope: str
    kind: str
    seq: int
    subject: str

    def encode(self) -> bytes:
        """The leaf.

        Raises:
            ValueError: A field that no header can hold.
        """
        text = (
            f'{{"at":"{to_text(self.at)}","envelope":"{self.envelope}","kind":"{self.kind}",'
            f'"seq":{self.seq},"subject":"{self.subject}"}}'
        )
        return _checked(text, self)


@dataclass(frozen=True, slots=True)
class Mention:
    """In the orders log: the law log had this ``root`` (64 hexadecimal digits) at ``size``."""

    at: int
    root: str
    size: int

    def encode(self) -> bytes:
        """The leaf.

        Raises:
            ValueError: A field that no mention can hold.
        """
        text = f'{{"at":"{to_text(self.at)}","kind":"law","root":"{self.root}","size":{self.size}}}'
        return _checked(text, self)


def decode(leaf: bytes) -> Header | Mention:
    """Read a leaf, strictly: only bytes that are their own encoding.

    Raises:
        LogError: Anything else.
    """
    try:
        text = leaf.decode("ascii")
        if found := _HEADER.fullmatch(text):
            at, envelope, kind, seq, subject = found.groups()
            number = int(seq)
            if kind != LAW and number <= MAX_INTEGER:
                return Header(from_matched(at), envelope, kind, number, subject)
        elif found := _MENTION.fullmatch(text):
            at, root, size = found.groups()
            number = int(size)
            if number <= MAX_INTEGER:
                return Mention(from_matched(at), root, number)
    except ValueError as error:
        raise LogError(f"not a header in its one form: {error}") from None
    raise LogError(f"not a header in its one form: {leaf[:80]!r}")


def _checked(text: str, value: Header | Mention) -> bytes:
    leaf = text.encode()
    try:
        decode(leaf)
    except LogError as error:
        raise ValueError(f"{value} cannot be a header: {error}") from None
    return leaf
