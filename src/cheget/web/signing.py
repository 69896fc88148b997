"""What pages hand in: drafted here, signed there, taken by the desk like from anywhere else."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Body, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from cheget.errors import NotAcceptedError
from cheget.order.charter import Law
from cheget.order.documents import Session
from cheget.order.fields import ID_FIELD
from cheget.service.api.door import COOKIE
from cheget.service.api.problems import Problem
from cheget.web.drafts import (
    Draft,
    assembled,
    draft_answer,
    draft_transmission,
    line,
)
from cheget.web.language import COOKIE as LANGUAGE
from cheget.web.language import NAMES
from cheget.web.showing import shown
from cheget.web.visit import FromPage, HandingIn, Looking, SignedIn, Visit

router = APIRouter(include_in_schema=False)
Given = Annotated[dict[str, Any], Body()]

# A page of ours: no second slash and no backslash, which browsers read as another host.
PATH = re.compile(r"/(?:[a-z0-9-]{1,64}(?:/[a-z0-9-]{1,64}){0,2})?")


@router.get("/language/{code}")
def language(request: Request, code: str, after: str = "/") -> Response:
    """Speak that language in this browser from now on, if a page of ours asks, and go back."""
    answer = RedirectResponse(after if PATH.fullmatch(after) else "/", 303)
    elsewhere = request.headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}
    if code in NAMES and not elsewhere:
        answer.set_cookie(LANGUAGE, code, max_age=365 * 86400, httponly=True, samesite="lax")
    return answer


@router.get("/signin")
def signin(visit: Looking, next: str = "/", who: str = "") -> HTMLResponse:  # noqa: A002
    """Where whoever comes says who they are."""
    after = next if PATH.fullmatch(next) else "/"
    return visit.page("signin.html", next=after, who=who[:64])


@router.post("/signin/draft")
def signin_draft(visit: Looking, given: Given, _: FromPage) -> JSONResponse:
    """The line that a passkey signs to read here."""
    door, charter = visit.door, visit.charter
    who = ID_FIELD.read(line(given, "who"))
    session = Session(
        visit.now, _audience(visit), charter.deployment, door.sessions.nonce(), who
    )  # fmt: skip
    return _draft(visit, Draft(session))


@router.post("/signin")
def signin_done(visit: Looking, given: Given, _: FromPage) -> JSONResponse:
    """Open a session for whoever signed that line."""
    token, reader, until = visit.door.sessions.open(assembled("session", given))
    answer = JSONResponse({"who": reader.who, "next": "/"})
    _remember(visit, answer, token, until)
    return answer


@router.post("/signin/visit")
def visit_begun(visit: Looking, given: Given, _: FromPage) -> JSONResponse:
    """Open the pages to an auditor who was invited: the token becomes this browser's cookie."""
    token = line(given, "token")
    reader, until = visit.door.sessions.reader(token)
    if reader.role != "auditor":
        raise NotAcceptedError("that link is no auditor's", hint="cheget auditor invite")
    answer = JSONResponse({"who": reader.who, "next": "/audit"})
    _remember(visit, answer, token, until)
    return answer


def _remember(visit: Visit, answer: Response, token: str, until: int) -> None:
    answer.set_cookie(
        COOKIE, token, max_age=until - visit.now, httponly=True, samesite="strict", path="/",
        secure=_audience(visit).startswith("https:"),
    )  # fmt: skip


@router.post("/signout")
def signout(visit: Looking) -> Response:
    """Forget who looks, when this page asks for it."""
    if visit.request.headers.get("origin", "") not in visit.door.sessions.origins:
        raise Problem(403, "not-yours", "only a page of this house signs its reader out")
    answer = RedirectResponse("/signin", 303)
    answer.delete_cookie(COOKIE, path="/", samesite="strict", httponly=True)
    return answer


@router.post("/orders/{digest}/draft")
def answer_draft(visit: SignedIn, digest: str, given: Given, _: FromPage) -> JSONResponse:
    """The answer that was chosen, ready to be signed."""
    one = shown(visit.door.counter, digest, visit.now)
    return _draft(visit, draft_answer(one, visit.person or "", given, visit.now, os.urandom(16)))


@router.post("/orders/{digest}")
def answer(visit: HandingIn, digest: str, given: Given) -> JSONResponse:
    """Hand in an answer that was signed on the page."""
    counter = visit.door.counter
    takes = {"concurrence": counter.concur, "refusal": counter.refuse, "question": counter.ask,
             "countermand": counter.countermand, "review": counter.review}  # fmt: skip
    handed = visit.taken(takes, given)
    done = takes[handed.kind](handed.stored, handed.texts)
    visit.door.metrics.taken(handed.kind, done)
    return JSONResponse({"effect": done.effect, "next": f"/orders/{digest}"})


@router.post("/transmit/draft")
def transmit_draft(visit: SignedIn, given: Given, _: FromPage) -> JSONResponse:
    """The order that was composed, ready to be signed."""
    law = _law(visit, line(given, "chain"))
    entropy = os.urandom(16), os.urandom(16)
    made = draft_transmission(law, visit.person or "", given, visit.now, entropy)
    return _draft(visit, made)


@router.post("/transmit")
def transmit(visit: HandingIn, given: Given) -> JSONResponse:
    """Hand in an order that was signed on the page."""
    beside = given.get("beside")
    listed = beside.get("executors", []) if isinstance(beside, Mapping) else []
    executors = [str(one) for one in listed] if isinstance(listed, list) else []
    handed = visit.taken({"order"}, given)
    done = visit.door.counter.transmit(handed.stored, executors, handed.texts)
    visit.door.metrics.taken("order", done)
    return JSONResponse({"effect": done.effect, "next": f"/orders/{done.digest}"})


def _law(visit: Visit, chain: str) -> Law:
    law = visit.charter.laws.get(chain)
    if law is None:
        raise NotAcceptedError("this house has no such chain")
    return law


def _audience(visit: Visit) -> str:
    """The origin that the page is on: one of those that the charter names."""
    origin = visit.request.headers.get("origin", "")
    known = visit.charter.terms.origins
    if origin in known:
        return origin
    if not known:
        raise Problem(409, "no-page", "the charter names no page for passkeys")
    return known[0]


def _draft(visit: Visit, made: Draft) -> JSONResponse:
    return JSONResponse(made.to_json(visit.charter.terms.rp_id))
