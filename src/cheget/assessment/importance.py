"""Whose mind matters: forced answers, parts in the stops, and sets that nobody concurs in.

Forcing isn't observing: the shock and everybody else are left alone (``assessment`` page,
formulas). Of the event *not carried out*; Birnbaum (1969), Fussell and Vesely (1972).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from cheget.assessment.graph import Graph, ruled
from cheget.assessment.model import Model, Profile
from cheget.assessment.outcome import Assessor, Known, Method, Refuser, asker
from cheget.assessment.parts import number_of
from cheget.assessment.spread import Array
from cheget.assessment.states import Answer, Forced, People, Points
from cheget.assessment.uncertainty import Estimate, Study
from cheget.chain.rule import Of
from cheget.errors import AssessmentError

MOST_SETS = 5_000  # blocking sets of one person
_FINE = 1e-9
_EXACT = 1e-12
_Key = tuple[Profile, tuple[int, ...]] | str


@dataclass(frozen=True)
class Importance:
    """How much one person's answer matters. Where inputs are uncertain: ratios of means.

    ``reduction`` is infinite where concurring makes it certain to be carried out. ``by_sets`` is
    None where a veto or visible answers leave it undefined, or the sets aren't given.
    """

    person: str
    birnbaum: float  # P⁺ - P⁻
    reduction: float  # risk reduction worth, (1-P)/(1-P⁺)
    achievement: float  # risk achievement worth, (1-P⁻)/(1-P)
    fussell_vesely: float  # by reduction, 1 - (1-P⁺)/(1-P)
    by_sets: float | None = None  # P(some minimal blocking set of theirs concurs nowhere)/(1-P)
    method: Method = "quadrature"
    se: float = 0.0  # of birnbaum


@dataclass(frozen=True)
class Blame:
    """One person's part in the stops (rule 18).

    ``refused``: it is stopped at their level and they are among the refusers. ``alone``: it is
    stopped, and wouldn't have been had they alone concurred.
    """

    person: str
    refused: float
    alone: float
    method: Method = "quadrature"
    se: float = 0.0


def importances(
    study: Study, blocking: Sequence[Collection[str]] | None = None
) -> tuple[Importance, ...]:
    """Everybody's importance, the most important first.

    Args:
        study: Of the model.
        blocking: The minimal blocking sets, as prove finds them, for Fussell-Vesely by sets.
    """
    model, stated = study.model, study.quick()
    sets = {} if blocking is None else by_sets(study, blocking)
    known: dict[_Key, tuple[Estimate, Estimate]] = {}
    found = []
    for person in model.profiles:
        if person == model.originator:
            continue
        key = _alike(model, person)
        if key not in known:
            known[key] = study.quick({person: "concurs"}), study.quick({person: "refused"})
        found.append(_importance(person, stated, *known[key], sets.get(person)))
    return tuple(sorted(found, key=lambda one: -one.birnbaum))


def _importance(
    person: str, stated: Estimate, plus: Estimate, minus: Estimate, sets: float | None
) -> Importance:
    lost, left = 1 - stated.value, 1 - plus.value
    possible = lost > _EXACT
    return Importance(
        person,
        plus.value - minus.value,
        lost / left if left > _EXACT else float("inf"),
        (1 - minus.value) / lost if possible else float("inf"),
        1 - left / lost if possible else 0.0,
        sets,
        plus.method,
        float(np.hypot(plus.se, minus.se)),
    )


def _alike(model: Model, person: str) -> _Key:
    """What people share who can be exchanged: beliefs, and seats under a plain number."""
    profile = model.profiles[person]
    levels = tuple(place for place, level in enumerate(model.ladder) if person in level.members)
    plain = all(
        model.ladder[place].veto is None
        and number_of(model.ladder[place].rule, model.ladder[place].members) is not None
        for place in levels
    )
    touched = {name for cause in model.causes for name in cause.members}
    deputises = {d.member for member in model.chain.members for d in member.deputies}
    alone = not model.chain.member(person).deputies and person not in touched | deputises
    return (profile, levels) if plain and alone and len(levels) == 1 else person


def blames(study: Study, people: Collection[str] | None = None) -> tuple[Blame, ...]:
    """Everybody's part in the stops, or some people's, the largest first.

    Undefined with visible answers: nobody's then.
    """
    model = study.model
    if model.visible is not None:
        return ()
    seated = {post for level in model.ladder for post in level.members} - {model.originator}
    found, known = [], dict[_Key, tuple[Estimate, ...]]()
    for person in model.profiles:
        if person not in seated or (people is not None and person not in people):
            continue
        key = _alike(model, person)
        if key not in known:
            assessor = Refuser(model, person)
            known[key] = study.mean_of(
                lambda values, assessor=assessor: assessor.parts_in_stops(values, _FINE)  # type: ignore[misc]
            )
        refused, alone = known[key]
        found.append(Blame(person, refused.value, alone.value, refused.method, refused.se))
    return tuple(sorted(found, key=lambda one: -one.refused))


class Idle(Assessor):
    """Of each person: P(some minimal blocking set with them in it, in which nobody concurs)."""

    def __init__(self, model: Model, blocking: Sequence[Collection[str]]) -> None:
        """The sets of a model.

        Raises:
            AssessmentError: they are too many, or too entangled.
        """
        super().__init__(model)
        self.gather()
        self.graphs: dict[str, Graph] = {}
        for person in model.profiles:
            theirs = [frozenset(one) for one in blocking if person in one]
            if len(theirs) > MOST_SETS:
                raise AssessmentError(f"{len(theirs):,} blocking sets of {person}")
            if theirs:
                self.graphs[person] = _any_of(theirs)
        self.columns = len(self.graphs)

    def likely(self, values: Array, fine: float) -> Array:
        """The probabilities, shaped (points, people), in the order of ``graphs``."""
        whole, _, _ = self.whole(Points(self.model, values), fine)
        return np.asarray(whole[0])

    def _case(
        self, people: People, forced: Forced, shocks: Array, inner: int, known: Known
    ) -> Array:
        del inner, known
        asks = asker(people, forced, shocks)
        shape = len(people.points), shocks.shape[1]
        rows = []
        for graph in self.graphs.values():
            idle = [_turned(asks(person)) for person in graph.people]
            rows.append(np.broadcast_to(graph.chance(idle), shape))
        found = np.stack(rows, axis=1)
        return np.stack([found, found])


def _turned(answer: Answer) -> Answer:
    """Not concurring, as if that were what is asked."""
    return Answer(1 - answer.concurs, answer.concurs)


def _any_of(sets: Sequence[frozenset[str]]) -> Graph:
    people = sorted(set().union(*sets))
    items = tuple(Of(len(one), tuple(sorted(one))) if len(one) > 1 else next(iter(one))
                  for one in sets)  # fmt: skip
    return ruled(Of(1, items), None, people)


def by_sets(study: Study, blocking: Sequence[Collection[str]]) -> dict[str, float]:
    """Everybody's Fussell-Vesely by sets: P(some minimal blocking set of theirs is idle)/(1-P).

    Empty with a veto or visible answers, where it is undefined, or with too many sets.
    """
    model = study.model
    if model.visible is not None or any(level.veto is not None for level in model.ladder):
        return {}
    try:
        assessor = Idle(model, blocking)
    except AssessmentError:
        return {}
    if not assessor.graphs:
        return {}
    fine = _FINE if study.size else _EXACT
    found = study.mean_of(lambda values: assessor.likely(values, fine))
    lost = 1 - study.quick().value
    if lost <= _EXACT:
        return {}
    return {person: one.value / lost for person, one in zip(assessor.graphs, found, strict=True)}
