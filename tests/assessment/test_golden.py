"""Published values, each computed two independent ways, to the digits given."""

import numpy as np
import pytest

from assessment.golden import beliefs_of, cases, chain_of
from cheget.assessment.model import model_of
from cheget.assessment.outcome import Assessor, medians

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
