"""An emergency as people see it: loud while it is under way, red until it has been reviewed."""

from __future__ import annotations

from typing import Any

from cheget.audit.instant import to_text
from cheget.chain.wording import worded
from cheget.cli.render import NO, WAIT, YES, paint
from cheget.cli.terminal import safe
from cheget.cli.wording import joined, span
from cheget.order.proceeding import Proceeding
from cheget.order.reviews import Asked, asked

COLOURS = {"ahead": NO, "due": NO, "overdue": NO, "reviewed": YES, "late": WAIT}


def notice(proceeding: Proceeding, now: int) -> list[str]:
    """The line that stands first wherever the order is shown; none for an ordinary order."""
    review = asked(proceeding)
    if review is None:
        return []
    standing = review.standing(now)
    said = f"{_title(standing)} {proceeding.action.id}: {_said(proceeding, review, standing)}"
    return [paint(said, COLOURS[standing], bold=standing != "reviewed")]


def _title(standing: str) -> str:
    return "REVIEW OVERDUE" if standing == "overdue" else "EMERGENCY"


def _said(proceeding: Proceeding, review: Asked, standing: str) -> str:
    who = rule_of(proceeding)
    if review.until is None:
        limit = limited(proceeding)
        said = f"will be reviewed by {who}, until {span(review.within)} after its release."
        return f"{said} Limit: {limit}." if limit else said
    match standing:
        case "due":
            return f"will be reviewed by {who}, until {to_text(review.until)}."
        case "overdue":
            return f"by {who}, due until {to_text(review.until)}."
        case _:
            by = joined([one.person for one in proceeding.reviews])
            late = f", late: it was due until {to_text(review.until)}"
            return f"reviewed by {by} at {to_text(review.done or 0)}" + (
                f"{late}." if standing == "late" else "."
            )


def rule_of(proceeding: Proceeding) -> str:
    """Who is asked to review, as the chain file says it."""
    review = proceeding.action.review
    return worded(review.rule) if review is not None else ""


def limited(proceeding: Proceeding) -> str:
    """The action's limit in words; empty where it has none."""
    limit = proceeding.action.limit
    if limit is None:
        return ""
    of = f" of {limit.parameter}" if limit.parameter else ""
    return f"{limit.most}{of} per {span(limit.per)}"


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
