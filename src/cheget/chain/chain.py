"""The chain as a value: levels, members, actions, executors.

Every default is filled in and every duration is in whole seconds. Positions in the file are
not part of the value; two files that mean the same are equal here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal, Protocol, TypeVar

from cheget.chain.rule import Rule


@dataclass(frozen=True)
class Deputy:
    """``member`` may answer in the seat once it has been silent for ``after`` seconds."""

    member: str
    after: int


@dataclass(frozen=True)
class Member:
    """A post that has a say."""

    id: str
    title: str
    deputies: tuple[Deputy, ...] = ()
    weights: tuple[tuple[str, Fraction], ...] = ()


@dataclass(frozen=True)
class Level:
    """One step of the chain. ``actions`` empty: asked for every action."""

    id: str
    members: tuple[str, ...]
    rule: Rule
    veto: Rule | None = None
    actions: tuple[str, ...] = ()
    own_device: bool = False
    written: str = field(default="", compare=False)  # the rule's own words, for whoever explains


@dataclass(frozen=True)
class ExecutorKind:
    """A kind of executor. ``count`` None: one executor with the kind's own name."""

    id: str
    title: str
    count: int | None = None
    crew: Rule | None = None

    def ids(self) -> Iterator[str]:
        """The executors' ids, by number. Raising the count renames nobody."""
        if self.count is None:
            yield self.id
            return
        for number in range(1, self.count + 1):
            yield f"{self.id}-{number:04d}"

    def declares(self, executor: str) -> bool:
        """Whether ``executor`` is one of this kind's."""
        if self.count is None:
            return executor == self.id
        stem, _, number = executor.rpartition("-")
        return (
            stem == self.id
            and number.isascii()
            and number.isdigit()
            and 1 <= int(number) <= self.count
            and number == f"{int(number):04d}"
        )

    def overlaps(self, other: ExecutorKind) -> bool:
        """Whether some executor would be of both kinds."""
        return (
            (self.id == other.id and (self.count is None) == (other.count is None))
            or (self.count is None and other.declares(self.id))
            or (other.count is None and self.declares(other.id))
        )


ParameterKind = Literal["text", "sha256", "number", "one-of", "file"]


@dataclass(frozen=True)
class Parameter:
    """What a parameter may be. Only the fields of its ``kind`` are set."""

    kind: ParameterKind
    up_to: int = 0  # bytes, of text and file
    low: str = ""  # decimal text, of number
    high: str = ""
    choices: tuple[str, ...] = ()  # of one-of


@dataclass(frozen=True)
class Limit:
    """At most ``most`` acts, or so much of ``parameter``, in any ``per`` seconds."""

    most: str  # decimal text
    per: int
    parameter: str = ""


@dataclass(frozen=True)
class Review:
    """Who must look at it within ``within`` seconds of release."""

    rule: Rule
    within: int


@dataclass(frozen=True)
class Action:
    """What may be ordered. ``enough`` None: all of those named."""

    id: str
    executors: tuple[str, ...]
    at_most: int = 1
    enough: int | None = None
    decide_within: int = 86400
    hold: int = 0
    valid_for: int = 3600
    attempts: int = 1
    parameters: tuple[tuple[str, Parameter], ...] = ()
    limit: Limit | None = None
    review: Review | None = None
    conditions: tuple[str, ...] = ()
    acknowledge: tuple[str, ...] = ()


@dataclass(frozen=True)
class Condition:
    """A red line, and who attests that it is reached."""

    id: str
    title: str
    attested_by: Rule


@dataclass(frozen=True)
class Chain:
    """Who must concur, level by level, before something irreversible is released."""

    id: str
    title: str
    members: tuple[Member, ...]
    levels: tuple[Level, ...]
    about: str = ""
    executors: tuple[ExecutorKind, ...] = ()
    actions: tuple[Action, ...] = ()
    conditions: tuple[Condition, ...] = ()
    amend: Rule | None = None
    claims: tuple[str, ...] = ()  # in the claim grammar, normalised
    repeatable: bool = False  # seats: repeatable

    def member(self, id_: str) -> Member:
        """The member of that id; ``KeyError`` when there is none."""
        return _find(self.members, id_)

    def level(self, id_: str) -> Level:
        """The level of that id; ``KeyError`` when there is none."""
        return _find(self.levels, id_)

    def action(self, id_: str) -> Action:
        """The action of that id; ``KeyError`` when there is none."""
        return _find(self.actions, id_)

    def condition(self, id_: str) -> Condition:
        """The condition of that id; ``KeyError`` when there is none."""
        return _find(self.conditions, id_)

    def ladder(self, action: str) -> tuple[Level, ...]:
        """The levels that ``action`` is asked at, from the head down."""
        return tuple(v for v in self.levels if not v.actions or action in v.actions)

    def kind_of(self, executor: str) -> ExecutorKind:
        """The kind that declares the executor of that id; ``KeyError`` when none does."""
        for kind in self.executors:
            if kind.declares(executor):
                return kind
        raise KeyError(executor)

    def kind(self, id_: str) -> ExecutorKind:
        """The kind of executor of that id; ``KeyError`` when there is none."""
        return _find(self.executors, id_)


class _HasId(Protocol):
    @property
    def id(self) -> str: ...


_T = TypeVar("_T", bound=_HasId)


def _find(items: tuple[_T, ...], id_: str) -> _T:
    for item in items:
        if item.id == id_:
            return item
    raise KeyError(id_)
