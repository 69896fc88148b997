"""A difference as people read it, in a terminal or in a code review: sentences, then what did it.

Shape before colour: ✕ weaker, ● stronger, · changed, and judged by what it makes possible.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cheget.report.wording import count, joined, persons, share

if TYPE_CHECKING:
    from cheget.proof.changes import Change
    from cheget.proof.difference import (
        ClaimChange,
        Difference,
        Family,
        Ladder,
        Opened,
        Reach,
    )
    from cheget.proof.doors import Door

SIGNS = {"weaker": "✕", "stronger": "●", "changed": "·"}
SHOWN = 3  # coalitions, and people whose power moved
LONGEST = 200  # characters of a setting that are shown
Line = tuple[str, str]  # effect, sentence
Section = tuple[str, list[Line]]


def verdict(found: Difference) -> str:
    """Whether the edit made it weaker, in a sentence."""
    if found.weaker:
        more = ", and something else stronger" if found.stronger else ""
        return f"this edit makes something weaker{more}."
    if found.stronger:
        return "this edit makes something stronger and nothing weaker."
    return "this edit makes nothing weaker and nothing stronger."


def sections(found: Difference) -> Iterator[Section]:
    """What is told, the most important first."""
    for ladder in found.ladders:
        lines = list(_ladder(ladder))
        if lines:
            yield joined(ladder.actions) if ladder.actions else "who can release it", lines
    for title, lines in (
        ("claims", [_claim(one) for one in found.claims]),
        ("the weakest door", [_reach(one) for one in found.reaches]),
        ("what was edited", [_change(one) for one in found.changes]),
    ):
        if lines:
            yield title, lines


def _ladder(ladder: Ladder) -> Iterator[Line]:
    before, after = ladder.before, ladder.after
    if before is None and after is not None:
        one = next(iter(after.releasing.first(1)), None)
        who = "nobody can release it" if one is None else (
            f"{_together(one, 'can release it')}, {persons(len(one))} at least"
        )  # fmt: skip
        yield "weaker", f"It is new: {who}."
    elif after is None:
        yield "stronger", "It can no longer be ordered."
    elif before is not None and ladder.weaker is not None and ladder.stronger is not None:
        yield from _opened(ladder.weaker)
        yield from _closed(ladder.stronger)
        sizes = before.releasing.smallest, after.releasing.smallest
        if sizes[0] != sizes[1] and None not in sizes:
            effect = "weaker" if (sizes[1] or 0) < (sizes[0] or 0) else "stronger"
            yield effect, f"It takes {persons(sizes[1] or 0)} at least; it took {sizes[0]}."
        for shift in ladder.shifts[:SHOWN]:
            shares = ["no say" if one is None else share(one)
                      for one in (shift.before, shift.after)]  # fmt: skip
            yield "changed", f"Power of {shift.person} (Shapley): {shares[0]} → {shares[1]}."
        more = len(ladder.shifts) - SHOWN
        if more > 0:
            yield "changed", f"Power of {count(more, 'other')} changed too: --json has all."


def _opened(opened: Opened) -> Iterator[Line]:
    if _unreleasable(opened.block):
        yield "weaker", "It can be released; before, not even all together could."
    for one in opened.release.first[:SHOWN]:
        stopped = f"before, it stopped at {one.level}" if one.level else "before, they couldn't"
        yield "weaker", f"After this edit {_together(one.people, 'can release it')}; {stopped}."
    yield from _more("weaker", opened.release, "release it only now")
    alone = [one.people[0] for one in opened.block.first if len(one.people) == 1]
    if alone:
        yield "weaker", f"{joined(alone)} can no longer stop it alone."
    for one in [one for one in opened.block.first if len(one.people) > 1][:SHOWN]:
        yield "weaker", f"{joined(one.people)} could stop it together, and no longer can."
    yield from _more("weaker", opened.block, "could stop it and no longer can", 5)
    if opened.answers is not None:
        who, no = opened.answers.concurring, opened.answers.refusing
        refusing = f" and {joined(no)} refuse" if no else ""
        yield "weaker", f"Where {joined(who, len(who))} concur{refusing}, it is released only now."


def _closed(closed: Opened) -> Iterator[Line]:
    if _unreleasable(closed.block):
        yield "stronger", "Nobody can release it any more, not even all together."
        return
    for family, could in (
        (closed.release, "could release it, and no longer can"),
        (closed.block, "can stop it only now"),
    ):
        if family.least:
            first = "; ".join(joined(one.people) for one in family.first[:SHOWN])
            yield "stronger", f"{_counted(family)} {could}: {first}{_and_more(family)}."
    if closed.answers is not None:
        who, no = closed.answers.concurring, closed.answers.refusing
        refusing = f" and {joined(no)} refuse" if no else ""
        yield "stronger", f"Where {joined(who, len(who))} concur{refusing}, it isn't released now."


def _unreleasable(block: Family) -> bool:
    """Whether nobody at all is needed to stop it."""
    return any(not one.people for one in block.first)


def _more(effect: str, family: Family, what: str, shown: int = SHOWN) -> Iterator[Line]:
    if family.least > shown or not family.exact:
        yield effect, f"{_counted(family)} {what}, nobody in them being needless."


def _and_more(family: Family) -> str:
    return "; …" if family.least > SHOWN or not family.exact else ""


def _counted(family: Family) -> str:
    bound = "" if family.exact else "At least "
    return f"{bound}{count(family.least, 'coalition')}"


def _together(who: tuple[str, ...], can: str) -> str:
    if not who:
        return f"nobody {can.replace('can ', 'need agree to ')}"
    return f"{joined(who, most=12)} {can} {'alone' if len(who) == 1 else 'together'}"


def _claim(one: ClaimChange) -> Line:
    was = one.before.verdict if one.before else None
    now = one.after.verdict if one.after else None
    if one.made_before and not one.made_after:
        still = {"holds": "it would still hold", "fails": "it would fail"}
        why = still[now] if now else "who it speaks of isn't there"
        return "weaker", f"No longer claimed: {one.text} ({why})."
    if not one.made_before:
        return "stronger" if now == "holds" else "changed", f"Claimed now: {one.text} ({now})."
    past = "held" if was == "holds" else "failed"
    return ("weaker" if one.weaker else "stronger"), f"{one.text}: it {now}; before, it {past}."


def _reach(one: Reach) -> Line:
    effect = "weaker" if one.weaker else "changed"
    return effect, f"{one.executor}: {_door(one.after)}; before: {_door(one.before)}."


def _door(door: Door | None) -> str:
    if door is None:
        return "no door"
    return f"{door.name}, by {persons(door.fewest or 0)} ({joined(door.example)})"


def _change(one: Change) -> Line:
    if not one.before or not one.after:
        word = "added" if one.after else "dropped"
        return one.effect, f"{one.about}: {one.what} {word}: {_cut(one.after or one.before)}"
    return one.effect, f"{one.about}: {one.what} is {_cut(one.after)}; it was {_cut(one.before)}"


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text):,} characters)"
