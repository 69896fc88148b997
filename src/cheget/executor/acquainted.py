"""Whose stops an executor keeps: the people of the charter that it pins, and who joined since.

Who joined is learned from a law log that verified, and remembered in the journal, so that their
stops are kept after a restart too, before any code has been read again. Nobody is forgotten:
whether a stop still counts is for the verifier to say, by the law of its order.
"""

from __future__ import annotations

from cheget.errors import ChegetError
from cheget.executor.journal import Journal
from cheget.order.charter import Charter, Person
from cheget.order.keys import PublicKey
from cheget.order.papers import Filed
from cheget.order.signatures import verify_signer

_BATCH = 500  # keys in one record of the journal


class Acquainted:
    """The people that an executor knows."""

    def __init__(self, charter: Charter, journal: Journal) -> None:
        self._journal = journal
        self._keys: dict[str, list[PublicKey]] = {
            name: list(person.keys) for name, person in charter.people.items()
        }
        self._last = charter.digest
        for record in journal.of_kind("joined"):
            for name, scheme, key in record.facts["keys"]:
                self._add(name, PublicKey(scheme, bytes.fromhex(key)))

    def __contains__(self, name: str) -> bool:
        return name in self._keys

    def meet(self, charter: Charter | None, now: int) -> None:
        """Remember the people of a charter that verified. ``now``: seconds, for the journal."""
        if charter is None or charter.digest == self._last:
            return
        fresh = [
            (name, key)
            for name, person in charter.people.items()
            for key in person.keys if key not in self._keys.get(name, ())
        ]  # fmt: skip
        for start in range(0, len(fresh), _BATCH):
            batch = fresh[start : start + _BATCH]
            self._journal.append(
                "joined", now, keys=[[name, key.scheme, key.key.hex()] for name, key in batch]
            )
        for name, key in fresh:
            self._add(name, key)
        self._last = charter.digest

    def signed(self, signer: str, filed: Filed) -> bool:
        """Whether one of them, the one named, signed it."""
        people = {signer: Person(tuple(self._keys.get(signer, ())))}
        try:
            verify_signer(people, signer, filed.envelope)
        except ChegetError:
            return False
        return True

    def _add(self, name: str, key: PublicKey) -> None:
        self._keys.setdefault(name, []).append(key)
