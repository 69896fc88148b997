"""Carried out, stopped, expired, at given inputs (rule 17): integrals over the shocks.

Given all shocks people are independent. A shock that touches several parts is integrated over
them together; one that touches a single part, inside it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from itertools import product
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from cheget.assessment.integral import (
    MOST_CELLS,
    WIDTH,
    combined,
    halved,
    refined,
    trapezoid,
)
from cheget.assessment.model import Cause, Model, Ref
from cheget.assessment.parts import Crews, Part, Parts, members_of, parts_of
from cheget.assessment.spread import Array
from cheget.assessment.states import Answer, Forced, People, Points
from cheget.assessment.timing import in_time
from cheget.assessment.visible import Asking
from cheget.errors import AssessmentError

Method = Literal["exact", "quadrature", "sampled"]
CERTAIN = ("concurs", "refused")  # forced answers, whatever is believed
RANK = ("refuses", "unreachable", "compromised", *CERTAIN)  # of states, the last prevails
FINE = 1e-12  # halved until so close
TENSOR = 1e-9
MOST_FACTORS, MOST_EVENTS = 3, 10
_HALVED = 0  # instead of a number of nodes
_AT_ONCE = 64  # nodes of a wide shock, where a narrow one is halved within
_SIZES: tuple[tuple[int, ...], ...] = (  # nodes of each shock, by how many there are
    (), (32, 49, 75, 116, 177, 272, 421, 650, 1001), (32, 49, 75, 116, 177, 272, 421), (33, 48, 64),
)  # fmt: skip
_ENOUGH = (0.0, TENSOR, TENSOR, 1e-7)
_ROUNDING = 1e-6
_REPEATS, _SAMPLES = 8, 4096

Known = dict[tuple[int, frozenset[tuple[str, str]]], Array]  # chances of parts


@dataclass(frozen=True)
class Outcomes:
    """Probabilities at each point: carried_out (points,), the others (points, steps).

    ``passed[:, l]``: levels up to l concur, whenever; ``stops[:, l]``: those before, and l stops
    it, whenever. ``se``: of the shocks, where sampled.
    """

    carried_out: Array
    stopped: Array
    expired: Array
    passed: Array
    stops: Array
    method: Method
    se: float = 0.0


class Assessor:
    """Computes outcomes of one model, at any inputs."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.forced: Forced = {}  # who concurs or refuses whatever they believe (importance)
        self.parts: Parts = parts_of(model)
        self.visible = Asking(model, self.parts) if model.visible is not None else None
        self._firsts: list[tuple[frozenset[str], int]] = []  # of each part: who, and the first
        self.sites: dict[int, int] = {}  # of each part, one number for all that share people
        self.members: dict[int, frozenset[str]] = {}  # of each site
        for part in members_of(self.parts):
            site = self.sites[id(part)] = self._site(part)
            self.members[site] = self.members.get(site, frozenset()) | part.people
        self._touching: dict[int, frozenset[int]] = {}
        self.wide, self.narrow = self._shared()
        self.causes, self.own_causes = self._causes()
        self.columns = len(model.steps)  # of what is integrated

    def forcing(self, forced: Forced) -> Assessor:
        """The same where some concur or refuse whatever they believe."""
        found = copy(self)
        found.forced = dict(forced)
        return found

    def gather(self) -> None:
        """Integrate what touches one site together with all else."""
        narrow = (group for groups in self.narrow.values() for group in groups)
        self.wide, self.narrow = tuple(sorted({*self.wide, *narrow})), {}
        self.causes = (*self.causes, *(one for own in self.own_causes.values() for one in own))
        self.own_causes = {}

    @property
    def shocked(self) -> bool:
        """Whether there is a shock to integrate over."""
        return bool(self.wide or self.narrow)

    def _shared(self) -> tuple[tuple[int, ...], Mapping[int, tuple[int, ...]]]:
        """Which shocks touch parts that count together, and which one at a time, by its site."""
        touched: dict[int, set[int]] = {}
        for site, people in self.members.items():
            for person in people:
                for group in self._profile_groups(person):
                    touched.setdefault(group, set()).add(site)
        if self.model.visible is not None:
            return tuple(sorted(touched)), {}
        wide = tuple(group for group in sorted(touched)
                     if len(touched[group]) > 1 or self._shakes_several(group))  # fmt: skip
        narrow: dict[int, tuple[int, ...]] = {}
        for group in sorted(set(touched) - set(wide)):
            (site,) = touched[group]
            narrow[site] = (*narrow.get(site, ()), group)
        return wide, narrow

    def _causes(self) -> tuple[tuple[Cause, ...], Mapping[int, tuple[Cause, ...]]]:
        """Which events touch parts that count together, and which one at a time (rule 5)."""
        wide: list[Cause] = []
        own: dict[int, tuple[Cause, ...]] = {}
        parts = list(members_of(self.parts))
        for cause in self.model.causes:
            sites = [site for site, people in self.members.items() if people & cause.members]
            alone = not self._several({id(one) for one in parts if one.people & cause.members})
            if len(sites) == 1 and alone and self.model.visible is None:
                own[sites[0]] = (*own.get(sites[0], ()), cause)
            elif sites:
                wide.append(cause)
        if len(wide) > MOST_EVENTS or any(len(one) > MOST_EVENTS for one in own.values()):
            raise AssessmentError(
                f"more than {MOST_EVENTS} events that touch one another's levels",
                hint="state some of them as a belief about those whom they touch",
            )
        return tuple(wide), own

    def _shakes_several(self, group: int) -> bool:
        return self._several(
            {id(part) for part in members_of(self.parts) if group in self._groups_of(part)}
        )

    def _several(self, touched: Collection[int]) -> bool:
        """Whether two of these parts, by their ids, are factors of one product.

        Until a later level binds them, levels that will share people are parts of their own.
        """
        rows = (*self.parts.passing, *self.parts.pending)
        return any(sum(id(part) in touched for part in parts) > 1 for parts in rows)

    def _profile_groups(self, person: str) -> tuple[int, ...]:
        for crew in self.model.crews:
            if crew.kind.id == person:
                return crew.profile.groups
        return self.model.profiles[person].groups

    def _groups_of(self, part: Part) -> frozenset[int]:
        """The shocks that touch a part."""
        if id(part) not in self._touching:
            self._touching[id(part)] = frozenset(
                group for person in part.people for group in self._profile_groups(person)
            )
        return self._touching[id(part)]

    def _site(self, part: Part) -> int:
        """One number for all parts that share people."""
        if isinstance(part, Crews):
            return -1
        if not self._firsts:
            places = {person: place for place, person in enumerate(self.model.profiles)}
            for one in members_of(self.parts):
                if not isinstance(one, Crews):
                    first = min((places[person] for person in one.people), default=-2)
                    self._firsts.append((one.people, first))
        people = part.people
        return min((first for some, first in self._firsts if some & people), default=-2)

    def at(self, values: Array, fine: float = FINE, counts: Array | None = None) -> Outcomes:
        """The outcomes where the inputs are ``values``, shaped (points, inputs).

        ``counts``: how much each point matters, so that hard ones that hardly do cost little.
        """
        points = Points(self.model, np.asarray(values, dtype=np.float64), counts)
        whole, se, method = self.whole(points, fine)
        return self._timed(points, whole, method, se)

    def whole(self, points: Points, fine: float) -> tuple[Array, float, Method]:
        """What is integrated, over the shocks and the events, shaped (2, points, columns)."""
        factors = len(self.wide) + max(map(len, self.narrow.values()), default=0)
        if factors == 0:
            return self.given(points, self._nodes(1), 1)[..., 0], 0.0, "exact"
        if factors > MOST_FACTORS:
            return *self._sampled(points), "sampled"
        if factors == 1 and self.wide and fine <= FINE:
            return self._halved(points, fine), 0.0, "quadrature"
        one_each = len(self.wide) <= 1 and all(len(groups) == 1 for groups in self.narrow.values())
        if fine <= FINE:
            agreed = self._agreed(points, factors)
            if agreed is None and not one_each:
                return *self._sampled(points), "sampled"
            found = self._steep(points) if agreed is None else agreed
            return found, 0.0, "quadrature"

        def over(which: NDArray[np.intp], intervals: int, width: float) -> Array:
            return self._tensor(points.only(which), intervals + 1, width)

        found, left = refined(over, points.counts, factors, fine)
        if len(left) and factors == 1 and self.wide:
            found[:, left] = self._halved(points.only(left), fine)
        elif len(left) and factors == 1:
            found[:, left] = self._steep(points.only(left))
        return found, 0.0, "quadrature"

    def cases(self, points: Points, causes: Sequence[Cause]) -> Iterator[tuple[Array, Forced]]:
        """Every combination of some events, with its probability (rule 5)."""
        for happen in product((False, True), repeat=len(causes)):
            chance = np.ones((len(points), 1))
            forced: dict[str, str] = {}
            for cause, does in zip(causes, happen, strict=True):
                p = points.of(cause.probability)
                chance = chance * (p if does else 1 - p)
                for person in cause.members if does else ():
                    if RANK.index(cause.makes) >= RANK.index(forced.get(person, "refuses")):
                        forced[person] = cause.makes
            if np.any(chance > 0):
                yield chance, forced

    def _nodes(self, count: int) -> Array:
        return np.zeros((len(self.model.groups), count))

    def given(self, points: Points, shocks: Array, inner: int) -> Array:
        """Passed and pending given the wide shocks, shaped (2, points, columns, nodes).

        Args:
            points: Of the inputs.
            shocks: Shaped (groups, nodes); those of narrow groups are filled in here.
            inner: How many nodes a narrow shock is integrated with.
        """
        people, known = People(points), Known()
        total = np.zeros((2, len(points), self.columns, shocks.shape[1]))
        for chance, forced in self.cases(points, self.causes):
            total += chance[:, :, None] * self._case(people, forced, shocks, inner, known)
        return total

    def _case(
        self, people: People, forced: Forced, shocks: Array, inner: int, known: Known
    ) -> Array:
        """The same when some are in the state that an event puts them in."""
        forced = both(forced, self.forced)
        if self.visible is not None:
            return self.visible.given(people, forced, shocks)

        def chance(part: Part) -> Array:
            key = id(part), frozenset(one for one in forced.items() if one[0] in part.people)
            if key not in known:
                known[key] = self.chance(part, people, forced, shocks, inner)
            return known[key]

        found = np.ones((2, len(people.points), len(self.parts.passing), shocks.shape[1]))
        for kind, group in enumerate((self.parts.passing, self.parts.pending)):
            for row, parts in enumerate(group):
                for part in parts:
                    found[kind, :, row] *= chance(part)
        return found

    def chance(
        self, part: Part, people: People, forced: Forced, shocks: Array, inner: int
    ) -> Array:
        """A part's chance given the wide shocks: its own shocks and events are summed over."""
        site = self.sites[id(part)]
        narrow = tuple(g for g in self.narrow.get(site, ()) if g in self._groups_of(part))
        causes = [one for one in self.own_causes.get(site, ()) if one.members & part.people]
        if narrow and inner == _HALVED:
            return self._inside(part, people, forced, shocks, narrow[0], causes)
        grids, weights = combined(*trapezoid(inner), len(narrow))
        nodes = shocks.shape[1]
        spread = np.repeat(shocks, len(weights), axis=1)
        for group, grid in zip(narrow, grids, strict=True):
            spread[group] = np.tile(grid, nodes)
        total = self._over_events(part, people, forced, spread, causes)
        if not narrow:
            return total
        total = np.broadcast_to(total, (total.shape[0], nodes * len(weights)))
        return np.asarray(total.reshape(total.shape[0], nodes, len(weights)) @ weights)

    def _over_events(
        self, part: Part, people: People, forced: Forced, shocks: Array, causes: Sequence[Cause]
    ) -> Array:
        total = np.zeros((1, 1))
        for likely, more in self.cases(people.points, causes):
            total = total + likely * part.chance(asker(people, both(forced, more), shocks))
        return total

    def _inside(
        self, part: Part, people: People, forced: Forced, shocks: Array, group: int,
        causes: Sequence[Cause],
    ) -> Array:  # fmt: skip
        """A part, integrated over its own shock by halved panels."""
        points, nodes = len(people.points), shocks.shape[1]

        def over(z: Array) -> Array:
            spread = np.repeat(shocks, len(z), axis=1)
            spread[group] = np.tile(z, nodes)
            values = self._over_events(part, people, forced, spread, causes)
            return np.broadcast_to(values, (points, nodes * len(z))).reshape(points, nodes, len(z))

        return halved(over, FINE, max(1, MOST_CELLS // (points * nodes)))

    def _halved(self, points: Points, fine: float) -> Array:
        """One wide shock: panels halved until both halves agree with the whole."""
        (group,) = self.wide

        def over(z: Array) -> Array:
            shocks = self._nodes(len(z))
            shocks[group] = z
            return self.given(points, shocks, 1)

        return halved(over, fine, max(1, MOST_CELLS // len(points)))

    def _agreed(self, points: Points, factors: int) -> Array | None:
        """Tensors of ever more nodes until two agree; None where none do, it being too steep.

        Odd and even numbers take turns: a step between the same two middle nodes deceives none.
        """
        before: Array | None = None
        for nodes in _SIZES[factors]:
            found = self._tensor(points, nodes)
            if before is not None and np.max(np.abs(found - before)) < _ENOUGH[factors]:
                return found
            before = found
        return None

    def _steep(self, points: Points) -> Array:
        """At most one wide shock, and one narrow one a part: panels halved within panels."""
        if not self.wide:
            return self.given(points, self._nodes(1), _HALVED)[..., 0]
        (group,) = self.wide

        def over(z: Array) -> Array:
            shocks = self._nodes(len(z))
            shocks[group] = z
            return self.given(points, shocks, _HALVED)

        return halved(over, TENSOR, _AT_ONCE)

    def _tensor(self, points: Points, nodes: int, width: float = WIDTH) -> Array:
        total = np.zeros((2, len(points), self.columns))
        grids, weights = combined(*trapezoid(nodes, width), len(self.wide))
        inner = max(1, nodes ** max(map(len, self.narrow.values()), default=0))
        at_once = max(1, MOST_CELLS // inner)  # of nodes, points aside
        for lot in _lots(points, max(1, MOST_CELLS // inner)):
            here = points.only(lot)
            step = max(1, at_once // len(lot))
            for start in range(0, len(weights), step):
                part = slice(start, start + step)
                shocks = self._nodes(len(weights[part]))
                for group, grid in zip(self.wide, grids, strict=True):
                    shocks[group] = grid[part]
                total[:, lot] += self.given(here, shocks, nodes) @ weights[part]
        return total

    def _sampled(self, points: Points) -> tuple[Array, float]:
        """Scrambled Sobol points over the shocks: the mean of repeats, and its standard error."""
        from scipy import special, stats

        found = []
        touched = (*self.wide, *(g for groups in self.narrow.values() for g in groups))
        narrow, self.narrow = self.narrow, {}
        try:
            for repeat in range(_REPEATS):
                drawn = stats.qmc.Sobol(len(touched), scramble=True, rng=repeat).random(_SAMPLES)
                total = np.zeros((2, len(points), self.columns))
                at_once = max(1, MOST_CELLS // len(points))
                for start in range(0, _SAMPLES, at_once):
                    z = special.ndtri(np.clip(drawn[start : start + at_once], 1e-15, 1 - 1e-15))
                    shocks = self._nodes(len(z))
                    shocks[list(touched)] = z.T
                    total += self.given(points, shocks, 1).sum(axis=-1)
                found.append(total / _SAMPLES)
        finally:
            self.narrow = narrow
        mean = np.mean(found, axis=0)
        se = float(np.max(np.std(found, axis=0, ddof=1))) / np.sqrt(_REPEATS)
        return mean, float(se)

    def _timed(self, points: Points, whole: Array, method: Method, se: float) -> Outcomes:
        """Rule 17, from what is passed and pending to the three outcomes."""
        passed, pending = _rounded(whole[0]), whole[1]
        times, drawn = in_time(points, self.model)
        in_times = np.stack(times, axis=1)
        if drawn > 0:
            method, se = "sampled", float(np.hypot(se, drawn))
        before = np.concatenate([np.ones((len(points), 1)), passed[:, :-1]], axis=1)
        earlier = np.concatenate([np.ones((len(points), 1)), in_times[:, :-1]], axis=1)
        stops = _rounded(before - pending)
        stopped = stops * in_times
        expired = _rounded(before * earlier - (passed + stops) * in_times)
        return Outcomes(
            passed[:, -1] * in_times[:, -1], stopped, expired, passed, stops, method, se
        )


def _rounded(chances: Array) -> Array:
    """Probabilities without what rounding left below 0 or above 1.

    Raises:
        AssessmentError: it is more than rounding can explain, or no number at all.
    """
    worst = max(float(np.max(-chances, initial=0.0)), float(np.max(chances - 1, initial=0.0)))
    if not worst <= _ROUNDING or not np.all(np.isfinite(chances)):
        raise AssessmentError(
            f"a probability came out {worst:.1g} outside 0 to 1",
            hint="a fault of cheget: please report it with the chain and the beliefs",
        )
    return np.clip(chances, 0.0, 1.0)


def both(forced: Forced, more: Forced) -> Forced:
    """Two sets of states; in both, the one of higher rank, forced answers first (rule 2)."""
    found = dict(forced)
    for person, state in more.items():
        if RANK.index(state) >= RANK.index(found.get(person, "refuses")):
            found[person] = state
    return found


def _lots(points: Points, most: int) -> Iterator[NDArray[np.intp]]:
    places = np.arange(len(points))
    for first in range(0, len(places), most):
        yield places[first : first + most]


class Refuser(Assessor):
    """One person's part in the stops: refused and alone (rule 18)."""

    def __init__(self, model: Model, person: str) -> None:
        super().__init__(model)
        self.person = person
        self.gather()
        self.levels = [place for place, level in enumerate(model.ladder) if person in level.members]
        self.columns = 1

    def parts_in_stops(self, values: Array, fine: float) -> Array:
        """P(refused), P(alone), shaped (points, 2).

        Refused: stopped at a level of theirs, they among the refusers. Alone: it wouldn't have
        been stopped there had they alone concurred.
        """
        whole, _, _ = self.whole(Points(self.model, values), fine)
        return np.moveaxis(whole[:, :, 0], 0, 1)

    def _case(
        self, people: People, forced: Forced, shocks: Array, inner: int, known: Known
    ) -> Array:
        refused, concurs = (
            super(Refuser, self)._case(people, {**forced, self.person: state}, shocks, inner, known)
            for state in ("refused", "concurs")
        )
        refuses = asker(people, forced, shocks)(self.person).refuses
        before = np.concatenate([np.ones_like(refused[0][:, :1]), refused[0][:, :-1]], axis=1)
        lost = (before - refused[1])[:, self.levels].sum(axis=1)
        alone = (concurs[1] - refused[1])[:, self.levels].sum(axis=1)
        return np.stack([refuses * lost, refuses * alone])[:, :, None]


def asker(people: People, forced: Forced, shocks: Array) -> Callable[[str], Answer]:
    """What somebody does given the shocks; people alike are one object.

    One mind each (rule 6): whoever sits twice is asked once, in every part.
    """
    model = people.model
    kinds = {crew.kind.id: crew.profile for crew in model.crews}
    known: dict[object, Answer] = {}

    def asks(person: str) -> Answer:
        profile = kinds.get(person) or model.profiles[person]
        state = forced.get(person, "")
        if state in CERTAIN:
            return Answer(np.full((1, 1), float(state == "concurs")),
                          np.full((1, 1), float(state == "refused")))  # fmt: skip
        key = (profile, state)
        if key not in known:
            known[key] = people.answer(profile, list(shocks[:, None, :]), state)
        return known[key]

    return asks


def medians(model: Model) -> Array:
    """Each input's median, shaped (1, inputs) (rule 22)."""
    from cheget.assessment.spread import median

    return np.array([[median(one.number) for one in model.inputs]]).reshape(1, -1)


__all__: Sequence[str] = ["Assessor", "Method", "Outcomes", "Ref", "asker", "medians"]
