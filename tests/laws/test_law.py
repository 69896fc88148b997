"""The law log against a second reading of its page, entry by entry, in small worlds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from cheget.errors import ChegetError
from cheget.order.draft import enclose
from cheget.order.follow import LawEntry, LawState, follow
from cheget.order.papers import open_envelope
from laws.reading import (
    AMENDS,
    CHANGES,
    NAMES,
    Act,
    Motion,
    Reading,
    World,
    asked,
    charter,
    key_of,
)
from simulator import START


def edited(old: World, revoked: set[str], draw: Callable[..., Any]) -> World:
    """Another charter after it, with something changed, or nothing."""
    spoilt = draw(st.integers(0, 7)) == 0
    who, place = draw(st.sampled_from(NAMES)), draw(st.integers(0, 3))
    keys, spare = list(old.keys), f"{who} {draw(st.integers(1, 3))}"
    without = [None if one == who else one for one in old.posts]
    found: dict[str, Any] = {}
    match draw(st.sampled_from(
        ["title", "title", "amend", "post", "leave", "key", "key", "machine", "changes", "nothing"]
    )):  # fmt: skip
        case "title":
            found = {"title": draw(st.sampled_from(["One", "Two", "Three"]))}
        case "amend":
            found = {"amend": draw(st.integers(0, len(AMENDS) - 1))}
        case "post":
            without[place] = who if old.has(who) and draw(st.booleans()) else None
            found = {"posts": tuple(without)}
        case "leave":
            keys[NAMES.index(who)] = None
            found = {"keys": tuple(keys), "posts": tuple(without),
                     "machines": old.machines - {who}}  # fmt: skip
        case "key":
            mine = old.keys_of(who)
            keys[NAMES.index(who)] = draw(
                st.sampled_from([mine | {spare}, mine - {spare}, frozenset({spare}), mine])
            )
            found = {"keys": tuple(keys)}
        case "machine" if old.has(who):
            found = {"machines": old.machines ^ {who}}
        case "changes":
            rule = draw(st.integers(0, len(CHANGES) - 1))
            name = draw(st.sampled_from(["add-key", "remove", "replace"]))
            found = {"changes": tuple(sorted({**dict(old.changes), name: rule}.items()))}
    kept = found.get("keys", old.keys)
    if not spoilt:  # what was revoked goes with the next charter, or there is none
        found["keys"] = tuple(None if keys is None else keys - revoked for keys in kept)
    return replace(old, version=old.version + 1, before=old, **found)


@st.composite
def worlds(draw: Callable[..., Any]) -> World:
    changes = draw(st.dictionaries(st.sampled_from(["add-key", "remove", "replace"]),
                                   st.integers(0, len(CHANGES) - 1)))  # fmt: skip
    keys = [frozenset({f"{who} 1"} | draw(st.sampled_from([set(), {f"{who} 2"}])))
            for who in NAMES]  # fmt: skip
    machines = draw(st.sampled_from([frozenset(), frozenset({"dan"}), frozenset({"eve"})]))
    return World(1, "One", draw(st.integers(0, len(AMENDS) - 1)), ("ann", "bob", "cho", "dan"),
                 tuple(keys), machines, tuple(sorted(changes.items())))  # fmt: skip


def acts(reading: Reading, at: int, place: int, draw: Callable[..., Any]) -> Act:
    """Something that somebody does next: what they may, or that with one thing other."""
    live = {digest: one for digest, one in reading.motions.items() if not one.over}
    kinds = ["propose", "agree", "agree", "agree", "agree", "refuse", "countermand", "revoke"]
    kind = draw(st.sampled_from(kinds if live else ["propose"] * 6 + ["revoke"]))
    if kind == "revoke":
        act = _revocation(reading, list(live.values()), at, draw)
    elif kind == "propose":
        act = _proposal(reading, at, draw)
    else:
        about = draw(st.sampled_from(sorted(live)))
        motion = live[about]
        agreed = motion.agreed[False] | motion.agreed[True]
        say = {who for one in motion.rules for who in one.named} - agreed - motion.refused
        who = draw(st.sampled_from(sorted(say) or NAMES))
        keys = (motion.old.keys_of(who) | motion.new.keys_of(who)) - reading.revoked
        key = draw(st.sampled_from(sorted(keys) or [f"{who} 1"]))
        act = Act(kind, who, key, at, about=about, size=place)
    if draw(st.booleans()):
        act = _otherwise(act, reading, place, draw)
    return replace(act, digest=act.document().digest())


def _revocation(reading: Reading, live: list[Motion], at: int, draw: Callable[..., Any]) -> Act:
    used = {key for one in live for key in one.used}
    kept = {key for one in live for keys in one.new.keys for key in keys or ()}
    held = {key for keys in reading.now.keys for key in keys or ()} - reading.revoked
    some = draw(st.sampled_from([used, kept, held])) & held or held or {"ann 1"}
    about = draw(st.sampled_from(sorted(some)))
    who = about.partition(" ")[0]
    key = draw(st.sampled_from(sorted(reading.now.keys_of(who)) or [about]))
    return Act("revoke", who, key, at, about=about)


def _proposal(reading: Reading, at: int, draw: Callable[..., Any]) -> Act:
    new = edited(reading.now, reading.revoked, draw)
    say = sorted({who for one in asked(reading.now, new) for who in one.named})
    who = draw(st.sampled_from(say or NAMES))
    keys = sorted((reading.now.keys_of(who) | new.keys_of(who)) - reading.revoked)
    key = draw(st.sampled_from(keys or [f"{who} 1"]))
    return Act("propose", who, key, at, world=new, decide_by=at + 1000)


def _otherwise(act: Act, reading: Reading, place: int, draw: Callable[..., Any]) -> Act:
    """The same act with one thing other, which may or may not matter."""
    motion = reading.motions.get(act.about)
    some: dict[str, Any] = {"signed": act.signed + draw(st.sampled_from([-50, 30, 31]))}
    what = draw(st.sampled_from(["who", "who", "key", "signed", "about", "size", "decide_by"]))
    if what == "who":
        before = sorted(motion.refused | motion.agreed[True]) if motion else []
        some = {"who": draw(st.sampled_from([*NAMES, *before * 4]))}
        some["key"] = f"{some['who']} {act.key[-1]}"
    elif what == "key":
        gone = sorted(key for key in reading.revoked if key.startswith(act.who))
        some = {"key": draw(st.sampled_from([*gone * 2, f"{act.who} 1", f"{act.who} 2"]))}
    elif what == "about" and act.kind == "revoke":
        some = {"about": f"{act.who} {draw(st.integers(1, 3))}"}
    elif what == "about" and motion is not None:
        some = {"about": draw(st.sampled_from(sorted(reading.motions)))}
    elif what == "size" and act.kind == "agree" and motion is not None:
        some = {"size": draw(st.sampled_from([motion.place, motion.place + 1, place + 1]))}
    elif what == "decide_by" and act.world is not None:
        some = {"decide_by": act.signed + draw(st.sampled_from([0, 1, 41]))}
    return replace(act, **some)


def shown(state: LawState) -> Iterator[Any]:
    """What the first reading says."""
    yield state.charter.digest, state.revoked
    for digest, one in sorted(state.proposals.items()):
        yield (digest, bool(one.ended), one.ended == "it holds", one.agreed_old, one.agreed_new,
               one.refused)  # fmt: skip


def told(reading: Reading) -> Iterator[Any]:
    """What the second does."""
    yield charter(reading.now).digest, {key_of(one).public.point for one in reading.revoked}
    for digest, one in sorted(reading.motions.items()):
        yield digest, one.over, one.holds, one.agreed[False], one.agreed[True], one.refused


def read_twice(data: st.DataObject) -> None:
    """One world, and what some people do in it: both readings say the same of each entry."""
    first = data.draw(worlds())
    proved = frozenset((who, key_of(f"{who} {number}").public) for who in NAMES
                       for number in (1, 2, 3))  # fmt: skip
    state = LawState(charter(first), begun=True, proved=proved)
    reading, at, place = Reading(first), START, 9
    for _ in range(data.draw(st.integers(1, 20))):
        act = acts(reading, at, place, data.draw)
        if act.world is not None:
            new = charter(act.world)
            state = replace(state, known={**state.known, new.digest: new})
        filed = open_envelope(enclose(act.document(), key_of(act.key)))
        try:
            state, taken = follow(state, LawEntry(place, at, filed)), True
        except ChegetError:
            taken = False
        assert reading.takes(act, at, place) == taken, act
        assert list(shown(state)) == list(told(reading)), act
        event(f"{act.kind}: {'taken' if taken else 'unfit'}")
        place += taken
        at += data.draw(st.sampled_from([0, 1, 41, 500]))
    event(f"version {reading.now.version}")


@settings(max_examples=120)
@given(st.data())
def test_a_second_reading_of_the_page_comes_to_the_same_law(data: st.DataObject) -> None:
    read_twice(data)


@pytest.mark.slow
@settings(max_examples=4000)
@given(st.data())
def test_it_does_so_in_many_more_worlds(data: st.DataObject) -> None:
    read_twice(data)
