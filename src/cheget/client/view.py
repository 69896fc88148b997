"""An order as a client sees it: verified against what it pins, before it is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from cheget.errors import StoppedError
from cheget.order.documents import Receipt
from cheget.order.fields import Head
from cheget.order.fold import at_instant
from cheget.order.papers import Papers, decode_papers
from cheget.order.proceeding import Proceeding
from cheget.order.verify import Pinned, Verified, explain_papers


class Pins(Protocol):
    """What a client trusted first, and the heads that it has seen, kept durably."""

    @property
    def pinned(self) -> Pinned:
        """What is verified against."""
        ...

    @property
    def notes(self) -> Mapping[str, str]:
        """The last checkpoint of each log that verified: proof of what the log's key signed."""
        ...

    def keep(self, orders: Head | None, law: Head) -> None:
        """Remember heads that verified."""
        ...

    def keep_notes(self, notes: Mapping[str, bytes]) -> None:
        """Remember checkpoints that verified."""
        ...


class Asked(Protocol):
    """Whoever has papers."""

    def papers(self, order: str, *, law: Head | None = None, orders: Head | None = None) -> bytes:
        """An order with all that verifying it needs, for whoever holds these heads."""
        ...


@dataclass(frozen=True)
class View:
    """An order that verified. ``verified`` is None when it ended: nothing to concur with."""

    proceeding: Proceeding
    papers: Papers
    receipts: Sequence[Receipt]
    verified: Verified | None
    data: bytes


def look(
    asked: Asked, order: str, pins: Pins, now: Callable[[], int], receipts: Sequence[Receipt] = ()
) -> View:
    """The order, asked for and verified here.

    Raises:
        VerificationError: what is shown does not verify.
    """
    held = pins.pinned
    data = asked.papers(order, law=held.law, orders=held.orders)
    explanation = explain_papers(data, pinned=held, now=now())
    if explanation.error is not None and not isinstance(explanation.error, StoppedError):
        raise explanation.error
    orders, law = explanation.orders_head, explanation.law_head
    if orders is not None and law is not None:
        pins.keep(orders, law)
        papers = decode_papers(data)
        pins.keep_notes({"orders": papers.log.latest, "law": papers.law.latest})
    proceeding = explanation.proceeding
    assert proceeding is not None  # noqa: S101 - every step before the last has held
    return View(
        at_instant(proceeding, now()), decode_papers(data), receipts, explanation.verified, data
    )
