"""The beliefs that come with cheget: each is read, has its word, and says what its page tells."""

from dataclasses import replace
from pathlib import Path

import pytest

import cheget
from chain.scenarios import SCENARIOS
from cheget.assessment.answer import Assessment, assess
from cheget.assessment.beliefs import Beliefs
from cheget.assessment.simulation.simulate import simulate
from cheget.cli.assess import read_cases
from cheget.report.library import BELIEFS, FIRST, FOLDER, beliefs_about, believed, chain_of

COUNCILS = {"eu-council", "security-council"}  # their pages say why they have none
CIVIL = ("wipe-database", "move-treasury", "multisig-treasury", "release-firmware", "bank-wire",
         "root-ksk", "vault-unseal", "high-risk-drug")  # fmt: skip


def answer(scenario: str, name: str, situation: str = "") -> Assessment:
    chain = cheget.load(scenario)
    return assess(chain, cheget.load_beliefs(name, chain), situation)


def beliefs_of(name: str) -> Beliefs:
    (case,) = read_cases([name])
    return case.beliefs


@pytest.mark.parametrize("name", believed())
def test_beliefs_are_named_like_their_file_and_name_their_action(name: str) -> None:
    found = beliefs_of(name)
    assert (found.id, found.action is None) == (name, False)
    assert (BELIEFS / f"{name}.yaml").read_text().startswith("# ")


@pytest.mark.parametrize("name", believed())
def test_every_source_of_beliefs_says_who_and_where(name: str) -> None:
    for source in beliefs_of(name).sources.values():
        assert source.who
        assert source.where


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_scenario_has_beliefs_and_its_page_tells_of_each(scenario: str) -> None:
    chain = chain_of(scenario)
    assert chain == cheget.load(scenario).id
    names = beliefs_about(chain)
    assert (not names) == (scenario in COUNCILS)
    page = (FOLDER / f"{scenario}.md").read_text()
    for name in names:
        assert f"`{name}`" in page
    assert len({*names} & {*FIRST}) == (1 if len(names) > 1 else 0)


@pytest.mark.parametrize("scenario", CIVIL)
def test_what_is_guarded_has_a_right_order_and_a_wrong_one(scenario: str) -> None:
    (case,) = read_cases([scenario])
    assert list(case.beliefs.situations) == ["legitimate", "rogue"]


@pytest.mark.parametrize(
    ("scenario", "name", "always", "never"),
    [
        ("vault-unseal", "five-shares", 0.991, 1.2e-3),
        ("multisig-treasury", "nine-keys", 0.9991, 3.3e-5),
        ("minuteman", "squadron", 0.9945, 6.2e-5),
        ("root-ksk", "ceremony-day", 0.656, 2.3e-8),
    ],
)
def test_anchors_give_the_published_columns(
    scenario: str, name: str, always: float, never: float
) -> None:
    right, wrong = (answer(scenario, name, one).mean for one in ("legitimate", "rogue"))
    assert right.value == pytest.approx(always, abs=5e-4)
    assert wrong.value == pytest.approx(never, rel=0.04)
    assert right.method in {"exact", "quadrature"}


@pytest.mark.parametrize(
    ("name", "published"),
    [("reading-one-voice", 0.4761), ("reading-one-mind", 0.3506), ("reading-majority", 0.5109)],
)
def test_the_readings_are_the_published_chains(name: str, published: float) -> None:
    found = answer("cheget-readings", name)
    assert found.mean.value == pytest.approx(published, abs=1e-4)
    if name == "reading-one-mind":
        stopped = [step.stopped.value for step in found.steps]
        assert stopped == pytest.approx([0, 0.2, 0.3642, 0.0333, 0.028, 0.024], abs=1e-4)


def test_replacing_those_of_a_level_of_one_leaves_a_probability_a_probability() -> None:
    """Rounding put a successor's concurrence above 1, and nothing more could be computed."""
    chain = cheget.load("cheget-readings")
    beliefs = cheget.load_beliefs("reading-one-voice", chain)
    twice = assess(chain, replace(beliefs, replace=2)).mean
    assert twice.value == pytest.approx(0.8766, abs=1e-4)  # as published


def test_two_nurses_miss_what_the_trial_says_they_miss() -> None:
    """A trial's 77.7 % by two, where one finds 66.3 %: a wrong dose passes the bedside."""
    found = answer("high-risk-drug", "double-checkers", "rogue")
    stops = {step.level: step.stopped.value + step.expired.value for step in found.steps}
    reached = 1 - stops["pharmacy"] - stops["prescription"]
    assert found.mean.value / reached == pytest.approx(1 - 0.777, abs=0.003)


def test_the_officers_verdict_is_supported_and_turns_where_refusers_are_replaced() -> None:
    officers = answer("cheget", "two-retired-officers")
    assert officers.expected is not None
    assert (officers.expected.verdict, officers.expected.mean_holds) == ("supported", True)
    means = {name: answer("cheget", name).mean.value for name in beliefs_about("tactical-release")}
    assert means["replaced-refusers"] > means["obedience"] > 0.5 > means["think-alike"]
    assert means["think-alike"] > officers.mean.value


def test_dissenters_differ_from_the_officers_in_what_they_dissent_on() -> None:
    officers = beliefs_of("two-retired-officers")
    replaced, alike, obedient = map(beliefs_of, ("replaced-refusers", "think-alike", "obedience"))
    assert replaced.members == officers.members == alike.members
    assert (replaced.shared, replaced.delays) == (officers.shared, officers.delays)
    assert (alike.delays, obedient.delays) == (officers.delays, officers.delays)
    assert (obedient.shared, replaced.replace, alike.replace) == (officers.shared, 2, 0)


def test_one_cause_for_all_is_nearly_all_of_the_risk_of_a_multisignature() -> None:
    apart = answer("multisig-treasury", "nine-keys", "rogue").mean.value
    together = answer("multisig-treasury", "forged-screen", "rogue").mean.value
    assert together > 100 * apart


def test_a_page_of_beliefs_says_what_they_do_not_support() -> None:
    for name in beliefs_about("tactical-release"):
        page = Path(BELIEFS / f"{name}.md").read_text()
        assert page.startswith(f"# {name}: ")
        assert "support" in page


@pytest.mark.slow
@pytest.mark.parametrize("name", believed())
def test_an_independent_simulator_agrees_about_what_comes_with_cheget(name: str) -> None:
    (case,) = read_cases([name])
    for situation in case.beliefs.situations or [""]:
        computed = assess(case.chain, case.beliefs, situation).mean
        lived = simulate(case.chain, case.beliefs, situation, runs=50_000).carried_out
        near = 5 * max(lived.se, 1e-4) + 5 * computed.se
        assert lived.value == pytest.approx(computed.value, abs=near)
