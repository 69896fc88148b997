"""A visit to a page: who looks, at which house, and what they may do there."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Header, Request
from fastapi.responses import HTMLResponse, Response

from cheget.errors import ChegetError, MalformedDocumentError, NotAcceptedError
from cheget.order.charter import Charter
from cheget.order.consequence import turns
from cheget.order.fields import Text
from cheget.order.papers import open_envelope
from cheget.order.proceeding import Proceeding
from cheget.order.session import Reader
from cheget.service.api.door import COOKIE, FrontDoor, door_of, heard
from cheget.service.api.problems import Problem
from cheget.web.drafts import Given, assembled, kind_of, texts_of
from cheget.web.rendering import page


@dataclass(frozen=True)
class HandedIn:
    """A document that a page signed: its kind, its envelope, the texts beside it."""

    kind: str
    stored: bytes
    texts: list[Text]


@dataclass(frozen=True)
class Visit:
    """Who looks, at which house, when. An auditor reads, and is asked nothing.

    ``now`` is the desk's time in seconds, read once: all that a visit decides is of one moment.
    """

    request: Request
    door: FrontDoor
    reader: Reader | None
    now: int

    @property
    def person(self) -> str | None:
        """The member who looks."""
        return self.reader.who if self.reader and self.reader.role == "member" else None

    @property
    def charter(self) -> Charter:
        """The charter that holds."""
        return self.door.counter.charter

    def taken(self, kinds: Collection[str], given: Given) -> HandedIn:
        """What was signed here, of one of these kinds, counted against whoever signed it.

        What is none of it counts against whoever sends it.

        Raises:
            Problem: too many within a minute.
            NotAcceptedError: a document of another kind.
            MalformedDocumentError: none at all.
        """
        try:
            kind = kind_of(given)
            if kind not in kinds:
                raise NotAcceptedError(f"a {kind} is not for this page")
            handed = HandedIn(kind, assembled(kind, given), texts_of(given))
            filed = open_envelope(handed.stored)
        except (MalformedDocumentError, NotAcceptedError):
            self.door.limits.reading(self.request, self.person or "")
            raise
        heard(self.request, filed)
        return handed

    def page(self, name: str, status: int = 200, **context: Any) -> HTMLResponse:  # noqa: ANN401
        """A page for this visitor."""
        count = len(waiting(self)) if self.person is not None else 0
        halted = self.door.hearing.halted is not None
        return page(
            self.request, name, status, me=self.person, reader=self.reader,
            house=self.charter.house, charter=self.charter, waiting=count, halted=halted,
            rp_id=self.charter.terms.rp_id, **context,
        )  # fmt: skip


def _reader(request: Request) -> Reader | None:
    token = request.state.token = request.cookies.get(COOKIE, "")
    if not token:
        return None
    try:
        reader, _ = door_of(request).sessions.reader(token)
    except Problem:
        return None
    return reader if reader.role in {"member", "auditor"} else None


def trouble(request: Request, answer: Response, problem: Mapping[str, Any]) -> Response:
    """A problem document as a page, its status and headers kept; as it was if there is none.

    Nothing of the log is read: it may be what is at fault.
    """
    try:
        charter, reader = door_of(request).counter.charter, _reader(request)
    except ChegetError:
        return answer
    shown = page(
        request, "problem.html", answer.status_code, reader=reader,
        me=reader.who if reader is not None else None, house=charter.house, charter=charter,
        waiting=0, halted=door_of(request).hearing.halted is not None, title=problem["title"],
        detail=problem["detail"], hint=problem.get("hint", ""),
    )  # fmt: skip
    for name in ("retry-after", "allow"):
        if name in answer.headers:
            shown.headers[name] = answer.headers[name]
    return shown


def _begun(request: Request) -> Visit:
    door = door_of(request)
    return Visit(request, door, _reader(request), door.counter.clock.now())


def _visit(request: Request) -> Visit:
    visit = _begun(request)
    visit.door.limits.reading(request, visit.reader.who if visit.reader is not None else "")
    return visit


Looking = Annotated[Visit, Depends(_visit)]


class SignIn(Exception):  # noqa: N818 - no error: a way
    """Whoever looks has to say who they are first."""


def signed_in(visit: Looking) -> Visit:
    """The visit of somebody who is known.

    Raises:
        SignIn: they are not.
    """
    if visit.person is None:
        raise SignIn
    return visit


SignedIn = Annotated[Visit, Depends(signed_in)]


def let_in(visit: Looking) -> Visit:
    """The visit of a member, or of an auditor who was invited.

    Raises:
        SignIn: of nobody known.
    """
    if visit.reader is None:
        raise SignIn
    return visit


LetIn = Annotated[Visit, Depends(let_in)]

# A form of another site can't send this header, so no cookie is used without it.
FromPage = Annotated[str, Header(alias="X-Cheget")]


def _handing_in(request: Request, _: FromPage) -> Visit:
    """A visit with a signed document, which is counted by what it is: see ``Visit.taken``."""
    visit = _begun(request)
    if visit.person is None:
        visit.door.limits.reading(request)
        raise SignIn
    return visit


HandingIn = Annotated[Visit, Depends(_handing_in)]


def origin_of(visit: Visit) -> str:
    """The address of the house, as somebody elsewhere reaches it."""
    known = visit.charter.terms.origins or tuple(sorted(visit.door.sessions.origins))
    return known[0]


def waiting(visit: Visit) -> list[Proceeding]:
    """The open orders that the visitor may answer now."""
    who, now = visit.person or "", visit.now
    asked = visit.door.counter.asked(who)
    return [one for one in asked if any(t.since <= now for t in turns(one, who, now))]
