"""The answer over how often everybody refuses and how much they think alike, as a grid.

Every cell says of everybody asked that they refuse with one probability, as the break-even does
(rule 24), and of ``everyone`` that they correlate by one number; all else is as stated. Cells
are points of one model, so that a grid costs little more than one of its cells.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, as_completed
from dataclasses import dataclass, replace

import numpy as np
from scipy.interpolate import PchipInterpolator

from cheget.assessment.beliefs import EVERYONE, Beliefs
from cheget.assessment.change import with_refuses
from cheget.assessment.model import BASE, NOT_SAID, Input, Model, Profile, Ref, model_of
from cheget.assessment.number import fixed
from cheget.assessment.outcome import Assessor, Method, medians
from cheget.assessment.spread import Array
from cheget.assessment.states import Points
from cheget.assessment.sweep import stated
from cheget.assessment.uncertainty import Study
from cheget.chain.chain import Chain
from cheget.errors import AssessmentError

HALF = 0.5
ROWS = 17
# How far refusals go, and in how many columns; the first that has both sides of one half.
_TOPS = {0.15: 16, 0.3: 16, 0.45: 19, 0.6: 21, 0.8: 21, 1.0: 21}
_ALIKE = (0.8, 0.96)  # of correlations; the first that has what is stated
_NODES = (1, 8, 5, 3, 3)  # of each input left, by how many there are
_DRAWS = 64  # where there are more
_AT_ONCE = 4096
_FINE = 1e-8
_MOST_PLACES = 4
_AIR = 1.15  # beyond the last place

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Stated:
    """Where the file's own numbers lie: a median refusal, the correlation, and whose it is."""

    refuses: float
    correlation: float
    of: str


@dataclass(frozen=True)
class Landscape:
    """``means[r][c]``: carried out at ``correlations[r]`` and ``refuses[c]``, ascending both.

    ``even``: (refuses, correlation) where it is one half, one point a row that has any.
    """

    refuses: tuple[float, ...]
    correlations: tuple[float, ...]
    means: tuple[tuple[float, ...], ...]
    even: tuple[tuple[float, float], ...]
    stated: tuple[Stated, ...]
    method: Method


def landscape(
    chain: Chain, beliefs: Beliefs, situation: str = BASE, *,
    refuses: Sequence[float] | None = None, correlations: Sequence[float] | None = None,
    executor: Executor | None = None, progress: Progress | None = None,
) -> Landscape:  # fmt: skip
    """The grid with its curve of one half.

    Args:
        chain: Whose.
        beliefs: All else is as they state it.
        situation: Of the beliefs.
        refuses: Ascending probabilities; None: about 20, as far as the curve of one half reaches.
        correlations: Ascending, from 0 to 1; None: 17, beyond what is stated.
        executor: A pool of processes, threads or a cluster; None: here.
        progress: Told how many cells of how many are done.

    Raises:
        ChainFileError: the beliefs contradict themselves about this chain.
        AssessmentError: no such situation, a number that isn't a probability, or too entangled.
    """
    found = places(chain, beliefs, situation)
    up = correlations or _spaced(_top(_ALIKE, [one.correlation for one in found]), ROWS)
    across = refuses
    if across is None:
        top = _reach(chain, beliefs, situation, found, up[-1])
        across = _spaced(top, _TOPS[top])
    for one in (*up, *across):
        if not 0 <= one <= 1:
            raise AssessmentError(f"{one:g} is not a probability", hint="from 0 to 1")
    cells = [(q, rho) for rho in up for q in across]
    means, method = _means(chain, beliefs, situation, cells, executor, progress)
    table = np.array(means).reshape(len(up), len(across))
    even = tuple(
        (at, rho) for rho, row in zip(up, table, strict=True)
        if (at := crossing(across, row)) is not None
    )  # fmt: skip
    rows = tuple(tuple(float(mean) for mean in row) for row in table)
    return Landscape(tuple(across), tuple(up), rows, even, found, method)


def _means(
    chain: Chain, beliefs: Beliefs, situation: str, cells: Sequence[tuple[float, float]],
    executor: Executor | None, progress: Progress | None,
) -> tuple[list[float], Method]:  # fmt: skip
    each = len(_nodes(Study(_model(chain, beliefs, situation)[0]))[1])
    lot = max(1, _AT_ONCE // each)
    lots = [cells[first : first + lot] for first in range(0, len(cells), lot)]
    found: dict[int, tuple[tuple[float, ...], Method]] = {}

    def tell() -> None:
        if progress is not None:
            progress(sum(len(means) for means, _ in found.values()), len(cells))

    if executor is None:
        for number, some in enumerate(lots):
            found[number] = means_at(chain, beliefs, situation, some)
            tell()
    else:
        waiting = {executor.submit(means_at, chain, beliefs, situation, some): number
                   for number, some in enumerate(lots)}  # fmt: skip
        for done in as_completed(waiting):
            found[waiting[done]] = done.result()
            tell()
    method: Method = "quadrature"
    if any(how == "sampled" for _, how in found.values()):
        method = "sampled"
    return [mean for number in sorted(found) for mean in found[number][0]], method


def means_at(
    chain: Chain, beliefs: Beliefs, situation: str, cells: Sequence[tuple[float, float]]
) -> tuple[tuple[float, ...], Method]:
    """The means at some (refuses, correlation), and how they were got: what one task does."""
    rest, model = _model(chain, beliefs, situation)
    values, weights = _nodes(Study(rest))
    own = np.repeat(np.array(cells), len(weights), axis=0)
    points = np.concatenate([np.tile(values, (len(cells), 1)), own], axis=1)
    found = Assessor(model).at(points, _FINE)
    means = found.carried_out.reshape(len(cells), len(weights)) @ weights
    drawn = len(rest.inputs) >= len(_NODES)
    return tuple(float(mean) for mean in means), "sampled" if drawn else found.method


def _nodes(study: Study) -> tuple[Array, Array]:
    """Of the numbers that stay as stated: values and weights."""
    return study.nodes(_DRAWS, _NODES)


def _model(chain: Chain, beliefs: Beliefs, situation: str) -> tuple[Model, Model]:
    """The model of what stays as stated, and the one with the two that vary as its last inputs."""
    said = stated(chain, beliefs, situation, {f"shared.{EVERYONE}": HALF})
    rest = with_refuses(model_of(chain, said, situation), HALF, EVERYONE)
    size = len(rest.inputs)
    q, rho = Ref(input=size), Ref(input=size + 1)

    def asked(profile: Profile) -> Profile:
        return replace(profile, refuses=q)

    profiles = {
        person: profile if person == rest.originator else asked(profile)
        for person, profile in rest.profiles.items()
    }
    crews = tuple(replace(crew, profile=asked(crew.profile)) for crew in rest.crews)
    groups = tuple(
        replace(group, correlation=rho) if group.name == EVERYONE else group
        for group in rest.groups
    )
    varied = tuple(Input(name, fixed(HALF), NOT_SAID) for name in ("refuses", "correlation"))
    return rest, replace(
        rest, profiles=profiles, crews=crews, groups=groups, inputs=rest.inputs + varied
    )


def crossing(refuses: Sequence[float], means: Array) -> float | None:
    """Where the means come to one half, between two of their neighbours; None: nowhere.

    By a monotone cubic (Fritsch and Butland 1984), which leaves no neighbour on the wrong side.
    """
    over = np.asarray(means) - HALF
    turns = np.nonzero((over[1:] <= 0) != (over[:-1] <= 0))[0]
    if not len(turns):
        return None
    at = int(turns[0])
    curve = PchipInterpolator(np.asarray(refuses), over)
    roots = np.atleast_1d(curve.roots(extrapolate=False))
    low, high = refuses[at], refuses[at + 1]
    inside = [float(one) for one in roots if low <= one <= high]
    share = float(over[at] / (over[at] - over[at + 1]))
    return inside[0] if inside else low + share * (high - low)


def places(chain: Chain, beliefs: Beliefs, situation: str = BASE) -> tuple[Stated, ...]:
    """The medians as stated, those that hold of most people first; the originator has none."""
    model = model_of(chain, beliefs, situation)
    middle = medians(model)
    points = Points(model, middle)
    rho = next((float(points.of(group.correlation)[0, 0])
                for group in model.groups if group.name == EVERYONE), 0.0)  # fmt: skip
    said_of = {row.person: row.said_of for row in model.table if row.state == "refuses"}
    held: dict[tuple[str, float], int] = {}
    profiles = {**model.profiles, **{crew.kind.id: crew.profile for crew in model.crews}}
    for person, profile in profiles.items():
        if person == model.originator:
            continue
        q = points.of(profile.refuses) if profile.refuses else points.refuses(profile)
        of = said_of.get(person, "decision" if profile.refuses is None else "unsaid")
        held[of, float(q[0, 0])] = held.get((of, float(q[0, 0])), 0) + 1
    most = sorted(held, key=lambda one: -held[one])[:_MOST_PLACES]
    return tuple(Stated(q, rho, of) for of, q in most)


def _reach(
    chain: Chain, beliefs: Beliefs, situation: str, found: Sequence[Stated], alike: float
) -> float:
    """How far refusals go: as far as one half and what is stated."""
    tops = list(_TOPS)
    corners = [(q, rho) for q in tops for rho in (0.0, alike)]
    means, _ = means_at(chain, beliefs, situation, corners)
    least = next((q for at, q in enumerate(tops) if max(means[2 * at : 2 * at + 2]) < HALF),
                 tops[-1])  # fmt: skip
    return _top([q for q in tops if q >= least], [_AIR * one.refuses for one in found])


def _top(tops: Sequence[float], values: Sequence[float]) -> float:
    return next((one for one in tops if one >= max(values, default=0.0)), tops[-1])


def _spaced(top: float, count: int) -> list[float]:
    return [round(top * step / (count - 1), 12) for step in range(count)]
