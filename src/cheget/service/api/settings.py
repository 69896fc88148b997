"""What an operator may set of the API. Nothing here decides who may sign."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024
SMALL = 256 * 1024  # any document with its texts; all that a stop needs
LARGE = 48 * MIB  # an order with files, a charter with enrolments


@dataclass(frozen=True)
class Settings:
    """``origins``: of this door, as clients write it. Rates are so many a minute."""

    origins: frozenset[str]
    lasts: int = 8 * 3600  # seconds that a session reads
    per_address: int = 600
    per_signer: int = 120
    body_seconds: float = 20.0  # until a body has to be there
    longest_wait: int = 30  # seconds of a long poll
    every: float = 0.5  # seconds between looks at the log, while somebody waits
    page: int = 100  # orders in an answer
