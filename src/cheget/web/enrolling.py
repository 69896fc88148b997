"""Enrolling a passkey on a page: by an invitation, or another one of somebody who is signed in."""

from __future__ import annotations

import hashlib
import hmac
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
from cheget.service.inviting import check_invited, read_code, spent
from cheget.web.drafts import Draft, assembled, line
from cheget.web.passkeys import created, creation
from cheget.web.visit import FromPage, Looking, Visit

router = APIRouter(include_in_schema=False)
_NONCE = re.compile(r"[0-9a-f]{32}")
SPAN = 600  # seconds from the signature of a key that one has to the passkey that it is for
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
    label = line(given, "label")[:40]
    options = creation(
        _party(visit), visit.charter.house, f"{person}, {label}" if label else person,
        _challenge(person, nonce), os.urandom(16),
    )  # fmt: skip
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
    with spent(invitation):
        add_enrolment(house, stored, founded=True)
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
    return person, _own(visit, person, given)


def _own(visit: Visit, person: str, given: Given) -> bytes:
    """The nonce for another passkey of whoever is signed in: drawn for a key of theirs, used now.

    To read is not enough: a session's token can be stolen, and a key that somebody left waiting
    would be taken for theirs at the next amendment.

    Raises:
        NotAcceptedError: nothing was signed just now.
        VerificationError: it was not by a key of theirs.
    """
    nonce, now = line(given, "nonce"), visit.now
    if _NONCE.fullmatch(nonce):
        data = bytes.fromhex(nonce)
        drawn = int.from_bytes(data[:4], "big")
        if 0 <= now - drawn <= SPAN and hmac.compare_digest(data[8:], _seal(visit, person, data)):
            return data
        raise NotAcceptedError("that took too long, or was drawn for somebody else")
    signed = given.get("session")
    if not isinstance(signed, dict):
        raise NotAcceptedError("a key that you have signs first that this is you")
    _, reader, _ = visit.door.sessions.open(assembled("session", signed))
    if (reader.role, reader.who) != ("member", person):
        raise NotAcceptedError("another passkey is made by whoever holds one")
    drawn_now = now.to_bytes(4, "big") + os.urandom(4)
    return drawn_now + _seal(visit, person, drawn_now)


def _seal(visit: Visit, person: str, data: bytes) -> bytes:
    return visit.door.sessions.seal(b"enrolment", data[:8] + person.encode())[:8]


def _challenge(person: str, nonce: bytes) -> bytes:
    return hashlib.sha256(b"cheget enrolment\0" + person.encode() + nonce).digest()


def _party(visit: Visit) -> Party:
    party = visit.charter.terms.party
    if party is None:
        raise HouseError("the charter names no page for passkeys", hint="`origin` in house.yaml")
    return party
