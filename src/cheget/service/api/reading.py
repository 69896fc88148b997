"""Reading, for whoever may: orders and their papers, codes, both logs, what is new."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from cheget.audit.instant import to_text
from cheget.errors import NotAcceptedError, StoreError
from cheget.order.canonical import encode
from cheget.order.documents import order_name
from cheget.order.fields import Head
from cheget.order.ledgerfile import encode_ledger
from cheget.order.proceeding import Proceeding
from cheget.order.session import Reader
from cheget.service.api.bodies import (
    Charters,
    Digest,
    Due,
    Envelopes,
    Heads,
    Serials,
    Summaries,
    Summary,
)
from cheget.service.api.door import (
    AtDoor,
    FrontDoor,
    HeldHead,
    Since,
    Wait,
    head_of,
    may,
    not_yours,
    still_there,
)
from cheget.service.api.problems import Problem
from cheget.service.ledgers import read_ledger
from cheget.service.store import Log

router = APIRouter(prefix="/v1")

Member = Annotated[Reader, may("member")]
Looker = Annotated[Reader, may("member", "auditor")]
Watcher = Annotated[Reader, may("member", "auditor", "observer")]
Anybody = Annotated[Reader, may("member", "executor", "auditor", "observer")]
Whole = Annotated[Reader, may("member", "executor", "auditor")]
OrderId = Annotated[Digest, Path(description="an order's digest")]
Executor = Annotated[str, Path(pattern=r"^[a-z][a-z0-9-]{0,63}$")]
PAPERS = "application/vnd.cheget.papers+json"
LINES = "application/x-ndjson"


def raw(media_type: str) -> dict[int | str, dict[str, Any]]:
    """Of an answer that is no model: its type, in the description of the API."""
    return {200: {"description": "As it is.", "content": {media_type: {}}}}


async def grown(door: FrontDoor, since: int, wait: int) -> int:
    """The size of the log of orders, once it is beyond ``since`` or the wait is over."""
    return await door.changes.beyond(since, min(wait, door.settings.longest_wait))


@router.get("/orders")
async def orders(
    door: AtDoor, reader: Watcher,
    after: Annotated[int, Query(ge=-1, lt=2**53)] = -1,
    limit: Annotated[int | None, Query(ge=1, le=1000)] = None,
    only_open: Annotated[bool, Query(alias="open")] = False,
    since: Since = -1, wait: Wait = 0, law: HeldHead = None, orders: HeldHead = None,
) -> Summaries:  # fmt: skip
    """Orders with their states, in log order, a page at a time."""
    await run_in_threadpool(_heads, door, reader, law, orders)
    size = await grown(door, since, wait)
    many = limit or door.settings.page
    found = await run_in_threadpool(_page, door, after, many + 1, only_open=only_open)
    shown = found[:many]
    following = shown[-1].position if len(found) > many else None
    return Summaries(orders=[summary(one) for one in shown], next=following, size=size)


def _page(door: FrontDoor, after: int, many: int, *, only_open: bool) -> list[Proceeding]:
    if only_open:
        return [one for one in door.counter.orders(only_open=True) if one.position > after][:many]
    digests = [digest for place, digest in door.counter.places() if place > after]
    return door.counter.page(digests[:many])


def summary(one: Proceeding) -> Summary:
    """An order in a list."""
    pending = one.pending
    return Summary(
        order=one.digest, words=order_name(one.digest), position=one.position,
        chain=one.law.chain.id, action=one.order.action, originator=one.order.originator,
        state=one.state, waits_at=pending.level.id if pending else None,
        transmitted_at=to_text(one.order.transmitted_at), decide_by=to_text(one.order.decide_by),
        executors=one.order.executors.count,
    )  # fmt: skip


@router.get("/orders/{order}")
async def order(
    order: OrderId, door: AtDoor, _: Watcher, since: Since = -1, wait: Wait = 0
) -> Summary:
    """An order's state."""
    await grown(door, since, wait)
    return summary(await run_in_threadpool(_known, door, order))


@router.get("/orders/{order}/papers", response_class=Response, responses=raw(PAPERS))
def papers(
    order: OrderId, door: AtDoor, reader: Looker, law: HeldHead = None, orders: HeldHead = None
) -> Response:
    """An order with all that verifying it needs, for whoever holds these heads."""
    held = _heads(door, reader, law, orders)
    _known(door, order)
    data = door.counter.papers(order, **held)
    return Response(data, media_type=PAPERS)


@router.get("/orders/{order}/receipts")
def receipts(order: OrderId, door: AtDoor, _: Looker) -> Envelopes:
    """The last receipt of each executor that sent one for the order."""
    _known(door, order)
    return _envelopes(door.counter.receipt_envelopes(order))


@router.get("/orders/{order}/codes/{executor}", response_class=Response, responses=raw(PAPERS))
def code(
    order: OrderId, executor: Executor, door: AtDoor, reader: Annotated[
        Reader, may("member", "executor")], law: HeldHead = None, orders: HeldHead = None,
) -> Response:  # fmt: skip
    """The authorization code of one executor: for itself, and for people of the house."""
    _own(reader, executor)
    held = _heads(door, reader, law, orders)
    _known(door, order)
    data = door.counter.code(order, executor, **held)
    return Response(data, media_type=PAPERS)


@router.get("/executors/{executor}/seals/{action}")
def serials(executor: Executor, action: Executor, door: AtDoor, _: Member) -> Serials:
    """Which serials were dealt for an executor's action, and which no order has claimed."""
    dealt, unused = door.counter.serials(executor, action)
    return Serials(dealt=dealt, unused=unused)


@router.get("/executors/{executor}/seals/{action}/{serial}", response_class=Response)
def dealt(
    executor: Executor, action: Executor, serial: Annotated[int, Path(ge=1, lt=10**15)],
    door: AtDoor, _: Member,
) -> Response:  # fmt: skip
    """A seal with its shares, each sealed to a key of whoever holds a seat."""
    data = door.counter.dealt(executor, action, serial)
    return Response(data, media_type="application/vnd.cheget.dealt+json")


@router.get("/executors/{executor}/orders")
async def due(
    executor: Executor, door: AtDoor, reader: Annotated[Reader, may("member", "executor")],
    wait: Wait = 0, law: HeldHead = None, orders: HeldHead = None,
) -> Due:  # fmt: skip
    """The released orders that name an executor and may still matter to it; waits for one."""
    _own(reader, executor)
    await run_in_threadpool(_heads, door, reader, law, orders)
    loop = asyncio.get_running_loop()
    until = loop.time() + min(wait, door.settings.longest_wait)
    await door.releases.fresh()
    many = await door.releases.beyond(-1, 0)
    while True:
        found = door.counter.due_so_far(executor)
        left = until - loop.time()
        if found or left <= 0 or door.releases.closing:
            await door.changes.fresh()
            return Due(orders=found, size=await grown(door, -1, 0))
        # Nobody is waked by what others' receipts add to the log.
        many = await door.releases.beyond(many, left)


@router.get("/attestations")
def attestations(door: AtDoor, _: Looker) -> Envelopes:
    """The attestations that nobody took back, and that have not ended."""
    return _envelopes(door.counter.attestations())


@router.get("/law", response_class=Response, responses=raw("application/json"))
def law(door: AtDoor, reader: Whole, held: HeldHead = None, orders: HeldHead = None) -> Response:
    """The law log, as it is shown to whoever holds that head of it."""
    part = door.counter.law(_heads(door, reader, held, orders)["law"])
    return Response(encode(part.law_to_json()), media_type="application/json")


@router.get("/ledger", response_class=StreamingResponse, responses=raw(LINES))
def ledger(door: AtDoor, _: Looker) -> StreamingResponse:
    """Both logs whole, a JSON value a line, as `cheget log verify --file` reads them."""
    return StreamingResponse(encode_ledger(read_ledger(door.counter)), media_type=LINES)


@router.get("/charters")
def charters(door: AtDoor, _: Whole) -> Charters:
    """Every charter, the first and those proposed after it."""
    payloads = door.counter.charters()
    return Charters(holds=door.counter.usable_digest(), charters=[one.decode() for one in payloads])


@router.get("/heads")
async def heads(door: AtDoor, _: Anybody, since: Since = -1, wait: Wait = 0) -> Heads:
    """Both logs' sizes and roots."""
    await grown(door, since, wait)
    found = {}
    for name in ("orders", "law"):
        head = await run_in_threadpool(door.counter.head, name)
        found[name] = {"size": head.size, "root": head.root}
    return Heads.model_validate(found)


@router.get("/heads/{size}")
def head(
    size: Annotated[int, Path(ge=0, lt=2**53)], door: AtDoor, _: Whole
) -> dict[str, int | str]:
    """The head of the log of orders at a size that it has reached."""
    try:
        found = door.counter.head_at(size)
    except StoreError:
        raise Problem(404, "not-here", f"the log has not {size} entries") from None
    return {"size": found.size, "root": found.root}


@router.get("/checkpoints/{log}", response_class=Response, responses=raw("text/plain"))
def checkpoint(log: Log, door: AtDoor, _: Anybody) -> Response:
    """A log's checkpoint, signed now."""
    return Response(door.counter.checkpoint(log), media_type="text/plain")


@router.get("/events", response_class=StreamingResponse, responses=raw("text/event-stream"))
async def events(
    request: Request, door: AtDoor, _: Anybody, since: Since = -1
) -> StreamingResponse:
    """Server-sent events: the size of the log of orders, each time that it has grown."""

    async def stream() -> AsyncIterator[str]:
        size = since
        while not door.changes.closing and still_there(request):
            try:
                now = await door.changes.beyond(size, door.settings.longest_wait / 2)
            except StoreError:
                continue
            # A comment keeps the road open, and tells us when nobody listens any more.
            yield (
                f"id: {now}\nevent: log\ndata: {json.dumps({'size': now})}\n\n"
                if (now > size)
                else ": still here\n\n"
            )
            size = max(size, now)

    return StreamingResponse(
        stream(), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"}
    )


def _heads(
    door: FrontDoor, reader: Reader, law: str | None, orders: str | None
) -> dict[Log, Head | None]:
    """The heads that a reader holds, heard."""
    found: dict[Log, Head | None] = {"law": head_of(law), "orders": head_of(orders)}
    door.hearing.heads(reader.who, found)
    return found


def _own(reader: Reader, executor: str) -> None:
    if reader.role == "executor" and reader.who != executor:
        raise not_yours("an executor reads its own codes, and nobody else's")


def _known(door: FrontDoor, order: str) -> Proceeding:
    try:
        return door.counter.proceeding(order)
    except NotAcceptedError as error:
        raise Problem(404, "not-here", str(error)) from None


def _envelopes(found: list[bytes]) -> Envelopes:
    return Envelopes(envelopes=[one.decode() for one in found])
