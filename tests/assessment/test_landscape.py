"""The grid of refusals against thinking alike: its cells, and where it is as likely as not."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cheget.assessment.beliefs import EVERYONE, Beliefs
from cheget.assessment.change import break_even, with_refuses
from cheget.assessment.landscape import Landscape, crossing, landscape, places
from cheget.assessment.model import model_of
from cheget.assessment.parse import parse_beliefs
from cheget.assessment.sweep import stated
from cheget.assessment.uncertainty import Study
from cheget.chain.chain import Chain
from cheget.chain.parse import parse_chain
from cheget.errors import AssessmentError

MEMBERS = ("a", "b", "c", "d", "e")
SINGLES = parse_chain(
    b"chain: singles\nmembers: {head: H, a: A, b: B, c: C, d: D, e: E}\nlevels:\n"
    b"  - {level: order, members: [head]}\n"
    + "".join(f"  - {{level: {one}-level, members: [{one}]}}\n" for one in MEMBERS).encode()
)
BODY = parse_chain(b"""
chain: body
members: {head: H, a: A, b: B, c: C, d: D, e: E}
levels:
  - {level: order, members: [head]}
  - {level: one, members: [a]}
  - {level: body, members: [b, c, d], rule: 2 of members}
  - {level: last, members: [e]}
""")


def believed(chain: Chain, said: str) -> Beliefs:
    return parse_beliefs(f"beliefs: some\nchain: {chain.id}\n{said}\n".encode(), chain)


def of(chain: Chain, said: str, **more: object) -> Landscape:
    return landscape(chain, believed(chain, said), **more)  # type: ignore[arg-type]


def separates(found: Landscape) -> None:
    even = {rho: q for q, rho in found.even}
    for rho, row in zip(found.correlations, found.means, strict=True):
        sides = {"over" if mean > 0.5 else "under" for mean in row if abs(mean - 0.5) > 1e-9}
        assert (rho in even) == (len(sides) == 2 or any(abs(mean - 0.5) <= 1e-9 for mean in row))
        for q, mean in zip(found.refuses, row, strict=True):
            if rho in even and abs(q - even[rho]) > 1e-9:
                assert (mean > 0.5) == (q < even[rho]), (q, rho)


def test_five_single_levels_are_as_likely_as_not_where_it_is_published() -> None:
    found = of(SINGLES, "members: {everyone: {refuses: 20%}}",
               refuses=[0.05, 0.1, 0.2, 0.3, 0.5], correlations=[0.0, 0.4, 0.8])  # fmt: skip
    expected = [[0.7738, 0.5905, 0.3277, 0.1681, 0.0313], [0.8197, 0.6833, 0.4761, 0.3257, 0.1342],
                [0.8834, 0.7905, 0.6340, 0.5025, 0.2910]]  # fmt: skip
    assert np.array(found.means) == pytest.approx(np.array(expected), abs=6e-5)
    assert [rho for _, rho in found.even] == [0.0, 0.4, 0.8]
    fine = of(SINGLES, "members: {everyone: {refuses: 20%}}", correlations=[0.0, 0.4, 0.8])
    assert [q for q, _ in fine.even] == pytest.approx([0.1294, 0.1866, 0.3020], abs=3e-4)


@settings(max_examples=12)
@given(
    st.sampled_from(["", "unreachable: 1% to 20%, ", "compromised: 5%, "]),
    st.sampled_from([SINGLES, BODY]), st.floats(0.02, 0.9), st.sampled_from([0, 1]),
)  # fmt: skip
def test_the_curve_of_one_half_separates_the_cells_above_from_those_below(
    state: str, chain: Chain, refuses: float, replaced: int
) -> None:
    said = f"members: {{everyone: {{{state}refuses: {refuses:.4f}}}}}\nreplace: {replaced}"
    found = of(chain, said)
    separates(found)
    assert found.refuses[0] == found.correlations[0] == 0
    assert found.refuses[-1] >= refuses or found.refuses[-1] == 1


def test_a_cell_is_what_a_sweep_finds_with_everybody_alike() -> None:
    said = "members: {everyone: {refuses: 5% to 30%, unreachable: 1% to 10%}, b: {refuses: 40%}}"
    beliefs = believed(BODY, said + "\nshared: {everyone: 0.2 to 0.6}\nmessages: {one: -1 to 0}")
    found = landscape(BODY, beliefs, refuses=[0.0, 0.1, 0.25], correlations=[0.0, 0.5])
    for rho, row in zip(found.correlations, found.means, strict=True):
        alike = stated(BODY, beliefs, "", {"shared.everyone": rho})
        for q, mean in zip(found.refuses, row, strict=True):
            model = with_refuses(model_of(BODY, alike), q, EVERYONE)
            assert mean == pytest.approx(Study(model).quick_mean(), abs=2e-4)
    assert found.method == "quadrature"


def test_the_curve_passes_where_the_break_even_is() -> None:
    beliefs = believed(BODY, "members: {everyone: {refuses: 20%, unreachable: 3%}}\n"
                             "shared: {everyone: 0.3}")  # fmt: skip
    found = landscape(BODY, beliefs, correlations=[0.0, 0.3, 0.6])
    assert found.even[1][0] == pytest.approx(break_even(BODY, beliefs), abs=3e-4)


def test_a_grid_is_the_same_on_any_executor_and_tells_how_far_it_is() -> None:
    said = "members: {everyone: {refuses: 20%, unreachable: 1% to 9%, compromised: 1% to 2%}}"
    told: list[tuple[int, int]] = []
    here = of(BODY, said, progress=lambda done, whole: told.append((done, whole)))
    with ThreadPoolExecutor(2) as pool:
        assert of(BODY, said, executor=pool) == here
    cells = len(here.refuses) * len(here.correlations)
    assert told[-1] == (cells, cells)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_where_the_stated_numbers_lie_is_named_by_whom_they_are_said_of() -> None:
    beliefs = believed(BODY, "members: {everyone: {refuses: 5% to 50%}, body: {refuses: 10%}}\n"
                             "shared: {everyone: 0.2 to 0.8}")  # fmt: skip
    found = {one.of: (one.refuses, one.correlation) for one in places(BODY, beliefs)}
    assert found["body"] == pytest.approx((0.1, 0.5))
    assert found["everyone"] == pytest.approx((0.1866, 0.5), abs=1e-4)
    assert set(found) == {"body", "everyone"}


def test_many_uncertain_numbers_are_sampled_and_say_so() -> None:
    each = ", ".join(f"{one}: {{unreachable: 1% to 20%}}" for one in MEMBERS)
    found = of(BODY, f"members: {{{each}, head: {{unreachable: 1%}}, everyone: {{refuses: 20%}}}}",
               refuses=[0.1, 0.5], correlations=[0.0, 0.5])  # fmt: skip
    assert found.method == "sampled"
    separates(found)


@pytest.mark.parametrize("wrong", [[-0.1, 0.5], [0.2, 1.1]])
def test_what_is_no_probability_is_refused(wrong: list[float]) -> None:
    with pytest.raises(AssessmentError, match="is not a probability"):
        of(BODY, "members: {everyone: {refuses: 20%}}", refuses=wrong)
    with pytest.raises(AssessmentError, match="is not a probability"):
        of(BODY, "members: {everyone: {refuses: 20%}}", correlations=wrong)


def test_means_that_never_come_to_one_half_have_no_crossing() -> None:
    assert crossing([0, 1, 2], np.array([0.9, 0.8, 0.7])) is None
    assert crossing([0, 1, 2], np.array([0.9, 0.5, 0.1])) == pytest.approx(1)
    assert crossing([0, 1], np.array([0.75, 0.25])) == pytest.approx(0.5)
