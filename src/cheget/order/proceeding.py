"""An order's state, and the questions it answers in words.

A proceeding is what the entries of an order, in log order, amount to under its law. It is made
by ``order.fold`` alone; desk, page, executor and audit all ask the same value.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from cheget.chain.chain import Action, Level
from cheget.chain.rule import is_met
from cheget.order import canonical
from cheget.order.charter import Law
from cheget.order.documents import Order

State = Literal["open", "released", "stopped", "countermanded", "expired", "closed"]
_V = TypeVar("_V")
Effect = Literal["counts", "late", "releases", "stops", "countermands", "kept"]


@dataclass(frozen=True)
class Counted:
    """A concurrence that counted (or came late): who filled which seat, and when."""

    seat: str
    person: str
    digest: str
    answered_at: int
    position: int
    key: bytes = b""  # by which it was signed


@dataclass(frozen=True)
class Refused:
    """A refusal: its signer's, in every seat of theirs."""

    person: str
    digest: str
    at: int


@dataclass(frozen=True)
class Reviewed:
    """A review of what was released, as it was logged."""

    person: str
    digest: str
    at: int


@dataclass(frozen=True)
class Rung:
    """A level of the ladder as it stands. ``prior`` None: it has not been asked."""

    level: Level
    counted: tuple[Counted, ...] = ()
    prior: str | None = None
    opened: int = 0  # position of the entry that opened it
    opened_at: int = 0  # latest answered_at among those that opened it

    @property
    def is_complete(self) -> bool:
        """Whether the level's rule is met by the seats filled."""
        known: bool | None = self.__dict__.get("_complete")
        if known is None:
            seats = {one.seat for one in self.counted}
            known = self.__dict__["_complete"] = is_met(self.level.rule, seats)
        return known


@dataclass(frozen=True)
class Attested:
    """An attestation on which the order rests. ``withdrawn``: by a countermand in the log."""

    digest: str
    action: str
    condition: str
    seat: str
    person: str
    from_: int
    until: int
    withdrawn: bool = False
    key: bytes = b""  # by which it was signed


@dataclass(frozen=True)
class Release:
    """The entry that completed the last level: a fact of the log, not an act of anybody."""

    at: int
    position: int
    digest: str


@dataclass(frozen=True)
class Ending:
    """How an order ended. ``level`` where it stopped; ``by`` whom, if a person ended it."""

    state: State
    at: int
    level: str = ""
    by: str = ""
    digest: str = ""
    why: str = ""


@dataclass(frozen=True)
class Away:
    """An absence, as an order sees it: ``signer`` is away from ``since`` until ``until``, seconds.

    Known to answers between two positions of the log of orders: after ``begins``, before ``ends``.
    """

    digest: str
    signer: str
    since: int
    until: int
    begins: int = -1
    ends: int = 2**53

    def covers(self, member: str | None, at: int, position: int) -> bool:
        """Whether the member is away at that instant, as an answer at that position may say."""
        return (
            self.signer == member
            and self.since <= at < self.until
            and self.begins < position < self.ends
        )


@dataclass(frozen=True)
class Proceeding:
    """An order as it stands."""

    law: Law
    order: Order
    digest: str
    position: int
    transmitted: int  # the time of its entry
    rungs: tuple[Rung, ...]
    attested: tuple[Attested, ...] = ()
    refusals: tuple[Refused, ...] = ()
    late: tuple[Counted, ...] = ()
    answered: frozenset[tuple[str, str, str]] = frozenset()  # signer, kind, state: stops kept
    reviews: tuple[Reviewed, ...] = ()
    release: Release | None = None
    ending: Ending | None = None
    aways: Mapping[str, Away] = field(default_factory=dict)  # by digest of the absence

    @property
    def state(self) -> State:
        """Where the order is."""
        if self.ending is not None:
            return self.ending.state
        return "released" if self.release is not None else "open"

    @property
    def action(self) -> Action:
        """The action ordered."""
        known: Action | None = self.__dict__.get("_action")
        if known is None:
            known = self.__dict__["_action"] = self.law.chain.action(self.order.action)
        return known

    @property
    def pending(self) -> Rung | None:
        """The level that is asked now, while the order is open."""
        if self.state != "open":
            return None
        return next(rung for rung in self.rungs if not rung.is_complete)

    @property
    def counted(self) -> Iterator[Counted]:
        """Everything that counted, in log order."""
        return (one for rung in self.rungs for one in rung.counted)

    @property
    def refusers(self) -> frozenset[str]:
        """The people who refused."""
        return frozenset(one.person for one in self.refusals)

    def fillers(self, seat: str) -> Iterable[tuple[str, int]]:
        """Who may answer in ``seat``, and after how many seconds of the member's silence."""
        return self.law.fillers[seat].items()

    def is_member(self, person: str) -> bool:
        """Whether ``person`` fills a post with a seat on the order's ladder."""
        return any(
            self.law.person_of(seat) == person for rung in self.rungs for seat in rung.level.members
        )

    def has_say(self, person: str) -> bool:
        """Whether ``person`` has a seat on the ladder, a deputy's included."""
        return any(
            person == who
            for rung in self.rungs
            for seat in rung.level.members
            for who, _ in self.fillers(seat)
        )

    def was_counted(self, person: str) -> bool:
        """Whether ``person`` concurred, or a deputy did in their seat; the originator too."""
        return any(
            one.person == person or self.law.person_of(one.seat) == person for one in self.counted
        )

    def is_spent(self, person: str, seat: str, level: str) -> bool:
        """Whether a concurrence of ``person`` in that seat of ``level`` could no longer count.

        A seat is a member's place at one level: under ``seats: repeatable`` the same member
        may sit at several.
        """
        if self.law.chain.repeatable:
            return any(
                (one.person, one.seat) == (person, seat)
                for rung in self.rungs
                if rung.level.id == level
                for one in rung.counted
            )
        return any(one.person == person for rung in self.rungs for one in rung.counted)

    def fillable(self, rung: Rung) -> frozenset[str]:
        """The seats of a level that are filled or that somebody may still fill."""
        filled = {one.seat for one in rung.counted}
        refusers = self.refusers
        for seat in rung.level.members:
            if seat in filled or self.law.person_of(seat) in refusers:
                continue
            if any(
                person not in refusers
                and not self.law.is_machine(person)
                and not self.is_spent(person, seat, rung.level.id)
                for person, _ in self.fillers(seat)
            ):
                filled.add(seat)
        return frozenset(filled)

    def vetoers(self, level: Level) -> frozenset[str]:
        """The seats of ``level`` whose own member refused."""
        refusers = self.refusers
        return frozenset(s for s in level.members if self.law.person_of(s) in refusers)

    def conditions_met(self, at: int) -> bool:
        """Whether each condition of the action is attested to at that instant."""
        return all(
            is_met(
                self.law.chain.condition(name).attested_by,
                {
                    one.seat
                    for one in self.attested
                    if one.condition == name
                    and one.action == self.order.action
                    and not one.withdrawn
                    and one.person != self.order.originator
                    and one.from_ <= at < one.until
                },
            )
            for name in self.action.conditions
        )


@dataclass(frozen=True)
class Acknowledgement:
    """Durable and in the log: the entry, a checkpoint that covers it, what it did."""

    position: int
    digest: str
    effect: Effect
    checkpoint: bytes
    proceeding: Proceeding | None = None


def changed(value: _V, **fields: object) -> _V:
    """``value`` with some fields changed: ``dataclasses.replace`` at a tenth of its cost.

    For the plain values of this module, which check nothing when they are made.
    """
    other = object.__new__(type(value))
    kept = vars(other)
    kept.update(vars(value))
    kept.pop("_complete", None)  # what was worked out from the fields goes with them
    kept.update(fields)
    return other


def prior_of(order: str, level: str, prior: str, counted: tuple[str, ...]) -> str:
    """What a level's concurrence says of the level above (protocol, ``prior``).

    SHA-256 of the canonical JSON of the order, the level above, that level's own prior, and
    the digests of what counted there in log order; all digests in hex.
    """
    value: canonical.Json = {
        "counted": list(counted), "level": level, "order": order, "prior": prior,
    }  # fmt: skip
    return hashlib.sha256(canonical.encode(value)).hexdigest()
