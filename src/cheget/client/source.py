"""A house as an executor asks it over the network: its own codes, from the heads that it holds."""

from __future__ import annotations

from collections.abc import Sequence

from cheget.client.transport import Origin, part
from cheget.errors import (
    AwayError,
    GoneBackError,
    MalformedDocumentError,
    NotAcceptedError,
    VerificationError,
)
from cheget.order.fields import DIGEST, Head
from cheget.order.papers import unverified_order


class HouseSource:
    """One origin among the places that an executor asks. It is trusted with nothing."""

    def __init__(self, origin: Origin) -> None:
        """Ask at ``origin``."""
        self._origin, self._due = origin, 0
        self._held: dict[str, str | None] = {}  # the heads that were held last

    def codes(self, executor: str, orders: Head | None, law: Head | None) -> Sequence[bytes]:
        """The codes of released orders that name this executor and may still matter to it."""
        try:
            self._held = {"orders": held(orders), "law": held(law)}
            digests = self._listed(executor)
            self._due = len(digests)
            return [self._code(one, executor, orders, law) for one in digests]
        except (VerificationError, NotAcceptedError, GoneBackError) as error:
            # A house that answers nonsense is one that does not answer: others may.
            raise AwayError(f"{self._origin.origin}: {error}", hint=error.hint) from error

    def _code(self, order: str, executor: str, orders: Head | None, law: Head | None) -> bytes:
        path = f"/v1/orders/{order}/codes/{part(executor)}"
        code = self._origin.get(path, orders=held(orders), law=held(law))
        if unverified_order(code) != order:
            raise MalformedDocumentError("a code of another order than the one asked for")
        return code

    def pause(self, executor: str, seconds: int) -> None:
        """Wait until something is due, or so many seconds; where something is, not at all."""
        if not self._due:
            self._listed(executor, seconds)

    def _listed(self, executor: str, wait: int = 0) -> list[str]:
        path = f"/v1/executors/{part(executor)}/orders"
        # Shown each time, codes or none: a house that has gone back is to hear of it.
        found = self._origin.get_json(path, wait, wait_=wait, **self._held)
        try:
            return [DIGEST.read(one) for one in found["orders"]]
        except (KeyError, TypeError):
            raise MalformedDocumentError("the house lists no orders") from None

    def stops(self) -> Sequence[bytes]:
        """None beside those that the codes hold."""
        return ()

    def deliver(self, receipt: bytes) -> None:
        """Hand the receipt in, and have it logged."""
        self._origin.post("/v1/receipts", {"envelope": receipt.decode()})


def held(head: Head | None) -> str | None:
    """A head as a question says it."""
    return None if head is None else f"{head.size}:{head.root}"
