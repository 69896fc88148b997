"""The law as a transaction sees it, read anew only when its log has grown."""

from __future__ import annotations

from collections.abc import Mapping

from cheget.audit.peaks import Peaks
from cheget.errors import NotAcceptedError
from cheget.order.charter import Charter, Law
from cheget.order.fields import Head
from cheget.order.fold import Closing
from cheget.order.follow import LawState
from cheget.order.papers import LogPart
from cheget.order.proceeding import Away
from cheget.service.amending import law_state
from cheget.service.notes import LogSigner, Notes
from cheget.service.shown import founded_at, law_of
from cheget.service.standing import Beside, past_law
from cheget.service.store import Log, Reading


class LawReader:
    """What a desk knows of the law. ``charter`` is the one that holds."""

    def __init__(self, charter: Charter, signers: Mapping[Log, LogSigner]) -> None:
        """Know the charter only."""
        self.charter = charter
        self._notes = Notes(signers)
        self._read: tuple[Peaks | None, LawState | None] = (None, None)
        self._beside: Beside | None = None
        self._founded = 0
        self._law_parts: tuple[Peaks | None, dict[int, LogPart]] = (None, {})

    def _law_part(self, tx: Reading, held: Head | None) -> LogPart:
        """What changes only when the law log grows, made once."""
        peaks = tx.peaks("law", tx.size("law"))
        self._founded = self._founded or founded_at(tx)
        # The founding, and nothing else, may be left out for whoever has read it.
        start = self._founded if held is not None and held.size >= self._founded else 0
        known, parts = self._law_parts
        if known != peaks:
            known, parts = self._law_parts = peaks, {}
        if start not in parts:
            parts[start] = law_of(tx, start, lambda log, size: self._checkpoint(tx, log, size))
        return parts[start]

    def _law(self, tx: Reading, digest: str) -> Law:
        self._state(tx)
        law = self.charter.law_digests.get(digest)
        if law is None:
            raise NotAcceptedError("it names another law than any chain of this house has now")
        return law

    def _state(self, tx: Reading) -> LawState | None:
        """The law as ``tx`` sees it; None while nothing has changed since the founding."""
        peaks = tx.peaks("law", tx.size("law"))
        known, found = self._read
        if peaks != known:  # a size alone could be of entries that were never committed
            state = law_state(tx)
            found = state if state.events or state.absences else None
            self._read, self.charter = (peaks, found), state.charter
        return found

    def _meanwhile(
        self, tx: Reading, law: Law, order_at: int
    ) -> tuple[tuple[Closing, ...], dict[str, Away]]:
        """What the law log did to an order under that law, and who is away, as it sees it."""
        state, beside = self._state(tx), self._beside
        if state is None:
            return (), {}
        if beside is None or beside.state is not state:
            beside = self._beside = Beside.read(tx, state)
        return beside.seen_by(law, order_at)

    def _past_law(self, tx: Reading, digest: str) -> Law:
        """The law of that digest, also one that has been changed since."""
        state = self._state(tx)
        if digest in self.charter.law_digests or state is None:
            return self._law(tx, digest)
        return past_law(tx, state, digest)

    def _revoked(self, tx: Reading) -> frozenset[bytes]:
        state = self._state(tx)
        return state.revoked if state is not None else frozenset()

    def _checkpoint(self, tx: Reading, log: Log, size: int) -> bytes:
        return self._notes.of(log, tx.peaks(log, size), self.charter.terms)
