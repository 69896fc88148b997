"""The pages: each a question to the desk, verified, and shown."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import (
    HTMLResponse,
    Response,
    StreamingResponse,
)

from cheget.audit.instant import to_text
from cheget.errors import ChainFileError, NotAcceptedError
from cheget.order.documents import order_name
from cheget.order.proceeding import Proceeding
from cheget.order.reviews import is_unsettled
from cheget.order.telling import emergency, moment, until, verdict
from cheget.report.guarding import guard_words
from cheget.report.proof_page import report
from cheget.service.amending import law_state
from cheget.service.api.door import still_there
from cheget.service.api.problems import Problem
from cheget.service.house import House
from cheget.service.notices.opening import read_notices
from cheget.service.notices.preview import of_action, sentence
from cheget.web.codes import square
from cheget.web.describing import (
    chains_view,
    kinds_view,
    own_view,
    people_view,
    proved,
    transmissions,
)
from cheget.web.language import again, tell
from cheget.web.rendering import ALONE, files
from cheget.web.showing import colour_of, order_view, shown, title_of
from cheget.web.visit import LetIn, SignedIn, Visit, origin_of, waiting

PAGE = 50  # rows
router = APIRouter(include_in_schema=False)


@router.get("/")
def inbox(visit: SignedIn) -> HTMLResponse:
    """What waits for whoever looks."""
    return visit.page("inbox.html", **_inbox(visit))


@router.get("/inbox/live")
def inbox_live(visit: SignedIn) -> HTMLResponse:
    """The same, to be put into the page that is open."""
    return visit.page("_inbox.html", **_inbox(visit))


def _inbox(visit: Visit) -> dict[str, Any]:
    who, mine_now = visit.person or "", waiting(visit)
    mine = {one.digest for one in mine_now}
    ahead = [
        one for one in visit.door.counter.orders(only_open=True)
        if one.digest not in mine and one.has_say(who) and not one.was_counted(who)
        and one.release is None and who not in one.refusers
    ]  # fmt: skip
    urgent = [
        {**_row(visit, one), "said": again(said[1])}
        for one in visit.door.counter.orders()
        if is_unsettled(one) and who in one.law.people
        and (said := emergency(one, visit.now)) is not None
    ]  # fmt: skip
    rows = [
        {
            **_row(visit, one),
            "left": tell("%(span)s left", span=until(one.order.decide_by - visit.now)),
        }
        for one in mine_now
    ]
    return {
        "amendments": [
            (one.digest, order_name(one.digest))
            for one in visit.door.counter.store.read(law_state).open
            if one.waits_for(who, visit.now)
        ],
        "urgent": urgent, "rows": rows, "ahead": [_row(visit, one) for one in ahead],
        "size": visit.door.counter.head("orders").size,
    }  # fmt: skip


def _row(visit: Visit, one: Proceeding) -> dict[str, Any]:
    receipts = visit.door.counter.receipts(one.digest) if one.release is not None else []
    said = verdict(one, receipts, visit.now)
    order = one.order
    return {
        "digest": one.digest, "words": order_name(one.digest), "verdict": again(said),
        "colour": colour_of(one, said),
        "lead": tell("%(action)s of %(chain)s, by %(who)s, %(at)s UTC", action=order.action,
                     chain=one.law.chain.title, who=title_of(one, order.seat),
                     at=moment(one.transmitted)[:16]),
    }  # fmt: skip


@router.get("/orders")
def orders(visit: LetIn, before: Annotated[int, Query(ge=0)] = 2**31) -> HTMLResponse:
    """Every order, the newest first."""
    found = visit.door.counter.orders()
    chosen = [one for one in reversed(found) if one.position < before][: PAGE + 1]
    more = chosen[PAGE - 1].position if len(chosen) > PAGE else None
    return visit.page(
        "orders.html", rows=[_row(visit, one) for one in chosen[:PAGE]], total=len(found),
        open=sum(one.ending is None for one in found), more=more,
    )  # fmt: skip


@router.get("/orders/{digest}")
def order(visit: LetIn, digest: str) -> HTMLResponse:
    """An order, whole."""
    return visit.page("order.html", **_order(visit, digest))


@router.get("/orders/{digest}/live")
def order_live(visit: LetIn, digest: str) -> HTMLResponse:
    """The same without the answer, to be put into the page that is open."""
    return visit.page("_order.html", **_order(visit, digest))


def _order(visit: Visit, digest: str) -> dict[str, Any]:
    counter = visit.door.counter
    one = shown(counter, _known(visit, digest), visit.now)
    view = order_view(one, visit.person, visit.now)
    here = square(f"{origin_of(visit)}/orders/{view.digest}")
    return {"view": view, "square": here, "size": counter.head("orders").size}


def _known(visit: Visit, text: str) -> str:
    """An order by its digest, or by its six words with dashes."""
    if len(text) == 64:  # noqa: PLR2004 - a digest in hex
        return text
    words = text.replace("-", " ").lower()
    found = [one for one in visit.door.counter.listed() if order_name(one) == words]
    if len(found) != 1:
        raise NotAcceptedError("there is no order of that name")
    return found[0]


@router.get("/transmit")
def transmit(visit: SignedIn) -> HTMLResponse:
    """What whoever looks may order, and who would be asked."""
    found = [
        {**one, "wakes": _wakes(visit, one["chain"], one["action"])}
        for one in transmissions(visit.charter, visit.person or "")
    ]  # fmt: skip
    firsts = {one["first"] for one in found}
    first = firsts.pop() if len(firsts) == 1 else tell("the first level")
    return visit.page("transmit.html", actions=found, first=first)


def _wakes(visit: Visit, chain: str, action: str) -> str:
    """Whom the order would notify; empty where nobody is ever woken, or the settings are wrong."""
    house: House = visit.request.app.state.house
    try:
        settings = read_notices(house)
    except ChainFileError:
        return ""  # `cheget notices list` says where
    if not settings.channels:
        return ""
    law = visit.charter.laws[chain]
    return again(sentence(of_action(law, action, visit.person or "", settings, visit.now)))


@router.get("/chain")
def chain(visit: LetIn) -> HTMLResponse:
    """The chains, and what is proved of them."""
    return visit.page("chain.html", chains=chains_view(visit.charter))


@router.get("/chain/{chain}/proof")
def proof(visit: LetIn, chain: str) -> HTMLResponse:
    """The proof as a page that stands alone; its own policy is in it."""
    about = next((one for one in visit.charter.chains if one.id == chain), None)
    found = proved(visit.charter, about) if about is not None else None
    if about is None or found is None:
        raise Problem(404, "not-here", "of that chain there is no proof here")
    text = report(about, found.accounts, found.claims, found.doors)
    return HTMLResponse(text, headers=ALONE)


@router.get("/executors")
def executors(visit: LetIn) -> HTMLResponse:
    """Every executor that the chains declare."""
    kinds = kinds_view(visit.charter, guard_words(visit.request.app.state.house))
    total = sum(one["count"] for one in kinds)
    return visit.page(
        "executors.html", kinds=kinds, total=total, enrolled=len(visit.charter.executors)
    )


@router.get("/people")
def people(visit: LetIn) -> HTMLResponse:
    """The roster, and the amendments that wait."""
    state = visit.door.counter.store.read(law_state)
    rows, amendments = people_view(state, visit.now)
    own = own_view(state, visit.person, visit.now) if visit.person else None
    today = to_text(visit.now)[:10]
    return visit.page("people.html", rows=rows, amendments=amendments, own=own, today=today)


@router.get("/events")
async def events(
    visit: LetIn, since: Annotated[int, Query(ge=0, le=2**53)] = 0
) -> StreamingResponse:
    """Say when the log has grown; what became of it, the page asks."""

    async def said() -> AsyncIterator[str]:
        size, changes = since, visit.door.changes
        yield ": here\n\n"
        while not changes.closing and still_there(visit.request):
            now = await changes.beyond(size, 20)
            if now > size:
                size = now
                yield f"event: changed\nid: {size}\ndata: {size}\n\n"
            else:
                yield ": still here\n\n"

    quiet = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(said(), media_type="text/event-stream", headers=quiet)


@router.get("/static/{name}")
def static_file(name: str) -> Response:
    """A file of ours; its address holds its hash."""
    found = files().get(name)
    if found is None:
        raise Problem(404, "not-here", "there is no such file")
    data, media_type = found
    forever = {"Cache-Control": "public, max-age=31536000, immutable"}
    return Response(data, media_type=media_type, headers=forever)
