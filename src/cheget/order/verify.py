"""What an executor checks, and what a client checks before it signs. Auditors open this first.

Pure: told bytes, what is pinned, the circumstances and the time. Each step has the number it
has in ``spec/code.md``. Two doors: ``explain_code`` says what each step found, for people;
``verify_code`` returns only if every step holds, and is the only door for whoever acts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from cheget.audit.checkpoint import Checkpoint, verify_checkpoint
from cheget.audit.header import Mention
from cheget.audit.instant import to_text
from cheget.audit.merkle import leaf_hash, root_from_path
from cheget.audit.proofs import extends
from cheget.errors import (
    AddressError,
    LawError,
    LogError,
    MalformedDocumentError,
    NotReleasedError,
    StoppedError,
    TimingError,
    VerificationError,
)
from cheget.order.absent import aways
from cheget.order.allowed import check_executors, check_files, check_kind, check_order
from cheget.order.charter import Charter, Law
from cheget.order.circumstances import Circumstances, check_configured, check_crew, check_once
from cheget.order.closing import check_not_revoked, claimed_at, closings, no_later
from cheget.order.documents import Order
from cheget.order.explanation import Explanation, Pinned, StepResult, Verified
from cheget.order.fields import Head
from cheget.order.fold import Entry, fold, step
from cheget.order.follow import LawState
from cheget.order.law import mentions_of, read_law
from cheget.order.papers import (
    Address,
    Filed,
    Papers,
    clear_address,
    decode_papers,
    open_envelope,
    receipt_subject,
    subject_of,
)
from cheget.order.proceeding import Proceeding
from cheget.order.signatures import is_own_device, verify_signer

__all__ = [
    "Explanation",
    "Pinned",
    "StepResult",
    "Verified",
    "explain_code",
    "explain_papers",
    "verify_code",
    "verify_papers",
]


@dataclass
class _Case:
    """What the steps have established so far, each for the next."""

    data: bytes
    executor: str
    pinned: Pinned
    circumstances: Circumstances
    papers: Papers = field(init=False)
    filed: tuple[Filed, ...] = field(init=False)
    order: Order = field(init=False)
    law: Law = field(init=False)
    charter: Charter = field(init=False)  # as the law log has it now
    law_state: LawState = field(init=False)
    mentions: dict[int, int] = field(init=False)  # by size of the law log, where
    law_checkpoint: Checkpoint = field(init=False)
    latest: Checkpoint = field(init=False)
    published: Checkpoint = field(init=False)
    roots: dict[int, bytes] = field(init=False)
    logged_at: int = 0  # the last entry of the log shown, whoever's it is
    placed: list[tuple[int, int, Filed]] = field(init=False)  # position, at, envelope
    entries: list[Entry] = field(init=False)
    proceeding: Proceeding = field(init=False)
    receipts: int = 0
    crew: tuple[Filed, ...] = ()


def explain_code(
    data: bytes, *, executor: str, pinned: Pinned, circumstances: Circumstances
) -> Explanation:
    """Go through the steps for a code, and say of each what it found.

    Args:
        data: The code's bytes.
        executor: The id of the executor that asks.
        pinned: The charter and heads that it holds.
        circumstances: Its clock, journal, crew and the stops it was shown.
    """
    case = _Case(data, executor, pinned, circumstances)
    return _explain(case, STEPS)


def verify_code(
    data: bytes, *, executor: str, pinned: Pinned, circumstances: Circumstances
) -> Verified:
    """Return only if this code lets this executor act now; otherwise raise.

    Raises:
        VerificationError: by the class of the first step that does not hold.
    """
    return _raised(
        explain_code(data, executor=executor, pinned=pinned, circumstances=circumstances)
    )


def explain_papers(
    data: bytes, *, pinned: Pinned, now: int | None, stops: Sequence[bytes] = ()
) -> Explanation:
    """Go through what a client asks of an order as shown, and say what each step found.

    Steps 0, 1 and 3 to 7, with the list of executors in place of step 2 and any state in place
    of *released* in step 6.
    """
    case = _Case(data, "", pinned, Circumstances(now=now, stops=tuple(stops)))
    return _explain(case, SIGNER_STEPS)


def verify_papers(
    data: bytes, *, pinned: Pinned, now: int | None, stops: Sequence[bytes] = ()
) -> Verified:
    """Return only if an order as shown may be concurred with, or watched on its way.

    Raises:
        VerificationError: by the class of the first step that does not hold.
    """
    return _raised(explain_papers(data, pinned=pinned, now=now, stops=stops))


def _raised(explanation: Explanation) -> Verified:
    if explanation.error is not None:
        raise explanation.error
    if explanation.verified is None or not explanation.steps:
        raise NotReleasedError("nothing was verified")
    return explanation.verified


def _explain(case: _Case, steps: Sequence[_NumberedStep]) -> Explanation:
    results, error = [], None
    for number, title, check in steps:
        if error is not None:
            results.append(StepResult(number, title, None, "not reached"))
            continue
        try:
            results.append(StepResult(number, title, True, check(case)))
        except VerificationError as fault:
            error = fault
            results.append(StepResult(number, title, False, str(fault)))
    reached = {result.number for result in results if result.passed}
    return Explanation(
        tuple(results),
        error,
        None if error else _verified(case),
        getattr(case, "proceeding", None),
        _head(case.latest) if LOG_STEP in reached else None,
        _head(case.law_checkpoint) if LOG_STEP in reached else None,
        case.charter if LOG_STEP in reached else None,
        case.law_state if LOG_STEP in reached else None,
    )


def _head(checkpoint: Checkpoint) -> Head:
    return Head(checkpoint.size, checkpoint.root.hex())


def _verified(case: _Case) -> Verified:
    return Verified(
        case.papers, case.charter, case.law, case.proceeding,
        _head(case.latest), _head(case.law_checkpoint),
        case.crew,
    )  # fmt: skip


def _form(case: _Case) -> str:
    """Step 0, for a code. Its address in the clear comes before anything is parsed."""
    if not case.data.startswith(clear_address(case.executor)):
        raise AddressError(f"this code is not addressed to {case.executor}")
    return _parse(case)


def _parse(case: _Case) -> str:
    papers = decode_papers(case.data)
    case.papers = papers
    case.filed = tuple(open_envelope(stored) for stored in papers.log.envelopes)
    for stored in papers.law.envelopes:
        open_envelope(stored)
    orders = [one for one in case.filed if isinstance(one.unverified, Order)]
    if len(orders) != 1 or orders[0].envelope.digest != papers.order:
        raise MalformedDocumentError("it does not hold the one order that it is about")
    order = orders[0].unverified
    assert isinstance(order, Order)  # noqa: S101 - for the type checker; filtered above
    case.order = order
    return f"{len(case.data):,} bytes, {counted(len(case.filed), 'envelope')}, each in its one form"


def _law(case: _Case) -> str:
    """Step 1, for a code: the order's law is the one that its chain has now."""
    charter = _follow(case)
    law = charter.law_digests.get(case.order.law)
    if law is None:
        raise LawError("the order names another law than any chain has now")
    case.law = law
    return f"charter {charter.digest[:16]} version {charter.version}, law of {law.chain.id}"


def _law_shown(case: _Case) -> str:
    """Step 1, for whoever watches: an order whose law has changed is closed, not unheard of."""
    charter = _follow(case)
    since = [case.pinned.charter]
    since += [event.charter for event in case.law_state.events if event.charter is not None]
    laws = (one.law_digests.get(case.order.law) for one in reversed(since))
    law = next((one for one in laws if one is not None), None)
    if law is None:
        raise LawError("the order names another law than any chain has now")
    case.law = law
    return f"charter {charter.digest[:16]} version {charter.version}, law of {law.chain.id}"


def _follow(case: _Case) -> Charter:
    pinned = case.pinned
    case.law_checkpoint, case.law_state = read_law(pinned.charter, case.papers.law, pinned.law)
    case.charter = case.law_state.charter
    if case.order.deployment != case.charter.deployment:
        raise LawError("the order belongs to another deployment")
    return case.charter


def _address(case: _Case) -> str:
    """Step 2."""
    address, wanted = case.papers.address, case.order.executors
    if not isinstance(address, Address) or address.executor != case.executor:
        raise AddressError(f"this code is not addressed to {case.executor}")
    try:
        root = root_from_path(leaf_hash(address.leaf), address.index, wanted.count, address.path)
    except LogError as error:
        raise AddressError(f"the path to {case.executor} is no path: {error}") from None
    if root.hex() != wanted.root:
        raise AddressError(f"the order does not name {case.executor}")
    return f"{case.executor} is {address.index + 1} of {wanted.count} that the order names"


def _allowed(case: _Case) -> str:
    """Step 3, for a code."""
    action = check_order(case.law, case.order)
    check_kind(case.law, action, case.executor)
    check_files(action, case.order, case.papers.files)
    check_configured(case.circumstances, action.id)
    return f"{action.id} as the chain allows it"


def _allowed_list(case: _Case) -> str:
    """Step 3, for whoever signs: every executor by name."""
    action = check_order(case.law, case.order)
    if isinstance(case.papers.address, Address):
        raise AddressError("a code, where the list of executors is due")
    check_executors(case.law, case.order, case.papers.address)
    check_files(action, case.order, case.papers.files)
    return f"{action.id} as the chain allows it"


def _log(case: _Case) -> str:
    """Step 4."""
    log, shown = case.law.terms.orders, case.papers.log
    case.latest = verify_checkpoint(shown.latest, origin=log.origin, key=log.key)
    case.published = case.latest
    if case.papers.published != shown.latest:
        case.published = verify_checkpoint(case.papers.published, origin=log.origin, key=log.key)
    if case.latest.size != shown.slice.size or case.published.size > case.latest.size:
        raise LogError("the slice does not end at the latest checkpoint")
    _place(case)
    held = case.pinned.orders
    sizes = {case.latest.size, case.published.size}
    sizes |= {
        size
        for one in case.filed
        if (size := getattr(one.unverified, "size", None)) is not None
        and shown.slice.start <= size <= shown.slice.size
    }
    if held is not None and shown.slice.start <= held.size <= shown.slice.size:
        sizes.add(held.size)
    case.roots = shown.slice.roots(sizes)
    for point in (case.latest, case.published):
        if case.roots.get(point.size) != point.root:
            raise LogError(f"the slice does not give the checkpoint's root at size {point.size}")
    if held is not None:
        # A code is shown again after its own head came to be held: the path is then unused.
        path = shown.consistency if held.size < shown.slice.start else ()
        root = bytes.fromhex(held.root)
        extends(held.size, root, shown.slice, path, roots=case.roots)
    headers = counted(len(shown.slice.headers), "header")
    return f"the root at size {case.latest.size}, from {headers} and the peaks before them"


def _place(case: _Case) -> None:
    """Match the headers of this order's threads with the envelopes: none missing, none more."""
    threads = {case.papers.order, *case.order.attestations}
    mine = receipt_subject(case.papers.order, case.executor)
    begun: set[str] = set()
    envelopes = iter(case.filed)
    case.placed = []
    mentioned: list[tuple[int, Mention]] = []
    for position, header in case.papers.log.slice.entries():
        case.logged_at = header.at
        if isinstance(header, Mention):
            mentioned.append((position, header))
            continue
        if header.subject == mine:
            case.receipts += 1
        if header.subject not in threads:
            continue
        if (header.seq == 0) != (header.subject not in begun):
            raise LogError(f"the thread of {header.subject[:16]} does not begin in the slice")
        begun.add(header.subject)
        filed = next(envelopes, None)
        if filed is None or (
            header.envelope != filed.stored_digest
            or header.kind != filed.envelope.kind
            or header.subject != subject_of(filed.envelope.digest, filed.unverified)
        ):
            raise LogError(f"the envelope of entry {position} is missing, or another is shown")
        case.placed.append((position, header.at, filed))
    case.mentions = mentions_of(mentioned, case.papers.law)
    if next(envelopes, None) is not None:
        raise LogError("an envelope is shown that the log does not hold")
    if begun != threads:
        raise LogError("the log does not hold all that the order rests on")


def _signatures(case: _Case) -> str:
    """Step 5."""
    case.entries = [_entry(case.law, position, at, filed) for position, at, filed in case.placed]
    check_not_revoked(case.law_state.events, case.mentions, case.entries)
    return f"{counted(len(case.entries), 'signature')}, each by the signer it names"


def _entry(law: Law, position: int, at: int, filed: Filed) -> Entry:
    key = verify_signer(law.people, _signer(filed), filed.envelope)
    return Entry(
        position, at, filed.envelope.digest, filed.unverified, is_own_device(key), key.point
    )


def _signer(filed: Filed) -> str:
    signer = getattr(filed.unverified, "signer", None)
    if not isinstance(signer, str):
        raise MalformedDocumentError(f"a {filed.envelope.kind} has no place in a code")
    return signer


def _count(case: _Case) -> str:
    """Step 6, for a code: released, and by answers whose signers saw this very log."""
    proceeding = _fold(case)
    if proceeding.release is None:
        waiting = proceeding.pending
        where = f"waits at {waiting.level.id}" if waiting else f"is {proceeding.state}"
        if proceeding.ending is not None and proceeding.state != "expired":
            raise StoppedError(f"not released: it {where}", hint=proceeding.ending.why)
        raise NotReleasedError(f"not released: it {where}")
    if case.published.size <= proceeding.release.position:
        raise NotReleasedError("the published checkpoint lies before the release")
    levels = len(proceeding.rungs)
    return f"released at {to_text(proceeding.release.at)}, {counted(levels, 'level')}, in order"


def _open_or_released(case: _Case) -> str:
    """Step 6, for whoever signs."""
    return f"the order is {_fold(case).state}"


def _fold(case: _Case) -> Proceeding:
    ordered = next(one for one in case.entries if one.digest == case.papers.order)
    done = closings(case.law_state.events, case.law, ordered.at, case.mentions, case.pinned.charter)
    away = aways(case.law_state.absences.values(), ordered.at, case.mentions)
    case.proceeding = fold(case.law, case.entries, closings=done, aways=away)
    heads = {e.digest: e.document for e in case.entries}
    for one in case.proceeding.counted:
        document = heads[one.digest]
        if isinstance(document, Order):
            continue
        seen = case.roots.get(document.size)  # type: ignore[union-attr]
        if seen is None or seen.hex() != document.root:  # type: ignore[union-attr]
            raise NotReleasedError(f"{one.person} saw a head that this log never had")
    return case.proceeding


def _stops(case: _Case) -> str:
    """Step 7. A stop is good wherever it is shown; what does not verify is dropped."""
    proceeding, logged = case.proceeding, {entry.digest for entry in case.entries}
    last, now = case.logged_at, case.circumstances.now
    at, position = max(last, now or last), case.papers.log.slice.size
    for stored in case.circumstances.stops:
        try:
            filed = open_envelope(stored)
            if filed.envelope.digest in logged or filed.envelope.kind not in STOPPING:
                continue
            entry = _entry(case.law, position, at, filed)
            proceeding, _ = step(proceeding, no_later(entry))
        except VerificationError:
            continue
        position += 1
    case.proceeding = proceeding
    ending = proceeding.ending
    if ending is not None and ending.state != "expired":
        where = f" at {ending.level}" if ending.level else ""
        raise StoppedError(
            f"{ending.state}{where}" + (f" by {ending.by}" if ending.by else ""), hint=ending.why
        )
    return "none that stops"


def _time(case: _Case) -> str:
    """Step 8, with ``witnesses: none``."""
    seen, release, action = case.circumstances, case.proceeding.release, case.proceeding.action
    skew = case.law.terms.skew
    now = seen.now
    if now is None:
        raise TimingError("no clock, no act")
    if release is None:
        raise NotReleasedError("not released")
    if now < seen.clock_mark - skew:
        raise TimingError(
            f"the clock says {to_text(now)}, and was past {to_text(seen.clock_mark)} before",
            hint="cheget executor settle, once somebody has looked at the clock",
        )
    if max(case.logged_at, *map(claimed_at, case.entries)) > now + skew:
        raise TimingError(
            f"the log claims a time that is still to come by this clock, {to_text(now)}"
        )
    end = release.at + action.hold + action.valid_for
    if now >= end:
        raise TimingError(f"expired at {to_text(end)}")
    if seen.first_stored is None:
        raise TimingError("this executor has not yet stored a code of this release")
    held = max(release.at, seen.first_stored) + action.hold
    if now < held:
        raise TimingError(f"held until {to_text(held)}")
    if seen.asked_again is None or seen.asked_again < held:
        raise TimingError("no source has been asked again since the hold ended")
    return f"held until {to_text(held)}, valid until {to_text(end)}"


def _once(case: _Case) -> str:
    """Step 9."""
    return check_once(case.circumstances, case.proceeding, case.papers.address, case.receipts)


def _crew(case: _Case) -> str:
    """Step 10."""
    says, case.crew = check_crew(
        case.circumstances, case.law_state.usable, case.law, case.proceeding, case.executor,
        case.papers.log.slice,
    )  # fmt: skip
    return says


def counted(number: int, noun: str) -> str:
    """``1 level``, ``2 levels``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


LOG_STEP = 4
STOPPING = frozenset({"refusal", "countermand"})

_NumberedStep = tuple[int, str, Callable[[_Case], str]]

STEPS: tuple[_NumberedStep, ...] = (
    (0, "form", _form),
    (1, "law", _law),
    (2, "address", _address),
    (3, "allowed", _allowed),
    (4, "log", _log),
    (5, "signatures", _signatures),
    (6, "count", _count),
    (7, "stops", _stops),
    (8, "time", _time),
    (9, "once", _once),
    (10, "crew", _crew),
)

SIGNER_STEPS: tuple[_NumberedStep, ...] = (
    (0, "form", _parse),
    (1, "law", _law_shown),
    (3, "allowed", _allowed_list),
    (4, "log", _log),
    (5, "signatures", _signatures),
    (6, "count", _open_or_released),
    (7, "stops", _stops),
)
