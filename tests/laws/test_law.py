"""The law log against a second reading of ``spec/charter.md``, entry by entry, in small worlds.

The second reading shares nothing with the first but documents and signatures: its rules are
Python predicates, its people a handful of names, and what can still be met is tried by every
subset of them. Numbers in comments are those of the page, section "Amendment".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import combinations
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from cheget.chain.chain import Chain
from cheget.chain.changes import change_form
from cheget.errors import ChegetError
from cheget.keyring.signer import Signer
from cheget.order.charter import Charter, LogKey, Person, Terms
from cheget.order.documents import Amendment, Concurrence, Countermand, Refusal, Revocation
from cheget.order.draft import enclose
from cheget.order.follow import LawEntry, LawState, follow
from cheget.order.papers import open_envelope
from docket import chain_of
from simulator import START, signer

DEPLOYMENT = "00112233445566778899aabbccddeeff"
NAMES = ("ann", "bob", "cho", "dan", "eve")
POSTS = ("a", "b", "c", "d")
SKEW = 30
ZERO = "0" * 64
People = frozenset[str]

# A rule as it is written, and as it is meant of the posts that have agreed.
AMENDS: tuple[tuple[str, Callable[[People], bool], str], ...] = (
    ("2 of (a, b, c)", lambda on: len(on & set("abc")) >= 2, "abc"),
    ("a and b", lambda on: set("ab") <= on, "ab"),
    ("any of (a, d)", lambda on: bool(on & set("ad")), "ad"),
    ("d or (b and c)", lambda on: "d" in on or set("bc") <= on, "bcd"),
    ("3 of (a, b, c, d)", lambda on: len(on) >= 3, "abcd"),
)
# The same of people: who is concerned, who else may agree, who has agreed.
CHANGES: tuple[tuple[str, Callable[[str, People], bool], Callable[[str, People], People]], ...] = (
    ("self and 1 other", lambda who, on: who in on and len(on) >= 2,
     lambda who, all_: all_ | {who}),
    ("any of (bob, eve)", lambda who, on: bool((on - {who}) & {"bob", "eve"}),
     lambda who, all_: all_ & ({"bob", "eve"} - {who})),
    ("2 of (ann, cho, dan)", lambda who, on: len((on - {who}) & {"ann", "cho", "dan"}) >= 2,
     lambda who, all_: all_ & ({"ann", "cho", "dan"} - {who})),
)  # fmt: skip


@dataclass(frozen=True)
class World:
    """A charter as the second reading knows it. Keys are labels such as ``ann 2``."""

    version: int
    title: str
    amend: int  # in AMENDS
    posts: tuple[str | None, ...]  # who fills POSTS
    keys: tuple[frozenset[str] | None, ...]  # of NAMES; None: not in the house
    machines: frozenset[str]
    changes: tuple[tuple[str, int], ...]  # into CHANGES
    before: World | None = None

    def keys_of(self, who: str) -> frozenset[str]:
        return self.keys[NAMES.index(who)] or frozenset()

    def fills(self, who: str) -> set[str]:
        return {post for post, filler in zip(POSTS, self.posts, strict=True) if filler == who}

    def has(self, who: str) -> bool:
        return self.keys[NAMES.index(who)] is not None


@cache
def chain(title: str, amend: int) -> Chain:
    return chain_of(f"""
        chain: small
        title: {title}
        members: {{a: A, b: B, c: C, d: D}}
        levels:
          - {{level: head, members: [a]}}
          - {{level: rest, members: [b, c, d], rule: any}}
        amend: "{AMENDS[amend][0]}"
        """)


@cache
def charter(world: World) -> Charter:
    people = {who: world.keys_of(who) for who in NAMES if world.has(who)}
    forms = {name: change_form(CHANGES[one][0], NAMES) for name, one in world.changes}
    return Charter(
        DEPLOYMENT, "example", world.version, (chain(world.title, world.amend),),
        {who: Person(tuple(key_of(one).public for one in sorted(keys)), who in world.machines)
         for who, keys in people.items()},
        {post: who for post, who in zip(POSTS, world.posts, strict=True) if who is not None},
        {}, Terms(LogKey("x/orders", bytes(32)), LogKey("x/law", bytes(32)), skew=SKEW),
        None if world.before is None else charter(world.before).digest, forms,
    )  # fmt: skip


@cache
def key_of(label: str) -> Signer:
    return signer(f"law {label}")


@dataclass(frozen=True)
class Asked:
    """A rule that has to agree: by the old charter or the new, met by whom, of whom."""

    is_new: bool
    met: Callable[[People], bool]
    named: People


def asked(old: World, new: World) -> list[Asked]:
    """2. Who is asked. Empty: it changes nothing."""
    chain_changes = (old.title, old.amend) != (new.title, new.amend) or old.changes != new.changes
    found = []
    for who in NAMES:
        what = _change(old, new, who)
        rules = dict(old.changes)
        if what == "nothing":
            continue
        if what in rules:
            _, met, named = CHANGES[rules[what]]
            others = frozenset(one for one in NAMES if old.has(one) and one not in old.machines)
            mine = others - {who}
            self_ = {who} if who in others else set()
            may = frozenset(named(who, mine)) & (mine | self_)
            found.append(Asked(False, lambda on, w=who, m=met, n=may: m(w, on & n), may))
        else:
            chain_changes = True
    if chain_changes:
        found += [_amends(old, is_new=False), _amends(new, is_new=True)]
    return found


def _change(old: World, new: World, who: str) -> str:
    """What happens to a person, in the words of the rules; ``amend`` where none of them fits."""
    had, has = old.keys_of(who), new.keys_of(who)
    gains, loses = new.fills(who) - old.fills(who), old.fills(who) - new.fills(who)
    if (old.has(who), old.fills(who), had, who in old.machines) == (
        new.has(who), new.fills(who), has, who in new.machines,
    ):  # fmt: skip
        return "nothing"
    turned = new.has(who) and (who in old.machines) != (who in new.machines)
    if not old.has(who) or gains or turned:
        return "amend"
    if not new.has(who) or loses:
        return "amend" if has - had else "remove"
    if had - has:
        return "replace" if has - had else "remove"
    return "add-key" if had else "amend"


def _amends(world: World, *, is_new: bool) -> Asked:
    _, met, named = AMENDS[world.amend]
    filled = {post: who for post, who in zip(POSTS, world.posts, strict=True)
              if who is not None and who not in world.machines}  # fmt: skip

    def meets(on: People) -> bool:
        return met(frozenset(post for post, who in filled.items() if who in on))

    return Asked(is_new, meets, frozenset(who for post, who in filled.items() if post in named))


@dataclass
class Motion:
    """An amendment, as the second reading follows it."""

    new: World
    old: World
    by: str
    place: int
    decide_by: int
    rules: list[Asked]
    used: set[str] = field(default_factory=set)  # keys
    agreed: dict[bool, set[str]] = field(default_factory=lambda: {False: set(), True: set()})
    refused: set[str] = field(default_factory=set)
    said: set[tuple[str, str, bool]] = field(default_factory=set)
    over: bool = False
    holds: bool = False

    def has_say(self, who: str) -> bool:
        return any(who in one.named for one in self.rules)

    def sides(self, who: str, key: str, revoked: set[str]) -> dict[bool, bool]:
        """By which charters that key, not revoked, is theirs."""
        return {is_new: key in world.keys_of(who) - revoked
                for is_new, world in ((False, self.old), (True, self.new))}  # fmt: skip

    def is_met(self) -> bool:
        return all(one.met(frozenset(self.agreed[one.is_new])) for one in self.rules)

    def can_be_met(self, revoked: set[str]) -> bool:
        """5. Whether some people who may still agree would meet each rule: every subset, tried."""
        for one in self.rules:
            world = self.new if one.is_new else self.old
            able = [who for who in NAMES if who not in self.refused and who not in world.machines
                    and world.keys_of(who) - revoked]  # fmt: skip
            if not any(one.met(frozenset(some)) for size in range(len(able) + 1)
                       for some in combinations(able, size)):  # fmt: skip
                return False
        return True


@dataclass
class Reading:
    """The second reading of the log so far."""

    now: World
    motions: dict[str, Motion] = field(default_factory=dict)
    revoked: set[str] = field(default_factory=set)

    def takes(self, entry: Act, at: int, place: int) -> bool:
        """Whether the log may hold the entry; then it has been followed."""
        return getattr(self, f"_{entry.kind}")(entry, at, place)

    def _propose(self, act: Act, at: int, place: int) -> bool:
        new = act.world
        assert new is not None
        rules = asked(self.now, new) if new.before == self.now else []
        motion = Motion(new, self.now, act.who, place, act.decide_by, rules)
        kept = {key for keys in new.keys if keys for key in keys}
        if (
            not rules  # another charter holds now, or nothing changes
            or act.digest in self.motions
            or kept & self.revoked  # 1.
            or act.signed > at + SKEW
            or not act.signed < act.decide_by
            or at >= act.decide_by
            or not any(motion.sides(act.who, act.key, self.revoked).values())
            or not motion.has_say(act.who)  # 4.
        ):
            return False
        motion.used.add(act.key)
        motion.over = not motion.can_be_met(self.revoked)
        self.motions[act.digest] = motion
        return True

    def _agree(self, act: Act, at: int, place: int) -> bool:
        motion, who = self.motions.get(act.about), act.who
        if motion is None or motion.over or at >= motion.decide_by or act.signed > at + SKEW:
            return False
        if not motion.place < act.size <= place:
            return False
        if who in motion.refused | motion.agreed[False] | motion.agreed[True]:
            return False
        counts = {
            is_new
            for is_new, theirs in motion.sides(who, act.key, self.revoked).items()
            if theirs and any(who in one.named for one in motion.rules if one.is_new == is_new)
        }
        if not counts:
            return False
        for is_new in counts:
            motion.agreed[is_new].add(who)
        motion.used.add(act.key)
        if motion.is_met():  # 6.
            for other in self.motions.values():
                other.over = True
            motion.holds, self.now = True, motion.new
        return True

    def _refuse(self, act: Act, at: int, place: int) -> bool:
        motion, who = self.motions.get(act.about), act.who
        if motion is None or act.signed > at + SKEW:
            return False
        if not any(motion.sides(who, act.key, self.revoked).values()):
            return False
        if not (motion.has_say(who) or who == motion.by):
            return False
        if (who, act.kind, motion.over) in motion.said:
            return False
        motion.said.add((who, act.kind, motion.over))
        if motion.over or at >= motion.decide_by:
            return True
        if who == motion.by or who in motion.agreed[False] | motion.agreed[True]:
            motion.over = True
        elif act.kind == "refuse":
            motion.refused.add(who)
            motion.over = not motion.can_be_met(self.revoked)
        return True

    _countermand = _refuse

    def _revoke(self, act: Act, at: int, place: int) -> bool:
        mine = self.now.keys_of(act.who)
        if act.signed > at + SKEW or act.about not in mine or act.key not in mine:
            return False
        if act.about in self.revoked:
            return False
        self.revoked.add(act.about)
        for motion in self.motions.values():
            kept = any(act.about in keys for keys in motion.new.keys if keys)
            if act.about in motion.used or kept or not motion.can_be_met(self.revoked):
                motion.over = True
        return True


@dataclass(frozen=True)
class Act:
    """Something that somebody signs."""

    kind: str
    who: str
    key: str
    signed: int
    about: str = ""  # an amendment's digest, or a key
    world: World | None = None
    decide_by: int = 0
    size: int = 0
    digest: str = ""

    def document(self) -> Any:
        match self.kind:
            case "propose":
                assert self.world is not None
                new = charter(self.world)
                return Amendment(self.decide_by, DEPLOYMENT, new.digest, self.signed, ZERO,
                                 self.who, new.version, new.before)  # fmt: skip
            case "agree":
                return Concurrence((), self.signed, "amend", self.about, self.about, ZERO, ZERO,
                                   self.who, self.who, self.size)  # fmt: skip
            case "refuse":
                return Refusal(self.signed, self.about, ZERO, self.who)
            case "countermand":
                return Countermand(self.signed, ZERO, self.who, self.about)
            case _:
                key = key_of(self.about).public.key.hex()
                return Revocation(DEPLOYMENT, key, ZERO, self.signed, self.who)


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


@settings(max_examples=200)
@given(st.data())
def test_a_second_reading_of_the_page_comes_to_the_same_law(data: st.DataObject) -> None:
    read_twice(data)


@pytest.mark.slow
@settings(max_examples=4000)
@given(st.data())
def test_it_does_so_in_many_more_worlds(data: st.DataObject) -> None:
    read_twice(data)
