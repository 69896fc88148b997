"""Every error as ``application/problem+json`` (RFC 9457), mapped to its status once, here."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from cheget import errors
from cheget.errors import ChegetError, VerificationError

TYPE = "urn:cheget:problem:"
MEDIA_TYPE = "application/problem+json"

# The nearest class above an error decides.
STATUS: Mapping[type[ChegetError], int] = {
    errors.MalformedDocumentError: 400,
    errors.ChainFileError: 400,
    errors.BadSignatureError: 401,
    errors.VerificationError: 422,
    errors.CharterError: 422,
    errors.NotAcceptedError: 409,
    errors.GoneBackError: 409,
    errors.SealError: 404,
    errors.StoreError: 503,
    errors.HouseError: 503,
    errors.ChegetError: 409,
}

RESPONSE = {
    "description": "A no, and why (RFC 9457).",
    "content": {
        MEDIA_TYPE: {
            "schema": {
                "type": "object",
                "required": ["type", "title", "status", "detail"],
                "properties": {
                    "type": {"type": "string"}, "title": {"type": "string"},
                    "status": {"type": "integer"}, "detail": {"type": "string"},
                    "hint": {"type": "string"}, "step": {"type": "integer"},
                },
            }
        }
    },
}  # fmt: skip

TITLES = {
    400: "malformed", 401: "who are you?", 403: "not yours to read", 404: "not here",
    405: "not that way", 408: "too slow", 409: "not accepted", 413: "too large",
    415: "not that type", 422: "does not fit", 429: "too many", 503: "in the way",
}  # fmt: skip


class Problem(HTTPException):
    """A no that is of HTTP's making: too large, too many, not here, not yours."""

    def __init__(self, status: int, kind: str, detail: str, **headers: str) -> None:
        super().__init__(status, detail, headers or None)
        self.kind = kind


def kind_of(error: ChegetError) -> str:
    """``not-accepted`` for a ``NotAcceptedError``."""
    name = type(error).__name__.removesuffix("Error")
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


def status_of(error: ChegetError) -> int:
    """The status of the nearest class above."""
    return next(STATUS[cls] for cls in type(error).__mro__ if cls in STATUS)


def problem(
    status: int, kind: str, detail: str, headers: Mapping[str, str] | None = None, **more: Any,  # noqa: ANN401
) -> JSONResponse:  # fmt: skip
    """A problem document."""
    value = {
        "type": TYPE + kind, "title": TITLES.get(status, kind), "status": status,
        # What came from outside may hold half a character, which no response can.
        "detail": detail.encode(errors="replace").decode(), **more,
    }  # fmt: skip
    return JSONResponse(value, status, media_type=MEDIA_TYPE, headers=dict(headers or {}))


def install(
    app: FastAPI, failed: Callable[[str], object], count: Callable[[Request], object]
) -> None:
    """Let every error of ``app`` leave as a problem.

    ``failed`` counts what did not verify; ``count`` a request that was nonsense, against whoever
    sent it, and may raise a Problem.
    """

    async def ours(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, ChegetError)  # noqa: S101 - by its registration
        status = status_of(error)
        more: dict[str, Any] = {"hint": error.hint} if error.hint else {}
        if isinstance(error, VerificationError):
            failed(kind_of(error))
            more["step"] = error.step
        headers = {"Retry-After": "1"} if status == 503 else {}  # noqa: PLR2004
        return problem(status, kind_of(error), error.message, headers, **more)

    async def http(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)  # noqa: S101 - by its registration
        status = error.status_code
        kind = getattr(error, "kind", {404: "not-here", 405: "not-that-way"}.get(status, "http"))
        return problem(status, kind, str(error.detail), error.headers)

    async def invalid(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)  # noqa: S101 - by its registration
        try:
            count(request)
        except Problem as no:
            return await http(request, no)
        found = error.errors()
        where = [".".join(str(part) for part in one["loc"]) for one in found]
        status = 400 if any(one["type"] == "json_invalid" for one in found) else 422
        said = "; ".join(f"{at}: {one['msg']}" for at, one in zip(where, found, strict=True))
        return problem(status, "malformed", said[:1000])

    async def bug(_: Request, __: Exception) -> JSONResponse:
        return problem(500, "fault", "the desk is at fault; nothing was acknowledged")

    app.add_exception_handler(ChegetError, ours)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(Exception, bug)
