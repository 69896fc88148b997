"""What is erased is gone, from the files too; what was signed still verifies."""

from __future__ import annotations

from pathlib import Path

from simulator import ChainSimulator, scenario

SAID = "because of the accident in hall seven"


def files(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(folder.glob("desk.sqlite*")))


def test_an_erased_reason_is_in_no_file_of_the_store(tmp_path: Path) -> None:
    simulator = ChainSimulator(scenario("wipe-database"), tmp_path)
    simulator.transmit("ann", "wipe", ["production-db"], reason=SAID, database="orders")
    assert SAID.encode() in files(tmp_path)
    digest = simulator.desk.proceeding(simulator.order).order.reason
    assert simulator.store.write(lambda tx: tx.erase_text(digest))
    simulator.store.scrub()
    assert SAID.encode() not in files(tmp_path)
    assert simulator.verified().proceeding.state == "open"
    assert simulator.verified().papers.texts == {}
