"""Released by when: P(released by t) over the stated beliefs."""

import math
from itertools import pairwise

import numpy as np
import pytest
from scipy import special

from cheget.assessment.fan import released
from cheget.assessment.model import model_of
from cheget.assessment.parse import parse_beliefs
from cheget.assessment.uncertainty import Study
from cheget.chain.parse import parse_chain

CHAIN = parse_chain(b"""
chain: two-levels
members: {head: H, a: A, b: B}
levels:
  - {level: order, members: [head]}
  - {level: one, members: [a]}
  - {level: two, members: [b]}
""")


def study(said: str) -> Study:
    beliefs = parse_beliefs(f"beliefs: some\nchain: two-levels\n{said}\n".encode(), CHAIN)
    return Study(model_of(CHAIN, beliefs), samples=256)


def test_one_delay_is_its_law_times_the_chance_that_every_level_concurs() -> None:
    found = released(study("members: {everyone: {refuses: 20%}}\n"
                           "delays: {one: {median: 10m, sigma: 0.5}}\nwithin: 1h"))  # fmt: skip
    assert found is not None
    times = np.array(found.times[1:])
    law = 0.64 * special.ndtr(np.log(times / 600) / 0.5)
    assert np.array(found.mean[1:]) == pytest.approx(law, abs=2e-4)
    assert found.mean == found.median == found.low == found.high
    assert (found.times[0], found.mean[0], found.within) == (0, 0, 3600)


@pytest.mark.parametrize("delays", ["{one: 5m to 30m, two: 10m}",
                                    "{one: {median: 3m to 20m, sigma: 0.5}}"])  # fmt: skip
def test_it_ends_at_the_answer_and_never_falls(delays: str) -> None:
    one = study("members: {everyone: {refuses: 5% to 50%, unreachable: 2% to 10%}}\n"
                f"shared: {{everyone: 0.2 to 0.7}}\ndelays: {delays}\nwithin: 40m")  # fmt: skip
    found = released(one)
    assert found is not None
    answer = one.uncertain()
    quantiles = {q: value.value for q, value in answer.quantiles}
    assert found.mean[-1] == pytest.approx(answer.mean.value, abs=0.01)
    assert found.low[-1] == pytest.approx(quantiles[0.05], abs=0.02)
    assert found.high[-1] == pytest.approx(quantiles[0.95], abs=0.02)
    for line in (found.mean, found.median, found.low, found.high):
        assert all(b >= a - 1e-6 for a, b in pairwise(line))
    for low, middle, high in zip(found.low, found.median, found.high, strict=True):
        assert low <= middle <= high


def test_without_a_deadline_it_goes_on_until_nearly_all_delays_are_over() -> None:
    found = released(study("members: {everyone: {refuses: 20%}}\n"
                           "delays: {one: {median: 1h, sigma: 1.5}}"))  # fmt: skip
    assert found is not None
    assert found.within is None
    assert found.mean[-1] >= 0.99 * 0.64
    assert found.times[-1] < 3600 * math.exp(5 * 1.5)


def test_where_nothing_takes_time_there_is_no_curve() -> None:
    assert released(study("members: {everyone: {refuses: 20%}}\nwithin: 1h")) is None
