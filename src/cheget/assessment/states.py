"""What each person does, given the shocks: concur, refuse or stay silent (rules 2, 4, 10, 13, 14).

Arrays are shaped (points, nodes): points are draws of the uncertain numbers, nodes are values of
the shocks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from cheget.assessment.model import Model, Profile, Ref
from cheget.assessment.spread import Array

Forced = Mapping[str, str]  # a person, and the state that an event puts them in


@dataclass(frozen=True)
class Answer:
    """P(concurs) and P(refuses), each (points, nodes); the rest is silence.

    ``first``: before anybody was replaced, where somebody may be (rule 10).
    """

    concurs: Array
    refuses: Array
    first: Answer | None = None

    @property
    def at_head(self) -> Answer:
        """What they answer at the head, where nobody is replaced."""
        return self if self.first is None else self.first

    @property
    def silent(self) -> Array:
        """P(stays silent)."""
        return np.maximum(1.0 - self.concurs - self.refuses, 0.0)


SILENT = Answer(np.zeros((1, 1)), np.zeros((1, 1)))


class Points:
    """Draws of a model's uncertain numbers: ``values`` is shaped (points, inputs)."""

    def __init__(self, model: Model, values: Array, counts: Array | None = None) -> None:
        self.model, self.values = model, values
        self.counts: Array = np.ones(len(values)) if counts is None else counts

    def __len__(self) -> int:
        return len(self.values)

    def only(self, which: NDArray[np.intp]) -> Points:
        """Some of them."""
        return Points(self.model, self.values[which], self.counts[which])

    def of(self, ref: Ref) -> Array:
        """A number at each point, shaped (points, 1)."""
        if ref.input < 0:
            return np.full((len(self.values), 1), ref.constant)
        return self.values[:, ref.input : ref.input + 1]

    def refuses(self, profile: Profile, seen: Array | None = None) -> Array:
        """The refusal of a reachable person who is their own master (rules 3, 13, 14).

        ``seen`` is a further shift of the log-odds of willingness, shaped (points, 1).
        """
        if profile.refuses is not None:
            q = self.of(profile.refuses)
            if not profile.shifts and seen is None:
                return q
            odds = -special.logit(q)
        else:
            odds = self._decided()
        shift = np.zeros((1, 1)) if seen is None else seen
        for ref, times in profile.shifts:
            shift = shift + times * self.of(ref)
        return np.asarray(special.expit(-(odds + shift)))

    def _decided(self) -> Array:
        """Log-odds of willingness by the decision model (rule 14)."""
        terms = self.model.decision or {}
        said = {name: self.of(terms.get(name, Ref())) for name in _TERMS}
        factors = sum((self.of(ref) for ref in self.model.factors), np.zeros((1, 1)))
        punished = said["punishment"] * (1 - said["regime-falls"])
        return said["obedience"] + said["role"] + punished + said["deciding"] * factors


_TERMS = ("obedience", "role", "punishment", "regime-falls", "deciding")


class People:
    """What the people of a model do at some points, for any nodes of the shocks."""

    def __init__(self, points: Points) -> None:
        self.points, self.model = points, points.model
        self._thresholds: dict[Profile, Array] = {}

    def willing(
        self, profile: Profile, shocks: Sequence[Array], seen: Array | None = None
    ) -> Array:
        """P(willing | shocks): each shock is shaped (1, nodes) (rule 4)."""
        if seen is not None:
            threshold = -special.ndtri(self.points.refuses(profile, seen))
        else:
            if profile not in self._thresholds:
                self._thresholds[profile] = -special.ndtri(self.points.refuses(profile))
            threshold = self._thresholds[profile]
        left = np.ones((1, 1))
        moved = np.zeros((1, 1))
        for place in profile.groups:
            rho = self.points.of(self.model.groups[place].correlation)
            moved = moved + np.sqrt(left * rho) * shocks[place]
            left = left * (1 - rho)
        return _beyond(threshold, moved, np.sqrt(np.maximum(left, 0)))

    def once(
        self, profile: Profile, shocks: Sequence[Array], forced: str = "",
        seen: Array | None = None,
    ) -> Answer:  # fmt: skip
        """What somebody does, nobody succeeding them (rule 2)."""
        compromised = self.points.of(profile.compromised)
        unreachable = self.points.of(profile.unreachable)
        willing = np.zeros((1, 1))
        if forced != "refuses":
            willing = self.willing(profile, shocks, seen)
        if forced == "unreachable":
            unreachable = np.ones((1, 1))
        if forced == "compromised":
            compromised = np.ones((1, 1))
        reached = (1 - compromised) * (1 - unreachable)
        return Answer(compromised + reached * willing, reached * (1 - willing))

    def answer(self, profile: Profile, shocks: Sequence[Array], forced: str = "") -> Answer:
        """What somebody does, successors included (rule 10)."""
        own = self.once(profile, shocks, forced)
        if not profile.replaced:
            return own
        again = sum((own.refuses**times for times in range(1, profile.replaced + 1)), 1.0)
        concurs = np.minimum(own.concurs * again, 1.0)  # which rounding may put above it
        return Answer(concurs, own.refuses ** (profile.replaced + 1), own)


def _beyond(threshold: Array, moved: Array, rest: Array) -> Array:
    """Φ((threshold - moved) / rest), a step where nothing is left of one's own."""
    if np.all(rest > 0):
        return np.asarray(special.ndtr((threshold - moved) / rest))
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled = (threshold - moved) / rest
    step = np.where(threshold >= moved, np.inf, -np.inf)
    return np.asarray(special.ndtr(np.where(rest > 0, scaled, step)))
