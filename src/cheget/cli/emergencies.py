"""An emergency as people see it: loud while it is under way, red until it has been reviewed."""

from __future__ import annotations

from typing import Any

from cheget.audit.instant import to_text
from cheget.cli.render import NO, WAIT, YES, paint
from cheget.order.proceeding import Proceeding
from cheget.order.reviews import asked
from cheget.order.telling import emergency, rule_of
from cheget.report.terminal import safe

COLOURS = {"ahead": NO, "due": NO, "overdue": NO, "reviewed": YES, "late": WAIT}


def notice(proceeding: Proceeding, now: int) -> list[str]:
    """The line that stands first wherever the order is shown; none for an ordinary order."""
    found = emergency(proceeding, now)
    if found is None:
        return []
    standing, said = found
    return [paint(said, COLOURS[standing], bold=standing != "reviewed")]


def findings(proceeding: Proceeding, reasons: dict[str, str]) -> list[str]:
    """Each review with what it found; an erased one says so."""
    lines = []
    for one in proceeding.reviews:
        text = reasons.get(one.digest)
        found = "(erased)" if text is None else f"“{safe(text)}”"
        lines.append(f"  {one.person} reviewed at {to_text(one.at)}: {found}")
    return lines


def as_value(
    proceeding: Proceeding, now: int, reasons: dict[str, str] | None = None
) -> dict[str, Any] | None:
    """The review asked for, as JSON; None where none is."""
    review = asked(proceeding)
    if review is None:
        return None
    return {
        "rule": rule_of(proceeding),
        "within": review.within,
        "standing": review.standing(now),
        "until": None if review.until is None else to_text(review.until),
        "reviewed_at": None if review.done is None else to_text(review.done),
        "left": list(review.left),
        "reviews": [
            {
                "person": one.person, "at": to_text(one.at),
                "finding": (reasons or {}).get(one.digest),
            }
            for one in proceeding.reviews
        ],
    }  # fmt: skip
