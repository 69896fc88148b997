"""An order as people read it, before anybody draws it: the verdict, the ladder, what is signed.

The same sentences, signs and fields for a terminal, a page and a report. Shape before colour:
● concurred, ◐ a deputy did, ✕ refused, ○ asked, · not asked yet, ▲ expired.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from cheget.audit.instant import to_text
from cheget.chain.wording import worded
from cheget.order.documents import Question, Receipt
from cheget.order.fields import Text
from cheget.order.papers import Papers, open_envelope
from cheget.order.proceeding import Proceeding, Rung
from cheget.order.reviews import Asked, Standing, asked

Mark = Literal["●", "◐", "✕", "▲", "○", "·"]


@dataclass(frozen=True)
class Place:
    """A seat on the ladder: its mark, who answered in it and when (seconds), and their reason."""

    seat: str
    mark: Mark
    by: str | None = None
    at: int | None = None
    reason: str = ""
    is_spent: bool = False  # whoever fills it counts at a level above


@dataclass(frozen=True)
class Step:
    """A level as it stands. ``is_asked``: it was reached; ``stopped``: the order ended here."""

    level: str
    places: tuple[Place, ...]
    is_asked: bool
    is_complete: bool
    stopped: bool


def clock(seconds: int) -> str:
    """The time of day of an instant, in UTC: ``08:30:00``."""
    return to_text(seconds)[11:19]


def moment(seconds: int) -> str:
    """An instant as people read it, in UTC: ``2026-11-01 08:30:00``."""
    return to_text(seconds).replace("T", " ").rstrip("Z")


def until(seconds: int) -> str:
    """A span of time in words."""
    if seconds < 0:
        return f"{until(-seconds)} ago"
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            rest = seconds % size // (size // (24 if unit == "d" else 60))
            small = {"d": "h", "h": "min", "min": "s"}[unit]
            return f"{seconds // size} {unit}" + (f" {rest} {small}" if rest else "")
    return f"{seconds} s"


def verdict(proceeding: Proceeding, receipts: Sequence[Receipt], now: int) -> str:
    """Where the order stands, in one or two sentences."""
    named = proceeding.order.executors.count
    done = sum(receipt.outcome == "carried-out" for receipt in receipts)
    release, ending = proceeding.release, proceeding.ending
    if release is not None and is_carried_out(proceeding, receipts):
        of = "the executor" if named == 1 else f"{done} of the {named} executors"
        return f"Carried out: {of} named acted."
    if ending is not None:
        where = f" at {ending.level}" if ending.level else ""
        who = f" by {ending.by}" if ending.by and not where else ""
        said = f"{ending.state.capitalize()}{where}{who}."
        if ending.why:
            said += f" {ending.why[0].upper()}{ending.why[1:]}."
        if release is None:
            return f"{said} No code exists."
        return f"{said} It had been released; {done} of {named} had acted."
    if release is not None:
        held = release.at + proceeding.action.hold
        wait = f" Held for {until(held - now)} more." if now < held else ""
        if named == 1:
            return f"Released. One code exists, for the executor named; {_acted(done)}.{wait}"
        return f"Released. {named} codes exist, one for each executor named; {done} acted.{wait}"
    pending = proceeding.pending
    level = pending.level.id if pending is not None else "?"
    left = until(proceeding.order.decide_by - now)
    return f"Waits at {level}. Decide within {left}, by {to_text(proceeding.order.decide_by)}."


def _acted(done: int) -> str:
    return "it acted" if done else "it has not acted"


def emergency(proceeding: Proceeding, now: int) -> tuple[Standing, str] | None:
    """What is said first of an emergency, until it has been reviewed; None of other orders."""
    review = asked(proceeding)
    if review is None:
        return None
    standing = review.standing(now)
    said = f"{_title(standing)} {proceeding.action.id}: {_reviewed(proceeding, review, standing)}"
    return standing, said


def _title(standing: str) -> str:
    return "REVIEW OVERDUE" if standing == "overdue" else "EMERGENCY"


def _reviewed(proceeding: Proceeding, review: Asked, standing: str) -> str:
    who = rule_of(proceeding)
    if review.until is None:
        limit = limited(proceeding)
        said = f"will be reviewed by {who}, until {until(review.within)} after its release."
        return f"{said} Limit: {limit}." if limit else said
    match standing:
        case "due":
            return f"will be reviewed by {who}, until {to_text(review.until)}."
        case "overdue":
            return f"by {who}, due until {to_text(review.until)}."
        case _:
            by = ", ".join(one.person for one in proceeding.reviews)
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
    return f"{limit.most}{of} per {until(limit.per)}"


def is_carried_out(proceeding: Proceeding, receipts: Sequence[Receipt]) -> bool:
    """Whether enough of the executors named acted."""
    enough = proceeding.action.enough or proceeding.order.executors.count
    return sum(receipt.outcome == "carried-out" for receipt in receipts) >= enough > 0


def steps(proceeding: Proceeding, papers: Papers | None = None) -> tuple[Step, ...]:
    """The ladder, from the head down. The reason of a refusal is told once, where it is kept."""
    reasons = reasons_of(papers) if papers is not None else {}
    told: set[str] = set()
    ending = proceeding.ending
    return tuple(
        Step(
            rung.level.id,
            tuple(_place(proceeding, rung, seat, reasons, told) for seat in rung.level.members),
            rung.prior is not None, rung.is_complete,
            ending is not None and ending.level == rung.level.id,
        )
        for rung in proceeding.rungs
    )  # fmt: skip


def _place(
    proceeding: Proceeding, rung: Rung, seat: str, reasons: Mapping[str, str], told: set[str]
) -> Place:
    person = proceeding.law.person_of(seat)
    counted = next((one for one in rung.counted if one.seat == seat), None)
    if counted is not None:
        mark: Mark = "●" if counted.person == person else "◐"
        return Place(seat, mark, counted.person, counted.answered_at)
    refused = next((one for one in proceeding.refusals if one.person == person), None)
    if refused is not None:
        reason = reasons.get(refused.digest, "") if refused.digest not in told else ""
        told.add(refused.digest)
        return Place(seat, "✕", person, refused.at, reason)
    asked = rung.prior is not None and not rung.is_complete
    if asked and proceeding.state == "expired":
        return Place(seat, "▲", person)
    if asked and proceeding.ending is None:
        spent = person is not None and proceeding.is_spent(person, seat, rung.level.id)
        return Place(seat, "·" if spent else "○", person, is_spent=spent)
    return Place(seat, "·", person)


def reasons_of(papers: Papers) -> dict[str, str]:
    """Reasons by the digest of the document that signs them; erased ones are left out."""
    found = {}
    for stored in papers.log.envelopes:
        filed = open_envelope(stored)
        for name in ("reason", "statement", "finding"):
            text = papers.texts.get(getattr(filed.unverified, name, ""))
            if text is not None:
                found[filed.envelope.digest] = text.text
    return found


def questions(papers: Papers) -> Iterator[tuple[Question, str | None]]:
    """Each question in log order, and what it asks; None if that was erased."""
    reasons = reasons_of(papers)
    for stored in papers.log.envelopes:
        filed = open_envelope(stored)
        if isinstance(filed.unverified, Question):
            yield filed.unverified, reasons.get(filed.envelope.digest)


def signed_fields(proceeding: Proceeding, papers: Papers) -> list[tuple[str, str]]:
    """What everybody signs, whole, in the signed order of fields; parameters indented."""
    order = proceeding.order
    names = papers.address if isinstance(papers.address, tuple) else ()
    reason: Text | None = papers.texts.get(order.reason)
    return [
        ("acknowledged", "; ".join(order.acknowledged) or "none"),
        ("action", order.action),
        ("attestations", " ".join(order.attestations) or "none"),
        ("decide_by", to_text(order.decide_by)),
        ("deployment", f"{order.deployment}  ({proceeding.law.house})"),
        ("executors", f"{order.executors.count}: {shortened(names)}"),
        ("law", f"{order.law}  ({proceeding.law.chain.id})"),
        ("nonce", order.nonce),
        ("originator", order.originator),
        *((f"  {name}", value) for name, value in order.parameters),
        ("reason", f"“{reason.text}”" if reason else "(erased)"),
        ("seat", order.seat),
        *((("shares", order.shares),) if order.shares else ()),
        ("transmitted_at", to_text(order.transmitted_at)),
        ("digest", proceeding.digest),
    ]


def shortened(names: Sequence[str]) -> str:
    """A list of names that stays on a line, whole up to six."""
    if len(names) <= 6:  # noqa: PLR2004
        return ", ".join(names)
    return f"{', '.join(names[:3])} … {names[-1]}"
