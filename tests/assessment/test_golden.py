"""Published values, each computed two independent ways, to the digits given."""

from typing import Any

import numpy as np
import pytest

from assessment.golden import beliefs_of, cases, chain_of
from cheget.assessment.change import break_even
from cheget.assessment.importance import importances
from cheget.assessment.model import model_of
from cheget.assessment.number import parse_number
from cheget.assessment.outcome import Assessor, medians
from cheget.assessment.spread import mean, median
from cheget.assessment.uncertainty import Study
from cheget.assessment.words import odds, phrase
from cheget.proof.account import accounts

POINT = [
    name for name, case in cases().items()
    if "carried_out" in case.get("answers", {}) and isinstance(case["answers"], dict)
]  # fmt: skip


@pytest.mark.parametrize("name", POINT)
def test_outcomes_at_given_inputs(name: str) -> None:
    case = cases()[name]
    chain, beliefs = chain_of(case), beliefs_of(case)
    model = model_of(chain, beliefs, case.get("situation", ""))
    found = Assessor(model).at(medians(model))
    answers = case["answers"]
    assert found.carried_out[0] == pytest.approx(answers["carried_out"], abs=1e-8)
    if "stopped" in answers:
        assert found.stopped[0] == pytest.approx(answers["stopped"], abs=1e-8)
        assert found.expired[0] == pytest.approx(answers["expired"], abs=1e-8)
    if "stopped_at_executors" in answers:
        assert found.stopped[0, -1] == pytest.approx(answers["stopped_at_executors"], abs=1e-8)
        assert found.expired[0, -1] == pytest.approx(answers["expired_at_executors"], abs=1e-8)
    total = found.carried_out + found.stopped.sum(axis=1) + found.expired.sum(axis=1)
    assert np.allclose(total, 1.0, atol=1e-9)


def study(name: str, beliefs: dict[str, Any] | None = None) -> Study:
    case = cases()[name]
    return Study(model_of(chain_of(case), beliefs_of(case, beliefs)))


def test_two_uncertain_numbers_by_quadrature() -> None:
    found, answers = study("two uncertain numbers"), cases()["two uncertain numbers"]["answers"]
    told = found.uncertain()
    assert told.mean.value == pytest.approx(answers["mean"], abs=1e-8)
    assert told.sd.value == pytest.approx(answers["sd"], abs=1e-8)
    assert told.below(0.5).value == pytest.approx(answers["below_half"], abs=1e-8)
    medians_ = found.at_medians().carried_out[0]
    assert medians_ == pytest.approx(answers["at_medians"], abs=1e-8)
    indices = {one.name.split(".")[0]: one for one in told.inputs}
    for name, of in (("everyone", "refuses"), ("shared", "shared")):
        assert indices[name].first.value == pytest.approx(answers[f"first_{of}"], abs=1e-8)
        assert indices[name].total.value == pytest.approx(answers[f"total_{of}"], abs=1e-8)
    assert {told.mean.method, told.sd.method, told.below(0.5).method} == {"quadrature"}


def test_a_belief_about_a_level_is_one_number_and_about_its_members_three() -> None:
    name = "a level’s belief against three members’"  # noqa: RUF001
    case = cases()[name]
    shared, own = (study(name, beliefs).uncertain().mean.value for beliefs in case["beliefs"])
    assert shared == pytest.approx(case["answers"]["shared_by_the_level"], abs=1e-8)
    assert own == pytest.approx(case["answers"]["each_their_own"], abs=1e-8)


def test_the_specimen_with_four_uncertain_numbers() -> None:
    case = cases()["the specimen"]
    found, answers, near = study("the specimen"), case["answers"], case["tolerance"]
    told = found.uncertain()
    assert told.mean.value == pytest.approx(answers["mean"], abs=near["mean"])
    assert told.sd.value == pytest.approx(answers["sd"], abs=near["sd"])
    below = told.below(0.5)
    assert below.value == pytest.approx(
        answers["below_half"], abs=near["below_half"] + 3 * below.se
    )
    assert found.at_medians().carried_out[0] == pytest.approx(answers["at_medians"], abs=1e-8)
    by = dict(told.quantiles)
    for q, value in zip((0.05, 0.5, 0.95), answers["quantiles_5_50_95"], strict=True):
        assert by[q].value == pytest.approx(value, abs=near["quantiles_5_50_95"] + 3 * by[q].se)
        assert by[q].method == "sampled"


def test_the_refusal_at_which_it_is_as_likely_as_not() -> None:
    case = cases()["break-even"]
    found = break_even(chain_of(case), beliefs_of(case))
    assert found == pytest.approx(case["answers"]["everyone_refuses"], abs=1e-8)


def test_how_much_each_mind_matters() -> None:
    of = study("importance")
    blocking = accounts(of.model.chain)[0].blocking.first(100)
    found = {one.person: one for one in importances(of, blocking)}
    for person, answers in cases()["importance"]["answers"].items():
        one = found[person]
        assert one.birnbaum == pytest.approx(answers["birnbaum"], abs=1e-8)
        assert one.reduction == pytest.approx(answers["rrw"], abs=1e-8)
        assert one.achievement == pytest.approx(answers["raw"], abs=1e-8)
        assert one.fussell_vesely == pytest.approx(answers["fussell_vesely"], abs=1e-8)
        assert one.by_sets == pytest.approx(answers["fussell_vesely_sets"], abs=1e-8)


def test_ranges_have_the_medians_and_means_that_are_published() -> None:
    said, answers = cases()["distributions"]["expressions"], cases()["distributions"]["answers"]
    interval = parse_number(said["interval"], "probability")
    delay = parse_number(said["delay"], "duration")
    pert = parse_number(said["pert"], "probability")
    beta = parse_number("beta(2, 5)", "probability")
    assert median(interval) == pytest.approx(answers["interval_median"], abs=1e-8)
    assert mean(interval) == pytest.approx(answers["interval_mean"], abs=1e-8)
    assert median(delay) == pytest.approx(answers["delay_median_s"], abs=1e-6)
    assert mean(delay) == pytest.approx(answers["delay_mean_s"], abs=1e-6)
    assert median(pert) == pytest.approx(answers["pert_median"], abs=1e-8)
    assert mean(pert) == pytest.approx(answers["pert_mean"], abs=1e-8)
    assert median(beta) == pytest.approx(answers["beta_2_5_median"], abs=1e-8)


def test_words_and_odds() -> None:
    for case in cases()["words and odds"]["answers"]:
        assert (phrase(case["p"]), odds(case["p"])) == (case["phrase"], case["odds"])


def test_shapley_and_banzhaf_are_those_that_prove_finds() -> None:
    case = cases()["shapley and banzhaf"]
    chain, answers = chain_of(case), case["answers"]
    powers = accounts(chain)[0].powers
    for at, member in enumerate(("s1", "s2", "s3", "s4", "z")):
        assert float(powers[member].shapley) == pytest.approx(answers["shapley"][at], abs=1e-9)
        assert powers[member].swings == answers["swings"][at]
        assert powers[member].swings / 2**4 == answers["banzhaf"][at]


ELEVEN = {
    "members": {f"level-{n}": {"refuses": "5% to 50%"} for n in (1, 2, 3, 4, 5)},
    "shared": {"everyone": "0.2 to 0.8"},
    "delays": {f"level-{n}": {"median": "2m to 6m", "sigma": "0.5"} for n in (1, 2, 3, 4, 5)},
    "within": "25m",
}


def test_eleven_inputs_have_moments_without_sampling_that_sampling_agrees_with() -> None:
    found = study("singles", ELEVEN)
    exact = found._moments()
    assert exact is not None
    rows = [one.carried_out for one in found.draws()]
    means = np.array([row.mean() for row in rows])
    assert exact.mean == pytest.approx(means.mean(), abs=5 * means.std(ddof=1) / 8**0.5)
    sds = np.array([row.std() for row in rows])
    assert exact.variance**0.5 == pytest.approx(sds.mean(), abs=5 * sds.std(ddof=1) / 8**0.5)
    assert exact.mean + sum(exact.stopped) + sum(exact.expired) == pytest.approx(1, abs=1e-6)
    firsts, totals = zip(*exact.indices, strict=True)
    assert sum(firsts) < 1 < sum(totals)
    assert all(first <= total for first, total in exact.indices)
    assert found.uncertain().mean.method == "quadrature"


@pytest.mark.parametrize(
    ("rho", "row"),
    [(0.0, (0.7738, 0.5905, 0.3277, 0.1681, 0.0313)), (0.4, (0.8197, 0.6833, 0.4761, 0.3257, 0.1342)),  # noqa: E501
     (0.8, (0.8834, 0.7905, 0.6340, 0.5025, 0.2910))],
)  # fmt: skip
def test_five_who_must_all_concur(rho: float, row: tuple[float, ...]) -> None:
    for q, expected in zip((0.05, 0.1, 0.2, 0.3, 0.5), row, strict=True):
        beliefs = {"members": {"everyone": {"refuses": q}}, "shared": {"everyone": rho}}
        assert study("singles", beliefs).quick_mean() == pytest.approx(expected, abs=1e-4)
