"""Invitations: used once, by one, and good again only where what they were for failed."""

from __future__ import annotations

from pathlib import Path

import pytest

from cheget.errors import HouseError, NotAcceptedError
from cheget.order.draft import draft_enrolment, enclose
from cheget.service.house import MOST_KEYS, House, add_enrolment, draw_house, open_house
from cheget.service.inviting import SPAN, check_invited, invite, spent
from simulator import entropy, signer

NONCE, NOW = bytes(16), 1_800_000_000
CHAIN = """\
chain: one
members: {ann: Ann}
levels: [{level: head, members: [ann]}]
executors: {db: DB}
"""


@pytest.fixture
def house(tmp_path: Path) -> House:
    (tmp_path / "chains").mkdir()
    (tmp_path / "chains" / "one.yaml").write_text(CHAIN)
    (tmp_path / "people.yaml").write_text("house: example\npeople: {ann: {name: Ann}}\n")
    draws = iter(range(99))
    draw_house(tmp_path, lambda size: entropy(f"draw {next(draws)}")[:size])
    return open_house(tmp_path)


def test_two_who_come_with_one_invitation_at_once_are_not_both_let_in(house: House) -> None:
    invite(house, "ann", NONCE, NOW)
    first, second = (check_invited(house, "ann", NONCE, NOW) for _ in range(2))
    with spent(first), pytest.raises(NotAcceptedError, match="has been used"), spent(second):
        pass
    assert check_invited(house, "ann", NONCE, NOW) is None


def test_an_invitation_is_good_again_where_the_enrolment_failed(house: House) -> None:
    invite(house, "ann", NONCE, NOW)
    with pytest.raises(HouseError), spent(check_invited(house, "ann", NONCE, NOW)):
        raise HouseError("that key is enrolled already")
    assert check_invited(house, "ann", NONCE, NOW) is not None


def test_an_invitation_that_ran_out_protects_its_person_until_the_next(house: House) -> None:
    invite(house, "ann", NONCE, NOW)
    late, other = NOW + SPAN, bytes(15) + b"1"
    with pytest.raises(NotAcceptedError, match="is over"):
        check_invited(house, "ann", NONCE, late)
    with pytest.raises(NotAcceptedError, match="not by the invitation"):
        check_invited(house, "ann", other, late)
    invite(house, "ann", other, late)
    assert check_invited(house, "ann", other, late) is not None
    with pytest.raises(NotAcceptedError, match="not by the invitation"):
        check_invited(house, "ann", NONCE, late)


def test_nobody_fills_the_folder_with_keys(house: House) -> None:
    def enrol(number: int) -> None:
        one = signer(f"key {number}")
        add_enrolment(
            house, enclose(draft_enrolment(house.deployment, "ann", one.public, NONCE), one)
        )

    for number in range(MOST_KEYS):
        enrol(number)
    with pytest.raises(HouseError, match="has enrolled"):
        enrol(MOST_KEYS)
