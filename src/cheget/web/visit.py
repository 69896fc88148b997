"""A visit to a page: who looks, at which house, and what they may do there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Header, Request
from fastapi.responses import HTMLResponse

from cheget.order.charter import Charter
from cheget.order.consequence import turns
from cheget.order.proceeding import Proceeding
from cheget.service.api.door import COOKIE, Door, door_of
from cheget.service.api.problems import Problem
from cheget.web.rendering import page


@dataclass(frozen=True)
class Visit:
    """Who looks, at which house, now."""

    request: Request
    door: Door
    person: str | None

    @property
    def now(self) -> int:
        """The desk's time, in seconds."""
        return self.door.counter.clock.now()

    @property
    def charter(self) -> Charter:
        """The charter that holds."""
        return self.door.counter.charter

    def page(self, name: str, status: int = 200, **context: Any) -> HTMLResponse:  # noqa: ANN401
        """A page for this visitor."""
        count = len(waiting(self)) if self.person is not None else 0
        return page(
            self.request, name, status, me=self.person, house=self.charter.house,
            charter=self.charter, waiting=count, rp_id=self.charter.terms.rp_id, **context,
        )  # fmt: skip


def _visit(request: Request) -> Visit:
    door = door_of(request)
    token = request.cookies.get(COOKIE, "")
    person = None
    if token:
        try:
            reader, _ = door.sessions.reader(token)
            person = reader.who if reader.role == "member" else None
        except Problem:
            person = None
    if person is None:
        door.limits.reading(request)
    else:
        door.limits.reading(request, person)
    return Visit(request, door, person)


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

# A form of another site can't send this header, so no cookie is used without it.
FromPage = Annotated[str, Header(alias="X-Cheget")]


def waiting(visit: Visit) -> list[Proceeding]:
    """The open orders that the visitor may answer now."""
    open_ = visit.door.counter.orders(only_open=True)
    who, now = visit.person or "", visit.now
    return [one for one in open_ if any(t.since <= now for t in turns(one, who, now))]
