"""Inputs at the ends of what can be said: no nonsense comes out, and nothing is hidden."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from scipy import integrate, special, stats

from assessment.enumeration import enumerated
from assessment.worlds import World
from cheget.assessment import outcome
from cheget.assessment.crowds import at_least, binomial, crowds_at_least
from cheget.assessment.model import model_of
from cheget.assessment.outcome import Assessor, Outcomes, medians
from cheget.assessment.simulation.simulate import simulate
from cheget.errors import AssessmentError

RUNS = 40_000


def chain_of(*levels: list[str], rules: dict[int, str] | None = None) -> dict[str, Any]:
    """A chain with these levels below a head of one."""
    members = {name: name.upper() for level in levels for name in level}
    below = [{"level": f"level-{n}", "members": level, "rule": (rules or {}).get(n, "all")}
             for n, level in enumerate(levels, 1)]  # fmt: skip
    return {"chain": "far", "members": {"head": "Head", **members},
            "levels": [{"level": "order", "members": ["head"]}, *below]}  # fmt: skip


def assessed(chain: dict[str, Any], beliefs: dict[str, Any]) -> Outcomes:
    """The outcomes at the medians, which are sound."""
    model = model_of(*World(chain, beliefs).parsed())
    found = Assessor(model).at(medians(model))
    every = np.concatenate([found.carried_out, found.stopped[0], found.expired[0]])
    assert np.all(np.isfinite(every))
    assert np.all(every >= 0)
    assert every.sum() == pytest.approx(1, abs=1e-9)
    return found


def carried_out(chain: dict[str, Any], beliefs: dict[str, Any]) -> float:
    return float(assessed(chain, beliefs).carried_out[0])


FOUR = chain_of(["a"], ["b", "c"], ["d"], rules={2: "any"})


@pytest.mark.parametrize("rho", ["0", "1", "0.999999"])
@pytest.mark.parametrize("refuses", ["0", "1", "0.000000000001", "0.999999999999"])
def test_refusals_at_the_ends_under_any_correlation(refuses: str, rho: str) -> None:
    p = carried_out(FOUR, {"members": {"everyone": {"refuses": refuses}},
                           "shared": {"everyone": rho}})  # fmt: skip
    assert p == pytest.approx(1 - float(refuses), abs=1e-11)
    if refuses in {"0", "1"}:
        assert p == 1 - float(refuses)


def test_where_all_think_as_one_only_the_most_reluctant_of_them_counts() -> None:
    """At correlation 1 levels pass when the shock is below everyone's own point."""
    members = {"a": {"refuses": 0.1}, "b": {"refuses": 0.5}, "c": {"refuses": 0.4},
               "d": {"refuses": 0.2}}  # fmt: skip
    found = assessed(FOUR, {"members": members, "shared": {"everyone": 1}})
    assert found.carried_out[0] == pytest.approx(0.6, abs=1e-9)
    assert found.stopped[0] == pytest.approx([0, 0.1, 0.3, 0.0], abs=1e-9)


def test_nobody_can_be_reached_and_everything_expires() -> None:
    found = assessed(FOUR, {"members": {"everyone": {"refuses": 0.3, "unreachable": 1}}})
    assert found.expired[0, 1] == 1


def test_every_key_is_in_other_hands_and_everything_is_carried_out() -> None:
    everyone = {"refuses": 1, "unreachable": 1, "compromised": 1}
    assert carried_out(FOUR, {"members": {"everyone": everyone}}) == 1


@pytest.mark.parametrize(("probability", "p"), [(0, 0.9), (1, 0.0), (0.25, 0.675)])
def test_an_event_that_never_or_always_happens(probability: float, p: float) -> None:
    events = {"news": {"probability": probability, "members": ["a"], "makes": "refuses"}}
    beliefs = {"members": {"a": {"refuses": 0.1}}, "events": events}
    assert carried_out(FOUR, beliefs) == pytest.approx(p, abs=1e-12)


def test_nobody_has_ordered_and_the_head_is_asked_like_any_level() -> None:
    found = assessed(FOUR, {"originator": "none", "members": {"head": {"refuses": 0.25}}})
    assert found.stopped[0, 0] == 0.25
    assert found.carried_out[0] == 0.75


def test_ten_events_at_once_are_as_the_simulator_has_them() -> None:
    people = ["a", "b", "c", "d", "a", "b", "c", "d", "a", "d"]
    kinds = ["refuses", "unreachable", "compromised"]
    events = {
        f"event-{n}": {"probability": 0.1, "makes": kinds[n % 3],
                       "members": [person, people[n - 3]]}
        for n, person in enumerate(people)
    }  # fmt: skip
    beliefs = {"members": {"everyone": {"refuses": 0.2}}, "events": events}
    close_to_the_simulator(FOUR, beliefs)


def close_to_the_simulator(chain: dict[str, Any], beliefs: dict[str, Any]) -> Outcomes:
    found = assessed(chain, beliefs)
    drawn = simulate(*World(chain, beliefs).parsed(), runs=RUNS, seed=11)
    pairs = [(drawn.carried_out, found.carried_out[0])]
    for place, step in enumerate(drawn.steps):
        pairs += [(step.stopped, found.stopped[0, place]), (step.expired, found.expired[0, place])]
    for figure, p in pairs:
        error = math.hypot(math.sqrt(max(p * (1 - p), 0) / RUNS), found.se)
        assert figure.value == pytest.approx(p, abs=4.5 * error + 3 / RUNS)
    return found


GROUPS = {"one": ["a", "b"], "two": ["b", "c"], "three": ["c", "d"], "four": ["d", "a"]}


def test_four_groups_over_several_levels_are_sampled_and_say_so() -> None:
    beliefs = {"members": {"everyone": {"refuses": 0.3}}, "groups": GROUPS,
               "shared": dict.fromkeys(GROUPS, 0.4)}  # fmt: skip
    found = close_to_the_simulator(FOUR, beliefs)
    assert found.method == "sampled"
    assert 0 < found.se < 1e-3


def test_three_groups_are_integrated() -> None:
    beliefs = {"members": {"everyone": {"refuses": 0.3}}, "groups": GROUPS,
               "shared": dict.fromkeys(list(GROUPS)[:3], 0.4)}  # fmt: skip
    found = close_to_the_simulator(FOUR, beliefs)
    assert (found.method, found.se) == ("quadrature", 0)


@pytest.mark.parametrize("rho", [0.9, 0.99, 0.9999, 1])
def test_two_steep_shocks_are_right_whatever_their_label(rho: float) -> None:
    """Where tensors of nodes never agree, it is sampled, never left as it came out."""
    beliefs = {"members": {"everyone": {"refuses": 0.3}}, "groups": {"one": ["a", "b", "d"]},
               "shared": {"everyone": rho, "one": rho}}  # fmt: skip
    found = close_to_the_simulator(FOUR, beliefs)
    assert found.method in {"quadrature", "sampled"}
    assert (found.se > 0) == (found.method == "sampled")


@pytest.mark.parametrize("rho", [0.5, 0.999, 0.999999])
def test_a_steep_shock_within_a_level_under_one_over_all(rho: float) -> None:
    chain = chain_of(["a"], ["b", "c", "d", "e"], rules={2: "3 of members"})
    beliefs = {"members": {"everyone": {"refuses": 0.3}},
               "shared": {"everyone": 0.3, "level-2": rho}}  # fmt: skip
    assert close_to_the_simulator(chain, beliefs).method == "quadrature"


@pytest.mark.parametrize("refuses", [0.3, 0.45, 0.5])
@pytest.mark.parametrize("rho", [0.3, 0.99, 0.999999, 1])
def test_thousands_who_think_alike(refuses: float, rho: float) -> None:
    """Against adaptive integration of the binomial tail; a rule of few nodes says one half."""
    names = [f"m{n}" for n in range(2000)]
    chain = chain_of(names, rules={1: "1000 of members"})
    beliefs = {"members": {"everyone": {"refuses": refuses, "unreachable": "5%"}},
               "shared": {"everyone": rho}}  # fmt: skip
    point = -special.ndtri(refuses)
    least = special.ndtri(stats.beta.ppf(0.5, 1000, 1001) / 0.95)  # where half of them pass
    step = (point - math.sqrt(1 - rho) * least) / math.sqrt(rho)

    def passes(z: float) -> float:
        if rho == 1:
            w = float(z <= point)
        else:
            w = float(special.ndtr((point - math.sqrt(rho) * z) / math.sqrt(1 - rho)))
        tail = special.betainc(1000, 1001, 0.95 * w)
        return float(tail * math.exp(-z * z / 2) / math.sqrt(2 * math.pi))

    near = [step + side * 10.0**-digits for side in (-1, 1) for digits in range(7)]
    ends = sorted([-9, step, 9, *near])
    exact = sum(integrate.quad(passes, low, high, epsabs=1e-12)[0] for low, high in pairwise(ends))
    assert carried_out(chain, beliefs) == pytest.approx(exact, abs=1e-8)


def test_thousands_of_whom_a_few_differ() -> None:
    names = [f"m{n}" for n in range(2000)]
    few = {f"m{n}": {"refuses": (n + 1) / 10} for n in range(8)}
    chain = chain_of(names, rules={1: "1100 of members"})
    p = carried_out(chain, {"members": {"everyone": {"refuses": 0.45}, **few}})
    others = stats.binom(1992, 0.55)
    counts = np.ones(1)
    for said in few.values():
        counts = np.convolve(counts, [said["refuses"], 1 - said["refuses"]])
    exact = sum(chance * others.sf(1099 - done) for done, chance in enumerate(counts))
    assert p == pytest.approx(exact, rel=1e-9)


@pytest.mark.slow
def test_thousands_of_five_kinds() -> None:
    names = [f"m{n}" for n in range(2000)]
    kinds = {name: {"refuses": (1 + n % 5) / 10} for n, name in enumerate(names)}
    chain = chain_of(names, rules={1: "1400 of members"})
    beliefs = {"members": {"everyone": {"refuses": 0.3}, **kinds}, "shared": {"everyone": 0.3}}
    p = carried_out(chain, beliefs)
    drawn = simulate(*World(chain, beliefs).parsed(), runs=6000, seed=3)
    assert abs(drawn.carried_out.value - p) < 4.5 * drawn.carried_out.se


@pytest.mark.parametrize("need", [0, 1, 13, 25, 49, 50, 51])
def test_crowds_counted_at_once_are_people_counted_one_by_one(need: int) -> None:
    rng = np.random.default_rng(1)
    crowds = [(n, rng.random((2, 3))) for n in (1, 4, 20, 25)]
    people = [chance.copy() for n, chance in crowds for _ in range(n)]
    found = np.broadcast_to(crowds_at_least(need, crowds), (2, 3))
    counts = np.zeros((51, 2, 3))
    counts[0] = 1
    for p in people:
        counts[1:], counts[0] = counts[1:] * (1 - p) + counts[:-1] * p, counts[0] * (1 - p)
    assert np.allclose(found, counts[need:].sum(axis=0), atol=1e-12)
    assert np.allclose(at_least(need, people), found, atol=1e-12)


def test_a_crowds_counts_are_binomial_at_the_ends_too() -> None:
    found = binomial(7, np.array([0.0, 0.3, 1.0]))
    assert found[:, 0] == pytest.approx([1, 0, 0, 0, 0, 0, 0, 0])
    assert found[:, 2] == pytest.approx([0, 0, 0, 0, 0, 0, 0, 1])
    assert found[:, 1] == pytest.approx(stats.binom.pmf(range(8), 7, 0.3), rel=1e-12)


BOUND = {
    "chain": "bound",
    "members": {"p0": {"title": "P0", "deputy": "p1 after 1m"}, "p1": "P1", "p2": "P2"},
    "levels": [{"level": "first", "members": ["p0"]}, {"level": "second", "members": ["p2"]},
               {"level": "third", "members": ["p0", "p2"], "rule": "any"}],
}  # fmt: skip


@pytest.mark.parametrize(
    "cause",
    [{"shared": {"everyone": 0.6}},
     {"events": {"news": {"probability": 0.5, "members": ["p0", "p2"], "makes": "refuses"}}}],
    ids=["shock", "event"],
)  # fmt: skip
def test_one_cause_reaches_levels_before_a_later_level_binds_them(cause: dict[str, Any]) -> None:
    """The first two levels share nobody yet; the third has a member of each."""
    beliefs = {"originator": "none", "members": {"everyone": {"refuses": 0.3}}, **cause}
    found = assessed(BOUND, beliefs)
    exact = enumerated(*World(BOUND, beliefs).parsed())
    assert found.stopped[0] == pytest.approx(exact.stopped, abs=1e-6)
    assert found.carried_out[0] == pytest.approx(exact.carried_out, abs=1e-6)


DELAYED = {"members": {"everyone": {"refuses": 0.2}}}


@pytest.mark.parametrize(
    ("delays", "within", "expired"),
    [
        ({"level-1": "1m to 2m"}, "0.001s", 1.0),
        ({"level-1": "10m"}, "0.001s", 1.0),
        ({"level-1": "10m"}, "10m", 0.0),
        ({"level-1": {"median": "10m", "sigma": "0.000001"}}, "11m", 0.0),
        ({"level-1": {"median": "10m", "sigma": "0.000001"}}, "9m", 1.0),
        ({"level-1": {"median": "10m", "sigma": "50"}}, "10m", 0.5),
    ],
)  # fmt: skip
def test_deadlines_of_a_millisecond_and_delays_of_hardly_any_or_any_spread(
    delays: dict[str, Any], within: str, expired: float
) -> None:
    found = assessed(FOUR, {**DELAYED, "delays": delays, "within": within})
    assert found.expired[0, 1] == pytest.approx(expired, abs=1e-9)


def test_a_fault_of_more_than_rounding_is_not_clipped_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Probabilities that don't fit together are an error, however they came about."""
    monkeypatch.setattr(outcome, "in_time", lambda points, _: ([
        np.full(len(points), late) for late in (0.5, 0.6, 0.6, 0.6)
    ], 0.0))  # fmt: skip
    model = model_of(*World(FOUR, {}).parsed())
    with pytest.raises(AssessmentError, match="outside 0 to 1"):
        Assessor(model).at(medians(model))


def test_what_is_no_number_is_not_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outcome, "in_time", lambda points, _: (
        [np.full(len(points), np.nan)] * 4, 0.0
    ))  # fmt: skip
    model = model_of(*World(FOUR, {}).parsed())
    with pytest.raises(AssessmentError, match="came out nan"):
        Assessor(model).at(medians(model))
