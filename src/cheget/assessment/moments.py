"""Mean, deviation and Sobol indices without sampling, where levels have inputs of their own.

Given what levels share (a shock, and inputs that touch several levels) they are independent, and
what is expected of a product of independent factors is the product of what is expected of each.
So only a level's own few inputs are ever combined with each other, and the second moment is one
product of small matrices over pairs of nodes. Times are independent of votes: their second
moment is a convolution in two variables.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from cheget.assessment.clocks import Times, grid_of, times_of
from cheget.assessment.model import Model, Profile, Ref
from cheget.assessment.outcome import Assessor
from cheget.assessment.parts import Body, Crews, Part
from cheget.assessment.votes import MOST_TENSOR, Ask, Known, Votes, votes_of

_MOST_SHARED, _MOST_OWN, _MOST_CASES = 3, 3, 4


@dataclass(frozen=True)
class Moments:
    """Of carried out, and of how it ends at each step. ``indices``: first and total, by input."""

    mean: float
    variance: float
    indices: tuple[tuple[float, float], ...]
    stopped: tuple[float, ...]
    expired: tuple[float, ...]


def moments_of(
    assessor: Assessor, *, only_mean: bool = False, known: Known | None = None
) -> Moments | None:
    """The moments, or None where the levels aren't independent given what they share.

    Args:
        assessor: Of the model; it may force some people's answers.
        only_mean: Only the mean of carried out, with fewer nodes.
        known: Chances of parts, kept between questions about one model that force people.
    """
    model = assessor.model
    sites = _sites(assessor)
    if sites is None or _refs(one.probability for one in assessor.causes):
        return None
    touched = [_touches(assessor, part) for part, _ in sites]
    timed = {ref.input for wait in model.waits if wait for ref in (wait.median, wait.sigma)} - {-1}
    counts = {one: sum(one in inputs for inputs in touched) for one in range(len(model.inputs))}
    shared = sorted(one for one, count in counts.items() if count > 1)
    own = [sorted(inputs - set(shared)) for inputs in touched]
    if (
        len(shared) > _MOST_SHARED or max(map(len, own)) > _MOST_OWN
        or (len(shared) == _MOST_SHARED and sum(map(bool, own)) > MOST_TENSOR)
        or 2 ** len(assessor.causes) > _MOST_CASES
        or timed & set().union(*touched)
        or any(wait and len({wait.median.input, wait.sigma.input} - {-1}) > _MOST_OWN
               for wait in model.waits)
    ):  # fmt: skip
        return None
    grid = grid_of(model)
    if grid is None:
        return None
    ask = Ask(assessor, tuple(sites), tuple(shared), tuple(map(tuple, own)), only_mean, known)
    votes = votes_of(ask)
    if votes is None:
        return None
    if only_mean:
        return Moments(votes.mean * grid[0][-1], math.nan, (), (), ())
    return _together(model, votes, times_of(*grid))


def _refs(refs: Iterable[Ref]) -> set[int]:
    return {ref.input for ref in refs} - {-1}


def _sites(assessor: Assessor) -> list[tuple[Part, Part]] | None:
    """Each step's own part, passing and pending; None where steps share people."""
    if assessor.visible is not None or len(assessor.wide) > 1:
        return None
    if any(len(groups) > 1 for groups in assessor.narrow.values()):
        return None
    found: list[tuple[Part, Part]] = []
    for number, (now, yet) in enumerate(
        zip(assessor.parts.passing, assessor.parts.pending, strict=True)
    ):
        fresh = [part for part in now if isinstance(part, Crews) or
                 (isinstance(part, Body) and number < len(assessor.model.ladder)
                  and part.level == assessor.model.ladder[number].id)]  # fmt: skip
        last = [part for part in yet if not any(part is one for one in now)]
        if len(now) != number + 1 or len(fresh) != 1 or len(last) != 1:
            return None
        found.append((fresh[0], last[0]))
    return found


def _touches(assessor: Assessor, part: Part) -> set[int]:
    """The inputs that a part depends on."""
    model = assessor.model
    kinds = {crew.kind.id: crew.profile for crew in model.crews}
    found: set[int] = set()
    for person in part.people:
        found |= _inputs_of(model, kinds.get(person) or model.profiles[person])
    own = assessor.own_causes.get(assessor.sites[id(part)], ())
    return found | _refs(one.probability for one in own)


def _inputs_of(model: Model, profile: Profile) -> set[int]:
    refs = [profile.compromised, profile.unreachable, *(ref for ref, _ in profile.shifts)]
    refs += [model.groups[place].correlation for place in profile.groups]
    if profile.refuses is not None:
        refs.append(profile.refuses)
    else:
        refs += [*(model.decision or {}).values(), *model.factors]
    return _refs(refs)


def _together(model: Model, votes: Votes, times: Times) -> Moments:
    """Votes and times are independent: moments multiply."""
    passed, stops = votes.passed_up_to(), votes.stopped_at()
    in_time = times.means
    before = [1.0, *passed[:-1]]
    earlier = [1.0, *in_time[:-1]]
    mean = passed[-1] * in_time[-1]
    square = votes.second()
    variance = max(float(square * times.second - mean**2), 0.0)
    indices = []
    for one in range(len(model.inputs)):
        if one in times.alone:
            alone = times.alone[one] * passed[-1] ** 2
            freed = times.freed[one] * square
        elif one in votes.shared or any(one in inputs for inputs in votes.own):
            alone = votes.alone(one) * in_time[-1] ** 2
            freed = votes.second(one) * times.second
        else:
            alone, freed = mean**2, variance + mean**2
        indices.append(
            (float((alone - mean**2) / variance), float(1 - (freed - mean**2) / variance))
            if variance > 0 else (0.0, 0.0)
        )  # fmt: skip
    return Moments(
        mean, variance, tuple(indices),
        tuple(stop * f for stop, f in zip(stops, in_time, strict=True)),
        tuple(b * e - (p + s) * f for b, e, p, s, f in
              zip(before, earlier, passed, stops, in_time, strict=True)),
    )  # fmt: skip
