"""Turns on PostgreSQL: a row whose number is one more than the last, taken once."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from cheget.errors import StoreError
from cheget.service.pglink import Link
from cheget.service.pgrows import Ends, Rows

_TAKE = (
    "INSERT INTO turns (number, batch)"
    " SELECT coalesce(max(number), 0) + 1, '\\x{}'::bytea FROM turns"
)
_GO_ON = (
    "INSERT INTO turns (number, batch) SELECT number + 1, '\\x{}'::bytea FROM turns"
    " WHERE number = {} AND batch = '\\x{}'::bytea"
)


@dataclass(frozen=True)
class Turn:
    """A turn, and a name for what is written in it."""

    number: int
    batch: bytes = field(default_factory=lambda: secrets.token_bytes(16))


class Turns:
    """A replica's turns: its last that was committed, and where the logs ended then."""

    def __init__(self, where: str) -> None:
        """Know of none yet. ``where`` is the database, as it may be shown."""
        self._where = where
        self._last: Turn | None = None
        self._ends: Ends | None = None

    def begin(self, link: Link, doubt: Turn | None = None) -> tuple[Turn, Rows] | None:
        """Begin to write, in a turn of our own.

        Args:
            link: On which.
            doubt: An earlier turn of ours that was perhaps committed.

        Returns:
            The turn with what is read and written in it; None if the earlier one was committed.

        Raises:
            TwoSequencersError: somebody else has taken it.
            StoreError: the database has gone back behind what was acknowledged.
        """
        last, known, self._ends = self._last, self._ends, None
        if last is not None and known is not None and doubt is None:
            turn = Turn(last.number + 1)
            step = _GO_ON.format(turn.batch.hex(), last.number, last.batch.hex())
            if link.begin_writing(step) == "INSERT 0 1":
                self._ends = known
                return turn, Rows(link, known)
        turn, rows = Turn(0), Rows(link)
        link.begin_writing(_TAKE.format(turn.batch.hex()))
        turns = rows.look([one.number for one in (last, doubt) if one is not None])
        self._check(last, turns)
        if doubt is not None and turns.get(doubt.number) == doubt.batch:
            self._last = doubt
            return None
        return Turn(max(turns), turn.batch), rows

    def commit(self, link: Link, turn: Turn, ends: Ends) -> None:
        """Commit it; then the logs end there. Raises as the link's ``commit``."""
        link.commit()
        self._last, self._ends = turn, ends

    def forget(self) -> None:
        """Look where the logs end, the next time."""
        self._ends = None

    def check(self, link: Link) -> None:
        """Return only if our last turn is still there.

        Raises:
            StoreError: the database has gone back behind what was acknowledged.
        """
        last = self._last  # before the question, or it could be a later one than was asked for
        if last is not None:
            self._check(last, Rows(link).look([last.number]))

    def _check(self, last: Turn | None, turns: Mapping[int, bytes]) -> None:
        if last is not None and turns.get(last.number) != last.batch:
            raise StoreError(
                f"{self._where} has gone back behind what was acknowledged",
                hint="a backup, or a standby that had not heard of it, was put in its place",
            )
