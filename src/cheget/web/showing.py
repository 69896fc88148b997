"""An order as its page shows it: verified first, like anywhere else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from cheget.chain.chain import Level
from cheget.chain.saying import said
from cheget.chain.wording import worded
from cheget.errors import StoppedError
from cheget.order.allowed import id_of
from cheget.order.charter import Charter, read_charter
from cheget.order.consequence import Turn, can_refuse, refusal_consequence, stranded_levels, turns
from cheget.order.documents import Receipt, order_name
from cheget.order.fold import at_instant
from cheget.order.papers import Papers, decode_papers
from cheget.order.proceeding import Proceeding
from cheget.order.reviews import may_review
from cheget.order.telling import (
    STATES,
    Place,
    clock,
    emergency,
    moment,
    questions,
    signed_fields,
    steps,
    until,
    verdict,
)
from cheget.order.verify import Pinned, Verified, explain_papers
from cheget.web.language import again, tell

if TYPE_CHECKING:
    from cheget.order.counter import Counter

MOST_DOTS = 2_500


@dataclass(frozen=True)
class Shown:
    """An order that verified. ``verified`` is None when it ended: nothing to concur with."""

    proceeding: Proceeding
    papers: Papers
    receipts: Sequence[Receipt]
    verified: Verified | None


def shown(counter: Counter, order: str, now: int) -> Shown:
    """The order, asked of the desk and verified from the first charter on.

    It may stand under a law that holds no more: whoever pins what holds now could not read it.

    Raises:
        VerificationError: the log is at fault.
        NotAcceptedError: there is no such order.
    """
    data = counter.papers(order)
    explanation = explain_papers(data, pinned=pinned(counter), now=now)
    if explanation.error is not None and not isinstance(explanation.error, StoppedError):
        raise explanation.error
    assert explanation.proceeding is not None  # noqa: S101 - every step before the last has held
    proceeding = at_instant(explanation.proceeding, now)
    return Shown(proceeding, decode_papers(data), counter.receipts(order), explanation.verified)


def pinned(counter: Counter) -> Pinned:
    """What the server itself verifies against: the first charter."""
    return Pinned(_parsed(counter.charters()[0]))


@lru_cache(maxsize=4)
def _parsed(payload: bytes) -> Charter:
    return read_charter(payload)


@dataclass(frozen=True)
class SeatView:
    """A seat on the page: what stands in it, in words too."""

    name: str
    mark: str
    said: str
    look: str
    is_me: bool


@dataclass(frozen=True)
class StepView:
    """A level on the page."""

    number: int
    name: str
    rule: str
    look: str
    seats: Sequence[SeatView]
    refusals: Sequence[tuple[str, str, str]]  # who, reason, when


@dataclass(frozen=True)
class Dots:
    """The executors of a kind: how many, and what each dot is."""

    kind: str
    count: int
    looks: Sequence[tuple[str, str]]  # id, look
    named: int


@dataclass(frozen=True)
class OrderView:
    """All that the page of an order says."""

    digest: str
    words: tuple[str, str]
    state: str
    verdict: tuple[str, str]  # the word that is coloured, and the rest
    colour: str
    lead: str
    steps: Sequence[StepView]
    dots: Sequence[Dots]
    fields: Sequence[tuple[str, str]]
    questions: Sequence[tuple[str, str, str]]
    turn: Turn | None
    may_refuse: bool
    consequence: str
    strands: Sequence[str]
    note: str
    elsewhere: str  # why this level isn't answered on a page; empty: it is
    acknowledge: Sequence[str]
    may_recall: bool
    emergency: tuple[str, str] | None  # standing, and the sentence that stands first
    may_review: bool
    asks: bool  # two buttons of one size: the order is on its way, and this person may answer
    receipts: Sequence[tuple[str, str]] = field(default_factory=tuple)


_LOOKS = {"●": "counted", "◐": "counted", "✕": "refused", "○": "asked", "▲": "lapsed", "·": ""}
_OUTCOMES = {"carried-out": said("carried-out"), "failed": said("failed"),
             "unknown": said("unknown"), "refused": said("refused")}  # fmt: skip
_COLOURS = {"stopped": "no", "countermanded": "no", "closed": "no", "expired": "wait",
            "released": "yes", "open": "wait"}  # fmt: skip


def halves(words: str) -> tuple[str, str]:
    """Six words on two lines."""
    found = words.split()
    return " ".join(found[:3]), " ".join(found[3:])


def colour_of(proceeding: Proceeding, said: str) -> str:
    """The colour of an order's verdict, ``said``."""
    return "yes" if said.startswith("Carried") else _COLOURS[proceeding.state]


def order_view(one: Shown, person: str | None, now: int) -> OrderView:
    """What the page of an order says to whoever reads it."""
    proceeding = one.proceeding
    known = verdict(proceeding, one.receipts, now)
    said, later = again(known), ""
    if proceeding.state == "open":  # where it waits is the verdict; until when, said below it
        said, _, later = said.partition(". ")
        said += "."
    first, space, rest = said.partition(" ")
    mine = turns(proceeding, person, now) if person is not None else ()
    ready = next((turn for turn in mine if turn.since <= now), None)
    refuses = person is not None and can_refuse(proceeding, person, now)
    urgent = emergency(proceeding, now)
    return OrderView(
        digest=proceeding.digest,
        words=halves(order_name(proceeding.digest)),
        state=proceeding.state,
        verdict=(first.rstrip(".:"), first[len(first.rstrip(".:")) :] + space + rest),
        colour=colour_of(proceeding, known),
        lead=" ".join(part for part in (_lead(proceeding), later) if part),
        steps=_steps(one, person),
        dots=_dots(one),
        fields=[(name, again(value)) for name, value in signed_fields(proceeding, one.papers)],
        questions=[
            (q.signer, tell("(erased)") if text is None else text, clock(q.asked_at))
            for q, text in questions(one.papers)
        ],
        turn=ready,
        may_refuse=refuses,
        consequence=again(refusal_consequence(proceeding, person, now))
        if refuses and person else "",
        strands=stranded_levels(proceeding, person, ready.seat, now) if ready and person else (),
        note=_note(one, person, mine, now),
        elsewhere=_elsewhere(proceeding),
        acknowledge=proceeding.action.acknowledge,
        may_recall=_may_recall(proceeding, person),
        emergency=(urgent[0], again(urgent[1])) if urgent is not None else None,
        may_review=person is not None and may_review(proceeding, person),
        asks=proceeding.state == "open"
        and (ready is not None or refuses)
        and not _may_recall(proceeding, person),
        receipts=[(one.executor, again(_OUTCOMES.get(one.outcome, one.outcome)))
                  for one in one.receipts],
    )  # fmt: skip


def _lead(proceeding: Proceeding) -> str:
    order, chain = proceeding.order, proceeding.law.chain
    return tell("%(action)s of %(chain)s, transmitted by %(who)s at %(at)s UTC.",
                action=order.action, chain=chain.title, who=title_of(proceeding, order.seat),
                at=moment(proceeding.transmitted))  # fmt: skip


def title_of(proceeding: Proceeding, seat: str) -> str:
    """A member's title, as the chain file has it."""
    member = next((one for one in proceeding.law.chain.members if one.id == seat), None)
    return member.title if member is not None and member.title else seat


def rule_of(level: Level) -> str:
    """A level's rule, its veto, and on what it has to be signed; empty for one who is asked."""
    rule, parts = worded(level.rule, level.members), []
    if len(level.members) > 1 and rule in {"all", "any"}:
        parts.append(tell("%(rule)s of %(count)s", rule=rule, count=len(level.members)))
    elif len(level.members) > 1:
        parts.append(again(rule))
    if level.veto is not None:
        parts.append(tell("%(who)s may veto", who=worded(level.veto, level.members)))
    if level.own_device:
        parts.append(tell("on a device of one's own"))
    return "; ".join(parts)


def _steps(one: Shown, person: str | None) -> list[StepView]:
    proceeding, found = one.proceeding, []
    told = steps(proceeding, one.papers)
    pending = proceeding.pending
    for number, (step, rung) in enumerate(zip(told, proceeding.rungs, strict=True), 1):
        if step.stopped:
            look = "halt"
        elif step.is_complete:
            look = "done"
        else:
            look = "now" if pending is rung else "later"
        level = rung.level
        found.append(
            StepView(
                number, step.level, rule_of(level), look,
                [_seat(proceeding, place, person, step.is_asked) for place in step.places],
                [
                    (title_of(proceeding, p.seat), p.reason, clock(p.at) if p.at else "")
                    for p in step.places if p.mark == "✕" and p.reason
                ],
            )
        )  # fmt: skip
    return found


def _seat(
    proceeding: Proceeding, place: Place, person: str | None, is_asked: bool
) -> SeatView:  # fmt: skip
    at = clock(place.at) if place.at is not None else ""
    match place.mark:
        case "●":
            said = tell("concurred · %(at)s", at=at)
        case "◐":
            said = tell("%(who)s concurred as deputy · %(at)s", who=place.by, at=at)
        case "✕":
            said = tell("refused · %(at)s", at=at)
        case "○":
            said = tell("asked")
        case "▲":
            said = tell("no answer in time")
        case _:
            said = tell("counts above") if place.is_spent else tell("no answer")
            if not is_asked:
                said = tell("not asked")
            if place.by is None:
                said = tell("vacant")
    is_me = person is not None and proceeding.law.person_of(place.seat) == person
    mark = "○" if place.mark == "·" else place.mark
    return SeatView(title_of(proceeding, place.seat), mark, said, _LOOKS[place.mark], is_me)


def _dots(one: Shown) -> list[Dots]:
    """The executors of the chain, those named by this order in colour."""
    proceeding = one.proceeding
    listed = one.papers.address if isinstance(one.papers.address, tuple) else ()
    named = set(map(id_of, listed))
    outcomes = {receipt.executor: receipt.outcome for receipt in one.receipts}
    released = proceeding.release is not None and proceeding.ending is None

    def look(executor: str) -> str:
        outcome = outcomes.get(executor)
        if outcome is not None:
            return "done" if outcome == "carried-out" else "bad"
        if executor not in named:
            return ""
        return "code" if released else "named"

    found = []
    for kind in proceeding.law.chain.executors:
        ids = list(kind.ids())
        if len(ids) > MOST_DOTS:
            ids = [name for name in ids if name in named] or ids[:MOST_DOTS]
        count = kind.count if kind.count is not None else 1
        mine = sum(name in named for name in ids)
        found.append(Dots(kind.title or kind.id, count, [(n, look(n)) for n in ids], mine))
    return found


def _note(one: Shown, person: str | None, mine: Sequence[Turn], now: int) -> str:
    """What is said above the buttons: the first of these that is so."""
    proceeding = one.proceeding
    if person is None:
        return tell("Sign in to answer.")
    counted = next((c for c in proceeding.counted if c.person == person), None)
    later = next((turn for turn in mine if turn.since > now), None)
    at = clock(counted.answered_at) if counted is not None else ""
    left = until(later.since - now) if later is not None else ""
    seat = later.seat if later is not None else ""
    for holds, told in (
        (
            proceeding.ending is not None,
            tell("The order is %(state)s: nothing more can be signed that counts.",
                 state=STATES[proceeding.state]),
        ),
        (counted is not None, tell("You concurred at %(at)s UTC.", at=at)),
        (person in proceeding.refusers, tell("You refused.")),
        (
            later is not None,
            tell("Your turn as deputy of %(seat)s comes in %(span)s.", seat=seat, span=left),
        ),
        (
            proceeding.release is not None,
            tell("The order is released. Whoever has a seat may still countermand it."),
        ),
        (bool(mine), ""),
        (
            proceeding.has_say(person),
            tell("You are not asked yet. You may refuse at any time."),
        ),
    ):  # fmt: skip
        if holds:
            return told
    return tell("You have no seat on this ladder.")


def _elsewhere(proceeding: Proceeding) -> str:
    if proceeding.pending is not None and proceeding.pending.level.own_device:
        return tell("This level answers on a device of its own")
    if proceeding.order.shares is not None:
        return tell(
            "Whoever concurs hands over their share of a sealed secret, from their key file"
        )
    return ""


def _may_recall(proceeding: Proceeding, person: str | None) -> bool:
    """Whether a countermand of theirs would end it."""
    if person is None or proceeding.ending is not None:
        return False
    if proceeding.was_counted(person) or proceeding.order.originator == person:
        return True
    return proceeding.release is not None and proceeding.is_member(person)
