"""A byte flipped anywhere in a code verifies as nothing else."""

from pathlib import Path

import pytest

from cheget.errors import VerificationError
from cheget.order.papers import decode_papers
from cheget.order.verify import Verified
from simulator import ChainSimulator, scenario

DB = "production-db"


def released(folder: Path) -> ChainSimulator:
    sim = ChainSimulator(scenario("wipe-database"), folder)
    sim.transmit("ann", "wipe", [DB], database="orders")
    sim.release()
    sim.clock.turn(900)
    return sim


def survives(sim: ChainSimulator, code: bytes) -> Verified | None:
    try:
        return sim.verify(code, DB)
    except VerificationError:
        return None


def check(sim: ChainSimulator, code: bytes, places: range, masks: tuple[int, ...]) -> None:
    good = sim.verify(code, DB)
    for place in places:
        for mask in masks:
            flipped = bytearray(code)
            flipped[place] ^= mask
            found = survives(sim, bytes(flipped))
            # Only what is signed by nobody may differ: which key id a log's note hints at, say.
            assert found is None or (found.proceeding, found.orders_head, found.law_head) == (
                good.proceeding, good.orders_head, good.law_head,
            ), (place, mask, code[max(0, place - 20) : place + 20])  # fmt: skip


def test_a_byte_flipped_in_a_code_is_refused_or_changes_nothing(tmp_path: Path) -> None:
    sim = released(tmp_path)
    code = sim.code(DB)
    check(sim, code, range(0, len(code), 7), (0x01,))


@pytest.mark.slow
def test_any_byte_flipped_any_way_in_a_code_is_refused_or_changes_nothing(tmp_path: Path) -> None:
    sim = released(tmp_path)
    code = sim.code(DB)
    check(sim, code, range(len(code)), (0x01, 0x02, 0x20, 0x80))


def test_no_flipped_byte_survives_at_all(tmp_path: Path) -> None:
    """Nothing in a code of this house is idle: every byte of it is held by something."""
    sim = released(tmp_path)
    code = sim.code(DB)
    alive = [
        place
        for place in range(0, len(code), 5)
        if survives(sim, code[:place] + bytes([code[place] ^ 1]) + code[place + 1 :])
    ]
    assert alive == []


def test_a_code_cut_short_or_made_longer_is_refused(tmp_path: Path) -> None:
    sim = released(tmp_path)
    code = sim.code(DB)
    for changed in (code[:-1], code[1:], code + b" ", b" " + code, code + code, b""):
        assert survives(sim, changed) is None
    assert decode_papers(code).encode() == code
