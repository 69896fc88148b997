"""Both logs as one story: which entries fall in a period, and how orders stood at its end.

Pure. A period is half open, ``start`` ≤ t < ``end``, by the times at which the logs took their
entries. Since these never fall, a period is one piece of each log, and the pieces of two periods
that meet are the piece of both together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from cheget.audit.header import Header, Mention, decode
from cheget.errors import LogError
from cheget.order.absent import Absent, aways
from cheget.order.charter import Charter, Law
from cheget.order.closing import closings
from cheget.order.documents import AnyDocument, Order
from cheget.order.fold import Entry, at_instant, fold
from cheget.order.follow import LawEvent
from cheget.order.ledger import WholeLog
from cheget.order.papers import Filed, open_envelope
from cheget.order.proceeding import Effect, Proceeding
from cheget.order.signatures import is_own_device, verify_signer

Name = Literal["law", "orders"]


@dataclass(frozen=True)
class Period:
    """``start`` ≤ t < ``end``, and as of when it is told. Instants in seconds."""

    start: int
    end: int
    now: int

    @property
    def cut(self) -> int:
        """The end, or what comes after now if that is earlier."""
        return min(self.end, self.now + 1)

    def has(self, at: int | None) -> bool:
        """Whether an instant falls in it."""
        return at is not None and self.start <= at < self.end


@dataclass(frozen=True)
class Line:
    """An entry of a log where it stands. ``at`` in seconds; ``filed`` None: a mention."""

    log: Name
    position: int
    at: int
    header: Header | Mention
    filed: Filed | None

    @property
    def document(self) -> AnyDocument | None:
        """What was signed; None of a mention."""
        return None if self.filed is None else self.filed.unverified

    @property
    def digest(self) -> str:
        """Of the document; empty of a mention."""
        return "" if self.filed is None else self.filed.envelope.digest


def lines(name: Name, log: WholeLog) -> tuple[Line, ...]:
    """Every entry of a log, opened strictly; that it is proved is ``ledger.prove``'s to say.

    Raises:
        VerificationError: a header or an envelope that is none.
    """
    found = []
    for position, (leaf, stored) in enumerate(log.entries):
        header = decode(leaf)
        filed = open_envelope(stored) if isinstance(header, Header) else None
        found.append(Line(name, position, header.at, header, filed))
    return tuple(found)


def within(entries: Iterable[Line], start: int, end: int) -> tuple[Line, ...]:
    """The entries of a period, in their order."""
    return tuple(one for one in entries if start <= one.at < end)


def size_at(entries: Sequence[Line], instant: int) -> int:
    """How large the log was just before an instant."""
    return sum(one.at < instant for one in entries)


def proceedings(
    entries: Sequence[Line], charters: Sequence[Charter], events: Sequence[LawEvent], end: int,
    absences: Sequence[Absent] = (),
) -> tuple[Proceeding, ...]:  # fmt: skip
    """Every order as it stood at the last second before ``end``, in log order.

    Args:
        entries: Of the orders log, all of them.
        charters: Every one that has held, the first before the others.
        events: What changed the law before ``end``.
        end: Seconds; nothing logged from then on counts.
        absences: Of the law log, before ``end``.

    Raises:
        VerificationError: a log whose entries do not verify, or fit no state.
    """
    laws: dict[str, Law] = {}
    for charter in charters:
        laws |= charter.law_digests
    threads: dict[str, list[Line]] = {}
    mentions: dict[int, int] = {}
    for one in entries:
        if one.at >= end:
            break
        if isinstance(one.header, Mention):
            mentions.setdefault(one.header.size, one.position)
        else:
            threads.setdefault(one.header.subject, []).append(one)
    told = _Told(charters[0], laws, events, mentions, absences)
    return tuple(
        _folded(thread[0], threads, told, end)
        for thread in threads.values()
        if isinstance(thread[0].document, Order)
    )


@dataclass(frozen=True)
class _Told:
    """The law of a house, as every order is folded under it."""

    first: Charter
    laws: Mapping[str, Law]
    events: Sequence[LawEvent]
    mentions: Mapping[int, int]
    absences: Sequence[Absent]


def _folded(
    first: Line, threads: Mapping[str, Sequence[Line]], told: _Told, end: int
) -> Proceeding:
    order = first.document
    assert isinstance(order, Order)  # noqa: S101 - its thread begins with one
    law = told.laws.get(order.law)
    if law is None:
        raise LogError(f"entry {first.position}: a law that no chain of this house ever had")
    found = [
        _entry(law, line)
        for subject in (first.digest, *order.attestations)
        for line in threads.get(subject, ())
    ]
    done = closings(told.events, law, first.at, told.mentions, told.first)
    away = aways(told.absences, first.at, told.mentions)
    return at_instant(fold(law, found, closings=done, aways=away), end - 1)


def _entry(law: Law, line: Line) -> Entry:
    assert line.filed is not None  # noqa: S101 - mentions are in no thread
    document = line.filed.unverified
    key = verify_signer(law.people, getattr(document, "signer", ""), line.filed.envelope)
    return Entry(line.position, line.at, line.digest, document, is_own_device(key), key.point)


def effect_of(proceeding: Proceeding, line: Line) -> Effect:
    """What an entry of the order's thread did to it."""
    ending, release = proceeding.ending, proceeding.release
    if ending is not None and ending.digest == line.digest:
        return "stops" if ending.state == "stopped" else "countermands"
    if release is not None and release.position == line.position:
        return "releases"
    if any(one.digest == line.digest for one in proceeding.counted):
        return "counts"
    return "late" if any(one.digest == line.digest for one in proceeding.late) else "kept"
