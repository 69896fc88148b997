"""When a level's verdict is known: sums of log-normal delays against drawing them."""

import numpy as np
import pytest

from assessment.test_tables import singles
from cheget.assessment.model import model_of
from cheget.assessment.outcome import Outcomes
from cheget.assessment.parse import parse_beliefs
from cheget.assessment.uncertainty import Study


def study(levels: int, delay: str) -> Study:
    chain = singles(levels)
    said = f"beliefs: slow\nchain: {chain.id}\nmembers: {{everyone: {{refuses: 0}}}}\nwithin: 1h\n"
    said += "delays:\n" + "".join(f"  l{n}: {delay}\n" for n in range(1, levels + 1))
    return Study(model_of(chain, parse_beliefs(said.encode(), chain)), samples=256)


def drawn(levels: int, median: float, sigma: float) -> float:
    z = np.random.default_rng(7).standard_normal((400_000, levels))
    total = (median * np.exp(np.minimum(sigma * z, 700))).sum(axis=1)
    return float((total <= 3600).mean())


def found(levels: int, median: int, sigma: str) -> Outcomes:
    return study(levels, f"{{median: {median}s, sigma: {sigma}}}").at_medians()


@pytest.mark.parametrize("levels", [1, 2, 3, 5, 8])
@pytest.mark.parametrize("sigma", ["0.2", "0.5", "1"])
def test_a_sum_of_delays_is_what_drawing_it_says(levels: int, sigma: str) -> None:
    median = 3600 // (levels + 1)
    got = found(levels, median, sigma)
    assert got.method != "sampled"
    assert got.carried_out[0] == pytest.approx(drawn(levels, median, float(sigma)), abs=4e-3)


@pytest.mark.parametrize(("levels", "sigma"), [(3, "20"), (3, "5"), (2, "0.000001")])
def test_delays_that_no_grid_resolves_are_drawn_and_labelled_so(levels: int, sigma: str) -> None:
    median = 3600 // levels
    got = found(levels, median, sigma)
    assert got.method == "sampled"
    assert 0 < got.se < 1e-3
    assert got.carried_out[0] == pytest.approx(drawn(levels, median, float(sigma)), abs=5e-3)


def test_five_uncertain_delays_have_the_moments_that_drawing_finds() -> None:
    # Most sums are far beyond the deadline, where they would wrap around to before it.
    of = study(5, "{median: 12m to 40m, sigma: 0.5}")
    exact = of._moments()
    assert exact is not None
    rows = [one.carried_out for one in of.draws()]
    means, sds = np.array([row.mean() for row in rows]), np.array([row.std() for row in rows])
    assert exact.mean == pytest.approx(means.mean(), abs=5 * means.std(ddof=1) / 8**0.5)
    assert exact.variance**0.5 == pytest.approx(sds.mean(), abs=5 * sds.std(ddof=1) / 8**0.5)
