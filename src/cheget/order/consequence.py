"""What an answer would do, said before anybody signs it: by asking the fold itself."""

from __future__ import annotations

from dataclasses import dataclass

from cheget.chain.rule import is_met
from cheget.chain.saying import Said, said
from cheget.errors import UnfitEntryError
from cheget.order.documents import Refusal
from cheget.order.fold import Entry, at_instant, step
from cheget.order.proceeding import Counted, Proceeding, Rung
from cheget.order.telling import STATES

_NOWHERE = "0" * 64
_LAST = 2**52  # a position after every entry


@dataclass(frozen=True)
class Turn:
    """A seat that a person may answer in now, or from an instant on as its deputy."""

    level: str
    seat: str
    as_deputy: bool
    since: int
    absence: str | None = None  # within which the deputy answers before that


def turns(proceeding: Proceeding, person: str, now: int) -> tuple[Turn, ...]:
    """The seats of the pending level in which a concurrence of ``person`` would count.

    A deputy's seats are included before their turn, with the instant at which it comes.
    """
    proceeding = at_instant(proceeding, now)
    rung = proceeding.pending
    if rung is None or person in proceeding.refusers or proceeding.law.is_machine(person):
        return ()
    filled = {one.seat for one in rung.counted}
    found = []
    for seat in rung.level.members:
        if seat in filled or proceeding.is_spent(person, seat, rung.level.id):
            continue
        for who, after in proceeding.fillers(seat):
            member = proceeding.law.person_of(seat)
            if who == person and member not in proceeding.refusers:
                since = rung.opened_at + after
                away = next(
                    (a.digest for a in proceeding.aways.values() if a.covers(member, now, _LAST)),
                    None,
                ) if now < since else None  # fmt: skip
                since = rung.opened_at if away is not None else since
                found.append(Turn(rung.level.id, seat, who != member, since, away))
                break
    return tuple(found)


def refusal_consequence(proceeding: Proceeding, person: str, now: int) -> Said:
    """What a refusal of ``person`` would do now, in a sentence.

    Raises:
        UnfitEntryError: it would not be taken at all.
    """
    document = Refusal(now, proceeding.digest, _NOWHERE, person)
    after, effect = step(proceeding, Entry(_LAST, now, _NOWHERE, document))
    if effect == "stops" and after.ending is not None:
        return said("Your refusal stops this order, at %(level)s.", level=after.ending.level)
    if effect == "countermands":
        return said("Your refusal countermands this order: it ends here.")
    if after.ending is not None:
        return said("The order is %(state)s already. Your refusal is kept as evidence.",
                    state=STATES[after.state])  # fmt: skip
    if proceeding.release is not None:
        return said("The order is released. Your refusal is kept, and doesn't stop it.")
    return said("Your refusal alone won't stop it: another may still concur. It is kept.")


def stranded_levels(proceeding: Proceeding, person: str, seat: str, now: int) -> tuple[str, ...]:
    """Levels below that could no longer be met if ``person`` concurred in ``seat`` now."""
    rung = proceeding.pending
    if rung is None:
        return ()
    place = proceeding.rungs.index(rung)
    spent = Counted(seat, person, _NOWHERE, now, _LAST)
    rungs = list(proceeding.rungs)
    rungs[place] = Rung(rung.level, (*rung.counted, spent), rung.prior, rung.opened, rung.opened_at)
    after = _with_rungs(proceeding, tuple(rungs))
    return tuple(
        below.level.id
        for below in after.rungs[place + 1 :]
        if not is_met(below.level.rule, after.fillable(below))
        and is_met(below.level.rule, proceeding.fillable(below))
    )


def _with_rungs(proceeding: Proceeding, rungs: tuple[Rung, ...]) -> Proceeding:
    return Proceeding(
        proceeding.law, proceeding.order, proceeding.digest, proceeding.position,
        proceeding.transmitted, rungs, proceeding.attested, proceeding.refusals,
    )  # fmt: skip


def can_refuse(proceeding: Proceeding, person: str, now: int) -> bool:
    """Whether a refusal of ``person`` would be taken now."""
    try:
        refusal_consequence(proceeding, person, now)
    except UnfitEntryError:
        return False
    return True
