"""What would change it: break-even, tornado, persuasion, replacement, an order on its way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy import optimize

from cheget.assessment.beliefs import EVERYONE, Beliefs
from cheget.assessment.model import BASE, Model, Profile, Ref, Wait, model_of
from cheget.assessment.number import Z95, fixed
from cheget.assessment.outcome import Method
from cheget.assessment.spread import Array
from cheget.assessment.uncertainty import Estimate, Study
from cheget.chain.chain import Chain
from cheget.errors import AssessmentError

HALF = 0.5
_MOST_SEEN = 40  # seats
_FINE = 1e-9


@dataclass(frozen=True)
class Bar:
    """One input's bar of the tornado: the mean with it at its 5 % and 95 % points."""

    name: str
    low: float
    high: float
    method: Method = "quadrature"
    se: float = 0.0


@dataclass(frozen=True)
class Alternative:
    """The mean if one thing were otherwise."""

    what: str
    of: str
    mean: float
    method: Method = "quadrature"
    se: float = 0.0


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

            ends.append(Study(pruned(_mapped(study.model, at))).quick())
        low, high = ends
        se = max(low.se, high.se)
        method: Method = "sampled" if se else low.method
        bars.append(Bar(one.name, low.value, high.value, method, se))
    return tuple(sorted(bars, key=lambda bar: -abs(bar.high - bar.low)))


def alternatives(chain: Chain, beliefs: Beliefs, situation: str = BASE) -> tuple[Alternative, ...]:
    """One thing otherwise at a time: persuasion, replacement, visible answers, independence."""
    model = model_of(chain, beliefs, situation)
    steps = model.steps[1:] if model.originator else model.steps
    found = [_otherwise("persuaded", step, shifted(model, step, -1.0))
             for step in (*steps, EVERYONE)]  # fmt: skip
    for more in (1, 2):
        again = replace(beliefs, replace=beliefs.replace + more)
        found.append(_otherwise("replaced", str(more), model_of(chain, again, situation)))
    if model.groups:
        alone = replace(beliefs, shared=())
        found.append(_otherwise("independent", EVERYONE, model_of(chain, alone, situation)))
    if beliefs.visible is None:
        found += _seen(chain, beliefs, situation)
    return tuple(found)


def _otherwise(what: str, of: str, model: Model) -> Alternative:
    found = Study(model).quick()
    return Alternative(what, of, found.value, found.method, found.se)


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

    ladder = chain.ladder(beliefs.action) if beliefs.action else chain.levels
    if sum(len(level.members) for level in ladder) > _MOST_SEEN:
        return []  # a smaller question, that would take minutes
    shown = {"concurrence": Belief(fixed(0.25), "0.25"), "refusal": Belief(fixed(-0.7), "-0.7")}
    try:
        model = model_of(chain, replace(beliefs, visible=shown), situation)
        return [_otherwise("visible", "concurrence 0.25, refusal -0.7", model)]
    except AssessmentError:
        return []


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


@dataclass(frozen=True)
class Passage:
    """A level on the way down: what is left once it has concurred, and what it does if asked.

    ``remaining``: the rest is worth A_K / A_l (rule 17). ``refuses``: P(it stops the order | every
    level above concurred), which is what "and if it got as far as them?" asks (rule 3).
    """

    level: str
    remaining: Estimate
    refuses: Estimate


def passages(study: Study) -> tuple[Passage, ...]:
    """Each level on the way down, from the head."""
    assessor, steps = study.assessor, len(study.model.steps)

    def asked(values: Array) -> Array:
        found = assessor.at(values, _FINE)
        return np.concatenate([found.passed, found.stops], axis=1)

    found = study.mean_of(asked)
    passed, stops = found[:steps], found[steps:]
    before = (Estimate(1.0, "exact"), *passed)
    return tuple(
        Passage(step, _ratio(passed[-1], now), _ratio(stop, above))
        for step, now, above, stop in zip(study.model.steps, passed, before, stops, strict=False)
    )


def _ratio(part: Estimate, whole: Estimate) -> Estimate:
    """A ratio of means; its error by that of both, which is more than it is."""
    if whole.value <= 0:
        return Estimate(0.0, part.method)
    value = part.value / whole.value
    return Estimate(value, part.method, (part.se + value * whole.se) / whole.value)
