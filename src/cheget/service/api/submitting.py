"""Writing: signed documents, taken by the desk's own methods, acknowledged once and again."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from cheget.audit.instant import to_text
from cheget.errors import MalformedDocumentError, StoreError
from cheget.order.charter import read_charter
from cheget.order.draft import salted
from cheget.order.envelope import digest
from cheget.order.papers import Filed, open_envelope
from cheget.order.proceeding import Acknowledgement
from cheget.order.session import WINDOW
from cheget.service.api.bodies import (
    Acknowledged,
    Drawn,
    Holds,
    Opened,
    SeenNote,
    Submitted,
    SubmittedAnswer,
    SubmittedLaw,
    SubmittedOrder,
    Token,
)
from cheget.service.api.door import AtDoor, FrontDoor, heard
from cheget.service.api.limiting import STOPS
from cheget.service.counter import LocalCounter
from cheget.service.shown import inclusion
from cheget.service.store import Log, Reading

router = APIRouter(prefix="/v1")

ANSWERS = {
    "refusal": LocalCounter.refuse, "question": LocalCounter.ask, "review": LocalCounter.review,
    "countermand": LocalCounter.countermand, "attestation": LocalCounter.attest,
}  # fmt: skip


def opened(submitted: Submitted, request: Request, door: AtDoor) -> Filed:
    """The document as sent, opened, and counted against whoever sent it."""
    try:
        filed = open_envelope(submitted.stored)
    except MalformedDocumentError:
        door.limits.reading(request)
        raise
    return heard(request, filed)


@router.post("/nonces", status_code=201)
def draw(request: Request, door: AtDoor) -> Drawn:
    """Draw what a session answers, good for a minute."""
    door.limits.reading(request)
    until = door.counter.clock.now() + WINDOW
    return Drawn(
        nonce=door.sessions.nonce(), deployment=door.counter.charter.deployment,
        until=to_text(until),
    )  # fmt: skip


@router.post("/sessions", status_code=201)
def begin(body: Opened, request: Request, door: AtDoor) -> Token:
    """Show a signed session, and read from now on."""
    door.limits.reading(request)
    token, reader, until = door.sessions.open(body.envelope.encode())
    return Token(token=token, who=reader.who, role=reader.role, until=to_text(until))


@router.post("/seen")
def seen(body: SeenNote, request: Request, door: AtDoor) -> Holds:
    """Show a checkpoint that this log's key signed. One that the log lacks halts the house."""
    door.limits.reading(request)
    door.hearing.note(body.log, body.note.encode())
    return Holds()


@router.post("/orders", status_code=201)
def transmit(body: SubmittedOrder, request: Request, door: AtDoor) -> Acknowledged:
    """Transmit an order."""
    opened(body, request, door)
    done = door.counter.transmit(
        body.stored, body.executors, body.salted, body.contents, body.handed
    )
    return acknowledged(door, "orders", "order", done)


@router.post("/answers", status_code=201)
def answer(body: SubmittedAnswer, request: Request, door: AtDoor) -> Acknowledged:
    """Concur, refuse, ask, countermand, review; attest to a condition."""
    kind = opened(body, request, door).envelope.kind
    if kind == "concurrence":
        done = door.counter.concur(body.stored, body.salted, body.handed)
        return acknowledged(door, "orders", kind, done)
    method = ANSWERS.get(kind)
    if method is None:
        raise MalformedDocumentError(f"a {kind} answers no order")
    return acknowledged(door, "orders", kind, method(door.counter, body.stored, body.salted))


@router.post("/receipts", status_code=201)
def receive(body: Submitted, request: Request, door: AtDoor) -> Acknowledged:
    """Hand in an executor's receipt."""
    opened(body, request, door)
    return acknowledged(door, "orders", "receipt", door.counter.receive(body.stored))


@router.post("/law", status_code=201)
def enact(body: SubmittedLaw, request: Request, door: AtDoor) -> Acknowledged:
    """Propose an amendment; agree to one, refuse it, take it back; revoke a key; be away."""
    filed = opened(body, request, door)
    known = door.counter.store.read(lambda tx: tx.find("law", filed.envelope.digest))
    if known is None:
        # An absence has no reason: nothing lies beside it.
        text = body.salted[0] if body.salted else salted("", bytes(16))
        if filed.envelope.kind != "amendment":
            door.counter.answer(body.stored, text)
        elif body.charter is None:
            raise MalformedDocumentError("an amendment without the charter that it proposes")
        else:
            payload = body.charter.encode(errors="replace")
            charter = read_charter(payload)
            if charter.digest != digest("charter", payload):
                raise MalformedDocumentError("the charter is not in its canonical form")
            enrolments = [one.encode() for one in body.enrolments]
            door.counter.propose(charter, enrolments, body.stored, text)
    return _enacted(door, filed)


def _enacted(door: FrontDoor, filed: Filed) -> Acknowledged:
    wanted = filed.envelope.digest
    position = door.counter.store.read(lambda tx: getattr(tx.find("law", wanted), "position", None))
    if position is None:
        raise StoreError("what was committed cannot be read back")
    note = door.counter.checkpoint("law")
    done = Acknowledgement(position, wanted, "kept", note)
    return acknowledged(door, "law", filed.envelope.kind, done)


def acknowledged(door: FrontDoor, log: Log, kind: str, done: Acknowledgement) -> Acknowledged:
    """The acknowledgement as it is sent; of a stop with the proof that the log holds it."""
    door.metrics.taken(kind, done)
    beside: dict[str, Any] = {}
    if kind in STOPS:
        size = int(done.checkpoint.split(b"\n")[1])

        def proof(tx: Reading) -> dict[str, Any]:
            leaf = tx.leaves(log, done.position, done.position + 1)[0]
            path = inclusion(tx, log, done.position, size)
            return {"leaf": leaf.decode(), "path": [one.hex() for one in path]}

        beside = door.counter.store.read(proof)
    return Acknowledged(
        digest=done.digest, log=log, position=done.position, effect=done.effect,
        checkpoint=done.checkpoint.decode(), **beside,
    )  # fmt: skip
