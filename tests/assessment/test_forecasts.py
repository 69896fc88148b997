"""Published forecasts beside an answer: what order both imply, and when both can't be right."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

import cheget
from cheget.assessment.answer import assess
from cheget.assessment.forecasts import Forecast, consistency, parse_forecasts
from cheget.errors import ChainFileError
from cheget.report.forecasts import FORECASTS, implied

chances = st.floats(0, 1)


def forecast(value: float, low: float | None = None, high: float | None = None) -> Forecast:
    return Forecast("one", "somebody", "a journal", "2022-10", "use", "a year", value, low, high)


@given(chances, st.floats(1e-6, 1))
def test_the_order_implied_times_the_answer_is_the_forecast(value: float, mean: float) -> None:
    (found,) = consistency(mean, [forecast(value)])
    assert found.implied * mean == pytest.approx(value)
    assert (found.verdict == "impossible") == (found.implied > 1)


@given(chances, st.floats(0, 1), st.floats(0, 1))
def test_a_chain_that_stops_more_implies_an_order_that_is_likelier(
    value: float, mean: float, more: float
) -> None:
    lower, higher = sorted((mean, more))
    stops = consistency(lower, [forecast(value)])[0].implied
    passes = consistency(higher, [forecast(value)])[0].implied
    assert stops >= passes


def test_the_published_cross_check_is_what_it_says() -> None:
    """9 to 16 % divided by .35 is an order of 25 to 45 %."""
    low, high = consistency(0.35, [forecast(0.09), forecast(0.16)])
    assert (low.implied, high.implied) == pytest.approx((0.257, 0.457), abs=0.001)
    assert {low.verdict, high.verdict} == {"possible"}


def test_above_one_they_cannot_both_be_right() -> None:
    (found,) = consistency(0.3, [forecast(0.5)])
    assert found.verdict == "impossible"
    assert "can't both be right" in found.sentence


def test_an_order_likelier_than_not_is_said_to_be() -> None:
    (found,) = consistency(0.25, [forecast(0.16)])
    assert found.verdict == "doubtful"
    assert "likelier than not" in found.sentence
    assert "64 %" in found.sentence


def test_ends_of_a_range_are_divided_too() -> None:
    (found,) = consistency(0.1, [forecast(0.04, 0.02, 0.2)])
    assert (found.low, found.high) == pytest.approx((0.2, 2))
    assert "20 % to more than certain" in found.sentence


def test_where_nothing_is_ever_carried_out_no_order_explains_a_forecast() -> None:
    (found,) = consistency(0, [forecast(0.1)])
    assert math.isinf(found.implied)
    assert found.verdict == "impossible"
    assert consistency(0, [forecast(0)])[0].implied == 0


def test_a_forecast_says_who_where_and_when() -> None:
    found = parse_forecasts((FORECASTS / "tactical-release.yaml").read_bytes())
    assert len(found.published) == 3
    for one in found.published:
        assert one.who
        assert one.where
        assert one.date.startswith("202")
    chain = cheget.load("cheget")
    assert (found.chain, chain.action(found.action).id) == (chain.id, "tactical")


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ("value: 5% to 9%", "here one number belongs"),
        ("value: 9%, range: 9%", "here a range belongs"),
        ("value: 1%, range: 5% to 20%", "the range doesn't hold the value"),
        ("value: 120%", "lies between"),
        ('value: "beta(2, 5)"', "here one number belongs"),
        ("odds: 9%", "not a field"),
    ],
)
def test_a_faulty_forecast_is_an_error_where_it_stands(said: str, fault: str) -> None:
    one = f"{{who: x, where: y, date: z, of: u, within: w, {said}}}"
    text = f"forecasts: a\naction: b\npublished:\n  one: {one}\n"
    with pytest.raises(ChainFileError) as raised:
        parse_forecasts(text.encode())
    assert raised.value.line == 4
    assert fault in str(raised.value)


def test_forecasts_stand_beside_the_action_they_are_about_and_no_other() -> None:
    chain = cheget.load("cheget")
    officers = cheget.load_beliefs("two-retired-officers", chain)
    assert [row.forecast.id for row in implied(assess(chain, officers))] == [
        "samotsvety-2022", "panel-2022", "officials-2022",
    ]  # fmt: skip
    demonstration = cheget.load_beliefs(
        b"beliefs: d\nchain: tactical-release\naction: demonstration\n", chain
    )
    assert implied(assess(chain, demonstration)) == ()
    treasury = cheget.load("vault-unseal")
    assert implied(assess(treasury, cheget.load_beliefs(None, treasury), "rogue")) == ()
