"""A crew's answers, moved."""

from dataclasses import replace
from pathlib import Path

import pytest

from cheget.errors import (
    CrewError,
)
from cheget.order.draft import draft_crew_concurrence, enclose
from simulator import ChainSimulator, scenario


def test_crew_decision_for_another_executor(tmp_path: Path) -> None:
    sim = ChainSimulator(scenario("cheget"), tmp_path, executors=["missile-0001", "missile-0002"])
    sim.transmit("president", "demonstration", ["missile-0001"])
    sim.release()
    sim.clock.turn(600)
    code = sim.code("missile-0001")
    post = "missile-0002/commander"
    other = draft_crew_concurrence(
        sim.verified(),
        signer=sim.staff[post],
        post=post,
        reason=sim.text("go"),
        now=sim.clock.now(),
    )
    theirs = enclose(other, sim.signers[sim.staff[post]])
    mine = enclose(replace(other, seat="missile-0001/commander"), sim.signers[sim.staff[post]])
    second = sim.crew_answers(code, "missile-0001")[1]
    for crew in ((theirs, second), (mine, second)):
        with pytest.raises(CrewError):
            sim.verify(code, "missile-0001", crew=crew)
    sim.verify(code, "missile-0001", crew=sim.crew_answers(code, "missile-0001"))
