"""What the law log does to an order: a change of its chain's law, a key revoked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from cheget.errors import BadSignatureError
from cheget.order.charter import Law
from cheget.order.documents import Countermand, Refusal
from cheget.order.fold import Closing, Entry
from cheget.order.follow import LawEvent

NEVER = 2**53  # after every entry: the log of orders does not mention it yet


def closings(
    events: Iterable[LawEvent], law: Law, order_at: int, mentions: Mapping[int, int]
) -> tuple[Closing, ...]:
    """What closes an order under ``law``, where the log of orders mentions it.

    Args:
        events: Changes of the law, in the order of its log.
        law: The law that the order names.
        order_at: The time of the order's entry.
        mentions: Position in the log of orders of each mention that was shown, by its size.

    One that is not mentioned came before what is shown of the log if it came before the order;
    otherwise its mention is withheld, and it closes the order all the same.
    """
    found = []
    for event in events:
        position = mentions.get(event.size)
        if position is None:
            position = -1 if event.at < order_at else NEVER
        if event.charter is None:
            found.append(Closing(position, event.at, event.key))
            continue
        now = event.charter.laws.get(law.chain.id)
        if now is None or now.digest != law.digest:
            found.append(Closing(position, event.at))
    return tuple(found)


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
