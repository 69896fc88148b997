"""People asked in a fixed order, as a graph of what is left: P(the end is met) for any answers.

Going through it backwards costs one gather a person, for all points and nodes at once.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from cheget.assessment.spread import Array
from cheget.assessment.states import Answer
from cheget.chain.residual import ALWAYS, NEVER, Formulas, leaf
from cheget.chain.rule import Rule
from cheget.errors import AssessmentError

_S = TypeVar("_S", bound=Hashable)
ONE = ("concur", "refuse", "silent")
BOTH = (*ONE, "succeeded", "vacant")  # refused at the head, and a successor concurs, or is silent
MOST_STATES = 200_000
_Arrows = NDArray[np.intp]


@dataclass(frozen=True)
class Graph:
    """``people`` in their order; for each, where every state goes by their answer."""

    people: tuple[str, ...]
    arrows: tuple[tuple[_Arrows, ...], ...]
    met: Array  # of the last states: 1 where the end is met

    def chance(self, answers: Sequence[Answer]) -> Array:
        """P(the end is met) when each answers independently."""
        value = self.met[:, None, None]
        for arrows, answer in zip(reversed(self.arrows), reversed(answers), strict=True):
            value = sum(
                (chance * value[arrow]
                 for chance, arrow in zip(_chances(answer, len(arrows)), arrows, strict=True)),
                np.zeros((1, 1, 1)),
            )  # fmt: skip
        return np.asarray(value[0])


def _chances(answer: Answer, ways: int) -> tuple[Array, ...]:
    """Of what was said, as ``ONE`` or ``BOTH`` list it."""
    if ways == len(ONE):
        return answer.concurs, answer.refuses, answer.silent
    first = answer.at_head
    return (first.concurs, answer.refuses, first.silent, answer.concurs - first.concurs,
            np.maximum(answer.silent - first.silent, 0.0))  # fmt: skip


def drawn(
    people: Sequence[str], start: _S, step: Callable[[_S, int, str], _S],
    is_met: Callable[[_S], bool], answers: Sequence[tuple[str, ...]] | None = None,
) -> Graph:  # fmt: skip
    """The graph of the states that can be reached; ``answers``: what each may say.

    Raises:
        AssessmentError: there are too many of them.
    """
    layer, total = [start], 0
    arrows: list[tuple[_Arrows, ...]] = []
    for place in range(len(people)):
        known: dict[_S, int] = {}
        rows = [
            [known.setdefault(step(state, place, said), len(known)) for state in layer]
            for said in (ONE if answers is None else answers[place])
        ]
        arrows.append(tuple(np.array(row, dtype=np.intp) for row in rows))
        layer = list(known)
        total += len(layer)
        if total > MOST_STATES:
            raise AssessmentError(
                f"too entangled to assess exactly: {len(people)} people, {people[0]} among them",
                hint="let fewer people sit at several levels, or simplify the rule",
            )
    return Graph(tuple(people), tuple(arrows), np.array([float(is_met(one)) for one in layer]))


def ruled(rule: Rule, veto: Rule | None, seats: Sequence[str]) -> Graph:
    """A level's graph: its rule met by the seats that concur, its veto not by those that refuse.

    Rules 7 and 8: a refusal is heard after the level is complete too.
    """
    formulas = Formulas()
    places = {seat: place for place, seat in enumerate(seats)}
    asked = formulas.of_rule(rule, lambda name: leaf(places[name]))
    barred = NEVER if veto is None else formulas.of_rule(veto, lambda name: leaf(places[name]))

    def step(state: tuple[int, int], place: int, said: str) -> tuple[int, int]:
        left, bars = state
        bars = formulas.assign(bars, place, said == "refuse")
        if bars == ALWAYS:
            return NEVER, NEVER
        left = formulas.assign(left, place, said == "concur")
        return (left, bars) if left != NEVER else (NEVER, NEVER)

    return drawn(seats, (asked, barred), step, lambda state: state == (ALWAYS, NEVER))
