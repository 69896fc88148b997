"""Once per chain: whether people can be seated, by trying (rules 9 and 11)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from cheget.assessment.simulation.cast import Cast
from cheget.assessment.simulation.minds import CONCURS, REFUSES, SPENT
from cheget.chain.rule import Of, Rule

Place = tuple[int, str]  # a level, and the post whose seat it is


class Sitting:
    """Who may sit where. ``bound`` are the levels that share people, together."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self.places: dict[str, list[Place]] = {}
        for number, level in enumerate(cast.ladder):
            for post in level.members:
                self.places.setdefault(post, []).append((number, post))
                if number == 0 and post == cast.originator:
                    continue  # rule 1: nobody deputises for whoever has concurred
                for deputy in cast.chain.member(post).deputies:
                    self.places.setdefault(deputy.member, []).append((number, post))
        if cast.originator is not None and not cast.chain.repeatable:
            self.places[cast.originator] = [(0, cast.originator)]
        self.bound = self._bound()

    def _bound(self) -> list[list[int]]:
        group = list(range(len(self.cast.ladder)))
        for places in () if self.cast.chain.repeatable else self.places.values():
            joined = {group[number] for number, _ in places}
            group = [min(joined) if one in joined else one for one in group]
        return [[number for number, one in enumerate(group) if one == first]
                for first in sorted(set(group))]  # fmt: skip

    def is_plain(self, levels: Sequence[int]) -> bool:
        """Whether nobody there has to choose between seats."""
        return self.cast.chain.repeatable or not any(
            len(places) > 1 and places[0][0] in levels for places in self.places.values()
        )

    def people_of(self, levels: Sequence[int]) -> list[str]:
        """Everybody with a seat there, or who deputises there."""
        found: dict[str, None] = {}
        for number in levels:
            for post in self.cast.ladder[number].members:
                found[post] = None
                found |= dict.fromkeys(d.member for d in self.cast.chain.member(post).deputies)
        return list(found)

    def exists(
        self, levels: Sequence[int], said: Mapping[Place, int], still: int | None = None
    ) -> bool:
        """Whether an assignment of people to seats meets the rule of each of these levels.

        Args:
            levels: From the head down.
            said: What each person would answer at each level.
            still: The level at which anybody counts who hasn't refused.
        """

        def willing(number: int, person: str) -> bool:
            answer = said[number, person]
            return answer == CONCURS or (number == still and answer not in {REFUSES, SPENT})

        choices = []
        for person in self.people_of(levels):
            open_ = [
                (number, post)
                for number, post in self.places.get(person, ())
                if number in levels
                and willing(number, person)
                and (post == person or said[number, post] != REFUSES)  # a refusal is final
            ]
            if open_:
                choices.append(open_)
        choices.sort(key=len)  # those without a choice sit down first
        return self._seated(levels, choices, frozenset())

    def _seated(
        self, levels: Sequence[int], choices: Sequence[Sequence[Place]], taken: frozenset[Place]
    ) -> bool:
        """Whether those left can be given seats, each one, so that all rules are met."""
        if self._met(levels, taken):
            return True
        if not choices or not self._met(levels, taken.union(*choices)):
            return False  # not even if each of them sat everywhere at once
        return any(self._seated(levels, choices[1:], taken | {place}) for place in choices[0])

    def _met(self, levels: Sequence[int], taken: frozenset[Place]) -> bool:
        return all(
            _is_met(self.cast.ladder[number].rule, {post for at, post in taken if at == number})
            for number in levels
        )


def _is_met(rule: Rule, taken: Collection[str]) -> bool:
    if isinstance(rule, Of):
        found = [item in taken if isinstance(item, str) else _is_met(item, taken)
                 for item in rule.items]  # fmt: skip
        return sum(found) >= rule.need
    carried = sum(weight for name, weight in rule.weights if name in taken)
    return carried > rule.need if rule.strict else carried >= rule.need
