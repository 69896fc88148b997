"""What everybody would answer, drawn mind by mind (rules 2 to 6, 10, 13, 14).

Arrays have one entry a run, or one row a person where several minds are drawn at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray
from scipy import special

from cheget.assessment.simulation.cast import Cast, Role, Stated
from cheget.assessment.simulation.numbers import Array, draw, median

Answers = NDArray[np.int8]
Bools = NDArray[np.bool_]
REFUSES, SILENT, CONCURS, SPENT = -1, 0, 1, 2  # spent: sits elsewhere, and can't answer here
_TERMS = ("obedience", "role", "punishment", "regime-falls", "deciding")


def inputs_of(cast: Cast) -> dict[str, Stated]:
    """The uncertain numbers by name, each once (rule 20)."""
    return {one.name: one for one in cast.stated() if not one.belief.number.certain}


def drawn(inputs: Mapping[str, Stated], runs: int, rng: np.random.Generator) -> dict[str, Array]:
    """Each uncertain number anew for every two runs, which are twins in nothing else."""
    return {name: np.repeat(draw(one.belief.number, runs // 2, rng), 2)
            for name, one in inputs.items()}  # fmt: skip


def at_medians(inputs: Mapping[str, Stated], runs: int) -> dict[str, Array]:
    """Each uncertain number at its own median (rule 22)."""
    return {name: np.full(runs, median(one.belief.number)) for name, one in inputs.items()}


class Minds:
    """Everybody's minds in so many runs, the uncertain numbers being known."""

    def __init__(
        self, cast: Cast, values: Mapping[str, Array], runs: int, rng: np.random.Generator
    ) -> None:
        self.cast, self.values, self.runs, self.rng = cast, values, runs, rng
        # Rule 4: one shock a group. Rule 5: events are independent of it and of each other.
        self.shocks = {group: rng.standard_normal(runs) for group in cast.correlations}
        self.happened = {name: rng.random(runs) < self.number(one)
                         for name, one in cast.events.items()}  # fmt: skip

    def number(self, stated: Stated | None) -> Array:
        """What a number is in each run; nothing said is 0 (rule 2)."""
        if stated is None:
            return np.zeros(self.runs)
        if stated.belief.number.certain:
            return np.full(self.runs, stated.belief.number.numbers[0])
        return self.values[stated.name]

    def caught(self, person: str, makes: str) -> Bools:
        """Whether an event puts them in that state (rule 5)."""
        found = np.zeros(self.runs, dtype=np.bool_)
        for event in self.cast.beliefs.events:
            if event.makes == makes and person in event.members:
                found |= self.happened[event.name]
        return found

    def refusal(self, role: Role, seen: Array | None = None) -> Array:
        """q, once all that shifts it is added on the log-odds of willingness (rules 13 to 15)."""
        shift = np.zeros(self.runs) if seen is None else seen
        for stated, times in role.shifts:
            shift = shift + times * self.number(stated)
        if role.refuses is None and self.cast.decision is None:
            odds = np.full(self.runs, np.inf)
        elif role.refuses is None:
            odds = self._decided()
        else:
            q = self.number(role.refuses)
            if not role.shifts and seen is None:
                return q
            with np.errstate(divide="ignore"):
                odds = np.log1p(-q) - np.log(q)  # 0 and 1 stay
        return np.asarray(1 - special.expit(odds + shift))

    def _decided(self) -> Array:
        """Rule 14: obedience + role + punishment·(1 - regime-falls) + deciding·Σ factors."""
        said = self.cast.decision or {}
        obedience, role, punishment, falls, deciding = (
            self.number(said.get(term)) for term in _TERMS
        )
        factors = sum((self.number(one) for one in self.cast.factors), np.zeros(self.runs))
        return np.asarray(obedience + role + punishment * (1 - falls) + deciding * factors)

    def answer(self, role: Role, seen: Array | None = None, times: int | None = None) -> Answers:
        """One mind's answer in each run; ``times``: of so many people alike, a row each.

        ``seen`` shifts the log-odds by what they saw (rule 15).
        """
        rng, shape = self.rng, (self.runs,) if times is None else (times, self.runs)
        if role.id == self.cast.originator:  # rule 1
            return np.full(shape, CONCURS, dtype=np.int8)
        # Rule 2: the first state that applies; rule 5: an event puts its members in one.
        compromised = self._happens(role.compromised, shape) | self.caught(role.id, "compromised")
        unreachable = self._happens(role.unreachable, shape) | self.caught(role.id, "unreachable")
        # Rule 4: willing when X ≤ Φ⁻¹(1 - q); the larger groups take their share first.
        felt, left = np.zeros(self.runs), np.ones(self.runs)
        for group in role.groups:
            rho = self.number(self.cast.correlations[group])
            felt, left = felt + np.sqrt(left * rho) * self.shocks[group], left * (1 - rho)
        x = felt + np.sqrt(left) * rng.standard_normal(shape)
        willing = (x <= -special.ndtri(self.refusal(role, seen))) & ~self.caught(role.id, "refuses")
        return np.select([compromised, unreachable, willing], [CONCURS, SILENT, CONCURS],
                         REFUSES).astype(np.int8)  # fmt: skip

    def _happens(self, stated: Stated | None, shape: tuple[int, ...]) -> Bools:
        if stated is None:
            return np.zeros(shape, dtype=np.bool_)
        return np.asarray(self.rng.random(shape) < self.number(stated))

    def succeeded(self, role: Role, first: Answers) -> Answers:
        """Rule 10: each refuser replaced, so often at most, by a mind of their own."""
        last = first
        times = len(first) if first.ndim > 1 else None
        for _ in range(role.replaced):
            last = np.where(last == REFUSES, self.answer(role, times=times), last)
        return last


def any_of(found: Iterable[Bools], runs: int) -> Bools:
    """Whether one of them is so, in each run."""
    total = np.zeros(runs, dtype=np.bool_)
    for one in found:
        total = total | one
    return total
