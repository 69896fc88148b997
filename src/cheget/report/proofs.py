"""A proof in sentences: who releases it, who stops it, which claims hold, by which doors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Literal

from cheget.report.wording import FEW, count, joined, persons, span

if TYPE_CHECKING:
    from cheget.proof.account import Account
    from cheget.proof.claims import Counterexample, Verdict
    from cheget.proof.doors import Door, Guarded
    from cheget.proof.stranding import Stranding
    from cheget.proof.weaknesses import Demand, Weaknesses

NO_DOORS = "They weren't proved: another action is too entangled; raise --budget."
UNWRITTEN = "(of every chain, written or not)"
DELIVERY = "○ rests on delivery: it would be released if a refusal were withheld."


def claims_sentence(judged: Sequence[Verdict]) -> str:
    """How many claims hold, and how many fail."""
    failed = sum(one.verdict == "fails" for one in judged)
    if not judged:
        return "it makes no claims."
    if not failed:
        return "its claim holds." if len(judged) == 1 else f"{len(judged)} claims hold."
    return f"{failed} of {count(len(judged), 'claim')} {'fails' if failed == 1 else 'fail'}."


def summary(account: Account) -> str:
    """The shortest true account: what it takes, and who can stop it."""
    from cheget.proof.weaknesses import weaknesses

    return _summary(account, weaknesses(account))


def _summary(account: Account, weak: Weaknesses) -> str:
    if weak.gate is not None:
        return f"Nobody can release it, not even all together: {weak.gate} can't be passed."
    return f"{_takes(account)} {_stoppers(account, weak.stoppers)}"


def sentences(account: Account, executors: Sequence[Guarded] = ()) -> list[str]:
    """What is proved of one ladder, the most important first; ``executors``: by their doors."""
    from cheget.proof.weaknesses import weaknesses

    weak = weaknesses(account)
    found = [f"Nobody fills {joined(weak.vacant)}."] if weak.vacant else []
    counts = "counts for each" if account.chain.repeatable else "counts once"
    found += [f"{person} fills {joined(posts)}, and {counts}." for person, posts in weak.several]
    found += [_demand(one) for one in weak.demands]
    found.append(_summary(account, weak))
    if weak.by_delivery:
        all_of_them = weak.by_delivery == weak.stoppers and len(weak.stoppers) > 1
        who = "They" if all_of_them else joined(weak.by_delivery)
        verb = "stops" if len(weak.by_delivery) == 1 else "stop"
        found.append(f"{who} {verb} it by a refusal, which has to arrive; silence wouldn't.")
    found += reached(account, executors)
    if weak.gate is not None:
        return found
    if weak.sole_releasers:
        found.append(f"{joined(weak.sole_releasers)} can release it alone.")
    if weak.veto_holders:
        needs = "needs" if len(account.people) > 1 else "is"
        found.append(
            f"Every release {needs} {joined(weak.veto_holders, most=len(account.people))}."
        )
    if weak.twice:
        found.append(_twice(account, [person for person, _ in weak.twice]))
    found += _stranding(weak.stranding)
    if weak.implied:
        are = "is" if len(weak.implied) == 1 else "are each"
        told = "implied by the others: without it the same people can release and stop it."
        found.append(f"{joined(weak.implied)} {are} {told}")
    if weak.idle:
        verb = "matters" if len(weak.idle) == 1 else "matter"
        found.append(f"{joined(weak.idle)} never {verb}, whatever the others do.")
    return [*found, *recall_lines(account)]


def _twice(account: Account, people: Sequence[str]) -> str:
    one = len(people) == 1
    where = "each" if account.chain.repeatable else "one of them only"
    may = "may count at" if account.chain.repeatable else "counts at" if one else "count at"
    return f"{joined(people)} {'sits' if one else 'sit'} at more than one level, and {may} {where}."


def _stranding(stranding: Stranding) -> list[str]:
    stuck = stranding.example
    if stuck is not None:
        where = joined([f"{one.person} answers at {one.level}" for one in stuck.answered])
        who = joined(stuck.coalition, most=len(stuck.coalition))
        told = f"{who} can release it, but once {where} it stops at {stuck.level}."
        return [f"Willing people can get stuck: {told}"]
    if not stranding.decided:
        return ["Whether willing people can get stuck wasn't decided: too many ways to look at."]
    return []


def recall_lines(account: Account) -> list[str]:
    """Who can recall an order, before release and after."""
    from cheget.proof.recall import recalls

    holds: dict[int, list[str]] = {}
    for one in recalls(account):
        holds.setdefault(one.hold, []).append(one.action)
    lines = []
    for hold, names in holds.items():
        of = f" {joined(names)}" if len(holds) > 1 else ""
        then = (
            f"then anyone with a seat, for the {span(hold)} that it is held" if hold
            else "it isn't held then, so practically nobody can"
        )  # fmt: skip
        lines.append(f"Whoever asked or concurred can recall{of} until release; {then}.")
    return lines


def reached(account: Account, executors: Sequence[Guarded]) -> list[str]:
    """Where executors of an account's actions have a door that takes fewer people than these."""
    mine = {one for name in account.actions for one in account.chain.action(name).executors}
    ladder = account.releasing.smallest
    through: dict[str, tuple[Door, list[str]]] = {}
    for one in executors:
        here = [executor for executor in one.executors if executor in mine]
        door = one.weakest
        if door is not None and (here or not mine) and (door.fewest or 0) < (ladder or math.inf):
            through.setdefault(door.name, (door, []))[1].extend(here)
    how = "all the same" if ladder is None else "with fewer"
    return [
        f"{joined(here, 9) or 'It'} can be reached {how}:"
        f" {door.name} takes {persons(door.fewest or 0)}, {joined(door.example)}."
        for door, here in through.values()
    ]


def door_rows(guarded: Guarded) -> list[tuple[Door, str, str]]:
    """The doors to some executors: each with its name, and how many people it takes."""
    return [
        (door, ", ".join([door.name, *door.stands_for]),
         "nobody" if door.fewest is None else persons(door.fewest))
        for door in guarded.doors
    ]  # fmt: skip


def weakest(guarded: Guarded) -> str:
    """Who can take the weakest door, where the doors differ."""
    differ = len({door.fewest for door in guarded.doors} - {None}) > 1
    return f"the weakest: {joined(guarded.weakest.example)}" if guarded.weakest and differ else ""


def door_lines(guarded: Guarded) -> list[str]:
    """The doors to some executors: how many people each takes, and the weakest named."""
    rows = door_rows(guarded)
    width = max(len(name) for _, name, _ in rows)
    lines = []
    for door, name, takes in rows:
        noted = weakest(guarded) if door is guarded.weakest else ""
        lines.append(f"{name:<{width}}  {takes:<10} {noted}".rstrip())
    return lines


def door_warnings(guarded: Guarded) -> list[str]:
    """The doors that take fewer people than the strongest action, of which no claim says so."""
    fewer = f"fewer people than {guarded.strongest.name if guarded.strongest else ''} takes"
    return [f"{_taken(door)}: {fewer}, and no claim says so." for door in guarded.unclaimed]


def _taken(door: Door) -> str:
    who = joined(door.example)
    return {
        "action": f"{who} can take {door.name}",
        "amend": f"{who} can change the chain",
    }.get(door.kind, f"{who} can become anybody")


def _takes(account: Account) -> str:
    size = account.releasing.smallest or 0
    crew = any(
        account.chain.kind(kind).crew is not None
        for name in account.actions
        for kind in account.chain.action(name).executors
    )
    people = persons(size)
    return f"{people} at least to release{', and the crew' if crew else ''}."


def _stoppers(account: Account, alone: Sequence[str]) -> str:
    if not alone:
        size = account.blocking.smallest or 0
        return f"Nobody can stop it alone; {persons(size)} can."
    if len(alone) == len(account.people) > 1:
        return f"Each of its {len(alone)} people can stop it alone."
    if len(alone) <= FEW:
        return f"{joined(alone)} can stop it alone."
    return f"{len(alone)} people can stop it alone, {alone[0]} among them."


def _demand(demand: Demand) -> str:
    written = f"{demand.written} of {demand.people}" if demand.written > 1 else "any"
    takes = (
        f"all {demand.people}" if demand.takes == demand.people
        else f"{demand.takes} of its {demand.people}"
    )  # fmt: skip
    why = (
        "whoever asks can't count there as well" if demand.asker
        else "nobody counts at two levels"
    )  # fmt: skip
    more = " One absence, and nothing can be released." if demand.takes == demand.people else ""
    return f"You wrote {written} at {demand.level}. It takes {takes}: {why}.{more}"


def sign(verdict: Verdict) -> Literal["●", "○", "✕"]:
    """The sign of what became of a claim."""
    if verdict.rests_on_delivery:
        return "○"
    return "●" if verdict.verdict == "holds" else "✕"


def counterexample(shown: Counterexample) -> list[str]:
    """A counterexample, level by level where it is a release."""
    action = f"{shown.action}: " if shown.action else ""
    who = f"{', '.join(shown.coalition)}: " if shown.coalition else ""
    lines = [f"{action}{who}{shown.why}."]
    width = max((len(one.level) for one in shown.seating), default=0)
    for level, sitting in groupby(shown.seating, key=lambda one: one.level):
        seats = [
            f"● {one.post}" if one.post == one.person else f"● {one.post} (by {one.person})"
            for one in sitting
        ]
        lines.append(f"{level:<{width}}  {'  '.join(seats)}")
    return lines
