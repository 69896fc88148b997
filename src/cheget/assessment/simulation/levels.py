"""Which levels pass and which stop, once everybody's mind is known (rules 7 to 12)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from cheget.assessment.simulation.cast import Cast, posts_of
from cheget.assessment.simulation.minds import (
    CONCURS,
    REFUSES,
    SILENT,
    SPENT,
    Answers,
    Bools,
    Minds,
    any_of,
)
from cheget.assessment.simulation.sitting import Sitting
from cheget.chain.chain import Level
from cheget.chain.rule import Of, Rule


@dataclass(frozen=True)
class Verdict:
    """Of one step, in each run: whether it and all before it pass, and whether it stops."""

    passed: Bools
    stopped: Bools


def met(rule: Rule, present: Mapping[str, Bools], runs: int) -> Bools:
    """Whether those present meet a rule, in each run."""
    if isinstance(rule, Of):
        count = np.zeros(runs, dtype=np.int64)
        for item in rule.items:
            count = count + (present[item] if isinstance(item, str) else met(item, present, runs))
        return np.asarray(count >= rule.need)
    unit = math.lcm(*(Fraction(weight).denominator for _, weight in rule.weights),
                    Fraction(rule.need).denominator)  # fmt: skip
    carried = np.zeros(runs, dtype=np.int64)
    for name, weight in rule.weights:
        carried = carried + int(weight * unit) * present[name].astype(np.int64)
    need = int(rule.need * unit)
    return np.asarray(carried > need if rule.strict else carried >= need)


def judged(cast: Cast, minds: Minds) -> list[Verdict]:
    """Every step's verdict, from the head down."""
    first = {person: minds.answer(role) for person, role in cast.roles.items()}
    last = {person: minds.succeeded(cast.roles[person], one) for person, one in first.items()}
    return [*Judge(cast, first, last, minds.runs).levels(), *_executors(cast, minds)]


class Judge:
    """The levels of a ladder, given what each would answer: at the head, and below it."""

    def __init__(
        self, cast: Cast, first: Mapping[str, Answers], last: Mapping[str, Answers], runs: int
    ) -> None:
        self.cast, self.first, self.last, self.runs = cast, first, last, runs
        self.sitting = Sitting(cast)

    def at(self, number: int, person: str) -> Answers:
        """What somebody would answer at a level; nobody is replaced at the head (rule 10)."""
        if person == self.cast.originator and number > 0 and not self.cast.chain.repeatable:
            return np.full(self.runs, SPENT, dtype=np.int8)  # rule 11: they sit at the head
        return (self.first if number == 0 else self.last)[person]

    def levels(self) -> list[Verdict]:
        """Rule 7 for each level; rule 11: all levels up to it are seated together."""
        found: list[Verdict] = []
        so_far = np.ones(self.runs, dtype=np.bool_)
        for number in range(len(self.cast.ladder)):
            meets, might = self._up_to(number)
            vetoed = self._vetoed(number)
            found.append(Verdict(so_far & meets & ~vetoed, so_far & (~might | vetoed)))
            so_far = found[-1].passed
        return found

    def _up_to(self, number: int) -> tuple[Bools, Bools]:
        """Whether levels up to this are met together, and whether it still might be."""
        meets = np.ones(self.runs, dtype=np.bool_)
        might = np.ones(self.runs, dtype=np.bool_)
        for bound in self.sitting.bound:
            levels = [one for one in bound if one <= number]
            if self.sitting.is_plain(bound):
                for one in levels:
                    meets &= self._plain(one, still=False)
                    might &= self._plain(one, still=one == number)
            elif levels:
                meets &= self._searched(levels, still=None)
                might &= self._searched(levels, still=number if number in levels else None)
        return meets, might

    def _plain(self, number: int, *, still: bool) -> Bools:
        """Whether a level's rule is met where nobody has to choose a seat (rules 7, 9).

        ``still``: those who haven't refused count as concurring: they might still answer.
        """
        level = self.cast.ladder[number]
        seats = {post: self._filled(number, post, still=still) for post in level.members}
        return met(level.rule, seats, self.runs)

    def _filled(self, number: int, post: str, *, still: bool) -> Bools:
        own = self.at(number, post)
        deputies = [self.at(number, d.member) for d in self.cast.chain.member(post).deputies]
        if still:
            open_ = any_of(((one != REFUSES) & (one != SPENT) for one in deputies), self.runs)
            return (own == CONCURS) | (own == SILENT) | ((own == SPENT) & open_)
        # Rule 9: any deputy who concurs fills a silent seat; a refusal is final.
        stands_in = any_of((one == CONCURS for one in deputies), self.runs)
        return (own == CONCURS) | ((own != REFUSES) & stands_in)

    def _searched(self, levels: Sequence[int], still: int | None) -> Bools:
        """The same where people have to choose: each pattern of answers is searched once."""
        people = self.sitting.people_of(levels)
        keys = [(number, person) for number in levels for person in people]
        rows = np.stack([self.at(number, person) for number, person in keys])
        patterns, which = np.unique(rows, axis=1, return_inverse=True)
        found = [
            self.sitting.exists(levels, dict(zip(keys, map(int, pattern), strict=True)), still)
            for pattern in patterns.T
        ]
        return np.array(found, dtype=np.bool_)[which.ravel()]

    def _vetoed(self, number: int) -> Bools:
        """Rule 8: every reachable refuser is heard; silence is no veto."""
        level: Level = self.cast.ladder[number]
        if level.veto is None:
            return np.zeros(self.runs, dtype=np.bool_)
        refusers = {post: self.at(number, post) == REFUSES for post in level.members}
        return met(level.veto, refusers, self.runs)


def _executors(cast: Cast, minds: Minds) -> Iterable[Verdict]:
    """Rule 12: so many crews must pass; it stops once too many are stopped.

    The first field says of the crews alone; whoever walks the steps asks them last.
    """
    if not cast.crews:
        return
    acting = np.zeros(minds.runs, dtype=np.int64)
    stopped = np.zeros(minds.runs, dtype=np.int64)
    for crew in cast.crews:
        rule, posts = crew.kind.crew, posts_of(crew.kind)
        if rule is None:
            acting += crew.named  # nobody beside them has a say
            continue
        rows = {post: minds.succeeded(crew.role, minds.answer(crew.role, times=crew.named))
                for post in posts}  # fmt: skip
        flat = {post: row.ravel() for post, row in rows.items()}
        size = crew.named * minds.runs
        passes = met(rule, {post: row == CONCURS for post, row in flat.items()}, size)
        might = met(rule, {post: row != REFUSES for post, row in flat.items()}, size)
        acting += passes.reshape(crew.named, -1).sum(axis=0)
        stopped += (~might).reshape(crew.named, -1).sum(axis=0)
    named = sum(crew.named for crew in cast.crews)
    yield Verdict(acting >= cast.enough, named - stopped < cast.enough)
