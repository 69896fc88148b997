"""Periods of a log: what falls in them, and how orders stood at their end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cheget.audit.header import Header, Mention
from cheget.cli.ledgers import read_ledger
from cheget.errors import VerificationError
from cheget.order.chronicle import Line, effect_of, lines, proceedings, size_at, within
from cheget.order.proceeding import Proceeding
from simulator import START, ChainSimulator, scenario

DB = "production-db"
ZERO = "0" * 64


def line(position: int, at: int) -> Line:
    return Line("orders", position, at, Mention(at, ZERO, position), None)


LOGS = st.lists(st.integers(0, 50), max_size=30).map(
    lambda times: [line(place, at) for place, at in enumerate(sorted(times))]
)
INSTANTS = st.lists(st.integers(-5, 55), min_size=3, max_size=3).map(sorted)


@given(LOGS, INSTANTS)
def test_two_periods_that_meet_hold_what_both_together_hold(
    log: list[Line], instants: list[int]
) -> None:
    start, middle, end = instants
    first, second = within(log, start, middle), within(log, middle, end)
    assert first + second == within(log, start, end)
    assert not set(first) & set(second)


@given(LOGS, st.integers(-5, 55), st.integers(-5, 55))
def test_a_period_is_one_piece_of_the_log(log: list[Line], one: int, other: int) -> None:
    start, end = sorted((one, other))
    assert list(within(log, start, end)) == log[size_at(log, start) : size_at(log, end)]


class Day:
    """A house in which something happens every ten seconds, and what its desk said each time."""

    def __init__(self, folder: Path) -> None:
        self.sim = ChainSimulator(scenario("wipe-database"), folder)
        self.seen: list[tuple[int, list[Proceeding]]] = []
        sim = self.sim
        self.after(lambda: sim.transmit("ann", "wipe", [DB], database="orders"))
        self.after(lambda: sim.concur("bob"))
        self.after(lambda: sim.ask("dan"))
        self.after(lambda: sim.concur("cho", "dee"))
        self.after(lambda: sim.countermand("eve"))
        self.after(lambda: sim.transmit("ann", "emergency-wipe", [DB], database="orders"))
        self.after(lambda: sim.concur("dee"))
        self.after(lambda: sim.review("eve"))
        self.after(lambda: sim.transmit("bob", "wipe", [DB], database="billing"))
        self.after(lambda: sim.refuse("cho"))
        sim.clock.turn(86_400)
        self.after(lambda: None)
        ledger = read_ledger(sim.desk)
        self.orders = lines("orders", ledger.orders)
        self.law = lines("law", ledger.law)

    def after(self, act: object) -> None:
        act()  # type: ignore[operator]
        self.seen.append((self.sim.clock.now(), self.sim.desk.orders()))
        self.sim.clock.turn(10)


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Day:
    return Day(tmp_path_factory.mktemp("day"))


def test_every_order_stood_at_each_instant_as_its_desk_said_then(day: Day) -> None:
    for at, told in day.seen:
        found = proceedings(day.orders, [day.sim.charter], (), at + 1)
        assert list(found) == told
    assert proceedings(day.orders, [day.sim.charter], (), START) == ()


def test_an_order_that_expires_as_a_period_ends_expires_in_the_next(tmp_path: Path) -> None:
    sim = ChainSimulator(scenario("wipe-database"), tmp_path)
    sim.transmit("ann", "wipe", [DB], database="orders")
    log = lines("orders", read_ledger(sim.desk).orders)
    decide_by = START + 86_400
    states = [
        [one.state for one in proceedings(log, [sim.charter], (), end)]
        for end in (decide_by, decide_by + 1)
    ]
    assert states == [["open"], ["expired"]]


def test_what_an_entry_did_is_what_its_desk_acknowledged(day: Day) -> None:
    (one, two, three) = proceedings(day.orders, [day.sim.charter], (), 2**40)
    found = [
        effect_of(known, entry)
        for known in (one, two, three)
        for entry in day.orders
        if isinstance(entry.header, Header) and entry.header.subject == known.digest
    ]
    assert found == [
        "counts", "counts", "kept", "counts", "releases", "countermands",
        "counts", "releases", "kept",
        "counts", "stops",
    ]  # fmt: skip


def test_a_log_with_an_entry_that_does_not_verify_is_no_story(day: Day) -> None:
    forged = [
        replace(one, at=START - 10**6) if one.document and one.document.kind == "order" else one
        for one in day.orders
    ]
    with pytest.raises(VerificationError, match="later than it was logged"):
        proceedings(forged, [day.sim.charter], (), 2**40)
    other = replace(day.sim.charter, deployment="f" * 32)
    with pytest.raises(VerificationError, match="a law that no chain of this house ever had"):
        proceedings(day.orders, [other], (), 2**40)
