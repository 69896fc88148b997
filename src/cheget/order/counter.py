"""What a client asks of a house: of its desk on this machine, or over the network.

Verbs are written once, over this. Whoever answers is trusted with nothing that a client can
verify for itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

from cheget.order.charter import Charter
from cheget.order.documents import Receipt
from cheget.order.fields import Head, Text
from cheget.order.follow import LawState
from cheget.order.papers import LogPart
from cheget.order.proceeding import Acknowledgement, Proceeding


class Counter(Protocol):
    """Where documents are handed in and papers are asked for."""

    @property
    def charter(self) -> Charter:
        """The charter that is said to hold: to be followed from the one that is pinned."""
        ...

    def charters(self) -> list[bytes]:
        """Every charter's bytes, the first and those proposed after it."""
        ...

    def transmit(
        self, order: bytes, executors: Sequence[str], texts: Sequence[Text] = (),
        files: Sequence[bytes] = (), shares: Sequence[bytes] = (),
    ) -> Acknowledgement:  # fmt: skip
        """Hand in an order, with its originator's shares for sealed executors."""
        ...

    def concur(
        self, stored: bytes, texts: Sequence[Text] = (), shares: Sequence[bytes] = ()
    ) -> Acknowledgement:
        """Hand in a concurrence, with its shares for sealed executors."""
        ...

    def serials(self, executor: str, action: str) -> tuple[list[int], list[int]]:
        """The serials that were dealt, and those of them that no order has claimed."""
        ...

    def dealt(self, executor: str, action: str, serial: int) -> bytes:
        """What a ceremony left for members, of one serial."""
        ...

    def refuse(self, stored: bytes, texts: Sequence[Text] = ()) -> Acknowledgement:
        """Hand in a refusal."""
        ...

    def ask(self, stored: bytes, texts: Sequence[Text] = ()) -> Acknowledgement:
        """Hand in a question."""
        ...

    def review(self, stored: bytes, texts: Sequence[Text] = ()) -> Acknowledgement:
        """Hand in a review."""
        ...

    def countermand(self, stored: bytes, texts: Sequence[Text] = ()) -> Acknowledgement:
        """Hand in a countermand of an order or of an attestation."""
        ...

    def attest(self, stored: bytes, texts: Sequence[Text] = ()) -> Acknowledgement:
        """Hand in an attestation."""
        ...

    def propose(
        self, charter: Charter, enrolments: Sequence[bytes], stored: bytes, text: Text
    ) -> LawState:
        """Hand in an amendment, with the charter it proposes and the enrolments of new keys."""
        ...

    def answer(self, stored: bytes, text: Text) -> LawState:
        """Hand in what else the law log takes: agreement, refusal, revocation, absence."""
        ...

    def orders(self, *, only_open: bool = False) -> list[Proceeding]:
        """Every order with its state, in log order; ``only_open``: those that have not ended."""
        ...

    def listed(self) -> list[str]:
        """The digests of all orders, in log order."""
        ...

    def proceeding(self, order: str) -> Proceeding:
        """An order's state at this instant."""
        ...

    def papers(self, order: str, *, law: Head | None = None, orders: Head | None = None) -> bytes:
        """An order with all that verifying it needs, for whoever holds these heads."""
        ...

    def code(
        self, order: str, executor: str, *, law: Head | None = None, orders: Head | None = None
    ) -> bytes:
        """The authorization code of one executor, for whoever holds these heads."""
        ...

    def head_at(self, size: int) -> Head:
        """The head of the orders log at a size that it has reached."""
        ...

    def executors(self, order: str) -> tuple[str, ...]:
        """The executors that an order names."""
        ...

    def receipts(self, order: str) -> list[Receipt]:
        """The last receipt of each executor that sent one for the order."""
        ...

    def receipt_envelopes(self, order: str) -> list[bytes]:
        """The same receipts in their envelopes, for whoever judges them alone."""
        ...

    def attestations(self) -> list[bytes]:
        """The attestations that nobody took back, as envelopes."""
        ...

    def law(self, held: Head | None = None) -> LogPart:
        """The law log, as it is shown to whoever holds that head of it."""
        ...

    def head(self, log: Literal["orders", "law"]) -> Head:
        """The log's size and root as committed now."""
        ...
