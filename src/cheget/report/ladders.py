"""An account as a ladder to be drawn: in SVG, on a page, in a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cheget.chain.wording import span, worded
from cheget.picture.ladder import Acts, Ladder, Rung, Seat

if TYPE_CHECKING:
    from cheget.chain.chain import Level
    from cheget.proof.account import Account
    from cheget.proof.weaknesses import Weaknesses


def ladder_of(account: Account, weak: Weaknesses, title: str, sentence: str) -> Ladder:
    """What is drawn of an account, under that title and sentence."""
    conditions = account.chain.action(account.action).conditions if account.action else ()
    for one in conditions:
        rule = worded(account.chain.condition(one).attested_by)
        sentence += f" Only while {one} is attested by {rule}."
    return Ladder(
        title, sentence, tuple(_rung(account, weak, level) for level in account.ladder),
        tuple(_acts(account)), _acting(account),
    )  # fmt: skip


def _rung(account: Account, weak: Weaknesses, level: Level) -> Rung:
    seats: list[Seat] = []
    for post in level.members:
        member = account.chain.member(post)
        seats.append(_seat(account, weak, post, ""))
        for deputy in member.deputies:
            note = f"for {post} after {span(deputy.after)}"
            seats.append(_seat(account, weak, deputy.member, note))
    notes = []
    if level.veto is not None:
        notes.append(f"veto: {worded(level.veto, level.members)}")
    if level.own_device:
        notes.append("signs on their own device")
    return Rung(level.id, _rule(level), tuple(seats), tuple(notes))


def _rule(level: Level) -> str:
    count = len(level.members)
    if count == 1:
        return ""
    said = level.written or worded(level.rule, level.members)
    return f"{said} of {count}" if said in {"all", "any", "majority"} else said


def _seat(account: Account, weak: Weaknesses, post: str, note: str) -> Seat:
    person = account.staff.fills(post)
    if person is None:
        return Seat(post, account.chain.member(post).title, note="vacant")
    machine = account.staff.is_machine(person)
    by = "" if person == post else f"filled by {person}"
    notes = "; ".join(one for one in (note, by, "a machine" if machine else "") if one)
    needed = person in weak.veto_holders and not machine
    return Seat(
        post, account.chain.member(post).title,
        "deputy" if note else "needed" if needed else "seat",
        stops=person in weak.stoppers, alone=person in weak.sole_releasers, note=notes,
    )  # fmt: skip


def _acts(account: Account) -> Iterator[Acts]:
    named = {kind for name in account.actions for kind in account.chain.action(name).executors}
    for kind in account.chain.executors:
        if kind.id in named:
            crew = f"crew: {worded(kind.crew)}" if kind.crew is not None else ""
            yield Acts(kind.id, 1 if kind.count is None else kind.count, crew)


def _acting(account: Account) -> str:
    most = {account.chain.action(name).at_most for name in account.actions}
    return f"up to {max(most):,} in one order" if most and max(most) > 1 else ""
