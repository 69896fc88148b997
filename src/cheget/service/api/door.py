"""What every path has at hand: the house's counter, who reads, and what they may read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Header, Query, Request

from cheget.errors import MalformedDocumentError
from cheget.order.fields import DIGEST, Head
from cheget.order.papers import Filed
from cheget.order.session import Reader, Role
from cheget.service.api.hearing import Hearing
from cheget.service.api.limiting import Limits
from cheget.service.api.metrics import Metrics
from cheget.service.api.problems import Problem
from cheget.service.api.sessions import Sessions, no_session
from cheget.service.api.settings import Settings
from cheget.service.api.waiting import Changes
from cheget.service.counter import LocalCounter

COOKIE = "cheget-session"


@dataclass(frozen=True)
class FrontDoor:
    """What one application serves with."""

    counter: LocalCounter
    settings: Settings
    sessions: Sessions
    changes: Changes
    releases: Changes
    limits: Limits
    metrics: Metrics
    hearing: Hearing

    def close(self) -> None:
        """Let everybody go who waits: the service stops."""
        self.changes.close()
        self.releases.close()


def door_of(request: Request) -> FrontDoor:
    """The application's."""
    found: FrontDoor = request.app.state.door
    return found


async def _door(request: Request) -> FrontDoor:
    # Dependencies are coroutines: each plain function would cost a trip to another thread.
    return door_of(request)


AtDoor = Annotated[FrontDoor, Depends(_door)]


async def reader_of(
    request: Request, door: AtDoor, authorization: Annotated[str | None, Header()] = None
) -> Reader:
    """Who reads: by the token they show, or a page's by its cookie.

    Raises:
        Problem: nobody, or too often.
    """
    cookie = request.cookies.get(COOKIE, "") if request.method == "GET" else ""
    token = authorization.removeprefix("Bearer ") if authorization else cookie
    if not token:
        door.limits.reading(request)
        raise no_session("whoever reads shows a session: POST /v1/sessions")
    try:
        await door.changes.fresh()
        reader, _ = door.sessions.known(token)
    except Problem:
        door.limits.reading(request)
        raise
    door.limits.reading(request, reader.who)
    request.state.who, request.state.token = reader.who, token
    return reader


def heard(request: Request, filed: Filed) -> Filed:
    """A document that was handed in, at whichever door: counted, and the heads it binds heard.

    Raises:
        Problem: too many within a minute.
    """
    door = door_of(request)
    request.state.digest = filed.envelope.digest
    door.limits.writing(request, filed)
    door.hearing.document(filed)
    return filed


def still_there(request: Request) -> bool:
    """Whether the session that a stream was opened with still reads."""
    try:
        door_of(request).sessions.known(request.state.token)  # whoever waits has looked
    except Problem:
        return False
    return True


def may(*roles: Role) -> Any:  # noqa: ANN401 - a dependency
    """Let only readers of these roles in."""

    async def check(reader: Annotated[Reader, Depends(reader_of)]) -> Reader:
        if reader.role not in roles:
            raise not_yours(f"this is not for an {reader.role} to read")
        return reader

    return Depends(check)


def not_yours(why: str) -> Problem:
    """403: known, and not let in."""
    return Problem(403, "not-yours", why)


def head_of(text: str | None) -> Head | None:
    """``SIZE:ROOT`` as a head.

    Raises:
        MalformedDocumentError: it is none.
    """
    if text is None:
        return None
    size, colon, root = text.partition(":")
    if not colon or not size.isascii() or not size.isdigit() or len(size) > 16:  # noqa: PLR2004
        raise MalformedDocumentError("a head is SIZE:ROOT")
    return Head(int(size), DIGEST.read(root))


HeldHead = Annotated[
    str | None, Query(pattern=r"^[0-9]{1,16}:[0-9a-f]{64}$", description="a head held: SIZE:ROOT")
]
Since = Annotated[int, Query(ge=-1, lt=2**53, description="the size of the log seen last")]
Wait = Annotated[int, Query(ge=0, le=3600, description="seconds to wait for something new")]
