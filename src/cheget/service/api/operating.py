"""For whoever runs the service: is it there, is it ready, what does it do."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from cheget.service.api.door import AtDoor

router = APIRouter()


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """The process answers."""
    return {"status": "there"}


@router.get("/readyz")
def readyz(request: Request, door: AtDoor) -> dict[str, str | int]:
    """The store answers, and the charter holds."""
    door.limits.reading(request)
    size = door.counter.head("orders").size
    return {"status": "ready", "size": size, "charter": door.counter.usable_digest()}


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
def metrics(request: Request, door: AtDoor) -> Response:
    """For Prometheus: numbers, and no name of a person."""
    door.limits.reading(request)
    return Response(door.metrics.text(), media_type="text/plain; version=0.0.4")
