"""Who counts, in log order: one pure function from entries to a state.

Terminal is terminal: nothing that comes later reopens an order. An entry either has an effect,
is kept without one, or fits no state; the last is an error, for a desk and for an auditor.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from cheget.chain.rule import is_met, names
from cheget.errors import UnfitEntryError
from cheget.order.charter import Law
from cheget.order.documents import (
    AnyDocument,
    Attestation,
    Concurrence,
    Countermand,
    Order,
    Question,
    Refusal,
    Review,
)
from cheget.order.proceeding import (
    Attested,
    Away,
    Counted,
    Effect,
    Ending,
    Proceeding,
    Refused,
    Release,
    Reviewed,
    Rung,
    changed,
    prior_of,
)


@dataclass(frozen=True)
class Entry:
    """A document where it stands in the log. ``at`` in seconds; ``own_device``: not by a page."""

    position: int
    at: int
    digest: str
    document: AnyDocument
    own_device: bool = True
    key: bytes = b""  # by which it was signed


@dataclass(frozen=True)
class Closing:
    """What the law log does to an order at a position of the log of orders.

    ``key``: one that was revoked, which closes an order in which it counted; empty: the law of
    the order's chain changed.
    """

    position: int
    at: int
    key: bytes = b""


def fold(
    law: Law,
    entries: Iterable[Entry],
    at: int | None = None,
    closings: Sequence[Closing] = (),
    aways: Mapping[str, Away] | None = None,
) -> Proceeding:
    """The state that ``entries`` amount to, told an instant for what only time ends.

    Args:
        law: The law that the order names.
        entries: The order's thread and those of the attestations it rests on.
        at: Seconds; None for the state as of the last entry.
        closings: What the law log did meanwhile, in its order.
        aways: Who is away, by the digest of the absence.

    Raises:
        UnfitEntryError: no order, two orders, or an entry that fits no state.
    """
    attested: dict[str, Attested] = {}
    proceeding: Proceeding | None = None
    for entry in sorted(entries, key=lambda one: one.position):
        if proceeding is not None:
            proceeding = closed(proceeding, closings, before=entry.position)
        match entry.document:
            case Attestation() as document if proceeding is None:
                # Once withdrawn, the same attestation again would look like a new one.
                if entry.digest in attested:
                    raise UnfitEntryError(f"entry {entry.position}: that attestation, again")
                attested[entry.digest] = attest(law, entry, document)
            case Countermand(subject=subject) if proceeding is None and subject in attested:
                attested[subject] = withdraw(law, attested[subject], entry)
            case Order() if proceeding is None:
                proceeding = begin(law, entry, tuple(attested.values()))
                proceeding = changed(proceeding, aways=aways or {})
            case _ if proceeding is not None:
                proceeding, _ = step(proceeding, entry)
            case _:
                raise UnfitEntryError(f"entry {entry.position}: before its order")
    if proceeding is None:
        raise UnfitEntryError("there is no order among the entries")
    proceeding = closed(proceeding, closings)
    return proceeding if at is None else at_instant(proceeding, at)


def closed(
    proceeding: Proceeding, closings: Iterable[Closing], before: int | None = None
) -> Proceeding:
    """The order, closed by what the law log did up to a position, if anything did."""
    for one in closings:
        if proceeding.ending is not None or (before is not None and one.position >= before):
            return proceeding
        if not one.key:
            if one.position < proceeding.position:
                continue  # before it was transmitted, under the law as it was then
            proceeding = close(
                at_instant(proceeding, one.at), one.at, "the law of its chain has changed"
            )
        elif one.key in {
            *(counted.key for counted in proceeding.counted),
            *(attested.key for attested in proceeding.attested),
        }:
            why = "a key that counted in it was revoked"
            proceeding = close(at_instant(proceeding, one.at), one.at, why)
    return proceeding


def attest(law: Law, entry: Entry, document: Attestation) -> Attested:
    """An attestation, as an order may rest on it.

    Raises:
        UnfitEntryError: by somebody whom the condition does not name, or under another law.
    """
    if document.deployment != law.deployment or document.law != law.digest:
        raise UnfitEntryError("an attestation under another law")
    condition = next((c for c in law.chain.conditions if c.id == document.condition), None)
    if condition is None or document.action not in {a.id for a in law.chain.actions}:
        raise UnfitEntryError("an attestation of a condition or action that the chain lacks")
    if document.seat not in names(condition.attested_by):
        raise UnfitEntryError(f"{document.condition} is not attested by {document.seat}")
    if law.person_of(document.seat) != document.signer or law.is_machine(document.signer):
        raise UnfitEntryError(f"{document.signer} does not fill {document.seat}")
    return Attested(
        entry.digest, document.action, document.condition, document.seat, document.signer,
        document.from_, document.until, key=entry.key,
    )  # fmt: skip


def withdraw(law: Law, attested: Attested, entry: Entry) -> Attested:
    """The attestation, taken back by its own signer.

    Raises:
        UnfitEntryError: by somebody else, ahead of its time, or a second time.
    """
    if not isinstance(entry.document, Countermand) or entry.document.signer != attested.person:
        raise UnfitEntryError("only its signer takes an attestation back")
    _not_ahead(law, entry, entry.document.answered_at)
    if attested.withdrawn:
        raise UnfitEntryError("that attestation was taken back already")
    return replace(attested, withdrawn=True)


def begin(law: Law, entry: Entry, attested: tuple[Attested, ...] = ()) -> Proceeding:
    """An order as transmitted: open, and asked at its head.

    What the chain allows an order to say is ``order.allowed``; here is who may transmit it.

    Raises:
        UnfitEntryError: the originator has no seat of their own at the head, may not sign from
            where they did, or the conditions are not attested to.
    """
    order = entry.document
    if not isinstance(order, Order):
        raise UnfitEntryError(f"a proceeding begins with an order, not a {entry.document.kind}")
    ladder = law.chain.ladder(order.action)
    if not ladder or order.seat not in ladder[0].members:
        raise UnfitEntryError(f"{order.seat} has no seat at the head, and cannot transmit")
    if law.person_of(order.seat) != order.originator:
        raise UnfitEntryError(f"{order.originator} does not fill {order.seat}")
    if ladder[0].own_device and not entry.own_device:
        raise UnfitEntryError(f"{ladder[0].id} signs on a device of its own")
    if order.transmitted_at > entry.at + law.terms.skew:
        raise UnfitEntryError("the order claims to be transmitted later than it was logged")
    head = Rung(ladder[0], (), entry.digest, entry.position, order.transmitted_at)
    rungs = (head, *(Rung(level) for level in ladder[1:]))
    proceeding = Proceeding(law, order, entry.digest, entry.position, entry.at, rungs, attested)
    if {one.digest for one in attested} != set(order.attestations):
        raise UnfitEntryError("the order rests on attestations that the log does not show")
    if any(one.action != order.action for one in attested):
        raise UnfitEntryError("the order rests on an attestation for another action")
    if entry.at >= order.decide_by:
        raise UnfitEntryError("the order was logged after it had to be decided")
    if not proceeding.conditions_met(entry.at):
        raise UnfitEntryError("a condition of the action is not attested to")
    counted = Counted(order.seat, order.originator, entry.digest, order.transmitted_at,
                      entry.position, entry.key)  # fmt: skip
    return _count(proceeding, 0, counted, entry)[0]


def at_instant(proceeding: Proceeding, at: int) -> Proceeding:
    """The state at that instant, if nothing more is logged: what only time ends."""
    if proceeding.ending is not None:
        return proceeding
    order, action = proceeding.order, proceeding.action
    if proceeding.release is not None:
        end = proceeding.release.at + action.hold + action.valid_for
        return _end(proceeding, Ending("expired", end)) if at >= end else proceeding
    if at < order.decide_by and not proceeding.attested:
        return proceeding
    lapse = next(
        (
            until
            for until in sorted({one.until for one in proceeding.attested})
            if proceeding.transmitted < until <= at and not proceeding.conditions_met(until)
        ),
        None,
    )
    if lapse is not None and lapse < order.decide_by:
        return _end(proceeding, Ending("stopped", lapse, why="an attestation has lapsed"))
    if at >= order.decide_by:
        pending = proceeding.pending
        level = pending.level.id if pending else ""
        return _end(proceeding, Ending("expired", order.decide_by, level=level))
    return proceeding


def close(proceeding: Proceeding, at: int, why: str) -> Proceeding:
    """The order closed: its law changed, or a key that counted was revoked."""
    if proceeding.ending is not None:
        return proceeding
    return _end(proceeding, Ending("closed", at, why=why))


def step(proceeding: Proceeding, entry: Entry) -> tuple[Proceeding, Effect]:
    """One entry more.

    Raises:
        UnfitEntryError: the entry fits no state.
    """
    proceeding = at_instant(proceeding, entry.at)
    match entry.document:
        case Concurrence() as document:
            return _concur(proceeding, entry, document)
        case Refusal() as document:
            return _refuse(proceeding, entry, document)
        case Countermand() as document:
            return _countermand(proceeding, entry, document)
        case Question() as document:
            _about(proceeding, document.order)
            _not_ahead(proceeding.law, entry, document.asked_at)
            if not proceeding.has_say(document.signer):
                raise UnfitEntryError(f"{document.signer} has no seat on the ladder")
            return proceeding, "kept"
        case Review() as document:
            return _review(proceeding, entry, document), "kept"
        case _:
            raise UnfitEntryError(f"a {entry.document.kind} is no entry of an order")


def _concur(
    proceeding: Proceeding, entry: Entry, document: Concurrence
) -> tuple[Proceeding, Effect]:
    _about(proceeding, document.order)
    if proceeding.ending is not None:
        raise UnfitEntryError(f"the order is {proceeding.state}, and nothing reopens it")
    for place, rung in enumerate(proceeding.rungs):  # noqa: B007 - where it is found
        if rung.level.id == document.level:
            break
    else:
        raise UnfitEntryError(f"the order is not asked at {document.level}")
    _check_turn(rung, entry, document)
    _check_seat(proceeding, rung, entry, document)
    _check_times(proceeding, rung, entry, document)
    if document.acknowledged != proceeding.action.acknowledge:
        raise UnfitEntryError("a concurrence acknowledges what the action asks, all of it")
    counted = Counted(document.seat, document.signer, entry.digest, document.answered_at,
                      entry.position, entry.key)  # fmt: skip
    if rung.is_complete:
        key = (counted.person, f"{document.level}/{counted.seat}", "late")
        if key in proceeding.answered:
            raise UnfitEntryError(f"{counted.person} has answered late there already")
        late = (*proceeding.late, counted)
        return changed(proceeding, late=late, answered=proceeding.answered | {key}), "late"
    return _count(proceeding, place, counted, entry)


def _check_turn(rung: Rung, entry: Entry, document: Concurrence) -> None:
    if rung.prior is None:
        raise UnfitEntryError(f"{document.level} has not been asked yet: out of turn")
    if document.prior != rung.prior:
        raise UnfitEntryError("it concurs with another prior than the log shows")
    if not rung.opened < document.size <= entry.position:
        raise UnfitEntryError(
            f"it claims to have seen the log at size {document.size}, which must lie after"
            f" entry {rung.opened} and not after {entry.position}"
        )


def _check_seat(proceeding: Proceeding, rung: Rung, entry: Entry, document: Concurrence) -> None:
    law, person, seat = proceeding.law, document.signer, document.seat
    if seat not in rung.level.members:
        raise UnfitEntryError(f"{seat} has no seat at {rung.level.id}")
    after = law.fillers[seat].get(person)
    if after is None:
        raise UnfitEntryError(f"{person} fills {seat} neither as member nor as deputy")
    if law.is_machine(person):
        raise UnfitEntryError(f"{person} is a machine: machines may ask, never agree")
    if rung.level.own_device and not entry.own_device:
        raise UnfitEntryError(f"{rung.level.id} signs on a device of its own")
    _check_free(proceeding, rung, person, seat)
    if person != law.person_of(seat):
        _check_deputy(proceeding, rung, entry, document, after)
    elif document.absence is not None:
        raise UnfitEntryError("only a deputy answers within an absence")


def _check_free(proceeding: Proceeding, rung: Rung, person: str, seat: str) -> None:
    if person in proceeding.refusers:
        raise UnfitEntryError(f"{person} has refused, and cannot concur afterwards")
    if proceeding.is_spent(person, seat, rung.level.id):
        raise UnfitEntryError(f"{person} counts already in this order: one person, one seat")
    if any(one.seat == seat for one in rung.counted):
        raise UnfitEntryError(f"{seat} has been answered")


def _check_deputy(
    proceeding: Proceeding, rung: Rung, entry: Entry, document: Concurrence, after: int
) -> None:
    seat, member = document.seat, proceeding.law.person_of(document.seat)
    if member in proceeding.refusers:
        raise UnfitEntryError(f"{seat} refused: no deputy overrides that")
    if document.absence is not None:
        away = proceeding.aways.get(document.absence)
        if away is None or not away.covers(member, document.answered_at, entry.position):
            raise UnfitEntryError("no absence is known that would let a deputy answer at once")
        if document.answered_at >= rung.opened_at + after:
            raise UnfitEntryError("it names an absence, and the deputy's turn had come without one")
    elif document.answered_at < rung.opened_at + after:
        wait = rung.opened_at + after - document.answered_at
        raise UnfitEntryError(f"the deputy's turn at {seat} is {wait} s away")


def _check_times(proceeding: Proceeding, rung: Rung, entry: Entry, document: Concurrence) -> None:
    if document.answered_at + proceeding.law.terms.skew < rung.opened_at:
        raise UnfitEntryError("it claims to be answered before the level above had concurred")
    _not_ahead(proceeding.law, entry, document.answered_at)


def _not_ahead(law: Law, entry: Entry, claimed: int) -> None:
    if claimed > entry.at + law.terms.skew:
        raise UnfitEntryError("it claims to be signed later than it was logged")


def _about(proceeding: Proceeding, order: str) -> None:
    if order != proceeding.digest:
        raise UnfitEntryError("an answer to another order")


def _count(
    proceeding: Proceeding, place: int, counted: Counted, entry: Entry
) -> tuple[Proceeding, Effect]:
    rung = proceeding.rungs[place]
    rung = changed(rung, counted=(*rung.counted, counted))
    rungs = [*proceeding.rungs[:place], rung, *proceeding.rungs[place + 1 :]]
    if not rung.is_complete:
        return changed(proceeding, rungs=tuple(rungs)), "counts"
    digests = tuple(one.digest for one in rung.counted)
    prior = prior_of(proceeding.digest, rung.level.id, rung.prior or "", digests)
    if place + 1 == len(rungs):
        release = Release(entry.at, entry.position, prior)
        return changed(proceeding, rungs=tuple(rungs), release=release), "releases"
    rungs[place + 1] = changed(
        rungs[place + 1],
        prior=prior,
        opened=entry.position,
        opened_at=max(one.answered_at for one in rung.counted),
    )
    return changed(proceeding, rungs=tuple(rungs)), "counts"


def _refuse(proceeding: Proceeding, entry: Entry, document: Refusal) -> tuple[Proceeding, Effect]:
    _about(proceeding, document.order)
    _not_ahead(proceeding.law, entry, document.answered_at)
    person = document.signer
    if document.seat is not None:
        raise UnfitEntryError("a crew refuses beside its executor, not in the log")
    if not proceeding.has_say(person) or proceeding.law.is_machine(person):
        raise UnfitEntryError(f"{person} has no seat on the ladder, and cannot refuse")
    before = _once(proceeding, person, "refusal")
    kept = changed(before, refusals=(*before.refusals, Refused(person, entry.digest, entry.at)))
    if proceeding.ending is not None:
        return before, "kept"
    if proceeding.was_counted(person) or (
        proceeding.release is not None and proceeding.is_member(person)
    ):
        return _end(before, Ending("countermanded", entry.at, by=person, digest=entry.digest)), (
            "countermands"
        )
    if proceeding.release is not None:
        return kept, "kept"
    level = _stopped_at(kept)
    if level is None:
        return kept, "kept"
    ending = Ending("stopped", entry.at, level=level, by=person, digest=entry.digest)
    return _end(kept, ending), "stops"


def _stopped_at(proceeding: Proceeding) -> str | None:
    """The first level whose rule can no longer be met, or whose veto is."""
    for rung in proceeding.rungs:
        veto = rung.level.veto
        if veto is not None and is_met(veto, proceeding.vetoers(rung.level)):
            return rung.level.id
        if not is_met(rung.level.rule, proceeding.fillable(rung)):
            return rung.level.id
    return None


def _countermand(
    proceeding: Proceeding, entry: Entry, document: Countermand
) -> tuple[Proceeding, Effect]:
    _not_ahead(proceeding.law, entry, document.answered_at)
    if document.subject != proceeding.digest:
        return _withdrawn(proceeding, entry, document)
    person = document.signer
    if not (proceeding.has_say(person) or proceeding.order.originator == person):
        raise UnfitEntryError(f"{person} has no seat on the ladder, and cannot countermand")
    kept = _once(proceeding, person, "countermand")
    if proceeding.ending is not None:
        return kept, "kept"
    if proceeding.was_counted(person) or (
        proceeding.release is not None and proceeding.is_member(person)
    ):
        return _end(kept, Ending("countermanded", entry.at, by=person, digest=entry.digest)), (
            "countermands"
        )
    return kept, "kept"


def _withdrawn(
    proceeding: Proceeding, entry: Entry, document: Countermand
) -> tuple[Proceeding, Effect]:
    """An attestation taken back: it stops an order that the rest no longer carry."""
    found = next((one for one in proceeding.attested if one.digest == document.subject), None)
    if found is None:
        raise UnfitEntryError("a countermand of something else")
    rest = withdraw(proceeding.law, found, entry)
    attested = tuple(rest if one is found else one for one in proceeding.attested)
    kept = changed(proceeding, attested=attested)
    if proceeding.ending is not None:
        return kept, "kept"
    # A released order stays as attested at its release, save for what was taken back since.
    at = entry.at if proceeding.release is None else proceeding.release.at
    if kept.conditions_met(at):
        return kept, "kept"
    ending = Ending("stopped", entry.at, by=document.signer, digest=entry.digest,
                    why="an attestation was taken back")  # fmt: skip
    return _end(kept, ending), "stops"


def _review(proceeding: Proceeding, entry: Entry, document: Review) -> Proceeding:
    _about(proceeding, document.order)
    _not_ahead(proceeding.law, entry, document.answered_at)
    if proceeding.release is None or document.release != proceeding.release.digest:
        raise UnfitEntryError("only what was released can be reviewed")
    law, review = proceeding.law, proceeding.action.review
    asked = {law.person_of(seat) for seat in names(review.rule)} if review else set()
    if document.signer not in asked or law.is_machine(document.signer):
        raise UnfitEntryError(f"{document.signer} is not asked to review this")
    if any(one.person == document.signer for one in proceeding.reviews):
        raise UnfitEntryError(f"a review by {document.signer} is in the log already")
    reviewed = Reviewed(document.signer, entry.digest, entry.at)
    return changed(proceeding, reviews=(*proceeding.reviews, reviewed))


def _once(proceeding: Proceeding, person: str, kind: str) -> Proceeding:
    """Remember a stop: one for each signer, kind and state of its subject."""
    state = "ended" if proceeding.ending is not None else proceeding.state
    key = (person, kind, state)
    if key in proceeding.answered:
        raise UnfitEntryError(f"a {kind} by {person} is in the log already")
    return changed(proceeding, answered=proceeding.answered | {key})


def _end(proceeding: Proceeding, ending: Ending) -> Proceeding:
    return changed(proceeding, ending=ending)
