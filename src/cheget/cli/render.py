"""An order as a terminal shows it: the verdict first, then the ladder, the same signs as the page.

Shape before colour: ● concurred, ◐ a deputy did, ✕ refused, ○ asked, · not asked yet, ▲ expired.
"""

from __future__ import annotations

from collections.abc import Sequence

import click

from cheget.audit.instant import to_text
from cheget.order.documents import Receipt, order_name
from cheget.order.papers import Papers
from cheget.order.proceeding import Proceeding
from cheget.order.telling import (
    Place,
    is_carried_out,
    questions,
    reasons_of,
    shortened,
    signed_fields,
    steps,
    until,
    verdict,
)
from cheget.report.terminal import safe

__all__ = [
    "as_json", "is_carried_out", "ladder", "paint", "questions", "reasons_of", "shortened",
    "signed_lines", "title", "until", "verdict",
]  # fmt: skip

YES, NO, WAIT = "green", "red", "yellow"


def paint(text: str, colour: str, *, bold: bool = False) -> str:
    """Coloured for a terminal; ``click.echo`` takes the colour off for anything else."""
    return click.style(text, fg=colour, bold=bold)


def ladder(proceeding: Proceeding, papers: Papers | None = None) -> list[str]:
    """The ladder, a line a level, with each reason of a refusal once, where it is kept."""
    told = steps(proceeding, papers)
    width = max(len(step.level) for step in told) + 2
    return [
        f"  {step.level:<{width}} " + "  ".join(_place(one) for one in step.places)
        for step in told
    ]  # fmt: skip


def _place(one: Place) -> str:
    said = f"{one.mark} {one.seat}"
    match one.mark:
        case "●":
            return paint(said, YES)
        case "◐":
            return paint(f"{said} by {one.by}", YES)
        case "✕":
            return paint(said, NO) + (f"  “{safe(one.reason)}”" if one.reason else "")
        case "▲" | "○":
            return paint(said, WAIT)
        case _:
            return click.style(f"{said} (counts above)" if one.is_spent else said, dim=True)


def title(proceeding: Proceeding) -> str:
    """The six words, and who transmitted what."""
    order = proceeding.order
    return (
        f"order  {click.style(order_name(proceeding.digest), bold=True)}"
        f"   {order.action}, transmitted by {order.seat}"
    )


def signed_lines(proceeding: Proceeding, papers: Papers) -> list[str]:
    """What everybody signs, a line a field."""
    return [f"  {name:<15} {safe(value)}" for name, value in signed_fields(proceeding, papers)]


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
