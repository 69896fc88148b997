"""What stands before everything: how large a body may be, how slow, and what every answer says.

Pure ASGI. A body is read whole here, up to its cap and within its time, before anything parses
it. Without a session only small ones are read: enough for every document, and so every stop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cheget.service.api.problems import Problem, problem
from cheget.service.api.settings import LARGE, SMALL, Settings

HEADERS = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)


class Caps:
    """Caps, deadlines and headers around an application."""

    def __init__(self, app: ASGIApp, settings: Settings, knows: Callable[[str], object]) -> None:
        """Around ``app``; ``knows`` raises a Problem for a token that is none of a session."""
        self._app, self._settings, self._knows = app, settings, knows

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def said(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [
                    *message["headers"], *(one for one in HEADERS if one[0] not in present)
                ]  # fmt: skip
            await send(message)

        if not _has_body(scope):
            await self._app(scope, receive, said)
            return
        try:
            body = await self._body(scope, receive)
        except Problem as no:
            answer = problem(no.status_code, no.kind, no.detail, {"Connection": "close"})
            await answer(scope, receive, said)
            return
        if body is None:
            return
        given = False

        async def again() -> Message:
            nonlocal given
            if not given:
                given = True
                return {"type": "http.request", "body": body, "more_body": False}
            return await receive()

        await self._app(scope, again, said)

    async def _body(self, scope: Scope, receive: Receive) -> bytes | None:
        """The body; None when whoever sends it left.

        Raises:
            Problem: too large, or too slow.
        """
        headers = dict(scope["headers"])
        length = headers.get(b"content-length")
        cap = self._cap(headers)
        if length is not None and (not length.isdigit() or int(length[:12]) > cap):
            raise Problem(413, "too-large", f"a body has at most {cap:,} bytes here")
        parts: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(self._settings.body_seconds):
                while True:
                    message: dict[str, Any] = dict(await receive())
                    if message["type"] == "http.disconnect":
                        return None
                    parts.append(message.get("body", b""))
                    size += len(parts[-1])
                    if size > cap:
                        raise Problem(413, "too-large", f"a body has at most {cap:,} bytes here")
                    if not message.get("more_body"):
                        return b"".join(parts)
        except TimeoutError:
            raise Problem(408, "too-slow", "the body did not come in time") from None

    def _cap(self, headers: dict[bytes, bytes]) -> int:
        token = headers.get(b"authorization", b"").decode("latin-1").removeprefix("Bearer ")
        if not token:
            return SMALL
        try:
            self._knows(token)
        except Problem:
            return SMALL
        return LARGE


def _has_body(scope: Scope) -> bool:
    """Whether a body is announced; where none is, only a client that leaves is waited for."""
    names = {name for name, _ in scope["headers"]}
    return b"content-length" in names or b"transfer-encoding" in names
