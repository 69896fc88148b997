"""Which law held when, and who came and went."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cheget.order.charter import Charter, Person
from cheget.order.follow import LawEvent
from cheget.order.regimes import Coming, History, Regime, in_force
from simulator import START, ChainSimulator, scenario, signer


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Charter:
    folder: Path = tmp_path_factory.mktemp("first")
    return ChainSimulator(scenario("wipe-database"), folder).charter


def after(charter: Charter, **changes: object) -> Charter:
    return replace(charter, version=charter.version + 1, before=charter.digest, **changes)  # type: ignore[arg-type]


def spans(history: History) -> list[tuple[int, int | None, int]]:
    return [(one.since, one.until, one.charter.version) for one in history.regimes()]


def told(history: History) -> list[tuple[str, str, str]]:
    founding = len(History(history.first, START).comings())
    return [(one.change, one.who, one.what) for one in history.comings()[founding:]]


def test_a_charter_holds_until_the_next_and_the_last_still_does(first: Charter) -> None:
    second = after(first)
    third = after(second)
    events = (LawEvent(9, START + 100, second), LawEvent(12, START + 300, third))
    history = History(first, START, events)
    assert spans(history) == [
        (START, START + 100, 1), (START + 100, START + 300, 2), (START + 300, None, 3),
    ]  # fmt: skip
    assert history.charters == (first, second, third)


def test_what_held_in_a_period_held_at_some_second_of_it(first: Charter) -> None:
    regimes = History(first, START, (LawEvent(9, START + 100, after(first)),)).regimes()
    old, new = regimes
    assert in_force(regimes, START, START + 100) == (old,)
    assert in_force(regimes, START + 99, START + 101) == (old, new)
    assert in_force(regimes, START + 100, START + 101) == (new,)
    assert in_force(regimes, START - 100, START) == ()


def test_before_its_founding_no_law_held_and_nobody_had_come(first: Charter) -> None:
    history = History(first, None)
    assert history.regimes() == ()
    assert history.comings() == ()


def test_of_two_charters_in_one_second_the_first_never_held(first: Charter) -> None:
    second = after(first)
    events = (LawEvent(9, START + 5, second), LawEvent(12, START + 5, after(second)))
    assert spans(History(first, START, events)) == [(START, START + 5, 1), (START + 5, None, 3)]


def test_at_the_founding_everybody_comes_with_their_key_and_post(first: Charter) -> None:
    found = History(first, START).comings()
    ann = [one for one in found if one.who == "ann"]
    assert [(one.change, one.by) for one in ann] == [
        ("joined", "charter 1"), ("key added", "charter 1"), ("post filled", "charter 1"),
    ]  # fmt: skip
    assert Coming(START, "post filled", "dee", "dee", "charter 1") in found
    assert [one.what for one in found if one.who == "executor production-db"] == [
        f"ed25519 {signer('executor production-db').public.point.hex()[:16]}"
    ]


def test_whoever_leaves_leaves_their_post_and_key_and_who_joins_brings_theirs(
    first: Charter,
) -> None:
    people = {name: one for name, one in first.people.items() if name != "dan"}
    people["zoe"] = Person((signer("zoe").public,))
    second = after(first, people=people, posts={**first.posts, "dan": "zoe"})
    key, old = signer("zoe").public.point.hex()[:16], signer("dan").public.point.hex()[:16]
    assert told(History(first, START, (LawEvent(9, START + 100, second),))) == [
        ("left", "dan", ""), ("key gone", "dan", f"ed25519 {old}"),
        ("joined", "zoe", ""), ("key added", "zoe", f"ed25519 {key}"),
        ("post left", "dan", "dan"), ("post filled", "zoe", "dan"),
    ]  # fmt: skip


def test_a_person_who_becomes_a_machine_is_told(first: Charter) -> None:
    people = {**first.people, "eve": replace(first.people["eve"], machine=True)}
    second = after(first, people=people)
    events = (LawEvent(9, START + 100, second), LawEvent(12, START + 200, after(second,
              people=first.people)))  # fmt: skip
    assert told(History(first, START, events)) == [
        ("changed", "eve", "a machine"), ("changed", "eve", "no machine"),
    ]  # fmt: skip


def test_an_executor_with_another_key_is_told(first: Charter) -> None:
    second = after(first, executors={"production-db": signer("another").public})
    assert [one[:2] for one in told(History(first, START, (LawEvent(9, START + 1, second),)))] == [
        ("key gone", "executor production-db"), ("key added", "executor production-db"),
    ]  # fmt: skip


def test_whose_only_key_is_revoked_can_no_longer_answer(first: Charter) -> None:
    key = signer("dee").public
    history = History(first, START, (LawEvent(9, START + 100, key=key.point),))
    before, now = history.regimes()
    assert (before.keyless, now.keyless) == ((), ("dee",))
    assert "dee" in before.posts.values()
    assert "dee" not in now.posts.values()
    assert told(history) == [("key revoked", "dee", f"ed25519 {key.point.hex()[:16]}")]


def test_a_second_key_keeps_its_holder_able_to_answer(first: Charter) -> None:
    again = signer("dee again").public
    people = {**first.people, "dee": Person((*first.people["dee"].keys, again))}
    second = after(first, people=people)
    known = Regime(START, None, second, frozenset({signer("dee").public.point}))
    assert known.keyless == ()
