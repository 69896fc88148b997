"""An order as one file that verifies itself: made here, opened elsewhere, without us."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from cheget.order.documents import order_name
from cheget.report.evidence import gathered
from cheget.web.rendering import ALONE
from cheget.web.showing import pinned
from cheget.web.visit import LetIn

router = APIRouter(include_in_schema=False)


@router.get("/orders/{digest}/evidence")
def evidence(visit: LetIn, digest: str) -> HTMLResponse:
    """The file, to be kept: its own policy is in it."""
    counter = visit.door.counter
    text = gathered(counter, counter.proceeding(digest).digest, pinned(counter), visit.now)
    name = f"order-{order_name(digest).replace(' ', '-')}.html"
    kept = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HTMLResponse(text, headers={**ALONE, **kept})
