"""The pages of a house, put onto the application that serves its desk."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException

from cheget.errors import ChegetError
from cheget.service.house import House
from cheget.web import (
    assessing,
    enrolling,
    evidence,
    lawful,
    logbook,
    pages,
    signing,
    vouching,
)
from cheget.web.language import speak
from cheget.web.visit import SignIn, trouble

Handler = Callable[[Request, Exception], Response | Awaitable[Response]]


def install(app: FastAPI, house: House) -> None:
    """Put the pages onto the application, which has its door open."""
    app.state.house = house
    for module in (pages, evidence, logbook, signing, lawful, assessing, vouching, enrolling):
        app.include_router(module.router, dependencies=[Depends(speak)])

    async def to_signin(request: Request, _: Exception) -> Response:
        after = request.url.path if request.method == "GET" else "/"
        return RedirectResponse(f"/signin?next={after}", 303)

    app.add_exception_handler(SignIn, to_signin)
    for kind in (ChegetError, HTTPException, RequestValidationError):
        app.add_exception_handler(kind, _readable(app.exception_handlers[kind]))


def _readable(handler: Handler) -> Handler:
    """The same problem, as a page for whoever looks with a browser."""

    async def handle(request: Request, error: Exception) -> Response:
        answer = handler(request, error)
        if not isinstance(answer, Response):
            answer = await answer
        await speak(request)
        looks = request.method == "GET" and "text/html" in request.headers.get("accept", "")
        return trouble(request, answer, json.loads(bytes(answer.body))) if looks else answer

    return handle
