"""For whoever runs the service: is it there, is it ready, what does it do."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from cheget.service.api.door import AtDoor
from cheget.service.api.problems import Problem

router = APIRouter()


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """The process answers."""
    return {"status": "there"}


@router.get("/readyz")
def readyz(request: Request, door: AtDoor) -> dict[str, str | int]:
    """The store answers, the charter holds, and nothing holds the desk up."""
    door.limits.reading(request)
    if (halted := door.hearing.halted) is not None:
        raise Problem(503, "gone-back", halted.fault().message)
    size = door.counter.head("orders").size
    return {"status": "ready", "size": size, "charter": door.counter.usable_digest()}


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
def metrics(request: Request, door: AtDoor) -> Response:
    """For Prometheus: numbers, and no name of a person."""
    door.limits.reading(request)
    return Response(door.metrics.text(), media_type="text/plain; version=0.0.4")
