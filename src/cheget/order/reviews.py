"""Whether what was released has been looked at, as its action asks, and in time.

An action with a ``review`` is an emergency: it is quick, and looked at afterwards. Until it has
been, it stands in everybody's sight. What was logged decides, never when somebody says they
signed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cheget.chain.rule import is_met, names
from cheget.order.proceeding import Proceeding

Standing = Literal["ahead", "due", "overdue", "reviewed", "late"]


@dataclass(frozen=True)
class Asked:
    """The review that an order's action asks for. Instants in seconds.

    ``until``: the first instant at which it is overdue, None before release. ``done``: the time
    of the entry with which its rule was met. ``left``: whose review would still count.
    """

    within: int
    until: int | None
    done: int | None
    left: tuple[str, ...]

    def standing(self, now: int) -> Standing:
        """Where it is at an instant."""
        if self.until is None:
            return "ahead"
        if self.done is not None:
            return "reviewed" if self.done < self.until else "late"
        return "due" if now < self.until else "overdue"


def asked(proceeding: Proceeding) -> Asked | None:
    """The review asked for; None: its action asks for none, or it ended without a release."""
    review, release = proceeding.action.review, proceeding.release
    if review is None or (release is None and proceeding.ending is not None):
        return None
    law = proceeding.law
    seats = {seat: law.person_of(seat) for seat in names(review.rule)}
    looked: set[str] = set()
    done = None
    for one in proceeding.reviews:
        looked.add(one.person)
        if done is None and is_met(review.rule, {s for s, who in seats.items() if who in looked}):
            done = one.at
    people = dict.fromkeys(who for who in seats.values() if who is not None)
    left = tuple(who for who in people if who not in looked and not law.is_machine(who))
    until = None if release is None else release.at + review.within
    return Asked(review.within, until, done, () if done is not None else left)


def may_review(proceeding: Proceeding, person: str) -> bool:
    """Whether it is released, and a review of theirs would still count."""
    review = asked(proceeding)
    return review is not None and review.until is not None and person in review.left


def is_unsettled(proceeding: Proceeding) -> bool:
    """Whether it is an emergency that is under way, or that nobody has looked at yet."""
    found = asked(proceeding)
    return found is not None and (proceeding.ending is None or found.done is None)
