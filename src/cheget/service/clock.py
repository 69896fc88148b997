"""The only file that reads the time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Protocol

from cheget.audit.instant import from_datetime


class Clock(Protocol):
    """Tells the instant in whole seconds since 1970, UTC."""

    def now(self) -> int:
        """The instant."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> int:
        """The instant."""
        return from_datetime(datetime.now(UTC))
