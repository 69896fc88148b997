"""Sealing keys, what lies of a ceremony, and what a program remembers of what it gave."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cheget.errors import BadShareError, CharterError, MalformedDocumentError, SealError
from cheget.keyring.dealt import Dealt, read_dealt
from cheget.keyring.handing import Given
from cheget.keyring.keyfile import generate
from cheget.keyring.sealing import deal, holders, open_dealt, sealing_key, with_sealing, without_key
from cheget.keyring.signer import SshKeySigner
from cheget.order.charter import Charter, read_charter
from cheget.order.keys import PublicKey, sk_public_key
from cheget.order.seal import (
    Sealed,
    check_seal,
    combine,
    identity,
    open_secrets,
    read_sealed,
    seal_secrets,
)
from docket import chain_of
from simulator import ChainSimulator, entropy, scenario, signer

SIGNER = generate(bytes(range(32)))
# HKDF-SHA256 of those 32 bytes with the info of spec/seal.md, and X25519 of that.
SEALING = "d7f5b78433b6ad1f2918bed05663d9675e87b765cbeda09f234cb74dccfee54d"
THING = """
    chain: deputies
    members:
      ann: Ann
      bob: {title: Bob, deputy: dee after 10m}
      cho: Cho
      dee: Dee
    levels:
      - {level: head, members: [ann]}
      - {level: middle, members: [bob, cho], rule: all}
    executors: {thing: Thing}
    actions: {go: {executors: [thing]}, stay: {executors: [thing]}}
    """


@pytest.fixture
def sim(tmp_path: Path) -> ChainSimulator:
    return ChainSimulator(chain_of(THING), tmp_path / "house", sealing=True)


def one(sim: ChainSimulator, dealer: str = "ann", **changes: object) -> tuple[Sealed, Dealt]:
    facts = {
        "executor": "thing", "action": "go", "serial": 1, "secrets": {"A": b"secret"},
        "dealer": dealer, "signer": sim.signers[dealer],
        "entropy": (entropy("root", 16), entropy("nonce", 16)), **changes,
    }  # fmt: skip
    sealed, shares = deal(sim.law, **facts)  # type: ignore[arg-type]
    return sealed, Dealt(sealed.filed, sealed.seal, tuple(shares))


def test_a_key_file_has_one_sealing_key_whatever_it_signs_by() -> None:
    plain, ssh = with_sealing(SIGNER), with_sealing(SshKeySigner(SIGNER.private))
    assert plain.sealing == ssh.sealing == sealing_key(SIGNER).public_key().public_bytes_raw()
    assert plain.sealing.hex() == SEALING
    assert replace(plain, sealing=b"") == SIGNER.public
    with pytest.raises(CharterError, match="a sealing key has 32 bytes, not 31"):
        PublicKey("ed25519", plain.key, sealing=plain.sealing[:-1])
    # No page opens a share, and no key that never leaves its device.
    for key in (sk_public_key(plain.key), PublicKey("webauthn-eddsa", plain.key)):
        with pytest.raises(CharterError, match="is no file, and has no sealing key"):
            replace(key, sealing=plain.sealing)


def test_a_charter_holds_sealing_keys_and_gives_them_back(sim: ChainSimulator) -> None:
    read: Charter = read_charter(sim.charter.payload)
    assert read == sim.charter
    assert read.people["ann"].keys[0].sealing == with_sealing(sim.signers["ann"]).sealing
    for old, new in ((b'"sealing":"', b'"seeling":"'), (b'"sealing":"', b'"sealing":"00')):
        with pytest.raises((MalformedDocumentError, CharterError)):
            read_charter(sim.charter.payload.replace(old, new, 1))


def test_a_seats_share_is_its_members_and_each_deputys(sim: ChainSimulator) -> None:
    _, dealt = one(sim)
    assert sorted((share.seat, share.person) for share in dealt.shares) == [
        ("head/ann", "ann"), ("middle/bob", "bob"), ("middle/bob", "dee"), ("middle/cho", "cho"),
    ]  # fmt: skip
    mine, hers = (
        open_dealt(dealt.seal, dealt.shares, seat="middle/bob", person=who, signer=sim.signers[who])
        for who in ("bob", "dee")
    )
    assert mine == hers
    with pytest.raises(BadShareError, match="no share of head/ann was dealt to bob's key"):
        open_dealt(
            dealt.seal, dealt.shares, seat="head/ann", person="bob", signer=sim.signers["bob"]
        )


def test_every_key_file_of_a_person_opens_their_share(tmp_path: Path) -> None:
    sim = ChainSimulator(
        chain_of(THING), tmp_path / "h", sealing=True, second_keys=frozenset({"cho"})
    )
    assert len(holders(sim.law, "cho")["cho"]) == 2
    _, dealt = one(sim)
    for key in (sim.signers["cho"], signer("cho again")):
        assert open_dealt(dealt.seal, dealt.shares, seat="middle/cho", person="cho", signer=key)


def test_nothing_is_dealt_to_a_key_that_was_revoked(tmp_path: Path) -> None:
    sim = ChainSimulator(
        chain_of(THING), tmp_path / "h", sealing=True, second_keys=frozenset({"cho"})
    )
    lost = sim.signers["cho"].public.point
    _, dealt = one(sim, revoked={lost})
    assert [share.key for share in dealt.shares if share.person == "cho"] == [
        with_sealing(signer("cho again")).sealing
    ]
    both = {lost, signer("cho again").public.point}
    assert without_key(sim.law, "go", both) == ["cho"]
    with pytest.raises(SealError, match="no share can be sealed to cho"):
        one(sim, revoked=both)


def test_a_key_of_small_order_is_sealed_to_by_nobody(sim: ChainSimulator) -> None:
    bad = replace(sim.law.people["cho"].keys[0], sealing=bytes(32))
    people = {**sim.law.people, "cho": replace(sim.law.people["cho"], keys=(bad,))}
    sim.law = replace(sim.law, people=people)
    with pytest.raises(SealError, match="no key that anything can be sealed to"):
        one(sim)


def test_two_serials_share_nothing(sim: ChainSimulator) -> None:
    (first, _), (second, _) = one(sim), one(sim, serial=2, entropy=(bytes(16), bytes(16)))
    assert identity(first.seal) != identity(second.seal)
    assert not set(first.seal.tree.commitments) & set(second.seal.tree.commitments)
    with pytest.raises(SealError, match="another root, or damaged"):
        open_secrets(first, bytes(16))
    with pytest.raises(SealError, match="another root, or damaged"):
        open_secrets(replace(second, seal=first.seal), bytes(16))
    assert open_secrets(second, bytes(16)) == {"A": b"secret"}
    with pytest.raises(SealError, match="do not open the seal"):
        combine(first.seal, {})


def test_secrets_have_a_size(sim: ChainSimulator) -> None:
    with pytest.raises(SealError, match="secrets of over 262,144 bytes"):
        seal_secrets(bytes(32), bytes(16), {"A": b"x" * 200_000})


def test_what_lies_of_a_ceremony_is_read_strictly(sim: ChainSimulator) -> None:
    sealed, dealt = one(sim)
    assert read_sealed(sealed.encode()) == sealed
    assert read_dealt(dealt.encode()) == dealt
    receipt = (Path(__file__).parents[1] / "vectors/documents/receipt-whole.txt").read_bytes()
    other = receipt.partition(b"\n\n")[2].decode()

    def spoiled(whole: bytes, read: Callable[[bytes], object], **changes: object) -> None:
        value = {**json.loads(whole), **changes}
        kept = {name: field for name, field in value.items() if field is not None}
        data = json.dumps(kept, sort_keys=True, separators=(",", ":")).encode()
        with pytest.raises(MalformedDocumentError):
            read(data)

    for change in ({"seal": other}, {"sealed": "zz"}, {"sealed": "00"}, {"more": 1},
                   {"seal": None}, {"sealed": 1}):  # fmt: skip
        spoiled(sealed.encode(), read_sealed, **change)
    share = json.loads(dealt.encode())["shares"][0]
    for change in ({"seal": other}, {"shares": {}}, {"shares": [{}]}, {"more": 1}):
        spoiled(dealt.encode(), read_dealt, **change)
    for lie in ({"key": 1}, {"ciphertext": "AB"}, {"ciphertext": "0" * 40_000}, {"x": ""}):
        spoiled(dealt.encode(), read_dealt, shares=[share | lie])


def test_deals_are_kept_by_executor_action_and_serial(sim: ChainSimulator) -> None:
    sim.seal("thing", "go", serials=2, A=b"x")
    sim.seal("thing", "stay", first=9, A=b"x")
    (sim.deals._folder / "thing" / "notes.json").write_text("of somebody's own")
    assert (sim.deals.serials("thing", "go"), sim.deals.serials("thing", "stay")) == ([1, 2], [9])
    assert sim.deals.serials("other", "go") == []
    path = sim.deals._folder / "thing" / "go-0001.json"
    path.rename(sim.deals._folder / "thing" / "go-0003.json")
    with pytest.raises(SealError, match="is the deal of something else"):
        sim.deals.read("thing", "go", 3)
    with pytest.raises(SealError, match="No such file"):
        sim.deals.read("thing", "go", 1)
    path.write_text("{}")
    with pytest.raises(SealError, match="not a deal"):
        sim.deals.read("thing", "go", 1)
    assert sim.deals.remove("thing", "go") == [1, 2, 3]
    assert sim.deals.serials("thing", "go") == []


def test_what_was_given_is_kept_once_and_a_damaged_note_gives_nothing(
    sim: ChainSimulator, tmp_path: Path
) -> None:
    sealed, _ = one(sim)
    given = Given(tmp_path / "given")
    assert not given.has(sealed.seal)
    given.give(sealed.seal, "5" * 64)
    given.give(sealed.seal, "5" * 64)
    assert Given(tmp_path / "given").has(sealed.seal)
    with pytest.raises(SealError, match="went to another order"):
        Given(tmp_path / "given").give(sealed.seal, "6" * 64)
    (note,) = (tmp_path / "given").iterdir()
    assert note.stat().st_mode & 0o777 == 0o600
    note.write_bytes(b"\xff")
    with pytest.raises(SealError):
        given.give(sealed.seal, "5" * 64)
    closed = tmp_path / "closed"
    closed.write_text("a file, where a folder is due")
    with pytest.raises(SealError, match="closed"):
        Given(closed).give(sealed.seal, "5" * 64)


def test_a_seal_stands_under_its_own_law_alone(sim: ChainSimulator) -> None:
    sealed, _ = one(sim)
    assert check_seal(sealed.seal, sealed.filed, sim.charter) is sim.law
    for change, why in (
        ({"law": "0" * 64}, "under another law"),
        ({"deployment": "0" * 32}, "under another law"),
        ({"signer": "bob"}, "does not stand"),
        ({"executor": "nothing"}, "does not stand"),
        ({"action": "nothing"}, "does not stand"),
        ({"action": "stay"}, None),
    ):
        seal = replace(sealed.seal, **change)  # type: ignore[arg-type]
        if why is None:
            assert check_seal(seal, sealed.filed, sim.charter) is sim.law  # the same ladder
            continue
        with pytest.raises(SealError, match=why):
            check_seal(seal, sealed.filed, sim.charter)


def test_an_action_that_never_names_the_executor_has_no_seal_that_stands(tmp_path: Path) -> None:
    sim = ChainSimulator(scenario("move-treasury"), tmp_path / "h", sealing=True)
    chain = sim.chain
    kinds = (*chain.executors, replace(chain.executors[0], id="spare"))
    charter = replace(sim.charter, chains=(replace(chain, executors=kinds),))
    sim.law = charter.laws[chain.id]
    sealed, _ = one(sim, "north", executor="spare", action="transfer")
    with pytest.raises(SealError, match="transfer never names spare"):
        check_seal(sealed.seal, sealed.filed, charter)
