"""Ways round a chain: what others would try without a code, and must be denied.

Each is a real command of the operator's own. Exit other than 0 is a denial. What could not be
tried, was not found, died, or took too long is neither a denial nor a way round: an error.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass
from typing import Literal

from cheget.errors import HungError, UserError, WayRoundError
from cheget.executor.actions import environment
from cheget.executor.process import account_of, adopting, run_program

DENIED = 126  # what a shell says of a program that may not be executed
NOT_FOUND = 127  # what a shell and `env` say of a program that isn't there


@dataclass(frozen=True)
class WayRound:
    """Whose way it is, what they would try, as which user of the machine, for how long."""

    of: str
    argv: tuple[str, ...]
    user: str = ""
    timeout: int = 60  # seconds


@dataclass(frozen=True)
class Tried:
    """What came of it; ``says`` is the last line it printed, or why it could not be tried."""

    of: str
    result: Literal["denied", "not-denied", "error"]
    says: str
    status: int | None = None
    fault: str = ""


def try_way(way: WayRound) -> Tried:
    """Try a way round, and say what came of it."""
    try:
        status, said = run_way(way)
    except WayRoundError as error:
        return Tried(way.of, "error", str(error), None, type(error).__name__)
    lines = said.decode(errors="replace").strip().splitlines()
    last = lines[-1][:500] if lines else ""
    return Tried(way.of, "denied" if status else "not-denied", last, status)


def run_way(way: WayRound) -> tuple[int, bytes]:
    """The exit status of a way round that ended by itself, and what it said.

    Raises:
        HungError: it took too long; it was killed, with all that it started.
        WayRoundError: it could not be started, was not found, or died.
    """
    try:
        account = account_of(way.user)
        with adopting():
            ended = run_program(way.argv, environment(), way.timeout, account=account)
    except (OSError, ValueError, UserError) as error:
        if getattr(error, "errno", None) == errno.EACCES:
            return DENIED, f"{error.strerror}\n".encode()  # type: ignore[union-attr]
        why = f"{way.argv[0]}: {error.strerror}" if isinstance(error, OSError) else error
        raise WayRoundError(f"could not be tried: {why}") from error
    if ended.status is None:
        raise HungError(f"hung for {way.timeout} s, and was killed with its children")
    if ended.status == NOT_FOUND:
        raise WayRoundError("could not be tried: a program was not found (exit 127)")
    if ended.status < 0:
        raise WayRoundError(f"died of signal {-ended.status}, which is no denial")
    return ended.status, ended.output
