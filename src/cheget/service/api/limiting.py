"""How often somebody may ask. Stops by people who hold keys are never counted against anybody."""

from __future__ import annotations

from fastapi import Request
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from cheget.errors import BadSignatureError
from cheget.order.papers import Filed
from cheget.order.signatures import verify_signer
from cheget.service.api.problems import Problem
from cheget.service.api.settings import Settings
from cheget.service.counter import LocalCounter
from cheget.service.signed import verify_once
from cheget.service.store import Log

STOPS = frozenset({"refusal", "countermand", "revocation"})
LOGS: tuple[Log, Log] = ("orders", "law")


class Limits:
    """Windows that move, one for each address and for each signer, of this replica alone."""

    def __init__(self, counter: LocalCounter, settings: Settings) -> None:
        """Count for the house at ``counter``."""
        self._counter = counter
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._address = RateLimitItemPerMinute(settings.per_address)
        self._signer = RateLimitItemPerMinute(settings.per_signer)

    def reading(self, request: Request, who: str = "") -> None:
        """Count a request against ``who`` asks, by their session; else against its address.

        Raises:
            Problem: too many within a minute.
        """
        address = request.client.host if request.client is not None else "nobody"
        key = ("reader", who) if who else ("address", address)
        if not self._limiter.hit(self._address, *key):
            raise _too_many(f"too many requests by {who or 'this address'}")

    def writing(self, request: Request, filed: Filed) -> None:
        """Count a document against its address, and against its signer if they signed it.

        A stop that verifies passes, once: whoever floods the desk must not keep anybody from it,
        and whoever shows it again stops nothing.

        Raises:
            Problem: too many within a minute.
        """
        signer = getattr(filed.unverified, "signer", "")
        people = self._counter.usable().people
        try:
            verify_signer(people, signer, filed.envelope, verify_once)
        except BadSignatureError:
            self.reading(request)
            return
        if filed.envelope.kind in STOPS:
            if self._is_logged(filed.envelope.digest):
                self.reading(request)
            return
        self.reading(request)
        if not self._limiter.hit(self._signer, "signer", signer):
            raise _too_many(f"too many documents by {signer}")

    def _is_logged(self, digest: str) -> bool:
        return self._counter.store.read(
            lambda tx: any(tx.find(log, digest) is not None for log in LOGS)
        )


def _too_many(why: str) -> Problem:
    return Problem(429, "too-many", why, **{"Retry-After": "60"})
