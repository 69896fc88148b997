"""A sealed secret: nowhere before the last concurrence, and in the act alone after it."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from cheget.chain.shares import leaves
from cheget.errors import BadShareError, NotAcceptedError, SealError, SecretError
from cheget.executor.actions import Act, Attempt, Result
from cheget.executor.secret import Secret, read_secrets
from cheget.executor.unsealing import Opening, Seals
from cheget.order.draft import enclose
from cheget.order.papers import Address, decode_papers, open_envelope
from cheget.order.seal import read_sealed
from docket import chain_of
from sealing import IMAGE, SealedHouse, forms
from simulator import ChainSimulator, signer


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


SECRETS = {"TOKEN": Secret("seal", "")}
MIXED = """
    chain: mixed
    members:
      ann: Ann
      bob: {title: Bob, deputy: dee after 10m}
      cho: Cho
      dee: Dee
    levels:
      - {level: head, members: [ann]}
      - {level: middle, members: [bob, cho], rule: all}
    executors: {rocket: {title: Rocket, count: 3, crew: witness}}
    actions: {go: {executors: [rocket], at-most: 3}, stay: {executors: [rocket]}}
    """


@pytest.fixture
def mixed(tmp_path: Path) -> ChainSimulator:
    """Three executors of which two are sealed, each with a secret and serials of its own."""
    sim = ChainSimulator(chain_of(MIXED), tmp_path / "house", sealing=True)
    for name in ("rocket-0001", "rocket-0003"):
        sim.seal(name, "go", serials=2, TOKEN=f"the token of {name}".encode())
    sim.transmit("ann", "go", ["rocket-0003/2", "rocket-0002", "rocket-0001/1"])
    return sim


def opening(sim: ChainSimulator, name: str) -> Opening:
    code = sim.code(name)
    verified = sim.verify(code, name, crew=sim.crew_answers(code, name))
    return Seals(sim.sealed / name, sim.executor_signers[name]).find(SECRETS, verified)


def test_each_sealed_executor_opens_its_own_and_one_that_is_not_opens_nothing(
    mixed: ChainSimulator,
) -> None:
    mixed.concur("bob", "cho")
    for name in ("rocket-0001", "rocket-0003"):
        assert opening(mixed, name).opened() == {"TOKEN": f"the token of {name}".encode()}
    with pytest.raises(SealError, match="names no serial"):
        opening(mixed, "rocket-0002")
    # No code carries another executor's share: of three ciphertexts it has its own.
    address = decode_papers(mixed.code("rocket-0002")).address
    assert isinstance(address, Address)
    assert (address.serial, address.shares) == (None, {})
    mine, hers = (
        decode_papers(mixed.code(name)).address.shares  # type: ignore[union-attr]
        for name in ("rocket-0001", "rocket-0003")
    )
    assert mine.keys() == hers.keys()
    assert not {o.ciphertext for o in mine.values()} & {o.ciphertext for o in hers.values()}


def test_a_deputy_hands_over_the_share_of_the_seat_they_fill(mixed: ChainSimulator) -> None:
    mixed.clock.turn(600)
    mixed.concur("dee", seat="bob")
    mixed.concur("cho")
    assert opening(mixed, "rocket-0001").opened()["TOKEN"].startswith(b"the token")


def test_another_executors_key_opens_none_of_its_shares(mixed: ChainSimulator) -> None:
    mixed.concur("bob", "cho")
    code = mixed.code("rocket-0001")
    verified = mixed.verify(code, "rocket-0001", crew=mixed.crew_answers(code, "rocket-0001"))
    thief = Seals(mixed.sealed / "rocket-0001", mixed.executor_signers["rocket-0003"])
    with pytest.raises(BadShareError, match="ann gave for head/ann does not open"):
        thief.find(SECRETS, verified).opened()


def test_what_lies_in_the_folder_of_seals_must_be_that_very_seal(mixed: ChainSimulator) -> None:
    mixed.concur("bob", "cho")
    path = mixed.sealed / "rocket-0001" / "go-0001.json"
    good = path.read_bytes()
    for other, says in (
        ((mixed.sealed / "rocket-0001" / "go-0002.json").read_bytes(), "of something else"),
        ((mixed.sealed / "rocket-0003" / "go-0001.json").read_bytes(), "of something else"),
        (good[:-9] + b'0"}', "another sealed secret|not in hex"),
        (b"{}", "not a sealed secret"),
    ):
        path.write_bytes(other)
        with pytest.raises(SealError, match=says):
            opening(mixed, "rocket-0001")
    path.write_bytes(good)
    found = opening(mixed, "rocket-0001")
    with pytest.raises(SealError, match="holds no secret named PASSWORD"):
        replace(found, names=frozenset({"PASSWORD"})).opened()
    # Another ceremony's seal of that number: the shares were dealt under the first.
    mixed.seal("rocket-0001", "go", TOKEN=b"another")
    with pytest.raises(BadShareError, match="does not open here"):
        opening(mixed, "rocket-0001").opened()


def test_a_sealed_secret_of_a_dealer_whom_nobody_knows_is_not_opened(mixed: ChainSimulator) -> None:
    mixed.concur("bob", "cho")
    path = mixed.sealed / "rocket-0001" / "go-0001.json"
    good = read_sealed(path.read_bytes())
    forged = open_envelope(enclose(good.seal, signer("a stranger")))
    path.write_bytes(replace(good, filed=forged).encode())
    with pytest.raises(SealError, match="does not stand"):
        opening(mixed, "rocket-0001")
    shape = replace(good.seal.tree.shape, need=1)
    weak = replace(good.seal, tree=replace(good.seal.tree, shape=shape))
    filed = open_envelope(enclose(weak, mixed.signers[weak.signer]))
    path.write_bytes(replace(good, filed=filed, seal=weak).encode())
    with pytest.raises(SealError, match="split otherwise"):
        opening(mixed, "rocket-0001")


def test_what_was_opened_is_dropped_once_the_act_is_over(tmp_path: Path) -> None:
    house = SealedHouse(tmp_path)
    house.released()
    held: list[Attempt] = []

    def performs(act: Act, attempt: Attempt) -> Result:
        held.append(attempt)
        assert attempt.secrets["SIGNING_KEY"] == house.secret
        return Result("carried-out", b"")

    house.agent._perform = performs
    assert house.act().outcome == "carried-out"
    assert held[0].secrets == {}


def test_a_desk_takes_shares_as_they_were_signed_for_and_no_others(mixed: ChainSimulator) -> None:
    stored = mixed.concurrence("bob")
    good = list(mixed.shares)
    assert [bool(one) for one in good] == [True, False, True]
    for shares in (good[:-1], [*good, b"x"], [good[0], b"x", good[2]], [good[0], b"", b""],
                   [good[2], b"", good[0]], [b"x" * 20_000, b"", good[2]], []):  # fmt: skip
        with pytest.raises(NotAcceptedError, match="share"):
            mixed.desk.concur(stored, (), shares)
    assert mixed.desk.concur(stored, (), good).effect == "counts"
    plain = ChainSimulator(chain_of(MIXED), mixed.folder / "plain", sealing=True)
    plain.transmit("ann", "stay", ["rocket-0001"])
    with pytest.raises(NotAcceptedError, match="names no sealed executor"):
        plain.desk.concur(plain.concurrence("bob"), (), good)


def test_without_the_library_nothing_is_begun_and_its_extra_is_named(
    mixed: ChainSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    mixed.concur("bob", "cho")
    monkeypatch.setitem(sys.modules, "Crypto.Protocol.SecretSharing", None)
    with pytest.raises(SealError, match="need the library pycryptodome") as found:
        opening(mixed, "rocket-0001")
    assert found.value.hint == 'pip install "cheget[seal]"'
    with pytest.raises(SealError, match="pycryptodome"):
        mixed.seal("rocket-0002", "go", TOKEN=b"x")


def test_a_sealed_secret_is_read_from_nowhere_else() -> None:
    with pytest.raises(SecretError, match="TOKEN is sealed: only an order opens it"):
        read_secrets(SECRETS)


def test_a_crash_while_it_acts_is_unknown_since_no_probe_can_have_the_secret(
    tmp_path: Path,
) -> None:
    house = SealedHouse(tmp_path)
    house.released()
    order = house.sim.order
    house.agent.run_once()
    house.sim.clock.turn(3600)
    with pytest.MonkeyPatch.context() as dies:
        dies.setattr(house.agent, "_perform", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            house.agent.run_once()
    house.settings = house.settings.replace(
        '"{version}"]}', '"{version}"], "probe": ["/bin/false"]}'
    )
    house.agent = house.restarted()
    assert [one.outcome for one in house.agent.run_once() if one.order == order] == ["unknown"]
    assert not house.signature.exists()
