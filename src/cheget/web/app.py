"""The pages of a house, put onto the application that serves its desk."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response

from cheget.service.house import House
from cheget.web import enrolling, pages, signing
from cheget.web.visit import SignIn


def install(app: FastAPI, house: House) -> None:
    """Put the pages onto the application, which has its door open."""
    app.state.house = house
    for module in (pages, signing, enrolling):
        app.include_router(module.router)

    async def to_signin(request: Request, _: Exception) -> Response:
        after = request.url.path if request.method == "GET" else "/"
        return RedirectResponse(f"/signin?next={after}", 303)

    app.add_exception_handler(SignIn, to_signin)
