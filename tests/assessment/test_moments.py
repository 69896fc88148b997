"""Moments and Sobol indices without sampling, against sampling, for what levels may share."""
# ruff: noqa: E501 - beliefs are shown as they are written

import numpy as np
import pytest

from cheget.assessment.integral import halved
from cheget.assessment.model import model_of
from cheget.assessment.moments import moments_of
from cheget.assessment.outcome import Assessor, medians
from cheget.assessment.parse import parse_beliefs
from cheget.assessment.uncertainty import Study
from cheget.chain.parse import parse_chain
from cheget.errors import AssessmentError

CHAIN = b"""
chain: four-levels
members: {head: H, a: A, b: B, c: C, d: D, e: E, f: F}
levels:
  - {level: order, members: [head]}
  - {level: one, members: [a]}
  - {level: body, members: [b, c, d], rule: 2 of members}
  - {level: two, members: [e, f], rule: any}
"""
ALIKE = "members: {everyone: {refuses: 10% to 40%, unreachable: 1% to 10%}, body: {refuses: 10% to 60%}}"
SHARED = {
    "one shock": "shared: {everyone: 0.2 to 0.8}",
    "a group within a level": "shared: {everyone: 0.2 to 0.8, pair: 0.1 to 0.4}\ngroups: {pair: [b, c]}",
    "an event that takes two levels":
        "shared: {everyone: 0.4}\nevents: {screen: {probability: 10%, members: [a, e], makes: refuses}}",
    "an event within a level, of uncertain probability":
        "shared: {everyone: 0.4}\n"
        "events: {screen: {probability: 5% to 20%, members: [b, c], makes: compromised}}",
    "two levels with inputs of their own":
        "shared: {everyone: 0.3}\nmessages: {two: -1 to 0}",
    "three levels with inputs of their own":
        "shared: {everyone: 0.3}\nmessages: {one: -1 to 0, two: -1 to 0}",
}  # fmt: skip


def study(more: str) -> Study:
    chain = parse_chain(CHAIN)
    said = f"beliefs: some\nchain: four-levels\n{ALIKE}\n{more}\n"
    return Study(model_of(chain, parse_beliefs(said.encode(), chain)), samples=256)


@pytest.mark.slow
@pytest.mark.parametrize("more", SHARED.values(), ids=SHARED)
def test_moments_without_sampling_are_those_that_sampling_finds(more: str) -> None:
    found = study(more)
    exact = moments_of(found.assessor)
    assert exact is not None
    rows = [one.carried_out for one in found.draws()]
    for value, each in ((exact.mean, [row.mean() for row in rows]),
                        (exact.variance**0.5, [row.std() for row in rows])):  # fmt: skip
        assert value == pytest.approx(np.mean(each), abs=5 * np.std(each, ddof=1) / 8**0.5 + 1e-5)
    assert exact.mean + sum(exact.stopped) + sum(exact.expired) == pytest.approx(1, abs=1e-6)
    for one, (first, total) in zip(found.indices(), exact.indices, strict=True):
        assert first == pytest.approx(one.first.value, abs=6 * one.first.se + 2e-3)
        assert total == pytest.approx(one.total.value, abs=6 * one.total.se + 2e-3)
    quick = found.quick()
    assert quick.method == "quadrature"
    assert quick.value == pytest.approx(exact.mean, abs=2e-4)


@pytest.mark.parametrize("more", list(SHARED.values())[:4], ids=list(SHARED)[:4])
def test_the_coarse_rule_for_draws_is_as_fine_as_it_says(more: str) -> None:
    found = study(more)
    values = found.values(found._scores(0, found.size)[:32])
    coarse = found.assessor.at(values, 1e-6)
    for place in (0, 7, 19):
        fine = found.assessor.at(values[place : place + 1])
        assert coarse.carried_out[place] == pytest.approx(fine.carried_out[0], abs=1e-6)
        assert coarse.stopped[place] == pytest.approx(fine.stopped[0], abs=1e-6)


def test_an_event_that_one_level_has_is_summed_within_it_and_one_of_two_levels_outside() -> None:
    within, across = (
        study(SHARED["an event within a level, of uncertain probability"]),
        study(SHARED["an event that takes two levels"]),
    )
    assert (len(within.assessor.causes), len(across.assessor.causes)) == (0, 1)
    # By hand: the event either happens, and puts its members in that state, or doesn't.
    model = across.model
    happens = Assessor(model).forcing({"a": "refused", "e": "refused"})
    happens.causes = ()
    without = Assessor(model)
    without.causes = ()
    at = medians(model)
    mixed = 0.1 * happens.at(at).carried_out[0] + 0.9 * without.at(at).carried_out[0]
    assert across.at_medians().carried_out[0] == pytest.approx(mixed, abs=1e-10)


def test_what_is_no_number_ends_an_integral_and_never_halves_for_ever() -> None:
    with pytest.raises(AssessmentError, match="no number"):
        halved(lambda z: np.where(np.abs(z) < 0.5, np.nan, z)[None, :], 1e-12, 1000)
