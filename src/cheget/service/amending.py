"""Amending: a new charter proposed to the one that holds, agreed to, refused; a key revoked.

All of it are entries of the law log, judged by the one function that executors use too; after
each the orders log mentions it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cheget.audit.header import decode
from cheget.errors import ChegetError, NotAcceptedError, StoreError, UnfitEntryError
from cheget.order.charter import Charter, check_charter, read_charter
from cheget.order.documents import Amendment, Concurrence, Enrolment
from cheget.order.fields import Text
from cheget.order.follow import LawEntry, LawState, follow, founding_of
from cheget.order.law import Possession, founders
from cheget.order.papers import Filed, open_envelope
from cheget.service.clock import Clock
from cheget.service.founding import append_law
from cheget.service.store import Reading, Store, Writing

# Whoever follows the law needs every charter that was proposed: so many bytes leave room in a code.
MAX_CHARTERS = 16 * 1024 * 1024
KINDS = ("amendment", "concurrence", "refusal", "countermand", "revocation", "absence")


def law_state(tx: Reading, before: int | None = None) -> LawState:
    """What the law log amounts to, every entry verified again.

    Args:
        tx: Of the house's store.
        before: Seconds; entries logged from then on are left out. None: all are read.

    Raises:
        NotAcceptedError: no charter has been proposed.
        VerificationError: the store holds an entry that is at fault.
    """
    payloads = tx.charters()
    if not payloads:
        raise NotAcceptedError("no charter has been proposed", hint="cheget people found")
    first, *later = (read_charter(payload) for payload in payloads)
    proved = Possession((first, *later), tx.enrolments())
    state = replace(
        founding_of(first, founders(first)), known={one.digest: one for one in later},
        proved=proved,
    )  # fmt: skip
    entries = sorted(
        (one for kind in KINDS for one in tx.of_kind("law", kind)), key=lambda one: one.position
    )
    if len(entries) != tx.size("law"):
        raise StoreError("the law log holds an entry that this version cannot follow")
    for one in entries:
        at = decode(one.leaf).at
        if before is None or at < before:
            state = follow(state, LawEntry(one.position, at, open_envelope(one.envelope)))
    return state


def propose_amendment(
    store: Store, charter: Charter, enrolments: Sequence[bytes], stored: bytes, clock: Clock,
    text: Text,
) -> LawState:  # fmt: skip
    """Take the proposal of a new charter. The proposer agrees by an answer of their own.

    Args:
        store: Of the house.
        charter: The new one.
        enrolments: Of the keys that are new in it.
        stored: The amendment, in its envelope.
        clock: Read once.
        text: The reason, salted as signed.

    Raises:
        NotAcceptedError: it does not fit the law as it stands; nothing was written.
        CharterError: the charter cannot stand.
    """
    check_charter(charter)

    def work(tx: Writing) -> LawState:
        filed = open_envelope(stored)
        if not isinstance(filed.unverified, Amendment):
            raise UnfitEntryError(f"a {filed.envelope.kind}, where an amendment is due")
        if filed.unverified.new != charter.digest:
            raise UnfitEntryError("the proposal is of another charter")
        # Enrolments travel beside them, and weigh the same in every code.
        new = _needed(charter, enrolments, tx.enrolments())
        brought = (charter.payload, *new)
        carried = sum(map(len, (*tx.charters(), *tx.enrolments(), *brought)))
        if carried > MAX_CHARTERS:
            raise UnfitEntryError(
                f"with it, codes would carry {carried:,} bytes of charters and enrolments;"
                f" they may carry {MAX_CHARTERS:,}"
            )
        tx.add_charter(charter.payload, new)
        return _take(tx, filed, clock, text)

    return _written(store, work)


def _needed(
    charter: Charter, brought: Sequence[bytes], known: Sequence[bytes]
) -> list[bytes]:  # fmt: skip
    """The enrolments that the charter needs and the house has not, one for each key.

    Raises:
        UnfitEntryError: one is of no key that the charter names.
    """
    named = {(who, key.key.hex()) for who, one in charter.people.items() for key in one.keys}
    named |= {(who, key.key.hex()) for who, key in charter.executors.items()}
    has = {_enrolled(stored) for stored in known}
    found = {}
    for stored in brought:
        whose = _enrolled(stored)
        if whose not in named:
            raise UnfitEntryError("an enrolment of a key that the charter does not name")
        if whose not in has:
            found[whose] = stored
    return list(found.values())


def _enrolled(stored: bytes) -> tuple[str, str]:
    document = open_envelope(stored).unverified
    if not isinstance(document, Enrolment):
        raise UnfitEntryError("what travels beside a charter is enrolments")
    return document.who, document.key


def answer_amendment(store: Store, stored: bytes, clock: Clock, text: Text) -> LawState:
    """Take an agreement, a refusal or a countermand of an amendment, a revocation or an absence.

    Raises:
        NotAcceptedError: it does not fit the law as it stands; nothing was written.
    """

    def work(tx: Writing) -> LawState:
        filed = open_envelope(stored)
        if filed.envelope.kind not in KINDS[1:]:
            raise UnfitEntryError(f"a {filed.envelope.kind} does not answer an amendment")
        return _take(tx, filed, clock, text)

    return _written(store, work)


def _written(store: Store, work: object) -> LawState:
    try:
        return store.write(work)  # type: ignore[arg-type]
    except (StoreError, NotAcceptedError):
        raise
    except ChegetError as error:
        raise NotAcceptedError(str(error), hint=error.hint) from error


def _take(tx: Writing, filed: Filed, clock: Clock, text: Text) -> LawState:
    state, size = law_state(tx), tx.size("law")
    if not state.is_founded:
        raise UnfitEntryError("the first charter does not hold")
    document = filed.unverified
    if isinstance(document, Concurrence) and (
        document.size > size or tx.peaks("law", document.size).root().hex() != document.root
    ):
        raise UnfitEntryError("its signer saw a law log that never was")
    append_law(tx, filed, clock)
    at = decode(tx.leaves("law", size, size + 1)[0]).at
    after = follow(state, LawEntry(size, at, filed))
    if text.digest == getattr(document, "reason", None):
        tx.put_texts([text])
    return after
