"""The demo's page: take a seat with a passkey; whoever sits in none is played by the demo.

Everything is as in any house, but for one thing: the demo holds the keys of its people, agrees by
them to whoever takes a seat, and lets those whose seat is free concur after a moment.
"""

from __future__ import annotations

import contextlib
import os
import threading
from typing import TYPE_CHECKING, Any

import click
from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from cheget.chain.rule import names
from cheget.cli.demo_house import Staffed
from cheget.cli.serve import application, bound, run_quietly
from cheget.errors import ChegetError
from cheget.order.amending import needs
from cheget.order.draft import (
    draft_agreement,
    draft_concurrence,
    draft_founding,
    draft_order,
    enclose,
    salted,
)
from cheget.order.keys import is_passkey
from cheget.order.papers import open_envelope
from cheget.order.verify import Pinned, verify_papers
from cheget.service.amended import amended, held_charters, pending
from cheget.service.amending import law_state
from cheget.service.inviting import invite
from cheget.web.language import speak
from cheget.web.visit import Looking

if TYPE_CHECKING:
    import socket

WAITS = 4  # seconds that whoever plays a free seat thinks it over
EVERY = 0.5

router = APIRouter(include_in_schema=False)


def listen(port: int) -> socket.socket:
    """Where the page will be: the port, or any other if that is taken."""
    try:
        return bound("127.0.0.1", port)
    except ChegetError:
        return bound("127.0.0.1", 0)


def serve(staffed: Staffed, listening: socket.socket) -> None:
    """Serve the page until somebody presses Ctrl-C."""
    at = f"http://localhost:{listening.getsockname()[1]}/seats"
    over = threading.Event()
    others = threading.Thread(target=_play, args=(staffed, over), daemon=True)
    others.start()
    click.echo(f"\nOpen {at} to see it and take a seat. Ctrl-C to stop.")
    try:
        with contextlib.suppress(KeyboardInterrupt):
            app = application(staffed.house, staffed.desk, ())
            app.state.staffed = staffed
            app.include_router(router, dependencies=[Depends(speak)])
            run_quietly(app, listening)
    finally:
        over.set()
        others.join(10)


@router.get("/seats")
def seats(visit: Looking) -> HTMLResponse:
    """The seats of the ladder: taken, or to be taken."""
    staffed: Staffed = visit.request.app.state.staffed
    taken = _taken(staffed)
    levels = [
        (level.id, [(one, staffed.chain.member(one).title, one in taken) for one in level.members])
        for level in staffed.chain.levels
    ]
    return visit.page("seats.html", levels=levels, waits=WAITS)


@router.post("/seats/order")
def order(request: Request) -> Response:
    """Let the demo's president transmit a demonstration."""
    staffed: Staffed = request.app.state.staffed
    digest = _order(staffed)
    return RedirectResponse(f"/orders/{digest}", 303)


@router.post("/seats/{person}")
def take(request: Request, person: str) -> Response:
    """An invitation to that seat, used at once."""
    staffed: Staffed = request.app.state.staffed
    code, _ = invite(staffed.house, person, os.urandom(16), staffed.desk.clock.now())
    return RedirectResponse(f"/enrol?who={person}&invitation={code}", 303)


def _taken(staffed: Staffed) -> frozenset[str]:
    """Whose seat somebody has taken: a passkey of theirs is on the roster."""
    people = staffed.desk.usable().people
    return frozenset(name for name, one in people.items() if any(map(is_passkey, one.keys)))


def _order(staffed: Staffed) -> str:
    desk = staffed.desk
    law, text = desk.charter.laws[staffed.chain.id], salted("A show of resolve.", os.urandom(16))
    action = next(one for one in staffed.chain.actions if not one.parameters and not one.conditions)
    named = [one for one in staffed.named if law.chain.kind_of(one).id in action.executors]
    document = draft_order(
        law, originator="president", action=action.id, executors=named[: action.at_most],
        parameters={}, reason=text, now=desk.clock.now(), nonce=os.urandom(16),
    )  # fmt: skip
    stored = enclose(document, staffed.people["president"])
    return desk.transmit(stored, named[: action.at_most], [text]).digest


def _play(staffed: Staffed, over: threading.Event) -> None:
    """Be everybody whose seat is free, and agree to whoever takes one."""
    while not over.wait(EVERY):
        with contextlib.suppress(ChegetError):
            _let_in(staffed)
            for one in staffed.desk.orders(only_open=True):
                _answer(staffed, one)


def _let_in(staffed: Staffed) -> None:
    """Amend the charter by the keys that wait: the demo's own people agree."""
    desk, house = staffed.desk, staffed.house
    state = desk.store.read(law_state)
    waits = pending(house, state, held_charters(desk.charters(), state))
    mine = {who: keys for who, keys in waits.items() if any(is_passkey(key) for key, _ in keys)}
    if not mine:
        return
    new = amended(house, state, mine)
    asked = {seat for need in needs(state.charter, new) for seat in names(need.rule)}
    first, *rest = sorted(asked)
    text, now = salted("Somebody takes a seat.", os.urandom(16)), desk.clock.now()
    proposal = enclose(
        draft_founding(new, signer=first, reason=text, now=now, decide_within=3600),
        staffed.people[first],
    )
    desk.propose(new, [stored for keys in mine.values() for _, stored in keys], proposal, text)
    digest = open_envelope(proposal).envelope.digest
    for person in (first, *rest):
        answer = draft_agreement(
            digest, signer=person, seen=desk.head("law"), reason=text, now=desk.clock.now()
        )
        desk.answer(enclose(answer, staffed.people[person]), text)


def _answer(staffed: Staffed, one: Any) -> None:
    rung, desk = one.pending, staffed.desk
    if rung is None or desk.clock.now() < rung.opened_at + WAITS:
        return
    filled, taken = {counted.seat for counted in rung.counted}, _taken(staffed)
    for seat in rung.level.members:
        if seat in filled or seat in taken or one.law.person_of(seat) in one.refusers:
            continue
        verified = verify_papers(
            desk.papers(one.digest), pinned=Pinned(desk.charter), now=desk.clock.now()
        )
        text = salted("", os.urandom(16))
        document = draft_concurrence(
            verified, signer=seat, seat=seat, reason=text, now=desk.clock.now()
        )
        desk.concur(enclose(document, staffed.people[seat]), [text])
        return  # one at a time: whoever looks sees it happen
