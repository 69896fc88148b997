"""Who would answer: when somebody last did, how soon, what they let pass, which keys they hold.

Read off the log alone. It says what was, for whoever has to judge what will be; beliefs about
that are `assess`'s, and nothing here decides anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from cheget.order.charter import Charter
from cheget.order.proceeding import Proceeding

RECENT = 90 * 86400  # seconds within which an answer shows that somebody is there


@dataclass(frozen=True)
class Ready:
    """Somebody with a seat. ``last``: seconds since 1970, of their last answer; None: never.

    ``usual`` is the median from being asked to concurring, in seconds; ``missed`` counts the
    orders that ran out of time at a level of theirs while they had said nothing.
    """

    person: str
    posts: tuple[str, ...]
    keys: int
    last: int | None = None
    answers: int = 0
    usual: int | None = None
    missed: int = 0

    def warnings(self, now: int) -> Iterator[str]:
        """What to mind, the worst first."""
        if not self.keys:
            yield "holds no key, and can answer nothing"
        if self.missed:
            yield f"let {self.missed} run out of time"
        if self.last is None:
            yield "has never answered"
        elif now - self.last > RECENT:
            yield f"last answered {(now - self.last) // 86400} days ago"
        if self.keys == 1:
            yield "holds one key only"


def readiness(usable: Charter, orders: Sequence[Proceeding]) -> list[Ready]:
    """Everybody who fills a member's post, machines and crews left out; by name.

    Args:
        usable: The charter that holds, without the keys that are revoked.
        orders: Every order, as it stands.
    """
    members = {one.id for chain in usable.chains for one in chain.members}
    posts: dict[str, list[str]] = {}
    for post, person in sorted(usable.posts.items()):
        if post in members and person in usable.people and not usable.people[person].machine:
            posts.setdefault(person, []).append(post)
    return [
        _of(person, tuple(filled), len(usable.people[person].keys), orders)
        for person, filled in sorted(posts.items())
    ]


def vacancies(usable: Charter) -> list[str]:
    """The members' posts that nobody fills, as ``chain/post``."""
    return [
        f"{chain.id}/{one.id}"
        for chain in usable.chains for one in chain.members if one.id not in usable.posts
    ]  # fmt: skip


def _of(person: str, posts: tuple[str, ...], keys: int, orders: Iterable[Proceeding]) -> Ready:
    at: list[int] = []
    took: list[int] = []
    missed = 0
    for one in orders:
        at += [refused.at for refused in one.refusals if refused.person == person]
        for number, rung in enumerate(one.rungs):
            mine = [counted for counted in rung.counted if counted.person == person]
            at += [counted.answered_at for counted in mine]
            if number:  # the head's own answer is the order
                took += [max(0, counted.answered_at - rung.opened_at) for counted in mine]
        missed += _let_pass(one, person)
    return Ready(
        person, posts, keys, max(at, default=None), len(at),
        round(median(took)) if took else None, missed,
    )  # fmt: skip


def _let_pass(one: Proceeding, person: str) -> bool:
    """Whether the order ran out of time where the person was asked, and said nothing."""
    if one.state != "expired" or one.release is not None:
        return False
    asked = next((rung for rung in one.rungs if not rung.is_complete), None)
    if asked is None or person in one.refusers or one.was_counted(person):
        return False
    return any(one.law.person_of(seat) == person for seat in asked.level.members)
