"""The law log against a second reading of ``spec/charter.md``, entry by entry, in small worlds.

The second reading shares nothing with the first but documents and signatures: its rules are
Python predicates, its people a handful of names, and what can still be met is tried by every
subset of them. Numbers in comments are those of the page, section "Amendment".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from itertools import combinations
from typing import Any

from cheget.chain.chain import Chain
from cheget.chain.changes import change_form
from cheget.keyring.signer import Signer
from cheget.order.charter import Charter, LogKey, Person, Terms
from cheget.order.documents import Amendment, Concurrence, Countermand, Refusal, Revocation
from docket import chain_of
from simulator import signer

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
