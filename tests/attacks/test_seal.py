"""Attacks on sealed executors: shares altered, moved, pooled, given to somebody else."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

from attacks.test_law import Amender
from cheget.chain.shares import is_opened, leaves
from cheget.errors import (
    BadShareError,
    BadSignatureError,
    CharterError,
    KeyFileError,
    MalformedDocumentError,
    NotAcceptedError,
    NotAllowedError,
    SealError,
)
from cheget.executor.agent import Taken
from cheget.keyring.agent import AgentSigner
from cheget.keyring.handing import Given, Hands
from cheget.keyring.sealing import (
    SUITE,
    Deal,
    deal,
    hand_over,
    open_dealt,
    open_handed,
    sealing_key,
    with_sealing,
)
from cheget.keyring.signer import Signer, SshKeySigner
from cheget.order.allowed import check_executors, named
from cheget.order.charter import check_charter, pinned_charter
from cheget.order.documents import Concurrence
from cheget.order.draft import draft_concurrence, draft_enrolment, draft_order, enclose
from cheget.order.handover import dealing_info, shares_tree
from cheget.order.law import check_enrolment
from cheget.order.papers import Address, decode_papers, open_envelope
from cheget.order.seal import check_shares, combine, identity, open_secrets, read_sealed
from cheget.order.sealtree import read_tree, write_tree
from cheget.order.verify import verify_papers
from sealing import IMAGE, SIGNER, SealedHouse
from simulator import ChainSimulator, entropy, scenario, signer


@pytest.fixture
def house(tmp_path: Path) -> SealedHouse:
    return SealedHouse(tmp_path)


def signed_over(house: SealedHouse, who: str, shares: list[bytes]) -> None:
    """``who`` concurs, and signs for these ciphertexts whatever they are."""
    sim = house.sim
    draft = draft_concurrence(
        sim.verified(), signer=who, seat=who, reason=sim.text("yes"), now=sim.clock.now()
    )
    document = replace(draft, shares=shares_tree(shares).root.hex())
    sim.desk.concur(enclose(document, sim.signers[who]), (), shares)


def dealt_to(house: SealedHouse, who: str, seat: str, serial: int = 1) -> bytes:
    one = house.sim.deals.read(SIGNER, "beta", serial)
    return open_dealt(one.seal, one.shares, seat=seat, person=who, signer=house.sim.signers[who])


def handed(house: SealedHouse, who: str, shares: bytes, order: str = "", to: bytes = b"") -> bytes:
    seal = house.sim.deals.read(SIGNER, "beta", 1).seal
    key = to or house.sim.charter.executors[SIGNER].sealing
    return hand_over(seal, shares, to=key, order=order or house.sim.order, seat=f"security/{who}")


def assert_failed_for_good(house: SealedHouse, who: str) -> Taken:
    """The order failed, by name; no attempt is left, and the same code again changes nothing."""
    agent = house.agent
    taken = house.act()
    assert (taken.outcome, who in taken.says) == ("failed", True)
    assert not house.signature.exists()
    assert [one.outcome for one in agent.run_once()] == ["failed"]
    assert len(agent.journal.of_order(house.sim.order, "intent")) == 1
    return taken


def test_altered_share(house: SealedHouse) -> None:
    """A member signs for a share that is not theirs as dealt: named, and nothing retries it."""
    house.transmit()
    house.sim.concur("kai")
    share = bytearray(dealt_to(house, "lea", "security/lea"))
    share[0] ^= 1
    signed_over(house, "lea", [handed(house, "lea", bytes(share))])
    assert "not the one dealt" in assert_failed_for_good(house, "lea").says
    house.released(2)  # but a new order, under a serial of its own
    assert house.act().outcome == "carried-out"


def test_share_altered_on_its_way(house: SealedHouse) -> None:
    """Whoever carries the code can hold it up by that, and can blame nobody for it."""
    house.released()
    good = decode_papers(house.code())
    address = good.address
    assert isinstance(address, Address)
    kai = next(d for d, one in address.shares.items() if d != house.sim.order)
    one = address.shares[kai]
    flipped = replace(one, ciphertext=bytes([one.ciphertext[0] ^ 1]) + one.ciphertext[1:])
    agent = house.agent
    for shares in ({**address.shares, kai: flipped},
                   {d: s for d, s in address.shares.items() if d != kai}):  # fmt: skip
        bad = replace(good, address=replace(address, shares=shares)).encode()
        house.lying = [bad]
        taken = house.act()
        house.sim.clock.turn(-3600)
        assert taken.outcome == "waiting"
        assert "on its way" in taken.says or "lacks the share" in taken.says
    house.lying = None
    house.sim.clock.turn(3600)
    assert [one.outcome for one in agent.run_once()] == ["carried-out"]


def test_no_share_at_all(house: SealedHouse) -> None:
    """A desk takes no concurrence without its share; one that does leaves the order failed."""
    house.transmit()
    house.sim.concur("kai")
    sim = house.sim
    bare = draft_concurrence(
        sim.verified(), signer="lea", seat="lea", reason=sim.text("yes"), now=sim.clock.now()
    )
    with pytest.raises(NotAcceptedError, match="hands over no share"):
        sim.desk.concur(enclose(bare, sim.signers["lea"]))
    with pytest.MonkeyPatch.context() as evil:
        evil.setattr("cheget.service.desk.keep_shares", lambda *_: None)
        sim.desk.concur(enclose(bare, sim.signers["lea"]))
    assert_failed_for_good(house, "lea")


def test_share_with_index_0(house: SealedHouse) -> None:
    """At index 0 a polynomial is the secret itself; no share says where it stands."""
    from Crypto.Protocol.SecretSharing import Shamir

    root = b"0123456789abcdef"
    assert Shamir.combine([(0, root), (1, bytes(16))]) == root  # the library takes it
    seal = house.sim.deals.read(SIGNER, "beta", 1).seal
    with pytest.raises(BadShareError, match="lea"):
        check_shares(seal, "security/lea", root, "lea")
    tree = write_tree(seal.tree)
    assert read_tree(tree) == seal.tree
    leaf = tree[2][0][2][0]  # type: ignore[index]
    leaf.append(0)  # type: ignore[union-attr]
    with pytest.raises(MalformedDocumentError, match="not a seal's tree"):
        read_tree(tree)
    # And a seat's shares are as many as it was dealt: none more, at whatever index.
    mine = dealt_to(house, "kai", "security/kai")
    with pytest.raises(BadShareError):
        check_shares(seal, "security/kai", mine + root, "kai")
    with pytest.raises(BadShareError):
        check_shares(seal, "security/nobody", b"", "kai")


def test_shares_pooled_over_orders(house: SealedHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two orders under one serial, each with one share of two: together they are not enough."""
    first = house.transmit()
    house.sim.concur("kai")
    kai = next(iter(house.sim.desk.papers(first) and house.sim.shares))
    house.sim.clock.turn(60)
    monkeypatch.setattr("cheget.service.desk.check_unclaimed", lambda *_: None)
    # (a) lea's own program gives the serial to one order only; ida's and kai's have given it.
    with pytest.raises(SealError, match="went to another order"):
        house.transmit()
    monkeypatch.setattr(Given, "give", lambda *_: None)  # programs that forget
    second = house.transmit()
    assert second != first
    house.sim.concur("lea")
    # (b) moved over to the other order, kai's share doesn't open there.
    signed_over(house, "kai", [kai])
    assert_failed_for_good(house, "kai")


def test_share_moved_to_another_order(house: SealedHouse) -> None:
    first = house.transmit()
    house.sim.concur("kai")
    before = decode_papers(house.sim.desk.papers(first)).shares
    house.released(2)
    good = decode_papers(house.code())
    assert isinstance(good.address, Address)
    moved = {
        mine: replace(one, ciphertext=old[0])
        for (mine, one), old in zip(
            good.address.shares.items(), [*before.values()] * 2, strict=False
        )
    }
    house.lying = [replace(good, address=replace(good.address, shares=moved)).encode()]
    taken = house.act()
    assert (taken.outcome, "altered on its way" in taken.says) == ("waiting", True)


def test_share_moved_to_another_seat(house: SealedHouse) -> None:
    """A member passes on a colleague's ciphertext as their own."""
    house.transmit()
    house.sim.concur("kai")
    signed_over(house, "lea", list(house.sim.shares))
    assert "lea gave for security/lea does not open" in assert_failed_for_good(house, "lea").says


def test_share_sealed_to_the_servers_key(house: SealedHouse) -> None:
    """The key is the charter's, which is pinned; what is sealed to another opens nowhere."""
    sim, server = house.sim, signer("the server")
    evil = with_sealing(server).sealing
    house.transmit()
    # A charter with the server's key in it is another charter: nothing verifies under it.
    real = sim.charter.executors[SIGNER]
    other = replace(sim.charter, executors={SIGNER: replace(real, sealing=evil)})
    assert other.digest != sim.charter.digest
    with pytest.raises(CharterError):
        pinned_charter(other.payload, sim.charter.digest)
    # A member's program looks in the charter, and nowhere else.
    _, shares = sim.hands("kai").concur_over(sim.verified(), draft(house, "kai"))
    assert opens(house, shares[0], "kai", sim.executor_signers[SIGNER])
    assert not opens(house, shares[0], "kai", server)
    # And somebody who does seal to the server's key is named by the executor.
    sim.concur("kai")
    own = dealt_to(house, "lea", "security/lea")
    signed_over(house, "lea", [handed(house, "lea", own, to=evil)])
    assert_failed_for_good(house, "lea")


def draft(house: SealedHouse, who: str) -> Concurrence:
    sim = house.sim
    return draft_concurrence(
        sim.verified(), signer=who, seat=who, reason=sim.text("yes"), now=sim.clock.now()
    )


def opens(house: SealedHouse, share: bytes, who: str, holder: Signer) -> bool:
    seal = house.sim.deals.read(SIGNER, "beta", 1).seal
    found = open_handed(
        seal, share, sealing_key(holder), order=house.sim.order, seat=f"security/{who}"
    )
    return found is not None


def test_sealing_key_put_into_an_enrolment_by_the_server(house: SealedHouse) -> None:
    """The key that signs an enrolment signs for its sealing key too."""
    sim = house.sim
    mine = with_sealing(sim.signers["kai"])
    evil = replace(mine, sealing=with_sealing(signer("the server")).sealing)
    document = draft_enrolment(sim.deployment, "kai", evil, sim.fresh())
    with pytest.raises(BadSignatureError):
        check_enrolment(sim.deployment, open_envelope(enclose(document, signer("the server"))))
    honest = open_envelope(
        enclose(draft_enrolment(sim.deployment, "kai", mine, sim.fresh()), sim.signers["kai"])
    )
    assert check_enrolment(sim.deployment, honest) == ("kai", mine)
    assert check_enrolment(sim.deployment, honest) != ("kai", evil)
    held = {**sim.charter.people, "kai": replace(sim.charter.people["kai"], keys=(
        replace(mine, sealing=with_sealing(sim.signers["lea"]).sealing),))}  # fmt: skip
    with pytest.raises(CharterError, match="holds the same key"):
        check_charter(replace(sim.charter, people=held))


def test_share_dealt_to_the_server_in_a_members_name(house: SealedHouse) -> None:
    """Deals lie with the server: what it puts there in a member's name opens nowhere."""
    dealt = house.sim.deals.read(SIGNER, "beta", 1)
    kai = next(one for one in dealt.shares if one.person == "kai")
    lies = (
        replace(kai, ciphertext=kai.ciphertext[::-1]),
        replace(kai, seat="security/lea"),
        Deal(kai.seat, "kai", b"x" * 32, b""),
    )
    for lie in lies:
        house.sim.deals.write([replace(dealt, shares=(lie,))])
        house.sim.order = ""
        with pytest.raises(BadShareError, match="security/kai"):
            dealt_to(house, "kai", "security/kai")


def test_seal_split_otherwise_than_the_ladder(house: SealedHouse) -> None:
    """A dealer who gives everything to one seat deals a seal that nobody uses."""
    dealt = house.sim.deals.read(SIGNER, "beta", 1)
    shape = dealt.seal.tree.shape
    weak = replace(dealt.seal, tree=replace(dealt.seal.tree, shape=replace(shape, need=1)))
    filed = open_envelope(enclose(weak, house.sim.signers[weak.signer]))
    house.sim.deals.write([replace(dealt, filed=filed, seal=weak)])
    with pytest.raises(SealError, match="split otherwise"):
        house.transmit()


def test_seats_without_people(tmp_path: Path) -> None:
    """Ann's two seats open the emergency's tree, which takes two people to release."""
    sim = ChainSimulator(scenario("wipe-database"), tmp_path / "house", sealing=True)
    (one,) = sim.seal("production-db", "emergency-wipe", PASSWORD=b"hunter2 and more")
    mine = {seat for leaf in leaves(one.seal.tree.shape) if (seat := leaf.seat).endswith("/ann")}
    assert is_opened(one.seal.tree.shape, mine)
    given = {}
    for seat in mine:
        shares = open_dealt(
            one.seal, one.shares, seat=seat, person="ann", signer=sim.signers["ann"]
        )
        given[seat] = check_shares(one.seal, seat, shares, "ann")
    path = sim.sealed / "production-db" / "emergency-wipe-0001.json"
    sealed = read_sealed(path.read_bytes())
    # With a stolen disk ann alone has it: which is why `cheget seal` refuses this chain.
    assert open_secrets(sealed, combine(sealed.seal, given)) == {"PASSWORD": b"hunter2 and more"}


def test_old_seal_that_could_not_be_deleted_goes_the_next_time(
    house: SealedHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that was read-only for a moment leaves no secret behind for good."""
    sim, amender = house.sim, Amender(house.sim)
    digest = amender.propose(amender.titled("Another title"), by="ida")
    amender.agree(digest, "ida", "kai", "lea", "nia", "oto")
    sim.charter = amender.charter
    sim.law = sim.charter.laws[sim.chain.id]
    sim.seal(SIGNER, "beta", serials=1, first=5, SIGNING_KEY=house.secret)
    house.released(5)
    with monkeypatch.context() as disk:
        opened = Path.open

        def read_only(path: Path, mode: str = "r", *rest: object, **named: object) -> object:
            if mode == "r+b":
                raise OSError(30, "Read-only file system")
            return opened(path, mode, *rest, **named)  # type: ignore[call-overload]

        disk.setattr(Path, "open", read_only)
        house.agent.run_once()
    assert len(list((sim.sealed / SIGNER).iterdir())) == 5
    house.act()
    assert [one.name for one in (sim.sealed / SIGNER).iterdir()] == ["beta-0005.json"]


def test_old_seal_after_amendment(house: SealedHouse) -> None:
    """A change of the law voids its seals: no order binds them, executors delete them."""
    agent = house.agent
    house.released()
    house.act()
    files = sorted(one.name for one in (house.sim.sealed / SIGNER).iterdir())
    assert len(files) == 4
    amender = Amender(house.sim)
    digest = amender.propose(amender.titled("Another title"), by="ida")
    amender.agree(digest, "ida", "kai", "lea", "nia", "oto")
    sim = house.sim
    sim.charter = amender.charter
    sim.law = sim.charter.laws[sim.chain.id]
    with pytest.raises(SealError, match="under another law"):
        house.transmit(2)
    # New seals are dealt under the new law; the old ones go once the executor has read it.
    sim.seal(SIGNER, "beta", serials=1, first=3, SIGNING_KEY=house.secret)
    house.signature.unlink()
    house.released(3)
    assert house.act().outcome == "carried-out"
    assert house.signature.exists()
    assert [one.name for one in (house.sim.sealed / SIGNER).iterdir()] == ["beta-0003.json"]
    (voided,) = agent.journal.of_kind("voided")
    assert voided.facts["seals"] == files


def test_serial_seen_under_another_order(
    house: SealedHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An order that was stopped has burnt its serial; so has one that was carried out."""
    agent = house.agent
    first = house.released()
    agent.run_once()  # shown, and held
    house.sim.countermand("ida")
    agent.run_once()
    monkeypatch.setattr(Given, "give", lambda *_: None)
    with pytest.raises(NotAcceptedError, match="was claimed by an earlier order"):
        house.transmit()
    monkeypatch.setattr("cheget.service.desk.check_unclaimed", lambda *_: None)
    house.sim.clock.turn(60)
    second = house.released()
    assert second != first
    taken = house.act()
    assert (taken.outcome, house.signature.exists()) == ("waiting", False)
    assert "was claimed by another order" in taken.says
    house.agent = house.restarted()  # which forgets nothing
    (again,) = (one for one in house.agent.run_once() if one.order == second)
    assert "was claimed by another order" in again.says


def test_client_asked_to_give_a_share_twice(
    house: SealedHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = house.transmit()
    house.sim.concur("kai")
    # The same order again is the same gift, as after a reply that was lost.
    house.sim.hands("lea").concur_over(house.sim.verified(), draft(house, "lea"))
    house.sim.hands("lea").concur_over(house.sim.verified(), draft(house, "lea"))
    monkeypatch.setattr("cheget.service.desk.check_unclaimed", lambda *_: None)
    house.sim.clock.turn(60)
    sim = house.sim
    with monkeypatch.context() as forgetful:  # ida's program forgets, which ida may have wanted
        forgetful.setattr(Given, "give", lambda *_: None)
        assert house.transmit() != first
    for who in ("kai", "lea"):
        with pytest.raises(SealError, match="went to another order"):
            sim.hands(who).concur_over(sim.verified(), draft(house, who))
    # It is remembered by what was dealt, not by a number that the server could change.
    sim.hands("max").concur_over(sim.verified(), draft(house, "max"))


def test_share_that_a_dealer_did_not_commit_to(house: SealedHouse) -> None:
    """What a dealer deals beside the tree is found by its holder, before anybody signs."""
    one = house.sim.deals.read(SIGNER, "beta", 1)
    kai = with_sealing(house.sim.signers["kai"]).sealing
    info = dealing_info(identity(one.seal), "security/kai", "kai")
    sealed = SUITE.encrypt(bytes(16), X25519PublicKey.from_public_bytes(kai), info)
    false = Deal("security/kai", "kai", kai, sealed)
    house.sim.deals.write([replace(one, shares=(false,))])
    with pytest.raises(BadShareError, match=f"{one.seal.signer} gave for security/kai is not"):
        dealt_to(house, "kai", "security/kai")


def test_serial_without_shares_and_shares_without_a_serial(house: SealedHouse) -> None:
    """An order that a desk should never have taken is one that nobody answers."""
    sim = house.sim
    action = {"image": hashlib.sha256(IMAGE).hexdigest(), "version": "4.2"}
    for listed, shares in ((["signer/1"], None), (["signer"], "5" * 64)):
        bare = draft_order(
            sim.law, originator="ida", action="beta", executors=listed, parameters=action,
            reason=sim.text("why"), now=sim.clock.now(), nonce=sim.fresh(),
        )  # fmt: skip
        order = replace(bare, shares=shares)
        with pytest.raises(NotAllowedError, match="hands over shares if it names a sealed"):
            check_executors(sim.law, order, listed)
    twice = ["signer/1", "signer/2"]
    order = replace(order, executors=named(twice))
    with pytest.raises(NotAllowedError, match="not sorted, or names one twice"):
        check_executors(sim.law, order, twice)


def test_serial_of_another_law_than_the_orders(house: SealedHouse) -> None:
    house.transmit()
    verified = house.sim.verified()
    older = replace(verified.proceeding.order, law="0" * 64)
    moved = replace(verified, proceeding=replace(verified.proceeding, order=older))
    with pytest.raises(SealError, match="sealed under another law"):
        house.sim.hands("kai").concur_over(moved, draft(house, "kai"))


def test_serial_swapped_under_the_root(house: SealedHouse) -> None:
    """The serial is in the list that everybody signs."""
    house.transmit()
    papers = decode_papers(house.sim.desk.papers(house.sim.order))
    for listed in (("signer/2",), ("signer",), ("signer/1", "signer/2")):
        with pytest.raises(NotAllowedError):
            verify_papers(
                replace(papers, address=listed).encode(), pinned=house.sim.pinned,
                now=house.sim.clock.now(),
            )  # fmt: skip


def test_forwarded_agent_holds_no_shares(house: SealedHouse) -> None:
    """A key in an agent signs for whoever reaches it; it opens nothing."""
    far = AgentSigner(SshKeySigner(house.sim.signers["kai"].private).public, "/nowhere")
    house.transmit()
    hands = Hands(house.sim.charter, "kai", far, house.sim.deals, Given(house.folder / "given"))
    with pytest.raises(KeyFileError, match="in an agent"):
        hands.concur_over(house.sim.verified(), draft(house, "kai"))
    assert with_sealing(far).sealing == b""


def test_person_without_a_sealing_key_is_named_before_anything_is_dealt(tmp_path: Path) -> None:
    sim = ChainSimulator(scenario("release-firmware"), tmp_path / "house")
    with pytest.raises(SealError, match=r"no share can be sealed to ci, ida, .*pia"):
        deal(
            sim.law, executor=SIGNER, action="stable", serial=1, secrets={"A": b"x"},
            dealer="ida", signer=sim.signers["ida"], entropy=(entropy("a", 16), entropy("b", 16)),
        )  # fmt: skip
