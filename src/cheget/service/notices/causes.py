"""What somebody is to be told of an order: who is asked, what was answered, how it ended.

Pure: an order's state, and who is woken first, give causes. A cause that ``waits`` stands only
while its person is still asked; silence makes no other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from cheget.order.consequence import turns
from cheget.order.proceeding import Proceeding, Rung
from cheget.order.reviews import asked
from cheget.service.notices.settings import Duty, Settings

Kind = Literal["asked", "answered", "ended", "emergency", "review", "test"]
_LAST = 2**52  # a position after every entry


@dataclass(frozen=True)
class Cause:
    """A reason to tell ``whom`` (a person's id, or ``chain/level``: its room) of an order.

    ``about``: the level, the answer's digest, or how it ended. ``since``: seconds; from then on.
    ``waits``: something is asked of them, and they are told again. ``loud``: at once, by all of
    their channels, whatever the hour.
    """

    kind: Kind
    order: str
    about: str
    whom: str
    since: int
    waits: bool = False
    loud: bool = False


@dataclass(frozen=True)
class Matter:
    """An order at an instant, with what lies beside it.

    ``crews``: who is asked beside executors that have not acted, by post. ``carried_out``: when
    enough of them had acted, in seconds.
    """

    proceeding: Proceeding
    crews: Mapping[str, str] = field(default_factory=dict)
    carried_out: int | None = None


def causes(matter: Matter, settings: Settings, now: int) -> Iterator[Cause]:
    """Everything that somebody is to be told of an order, as it stands at that instant."""
    yield from _asked(matter.proceeding, settings, now)
    yield from _crews(matter)
    yield from _emergency(matter.proceeding, now)
    yield from _answers(matter.proceeding)
    yield from _end(matter)


def asked_people(proceeding: Proceeding, rung: Rung, now: int) -> dict[str, int]:
    """Who may answer at a level that is asked, and since when; nobody who is away."""
    found: dict[str, int] = {}
    fillers = {who for seat in rung.level.members for who, _ in proceeding.fillers(seat)}
    for person in sorted(fillers):
        if any(one.covers(person, now, _LAST) for one in proceeding.aways.values()):
            continue
        since = [turn.since for turn in turns(proceeding, person, now)]
        if since:
            found[person] = min(since)
    return found


def _asked(proceeding: Proceeding, settings: Settings, now: int) -> Iterator[Cause]:
    rung = proceeding.pending
    if rung is None:
        return
    level = f"{proceeding.law.chain.id}/{rung.level.id}"
    duty = settings.levels.get(level, Duty())
    people = asked_people(proceeding, rung, now)
    people |= dict.fromkeys([level] if duty.room else [], rung.opened_at)
    first = people.keys() if duty.wake is None else duty.wake & people.keys()
    loud = proceeding.action.review is not None
    for whom, since in people.items():
        later = 0
        # Where none of those to be woken is asked, an order must not wait for nobody.
        if whom not in first and whom != level and first:
            if duty.others is None:
                continue
            later = duty.others
        if now >= since + later:
            yield Cause(
                "asked", proceeding.digest, rung.level.id, whom, since + later, waits=True,
                loud=loud,
            )  # fmt: skip


def _crews(matter: Matter) -> Iterator[Cause]:
    one = matter.proceeding
    if one.release is None or one.ending is not None:
        return
    loud = one.action.review is not None
    for post, person in matter.crews.items():
        yield Cause("asked", one.digest, post, person, one.release.at, waits=True, loud=loud)


def _emergency(proceeding: Proceeding, now: int) -> Iterator[Cause]:
    review = asked(proceeding)
    if proceeding.action.review is None:
        return
    told = set(proceeding.law.people) - {proceeding.order.originator}
    for person in sorted(told):
        if not proceeding.law.is_machine(person):
            yield Cause(
                "emergency", proceeding.digest, "", person, proceeding.transmitted, loud=True
            )
    if review is not None and review.until is not None and proceeding.release is not None:
        overdue = review.standing(now) == "overdue"
        about, since = ("overdue", review.until) if overdue else ("", proceeding.release.at)
        for person in review.left:
            yield Cause("review", proceeding.digest, about, person, since, waits=True, loud=True)


def _answers(proceeding: Proceeding) -> Iterator[Cause]:
    """To the originator, each answer of somebody else that doesn't decide it by itself."""
    decided = proceeding.ending.digest if proceeding.ending is not None else ""
    released = proceeding.release.position if proceeding.release is not None else -1
    answers = [
        (one.person, one.digest, one.answered_at)
        for one in proceeding.counted
        if one.position != released
    ]
    answers += [(one.person, one.digest, one.at) for one in proceeding.refusals]
    originator = proceeding.order.originator
    for person, digest, at in answers:
        if person != originator and digest != decided:
            yield Cause("answered", proceeding.digest, digest, originator, at)


def _end(matter: Matter) -> Iterator[Cause]:
    one, ending = matter.proceeding, matter.proceeding.ending
    whom = one.order.originator
    if one.release is not None:
        yield Cause("ended", one.digest, "released", whom, one.release.at)
    if matter.carried_out is not None:
        yield Cause("ended", one.digest, "carried-out", whom, matter.carried_out)
    elif ending is not None and ending.by != whom:
        yield Cause("ended", one.digest, ending.state, whom, ending.at)
