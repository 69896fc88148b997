"""What was signed for one thing, shown for another."""

import base64
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cheget.audit import ed25519
from cheget.errors import (
    AddressError,
    AlreadyActedError,
    BadSignatureError,
    CharterError,
    LawError,
    LogError,
    MalformedDocumentError,
    NotAcceptedError,
    NotAllowedError,
    UnfitEntryError,
    VerificationError,
)
from cheget.keyring.signer import SshKeySigner
from cheget.order import sshsig
from cheget.order.charter import Charter, Person, check_charter
from cheget.order.documents import Refusal, order_name
from cheget.order.draft import draft_refusal, enclose
from cheget.order.envelope import Envelope
from cheget.order.keys import PublicKey
from cheget.order.papers import decode_papers, open_envelope
from cheget.order.verify import Pinned, verify_papers
from cheget.order.words import in_words
from docket import chain_of
from evil import EvilDesk
from simulator import ChainSimulator, entropy, scenario, signer

DB = "production-db"


def test_replay(sim: ChainSimulator) -> None:
    """A code shown again after the act, and answers shown again in another order."""
    code = sim.code(DB)
    sim.verify(code, DB)
    with pytest.raises(AlreadyActedError):
        sim.verify(code, DB, outcomes=("carried-out",))
    old = [stored for _, stored in EvilDesk(sim).entries if b".concurrence.v1" in stored]
    evil = EvilDesk(sim)
    evil.transmit(evil.draft("ann", "wipe", [DB], database="billing"))
    first = evil.order
    for stored in old:
        evil.append(stored, subject=first, seq=1)
        with pytest.raises(LogError):
            sim.verify(evil.code(DB), DB)
        evil.entries.pop()


def test_replay_of_an_answer_within_its_order(asked: ChainSimulator) -> None:
    stored = asked.concurrence("bob")
    asked.desk.concur(stored)
    again = asked.desk.concur(stored)  # acknowledged once more, and in the log once
    assert (again.effect, asked.desk.head("orders").size) == ("kept", again.position + 1)
    evil = EvilDesk(asked)
    evil.append(stored)
    with pytest.raises(UnfitEntryError, match="one person, one seat"):
        asked.verify(evil.code(DB), DB)


def test_code_for_another_executor(posted: ChainSimulator) -> None:
    posted.transmit("ann", "launch", ["rocket-0001", "rocket-0002"])
    posted.release()
    code = posted.code("rocket-0001")
    posted.verify(code, "rocket-0001")
    with pytest.raises(AddressError):
        posted.verify(code, "rocket-0002")
    relabelled = code.replace(b"rocket-0001", b"rocket-0003", 1)
    with pytest.raises(AddressError):
        posted.verify(relabelled, "rocket-0003")


def test_code_for_another_deployment(sim: ChainSimulator, tmp_path: Path) -> None:
    code = sim.code(DB)
    other = ChainSimulator(scenario("wipe-database"), tmp_path / "x", deployment="f" * 32)
    with pytest.raises(LawError):
        sim.verify(code, DB, Pinned(other.charter, law=other.desk.head("law")))


def test_staging_copy(sim: ChainSimulator, tmp_path: Path) -> None:
    """The same chain, people and keys under a deployment of its own: nothing carries over."""
    staging = ChainSimulator(scenario("wipe-database"), tmp_path / "staging", deployment="e" * 32)
    staging.transmit("ann", "wipe", [DB], database="orders")
    staging.release()
    staging.clock.turn(900)
    code = staging.code(DB)
    staging.verify(code, DB)
    with pytest.raises(LawError):
        sim.verify(code, DB)
    order = open_envelope(decode_papers(code).log.envelopes[0]).stored
    with pytest.raises(NotAcceptedError):
        sim.desk.transmit(order, [DB])


def test_two_readings_of_one_order(sim: ChainSimulator) -> None:
    """Bytes that one parser reads as one order and another as another: there is one reading."""
    stored = decode_papers(sim.code(DB)).log.envelopes[0]
    envelope = Envelope.decode(stored)
    for old, new in (
        (b'"action":"wipe"', b'"action":"wipe","action":"emergency-wipe"'),
        (b'"action":"wipe"', b'"action": "wipe"'),
        (b'"action":"wipe"', b'"action":"\\u0077ipe"'),
        (b'"count":1', b'"count":1.0'),
        (b'"count":1', b'"count":1e0'),
        (b'"count":1', b'"count":true'),
    ):
        payload = envelope.payload.replace(old, new)
        assert payload != envelope.payload
        signed = replace(envelope, payload=payload)
        signature = sim.signers["ann"].sign(signed.signed_bytes)
        with pytest.raises(MalformedDocumentError):
            open_envelope(replace(signed, signature=signature).encode())


def test_chain_edited_mid_order(asked: ChainSimulator, tmp_path: Path) -> None:
    easier = replace(asked.chain, levels=asked.chain.levels[:1])
    edited = replace(asked.charter, chains=(easier,))
    with pytest.raises(LawError, match="another law"):
        asked.verify(EvilDesk(asked).code(DB), DB, Pinned(edited, law=asked.desk.head("law")))


def test_bait_and_switch(asked: ChainSimulator) -> None:
    """What a signer is shown beside the order is what the order binds, or it isn't shown."""
    data = asked.desk.papers(asked.order)
    papers = decode_papers(data)
    digest, text = next(iter(papers.texts.items()))
    shown = replace(papers, texts={digest: replace(text, text="only a test")})
    with pytest.raises(MalformedDocumentError, match="not the one named"):
        verify_papers(shown.encode(), pinned=asked.pinned, now=asked.clock.now())
    for files in ({"1" * 64: b"harmless"},):
        with pytest.raises(MalformedDocumentError, match="not the one named"):
            decode_papers(replace(papers, files=files).encode())
    # Another order of the same originator under the digest that was asked for.
    evil = EvilDesk(asked)
    evil.transmit(evil.draft("ann", "wipe", [DB], database="billing"))
    other = replace(decode_papers(evil.code(DB)), order=asked.order, address=(DB,))
    with pytest.raises(VerificationError):
        verify_papers(other.encode(), pinned=asked.installed, now=asked.clock.now())


def test_executors_swapped_under_the_root(posted: ChainSimulator) -> None:
    posted.transmit("ann", "launch", ["rocket-0001", "rocket-0002"])
    papers = decode_papers(posted.desk.papers(posted.order))
    for executors in (
        ("rocket-0001", "rocket-0003"),
        ("rocket-0001",),
        ("rocket-0001", "rocket-0002", "rocket-0003"),
        ("rocket-0002", "rocket-0001"),
        ("rocket-0001", "rocket-0001", "rocket-0002"),
        (),
    ):
        with pytest.raises(NotAllowedError):
            verify_papers(
                replace(papers, address=executors).encode(),
                pinned=posted.pinned, now=posted.clock.now(),
            )  # fmt: skip
    evil = EvilDesk(posted)
    evil.transmit(evil.draft("ann", "launch", ["rocket-0001", "rocket-0002"]))
    evil.executors = ("rocket-0001", "rocket-0003")
    with pytest.raises(AddressError, match="does not name rocket-0003"):
        posted.verify(evil.code("rocket-0003"), "rocket-0003")


def test_six_words_made_to_match(asked: ChainSimulator) -> None:
    """Two digests may share their six words; an answer names all 256 bits of one of them."""
    digest = bytes.fromhex(asked.order)
    twin = digest[:9] + bytes(23)
    assert order_name(asked.order) == order_name(twin.hex())
    assert in_words(digest, 7) != in_words(twin, 7)
    document = open_envelope(asked.concurrence("bob")).unverified
    moved = enclose(replace(document, order=twin.hex()), asked.signers["bob"])  # type: ignore[type-var]
    with pytest.raises(NotAcceptedError, match="there is no order"):
        asked.desk.concur(moved)
    evil = EvilDesk(asked)
    evil.append(moved, subject=asked.order, seq=1)
    with pytest.raises(LogError):
        asked.verify(evil.code(DB), DB)


def test_one_key_under_two_names(sim: ChainSimulator) -> None:
    def founded(**people: Person) -> Charter:
        return replace(sim.charter, people={**sim.charter.people, **people})

    key = sim.signers["ann"].public.key
    for stolen in (PublicKey("ed25519", key), PublicKey("sshsig-ed25519", key)):
        with pytest.raises(CharterError, match="holds the same key as"):
            check_charter(founded(bob=Person((stolen,))))
    with pytest.raises(CharterError, match="holds the same key as"):
        check_charter(founded(bob=Person((PublicKey("ed25519", sim.charter.terms.law.key),))))
    with pytest.raises(CharterError, match="holds the same key as"):
        check_charter(founded(bob=Person(sim.charter.people["bob"].keys * 2)))


def test_cross_kind_signature(asked: ChainSimulator) -> None:
    """A signature on a question, shown on a refusal of the same fields."""
    refusal = draft_refusal(
        asked.order, signer="bob", reason=asked.text("x"), now=asked.clock.now()
    )
    signed = Envelope.decode(enclose(refusal, asked.signers["bob"]))
    question = refusal.payload().replace(b"answered_at", b"asked_at")
    moved = Envelope("question", question, signed.signature)
    with pytest.raises(NotAcceptedError, match="not signed by bob"):
        asked.desk.ask(moved.encode())
    countermand = asked.signers["bob"].sign(
        Envelope("countermand", signed.payload, b"").signed_bytes
    )
    with pytest.raises(NotAcceptedError, match="not signed by bob"):
        asked.desk.refuse(replace(signed, signature=countermand).encode())


def ssh_house(asked: ChainSimulator, ssh: SshKeySigner) -> ChainSimulator:
    people = {**asked.charter.people, "bob": Person((ssh.public,))}
    asked.desk.charter = asked.charter = replace(asked.charter, people=people)
    asked.law = asked.charter.laws[asked.chain.id]
    asked.signers["bob"] = ssh  # type: ignore[assignment]
    asked.transmit("ann", "wipe", [DB], database="orders")
    return asked


def ssh_refusal(house: ChainSimulator) -> Envelope:
    refusal = draft_refusal(
        house.order, signer="bob", reason=house.text("x"), now=house.clock.now()
    )
    return Envelope("refusal", refusal.payload(), b"")


def test_signature_for_another_ssh_namespace(
    asked: ChainSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    ssh = SshKeySigner(Ed25519PrivateKey.from_private_bytes(entropy("ssh of bob")))
    house = ssh_house(asked, ssh)
    unsigned = ssh_refusal(house)
    good = ssh.sign(unsigned.signed_bytes)
    found = sshsig.parse(good)
    for namespace in (b"git", b"file", b"cheget2", b""):
        moved = replace(found, namespace=namespace).encode()
        with pytest.raises(NotAcceptedError, match=r"namespace|not signed by bob"):
            house.desk.refuse(replace(unsigned, signature=moved).encode())
    assert house.desk.refuse(replace(unsigned, signature=good).encode()).effect == "stops"


def test_algorithm_downgrade(asked: ChainSimulator) -> None:
    """The roster says how a signature is checked; the message cannot choose another way."""
    private = Ed25519PrivateKey.from_private_bytes(entropy("ssh of bob"))
    ssh = SshKeySigner(private)
    house = ssh_house(asked, ssh)
    unsigned = ssh_refusal(house)
    raw = private.sign(unsigned.signed_bytes)
    weaker = sshsig.parse(ssh.sign(unsigned.signed_bytes))
    for signature in (raw, replace(weaker, hash_algorithm=b"sha256").encode()):
        with pytest.raises(NotAcceptedError, match="not signed by bob"):
            house.desk.refuse(replace(unsigned, signature=signature).encode())
    blob = SshKeySigner(house.signers["dan"].private).sign(unsigned.signed_bytes)
    refusal = draft_refusal(
        house.order, signer="dan", reason=house.text("x"), now=house.clock.now()
    )
    with pytest.raises(NotAcceptedError, match="not signed by dan"):
        house.desk.refuse(Envelope("refusal", refusal.payload(), blob).encode())


def test_drill_taken_for_real(asked: ChainSimulator) -> None:
    stored = asked.concurrence("bob")
    drill = stored.replace(b"cheget.concurrence.v1", b"cheget.drill-concurrence.v1")
    with pytest.raises(NotAcceptedError, match="a drill"):
        asked.desk.concur(drill)
    evil = EvilDesk(asked)
    papers = decode_papers(evil.code(DB))
    shown = replace(papers.log, envelopes=(*papers.log.envelopes, drill))
    with pytest.raises(MalformedDocumentError, match="a drill"):
        asked.verify(replace(papers, log=shown).encode(), DB)
    # Signed as a drill and shown as the real thing: the kind is under the signature.
    envelope = Envelope.decode(stored)
    signature = asked.signers["bob"].sign(
        Envelope("drill-concurrence", envelope.payload, b"").signed_bytes
    )
    with pytest.raises(NotAcceptedError, match="not signed by bob"):
        asked.desk.concur(replace(envelope, signature=signature).encode())


def test_duplicate_json_keys(sim: ChainSimulator) -> None:
    envelope = Envelope.decode(decode_papers(sim.code(DB)).log.envelopes[0])
    twice = envelope.payload.replace(b'"seat":"ann"', b'"seat":"ann","seat":"bob"')
    with pytest.raises(MalformedDocumentError, match="stands twice"):
        open_envelope(replace(envelope, payload=twice).encode())
    stored = envelope.encode()
    for old, new in ((b'"payloadType"', b'"payload":"AA==","payloadType"'),):
        with pytest.raises(MalformedDocumentError, match="canonical form"):
            open_envelope(stored.replace(old, new))


def test_float_at_a_threshold(tmp_path: Path) -> None:
    """7 % of 100 is seven; with floats it would be eight."""
    members = ", ".join(f"m{i}: M" for i in range(100))
    seats = ", ".join(f"m{i}" for i in range(100))
    chain = chain_of(
        f"chain: floats\nmembers: {{{members}}}\nlevels: [{{level: council, members: [{seats}],"
        " rule: 7% of members}]\nexecutors: {x: X}\nactions: {act: {executors: [x]}}\n"
    )
    sim = ChainSimulator(chain, tmp_path)
    sim.transmit("m0", "act", ["x"])
    sim.concur(*(f"m{i}" for i in range(1, 6)))
    assert sim.desk.proceeding(sim.order).state == "open"
    assert sim.concur("m6").effect == "releases"


def test_malleated_signature(asked: ChainSimulator) -> None:
    """S and S plus the group order solve the same equation; one of them is refused."""
    envelope = Envelope.decode(asked.concurrence("bob"))
    s = int.from_bytes(envelope.signature[32:], "little") + ed25519._L
    twin = envelope.signature[:32] + s.to_bytes(32, "little")
    with pytest.raises(NotAcceptedError, match="S is not below the group order"):
        asked.desk.concur(replace(envelope, signature=twin).encode())


def test_malleated_envelope(asked: ChainSimulator) -> None:
    """Another envelope of the same document is the same document, and no second answer."""
    stored = asked.concurrence("bob")
    asked.desk.concur(stored)
    renamed = replace(Envelope.decode(stored), keyid="somebody-else").encode()
    assert asked.desk.concur(renamed).digest == Envelope.decode(stored).digest
    assert len(list(asked.desk.proceeding(asked.order).counted)) == 2
    evil = EvilDesk(asked)
    papers = decode_papers(evil.code(DB))
    envelopes = tuple(renamed if one == stored else one for one in papers.log.envelopes)
    with pytest.raises(LogError, match="missing, or another is shown"):
        asked.verify(replace(papers, log=replace(papers.log, envelopes=envelopes)).encode(), DB)
    loose = stored.replace(b'"keyid"', b' "keyid"')
    bits = base64.b64encode(b"a").replace(b"=", b"")[:-1] + b"R=="
    for bad in (loose, stored.replace(b'"payload":"', b'"payload":"' + bits[:0] + b"=")):
        with pytest.raises(NotAcceptedError):
            asked.desk.concur(bad)


def test_small_order_key(sim: ChainSimulator) -> None:
    """A key of small order verifies anything, so no charter holds one."""
    for point in (b"\1" + bytes(31), bytes(32), (2**255 - 20).to_bytes(32, "little")):
        people = {**sim.charter.people, "bob": Person((PublicKey("ed25519", point),))}
        with pytest.raises(CharterError, match=r"small order|one form"):
            check_charter(replace(sim.charter, people=people))


def test_key_learned_from_the_server(sim: ChainSimulator) -> None:
    evil = EvilDesk(sim)
    mallory = signer("mallory")
    papers = decode_papers(evil.code(DB))
    forged = replace(papers, published=evil.checkpoint(by=mallory),
                     log=replace(papers.log, latest=evil.checkpoint(by=mallory)))  # fmt: skip
    with pytest.raises(LogError, match="does not verify"):
        sim.verify(forged.encode(), DB)
    refusal = draft_refusal(sim.order, signer="eve", reason=sim.text("x"), now=sim.clock.now())
    hinted = replace(
        Envelope.decode(enclose(refusal, mallory)), keyid=mallory.public.key.hex()[:16]
    )
    evil.append(hinted.encode())
    with pytest.raises(BadSignatureError):
        sim.verify(evil.code(DB), DB)


def test_oversized_document(asked: ChainSimulator) -> None:
    stored = asked.concurrence("bob")
    with pytest.raises(NotAcceptedError, match="65,536"):
        asked.desk.concur(stored + b" " * 65536)
    refusal = Refusal(asked.clock.now(), asked.order, "0" * 64, "bob")
    assert len(enclose(refusal, asked.signers["bob"])) < 65536
    evil = EvilDesk(asked)
    with pytest.raises(MalformedDocumentError, match="33,554,432"):
        asked.verify(evil.code(DB) + b" " * 2**25, DB)
    with pytest.raises(MalformedDocumentError, match="4,096"):
        asked.text("x" * 4097)
