"""What the law log does to an order: a change of its chain's law, a key revoked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from cheget.errors import BadSignatureError
from cheget.order.charter import Charter, Law
from cheget.order.documents import Countermand, Refusal
from cheget.order.fold import Closing, Entry
from cheget.order.follow import LawEvent

NEVER = 2**53  # after every entry: the log of orders does not mention it yet


def closings(
    events: Sequence[LawEvent], law: Law, order_at: int, mentions: Mapping[int, int],
    first: Charter,
) -> tuple[Closing, ...]:  # fmt: skip
    """What closes an order under ``law``, where the log of orders mentions it.

    Args:
        events: Changes of the law, in the order of its log.
        law: The law that the order names.
        order_at: The time of the order's entry.
        mentions: Position in the log of orders of each mention that was shown, by its size.
        first: The charter from which the events lead.

    One that is not mentioned came before what is shown of the log if it came before the order;
    otherwise its mention is withheld, and it closes the order all the same.
    """
    since = _since(events, law, order_at, first)
    found = []
    for number, event in enumerate(events):
        position = mentions.get(event.size, -1 if number < since else NEVER)
        if event.charter is None:
            found.append(Closing(position, event.at, event.key))
        elif _law_of(event.charter, law) != law.digest:
            found.append(Closing(position, event.at))
    return tuple(found)


def _since(events: Sequence[LawEvent], law: Law, order_at: int, first: Charter) -> int:
    """How many of the events came before the order, at least.

    It was logged while its law held: of the spells of that law whose times fit, the earliest is
    taken, since more may close it then.
    """
    holds = _law_of(first, law) == law.digest
    began = -1
    for number, event in enumerate(events):
        if holds and began <= order_at <= event.at:
            return number
        if event.charter is not None:
            holds = _law_of(event.charter, law) == law.digest
        began = event.at
    return len(events) if holds and began <= order_at else 0


def _law_of(charter: Charter, law: Law) -> str | None:
    now = charter.laws.get(law.chain.id)
    return None if now is None else now.digest


def check_not_revoked(
    events: Iterable[LawEvent], mentions: Mapping[int, int], entries: Iterable[Entry]
) -> None:
    """Return only if no entry is signed by a key whose revocation was mentioned before it.

    Raises:
        BadSignatureError: the first that is.
    """
    revoked = {e.key: mentions[e.size] for e in events if e.key and e.size in mentions}
    for entry in entries:
        if entry.position > revoked.get(entry.key, entry.position):
            raise BadSignatureError(f"entry {entry.position} is signed by a key that was revoked")


def no_later(entry: Entry) -> Entry:
    """The stop as signed no later than now: a member whose clock is ahead is obeyed too."""
    match entry.document:
        case Refusal() | Countermand() as stop:
            stop = replace(stop, answered_at=min(stop.answered_at, entry.at))
            return replace(entry, document=stop)
        case _:
            return entry


def claimed_at(entry: Entry) -> int:
    """When its signer says that an entry was signed."""
    for name in ("answered_at", "transmitted_at", "asked_at"):
        if (claimed := getattr(entry.document, name, None)) is not None:
            return int(claimed)
    return entry.at
