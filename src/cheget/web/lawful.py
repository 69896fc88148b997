"""The law on pages: an amendment with all that it changes, and what a person says of themselves.

An answer to an amendment, an absence and a key given up are entries of the law log, drafted here,
signed by a passkey, and judged by the one function that executors use too.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Body
from fastapi.responses import HTMLResponse, JSONResponse

from cheget.audit.instant import from_text
from cheget.errors import MalformedDocumentError, NotAcceptedError
from cheget.order.documents import Absence, Document, Revocation, order_name
from cheget.order.draft import draft_agreement, draft_countermand, draft_refusal, salted
from cheget.order.fields import Text
from cheget.order.follow import LawState, Proposal
from cheget.order.telling import moment, until
from cheget.report.differences import SIGNS, sections, verdict
from cheget.report.preview import Preview, Told, need_rows, preview
from cheget.report.wording import joined
from cheget.service.amending import law_state
from cheget.service.api.problems import Problem
from cheget.web.describing import missing
from cheget.web.drafts import Draft, line
from cheget.web.language import again, tell
from cheget.web.showing import halves
from cheget.web.visit import FromPage, HandingIn, LetIn, SignedIn, Visit

router = APIRouter(include_in_schema=False)
Given = Annotated[dict[str, Any], Body()]
COLOURS = {"weaker": "no", "stronger": "yes", "changed": ""}
KINDS = {"concurrence", "refusal", "countermand", "absence", "revocation"}


@router.get("/amendments/{digest}")
def amendment(visit: LetIn, digest: str) -> HTMLResponse:
    """An amendment: what it changes, whom it asks, and the visitor's answer."""
    state = visit.door.counter.store.read(law_state)
    proposal = _known(state, digest)
    return visit.page("amendment.html", view=_view(visit, state, proposal))


@router.post("/amendments/{digest}/draft")
def answer_draft(visit: SignedIn, digest: str, given: Given, _: FromPage) -> JSONResponse:
    """The answer that was chosen, ready to be signed."""
    counter, person, now = visit.door.counter, visit.person or "", visit.now
    proposal = _known(counter.store.read(law_state), digest)
    text = salted(line(given, "reason"), os.urandom(16))
    document: Document
    match given.get("decision"):
        case "concur":
            seen = counter.head("law")
            document = draft_agreement(digest, signer=person, seen=seen, reason=text, now=now)
        case "refuse":
            document = draft_refusal(digest, signer=person, reason=text, now=now)
        case "countermand":
            document = draft_countermand(digest, signer=person, reason=text, now=now)
        case _:
            raise NotAcceptedError("nothing is chosen: agree, refuse or countermand")
    if not proposal.has_say(person) and person != proposal.document.signer:
        raise NotAcceptedError(f"no rule that has to agree names {person}")
    return _draft(visit, document, text)


@router.post("/amendments/{digest}")
def answer(visit: HandingIn, digest: str, given: Given) -> JSONResponse:
    """Hand in an answer that was signed on the page."""
    _take(visit, given)
    return JSONResponse({"next": f"/amendments/{digest}"})


@router.post("/people/draft")
def people_draft(visit: SignedIn, given: Given, _: FromPage) -> JSONResponse:
    """An absence, its end, or a key given up, ready to be signed."""
    person, now, deployment = visit.person or "", visit.now, visit.charter.deployment
    text = salted(line(given, "reason"), os.urandom(16))
    document: Document
    match given.get("decision"):
        case "absence":
            ends = _instant(line(given, "until"))
            document = Absence(deployment, now, os.urandom(16).hex(), person, ends)
        case "countermand":
            away = line(given, "absence")
            document = draft_countermand(away, signer=person, reason=text, now=now)
        case "revocation":
            document = Revocation(deployment, line(given, "key"), text.digest, now, person)
        case _:
            raise NotAcceptedError("nothing is chosen: away, back, or a key to give up")
    return _draft(visit, document, text)


@router.post("/people")
def people(visit: HandingIn, given: Given) -> JSONResponse:
    """Hand in what somebody signed of themselves."""
    _take(visit, given)
    return JSONResponse({"next": "/people"})


def _draft(visit: Visit, document: Document, text: Text) -> JSONResponse:
    said = (text,) if getattr(document, "reason", None) == text.digest else ()
    return JSONResponse(Draft(document, said).to_json(visit.charter.terms.rp_id))


def _take(visit: Visit, given: Given) -> None:
    handed = visit.taken(KINDS, given)
    text = handed.texts[0] if handed.texts else salted("", bytes(16))
    visit.door.counter.answer(handed.stored, text)


def _known(state: LawState, digest: str) -> Proposal:
    found = state.proposals.get(digest)
    if found is None:
        raise Problem(404, "not-here", "there is no amendment of that name")
    return found


def _instant(day: str) -> int:
    try:
        return from_text(f"{day}T00:00:00Z")
    except ValueError:
        raise MalformedDocumentError("until which day? as 2027-01-04") from None


def _view(visit: Visit, state: LawState, one: Proposal) -> dict[str, Any]:
    document, person = one.document, visit.person or ""
    found = preview(
        one.old, one.new, one.needs, visit.door.counter.orders(only_open=True),
        (one.agreed_old, one.agreed_new),
    )  # fmt: skip
    colour, first, rest = _verdict(visit, state, one)
    waits = not one.ended and visit.now < document.decide_by
    mine = person in one.agreed or person == document.signer
    return {
        "digest": one.digest, "words": halves(order_name(one.digest)),
        "colour": colour, "verdict": (first, rest),
        "lead": tell(
            "Version %(version)s of the charter of %(house)s, proposed by %(who)s at %(at)s UTC.",
            version=one.new.version, house=one.new.house, who=document.signer,
            at=moment(document.proposed_at),
        ) + (" " + tell("%(span)s left.", span=until(document.decide_by - visit.now))
             if waits else ""),
        "chains": list(_chains(found)), "changes": found.changes,
        "closes": [(one.digest, order_name(one.digest)) for one in found.closes],
        "needs": [_need(row) for row in need_rows(found)], "refused": sorted(one.refused),
        "fields": _fields(visit, one),
        "may_agree": one.waits_for(person, visit.now),
        "may_refuse": waits and one.has_say(person) and person not in one.refused and not mine,
        "may_take_back": waits and mine,
        "note": _note(visit, one),
    }  # fmt: skip


def _verdict(visit: Visit, state: LawState, one: Proposal) -> tuple[str, str, str]:
    """The colour, the word that has it, and the rest of the sentence."""
    if one.ended == "it holds":
        now = state.charter.digest == one.new.digest
        if now:
            return "yes", tell("Holds"), "."
        return "yes", tell("Held"), tell("; a later charter does now.")
    if one.ended:
        return "no", tell("Ended"), f": {again(one.ended)}."
    if visit.now >= one.document.decide_by:
        return "wait", tell("Expired"), tell(". Nothing has changed.")
    return "wait", tell("Proposed"), tell(". Still to agree: %(missing)s.",
                                         missing=joined(missing(one)))  # fmt: skip


def _need(row: Told) -> Told:
    """A rule that has to agree, in the reader's language."""
    return replace(row, what=again(row.what), which=again(row.which), rule=again(row.rule))


def _note(visit: Visit, one: Proposal) -> str:
    person = visit.person or ""
    for holds, said in (
        (person in one.refused, tell("You refused.")),
        (person in one.agreed, tell("You agreed.")),
        (bool(one.ended), tell("It has ended: nothing more can be signed that counts.")),
        (not one.has_say(person), tell("No rule that has to agree names you.")),
    ):
        if holds:
            return said
    return ""


def _chains(found: Preview) -> Iterator[dict[str, Any]]:
    titles = {chain.id: chain.title for chain in found.new.chains}
    for chain, what in found.differences:
        yield {
            "title": titles[chain], "verdict": verdict(what),
            "colour": "no" if what.weaker else "yes" if what.stronger else "",
            "sections": [
                (title, [(SIGNS[effect], COLOURS[effect], said) for effect, said in lines])
                for title, lines in sections(what)
            ],
        }  # fmt: skip


def _fields(visit: Visit, one: Proposal) -> list[tuple[str, str]]:
    """What the proposer signed, whole, in the signed order of fields."""
    signed: dict[str, Any] = json.loads(one.document.payload())
    reason = one.document.reason
    text = visit.door.counter.store.read(lambda tx: tx.texts([reason])).get(reason)
    signed["reason"] = tell("(erased)") if text is None else f"“{text.text}”"
    return [*((name, str(value)) for name, value in signed.items()), ("digest", one.digest)]
