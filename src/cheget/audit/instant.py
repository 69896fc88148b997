"""Instants: whole seconds of UTC, written as RFC 3339 with ``Z``.

One instant has one text, so that documents that hold instants have one form. Years run from
1970 to 9999; leap seconds, fractions, offsets and lower case are refused.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

EARLIEST = 0
LATEST = 253_402_300_799

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  (naive on both sides: plain calendar arithmetic)
# The hour is bounded here because newer Pythons read 24:00:00 as the next day.
PATTERN = "(?:19[7-9][0-9]|[2-9][0-9]{3})-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}Z"
_TEXT = re.compile(PATTERN)


def to_text(seconds: int) -> str:
    """Write an instant.

    Args:
        seconds: Whole seconds since 1970-01-01T00:00:00Z.

    Returns:
        The text, for example ``2026-11-22T10:15:00Z``.

    Raises:
        ValueError: Before 1970 or after 9999.
    """
    if not EARLIEST <= seconds <= LATEST:
        raise ValueError(f"{seconds} seconds is not in the years 1970 to 9999")
    return (_EPOCH + timedelta(seconds=seconds)).isoformat() + "Z"


def from_text(text: str) -> int:
    """Read an instant, strictly (RFC 3339, whole seconds, ``Z``).

    Args:
        text: As :func:`to_text` writes it; nothing else is read.

    Returns:
        Whole seconds since 1970-01-01T00:00:00Z.

    Raises:
        ValueError: Any other text.
    """
    if not _TEXT.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is not an instant like 2026-11-22T10:15:00Z")
    return from_matched(text)


def from_matched(text: str) -> int:
    """As :func:`from_text`, for text that a larger pattern has matched with ``PATTERN``.

    Raises:
        ValueError: A day, minute or second that no calendar has.
    """
    since = datetime.fromisoformat(text[:-1]) - _EPOCH
    return since.days * 86_400 + since.seconds


def from_datetime(moment: datetime) -> int:
    """The instant of an aware ``moment``, cut to whole seconds.

    Raises:
        ValueError: A moment without a zone, or outside the years 1970 to 9999.
    """
    if moment.tzinfo is None:
        raise ValueError("a moment needs its zone")
    since = moment.astimezone(UTC).replace(tzinfo=None) - _EPOCH
    seconds = since.days * 86_400 + since.seconds
    if not EARLIEST <= seconds <= LATEST:
        raise ValueError(f"{moment} is not in the years 1970 to 9999")
    return seconds
