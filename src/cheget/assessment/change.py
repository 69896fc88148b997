"""What would change it: break-even, tornado, forced minds, persuasion, replacement."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy import optimize

from cheget.assessment.beliefs import EVERYONE, Beliefs
from cheget.assessment.model import BASE, Model, Profile, Ref, Wait, model_of
from cheget.assessment.number import Z95, fixed
from cheget.assessment.outcome import Assessor, Refuser
from cheget.assessment.spread import Array
from cheget.assessment.uncertainty import Study
from cheget.chain.chain import Chain
from cheget.errors import AssessmentError

HALF = 0.5
_FINE = 1e-9
_EXACT = 1e-12


@dataclass(frozen=True)
class Bar:
    """One input's bar of the tornado: the mean with it at its 5 % and 95 % points."""

    name: str
    low: float
    high: float


@dataclass(frozen=True)
class Importance:
    """How much one person's answer matters, by forcing it (``assessment`` page, formulas).

    All of the event *not carried out*; ``reduction`` is infinite where concurring makes it
    certain to be carried out.
    """

    person: str
    birnbaum: float
    reduction: float  # risk reduction worth, (1-P)/(1-P+)
    achievement: float  # risk achievement worth, (1-P-)/(1-P)
    fussell_vesely: float  # by reduction, 1 - (1-P+)/(1-P)


@dataclass(frozen=True)
class Blame:
    """One person's part in the stops (rule 18)."""

    person: str
    refused: float
    alone: float


@dataclass(frozen=True)
class Alternative:
    """The mean if one thing were otherwise."""

    what: str
    of: str
    mean: float


def break_even(
    chain: Chain, beliefs: Beliefs, situation: str = BASE, *, who: str = EVERYONE,
    probability: float = HALF,
) -> float | None:  # fmt: skip
    """The one refusal at which the mean equals ``probability`` (rule 24); None: at no value."""

    def beyond(refuses: float) -> float:
        model = with_refuses(model_of(chain, beliefs, situation), refuses, who)
        return Study(model).quick_mean() - probability

    at_none, at_all = beyond(0.0), beyond(1.0)
    if at_none * at_all > 0:
        return None
    return float(optimize.brentq(beyond, 0.0, 1.0, xtol=1e-11))


def with_refuses(model: Model, refuses: float, who: str) -> Model:
    """The model in which everybody asked, or the one named, refuses with one probability."""
    q = Ref(refuses)
    profiles = {
        person: replace(profile, refuses=q)
        if who in {EVERYONE, person} and person != model.originator else profile
        for person, profile in model.profiles.items()
    }  # fmt: skip
    crews = tuple(
        replace(crew, profile=replace(crew.profile, refuses=q))
        if who in {EVERYONE, crew.kind.id} else crew for crew in model.crews
    )  # fmt: skip
    return pruned(replace(model, profiles=profiles, crews=crews))


def pruned(model: Model) -> Model:
    """The model without the inputs that nothing uses any more."""
    used = sorted({ref.input for ref in _refs(model)} - {-1})
    place = {old: new for new, old in enumerate(used)}

    def moved(ref: Ref) -> Ref:
        return ref if ref.input < 0 else Ref(input=place[ref.input])

    return _mapped(replace(model, inputs=tuple(model.inputs[old] for old in used)), moved)


def _refs(model: Model) -> Iterator[Ref]:
    seen: list[Ref] = []
    _mapped(model, lambda ref: seen.append(ref) or ref)  # type: ignore[func-returns-value]
    yield from seen


def _mapped(model: Model, moved: Callable[[Ref], Ref]) -> Model:
    """The model with every reference replaced."""
    decided = any(one.refuses is None for one in
                  (*model.profiles.values(), *(crew.profile for crew in model.crews)))  # fmt: skip

    def profile(one: Profile) -> Profile:
        return replace(
            one, compromised=moved(one.compromised), unreachable=moved(one.unreachable),
            refuses=None if one.refuses is None else moved(one.refuses),
            shifts=tuple((moved(ref), times) for ref, times in one.shifts),
        )  # fmt: skip

    return replace(
        model,
        profiles={person: profile(one) for person, one in model.profiles.items()},
        crews=tuple(replace(crew, profile=profile(crew.profile)) for crew in model.crews),
        groups=tuple(replace(g, correlation=moved(g.correlation)) for g in model.groups),
        causes=tuple(replace(c, probability=moved(c.probability)) for c in model.causes),
        waits=tuple(
            None if wait is None else Wait(moved(wait.median), moved(wait.sigma))
            for wait in model.waits
        ),
        visible=None
        if model.visible is None
        else (moved(model.visible[0]), moved(model.visible[1])),
        decision={name: moved(ref) for name, ref in model.decision.items()}
        if model.decision is not None and decided else None,
        factors=tuple(moved(ref) for ref in model.factors) if decided else (),
    )  # fmt: skip


def tornado(study: Study) -> tuple[Bar, ...]:
    """Each input at its 5 % and 95 % points, the others as stated; the widest bar first."""
    bars = []
    for place, one in enumerate(study.model.inputs):
        ends = []
        for score in (-Z95, Z95):
            value = float(study.value(place, score))

            def at(ref: Ref, place: int = place, value: float = value) -> Ref:
                return Ref(value) if ref.input == place else ref

            ends.append(Study(pruned(_mapped(study.model, at))).quick_mean())
        bars.append(Bar(one.name, ends[0], ends[1]))
    return tuple(sorted(bars, key=lambda bar: -abs(bar.high - bar.low)))


def importances(study: Study) -> tuple[Importance, ...]:
    """Everybody's importance, the most important first. Uncertain inputs: ratios of means."""
    model = study.model
    p = study.quick_mean()
    found = []
    for person in model.profiles:
        if person == model.originator:
            continue
        plus, minus = (_forced(study, person, state) for state in ("concurs", "refused"))
        lost = 1 - p
        left = 1 - plus
        found.append(Importance(
            person,
            plus - minus,
            lost / left if left > _EXACT else float("inf"),
            (1 - minus) / lost if lost > _EXACT else float("inf"),
            1 - left / lost if lost > _EXACT else 0.0,
        ))  # fmt: skip
    return tuple(sorted(found, key=lambda one: -one.birnbaum))


def _forced(study: Study, person: str, state: str) -> float:
    assessor = Assessor(study.model, {person: state})
    mean, _ = study.mean_of(lambda values: assessor.at(values, _FINE).carried_out)
    return float(mean)


def blames(study: Study) -> tuple[Blame, ...]:
    """Everybody's part in the stops, the largest first. Undefined with visible answers."""
    if study.model.visible is not None:
        return ()
    found = []
    seated = {post for level in study.model.ladder for post in level.members}
    for person in study.model.profiles:
        if person in seated and person != study.model.originator:
            assessor = Refuser(study.model, person)
            (refused, alone), _ = study.mean_of(
                lambda values, assessor=assessor: assessor.parts_in_stops(values, _FINE)  # type: ignore[misc]
            )
            found.append(Blame(person, float(refused), float(alone)))
    return tuple(sorted(found, key=lambda one: -one.refused))


def alternatives(chain: Chain, beliefs: Beliefs, situation: str = BASE) -> tuple[Alternative, ...]:
    """One thing otherwise at a time: persuasion, replacement, visible answers, independence."""
    model = model_of(chain, beliefs, situation)
    steps = model.steps[1:] if model.originator else model.steps
    found = [
        Alternative("persuaded", step, Study(shifted(model, step, -1.0)).quick_mean())
        for step in steps
    ]
    found.append(Alternative("persuaded", EVERYONE,
                             Study(shifted(model, EVERYONE, -1.0)).quick_mean()))  # fmt: skip
    for more in (1, 2):
        again = replace(beliefs, replace=beliefs.replace + more)
        mean = Study(model_of(chain, again, situation)).quick_mean()
        found.append(Alternative("replaced", str(more), mean))
    if model.groups:
        alone = replace(beliefs, shared=())
        mean = Study(model_of(chain, alone, situation)).quick_mean()
        found.append(Alternative("independent", EVERYONE, mean))
    if beliefs.visible is None:
        found += _seen(chain, beliefs, situation)
    return tuple(found)


def turning(chain: Chain, beliefs: Beliefs, probability: float, most: int = 3) -> int | None:
    """How many replacements a seat put the mean on the other side; None: not so few."""
    under = Study(model_of(chain, beliefs)).quick_mean() < probability
    for more in range(1, most + 1):
        again = replace(beliefs, replace=beliefs.replace + more)
        if (Study(model_of(chain, again)).quick_mean() < probability) != under:
            return more
    return None


def _seen(chain: Chain, beliefs: Beliefs, situation: str) -> list[Alternative]:
    from cheget.assessment.beliefs import Belief

    shown = {"concurrence": Belief(fixed(0.25), "0.25"), "refusal": Belief(fixed(-0.7), "-0.7")}
    try:
        mean = Study(model_of(chain, replace(beliefs, visible=shown), situation)).quick_mean()
    except AssessmentError:
        return []
    return [Alternative("visible", "concurrence 0.25, refusal -0.7", mean)]


def shifted(model: Model, step: str, shift: float) -> Model:
    """The model in which those at one level, or everyone, are moved by so many log-odds."""
    level = next((one for one in model.ladder if one.id == step), None)
    people = set(level.members) if level else set()
    for post in tuple(people):
        people |= {deputy.member for deputy in model.chain.member(post).deputies}
    more = ((Ref(shift), 1),)
    profiles = {
        person: replace(one, shifts=one.shifts + more)
        if (step == EVERYONE or person in people) and person != model.originator else one
        for person, one in model.profiles.items()
    }  # fmt: skip
    crews = tuple(
        replace(crew, profile=replace(crew.profile, shifts=crew.profile.shifts + more))
        if step in {EVERYONE, "executors"} else crew for crew in model.crews
    )  # fmt: skip
    return replace(model, profiles=profiles, crews=crews)


def remaining(study: Study) -> tuple[tuple[str, float], ...]:
    """Once each level has concurred, what the rest is worth (rule 17): A_K / A_l."""
    assessor = study.assessor
    passed, _ = study.mean_of(lambda values: assessor.at(values, _FINE).passed)
    last = passed[-1]
    rows = zip(study.model.steps, np.atleast_1d(passed), strict=True)
    return tuple((step, float(last / worth) if worth > 0 else 0.0) for step, worth in rows)


def conditional_refusals(study: Study) -> tuple[tuple[str, float], ...]:
    """P(a level stops it | every level above concurred): what "if it got as far as him" asks."""
    assessor = study.assessor

    def both(values: Array) -> Array:
        found = assessor.at(values, _FINE)
        before = np.concatenate([np.ones((len(values), 1)), found.passed[:, :-1]], axis=1)
        return np.stack([found.stopped, before], axis=1)

    (stops, before), _ = study.mean_of(both)
    return tuple(
        (step, float(stop / worth) if worth > 0 else 0.0)
        for step, stop, worth in zip(study.model.steps, stops, before, strict=True)
    )
