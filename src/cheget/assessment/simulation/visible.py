"""Visible answers: people asked one by one, who see what was answered before (rule 15)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cheget.assessment.simulation.cast import Cast, Role, posts_of
from cheget.assessment.simulation.levels import Verdict, met
from cheget.assessment.simulation.minds import CONCURS, REFUSES, SILENT, Answers, Bools, Minds
from cheget.assessment.simulation.numbers import Array
from cheget.assessment.simulation.sitting import Sitting
from cheget.chain.rule import Rule
from cheget.errors import AssessmentError


class Asking:
    """One sitting after another: every answer that was given moves whoever is asked next."""

    def __init__(self, cast: Cast, minds: Minds) -> None:
        """The asking of a cast.

        Raises:
            AssessmentError: there is a veto, or somebody sits twice.
        """
        if any(level.veto for level in cast.ladder):
            raise AssessmentError("visible answers aren't defined with a veto")
        if any(len(places) > 1 for places in Sitting(cast).places.values()):
            raise AssessmentError("visible answers need people who sit at one place only")
        self.cast, self.minds = cast, minds
        # The order itself isn't counted, nor is silence.
        self.concurrences = np.zeros(minds.runs)
        self.refusals = np.zeros(minds.runs)

    def judged(self) -> list[Verdict]:
        """Every step's verdict, from the head down."""
        cast, found = self.cast, []
        so_far = np.ones(self.minds.runs, dtype=np.bool_)
        for number, level in enumerate(cast.ladder):
            seats = [(post, cast.roles[post],
                      [cast.roles[d.member] for d in cast.chain.member(post).deputies])
                     for post in level.members]  # fmt: skip
            found.append(self._level(level.rule, seats, so_far, head=number == 0))
            so_far = found[-1].passed
        if cast.crews:
            found.append(self._executors(so_far))
        return found

    def _level(
        self, rule: Rule, seats: Sequence[tuple[str, Role, Sequence[Role]]], asked: Bools,
        *, head: bool = False,
    ) -> Verdict:  # fmt: skip
        """A level is asked as listed, and closes as soon as it is decided."""
        runs, originator = self.minds.runs, self.cast.originator
        nobody = np.zeros(runs, dtype=np.bool_)
        yes = {post: nobody for post, _, _ in seats}
        no = {post: nobody for post, _, _ in seats}
        for post, role, deputies in seats:
            if role.id == originator and head:
                yes[post] = ~nobody
            elif role.id == originator and not deputies:
                no[post] = ~nobody  # spent: nobody can fill the seat
        passed, stopped = self._decided(rule, yes, no)
        for post, role, deputies in seats:
            open_ = asked & ~passed & ~stopped
            if role.id == originator:
                answer: Answers = np.zeros(runs, dtype=np.int8)
            else:
                answer = self._holder(role, open_)
            if not (role.id == originator and head):
                answer, lost = self._deputies(deputies, answer, open_)
                if role.id == originator:
                    no[post] = no[post] | (open_ & lost)
                yes[post] = yes[post] | (open_ & (answer == CONCURS))
                no[post] = no[post] | (open_ & (answer == REFUSES))
            passed, stopped = self._decided(rule, yes, no)
        return Verdict(asked & passed, asked & stopped)

    def _decided(self, rule: Rule, yes: dict[str, Bools], no: dict[str, Bools]) -> tuple[Bools, Bools]:  # fmt: skip  # noqa: E501
        """Rule 7; who wasn't asked yet might still concur."""
        runs = self.minds.runs
        return met(rule, yes, runs), ~met(rule, {post: ~one for post, one in no.items()}, runs)

    def _holder(self, role: Role, open_: Bools) -> Answers:
        """The seat's own; a dismissed refuser's refusal is counted too (rules 10, 15)."""
        answer = self._asked(role, open_)
        for _ in range(role.replaced):
            again = open_ & (answer == REFUSES)
            answer = np.where(again, self._asked(role, again), answer)
        return answer

    def _deputies(
        self, deputies: Sequence[Role], answer: Answers, open_: Bools
    ) -> tuple[Answers, Bools]:
        """Rule 9: one deputy after another where the seat is silent; and whether all refused."""
        lost = np.ones_like(open_)
        for deputy in deputies:
            silent = open_ & (answer == SILENT)
            said = self._asked(deputy, silent)
            lost = lost & silent & (said == REFUSES)
            answer = np.where(silent & (said == CONCURS), np.int8(CONCURS), answer)
        return answer, lost & bool(deputies)

    def _asked(self, role: Role, open_: Bools) -> Answers:
        """One person's answer after all they saw; it counts where they are asked at all."""
        concurrence, refusal = self.cast.visible or (None, None)
        seen: Array = (
            self.concurrences * self.minds.number(concurrence)
            + self.refusals * self.minds.number(refusal)
        )  # fmt: skip
        answer = self.minds.answer(role, seen)
        self.concurrences = self.concurrences + (open_ & (answer == CONCURS))
        self.refusals = self.refusals + (open_ & (answer == REFUSES))
        return answer

    def _executors(self, asked: Bools) -> Verdict:
        """Rule 12, one crew after another until enough act or too few are left."""
        runs, cast = self.minds.runs, self.cast
        named = sum(crew.named for crew in cast.crews)
        acting, lost = np.zeros(runs, dtype=np.int64), np.zeros(runs, dtype=np.int64)
        for crew in cast.crews:
            for _ in range(crew.named):
                open_ = asked & (acting < cast.enough) & (named - lost >= cast.enough)
                if crew.kind.crew is None:
                    acting += open_
                    continue
                posts = [(post, crew.role, ()) for post in posts_of(crew.kind)]
                verdict = self._level(crew.kind.crew, posts, open_)
                acting += verdict.passed
                lost += verdict.stopped
        return Verdict(asked & (acting >= cast.enough), asked & (named - lost < cast.enough))
