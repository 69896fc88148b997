"""A chain proved, once for everybody who tells of it: its ladders, its claims, its doors."""

from __future__ import annotations

from dataclasses import dataclass

from cheget.chain.chain import Chain
from cheget.chain.people import People
from cheget.errors import TooEntangledError
from cheget.proof.account import Account, accounts
from cheget.proof.claims import Verdict, verdicts
from cheget.proof.coalitions import BUDGET
from cheget.proof.doors import Guarded, doors, guarded


@dataclass(frozen=True)
class Proved:
    """What is proved of a chain. ``doors`` None: another action is too entangled to prove."""

    accounts: tuple[Account, ...]
    claims: tuple[Verdict, ...]
    doors: tuple[Guarded, ...] | None


def prove(
    chain: Chain, people: People | None, action: str | None = None, budget: int = BUDGET
) -> Proved:
    """Prove the chain with these people in its posts, or one action of it.

    Raises:
        TooEntangledError: it takes more than ``budget`` steps.
    """
    found = accounts(chain, people, action, budget)
    claims = tuple(verdicts(chain, found))
    through: tuple[Guarded, ...] | None
    try:
        through = guarded(chain, doors(chain, people, found, budget))
    except TooEntangledError:
        if action is None:
            raise
        through = None  # another action is; this one was proved
    if through and action is not None:
        through = tuple(one for one in through if action in {door.name for door in one.doors})
    return Proved(tuple(found), claims, through)
