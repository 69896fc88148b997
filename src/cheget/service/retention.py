"""Texts that a house keeps no longer: reasons, statements and findings, never entries."""

from __future__ import annotations

from cheget.chain.fields import duration
from cheget.order.documents import Attestation
from cheget.order.envelope import KINDS
from cheget.order.papers import open_envelope
from cheget.order.reviews import is_unsettled
from cheget.service.amending import law_state
from cheget.service.counter import LocalCounter
from cheget.service.house import House, setting
from cheget.service.standing import time_of
from cheget.service.store import Log, Reading

TEXTS = ("reason", "statement", "finding")
LOGS: tuple[Log, Log] = ("orders", "law")


def retention_of(house: House) -> int | None:
    """For how many seconds a house keeps texts; None: for ever."""
    return setting(house, "retention", duration, None)


def texts_before(desk: LocalCounter, instant: int) -> list[str]:
    """The digests of texts that were logged before an instant, in seconds, and are still there.

    Not of what somebody still has to decide on: open orders and amendments, emergencies that
    nobody has reviewed, attestations in force.
    """
    now = desk.clock.now()
    undecided = {one.digest for one in desk.orders() if one.state == "open" or is_unsettled(one)}

    def work(tx: Reading) -> list[str]:
        waiting = undecided | {
            one.digest for one in law_state(tx).open if now < one.document.decide_by
        }
        found = []
        for log in LOGS:
            for entry in (one for kind in sorted(KINDS) for one in tx.of_kind(log, kind)):
                document = open_envelope(entry.envelope).unverified
                in_force = isinstance(document, Attestation) and now < document.until
                subject = getattr(document, "order", getattr(document, "subject", entry.digest))
                if time_of(entry.leaf) < instant and subject not in waiting and not in_force:
                    found += [getattr(document, name) for name in TEXTS if hasattr(document, name)]
        return list(tx.texts(found))

    return desk.store.read(work)
