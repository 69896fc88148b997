"""Heads that clients show: whoever holds one that the log lacks is told, and so is the operator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cheget.audit.checkpoint import verify_checkpoint
from cheget.errors import BadSignatureError, GoneBackError
from cheget.order.documents import Concurrence, Receipt
from cheget.order.draft import AMEND
from cheget.order.fields import Head
from cheget.order.papers import Filed
from cheget.order.signatures import verify_signer
from cheget.service.api.metrics import Metrics
from cheget.service.counter import LocalCounter
from cheget.service.rollback import NOTE, HaltedStore, found_out, hear
from cheget.service.standing import verify_executor
from cheget.service.store import Log


class Hearing:
    """What one door hears."""

    def __init__(self, counter: LocalCounter, metrics: Metrics, log: Any) -> None:  # noqa: ANN401 - structlog's
        """Tell of the house at ``counter`` to its ``metrics``, and to ``log``."""
        self._counter, self._metrics, self._log = counter, metrics, log

    @property
    def halted(self) -> HaltedStore | None:
        """The store, where nothing is taken or signed before an operator decides."""
        store = self._counter.store
        return store if isinstance(store, HaltedStore) else None

    def heads(self, who: str, held: Mapping[Log, Head | None]) -> None:
        """The heads that a reader holds: return only if both logs have had them.

        Raises:
            GoneBackError: one hasn't; or the house is halted, and they were noted.
        """
        given = {log: head for log, head in held.items() if head is not None}
        lacking = [log for log, head in given.items() if not self._has(who, log, head)]
        for log in lacking:
            raise _lacks(log, given[log])
        if given and self.halted is not None:
            raise self.halted.fault()

    def note(self, log: Log, note: bytes) -> None:
        """A checkpoint that the log's own key signed: one that it lacks halts the house.

        Raises:
            LogError: it isn't signed by that key.
            GoneBackError: the log doesn't have it.
        """
        terms = self._counter.charter.terms
        key = terms.orders if log == "orders" else terms.law
        point = verify_checkpoint(note, origin=key.origin, key=key.key)
        head = Head(point.size, point.root.hex())
        if self._has(NOTE, log, head):
            return
        if self.halted is None:
            found = found_out(self._counter.store, log, head, self._counter.clock.now())
            if found is not None:
                self._counter.halt(found)
                self._metrics.halt()
                self._log.error("halted", why=found.fault().message, do=found.fault().hint)
        raise self.halted.fault() if self.halted is not None else _lacks(log, head)

    def document(self, filed: Filed) -> None:
        """Hear the heads that a document binds, if it is signed by whom it names."""
        document = filed.unverified
        heads: dict[Log, Head] = {}
        try:
            if isinstance(document, Concurrence):
                verify_signer(self._counter.usable().people, document.signer, filed.envelope)
                log: Log = "law" if document.level == AMEND else "orders"
                heads = {log: Head(document.size, document.root)}
            elif isinstance(document, Receipt):
                key = self._counter.usable().executors.get(document.executor)
                if key is not None:
                    verify_executor(key, filed)
                    heads = {"orders": document.orders, "law": document.law}
        except BadSignatureError:
            return
        for log, head in heads.items():
            self._has(document.signer, log, head)  # type: ignore[union-attr]

    def _has(self, who: str, log: Log, head: Head) -> bool:
        has = hear(self._counter.store, who, log, head)
        if not has:
            self._metrics.lacking(log)
            self._log.error("gone-back", who=who, log=log, size=head.size, root=head.root)
        return has


def _lacks(log: Log, head: Head) -> GoneBackError:
    return GoneBackError(
        f"you hold a head of the {log} log, at {head.size} entries, that it does not have: it has"
        " gone back, or the head is of another house",
        hint="tell its operator; keep what you hold, it is the proof",
    )
