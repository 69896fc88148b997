"""A sentence that can be said again in another language: its English, and what that is made of.

The core speaks English and reads no locale. A ``Said`` is that English text, whole; whoever has a
catalogue finds its message there, and says it with the same values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce


class Said(str):
    """English text, with the message and the values (``%(name)s``) that it was composed of.

    Values may be ``Said`` themselves. Cut or joined like any text, it is plain English again.
    """

    __slots__ = ("given", "message")
    message: str
    given: Mapping[str, object]


def said(message: str, **given: object) -> Said:
    """The message with these values; taken as it stands if there are none."""
    text = Said(message % given if given else message)
    text.message, text.given = message, given
    return text


def listed(items: Iterable[str]) -> str:
    """At least one item, with commas between; each keeps what it is made of."""
    return reduce(lambda one, other: said("%(one)s, %(other)s", one=one, other=other), items)
