"""The rows of a report about orders: each one, each entry of the period, each emergency."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from cheget.audit.instant import to_text
from cheget.order.allowed import id_of
from cheget.order.charter import read_charter
from cheget.order.chronicle import Line, Period, effect_of, within
from cheget.order.documents import (
    Amendment,
    AnyDocument,
    Attestation,
    Concurrence,
    Order,
    Receipt,
    order_name,
)
from cheget.order.fields import Text
from cheget.order.follow import AMEND, LawState
from cheget.order.law import founders
from cheget.order.proceeding import Proceeding
from cheget.order.regimes import History
from cheget.order.reviews import Asked, asked
from cheget.order.telling import is_carried_out, rule_of
from cheget.report.guarding import Row
from cheget.service.amending import law_state
from cheget.service.store import Reading

SPOKEN = ("reason", "statement", "finding")


@dataclass(frozen=True)
class Story:
    """Both logs opened, the law as it stood at the end of the period, and the texts kept."""

    period: Period
    laws: tuple[Line, ...]
    orders: tuple[Line, ...]
    law: History
    state: LawState
    texts: Mapping[str, Text]
    named: Mapping[str, tuple[str, ...]]  # the executors of each order

    @classmethod
    def read(cls, tx: Reading, both: Sequence[Line], period: Period) -> Story:
        """The story of both logs, with what lies beside them in the store."""
        laws, orders = (tuple(one for one in both if one.log == name) for name in ("law", "orders"))
        state = law_state(tx, period.cut)
        first = read_charter(tx.charters()[0])
        place = len(founders(first))  # the proposal, and everybody's agreement after it
        founded = laws[place].at if state.is_founded and len(laws) > place else None
        wanted = [digest for one in both for digest in _digests(one.document)]
        named = {
            one.digest: tx.executors(one.digest)
            for one in orders
            if isinstance(one.document, Order)
        }
        return cls(period, laws, orders, History(first, founded, state.events), state,
                   dict(tx.texts(wanted)), named)  # fmt: skip

    def text(self, digest: str | None) -> str | None:
        """What was said; None once erased."""
        found = self.texts.get(digest or "")
        return None if found is None else found.text

    @cached_property
    def inside(self) -> tuple[Line, ...]:
        """The entries of the period, by their time; those of the law first in a second."""
        period = self.period
        both = (*self.laws, *self.orders)
        return tuple(sorted(within(both, period.start, period.cut), key=lambda one: one.at))

    @cached_property
    def touched(self) -> frozenset[str]:
        """The orders of which an entry falls in the period."""
        return frozenset(map(order_of, self.inside))

    @cached_property
    def receipts(self) -> tuple[tuple[int, Receipt], ...]:
        """Every receipt before the period's end, with the time of its entry."""
        return tuple(
            (one.at, one.document)
            for one in within(self.orders, 0, self.period.cut)
            if isinstance(one.document, Receipt)
        )

    @cached_property
    def outcomes(self) -> Mapping[str, Mapping[str, Receipt]]:
        """The last receipt of each executor, by order."""
        found: dict[str, dict[str, Receipt]] = {}
        for _, one in self.receipts:
            found.setdefault(one.order, {})[one.executor] = one
        return found

    @cached_property
    def documents(self) -> Mapping[str, AnyDocument]:
        """Everything signed, by its digest."""
        return {one.digest: one.document for one in self.orders if one.document is not None}


def order_of(line: Line) -> str:
    """The order that an entry is about; its own digest if it is one."""
    document = line.document
    found = getattr(document, "order", None) or getattr(document, "subject", None)
    return found if isinstance(found, str) else line.digest


def _digests(document: AnyDocument | None) -> list[str]:
    found = (getattr(document, name, None) for name in SPOKEN)
    return [digest for digest in found if digest is not None]


def orders_of(story: Story, known: Sequence[Proceeding]) -> Iterator[Row]:
    """Each order to which something happened in the period, if only that its time ran out."""
    for one in known:
        ended = one.ending is not None and story.period.has(one.ending.at)
        if ended or one.digest in story.touched:
            yield _order(story, one)


def _order(story: Story, one: Proceeding) -> Row:
    order, release, ending = one.order, one.release, one.ending
    last = story.outcomes.get(one.digest, {})
    return {
        "words": order_name(one.digest), "order": one.digest, "chain": one.law.chain.id,
        "action": order.action,
        "parameters": [f"{name}={value}" for name, value in order.parameters],
        "executors": [id_of(executor) for executor in story.named.get(one.digest, ())],
        "originator": order.originator, "transmitted_at": to_text(one.transmitted),
        "state": one.state, "carried_out": is_carried_out(one, list(last.values())),
        "concurred": [f"{c.person} ({rung.level.id})" for rung in one.rungs for c in rung.counted],
        "refused": [r.person for r in one.refusals],
        "released_at": None if release is None else to_text(release.at),
        "ended_at": None if ending is None else to_text(ending.at),
        "ended_by": (ending.by or None) if ending is not None else None,
        "ended_level": (ending.level or None) if ending is not None else None,
        "ended_why": (ending.why or None) if ending is not None else None,
        "receipts": [f"{name}: {receipt.outcome}" for name, receipt in sorted(last.items())],
        "reason": story.text(order.reason),
    }  # fmt: skip


def entries_of(story: Story, known: Sequence[Proceeding]) -> Iterator[Row]:
    """Each entry of the period that holds a document; mentions of the law log hold none."""
    by_digest = {one.digest: one for one in known}
    for line in story.inside:
        document = line.document
        if document is None:
            continue
        order = by_digest.get(order_of(line)) if line.log == "orders" else None
        effect = "kept" if order is None else effect_of(order, line)
        said = [story.text(digest) for digest in _digests(document)]
        yield {
            "at": to_text(line.at), "log": line.log, "position": line.position,
            "kind": document.kind, "digest": line.digest,
            "words": None if order is None else order_name(order.digest),
            "person": getattr(document, "signer", None) or getattr(document, "originator", ""),
            "about": _about(document),
            "effect": _law_effect(story, line) if line.log == "law" else effect,
            "text": said[0] if said else "",
        }  # fmt: skip


def _about(document: AnyDocument) -> str:
    """The level and seat, the condition, the outcome: what its kind has."""
    found = ""
    match document:
        case Concurrence():
            amends = document.level == AMEND
            found = AMEND if amends else f"{document.level}: {document.seat}"
        case Order():
            found = f"{document.action}: {document.seat}"
        case Attestation():
            found = f"{document.condition} for {document.action}"
        case Receipt():
            found = document.outcome
        case Amendment():
            found = f"charter {document.version}"
    return found


def _law_effect(story: Story, line: Line) -> str:
    """What an entry of the law log did."""
    founding = line.position == len(founders(story.law.first))
    event = next((e for e in story.state.events if e.size == line.position + 1), None)
    if (founding and story.law.founded is not None) or (event and event.charter is not None):
        return "takes effect"
    if event is not None:
        return "revokes"
    if isinstance(line.document, Amendment):
        ended = story.state.proposals[line.digest].ended
        late = line.document.decide_by < story.period.cut
        return ended or ("expired" if late else "open")
    return "counts" if isinstance(line.document, Concurrence) else "kept"


def emergencies_of(story: Story, known: Sequence[Proceeding]) -> Iterator[Row]:
    """Those of the period, and those from before that nobody had reviewed when it began."""
    for one in known:
        review = asked(one)
        if one.action.review is None:
            continue
        if review is None:
            told = one.digest in story.touched
        else:
            told = review.done is None or review.done >= story.period.start
        if told:
            yield _emergency(story, one, review)


def _emergency(story: Story, one: Proceeding, review: Asked | None) -> Row:
    counted = {c.person for c in one.counted}
    until = None if review is None else review.until
    done = None if review is None else review.done
    findings: list[Any] = [getattr(story.documents[r.digest], "finding", "") for r in one.reviews]
    return {
        "words": order_name(one.digest), "order": one.digest, "action": one.order.action,
        "originator": one.order.originator, "state": one.state,
        "released_at": None if one.release is None else to_text(one.release.at),
        "rule": rule_of(one), "until": None if until is None else to_text(until),
        "review": "none" if review is None else review.standing(story.period.cut - 1),
        "reviewed_at": None if done is None else to_text(done),
        "reviewed_by": [
            f"{r.person}, who had concurred" if r.person in counted else r.person
            for r in one.reviews
        ],
        "findings": [story.text(one) for one in findings],
    }  # fmt: skip


def overdue(emergencies: Sequence[Row]) -> list[str]:
    """The faults that unreviewed emergencies are."""
    return [
        f"review overdue: {one['action']}, {one['words']}, by {one['rule']} until {one['until']}"
        for one in emergencies
        if one["review"] == "overdue"
    ]
