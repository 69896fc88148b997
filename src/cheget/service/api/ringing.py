"""The bell beside an application: a thread of its own, counted and logged."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, Counter

from cheget.errors import ChegetError
from cheget.service.counter import LocalCounter
from cheget.service.house import House
from cheget.service.notices.bell import Bell, Outcome
from cheget.service.notices.opening import Configured, bell_of

EVERY = 2.0  # seconds between looks at the log
IDLE = 15.0  # seconds after which time alone may have made something due
PATIENCE = 5.0  # seconds that a round may still take when the service stops


@contextmanager
def ringing(
    house: House, counter: LocalCounter, origin: str, registry: CollectorRegistry,
    every: float = EVERY,
) -> Iterator[Bell]:  # fmt: skip
    """Ring while the block runs.

    Args:
        house: Whose ``house.yaml`` says who is woken.
        counter: Its desk.
        origin: Where it is served.
        registry: That of the application's metrics.
        every: Seconds between looks at the log.

    Raises:
        ChainFileError: ``notices`` is wrong; nothing is served that would wake nobody.
    """
    log = structlog.get_logger("cheget")
    counted = Counter(
        "cheget_notices_total", "Notices by channel, and what came of them.",
        ["channel", "outcome"], registry=registry,
    )  # fmt: skip

    def tell(outcome: Outcome) -> None:
        cause, channel = outcome.notice.cause, outcome.notice.step.channel
        counted.labels(channel, outcome.said).inc()
        facts = {"fault": outcome.fault} if outcome.fault else {}
        log.info("notice", channel=channel, kind=cause.kind, order=cause.order,
                 outcome=outcome.said, whom=cause.whom, **facts)  # fmt: skip

    settings = Configured(house, lambda fault: log.error("notices", fault=fault))
    bell = bell_of(house, counter, settings, origin, tell)
    thread = threading.Thread(target=_ring, args=(bell, counter, every, log), daemon=True)
    thread.start()
    try:
        yield bell
    finally:
        bell.stopping.set()
        thread.join(PATIENCE)
        if not thread.is_alive():  # else the process ends, and what was claimed is tried again
            bell.close()


def _ring(bell: Bell, counter: LocalCounter, every: float, log: Any) -> None:  # noqa: ANN401
    seen, idle = -1, 0.0
    while not bell.stopping.is_set():
        try:
            size = counter.head("orders").size
            if size != seen or idle >= IDLE:
                bell.round()
                seen, idle = size, 0.0
        except ChegetError as error:  # a store that is away is back one day
            log.warning("notices", fault=str(error))
        except Exception:  # a fault of ours must not end it either
            log.exception("notices")
        bell.stopping.wait(every)
        idle += every
