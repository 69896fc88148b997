"""An account as a ladder to be drawn: in SVG, on a page, in a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from cheget.chain.wording import span, worded
from cheget.cli.terminal import safe
from cheget.picture.ladder import MEANING, Acts, Ladder, Rung, Seat

if TYPE_CHECKING:
    from cheget.chain.chain import Level
    from cheget.proof.account import Account
    from cheget.proof.weaknesses import Weaknesses

GLYPHS = {"needed": "●", "seat": "○", "deputy": "◐", "stops": "✕", "alone": "◆"}
ACROSS = 100  # columns of a terminal


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


def in_terminal(ladder: Ladder) -> list[str]:
    """The ladder in lines, the signs as the pictures have them."""
    names = [rung.name for rung in ladder.rungs] + (["executors"] if ladder.acts else [])
    wide = max(len(name) for name in names)
    lines = []
    for number, rung in enumerate(ladder.rungs, 1):
        start = f"{number:>3} {rung.name:<{wide}}  "
        said = " · ".join(one for one in (rung.rule, *rung.notes) if one)
        if said:
            lines.append(f"{start}{said}")
            start = " " * len(start)
        lines += _flowed(start, [_in_words(seat) for seat in rung.seats])
    if ladder.acts:
        acting = [f"{one.name} {one.count:,}" if one.count > 1 else one.name for one in ladder.acts]
        start = f"{len(ladder.rungs) + 1:>3} {'executors':<{wide}}  "
        lines += _flowed(start, [*acting, *([ladder.acting] if ladder.acting else [])])
    lines.append("   ".join(["   ", *(f"{GLYPHS[sign]} {MEANING[sign]}" for sign in ladder.signs)]))
    return lines


def _in_words(seat: Seat) -> str:
    marks = "".join(f" {GLYPHS[sign]}" for sign in seat.signs[1:])
    note = f" ({safe(seat.note)})" if seat.note else ""
    return f"{GLYPHS[seat.sign]} {seat.name}{note}{marks}"


def _flowed(start: str, items: Sequence[str]) -> list[str]:
    """The items in lines of the terminal's width, none of them broken."""
    glued = "   ".join(item.replace(" ", "\0") for item in items)
    found = textwrap.wrap(
        glued, ACROSS - len(start), break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
    shown = [line.replace("\0", " ") for line in found]
    return [f"{start if not place else ' ' * len(start)}{line}" for place, line in enumerate(shown)]
