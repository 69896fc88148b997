"""Enrolling a passkey on a page: by an invitation, or another one of somebody who is signed in."""

from __future__ import annotations

import hashlib
import os
import re
from typing import Annotated, Any

from fastapi import APIRouter, Body
from fastapi.responses import HTMLResponse, JSONResponse

from cheget.errors import HouseError, MalformedDocumentError, NotAcceptedError
from cheget.order.draft import draft_enrolment
from cheget.order.papers import open_envelope
from cheget.order.passkey import Party
from cheget.service.house import House, add_enrolment
from cheget.service.inviting import check_invited, read_code
from cheget.web.drafts import Draft, assembled, line
from cheget.web.passkeys import created, creation
from cheget.web.visit import FromPage, Looking, Visit

router = APIRouter(include_in_schema=False)
_NONCE = re.compile(r"[0-9a-f]{32}")
Given = Annotated[dict[str, Any], Body()]


@router.get("/enrol")
def enrol(visit: Looking, who: str = "", invitation: str = "") -> HTMLResponse:
    """Where a passkey is made; a code that was given by hand says for whom."""
    _party(visit)
    person = who or visit.person or ""
    return visit.page("enrol.html", who=person[:64], invitation=invitation[:80], done=False)


@router.get("/enrolled")
def enrolled(visit: Looking, who: str = "") -> HTMLResponse:
    """What comes next."""
    return visit.page("enrol.html", who=who[:64], invitation="", done=True)


@router.post("/enrol/start")
def start(visit: Looking, given: Given, _: FromPage) -> JSONResponse:
    """What the browser is asked to make."""
    person, nonce = _admitted(visit, given)
    options = creation(_party(visit), visit.charter.house, person, _challenge(person, nonce))
    return JSONResponse({"options": options, "nonce": nonce.hex()})


@router.post("/enrol/draft")
def draft(visit: Looking, given: Given, _: FromPage) -> JSONResponse:
    """The enrolment of what was made, for the new passkey to sign."""
    person, nonce = _admitted(visit, given)
    credential = given.get("credential")
    if not isinstance(credential, dict):
        raise MalformedDocumentError("no passkey was made")
    key, id_ = created(_party(visit), credential, _challenge(person, nonce))
    made = Draft(draft_enrolment(visit.charter.deployment, person, key, nonce))
    return JSONResponse({**made.to_json(visit.charter.terms.rp_id), "credentials": [id_]})


@router.post("/enrol")
def enrol_done(visit: Looking, given: Given, _: FromPage) -> JSONResponse:
    """Keep the enrolment: it waits for an amendment that names its key."""
    person, _nonce = _admitted(visit, given)
    stored = assembled("enrolment", given)
    document: Any = open_envelope(stored).unverified
    if document.who != person:
        raise NotAcceptedError("the enrolment is of somebody else")
    house: House = visit.request.app.state.house
    invitation = check_invited(house, person, bytes.fromhex(document.nonce), visit.now)
    if invitation is None and visit.person != person:
        raise NotAcceptedError("that invitation is not known here, or has been used")
    add_enrolment(house, stored, founded=True)
    if invitation is not None:
        invitation.unlink(missing_ok=True)
    return JSONResponse({"who": person, "next": f"/enrolled?who={person}"})


def _admitted(visit: Visit, given: Given) -> tuple[str, bytes]:
    """For whom a passkey may be made here, and the nonce that its enrolment carries.

    Raises:
        NotAcceptedError: by no invitation, and not by whoever is signed in.
    """
    person, code = line(given, "who"), line(given, "invitation")
    if code:
        deployment, nonce = read_code(code)
        if deployment != visit.charter.deployment:
            raise NotAcceptedError("the invitation is to another house")
        house: House = visit.request.app.state.house
        if check_invited(house, person, nonce, visit.now) is None:
            raise NotAcceptedError("that invitation is not known here, or has been used")
        return person, nonce
    if visit.person != person or not person:
        raise NotAcceptedError("a passkey is made by invitation", hint="cheget people invite")
    given_nonce = line(given, "nonce")
    return person, bytes.fromhex(given_nonce) if _NONCE.fullmatch(given_nonce) else os.urandom(16)


def _challenge(person: str, nonce: bytes) -> bytes:
    return hashlib.sha256(b"cheget enrolment\0" + person.encode() + nonce).digest()


def _party(visit: Visit) -> Party:
    party = visit.charter.terms.party
    if party is None:
        raise HouseError("the charter names no page for passkeys", hint="`origin` in house.yaml")
    return party
