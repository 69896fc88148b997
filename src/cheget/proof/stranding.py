"""Orders that willing people can get stuck: somebody answers where others could have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cheget.chain.rule import is_met, names
from cheget.chain.structure import Sitting, levels_of
from cheget.proof.account import Account

COALITIONS = 50  # minimal coalitions looked at, besides everybody
STATES = 2000  # for each, what may have been answered; beyond it nothing is said


@dataclass(frozen=True)
class Stranded:
    """A coalition that can release, and answers of its own after which it can't."""

    coalition: tuple[str, ...]
    answered: tuple[Sitting, ...]  # of those who could have sat elsewhere
    level: str


def stranded(account: Account) -> Stranded | None:
    """A way to get stuck, if one is found among the first coalitions."""
    places = levels_of(account.chain, account.ladder, account.staff)
    twice = {person for person, levels in places.items() if len(levels) > 1}
    if account.chain.repeatable or not twice or not account.structure.can_release(account.people):
        return None
    for coalition in (*account.releasing.first(COALITIONS), account.people):
        found = _stuck(account, coalition) if twice & set(coalition) else None
        if found is not None:
            answered, level = found
            telling = tuple(one for one in answered if one.person in twice)
            return Stranded(coalition, telling or answered, level)
    return None


def _stuck(account: Account, coalition: tuple[str, ...]) -> tuple[tuple[Sitting, ...], str] | None:
    """Answers of these people, in turn, after which nobody of them can answer any more."""
    ways: list[tuple[int, tuple[Sitting, ...]]] = [(0, ())]
    seen: set[tuple[int, frozenset[Sitting]]] = set()
    while ways:
        number, answered = ways.pop()
        level = account.ladder[number]
        filled = {one.post for one in answered if one.level == level.id}
        if is_met(level.rule, filled):
            if number + 1 < len(account.ladder):
                ways.append((number + 1, answered))
            continue
        key = (number, frozenset(answered))
        if key in seen:
            continue
        seen.add(key)
        if len(seen) > STATES:
            return None
        more = list(_answers(account, coalition, number, answered))
        if not more and answered:
            return answered, level.id
        ways += [(number, (*answered, one)) for one in more]
    return None


def _answers(
    account: Account, coalition: tuple[str, ...], number: int, answered: tuple[Sitting, ...]
) -> Iterator[Sitting]:
    """Who of the coalition may answer next: the first by originating, in a seat of their own."""
    level, staff = account.ladder[number], account.staff
    spent = {one.person for one in answered}
    filled = {one.post for one in answered if one.level == level.id}
    for post in level.members:
        if post in filled:
            continue
        owner = staff.fills(post)
        fillers = [owner if not answered else staff.agrees(post)]
        if answered:
            fillers += [staff.agrees(d.member) for d in account.chain.member(post).deputies]
        for person in dict.fromkeys(fillers):
            if person is None or person not in coalition or person in spent:
                continue
            if answered or _may_originate(account, coalition, person):
                yield Sitting(level.id, post, person)


def _may_originate(account: Account, coalition: tuple[str, ...], person: str) -> bool:
    """Whether the others of the coalition attest to what the action asks."""
    conditions = account.chain.action(account.action).conditions if account.action else ()
    others = set(coalition) - {person}
    rules = [account.chain.condition(one).attested_by for one in conditions]
    return all(
        is_met(rule, {post for post in names(rule) if account.staff.agrees(post) in others})
        for rule in rules
    )
