"""An order as a client sees it: verified against what it pins, before it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cheget.cli.context import Pins, now, pins_of
from cheget.errors import StoppedError
from cheget.order.documents import Receipt
from cheget.order.fold import at_instant
from cheget.order.papers import Papers, decode_papers
from cheget.order.proceeding import Proceeding
from cheget.order.verify import Verified, explain_papers
from cheget.service.desk import Desk


@dataclass(frozen=True)
class View:
    """An order that verified. ``verified`` is None when it ended: nothing to concur with."""

    proceeding: Proceeding
    papers: Papers
    receipts: Sequence[Receipt]
    verified: Verified | None
    data: bytes


def view(desk: Desk, order: str, pins: Pins | None = None) -> View:
    """The order, asked of the desk and verified here.

    Raises:
        VerificationError: the desk shows something that does not verify.
    """
    pins = pins or pins_of(desk)
    held = pins.pinned
    data = desk.papers(order, law=held.law, orders=held.orders)
    explanation = explain_papers(data, pinned=held, now=now())
    if explanation.error is not None and not isinstance(explanation.error, StoppedError):
        raise explanation.error
    orders, law = explanation.orders_head, explanation.law_head
    if orders is not None and law is not None:
        pins.keep(orders, law)
    proceeding = explanation.proceeding
    assert proceeding is not None  # noqa: S101 - every step before the last has held
    return View(
        at_instant(proceeding, now()), decode_papers(data), desk.receipts(order),
        explanation.verified, data,
    )  # fmt: skip
