"""An order as a verb shows it: verified against what this client pins, with its receipts."""

from __future__ import annotations

from cheget.cli.context import Pins, now, pins_of
from cheget.client.view import View, look
from cheget.order.counter import Counter

__all__ = ["View", "view"]


def view(desk: Counter, order: str, pins: Pins | None = None) -> View:
    """The order, asked of the desk and verified here.

    Raises:
        VerificationError: the desk shows something that does not verify.
    """
    return look(desk, order, pins or pins_of(desk), now, desk.receipts(order))
