"""A house's counter over the network: the same questions as at its desk, answers verified here."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import cached_property
from typing import Any, Literal, cast

from cheget.audit.checkpoint import verify_checkpoint
from cheget.client.source import held
from cheget.client.transport import Origin, json_of, part
from cheget.client.view import Pins, look
from cheget.errors import (
    BadSignatureError,
    ChegetError,
    GoneBackError,
    LogError,
    MalformedDocumentError,
    VerificationError,
)
from cheget.order.charter import Charter, read_charter
from cheget.order.documents import Receipt
from cheget.order.envelope import digest
from cheget.order.fields import DIGEST, Head, Text
from cheget.order.follow import LawEntry, LawState, follow
from cheget.order.keys import PublicKey, verify
from cheget.order.law import read_law
from cheget.order.papers import Filed, LogPart, decode_law, decode_papers, open_envelope
from cheget.order.proceeding import Acknowledgement, Effect, Proceeding

Log = Literal["orders", "law"]


class RemoteCounter:
    """A desk at an origin. One thread's."""

    def __init__(
        self,
        origin: Origin,
        pins: Callable[[Charter, Sequence[bytes]], Pins],
        now: Callable[[], int],
    ) -> None:
        """Ask at ``origin``; ``pins`` gives what this client pins of the charters it is shown."""
        self._origin, self._pins_of, self._now = origin, pins, now

    @cached_property
    def _charters(self) -> tuple[Charter, list[bytes]]:
        found = self._origin.get_json("/v1/charters")
        try:
            payloads = [one.encode() for one in found["charters"]]
            wanted = DIGEST.read(found["holds"])
        except (KeyError, TypeError, AttributeError):
            raise MalformedDocumentError("the house shows no charters") from None
        for payload in payloads:
            if digest("charter", payload) == wanted:
                return read_charter(payload), payloads
        raise MalformedDocumentError("the house does not show the charter that it says holds")

    @cached_property
    def pins(self) -> Pins:
        """What this client pins of the house."""
        return self._pins_of(*self._charters)

    @property
    def charter(self) -> Charter:
        """The charter that is said to hold."""
        return self._charters[0]

    def charters(self) -> list[bytes]:
        """Every charter's bytes, the first and those proposed after it."""
        return self._charters[1]

    def transmit(
        self, order: bytes, executors: Sequence[str], texts: Sequence[Text] = (),
        files: Sequence[bytes] = (), shares: Sequence[bytes] = (),
    ) -> Acknowledgement:  # fmt: skip
        """Hand in an order."""
        return self._submit(
            "/v1/orders", order, texts, executors=list(executors),
            files=[base64.b64encode(one).decode() for one in files],
            shares=[one.hex() for one in shares],
        )  # fmt: skip

    def concur(
        self, stored: bytes, texts: Sequence[Text] = (), shares: Sequence[bytes] = ()
    ) -> Acknowledgement:
        """Hand in a concurrence; or, without shares, another answer."""
        handed = [one.hex() for one in shares]
        return self._submit("/v1/answers", stored, texts, **({"shares": handed} if shares else {}))

    refuse = ask = review = countermand = attest = concur

    def serials(self, executor: str, action: str) -> tuple[list[int], list[int]]:
        """The serials that were dealt, and those of them that no order has claimed."""
        found = self._origin.get_json(f"/v1/executors/{part(executor)}/seals/{part(action)}")
        try:
            return [int(one) for one in found["dealt"]], [int(one) for one in found["unused"]]
        except (KeyError, TypeError, ValueError):
            raise MalformedDocumentError("the house shows no serials") from None

    def dealt(self, executor: str, action: str, serial: int) -> bytes:
        """What a ceremony left for members, of one serial."""
        return self._origin.get(f"/v1/executors/{part(executor)}/seals/{part(action)}/{serial}")

    def receive(self, stored: bytes) -> Acknowledgement:
        """Hand in a receipt."""
        return self._submit("/v1/receipts", stored, ())

    def propose(
        self, charter: Charter, enrolments: Sequence[bytes], stored: bytes, text: Text
    ) -> LawState:
        """Hand in an amendment."""
        self._submit(
            "/v1/law", stored, [text], charter=charter.payload.decode(),
            enrolments=[one.decode() for one in enrolments],
        )  # fmt: skip
        return self._followed()

    def answer(self, stored: bytes, text: Text) -> LawState:
        """Hand in what else the law log takes.

        Whoever gives up the key by which they read can't read what came of it: then it is what
        the law as it was read before makes of it.
        """
        filed = open_envelope(stored)
        before = self._followed() if filed.envelope.kind == "revocation" else None
        done = self._submit("/v1/law", stored, [text])
        if before is not None:
            return follow(before, LawEntry(done.position, self._now(), filed))
        return self._followed()

    def listed(self) -> list[str]:
        """The digests of all orders, as the house lists them."""
        return list(self._listed(only_open=False))

    def orders(self, *, only_open: bool = False) -> list[Proceeding]:
        """Every order with its state, each verified."""
        found = [self.proceeding(one) for one in self._listed(only_open=only_open)]
        return [one for one in found if not only_open or one.ending is None]

    def proceeding(self, order: str) -> Proceeding:
        """An order's state at this instant, verified."""
        return look(self, order, self.pins, self._now).proceeding

    def papers(self, order: str, *, law: Head | None = None, orders: Head | None = None) -> bytes:
        """An order with all that verifying it needs."""
        return self._get(f"/v1/orders/{part(order)}/papers", law=held(law), orders=held(orders))

    def code(
        self, order: str, executor: str, *, law: Head | None = None, orders: Head | None = None
    ) -> bytes:
        """The authorization code of one executor."""
        path = f"/v1/orders/{part(order)}/codes/{part(executor)}"
        return self._get(path, law=held(law), orders=held(orders))

    def head_at(self, size: int) -> Head:
        """The head of the orders log at a size, as the house says it was."""
        return _head(self._origin.get_json(f"/v1/heads/{size}"))

    def executors(self, order: str) -> tuple[str, ...]:
        """The executors that an order names, verified against the order."""
        address = decode_papers(look(self, order, self.pins, self._now).data).address
        return address if isinstance(address, tuple) else ()

    def receipts(self, order: str) -> list[Receipt]:
        """The last receipt of each executor that sent one, each signed by it.

        By a key of the charter that is pinned, or of one that the law log leads to from it: what
        the house says that holds is no charter to verify by.

        Raises:
            MalformedDocumentError: it is no receipt for the order, or of whom nobody knows.
            BadSignatureError: no key that the executor had signed it.
        """
        found, charters = [], None
        for stored in self.receipt_envelopes(order):
            charters = charters or self._charters_followed()
            filed = open_envelope(stored)
            receipt = filed.unverified
            if not isinstance(receipt, Receipt) or receipt.order != order:
                raise MalformedDocumentError("the house shows what is no receipt for the order")
            held = [one.executors.get(receipt.executor) for one in charters]
            keys = dict.fromkeys(key for key in held if key is not None)
            if not keys or receipt.deployment != charters[0].deployment:
                raise MalformedDocumentError(f"a receipt of {receipt.executor}, whom nobody knows")
            if not any(_is_signed(key, filed) for key in keys):
                raise BadSignatureError(f"the receipt is not signed by {receipt.executor}")
            found.append(receipt)
        return found

    def receipt_envelopes(self, order: str) -> list[bytes]:
        """The same receipts in their envelopes, as the house shows them."""
        return list(self._envelopes(f"/v1/orders/{part(order)}/receipts"))

    def attestations(self) -> list[bytes]:
        """The attestations that nobody took back, as the house shows them."""
        return list(self._envelopes("/v1/attestations"))

    def law(self, held_: Head | None = None) -> LogPart:
        """The law log, as it is shown to whoever holds that head of it."""
        orders = held(self.pins.pinned.orders)
        return decode_law(self._get("/v1/law", held=held(held_), orders=orders))

    def head(self, log: Log) -> Head:
        """The log's size and root, by its signed checkpoint."""
        return self._checked(log, self._origin.get(f"/v1/checkpoints/{log}"))

    def _get(self, path: str, **query: object) -> bytes:
        """What is asked with the heads that are held; a house that lacks one is shown the proof."""
        try:
            return self._origin.get(path, wait=0, **query)
        except GoneBackError:
            for log, note in self.pins.notes.items():
                with suppress(ChegetError):  # it says no to what it lacks
                    self._origin.post("/v1/seen", {"log": log, "note": note})
            raise

    def _submit(
        self, path: str, stored: bytes, texts: Sequence[Text], **more: object
    ) -> Acknowledgement:
        filed = open_envelope(stored)
        value = {"envelope": stored.decode(), "texts": [one.to_json() for one in texts], **more}
        said = self._origin.post(path, value)
        try:
            log, position = cast("Log", str(said["log"])), int(said["position"])
            note, effect = str(said["checkpoint"]).encode(), cast("Effect", str(said["effect"]))
        except (KeyError, TypeError, ValueError):
            raise MalformedDocumentError("the origin's answer is no acknowledgement") from None
        if self._checked(log, note).size <= position:
            raise LogError("acknowledged by a checkpoint that does not reach the entry")
        order = getattr(filed.unverified, "order", filed.envelope.digest)
        order = getattr(filed.unverified, "subject", order)
        proceeding = None
        if path in {"/v1/orders", "/v1/answers"} and filed.envelope.kind != "attestation":
            proceeding = self._with(order, filed.envelope.digest, filed.envelope.kind)
        return Acknowledgement(position, filed.envelope.digest, effect, note, proceeding)

    def _with(self, order: str, digest_: str, kind: str) -> Proceeding | None:
        """The order as the log shows it now, only if what was acknowledged is in it."""
        if kind == "countermand" and order not in self.listed():
            return None  # of an attestation
        seen = look(self, order, self.pins, self._now)
        if all(open_envelope(one).envelope.digest != digest_ for one in seen.papers.log.envelopes):
            raise LogError("acknowledged, and not in the log that is shown")
        return seen.proceeding

    def _charters_followed(self) -> list[Charter]:
        """The charter that is pinned, and every one that the law log leads to from it."""
        pinned = self.pins.pinned
        _, state = read_law(pinned.charter, self.law(pinned.law), pinned.law)
        return [pinned.charter, *(one.charter for one in state.events if one.charter is not None)]

    def _followed(self) -> LawState:
        for name in ("_charters", "pins"):
            self.__dict__.pop(name, None)
        pinned = self.pins.pinned
        shown = self.law(pinned.law)
        point, state = read_law(pinned.charter, shown, pinned.law)
        self.pins.keep(None, Head(point.size, point.root.hex()))
        self.pins.keep_notes({"law": shown.latest})
        return state

    def _checked(self, log: Log, note: bytes) -> Head:
        terms = self.pins.pinned.charter.terms
        key = terms.orders if log == "orders" else terms.law
        point = verify_checkpoint(note, origin=key.origin, key=key.key)
        return Head(point.size, point.root.hex())

    def _listed(self, *, only_open: bool) -> Iterator[str]:
        after: object = -1
        pinned = self.pins.pinned  # shown though nobody needs it: a house that has gone back hears
        while after is not None:
            page = json_of(self._get(
                "/v1/orders", after=after, open=str(only_open).lower(),
                law=held(pinned.law), orders=held(pinned.orders),
            ))  # fmt: skip
            try:
                yield from [DIGEST.read(one["order"]) for one in page["orders"]]
                following = page["next"]
            except (KeyError, TypeError):
                raise MalformedDocumentError("the house lists no orders") from None
            if following is not None and not following > after:
                raise MalformedDocumentError("the origin's list has no end")
            after = following

    def _envelopes(self, path: str) -> Iterator[bytes]:
        found = self._origin.get_json(path)
        try:
            yield from [one.encode() for one in found["envelopes"]]
        except (KeyError, TypeError, AttributeError):
            raise MalformedDocumentError("the house shows no envelopes") from None


def _head(value: Any) -> Head:  # noqa: ANN401 - from outside
    try:
        return Head(int(value["size"]), DIGEST.read(value["root"]))
    except (KeyError, TypeError, ValueError, VerificationError):
        raise MalformedDocumentError("the house shows no head") from None


def _is_signed(key: PublicKey, filed: Filed) -> bool:
    try:
        verify(key, filed.envelope.signed_bytes, filed.envelope.signature)
    except BadSignatureError:
        return False
    return True
