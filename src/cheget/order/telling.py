"""An order as people read it, before anybody draws it: the verdict, the ladder, what is signed.

The same sentences, signs and fields for a terminal, a page and a report. Shape before colour:
● concurred, ◐ a deputy did, ✕ refused, ○ asked, · not asked yet, ▲ expired.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from cheget.audit.instant import to_text
from cheget.chain.saying import Said, said
from cheget.chain.wording import worded
from cheget.order.documents import Question, Receipt
from cheget.order.fields import Text
from cheget.order.papers import Papers, open_envelope
from cheget.order.proceeding import Ending, Proceeding, Rung, State
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
    """A span of time in words; its units are the same in every language."""
    if seconds < 0:
        return said("%(span)s ago", span=until(-seconds))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            rest = seconds % size // (size // (24 if unit == "d" else 60))
            small = {"d": "h", "h": "min", "min": "s"}[unit]
            return f"{seconds // size} {unit}" + (f" {rest} {small}" if rest else "")
    return f"{seconds} s"


def verdict(proceeding: Proceeding, receipts: Sequence[Receipt], now: int) -> Said:
    """Where the order stands, in one or two sentences."""
    named = proceeding.order.executors.count
    done = sum(receipt.outcome == "carried-out" for receipt in receipts)
    release, ending = proceeding.release, proceeding.ending
    if release is not None and is_carried_out(proceeding, receipts):
        return _carried_out(named, done)
    if ending is not None:
        ended = _ended(ending)
        if release is None:
            return said("%(ended)s No code exists.", ended=ended)
        return said("%(ended)s It had been released; %(done)s of %(named)s had acted.",
                    ended=ended, done=done, named=named)  # fmt: skip
    if release is not None:
        held = release.at + proceeding.action.hold
        released = _released(named, done)
        if now >= held:
            return released
        return said("%(released)s Held for %(span)s more.", released=released,
                    span=until(held - now))  # fmt: skip
    pending = proceeding.pending
    level = pending.level.id if pending is not None else "?"
    return said("%(waits)s Decide within %(span)s, by %(instant)s.",
                waits=said("Waits at %(level)s.", level=level),
                span=until(proceeding.order.decide_by - now),
                instant=to_text(proceeding.order.decide_by))  # fmt: skip


def _carried_out(named: int, done: int) -> Said:
    if named == 1:
        return said("Carried out: the executor named acted.")
    return said("Carried out: %(done)s of the %(named)s executors named acted.",
                done=done, named=named)  # fmt: skip


def _ended(ending: Ending) -> Said:
    state = _ENDED[ending.state]
    if ending.level:
        ended = said("%(state)s at %(level)s.", state=state, level=ending.level)
    elif ending.by:
        ended = said("%(state)s by %(who)s.", state=state, who=ending.by)
    else:
        ended = said("%(state)s.", state=state)
    if not ending.why:
        return ended
    why = f"{ending.why[0].upper()}{ending.why[1:]}."
    return said("%(ended)s %(why)s", ended=ended,
                why=next((one for one in _WHY if one == why), why))  # fmt: skip


STATES: Mapping[State, Said] = {
    "open": said("open"), "released": said("released"), "stopped": said("stopped"),
    "countermanded": said("countermanded"), "expired": said("expired"), "closed": said("closed"),
}  # fmt: skip
_ENDED = {"stopped": said("Stopped"), "countermanded": said("Countermanded"),
           "expired": said("Expired"), "closed": said("Closed")}  # fmt: skip
_WHY = (
    said("The law of its chain has changed."),
    said("A key that counted in it was revoked."),
    said("An attestation has lapsed."),
    said("An attestation was taken back."),
)


def _released(named: int, done: int) -> Said:
    if named != 1:
        return said("Released. %(named)s codes exist, one for each executor named; %(done)s acted.",
                    named=named, done=done)  # fmt: skip
    if done:
        return said("Released. One code exists, for the executor named; it acted.")
    return said("Released. One code exists, for the executor named; it has not acted.")


def emergency(proceeding: Proceeding, now: int) -> tuple[Standing, Said] | None:
    """What is said first of an emergency, until it has been reviewed; None of other orders."""
    review = asked(proceeding)
    if review is None:
        return None
    standing = review.standing(now)
    title = said("REVIEW OVERDUE") if standing == "overdue" else said("EMERGENCY")
    return standing, said("%(title)s %(action)s: %(reviewed)s", title=title,
                          action=proceeding.action.id,
                          reviewed=_reviewed(proceeding, review, standing))  # fmt: skip


def _reviewed(proceeding: Proceeding, review: Asked, standing: Standing) -> Said:
    who = rule_of(proceeding)
    if review.until is None:
        ahead = said("will be reviewed by %(who)s, until %(span)s after its release.", who=who,
                     span=until(review.within))  # fmt: skip
        limit = limited(proceeding)
        return said("%(ahead)s Limit: %(limit)s.", ahead=ahead, limit=limit) if limit else ahead
    due = to_text(review.until)
    match standing:
        case "due":
            return said("will be reviewed by %(who)s, until %(instant)s.", who=who, instant=due)
        case "overdue":
            return said("by %(who)s, due until %(instant)s.", who=who, instant=due)
    by, at = ", ".join(one.person for one in proceeding.reviews), to_text(review.done or 0)
    if standing == "late":
        return said("reviewed by %(by)s at %(at)s, late: it was due until %(instant)s.",
                    by=by, at=at, instant=due)  # fmt: skip
    return said("reviewed by %(by)s at %(at)s.", by=by, at=at)


def rule_of(proceeding: Proceeding) -> str:
    """Who is asked to review, as the chain file says it."""
    review = proceeding.action.review
    return worded(review.rule) if review is not None else ""


def limited(proceeding: Proceeding) -> str:
    """The action's limit in words; empty where it has none."""
    limit = proceeding.action.limit
    if limit is None:
        return ""
    span = until(limit.per)
    if not limit.parameter:
        return said("%(most)s per %(span)s", most=limit.most, span=span)
    return said("%(most)s of %(what)s per %(span)s", most=limit.most, what=limit.parameter,
                span=span)  # fmt: skip


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
        ("acknowledged", "; ".join(order.acknowledged) or said("none")),
        ("action", order.action),
        ("attestations", " ".join(order.attestations) or said("none")),
        ("decide_by", to_text(order.decide_by)),
        ("deployment", f"{order.deployment}  ({proceeding.law.house})"),
        ("executors", f"{order.executors.count}: {shortened(names)}"),
        ("law", f"{order.law}  ({proceeding.law.chain.id})"),
        ("nonce", order.nonce),
        ("originator", order.originator),
        *((f"  {name}", value) for name, value in order.parameters),
        ("reason", f"“{reason.text}”" if reason else said("(erased)")),
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
