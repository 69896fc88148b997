"""Each request counted and logged: who, which order, how long; never what a text says."""

from __future__ import annotations

import time
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cheget.service.api.door import FrontDoor


class Told:
    """Pure ASGI, so that a stream stays one."""

    def __init__(self, app: ASGIApp, door: FrontDoor, log: Any) -> None:  # noqa: ANN401 - structlog's
        """Tell of ``app`` to the metrics of ``door``, and to ``log``."""
        self._app, self._door, self._log = app, door, log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun, status = time.perf_counter(), 500

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            self._tell(scope, status, time.perf_counter() - begun)
        if scope["method"] == "POST" and status < 300:  # noqa: PLR2004
            await self._door.changes.stir()
            await self._door.releases.stir()

    def _tell(self, scope: Scope, status: int, seconds: float) -> None:
        route, state = getattr(scope.get("route"), "path", "none"), scope.get("state", {})
        self._door.metrics.answered(scope["method"], route, status, seconds)
        facts = {
            "who": state.get("who"), "order": scope.get("path_params", {}).get("order"),
            "document": state.get("digest"),
        }  # fmt: skip
        self._log.info(
            "request", method=scope["method"], route=route, status=status,
            ms=round(seconds * 1000, 1), **{name: one for name, one in facts.items() if one},
        )  # fmt: skip
