"""Houses in which something is released, for whoever verifies."""

from pathlib import Path

import pytest

from docket import chain_of
from simulator import ChainSimulator, scenario

DB = "production-db"
WIPE = scenario("wipe-database")
CREWED = chain_of("""
    chain: crewed
    members: {ann: Ann, bob: Bob}
    levels: [{level: head, members: [ann]}, {level: next, members: [bob]}]
    executors:
      rocket: {title: Rocket, count: 3, crew: commander and second}
      lamp: Lamp
    actions:
      launch: {executors: [rocket], at-most: 2, hold: 10m}
      light: {executors: [lamp], parameters: {level: {number: 1 to 10}}}
    """)


@pytest.fixture
def sim(tmp_path: Path) -> ChainSimulator:
    """A wipe, released, and its hold over."""
    sim = ChainSimulator(WIPE, tmp_path / "house")
    sim.transmit("ann", "wipe", [DB], database="orders")
    sim.release()
    sim.clock.turn(900)
    return sim


@pytest.fixture
def crewed(tmp_path: Path) -> ChainSimulator:
    sim = ChainSimulator(CREWED, tmp_path / "crewed")
    sim.transmit("ann", "launch", ["rocket-0001", "rocket-0002"])
    sim.release()
    sim.clock.turn(600)
    return sim
