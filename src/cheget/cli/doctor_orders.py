"""A look at the orders: what is due soon, who has as many open as one may, what nobody reviewed."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterator
from typing import TYPE_CHECKING

from cheget.audit.instant import to_text
from cheget.cli.finding import Finding, looked, mind, well, wrong
from cheget.cli.plain import now
from cheget.order.documents import order_name
from cheget.order.reviews import asked
from cheget.report.wording import count

if TYPE_CHECKING:
    from cheget.order.counter import Counter
    from cheget.order.proceeding import Proceeding

LATE = 0.9  # of the time to decide, gone by
NEAR = 0.8  # of the orders that one may have open


def orders(desk: Counter, cap: int | None) -> Iterator[Finding]:
    """The orders; ``cap``: how many of one originator may be open, where that is known."""
    yield from looked("orders", lambda: _orders(desk.orders(), cap))


def _orders(found: list[Proceeding], cap: int | None) -> Iterator[Finding]:
    waiting = [one for one in found if one.state == "open"]
    yield well("orders", f"{count(len(found), 'order')}, {len(waiting)} open")
    for one in waiting:
        order = one.order
        if now() > order.transmitted_at + LATE * (order.decide_by - order.transmitted_at):
            assert one.pending is not None  # noqa: S101 - it is open
            says = f"{order_name(one.digest)} expires {to_text(order.decide_by)}"
            yield mind("orders", says, f"it waits at {one.pending.level.id}; cheget inbox")
    for who, number in Tally(one.order.originator for one in waiting).items():
        if cap is not None and number >= NEAR * cap:
            do = "countermand what nobody answers; open-orders in house.yaml"
            yield mind("orders", f"{who} has {number} open, of {cap} that one may have", do)
    for one in found:
        review = asked(one)
        if review is not None and review.standing(now()) == "overdue":
            says = f"the emergency {order_name(one.digest)} was not reviewed in time"
            yield wrong("review", says, "cheget review, by whoever is asked to")
