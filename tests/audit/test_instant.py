from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cheget.audit.instant import EARLIEST, LATEST, from_datetime, from_text, to_text


@given(st.integers(EARLIEST, LATEST))
def test_an_instant_survives_its_text(seconds: int) -> None:
    assert from_text(to_text(seconds)) == seconds


@given(st.integers(EARLIEST, LATEST))
def test_an_instant_is_what_the_calendar_says(seconds: int) -> None:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    assert to_text(seconds) == moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert from_datetime(moment) == seconds


@given(st.text(alphabet="0123456789-:TZtz+. ", min_size=18, max_size=25))
def test_any_other_text_is_refused(text: str) -> None:
    try:
        seconds = from_text(text)
    except ValueError:
        return
    assert to_text(seconds) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-22T10:15:00",
        "2026-11-22T10:15:00z",
        "2026-11-22t10:15:00Z",
        "2026-11-22 10:15:00Z",
        "2026-11-22T10:15:00+00:00",
        "2026-11-22T10:15:00.0Z",
        "2026-11-22T10:15:00Z\n",
        "2026-11-22T24:00:00Z",
        "2026-11-22T10:60:00Z",
        "2016-12-31T23:59:60Z",
        "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "1969-12-31T23:59:59Z",
        "0000-01-01T00:00:00Z",
        "20261122T101500Z",
        "\uff12026-11-22T10:15:00Z",
    ],
)
def test_text_of_another_form_is_no_instant(text: str) -> None:
    with pytest.raises(ValueError):
        from_text(text)


@pytest.mark.parametrize("seconds", [-1, LATEST + 1])
def test_years_outside_1970_to_9999_have_no_text(seconds: int) -> None:
    with pytest.raises(ValueError, match="years 1970 to 9999"):
        to_text(seconds)


def test_a_moment_needs_its_zone() -> None:
    east = timezone(timedelta(hours=2))
    assert from_datetime(datetime(1970, 1, 1, 2, 0, 1, 999_999, tzinfo=east)) == 1
    with pytest.raises(ValueError, match="zone"):
        from_datetime(datetime(2026, 1, 1))  # noqa: DTZ001
    with pytest.raises(ValueError, match="years"):
        from_datetime(datetime(1960, 1, 1, tzinfo=UTC))
