"""The simulator reads the rules by itself, and comes to what the exact method says."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from scipy import special, stats

from assessment.enumeration import enumerated
from assessment.golden import beliefs_of, cases, chain_of
from assessment.worlds import World, parsed, worlds
from cheget.assessment.beliefs import Beliefs
from cheget.assessment.correlation import correlation as exact_correlation
from cheget.assessment.model import model_of
from cheget.assessment.number import Field, parse_number
from cheget.assessment.outcome import Assessor, medians
from cheget.assessment.parse import parse_beliefs
from cheget.assessment.simulation.cast import cast_of
from cheget.assessment.simulation.numbers import correlation, draw, median
from cheget.assessment.simulation.simulate import Figure, Simulated, simulate
from cheget.assessment.spread import below
from cheget.assessment.spread import median as exact_median
from cheget.assessment.uncertainty import Study
from cheget.chain.chain import Chain
from cheget.chain.parse import parse_chain
from cheget.errors import AssessmentError, ChainFileError

ROOT = Path(__file__).parent.parent.parent
SCENARIOS = ROOT / "src" / "cheget" / "scenarios"
POINT = [name for name, case in cases().items()
         if "carried_out" in case.get("answers", {}) and "beliefs" in case]  # fmt: skip
ERRORS = 4.5  # standard errors within which a simulated figure must lie: 1 in 150,000 doesn't


def ends(found: Simulated) -> list[Figure]:
    return [found.carried_out, *(one.stopped for one in found.steps),
            *(one.expired for one in found.steps)]  # fmt: skip


def agrees(found: Simulated, exact: list[float]) -> None:
    """Every end lies within some standard errors; rare ones come in whole runs."""
    assert len(ends(found)) == len(exact)
    for figure, p in zip(ends(found), exact, strict=True):
        error = math.sqrt(max(p * (1 - p), 0) / found.runs)
        assert figure.value == pytest.approx(p, abs=ERRORS * error + 3 / found.runs)


def exact_ends(chain: Chain, beliefs: Beliefs, situation: str = "") -> list[float]:
    model = model_of(chain, beliefs, situation)
    found = Assessor(model).at(medians(model))
    return [float(found.carried_out[0]), *found.stopped[0], *found.expired[0]]


@pytest.mark.parametrize("name", POINT)
def test_published_cases_are_met_within_their_standard_errors(name: str) -> None:
    case = cases()[name]
    chain, beliefs, situation = chain_of(case), beliefs_of(case), case.get("situation", "")
    runs = 10_000 if sum(beliefs.naming.values()) > 100 else 60_000
    agrees(simulate(chain, beliefs, situation, runs=runs, seed=7),
           exact_ends(chain, beliefs, situation))  # fmt: skip


@settings(max_examples=40, derandomize=True)
@given(worlds(people=4))
def test_small_worlds_end_as_enumerating_everybody_says(world: World) -> None:
    chain, beliefs = parsed(world)
    agrees(simulate(chain, beliefs, runs=4000), enumerated(chain, beliefs).all)


@settings(max_examples=30, derandomize=True)
@given(worlds(people=4, visible=True, veto=False, twice=False))
def test_small_worlds_of_visible_answers_do_too(world: World) -> None:
    chain, beliefs = parsed(world)
    agrees(simulate(chain, beliefs, runs=4000), enumerated(chain, beliefs).all)


@settings(max_examples=25, derandomize=True)
@given(worlds(people=5, groups=3, delays=True))
def test_worlds_of_several_groups_and_clocks_end_as_the_exact_method_says(world: World) -> None:
    chain, beliefs = parsed(world)
    try:
        exact = exact_ends(chain, beliefs)
    except AssessmentError:
        return  # the exact method says so where it can't; the simulator can
    agrees(simulate(chain, beliefs, runs=4000), exact)


@settings(max_examples=60)
@given(worlds(groups=2, delays=True))
def test_both_resolve_the_same_numbers_for_the_same_people(world: World) -> None:
    """Rule 19 read twice: who holds which number, from where, and which are uncertain."""
    world.beliefs["members"]["everyone"]["refuses"] = "5% to 50%"
    world.beliefs["situations"] = {"war": {"everyone": {"unreachable": "1% to 9%"}}}
    chain, beliefs = parsed(world)
    model, cast = model_of(chain, beliefs, "war"), cast_of(chain, beliefs, "war")
    assert [vars(row) for row in cast.table] == [vars(row) for row in model.table]
    assert {one.name for one in model.inputs} == {
        one.name for one in cast.stated() if not one.belief.number.certain
    }


CLOSE_TO = """beliefs: guess
chain: small
members: {everyone: {refuses: 5% to 50%}, bob: {unreachable: 'beta(2, 8)'}}
shared: {everyone: 30% to 60% once another refuses}
delays: {team: {median: 10m to 1h, sigma: 0.5}, owner: 10m to 1h}
within: 1h
expect: expired > 10%
"""
SMALL = b"""chain: small
members: {ann: Ann, bob: Bob, cho: Cho, dee: Dee}
levels:
  - {level: request, members: [ann]}
  - {level: team, members: [bob, cho], rule: all}
  - {level: owner, members: [dee]}
"""


def within(figure: Figure, value: float) -> bool:
    return abs(figure.value - value) < ERRORS * figure.se


def test_means_and_spread_over_uncertain_numbers_are_those_of_quadrature() -> None:
    chain = parse_chain(SMALL)
    beliefs = parse_beliefs(CLOSE_TO.encode(), chain)
    found = simulate(chain, beliefs, runs=200_000, seed=1)
    study = Study(model_of(chain, beliefs))
    exact, means = study.uncertain(), study.means()
    assert within(found.carried_out, exact.mean.value)
    assert within(found.sd, exact.sd.value)
    assert found.sd.se < exact.sd.value / 20  # so that the line above could fail
    assert within(found.at_medians, float(study.at_medians().carried_out[0]))
    for step, stopped, expired in zip(found.steps, means.stopped, means.expired, strict=True):
        assert within(step.stopped, stopped.value)
        assert within(step.expired, expired.value)
    assert found.expected is not None
    assert within(found.expected, sum(one.value for one in means.expired))


def test_equal_seeds_give_equal_digits_and_others_others() -> None:
    chain = parse_chain(SMALL)
    beliefs = parse_beliefs(CLOSE_TO.encode(), chain)
    first, again, other = (simulate(chain, beliefs, runs=2001, seed=seed) for seed in (3, 3, 4))
    assert first == again
    assert first.carried_out != other.carried_out
    assert first.runs == 2002  # twins


def test_what_no_run_came_to_is_not_said_to_be_impossible() -> None:
    chain = parse_chain(SMALL)
    beliefs = parse_beliefs(b"beliefs: b\nchain: small\nmembers: {dee: {refuses: 0.1%}}\n", chain)
    found = simulate(chain, beliefs, runs=100)
    assert found.steps[-1].stopped.se >= 1 / 100


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("5% to 50%", "probability"), ("beta(2, 5)", "probability"), ("10m to 2h", "duration"),
        ("uniform(0.1, 0.4)", "probability"), ("triangular(0, 0.1, 0.9)", "probability"),
        ("pert(5%, 10%, 60%)", "probability"), ("-1 to 0.5", "real"), ("normal(0, 2)", "real"),
        ("truncate(normal(0.2, 0.2), 0, 1)", "probability"),
        ("mixture(1% to 5%, beta(2, 2), [3, 1])", "probability"),
        ("truncate(mixture(1% to 5%, uniform(0, 1), [1, 1]), 2%, 60%)", "probability"),
    ],
)  # fmt: skip
def test_draws_follow_the_law_that_is_written(text: str, field: Field) -> None:
    number = parse_number(text, field)
    drawn = draw(number, 20_000, np.random.default_rng(5))
    found = stats.kstest(drawn, lambda x: below(number, np.asarray(x)))
    assert found.pvalue > 1e-4
    assert median(number) == pytest.approx(exact_median(number), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("refuses", [0.01, 0.2, 0.5, 0.9])
@pytest.mark.parametrize("more", [0.0, 0.3, 0.9, 0.99])
def test_once_another_refuses_is_one_correlation_by_two_integrals(
    refuses: float, more: float
) -> None:
    once = refuses + more * (1 - refuses)
    exact, found = exact_correlation(refuses, once), correlation(refuses, once)
    assert exact is not None
    assert found == pytest.approx(exact, abs=1e-7)
    # A correlation near one hangs on few digits of `once`; what it stands for must hold anyway.
    both = refuses - 2 * special.owens_t(
        special.ndtri(refuses), math.sqrt(max(1 - (found or 0), 0) / (1 + (found or 0)))
    )
    assert both == pytest.approx(once * refuses, abs=1e-9)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("members: {team: {refuses: 5%}, owner: {refuses: 9%}}\n", "both say of `bob`"),
        ("members: {everyone: {refuses: 50%}}\nshared: {everyone: 20% once another refuses}\n",
         "once another refuses"),
        ("shared: {team: 20% once another refuses}\n", "nothing says how `team` refuses"),
        (("groups: {g: [bob, cho]}\nmembers: {bob: {refuses: 5%}, cho: {refuses: 6%}}\n"
         "shared: {g: 20% once another refuses}\n"), "don't refuse alike"),
    ],
)  # fmt: skip
def test_beliefs_that_contradict_themselves_are_refused(more: str, said: str) -> None:
    chain = parse_chain(SMALL.replace(b"members: [dee]", b"members: [dee, bob], rule: any"))
    beliefs = parse_beliefs(f"beliefs: b\nchain: small\n{more}".encode(), chain)
    with pytest.raises(ChainFileError, match=said):
        simulate(chain, beliefs, runs=10)


def test_a_situation_that_is_not_there_is_refused() -> None:
    chain = parse_chain(SMALL)
    with pytest.raises(AssessmentError, match="no situation `war`"):
        simulate(chain, parse_beliefs(CLOSE_TO.encode(), chain), "war")


@pytest.mark.parametrize(
    ("change", "said"),
    [({"veto": "any"}, "aren't defined with a veto"), ({"members": ["a", "b"], "rule": "any"},
                                                       "sit at one place only")],
)  # fmt: skip
def test_visible_answers_are_refused_where_they_are_not_defined(
    change: dict[str, Any], said: str
) -> None:
    levels = [{"level": "head", "members": ["h"]}, {"level": "one", "members": ["a"]},
              {"level": "two", "members": ["b"], **change}]  # fmt: skip
    world = World({"chain": "c", "members": {"h": "H", "a": "A", "b": "B"}, "levels": levels},
                  {"visible": {"concurrence": 0.5}})  # fmt: skip
    with pytest.raises(AssessmentError, match=said):
        simulate(*world.parsed(), runs=10)


LOOK = """
import json, sys
import cheget.assessment.simulation.simulate
print(json.dumps(sorted(name for name in sys.modules if name.startswith("cheget."))))
"""


def test_the_simulator_loads_nothing_of_the_exact_method() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOOK], capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )  # fmt: skip
    loaded = {name for name in json.loads(done.stdout) if name.startswith("cheget.assessment.")}
    shared = {"cheget.assessment.beliefs", "cheget.assessment.number"}
    assert {one for one in loaded if "simulation" not in one} == shared


def test_an_originators_other_seat_is_left_to_a_deputy_who_sees_what_was_answered() -> None:
    """Rules 9, 11 and 15 together: the exact method, the oracle and the simulator agree."""
    world = World(
        {
            "chain": "c",
            "members": {"h": {"title": "H", "deputy": ["d after 1m", "e after 1m"]}, "d": "D",
                        "e": "E", "a": "A", "b": "B"},
            "levels": [{"level": "head", "members": ["h"]},
                       {"level": "one", "members": ["a", "h"], "rule": "any"},
                       {"level": "two", "members": ["b", "h"], "rule": "all"}],
        },
        {
            "members": {"everyone": {"refuses": 0.4, "unreachable": 0.2}},
            "visible": {"concurrence": 0.8, "refusal": -0.6}, "shared": {"everyone": 0.3},
        },
    )  # fmt: skip
    fewer = {post: said for post, said in world.chain["members"].items() if post != "b"}
    once = {**world.chain, "members": fewer, "levels": world.chain["levels"][:2]}
    chain, beliefs = World(once, world.beliefs).parsed()
    exact = enumerated(chain, beliefs).all
    assert exact_ends(chain, beliefs) == pytest.approx(exact, abs=1e-7)
    agrees(simulate(chain, beliefs, runs=40_000), exact)
    with pytest.raises(AssessmentError, match="one place only"):  # a deputy at two levels
        simulate(*world.parsed(), runs=10)


BUNDLED = sorted((SCENARIOS / "beliefs").glob("*.yaml"))


@pytest.mark.slow
@pytest.mark.parametrize("file", BUNDLED, ids=lambda file: file.stem)
def test_beliefs_that_come_with_cheget_are_simulated_as_they_are_computed(file: Path) -> None:
    text = file.read_bytes()
    chains = {chain.id: chain for chain in
              (parse_chain(one.read_bytes()) for one in SCENARIOS.glob("*.yaml"))}  # fmt: skip
    about = next(line.split(":")[1].split("#")[0].strip() for line in text.decode().splitlines()
                 if line.startswith("chain:"))  # fmt: skip
    beliefs = parse_beliefs(text, chains[about])
    for situation in beliefs.situations or [""]:
        found = simulate(chains[about], beliefs, situation, runs=60_000, seed=2)
        study = Study(model_of(chains[about], beliefs, situation), samples=256)
        exact, means = study.uncertain(), study.means()
        assert within(found.carried_out, exact.mean.value)
        assert within(found.sd, exact.sd.value) or not found.inputs
        for step, stopped, expired in zip(found.steps, means.stopped, means.expired, strict=True):
            assert within(step.stopped, stopped.value)
            assert within(step.expired, expired.value)
