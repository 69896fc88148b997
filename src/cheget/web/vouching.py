"""Pages for whoever has to vouch: a house in a period, and who would answer today."""

from __future__ import annotations

import threading
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, JSONResponse, Response

from cheget.audit.instant import from_text, to_text
from cheget.errors import MalformedDocumentError
from cheget.order.chronicle import Period
from cheget.order.fields import Head
from cheget.order.telling import until
from cheget.order.verify import Pinned
from cheget.report.auditing import Report, gather
from cheget.report.guarding import guards
from cheget.report.readiness import RECENT, Ready, readiness, vacancies
from cheget.report.sections import CANNOT_SHOW, SECTIONS, about, said, written
from cheget.service.api.problems import Problem
from cheget.service.house import House
from cheget.web.language import tell
from cheget.web.showing import pinned
from cheget.web.visit import LetIn, Visit

router = APIRouter(include_in_schema=False)
DAY, MONTH = 86400, 30
ROWS = 100  # of a section on a page; the tables have all
# Both logs are proved from their first entry for each report: one at a time.
_working = threading.Lock()
Day = Annotated[str, Query(max_length=10, pattern=r"^(\d{4}-\d{2}-\d{2})?$")]


@router.get("/audit")
def audit(visit: LetIn, since: Day = "", until: Day = "") -> HTMLResponse:
    """The report on a period, by default the last month."""
    found = _gathered(visit, since, until)
    sections = [
        {
            "name": name, "title": SECTIONS[name][0], "count": len(rows),
            "heads": [head or column.replace("_", " ") for column, head in columns.items()],
            "rows": [[(column, said(row, column)) for column in columns] for row in rows[:ROWS]],
        }
        for name, rows in found.sections.items() for columns in (SECTIONS[name][2],)
    ]  # fmt: skip
    period = found.period
    return visit.page(
        "audit.html", faults=found.faults, sections=sections, cannot=CANNOT_SHOW, most=ROWS,
        since=to_text(period.start)[:10], until=to_text(period.end)[:10],
        as_of=to_text(period.cut - 1) if period.cut < period.end else "",
    )  # fmt: skip


@router.get("/audit.json")
def audit_json(visit: LetIn, since: Day = "", until: Day = "") -> JSONResponse:
    """The same for a program."""
    found = _gathered(visit, since, until)
    return JSONResponse({**about(found), "faults": found.faults, **found.sections})


@router.get("/audit/{section}.csv")
def audit_csv(visit: LetIn, section: str, since: Day = "", until: Day = "") -> Response:
    """A section as a table; no text in it is taken for a formula."""
    if section not in {*SECTIONS, "report"}:
        raise Problem(404, "not-here", "an audit report has no such section")
    text = written(_gathered(visit, since, until))[section]
    named = {"Content-Disposition": f'attachment; filename="{section}.csv"'}
    return Response(text, media_type="text/csv; charset=utf-8", headers=named)


class _Here:
    """What the server itself trusts: the first charter. Whoever doesn't trust it proves anew."""

    def __init__(self, pinned: Pinned) -> None:
        self.pinned = pinned

    def keep(self, orders: Head | None, law: Head) -> None:
        """Nothing is remembered."""


def _gathered(visit: Visit, since: str, ends: str) -> Report:
    tomorrow = visit.now - visit.now % DAY + DAY
    end = _day(ends) if ends else tomorrow
    start = _day(since) if since else end - MONTH * DAY
    if not start < end or start > visit.now:
        raise MalformedDocumentError("a period begins before it ends, and has begun")
    counter, house = visit.door.counter, _house(visit)
    pins = _Here(pinned(counter))
    if not _working.acquire(timeout=20):
        raise Problem(503, "busy", "another report is being made", **{"Retry-After": "5"})
    try:
        return gather(house, counter, Period(start, end, visit.now), pins)
    finally:
        _working.release()


def _day(text: str) -> int:
    try:
        return from_text(f"{text}T00:00:00Z")
    except ValueError:
        raise MalformedDocumentError(f"{text} is no day") from None


def _house(visit: Visit) -> House:
    house: House = visit.request.app.state.house
    return house


@router.get("/readiness")
def ready(visit: LetIn) -> HTMLResponse:
    """Who would answer today, and whose guards were tested."""
    usable, now = visit.door.counter.usable(), visit.now
    people = readiness(usable, visit.door.counter.orders())
    tests, faults = guards(_house(visit), 0, now + 1)
    shown = {one.person for one in people if one.last is not None and now - one.last <= RECENT}
    last = {row["executor"]: row for row in tests}
    return visit.page(
        "readiness.html", rows=[_row(one, now) for one in people], faults=faults,
        answered=len(shown), total=len(people), vacant=vacancies(usable), days=RECENT // DAY,
        guards=[_guard(row, now) for _, row in sorted(last.items())],
        elsewhere=len(set(usable.executors) - set(last)),
    )  # fmt: skip


def _row(one: Ready, now: int) -> dict[str, Any]:
    minded = list(one.warnings(now))
    return {
        "person": one.person, "posts": ", ".join(one.posts), "keys": one.keys,
        "last": tell("%(span)s ago", span=until(now - one.last))
        if one.last is not None else tell("never"),
        "usual": until(one.usual) if one.usual is not None else "",
        "answers": one.answers, "missed": one.missed,
        "minded": "; ".join(minded), "look": "no" if not one.keys or one.missed else "wait",
    }  # fmt: skip


def _guard(row: dict[str, Any], now: int) -> dict[str, Any]:
    at = row["at"]
    return {
        "executor": row["executor"], "guard": row["guard"] or "",
        "when": tell("%(span)s ago", span=until(now - from_text(at)))
        if at else tell("never tested"),
        "passed": row["passed"], "says": row["says"] if at else "",
    }  # fmt: skip
