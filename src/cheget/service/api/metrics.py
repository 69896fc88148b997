"""What an operator watches: orders by state, time at each level, refusals, what did not verify."""

from __future__ import annotations

from collections import Counter as Tally

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from cheget.order.proceeding import Acknowledgement
from cheget.service.counter import LocalCounter
from cheget.service.rollback import HaltedStore

SPANS = (10, 60, 300, 900, 3600, 4 * 3600, 12 * 3600, 24 * 3600, 7 * 24 * 3600)


class Metrics:
    """Counters of this replica, and gauges that are read off the log when they are asked for."""

    def __init__(self, counter: LocalCounter) -> None:
        """Watch the house at ``counter``."""
        self._counter = counter
        self.registry = CollectorRegistry()
        self._documents = Counter(
            "cheget_documents_total", "Documents taken, by kind and effect.", ["kind", "effect"],
            registry=self.registry,
        )  # fmt: skip
        self._faults = Counter(
            "cheget_verification_failures_total", "What did not verify, by kind of fault.",
            ["fault"], registry=self.registry,
        )  # fmt: skip
        self._requests = Histogram(
            "cheget_request_seconds", "Time to answer.", ["method", "route", "status"],
            registry=self.registry,
        )  # fmt: skip
        self._orders = Gauge("cheget_orders", "Orders by state.", ["state"], registry=self.registry)
        self._waiting = Gauge(
            "cheget_orders_waiting", "Open orders by the level that is asked.", ["chain", "level"],
            registry=self.registry,
        )  # fmt: skip
        self._levels = Histogram(
            "cheget_level_seconds", "From the entry that opened a level to the one that passed it.",
            ["chain", "level"], buckets=SPANS, registry=self.registry,
        )  # fmt: skip

        self._lacking = Counter(
            "cheget_heads_lacking_total", "Heads that a client holds and the log does not have.",
            ["log"], registry=self.registry,
        )  # fmt: skip
        self._halted = Gauge(
            "cheget_halted", "1 while a restored house waits for its operator's decision.",
            registry=self.registry,
        )  # fmt: skip
        self._halted.set(isinstance(counter.store, HaltedStore))

    def halt(self) -> None:
        """The house was found to have gone back."""
        self._halted.set(1)

    def lacking(self, log: str) -> None:
        """Somebody showed a head that the log does not have."""
        self._lacking.labels(log).inc()

    def taken(self, kind: str, done: Acknowledgement) -> None:
        """A document was acknowledged."""
        self._documents.labels(kind, done.effect).inc()
        proceeding = done.proceeding
        if kind != "concurrence" or proceeding is None:
            return
        for rung in proceeding.rungs:
            last = rung.counted[-1] if rung.counted else None
            if last is not None and last.digest == done.digest and rung.is_complete:
                span = max(0, last.answered_at - rung.opened_at)
                self._levels.labels(proceeding.law.chain.id, rung.level.id).observe(span)

    def failed(self, fault: str) -> None:
        """Something did not verify."""
        self._faults.labels(fault).inc()

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request was answered."""
        self._requests.labels(method, route, str(status)).observe(seconds)

    def text(self) -> bytes:
        """All of it, in Prometheus' form."""
        orders = self._counter.orders()
        self._orders.clear()
        self._waiting.clear()
        for state, number in Tally(one.state for one in orders).items():
            self._orders.labels(state).set(number)
        pending = [(one.law.chain.id, one.pending.level.id) for one in orders if one.pending]
        for (chain, level), number in Tally(pending).items():
            self._waiting.labels(chain, level).set(number)
        return generate_latest(self.registry)
