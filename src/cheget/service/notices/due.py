"""Which notices are due: causes, what was told before, and the settings give them.

Pure. A cause has one next notice at most: the first, then the channels that come after so much
silence, then reminders. What was told is counted, never inferred, so whoever asks twice,
or at two replicas, gets the same notice by the same key.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from cheget.order import canonical
from cheget.order.proceeding import Proceeding
from cheget.order.reviews import is_unsettled
from cheget.service.notices.causes import Cause, Matter, causes
from cheget.service.notices.settings import Settings, Step

LINGERS = 86400  # seconds after its end, in which a late receipt may still say that it was done
Named = tuple[str, str, str, str]  # kind, order, about and whom: what makes it the same cause


@dataclass(frozen=True)
class Notice:
    """The ``number``-th time (from 0) that somebody is told of a cause, and by which channel."""

    cause: Cause
    number: int
    step: Step
    reminder: bool = False

    @cached_property
    def key(self) -> str:
        """Its idempotency key: the same wherever, and however often, it is worked out."""
        return key_of(self.cause, self.number)


@dataclass(frozen=True)
class Told:
    """That a notice of a cause was begun, in seconds; whatever came of it."""

    number: int
    at: int


@dataclass(frozen=True)
class Reach:
    """Who would be told of an order, and by which channels: ``now``, and ``later`` if silent."""

    now: tuple[tuple[str, str], ...]
    later: tuple[tuple[str, str], ...]
    held: int | None = None  # until when quiet hours hold it back


def key_of(cause: Cause, number: int) -> str:
    """The idempotency key of the ``number``-th notice of a cause."""
    named: canonical.Json = {
        "about": cause.about, "kind": cause.kind, "number": number, "order": cause.order,
        "whom": cause.whom,
    }  # fmt: skip
    return hashlib.sha256(b"cheget notice\0" + canonical.encode(named)).hexdigest()


def due(
    cause: Cause, told: Sequence[Told], settings: Settings, now: int, begun: int,
    decide_by: int = 2**53,
) -> Notice | None:  # fmt: skip
    """The next notice of a cause, if it is due.

    Args:
        cause: That stands now.
        told: What was told of it before.
        settings: Who is woken how.
        now: Seconds since 1970.
        begun: Since when there are notices at all: news from before are none.
        decide_by: When the order lapses; quiet hours never outlast it.
    """
    following = upcoming(cause, told, settings, begun)
    if following is None or now < following[0]:
        return None
    quiet = None if cause.loud or settings.quiet is None else settings.quiet.until(now)
    lapses = cause.waits and quiet is not None and decide_by <= quiet
    return following[1] if quiet is None or lapses else None


def upcoming(
    cause: Cause, told: Sequence[Told], settings: Settings, begun: int
) -> tuple[int, Notice] | None:  # fmt: skip
    """The next notice of a cause, and from when on, in seconds; None: there is none any more."""
    steps = settings.steps(cause.whom)
    if not steps or (not cause.waits and cause.since < begun):
        return None
    number = max((one.number for one in told), default=-1) + 1
    last = max((one.at for one in told), default=cause.since)
    channels = steps if cause.waits or cause.loud else steps[:1]
    reminder = number >= len(channels)
    if reminder and not (cause.waits and number - len(channels) < settings.most):
        return None
    step = channels[min(number, len(channels) - 1)]
    before = channels[number - 1].after if 0 < number < len(channels) else 0
    at_once = cause.loud or not cause.waits
    wait = settings.every if reminder else 0 if at_once else step.after - before
    return max(cause.since, last + wait), Notice(cause, number, step, reminder)


def is_over(
    matter: Matter, told: Mapping[Named, Sequence[Told]], settings: Settings, now: int, begun: int
) -> bool:
    """Whether of this order there is nothing to tell any more, whatever the time."""
    one = matter.proceeding
    lingers = one.release is not None and one.ending is not None and now < one.ending.at + LINGERS
    if one.ending is None or lingers or is_unsettled(one):
        return False
    found = tuple(causes(matter, settings, now))
    return all(
        upcoming(cause, told.get(named(cause), ()), settings, begun) is None
        for cause in _once(found, told)
    )


def all_due(
    matter: Matter, told: Mapping[Named, Sequence[Told]], settings: Settings, now: int, begun: int
) -> Iterator[Notice]:
    """The notices of an order that are due, one for each cause; of a loud one, by all channels.

    ``told``: what was told before, by cause as :func:`named` names it.
    """
    found = tuple(causes(matter, settings, now))
    for cause in _once(found, told):
        rows, limit = list(told.get(named(cause), ())), matter.proceeding.order.decide_by
        while (notice := due(cause, rows, settings, now, begun, limit)) is not None:
            yield notice
            if not cause.loud:
                break
            rows.append(Told(notice.number, now))


def reach(proceeding: Proceeding, settings: Settings, now: int) -> Reach:
    """Who is told of an order as it stands, if it was transmitted just now."""
    first: list[tuple[str, str]] = []
    later: list[tuple[str, str]] = []
    found = tuple(_once(tuple(causes(Matter(proceeding), settings, now)), {}))
    silent = causes(Matter(proceeding), settings, max(now, proceeding.order.decide_by - 1))
    by_and_by = {named(one): one for one in silent} | {named(one): one for one in found}
    for cause in by_and_by.values():
        if cause.kind not in {"asked", "emergency", "review"} or (
            cause.kind == "emergency" and cause not in found
        ):
            continue
        for step in settings.steps(cause.whom):
            soon = cause in found and (cause.loud or not step.after)
            (first if soon else later).append((cause.whom, step.channel))
    loud = any(one.loud for one in found)
    held = None if loud or settings.quiet is None else settings.quiet.until(now)
    if held is not None and held >= proceeding.order.decide_by:
        held = None
    return Reach(tuple(first), tuple(later), held)


def named(cause: Cause) -> Named:
    """The cause without what changes about it."""
    return cause.kind, cause.order, cause.about, cause.whom


def _once(found: Sequence[Cause], told: Mapping[Named, Sequence[Told]]) -> Iterator[Cause]:
    """The causes without an emergency's for those who are, or were, told of it by being asked."""
    asked = {one.whom for one in found if one.kind == "asked"}
    asked |= {whom for (kind, _, _, whom) in told if kind == "asked"}
    return (one for one in found if one.kind != "emergency" or one.whom not in asked)
