"""Which law held when, and who came and went: the law log as an auditor asks of it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from cheget.order.charter import Charter, Person
from cheget.order.follow import LawEvent
from cheget.order.keys import PublicKey

NOBODY = Person()


@dataclass(frozen=True)
class Regime:
    """A span of time in which the law stood still. ``until`` None: it still does."""

    since: int
    until: int | None
    charter: Charter
    revoked: frozenset[bytes] = frozenset()

    @property
    def keyless(self) -> tuple[str, ...]:
        """Who fills a post and holds no key that is not revoked: they can't answer at all."""
        return tuple(
            sorted(
                name
                for name in set(self.charter.posts.values())
                if all(key.point in self.revoked for key in self.charter.people[name].keys)
            )
        )

    @property
    def posts(self) -> Mapping[str, str]:
        """Who fills which post and can answer."""
        mute = set(self.keyless)
        return {post: who for post, who in self.charter.posts.items() if who not in mute}


@dataclass(frozen=True)
class Coming:
    """Somebody or something that came, went or changed. ``by`` says what brought it about."""

    at: int
    change: str
    who: str
    what: str
    by: str


@dataclass(frozen=True)
class History:
    """The law from the founding on. ``founded`` None: the first charter does not hold."""

    first: Charter
    founded: int | None
    events: tuple[LawEvent, ...] = field(default=())

    @property
    def charters(self) -> tuple[Charter, ...]:
        """Every charter that has held, in their order."""
        return (self.first, *(one.charter for one in self.events if one.charter is not None))

    def regimes(self) -> tuple[Regime, ...]:
        """The spans in which nothing changed, in their order."""
        if self.founded is None:
            return ()
        found = [Regime(self.founded, None, self.first)]
        for event in self.events:
            last = found[-1]
            found[-1] = Regime(last.since, event.at, last.charter, last.revoked)
            revoked = last.revoked | ({event.key} if event.key else frozenset())
            found.append(Regime(event.at, None, event.charter or last.charter, revoked))
        # Of two changes in one second the first has held for no time at all.
        return tuple(one for one in found if one.until is None or one.until > one.since)

    def comings(self) -> tuple[Coming, ...]:
        """Who joined, who left, whose keys came and went, from the founding on."""
        if self.founded is None:
            return ()
        found = list(_between(None, self.first, self.founded))
        charter = self.first
        for event in self.events:
            if event.charter is not None:
                found += _between(charter, event.charter, event.at)
                charter = event.charter
            else:
                found += _revoked(charter, event)
        return tuple(found)


def in_force(regimes: Sequence[Regime], start: int, end: int) -> tuple[Regime, ...]:
    """Those that held at some second of a period."""
    return tuple(
        one for one in regimes if one.since < end and (one.until is None or one.until > start)
    )


def _between(old: Charter | None, new: Charter, at: int) -> Iterator[Coming]:
    by = f"charter {new.version}"
    before: Mapping[str, Person] = old.people if old is not None else {}
    for who in sorted(before.keys() | new.people.keys()):
        yield from _person(at, who, before.get(who), new.people.get(who), by)
    yield from _posts(at, old.posts if old is not None else {}, new.posts, by)
    machines: Mapping[str, PublicKey] = old.executors if old is not None else {}
    for name in sorted(machines.keys() | new.executors.keys()):
        was, now = ((one,) if one is not None else () for one in
                    (machines.get(name), new.executors.get(name)))  # fmt: skip
        yield from _keys(at, f"executor {name}", was, now, by)


def _person(at: int, who: str, was: Person | None, now: Person | None, by: str) -> Iterator[Coming]:
    if was is None and now is not None:
        yield Coming(at, "joined", who, "a machine" if now.machine else "", by)
    elif was is not None and now is None:
        yield Coming(at, "left", who, "", by)
    elif was is not None and now is not None and was.machine != now.machine:
        yield Coming(at, "changed", who, "a machine" if now.machine else "no machine", by)
    yield from _keys(at, who, (was or NOBODY).keys, (now or NOBODY).keys, by)


def _posts(at: int, old: Mapping[str, str], new: Mapping[str, str], by: str) -> Iterator[Coming]:
    for post in sorted(old.keys() | new.keys()):
        left, filled = old.get(post), new.get(post)
        if left == filled:
            continue
        if left is not None:
            yield Coming(at, "post left", left, post, by)
        if filled is not None:
            yield Coming(at, "post filled", filled, post, by)


def _keys(
    at: int, who: str, old: Sequence[PublicKey], new: Sequence[PublicKey], by: str
) -> Iterator[Coming]:
    yield from (Coming(at, "key gone", who, _named(key), by) for key in old if key not in new)
    yield from (Coming(at, "key added", who, _named(key), by) for key in new if key not in old)


def _revoked(charter: Charter, event: LawEvent) -> Iterator[Coming]:
    for who, person in sorted(charter.people.items()):
        for key in person.keys:
            if key.point == event.key:
                yield Coming(event.at, "key revoked", who, _named(key), "revocation")


def _named(key: PublicKey) -> str:
    return f"{key.scheme} {key.point.hex()[:16]}"
