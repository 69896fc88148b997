"""Charters: round trip, and each fault for which one cannot stand."""
# ruff: noqa: E501 - a table of faults

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cheget.errors import CharterError, ChegetError, MalformedDocumentError
from cheget.order import canonical
from cheget.order.charter import Charter, LogKey, Person, check_charter, read_charter
from cheget.order.envelope import digest
from cheget.order.keys import PublicKey
from docket import chain_of
from simulator import ChainSimulator, scenario, signer


@pytest.fixture(scope="module")
def charter(tmp_path_factory: pytest.TempPathFactory) -> Charter:
    folder: Path = tmp_path_factory.mktemp("charter")
    return ChainSimulator(scenario("cheget"), folder, executors=["missile-0001"]).charter


def test_a_charter_comes_back_as_it_was_written(charter: Charter) -> None:
    found = read_charter(charter.payload)
    assert found.payload == charter.payload
    assert found.digest == charter.digest == digest("charter", charter.payload)
    assert found.law_digests.keys() == charter.law_digests.keys()


def test_a_charter_has_one_spelling(charter: Charter) -> None:
    value = json.loads(charter.payload)
    for change in (
        lambda v: v.update(zzz=1),
        lambda v: v.pop("skew"),
        lambda v: v.update(version="1"),
        lambda v: v.update(version=True),
        lambda v: v["chains"][0].update(repeatable=0),
        lambda v: v["roster"]["people"]["president"].update(machine=0),
        lambda v: v["caps"].update(envelope=65537),
        lambda v: v.update(deployment="0"),
        lambda v: v["logs"].update(more={}),
        lambda v: v.update(chains={}),
        lambda v: v["chains"][0].update(levels=[]),
    ):
        other = json.loads(json.dumps(value))
        change(other)
        with pytest.raises(ChegetError):
            read_charter(canonical.encode(other))
    for payload in (charter.payload + b" ", b"[]", b"{}", b"", charter.payload[:-1]):
        with pytest.raises(MalformedDocumentError):
            read_charter(payload)


ANN = Person((signer("ann").public,))
FAULTS: list[tuple[str, Callable[[Charter], Charter], str]] = [
    ("a key twice", lambda c: replace(c, people={**c.people, "minister": c.people["president"]}), "the same key as"),
    ("an executor's key", lambda c: replace(c, executors={"missile-0001": c.people["chief"].keys[0]}), "the same key as"),
    ("a log's key", lambda c: replace(c, terms=replace(c.terms, law=LogKey("x", c.terms.orders.key))), "the same key as"),
    ("a short log key", lambda c: replace(c, terms=replace(c.terms, law=LogKey("x", b"short"))), "32 bytes"),
    ("an executor by SSH", lambda c: replace(c, executors={"missile-0001": PublicKey("sshsig-ed25519", signer("z").public.key)}), "not ed25519"),
    ("one origin", lambda c: replace(c, terms=replace(c.terms, law=replace(c.terms.law, origin=c.terms.orders.origin))), "both logs have the origin"),
    ("a bad origin", lambda c: replace(c, terms=replace(c.terms, law=replace(c.terms.law, origin="a b"))), "not an origin"),
    ("a post nobody has", lambda c: replace(c, posts={**c.posts, "butler": "chief"}), "no chain has the member butler"),
    ("a stranger in a post", lambda c: replace(c, posts={**c.posts, "chief": "zoe"}), "whom nobody declares"),
    ("a crew nobody has", lambda c: replace(c, posts={**c.posts, "missile-0001/cook": "chief"}), "has no cook beside it"),
    ("a crew of nothing", lambda c: replace(c, posts={**c.posts, "boat-0001/commander": "chief"}), "declares the executor"),
    ("an undeclared executor", lambda c: replace(c, executors={"boat": signer("boat").public}), "declares the executor"),
    ("one chain twice", lambda c: replace(c, chains=c.chains * 2), "no two of one name"),
    ("no chain", lambda c: replace(c, chains=()), "one chain at least"),
    ("one person, two posts that attest", lambda c: replace(c, posts={**c.posts, "minister": "chief"}), "counts chief twice"),
    ("an amend that nobody can meet", lambda c: replace(c, people={**c.people, "chief": Person()}), "amend can be met by nobody"),
    ("an amend by a machine", lambda c: replace(c, people={**c.people, "chief": replace(c.people["chief"], machine=True)}), "amend can be met by nobody"),
    ("witnesses", lambda c: replace(c, terms=replace(c.terms, witnesses="some")), "not supported yet"),
    ("a first with one before", lambda c: replace(c, before="1" * 64), "none before it"),
    ("a second without", lambda c: replace(c, version=2), "none before it"),
]  # fmt: skip


@pytest.mark.parametrize(("spoil", "says"), [f[1:] for f in FAULTS], ids=[f[0] for f in FAULTS])
def test_a_charter_cannot_stand(
    charter: Charter, spoil: Callable[[Charter], Charter], says: str
) -> None:
    check_charter(charter)
    with pytest.raises(CharterError, match=says):
        check_charter(spoil(charter))


def test_no_two_chains_declare_one_executor(charter: Charter) -> None:
    other = chain_of("""
        chain: other
        members: {ann: Ann}
        levels: [{level: head, members: [ann]}]
        executors: {missile: {title: Missile, count: 3}}
        actions: {act: {executors: [missile]}}
        """)
    with pytest.raises(CharterError, match="both declare executors"):
        check_charter(replace(charter, chains=(*charter.chains, other)))


def test_a_law_is_what_verifying_needs_and_no_more(charter: Charter) -> None:
    law = charter.laws["tactical-release"]
    assert "missile-0001/commander" not in law.posts
    elsewhere = replace(
        charter, version=2, before="1" * 64, executors={},
        people={**charter.people, "commander-of-missile-0001": ANN},
    )  # fmt: skip
    assert elsewhere.laws["tactical-release"].digest == law.digest
    assert elsewhere.digest != charter.digest
    for changed in (
        replace(charter, deployment="f" * 32),
        replace(charter, people={**charter.people, "chief": ANN}),
        replace(charter, terms=replace(charter.terms, skew=31)),
    ):
        assert changed.laws["tactical-release"].digest != law.digest
    assert charter.chain_of("missile-0001").id == "tactical-release"
    with pytest.raises(KeyError):
        charter.chain_of("boat")
