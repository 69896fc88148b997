"""What somebody believes of the people of a chain: the beliefs file as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from cheget.assessment.number import Number
from cheget.errors import ChainFileError

EVERYONE = "everyone"
EXECUTORS = "executors"  # the crews, as the last level
State = Literal["compromised", "unreachable", "refuses"]
STATES: tuple[State, ...] = ("compromised", "unreachable", "refuses")
Who = Mapping[str, Mapping[str, "Belief"]]  # a member, level, kind or everyone: number by number


@dataclass(frozen=True)
class Belief:
    """One number as stated. ``source`` is a key of the sources; empty: the author's judgment."""

    number: Number
    text: str
    source: str = ""
    line: int = field(default=0, compare=False)
    column: int = field(default=1, compare=False)

    def fault(self, message: str, *, expected: str = "", hint: str = "") -> ChainFileError:
        """The error that something is wrong here."""
        return ChainFileError(message, line=self.line, column=self.column, expected=expected,
                              hint=hint)  # fmt: skip


@dataclass(frozen=True)
class Source:
    """Where a number is from."""

    who: str = ""
    where: str = ""
    date: str = ""


@dataclass(frozen=True)
class Shared:
    """How much a group thinks alike: a correlation, or ``x once another refuses`` (rule 4)."""

    group: str
    belief: Belief
    once: bool = False


@dataclass(frozen=True)
class Event:
    """One cause that takes several at once (rule 5)."""

    name: str
    probability: Belief
    members: tuple[str, ...]
    makes: State


@dataclass(frozen=True)
class Delay:
    """A level's delay (rule 16): ``time`` itself, or a ``median`` and the deviation of its log."""

    time: Belief | None = None
    median: Belief | None = None
    sigma: Belief | None = None


@dataclass(frozen=True)
class Decision:
    """The one-shot logit that produces refusals where none are stated (rule 14)."""

    terms: Mapping[str, Belief]  # obedience, role, punishment, regime-falls, deciding
    factors: Mapping[str, Belief]


Outcome = Literal["carried out", "stopped", "expired"]
Comparison = Literal["<", "<=", ">", ">="]


@dataclass(frozen=True)
class Expectation:
    """What a source claims: an outcome's probability is below or above something (rule 23)."""

    text: str
    outcome: Outcome
    level: str
    compares: Comparison
    probability: float

    def holds(self, probability: float) -> bool:
        """Whether a probability is as expected."""
        match self.compares:
            case "<":
                return probability < self.probability
            case "<=":
                return probability <= self.probability
            case ">":
                return probability > self.probability
            case _:
                return probability >= self.probability


@dataclass(frozen=True)
class Beliefs:
    """A beliefs file. ``originator`` None: nobody has ordered yet. ``within`` in seconds."""

    id: str
    chain: str
    action: str | None
    originator: str | None
    sources: Mapping[str, Source] = field(default_factory=dict)
    naming: Mapping[str, int] = field(default_factory=dict)
    members: Who = field(default_factory=dict)
    situations: Mapping[str, Who] = field(default_factory=dict)
    shared: tuple[Shared, ...] = ()
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    events: tuple[Event, ...] = ()
    delays: Mapping[str, Delay] = field(default_factory=dict)
    within: float | None = None
    replace: int = 0
    visible: Mapping[str, Belief] | None = None  # concurrence, refusal
    messages: Mapping[str, Belief] = field(default_factory=dict)
    trust: Belief | None = None
    decision: Decision | None = None
    expect: Expectation | None = None
