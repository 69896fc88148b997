"""A staffed house for the demo: the article's chain, everybody enrolled, the charter founded."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cheget.chain.chain import Chain
from cheget.chain.parse import parse_chain
from cheget.chain.rule import names
from cheget.cli.context import fresh, now, reason_text
from cheget.cli.install import Place, install, make
from cheget.cli.ledgers import read_ledger
from cheget.keyring import keyfile
from cheget.keyring.signer import Ed25519Signer
from cheget.order.draft import draft_agreement, draft_enrolment, draft_founding, enclose
from cheget.order.fields import Head
from cheget.order.law import founders
from cheget.order.ledger import prove
from cheget.order.papers import open_envelope
from cheget.service.clock import SystemClock
from cheget.service.desk import Desk
from cheget.service.founding import agree, propose
from cheget.service.house import House, compile_charter, draw_house, open_desk, open_store
from cheget.service.shown import head_of

ACTION = "tactical"
NAMED = {"missile": 8, "shell": 6, "torpedo": 6}

Progress = Callable[[str, int], Iterator[Callable[[], None]]]


@dataclass(frozen=True)
class Staffed:
    """A house with the keys of everybody in it, and the executors the orders will name."""

    house: House
    desk: Desk
    chain: Chain
    people: Mapping[str, Ed25519Signer]
    others: tuple[str, ...]  # the executors that no order names
    named: tuple[str, ...]
    crews: Mapping[str, tuple[str, ...]]  # executor to its crew posts
    pinned_at: Head  # of the orders log, as the executors named hold it


def staff(folder: Path, progress: Progress) -> Staffed:
    """Make the house in ``folder``: real keys, real enrolments, a charter that all agreed to."""
    text = files("cheget").joinpath("scenarios", "cheget.yaml").read_bytes()
    chain = parse_chain(text)
    (folder / "chains").mkdir(parents=True)
    (folder / "chains" / "cheget.yaml").write_bytes(text)
    named = tuple(
        sorted(one for kind in chain.executors for one in list(kind.ids())[: NAMED[kind.id]])
    )
    crews = {
        one: tuple(f"{one}/{post}" for post in sorted(set(names(crew))))
        for one in named
        if (crew := chain.kind_of(one).crew) is not None
    }
    posts = {post: post.replace("/", "-") for one in crews.values() for post in one}
    _write_people(folder, chain, posts)
    house = draw_house(folder, os.urandom)
    people = {one.id: _key() for one in house.people.people}
    # Those that will be named are installed: a folder, a key file and executor.yaml each.
    installed = {one: _install(folder, house, chain, one) for one in named}
    executors = {
        one: _key() for kind in chain.executors for one in kind.ids() if one not in installed
    }
    enrolled = list(installed.values())
    with contextmanager(progress)("enrolling keys", len(people) + len(executors)) as advance:
        for who, signer in (*people.items(), *executors.items()):
            document = draft_enrolment(house.deployment, who, signer.public, fresh())
            enrolled.append(enclose(document, signer))
            advance()
    desk = _found(house, people, enrolled)
    pinned_at = _pin(folder, desk, named)
    keys = folder / "keys"
    keys.mkdir(mode=0o700)
    for member in chain.members:
        keyfile.write(keys / member.id, people[member.id], None, member.id)
    return Staffed(house, desk, chain, people, tuple(executors), named, crews, pinned_at)


def place_of(folder: Path, executor: str) -> Place:
    """Where a named executor is installed."""
    return Place(folder / "executors" / executor)


def _install(folder: Path, house: House, chain: Chain, executor: str) -> bytes:
    """Make an executor that says what it does; the enrolment of its key."""
    place = place_of(folder, executor)
    enrolment = make(place, executor, chain, house.deployment, at=".")
    act = f"act:\n  {ACTION}: {{run: [/bin/echo, acted]}}\n"
    text = place.settings.read_text().replace("act: {}\n", act)
    place.settings.write_text(text)
    return enrolment


def _pin(folder: Path, desk: Desk, named: tuple[str, ...]) -> Head:
    """Prove both logs once, and let each named executor pin the charter and begin its tenure."""
    proved = prove(read_ledger(desk))
    for executor in named:
        install(
            place_of(folder, executor), executor, desk.charter, proved.orders_head,
            proved.law_head, folder / "anchors",
        )  # fmt: skip
    return proved.orders_head


def _key() -> Ed25519Signer:
    return Ed25519Signer(Ed25519PrivateKey.from_private_bytes(fresh(32)))


def _write_people(folder: Path, chain: Chain, posts: Mapping[str, str]) -> None:
    lines = ["house: demonstration", "people:"]
    lines += [f"  {member.id}: {{name: {member.title}}}" for member in chain.members]
    lines += [f"  {who}: {{name: Crew of {post.split('/')[0]}}}" for post, who in posts.items()]
    lines += ["posts:", *(f"  {post}: {who}" for post, who in posts.items()), ""]
    (folder / "people.yaml").write_text("\n".join(lines))


def _found(house: House, people: Mapping[str, Ed25519Signer], enrolled: list[bytes]) -> Desk:
    charter = compile_charter(house, enrolled)
    store, clock = open_store(house), SystemClock()
    first, *_ = sorted(founders(charter))
    text = reason_text("The first charter of this demonstration.")
    proposal = draft_founding(charter, signer=first, reason=text, now=now(), decide_within=3600)
    stored = enclose(proposal, people[first])
    propose(store, charter, enrolled, stored, clock, text)
    amendment = open_envelope(stored).envelope.digest
    for person in sorted(founders(charter)):
        seen = store.read(lambda tx: head_of(tx, "law", tx.size("law")))
        text = reason_text("")
        answer = draft_agreement(amendment, signer=person, seen=seen, reason=text, now=now())
        agree(store, enclose(answer, people[person]), clock, text)
    return open_desk(house, store, clock)
