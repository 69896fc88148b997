"""Houses to attack: one where nothing has counted below the head yet, one about to act."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from docket import chain_of
from simulator import ChainSimulator, scenario

DB = "production-db"

POSTED = """
    chain: posted
    members:
      ann: Ann
      bob: {title: Bob, deputy: dep after 10m}
      cho: Cho
      dan: Dan
      eve: Eve
      dep: Deputy
    levels:
      - {level: head, members: [ann]}
      - {level: middle, members: [bob, cho], rule: all}
      - {level: last, members: [dan, cho, eve], rule: 2 of members}
    executors: {rocket: {title: Rocket, count: 5}}
    actions:
      launch: {executors: [rocket], at-most: 2, decide-within: 2h, valid-for: 30m}
      lower: {executors: [rocket], at-most: 5, conditions: [red]}
      other: {executors: [rocket], conditions: [red]}
    conditions: {red: {title: The line is crossed, attested-by: bob or dan}}
    """


@pytest.fixture
def asked(tmp_path: Path) -> ChainSimulator:
    """A wipe that waits for its team."""
    sim = ChainSimulator(scenario("wipe-database"), tmp_path / "asked")
    sim.transmit("ann", "wipe", [DB], database="orders")
    return sim


@pytest.fixture
def asked_at(tmp_path: Path, at: str) -> Iterator[ChainSimulator]:
    """The same, in a store of either kind."""
    sim = ChainSimulator(scenario("wipe-database"), tmp_path / "asked", at=at)
    sim.transmit("ann", "wipe", [DB], database="orders")
    yield sim
    sim.store.close()


@pytest.fixture
def sim(tmp_path: Path) -> ChainSimulator:
    """A wipe, released, and its hold over."""
    sim = ChainSimulator(scenario("wipe-database"), tmp_path / "house")
    sim.transmit("ann", "wipe", [DB], database="orders")
    sim.release()
    sim.clock.turn(900)
    return sim


@pytest.fixture
def posted(tmp_path: Path) -> ChainSimulator:
    """A house with deputies and conditions, and nothing ordered yet."""
    return ChainSimulator(chain_of(POSTED), tmp_path / "posted")
