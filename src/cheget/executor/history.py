"""What a journal says, asked in the executor's own words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

from cheget.errors import BadShareError
from cheget.executor.journal import Record
from cheget.order.circumstances import Act
from cheget.order.explanation import Explanation
from cheget.order.fields import Head


class Records(Protocol):
    """A journal's records: of one that is open, or of one that is only looked at."""

    @property
    def records(self) -> Sequence[Record]:
        """All of them."""
        ...

    def of_kind(self, *kinds: str) -> Iterator[Record]:
        """Those of some kinds, in order."""
        ...

    def of_order(self, order: str, *kinds: str) -> list[Record]:
        """Those about one order."""
        ...


@dataclass(frozen=True)
class Looked:
    """The records of a journal that somebody else may hold."""

    records: Sequence[Record]

    def of_kind(self, *kinds: str) -> Iterator[Record]:
        """Those of some kinds, in order."""
        return (record for record in self.records if record.kind in kinds)

    def of_order(self, order: str, *kinds: str) -> list[Record]:
        """Those about one order."""
        return [one for one in self.of_kind(*kinds) if one.facts.get("order") == order]


class History:
    """Questions to a journal."""

    def __init__(self, journal: Records) -> None:
        self._journal = journal

    def first_stored(self, order: str) -> int | None:
        """When a code of the order's release was first stored durably, in seconds."""
        # A reset journal has forgotten nothing that it holds; its tenure decides the rest.
        found = self._journal.of_order(order, "stored")
        return found[0].at if found else None

    def mark(self) -> int:
        """The highest time of the executor's own clock, or where a person set it anew."""
        mark = 0
        for record in self._journal.records:
            mark = record.at if record.kind == "clock" else max(mark, record.at)
        return mark

    def tenure(self) -> int | None:
        """The size of the orders log at which tenure began; None before it has."""
        tenure: int | None = None
        for record in self._journal.of_kind("tenure", "reset"):
            tenure = record.facts["orders"]["size"] if record.kind == "tenure" else None
        return tenure

    def outcomes(self, order: str) -> tuple[str, ...]:
        """The outcomes journaled for an order; ``intent`` for one begun and not ended."""
        outcomes: list[str] = []
        for record in self._journal.of_order(order, "intent", "outcome"):
            if record.kind == "intent":
                outcomes.append("intent")
            else:
                outcomes[-1] = _outcome(record)
        return tuple(outcomes)

    def outcome(self, order: str) -> Record | None:
        """The last outcome journaled for an order."""
        found = self._journal.of_order(order, "outcome")
        return found[-1] if found else None

    def serials(self) -> dict[tuple[str, int], str]:
        """The first order that claimed each serial shown here, by action and number."""
        found: dict[tuple[str, int], str] = {}
        for record in self._journal.of_kind("serial"):
            found.setdefault(
                (record.facts["action"], record.facts["serial"]), record.facts["order"]
            )
        return found

    def acts(self) -> tuple[Act, ...]:
        """Every act that was not a failure, for limits."""
        found = []
        for intent in self._journal.of_kind("intent"):
            ended = [
                r for r in self._journal.of_order(intent.facts["order"], "outcome")
                if r.count > intent.count
            ]  # fmt: skip
            if not ended or ended[0].facts["outcome"] not in {"failed", "refused"}:
                found.append(Act(intent.at, intent.facts["action"], intent.facts["parameters"]))
        return tuple(found)

    def head(self, log: str) -> Head | None:
        """The last head of a log that was journaled."""
        head: Head | None = None
        for record in self._journal.of_kind("stored", "intent", "tenure", "head"):
            if log in record.facts:
                head = Head(record.facts[log]["size"], record.facts[log]["root"])
        return head

    def receipts(self, order: str) -> int:
        """How many receipts were signed for an order."""
        return len(self._journal.of_order(order, "receipt"))

    def stops(self) -> tuple[bytes, ...]:
        """The stops that were shown, as envelopes."""
        return tuple(r.facts["envelope"].encode() for r in self._journal.of_kind("stop"))


def is_final(outcome: Record) -> bool:
    """Whether nothing retries the order; of failures, one with a bad share is final."""
    return _outcome(outcome) != "failed"


def _outcome(record: Record) -> str:
    spoiled = record.facts.get("fault") == BadShareError.__name__
    return "failed for good" if spoiled else cast("str", record.facts["outcome"])


def heads_of(explanation: Explanation) -> dict[str, Any]:
    """The heads of both logs that a code showed, as records have them."""
    heads = {"orders": explanation.orders_head, "law": explanation.law_head}
    return {
        log: {"root": head.root, "size": head.size}
        for log, head in heads.items()
        if head is not None
    }
