"""Attacks with passkeys: what a page or a library lets pass, and the verifier does not."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attacks.test_law import Amender
from cheget.cli.ledgers import read_ledger
from cheget.errors import BadSignatureError, CharterError, NotAcceptedError
from cheget.order import canonical
from cheget.order.charter import Person
from cheget.order.keys import PublicKey, check_public_key, verify
from cheget.order.ledger import prove
from cheget.order.passkey import EDDSA, ES256, Party
from cheget.order.verify import Pinned, verify_papers
from docket import chain_of
from passkeys import ORIGIN, PARTY, Authenticator
from simulator import ChainSimulator

MESSAGE = b"DSSEv1 41 application/vnd.cheget.order.v1+json 2 {}"


@pytest.mark.parametrize("scheme", [ES256, EDDSA])
def test_an_assertion_over_a_document_verifies_offline(scheme: str) -> None:
    for origin in PARTY.origins:
        one = Authenticator(scheme, origin=origin)
        verify(one.public, MESSAGE, one.sign(MESSAGE))
        check_public_key(one.public)
    one = Authenticator(scheme, client={"crossOrigin": None, "other_keys_can_be_added_here": "x"})
    verify(one.public, MESSAGE, one.sign(MESSAGE))
    one = Authenticator(scheme, flags=0x85, behind=b"extension data")
    verify(one.public, MESSAGE, one.sign(MESSAGE))


@pytest.mark.parametrize("scheme", [ES256, EDDSA])
@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"flags": 1}, "presence and its user"),
        ({"flags": 4}, "presence and its user"),
        ({"origin": "https://evil.example.com"}, "charter doesn't name"),
        ({"origin": "http://cheget.example.com"}, "charter doesn't name"),
        ({"origin": f"{ORIGIN}/"}, "charter doesn't name"),
        ({"rp_id": "example.com"}, "another house's page"),
        ({"behind": b"x"}, "something behind it"),
        ({"client": {"type": "webauthn.create"}}, "something else"),
        ({"client": {"crossOrigin": True}}, "within another page"),
        ({"client": {"crossOrigin": "false"}}, "within another page"),
        ({"client": {"topOrigin": ORIGIN}}, "within another page"),
        ({"client": {"challenge": "AAAA"}}, "another document"),
    ],
)
def test_what_a_page_must_not_do(scheme: str, changes: dict[str, Any], says: str) -> None:
    one = Authenticator(scheme, **changes)
    with pytest.raises(BadSignatureError, match=says):
        verify(one.public, MESSAGE, one.sign(MESSAGE))


def test_a_signature_for_another_document() -> None:
    one = Authenticator()
    with pytest.raises(BadSignatureError, match="another document"):
        verify(one.public, MESSAGE + b" ", one.sign(MESSAGE))


def test_duplicate_json_keys_in_client_data() -> None:
    one = Authenticator()
    twice = one.client_data(MESSAGE).replace(b'"type"', b'"origin": "https://x", "type"')
    with pytest.raises(BadSignatureError, match="stands twice"):
        verify(one.public, MESSAGE, one.sign(MESSAGE, twice))


@pytest.mark.parametrize("client", [b"", b"[]", b"null", b"{", b"[" * 4000, b"\xff{}"])
def test_client_data_that_is_none(client: bytes) -> None:
    one = Authenticator()
    with pytest.raises(BadSignatureError):
        verify(one.public, MESSAGE, one.sign(MESSAGE, client))


@pytest.mark.parametrize("scheme", [ES256, EDDSA])
def test_algorithm_downgrade_and_anothers_key(scheme: str) -> None:
    """The roster's scheme and key decide, whatever the assertion was made with."""
    one, other = Authenticator(scheme), Authenticator(EDDSA if scheme == ES256 else ES256)
    for wrong in (other, Authenticator(scheme, seed=8)):
        with pytest.raises(BadSignatureError):
            verify(wrong.public, MESSAGE, one.sign(MESSAGE))


def test_a_malleated_signature_is_good_and_no_identity() -> None:
    """(r, n - s) verifies too: so nothing may be told apart by a signature's bytes."""
    from cryptography.hazmat.primitives.asymmetric.utils import (
        decode_dss_signature,
        encode_dss_signature,
    )

    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    one = Authenticator()
    found = json.loads(one.sign(MESSAGE))
    import base64

    raw = base64.urlsafe_b64decode(found["signature"] + "==")
    r, s = decode_dss_signature(raw)
    other = encode_dss_signature(r, order - s)
    found["signature"] = base64.urlsafe_b64encode(other).rstrip(b"=").decode()
    verify(one.public, MESSAGE, canonical.encode(found))


@given(place=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_no_bit_of_an_assertion_is_free(place: int, bit: int) -> None:
    one = Authenticator(EDDSA)
    good = one.sign(MESSAGE)
    spoiled = bytearray(good)
    spoiled[place % len(good)] ^= 1 << bit
    with pytest.raises(BadSignatureError):
        verify(one.public, MESSAGE, bytes(spoiled))


def test_a_charter_without_a_page_takes_no_passkey() -> None:
    one = Authenticator()
    for party in (None, Party("", ())):
        with pytest.raises(BadSignatureError, match="no page"):
            verify(PublicKey(ES256, one.public.key, party), MESSAGE, one.sign(MESSAGE))


@pytest.mark.parametrize(
    "key", [bytes(65), b"\x04" + bytes(64), b"\x02" + bytes(64), b"\x04" + b"\xff" * 64]
)
def test_a_p256_key_is_a_point_in_its_one_form(key: bytes) -> None:
    with pytest.raises(CharterError):
        check_public_key(PublicKey(ES256, key))


CHAIN = """
    chain: paged
    members: {ann: Ann, bob: Bob, cho: Cho}
    levels:
      - {level: head, members: [ann]}
      - {level: middle, members: [bob]}
      - {level: last, members: [cho], signs: own-device}
    executors: {rocket: Rocket}
    actions: {launch: {executors: [rocket], decide-within: 2h}}
    amend: ann
    """


@pytest.fixture
def law(tmp_path: Path) -> Amender:
    """A house that was amended: it has a page, and bob a passkey beside his key."""
    law = Amender(ChainSimulator(chain_of(CHAIN), tmp_path / "house"))
    phone = Authenticator()
    now = law.charter
    people = {**now.people, "bob": Person((*now.people["bob"].keys, phone.public))}
    terms = replace(now.terms, rp_id=PARTY.rp_id, origins=PARTY.origins)
    law.agree(law.propose(law.next(people=people, terms=terms), enrolled=[("bob", phone)]), "ann")
    law.sim.clock.turn(1)
    law.sim.law = law.charter.laws[law.sim.chain.id]
    law.sim.transmit("ann", "launch", ["rocket"])
    return law


def test_a_passkey_concurs_and_everybody_verifies_it_offline(law: Amender) -> None:
    sim = law.sim
    sim.signers["bob"] = Authenticator()
    sim.concur("bob")
    pinned = Pinned(sim.charter)
    shown = verify_papers(sim.desk.papers(sim.order), pinned=pinned, now=sim.clock.now())
    assert [one.person for one in shown.proceeding.counted] == ["ann", "bob"]
    sim.concur("cho")
    assert prove(read_ledger(sim.desk), pinned).proceedings[0].state == "released"


def test_a_level_that_signs_on_own_devices_takes_no_page(law: Amender) -> None:
    """Then owning the page isn't enough."""
    sim = law.sim
    keys, phone = law.charter.people["cho"].keys, Authenticator(seed=11)
    people = {**law.charter.people, "cho": Person((*keys, phone.public))}
    law.agree(law.propose(law.next(people=people), enrolled=[("cho", phone)]), "ann")
    sim.clock.turn(1)
    sim.law = law.charter.laws[sim.chain.id]
    sim.transmit("ann", "launch", ["rocket"])
    sim.concur("bob")
    sim.signers["cho"] = phone
    with pytest.raises(NotAcceptedError, match="device of its own"):
        sim.concur("cho")


def test_a_page_of_another_house_signs_nothing_here(law: Amender) -> None:
    law.sim.signers["bob"] = Authenticator(origin="https://evil.example.com")
    with pytest.raises(NotAcceptedError, match="not signed by bob"):
        law.sim.concur("bob")


def test_the_page_of_a_house_is_one_for_ever(law: Amender) -> None:
    terms = replace(law.charter.terms, rp_id="other.example.com")
    with pytest.raises(NotAcceptedError, match="for ever"):
        law.propose(law.next(terms=terms))
