"""Claims: each one holds, or fails with a counterexample, level by level."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Literal, assert_never

from cheget.chain.chain import Chain
from cheget.chain.claims import (
    Alone,
    Claim,
    Includes,
    MachinesNeverConcur,
    NobodySitsTwice,
    Takes,
    format_claim,
    parse_claim,
)
from cheget.chain.grammar import Syntax
from cheget.chain.structure import Sitting, levels_of
from cheget.proof.account import Account
from cheget.proof.witness import just_meeting


@dataclass(frozen=True)
class Counterexample:
    """Why a claim fails: who, and where they sit or where it stops."""

    action: str | None
    coalition: tuple[str, ...]
    why: str
    seating: tuple[Sitting, ...] = ()  # where it is released all the same


@dataclass(frozen=True)
class Verdict:
    """What became of a claim; ``written`` unless it is one that every chain makes."""

    text: str
    verdict: Literal["holds", "fails"]
    counterexample: Counterexample | None = None
    written: bool = True
    rests_on_delivery: bool = False  # holds only if refusals arrive: silence alone wouldn't stop it


def verdicts(chain: Chain, accounts: Sequence[Account]) -> tuple[Verdict, ...]:
    """The verdict on each claim of a chain about the actions of ``accounts``.

    Machines never concur in any chain, so that is judged also where no claim says it.

    Raises:
        TooEntangledError: one of them takes more than the budget.
    """
    found = []
    for text in chain.claims:
        claim = parse_claim(text)
        named = getattr(claim, "action", None)
        about = [one for one in accounts if named is None or named in one.actions]
        if about:
            verdict = _verdict(text, [_failure(claim, one, named) for one in about])
            if verdict.verdict == "holds" and any(_needs_delivery(claim, one) for one in about):
                verdict = replace(verdict, rests_on_delivery=True)
            found.append(verdict)
    machines = MachinesNeverConcur()
    if (text := format_claim(machines)) not in chain.claims:
        silent = _verdict(text, [_failure(machines, one, None) for one in accounts])
        if silent.verdict == "fails":
            found.append(Verdict(text, "fails", silent.counterexample, written=False))
    return tuple(found)


def _verdict(text: str, failures: Sequence[Counterexample | None]) -> Verdict:
    failure = next((one for one in failures if one is not None), None)
    return Verdict(text, "holds" if failure is None else "fails", failure)


def _needs_delivery(claim: Claim, account: Account) -> bool:
    """Whether a claim that holds would fail if no refusal arrived, and silence alone stopped."""
    match claim:
        case Alone(who, True, "block"):
            each = just_meeting(account, who)
            return each.witness("silent", "concur", released=True) is not None
        case Takes("blocking", "at most" | "exactly", number):
            return account.silent is not None and account.silent > number
        case _:
            return False


def _failure(claim: Claim, account: Account, named: str | None) -> Counterexample | None:
    action = named or account.action
    match claim:
        case Alone(who, can, "release"):
            return _release_alone(account, who, action, can=can)
        case Alone(who, can, _):
            return _block_alone(account, who, action, can=can)
        case Includes(who):
            return _includes(account, who, action)
        case Takes():
            return _takes(account, claim, action)
        case NobodySitsTwice():
            return _twice(account, action)
        case MachinesNeverConcur():
            return _machines(account, action)
        case _:
            assert_never(claim)


def _release_alone(
    account: Account, who: Syntax, action: str | None, *, can: bool
) -> Counterexample | None:
    each = just_meeting(account, who)
    coalition = each.witness("concur", "silent", released=not can)
    if coalition is None:
        return None if each.some or not can else _nobody(action)
    if not can:
        shrunk = account.shrunk(coalition)
        return _released(account, action, coalition, "they release it", shrunk)
    return _stopped(account, action, coalition, coalition, (), "they can't")


def _block_alone(
    account: Account, who: Syntax, action: str | None, *, can: bool
) -> Counterexample | None:
    each = just_meeting(account, who)
    coalition = each.witness("refuse", "concur", released=can)
    if coalition is None:
        return None if each.some or not can else _nobody(action)
    others = [person for person in account.people if person not in coalition]
    if can:
        why = "they all refuse, and the others release it"
        return _released(account, action, coalition, why, others)
    return _stopped(account, action, coalition, others, coalition, "they refuse")


def _includes(account: Account, who: Syntax, action: str | None) -> Counterexample | None:
    """Nobody releases without meeting it: not even all but those it can't do without."""
    each = just_meeting(account, who, dual=True)
    missing = each.witness("silent", "concur", released=True)
    if missing is None:
        return None
    coalition = account.shrunk([person for person in account.people if person not in missing])
    why = f"released without {' and '.join(missing) or 'them'}"
    return _released(account, action, coalition, why, coalition)


def _takes(account: Account, claim: Takes, action: str | None) -> Counterexample | None:
    family = account.releasing if claim.verb == "releasing" else account.blocking
    smallest = family.smallest
    if smallest is None:
        return Counterexample(action, (), "nobody can, not even all together")
    holds = {
        "at least": smallest >= claim.number,
        "at most": smallest <= claim.number,
        "exactly": smallest == claim.number,
    }[claim.bound]
    if holds:
        return None
    (coalition,) = family.first(1)
    why = f"it takes {smallest}"
    if claim.verb == "releasing":
        return _released(account, action, coalition, why, coalition)
    others = [person for person in account.people if person not in coalition]
    return _stopped(account, action, coalition, others, coalition, f"{why}; they refuse")


def _twice(account: Account, action: str | None) -> Counterexample | None:
    for person, levels in levels_of(account.chain, account.ladder, account.staff).items():
        if len(levels) > 1:
            return Counterexample(action, (person,), f"sits at {' and '.join(levels)}")
    return None


def _machines(account: Account, action: str | None) -> Counterexample | None:
    for person, levels in levels_of(account.chain, account.ladder[1:], account.staff).items():
        if account.staff.is_machine(person):
            return Counterexample(action, (person,), f"a machine, with a seat at {levels[0]}")
    return None


def _released(
    account: Account, action: str | None, coalition: Collection[str], why: str,
    releasing: Collection[str],
) -> Counterexample:  # fmt: skip
    return Counterexample(action, tuple(coalition), why, account.seating(releasing))


def _stopped(
    account: Account, action: str | None, coalition: Collection[str],
    concurring: Collection[str], refusing: Collection[str], why: str,
) -> Counterexample:  # fmt: skip
    level = account.stops_at(concurring, refusing)
    return Counterexample(action, tuple(coalition), f"{why}: it stops at {level}")


def _nobody(action: str | None) -> Counterexample:
    return Counterexample(action, (), "nobody fills these posts")
