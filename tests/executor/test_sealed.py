"""A sealed secret: nowhere before the last concurrence, and in the act alone after it."""

from pathlib import Path

import pytest

from cheget.chain.shares import leaves
from sealing import IMAGE, SealedHouse, forms


def assert_nowhere(house: SealedHouse) -> None:
    wanted = forms(house.secret)
    seen = 0
    for where, data in house.everything():
        seen += 1
        assert not [one for one in wanted if one in data], where
    assert seen > 20


def test_the_signing_key_is_nowhere_until_the_act_and_signs_the_image(tmp_path: Path) -> None:
    house = SealedHouse(tmp_path)
    assert_nowhere(house)
    house.transmit(action="stable")
    assert_nowhere(house)
    for person in ("kai", "lea", "nia"):
        house.sim.concur(person)
        assert_nowhere(house)
        assert not house.signature.exists()
    house.sim.concur("oto")  # the last: from here on a code exists, and opens it
    assert_nowhere(house)
    taken = house.act()
    assert (taken.outcome, taken.says) == ("carried-out", "signed 4.2")
    house.key.public_key().verify(house.signature.read_bytes(), IMAGE)
    assert_nowhere(house)  # in memory only: not in journal, receipt or log either


def test_the_search_would_find_a_secret_that_lay_about(tmp_path: Path) -> None:
    house = SealedHouse(tmp_path, serials=1)
    found = forms(house.secret)
    for form in found:
        (tmp_path / "leak").write_bytes(b"before " + form + b" after")
        with pytest.raises(AssertionError, match="leak"):
            assert_nowhere(house)
    assert len(found) > 10


def test_each_order_takes_a_serial_of_its_own_and_the_act_is_done_again(tmp_path: Path) -> None:
    house = SealedHouse(tmp_path)
    for serial in (1, 2):
        house.released(serial)
        assert house.act().outcome == "carried-out"
        house.sim.clock.turn(7 * 86400)


def test_an_order_that_names_no_serial_opens_nothing(tmp_path: Path) -> None:
    house = SealedHouse(tmp_path)
    house.released(None)
    taken = house.act()
    assert taken.outcome == "waiting"
    assert "names no serial" in taken.says
    assert not house.signature.exists()


def test_a_seal_that_is_not_there_holds_an_act_up_before_it_has_begun(tmp_path: Path) -> None:
    house = SealedHouse(tmp_path)
    agent = house.agent
    path = house.sim.sealed / "signer" / "beta-0001.json"
    kept = path.read_bytes()
    path.unlink()
    house.released()
    taken = house.act()
    assert taken.outcome == "waiting"
    assert "No such file" in taken.says
    path.write_bytes(kept)  # somebody puts it right, and it has not counted as tried
    assert [one.outcome for one in agent.run_once()] == ["carried-out"]


def test_a_share_for_each_seat_and_no_more(tmp_path: Path) -> None:
    house = SealedHouse(tmp_path, serials=1)
    dealt = house.sim.deals.read("signer", "stable", 1)
    seats = [leaf.seat for leaf in leaves(dealt.seal.tree.shape)]
    assert sorted(one.seat for one in dealt.shares) == sorted(seats)
    assert {one.person for one in dealt.shares} == {
        "ci", "ida", "jon", "kai", "lea", "max", "nia", "oto", "pia",
    }  # fmt: skip
