"""Whom an order would wake, said before it is transmitted."""

from __future__ import annotations

from cheget.chain.rule import names
from cheget.chain.saying import Said, listed, said
from cheget.errors import NotAllowedError
from cheget.order.allowed import named
from cheget.order.charter import Law
from cheget.order.documents import Order
from cheget.order.fold import Entry, begin
from cheget.order.proceeding import Attested
from cheget.service.notices.due import Reach, reach
from cheget.service.notices.settings import Settings

_NONE = "0" * 64
_MOST = 6  # named one by one


def of_action(law: Law, action: str, originator: str, settings: Settings, now: int) -> Reach:
    """Whom an order of that action would wake, by whomever it is transmitted; nothing is written.

    Raises:
        NotAllowedError: there is no such action, or they have no seat at its head.
    """
    known = [one.id for one in law.chain.actions]
    if action not in known:
        raise NotAllowedError(f"there is no action {action}", hint=f"known: {', '.join(known)}")
    what = law.chain.action(action)
    head = law.chain.ladder(action)[0]
    seats = [seat for seat in head.members if law.person_of(seat) == originator]
    if not seats:
        raise NotAllowedError(f"{originator} has no seat at {head.id}, the head of {action}")
    # As if every condition held: who is woken doesn't hang on it.
    seated = [
        (condition, seat)
        for condition in what.conditions
        for seat in sorted(set(names(law.chain.condition(condition).attested_by)))
    ]
    attested = tuple(
        Attested(f"{number:064x}", action, condition, seat, who, 0, 2**52)
        for number, (condition, seat) in enumerate(seated)
        if (who := law.person_of(seat)) is not None
    )
    order = Order(
        what.acknowledge, action, tuple(one.digest for one in attested), now + what.decide_within,
        law.deployment, named(["any"]), law.digest, "0" * 32, originator, (), _NONE, seats[0], now,
    )  # fmt: skip
    entry = Entry(0, now, order.digest(), order, own_device=True)
    return reach(begin(law, entry, attested), settings, now)


def sentence(found: Reach) -> Said:
    """`will notify N: …`, and who later."""
    who = [
        said("%(who)s by %(channel)s", who=_whom(whom), channel=channel)
        for whom, channel in found.now
    ]
    told = said("will notify %(count)s", count=len({whom for whom, _ in found.now}))
    if who:
        more, shown = len(who) - _MOST, listed(who[:_MOST])
        if more > 0:
            shown = said("%(names)s and %(count)s more", names=shown, count=more)
        told = said("%(told)s: %(names)s", told=told, names=shown)
    if not found.later:
        return told
    return said("%(told)s; %(count)s more by and by, if nobody answers", told=told,
                count=len(found.later))  # fmt: skip


def _whom(whom: str) -> str:
    return said("the room of %(what)s", what=whom) if "/" in whom else whom
