"""What verifying starts from and what it gives: what is pinned, what each step found.

Apart from the verifier so that this can be read as a page, and that as a list of steps.
"""

from __future__ import annotations

from dataclasses import dataclass

from cheget.errors import VerificationError
from cheget.order.charter import Charter, Law
from cheget.order.fields import Head
from cheget.order.follow import LawState
from cheget.order.papers import Filed, Papers
from cheget.order.proceeding import Proceeding


@dataclass(frozen=True)
class Pinned:
    """What whoever verifies holds already: the charter, and the last head of both logs."""

    charter: Charter
    orders: Head | None = None
    law: Head | None = None


@dataclass(frozen=True)
class Verified:
    """A code that holds: the order, its state, and the heads to be held from now on."""

    papers: Papers
    charter: Charter
    law: Law
    proceeding: Proceeding
    orders_head: Head
    law_head: Head
    crew: tuple[Filed, ...] = ()


@dataclass(frozen=True)
class StepResult:
    """What one step found. ``passed`` None: not reached."""

    number: int
    title: str
    passed: bool | None
    says: str


@dataclass(frozen=True)
class Explanation:
    """Every step with what it found; ``error`` is the first that failed."""

    steps: tuple[StepResult, ...]
    error: VerificationError | None
    verified: Verified | None
    proceeding: Proceeding | None = None
    orders_head: Head | None = None  # set once the log's step has held
    law_head: Head | None = None
    charter: Charter | None = None  # as the law log has it now
    law_state: LawState | None = None

    @property
    def latest_size(self) -> int | None:
        """The size of the orders log that was shown, once its step has held."""
        return None if self.orders_head is None else self.orders_head.size
