"""Who would answer, read off the log of a simulated house."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cheget.order.charter import Person
from cheget.report.readiness import RECENT, Ready, readiness, vacancies
from serving import counter_of
from simulator import ChainSimulator, scenario

DB = "production-db"


@pytest.fixture
def sim(tmp_path: Path) -> ChainSimulator:
    found = ChainSimulator(scenario("wipe-database"), tmp_path / "house", second_keys=("bob",))
    counter_of(found)
    return found


def ready(sim: ChainSimulator) -> dict[str, Ready]:
    orders = sim.desk.orders()  # type: ignore[attr-defined]
    return {one.person: one for one in readiness(sim.charter, orders)}


def test_an_answer_a_refusal_and_how_long_it_took_are_told(sim: ChainSimulator) -> None:
    sim.transmit("ann", "wipe", [DB], database="orders")
    sim.clock.turn(30)
    sim.concur("bob")
    sim.clock.turn(60)
    sim.refuse("cho")
    found, now = ready(sim), sim.clock.now()
    assert (found["bob"].last, found["bob"].answers, found["bob"].usual) == (now - 60, 1, 30)
    assert (found["cho"].last, found["cho"].answers, found["cho"].usual) == (now, 1, None)
    assert (found["ann"].answers, found["ann"].usual) == (
        1,
        None,
    )  # to ask is not awaited
    assert (found["dan"].last, found["bob"].keys, found["dan"].keys) == (None, 2, 1)


def test_only_who_was_asked_and_said_nothing_let_an_order_run_out(sim: ChainSimulator) -> None:
    sim.transmit("ann", "wipe", [DB], database="orders")
    sim.concur("bob")
    sim.clock.turn(7 * 86400)
    sim.transmit("ann", "wipe", [DB], database="orders")
    sim.refuse("bob")  # whom this one asked was answered for, and let nothing run out
    found = ready(sim)
    assert {who: one.missed for who, one in found.items() if one.missed} == {"cho": 1, "dan": 1}


def test_what_is_to_be_minded_of_somebody_is_said_the_worst_first(sim: ChainSimulator) -> None:
    now = 10**9
    one = Ready("ann", ("ann",), 1, last=now - RECENT - 86400, missed=2)
    assert list(one.warnings(now)) == [
        "let 2 run out of time", "last answered 91 days ago", "holds one key only",
    ]  # fmt: skip
    assert list(replace(one, keys=0, last=now, missed=0).warnings(now)) == [
        "holds no key, and can answer nothing"
    ]
    assert not list(replace(one, keys=2, last=now, missed=0).warnings(now))


def test_machines_and_vacant_posts_are_told_apart_from_people(sim: ChainSimulator) -> None:
    posts = {post: who for post, who in sim.charter.posts.items() if post != "eve"}
    people = {**sim.charter.people, "dan": Person(sim.charter.people["dan"].keys, machine=True)}
    charter = replace(sim.charter, posts=posts, people=people)
    assert vacancies(charter) == ["wipe-database/eve"]
    assert {one.person for one in readiness(charter, [])} == {"ann", "bob", "cho", "dee"}
