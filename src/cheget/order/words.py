"""Six words: how people read an order out. An address, never a proof.

A digest's first 66 bits, 11 a word, in the English list of BIP-39. Two orders that share
their words cost an originator some 2^33 hashes, so whoever signs looks at the whole digest.
"""

from __future__ import annotations

from functools import cache

from cheget.order.wordlist import ENGLISH

BITS = 11


@cache
def _list() -> tuple[str, ...]:
    return tuple(ENGLISH.split())


@cache
def _index() -> dict[str, int]:
    return {word: number for number, word in enumerate(_list())}


def in_words(digest: bytes, count: int) -> list[str]:
    """The first ``count`` words of ``digest``, 11 bits each."""
    number = int.from_bytes(digest)
    width = len(digest) * 8
    return [
        _list()[number >> (width - BITS * (place + 1)) & (1 << BITS) - 1] for place in range(count)
    ]


def prefix_bits(words: list[str]) -> str | None:
    """The bits, as text of 0 and 1, that a digest with these first words begins with.

    None when one of them is not in the list.
    """
    if not all(word in _index() for word in words):
        return None
    return "".join(f"{_index()[word]:0{BITS}b}" for word in words)
