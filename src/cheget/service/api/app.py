"""The application. Pages are mounted on it: the same door, the same sessions."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import structlog
from fastapi import FastAPI

from cheget import __version__
from cheget.service.api import operating, problems, reading, submitting
from cheget.service.api.caps import Caps
from cheget.service.api.door import FrontDoor
from cheget.service.api.hearing import Hearing
from cheget.service.api.limiting import Limits
from cheget.service.api.metrics import Metrics
from cheget.service.api.sessions import Sessions, secret_of
from cheget.service.api.settings import Settings
from cheget.service.api.telling import Told
from cheget.service.api.waiting import Changes
from cheget.service.counter import LocalCounter

__all__ = ["create_app", "secret_of"]


def create_app(
    counter: LocalCounter, secret: bytes, settings: Settings,
    entropy: Callable[[int], bytes] = secrets.token_bytes,
) -> FastAPI:  # fmt: skip
    """The API of a house. ``app.state.door`` is what pages that are mounted on it work with.

    Args:
        counter: The house's desk.
        secret: 32 bytes that all replicas of it have, as ``sessions.secret_of`` derives them.
        settings: By the operator.
        entropy: Gives so many random bytes.
    """
    sessions = Sessions(counter, secret, settings.origins, settings.lasts, entropy)
    changes = Changes(lambda: counter.look()["orders"].size, settings.every)
    releases = Changes(counter.releases, settings.every)
    metrics, log = Metrics(counter), structlog.get_logger("cheget")
    door = FrontDoor(
        counter, settings, sessions, changes, releases, Limits(counter, settings), metrics,
        Hearing(counter, metrics, log),
    )  # fmt: skip

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        door.close()

    app = FastAPI(
        title="cheget", version=__version__, lifespan=lifespan,
        openapi_url="/v1/openapi.json", docs_url=None, redoc_url=None,
        responses={"default": problems.RESPONSE},
    )  # fmt: skip
    app.state.door = door
    problems.install(app, door.metrics.failed, door.limits.reading)
    for router in (submitting.router, reading.router, operating.router):
        app.include_router(router)
    app.add_middleware(Told, door=door, log=log)
    app.add_middleware(Caps, settings=settings, knows=sessions.known)  # outermost
    return app
