"""Turns on PostgreSQL: a row whose number is one more than the last, taken once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cheget.errors import StoreError
from cheget.service.pglink import Link
from cheget.service.pgpending import WriteTurn
from cheget.service.pgrows import Ends, Rows
from cheget.service.store import Wanted

_TAKE = (
    "INSERT INTO turns (number, batch)"
    " SELECT coalesce(max(number), 0) + 1, '\\x{}'::bytea FROM turns"
)


class Turns:
    """A replica's turns: its last that was committed, and where the logs ended then."""

    def __init__(self, where: str) -> None:
        """Know of none yet. ``where`` is the database, as it may be shown."""
        self._where = where
        self._last: WriteTurn | None = None
        self._ends: Ends | None = None

    def follow(
        self, link: Link, wanted: Sequence[Wanted]
    ) -> tuple[WriteTurn, WriteTurn, Rows] | None:
        """The turn after our last, not taken yet, with what is wanted read as of one moment.

        Returns:
            Our last, the one after it, and what was read; None if it is known to be taken, or
            others have kept coming: then it is better to :meth:`begin`, and wait before working.

        Raises:
            UnreachableError: the link is cut.
        """
        last, ends = self._last, self._ends
        if last is None or ends is None:
            return None
        link.check()  # or what was never sent would be in doubt
        rows = Rows(link, ends)
        if wanted and rows.look(wanted=wanted) != {last.number: last.batch}:
            self._ends = None
            return None
        return last, WriteTurn(last.number + 1), rows

    def begin(self, link: Link, wanted: Sequence[Wanted]) -> tuple[WriteTurn, Rows]:
        """Begin to write, in a turn of our own, and read what is wanted.

        Raises:
            TwoSequencersError: somebody else has taken it.
            StoreError: the database has gone back behind what was acknowledged.
        """
        turn, rows = WriteTurn(0), Rows(link)
        turns = self._take(link, turn, rows, (), wanted)
        return WriteTurn(max(turns), turn.batch), rows

    def settle(self, link: Link, doubt: WriteTurn) -> bool:
        """Whether that turn of ours was committed; if it was not, it never will be.

        Its number is taken and committed, so whatever of it is still on its way finds it taken.

        Raises:
            TwoSequencersError: somebody else came first; ask again.
        """
        turn = WriteTurn(0)
        turns = self._take(link, turn, Rows(link), [doubt.number], ())
        if turns.get(doubt.number) == doubt.batch:
            self._last = doubt
            link.leave()
            return True
        link.commit()
        self._last = WriteTurn(max(turns), turn.batch)
        return False

    def _take(
        self,
        link: Link,
        turn: WriteTurn,
        rows: Rows,
        numbers: Sequence[int],
        wanted: Sequence[Wanted],
    ) -> dict[int, bytes]:
        last, self._ends = self._last, None
        link.begin_writing(_TAKE.format(turn.batch.hex()))
        turns = rows.look([*numbers, *([last.number] if last is not None else [])], wanted)
        self._check(last, turns)
        return turns

    def committed(self, turn: WriteTurn, ends: Ends) -> None:
        """It was, and now the logs end there."""
        # Whoever was overtaken since its last waits before it works, until it is alone again.
        is_next = self._last is None or turn.number == self._last.number + 1
        self._last, self._ends = turn, ends if is_next else None

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

    def _check(self, last: WriteTurn | None, turns: Mapping[int, bytes]) -> None:
        if last is not None and turns.get(last.number) != last.batch:
            raise StoreError(
                f"{self._where} has gone back behind what was acknowledged",
                hint="a backup, or a standby that had not heard of it, was put in its place",
            )
