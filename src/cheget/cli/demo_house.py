"""A staffed house for the demo: the article's chain, everybody enrolled, the charter founded."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from cheget.chain.chain import Chain
from cheget.chain.parse import parse_chain
from cheget.chain.rule import names
from cheget.cli.install import Place, install, make
from cheget.cli.ledgers import read_ledger
from cheget.cli.throwaway import enrolled, founded, key
from cheget.keyring import keyfile
from cheget.keyring.signer import Ed25519Signer
from cheget.order.fields import Head
from cheget.order.ledger import prove
from cheget.service.clock import SystemClock
from cheget.service.counter import LocalCounter
from cheget.service.desk import Desk
from cheget.service.house import House, draw_house, open_house

ACTION = "tactical"
NAMED = {"missile": 8, "shell": 6, "torpedo": 6}

Progress = Callable[[str, int], Iterator[Callable[[], None]]]


@dataclass(frozen=True)
class Staffed:
    """A house with the keys of everybody in it, and the executors the orders will name."""

    house: House
    desk: LocalCounter
    chain: Chain
    people: Mapping[str, Ed25519Signer]
    others: tuple[str, ...]  # the executors that no order names
    named: tuple[str, ...]
    crews: Mapping[str, tuple[str, ...]]  # executor to its crew posts
    pinned_at: Head  # of the orders log, as the executors named hold it


def staff(folder: Path, progress: Progress, origin: str | None = None) -> Staffed:
    """Make the house in ``folder``: real keys, real enrolments, a charter that all agreed to.

    ``origin``: of its page, if it will have one.
    """
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
    if origin is not None:
        with (folder / "house.yaml").open("a") as settings:
            settings.write(f"origin: {origin}\n")
        house = open_house(folder)
    people = {one.id: key() for one in house.people.people}
    # Those that will be named are installed: a folder, a key file and executor.yaml each.
    installed = {one: _install(folder, house, chain, one) for one in named}
    executors = {
        one: key() for kind in chain.executors for one in kind.ids() if one not in installed
    }
    enrolments = list(installed.values())
    with contextmanager(progress)("enrolling keys", len(people) + len(executors)) as advance:
        enrolments += enrolled(house, {**people, **executors}, advance)
    desk = founded(house, people, enrolments, "The first charter of this demonstration.",
                   SystemClock())  # fmt: skip
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


def _write_people(folder: Path, chain: Chain, posts: Mapping[str, str]) -> None:
    lines = ["house: demonstration", "people:"]
    lines += [f"  {member.id}: {{name: {member.title}}}" for member in chain.members]
    lines += [f"  {who}: {{name: Crew of {post.split('/')[0]}}}" for post, who in posts.items()]
    lines += ["posts:", *(f"  {post}: {who}" for post, who in posts.items()), ""]
    (folder / "people.yaml").write_text("\n".join(lines))
