"""An order as a terminal shows it: the verdict first, then the ladder, the same signs as the page.

Shape before colour: ● concurred, ◐ a deputy did, ✕ refused, ○ asked, · not asked yet, ▲ expired.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import click

from cheget.audit.instant import to_text
from cheget.cli.terminal import safe
from cheget.order.documents import Question, Receipt, order_name
from cheget.order.fields import Text
from cheget.order.papers import Papers, open_envelope
from cheget.order.proceeding import Proceeding, Rung

YES, NO, WAIT = "green", "red", "yellow"


def paint(text: str, colour: str, *, bold: bool = False) -> str:
    """Coloured for a terminal; ``click.echo`` takes the colour off for anything else."""
    return click.style(text, fg=colour, bold=bold)


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


def is_carried_out(proceeding: Proceeding, receipts: Sequence[Receipt]) -> bool:
    """Whether enough of the executors named acted."""
    enough = proceeding.action.enough or proceeding.order.executors.count
    return sum(receipt.outcome == "carried-out" for receipt in receipts) >= enough > 0


def ladder(proceeding: Proceeding, papers: Papers | None = None) -> list[str]:
    """The ladder, a line a level, with each reason of a refusal once, where it is kept."""
    reasons = reasons_of(papers) if papers is not None else {}
    told: set[str] = set()
    width = max(len(rung.level.id) for rung in proceeding.rungs) + 2
    lines = []
    for rung in proceeding.rungs:
        seats = [_seat(proceeding, rung, seat, reasons, told) for seat in rung.level.members]
        lines.append(f"  {rung.level.id:<{width}} " + "  ".join(seats))
    return lines


def _seat(
    proceeding: Proceeding, rung: Rung, seat: str, reasons: Mapping[str, str], told: set[str]
) -> str:
    person = proceeding.law.person_of(seat)
    counted = next((one for one in rung.counted if one.seat == seat), None)
    if counted is not None:
        if counted.person == person:
            return paint(f"● {seat}", YES)
        return paint(f"◐ {seat} by {counted.person}", YES)
    refused = next((one for one in proceeding.refusals if one.person == person), None)
    if refused is not None:
        reason = reasons.get(refused.digest, "") if refused.digest not in told else ""
        told.add(refused.digest)
        return paint(f"✕ {seat}", NO) + (f"  “{safe(reason)}”" if reason else "")
    asked = rung.prior is not None and not rung.is_complete
    if asked and proceeding.state == "expired":
        return paint(f"▲ {seat}", WAIT)
    if asked and proceeding.ending is None:
        spent = person is not None and proceeding.is_spent(person, seat, rung.level.id)
        return (
            click.style(f"· {seat} (counts above)", dim=True) if spent else paint(f"○ {seat}", WAIT)
        )
    return click.style(f"· {seat}", dim=True)


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


def title(proceeding: Proceeding) -> str:
    """The six words, and who transmitted what."""
    order = proceeding.order
    return (
        f"order  {click.style(order_name(proceeding.digest), bold=True)}"
        f"   {order.action}, transmitted by {order.seat}"
    )


def signed_fields(proceeding: Proceeding, papers: Papers) -> list[str]:
    """What everybody signs, whole, in the signed order of fields."""
    order = proceeding.order
    names = papers.address if isinstance(papers.address, tuple) else ()
    reason: Text | None = papers.texts.get(order.reason)
    rows = [
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
    return [f"  {name:<15} {safe(value)}" for name, value in rows]


def shortened(names: Sequence[str]) -> str:
    """A list of names that stays on a line, whole up to six."""
    if len(names) <= 6:  # noqa: PLR2004
        return ", ".join(names)
    return f"{', '.join(names[:3])} … {names[-1]}"


def questions(papers: Papers) -> Iterator[tuple[Question, str | None]]:
    """Each question in log order, and what it asks; None if that was erased."""
    reasons = reasons_of(papers)
    for stored in papers.log.envelopes:
        filed = open_envelope(stored)
        if isinstance(filed.unverified, Question):
            yield filed.unverified, reasons.get(filed.envelope.digest)


def as_json(
    proceeding: Proceeding, receipts: Sequence[Receipt], papers: Papers
) -> dict[str, object]:
    """An order as JSON: all that everybody signs, and how far it has come."""
    order, ending, release = proceeding.order, proceeding.ending, proceeding.release
    reasons = reasons_of(papers)
    return {
        "order": proceeding.digest,
        "words": order_name(proceeding.digest),
        "chain": proceeding.law.chain.id,
        "action": order.action,
        "parameters": dict(order.parameters),
        "executors": list(papers.address) if isinstance(papers.address, tuple) else [],
        "originator": order.originator,
        "seat": order.seat,
        "reason": reasons.get(proceeding.digest),
        "acknowledged": list(order.acknowledged),
        "attestations": list(order.attestations),
        "deployment": order.deployment,
        "law": order.law,
        "nonce": order.nonce,
        "transmitted_at": to_text(order.transmitted_at),
        "decide_by": to_text(order.decide_by),
        "state": proceeding.state,
        "carried_out": is_carried_out(proceeding, receipts),
        "ended": None
        if ending is None
        else {
            "at": to_text(ending.at),
            "level": ending.level or None,
            "by": ending.by or None,
            "why": ending.why or None,
        },
        "released_at": None if release is None else to_text(release.at),
        "levels": [
            {
                "level": rung.level.id,
                "asked": rung.prior is not None,
                "complete": rung.is_complete,
                "concurred": [{"seat": c.seat, "person": c.person} for c in rung.counted],
            }
            for rung in proceeding.rungs
        ],
        "refusals": [
            {"person": one.person, "at": to_text(one.at), "reason": reasons.get(one.digest)}
            for one in proceeding.refusals
        ],
        "questions": [
            {"person": one.signer, "at": to_text(one.asked_at), "reason": text}
            for one, text in questions(papers)
        ],
        "receipts": {receipt.executor: receipt.outcome for receipt in receipts},
    }
