"""Steps 9 and 10: what an executor knows beside the code, and what it makes of it.

The agent gathers these facts from its journal, its clock and the people beside it; nothing in
a code can change them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from cheget.audit.slice import Slice
from cheget.chain.chain import Limit
from cheget.chain.quantity import exact
from cheget.chain.rule import is_met, names
from cheget.errors import (
    AlreadyActedError,
    CrewError,
    CrewRefusedError,
    NotAllowedError,
    NotReleasedError,
    VerificationError,
)
from cheget.order.charter import Charter, Law
from cheget.order.documents import Concurrence, Refusal, order_name
from cheget.order.papers import Address, Filed, open_envelope
from cheget.order.proceeding import Proceeding
from cheget.order.signatures import verify_signer

CREW = "crew"


@dataclass(frozen=True)
class Act:
    """An act in the journal, other than one that failed. ``at`` in seconds."""

    at: int
    action: str
    parameters: Mapping[str, str]


@dataclass(frozen=True)
class Circumstances:
    """What the executor knows at the moment of asking. Instants in seconds.

    ``first_stored`` is when it first stored a code of this release durably, ``asked_again``
    when it last asked every source for stops, ``clock_mark`` the highest time it has seen on
    its own clock. ``tenure`` is the size of the orders log at which its journal's tenure
    began. ``outcomes`` are those journaled for this order, ``intent`` for one begun and not
    ended. ``serials`` are those seen: by action and number, the first order that claimed each.
    ``configured`` are the actions that its own file holds; None: not asked.
    """

    now: int | None
    first_stored: int | None = None
    asked_again: int | None = None
    clock_mark: int = 0
    stops: tuple[bytes, ...] = ()
    tenure: int | None = None
    outcomes: tuple[str, ...] = ()
    receipts: int = 0
    acts: tuple[Act, ...] = ()
    crew: tuple[bytes, ...] = ()
    configured: frozenset[str] | None = None
    serials: Mapping[tuple[str, int], str] = field(default_factory=dict)


def check_configured(seen: Circumstances, action: str) -> None:
    """Return only if the executor's own file holds this act: no chain brings a command.

    Raises:
        NotAllowedError: it does not.
    """
    if seen.configured is not None and action not in seen.configured:
        raise NotAllowedError(f"this executor is not configured to {action}")


def check_once(
    seen: Circumstances, proceeding: Proceeding, address: Address | tuple[str, ...], receipts: int
) -> str:
    """Step 9: once, within attempts and limit, one serial one order, and within tenure.

    Raises:
        AlreadyActedError: the journal has the order, was set back, or a limit is reached.
    """
    release, action, order = proceeding.release, proceeding.action, proceeding.order
    if release is None:
        raise NotReleasedError("not released")
    if seen.tenure is None:
        raise AlreadyActedError("the journal has no tenure yet: it has verified no checkpoint")
    if release.position < seen.tenure:
        raise AlreadyActedError(
            "released before this journal's tenure: an older journal may have acted",
            hint=f"tenure began at entry {seen.tenure}, the release is entry {release.position}",
        )
    if receipts > seen.receipts:
        raise AlreadyActedError(
            f"the log holds {receipts} receipts of this executor for this order, and its journal"
            f" knows {seen.receipts}: the journal was set back"
        )
    serial = address.serial if isinstance(address, Address) else None
    if serial is not None:
        claimed = seen.serials.get((action.id, serial), proceeding.digest)
        if claimed != proceeding.digest:
            raise AlreadyActedError(
                f"serial {serial} was claimed by another order, {order_name(claimed)}",
                hint="shares of two orders under one serial would add up: a new order takes a"
                " serial of its own",
            )
    done = [outcome for outcome in seen.outcomes if outcome != "failed"]
    if done:
        raise AlreadyActedError(f"the journal has this order already: {done[-1]}")
    if len(seen.outcomes) >= action.attempts:
        raise AlreadyActedError(f"tried {len(seen.outcomes)} times, and {action.attempts} are all")
    if action.limit is not None:
        _check_limit(seen, action.limit, action.id, dict(order.parameters))
    return f"attempt {len(seen.outcomes) + 1} of {action.attempts}"


def spent(acts: Iterable[Act], limit: Limit, action: str, now: int) -> Fraction:
    """How much of a limit the acts in the journal have used up, in the span that ends now.

    Raises:
        AlreadyActedError: one of them does not say how much.
    """
    lately = [act for act in acts if act.action == action and act.at > now - limit.per]
    if not limit.parameter:
        return Fraction(len(lately))
    if any(limit.parameter not in act.parameters for act in lately):
        raise AlreadyActedError(f"an earlier act does not say how much {limit.parameter}")
    return sum((exact(act.parameters[limit.parameter]) for act in lately), Fraction(0))


def _check_limit(
    seen: Circumstances, limit: Limit, action: str, parameters: Mapping[str, str]
) -> None:
    wanted = exact(parameters[limit.parameter]) if limit.parameter else Fraction(1)
    if spent(seen.acts, limit, action, seen.now or 0) + wanted > exact(limit.most):
        of = f" of {limit.parameter}" if limit.parameter else ""
        raise AlreadyActedError(f"over the limit of {limit.most}{of} in {limit.per} s")


def check_crew(
    seen: Circumstances,
    charter: Charter,
    law: Law,
    proceeding: Proceeding,
    executor: str,
    piece: Slice,
) -> tuple[str, tuple[Filed, ...]]:
    """Step 10: the people beside the executor, over this very release.

    Returns:
        A sentence, and the concurrences that counted.

    Raises:
        CrewError: a crew member refused, or the crew's rule is not met.
    """
    crew = law.chain.kind_of(executor).crew
    if crew is None:
        return "no crew beside it", ()
    present: dict[str, str] = {}
    counted: list[Filed] = []
    fault = ""
    # A crew's refusal is a stop, good by whatever road it comes.
    for stored in (*seen.stops, *seen.crew):
        try:
            filed = open_envelope(stored)
            post, person = _crew_answer(charter, proceeding, executor, filed, piece)
            _check_signed_by_now(seen, law, filed)
        except VerificationError as error:
            if isinstance(error, CrewError):
                raise
            fault = str(error)
            continue
        if person in present.values() or post in present or post not in names(crew):
            continue
        present[post] = person
        counted.append(filed)
    if not is_met(crew, present):
        silent = ", ".join(sorted(set(names(crew)) - set(present)))
        raise CrewError(f"the crew has not concurred: {silent} to answer", hint=fault)
    return f"{', '.join(sorted(present))} concurred beside it", tuple(counted)


def _check_signed_by_now(seen: Circumstances, law: Law, filed: Filed) -> None:
    claimed = getattr(filed.unverified, "answered_at", None)
    if seen.now is None or claimed is None or claimed > seen.now + law.terms.skew:
        raise NotReleasedError("a crew's answer claims a time that is still to come")


def _crew_answer(
    charter: Charter, proceeding: Proceeding, executor: str, filed: Filed, piece: Slice
) -> tuple[str, str]:
    """The post and person of one crew concurrence; a refusal ends it."""
    document = filed.unverified
    if not isinstance(document, Concurrence | Refusal):
        raise NotReleasedError(f"a {filed.envelope.kind} is no crew's answer")
    desk, _, post = (document.seat or "").partition("/")
    if desk != executor or charter.posts.get(f"{executor}/{post}") != document.signer:
        raise NotReleasedError(f"{document.signer} does not sit beside {executor}")
    verify_signer(charter.people, document.signer, filed.envelope)
    if document.order != proceeding.digest:
        raise NotReleasedError("a crew's answer to another order")
    if isinstance(document, Refusal):
        raise CrewRefusedError(f"{post} refused; that is final for {executor} and this order")
    release = proceeding.release
    if release is None or document.prior != release.digest or document.level != CREW:
        raise NotReleasedError("a crew's answer over another release")
    if not release.position < document.size <= piece.size or (
        piece.roots({document.size})[document.size].hex() != document.root
    ):
        raise NotReleasedError("the crew saw a head that this log never had")
    if document.acknowledged != proceeding.action.acknowledge:
        raise NotReleasedError("the crew acknowledges what the action asks, all of it")
    if charter.people[document.signer].machine:
        raise NotReleasedError(f"{document.signer} is a machine")
    if any(one.person == document.signer for one in proceeding.counted):
        raise NotReleasedError(f"{document.signer} counts already in this order")
    return post, document.signer
