"""What an edit lets happen that couldn't before, and what it no longer lets.

An action is *weaker* when there is some way to answer (these concur, those refuse, the rest are
silent) under which the new chain releases and the old one doesn't; stronger when it is so the
other way round. The two extremes have names: a coalition that can release now and couldn't, one
that could block and no longer can. People are compared by name, whichever chain they are in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

from cheget.chain.chain import Chain
from cheget.chain.claims import parse_claim, people_of
from cheget.chain.grammar import RuleError
from cheget.chain.seating import Block
from cheget.proof.account import Account
from cheget.proof.beyond import ANYHOW, REFUSING, SILENT, beyond, kept_blocks
from cheget.proof.changes import Change, changes
from cheget.proof.claims import Verdict, verdicts
from cheget.proof.coalitions import BUDGET, Coalitions
from cheget.proof.doors import Door, doors, guarded

LISTED = 5_000  # minimal coalitions that are tried one by one, and so counted exactly


@dataclass(frozen=True)
class Coalition:
    """Who, and the level or condition at which the other chain stopped them, if it did so there."""

    people: tuple[str, ...]
    level: str | None = None


@dataclass(frozen=True)
class Family:
    """Minimal coalitions: how many, exactly or at least, and the first of them."""

    least: int
    exact: bool
    first: tuple[Coalition, ...]


@dataclass(frozen=True)
class Answers:
    """A way to answer that releases only since the edit; everybody else is silent."""

    concurring: tuple[str, ...]
    refusing: tuple[str, ...]


@dataclass(frozen=True)
class Opened:
    """What one account releases and the other doesn't; empty where it is nothing."""

    release: Family  # minimal coalitions that release, and didn't
    block: Family  # minimal coalitions that could block, and can't
    answers: Answers | None  # where it takes concurring and refusing at once to tell them apart

    def __bool__(self) -> bool:
        return bool(self.release.least or self.block.least or self.answers)


@dataclass(frozen=True)
class Shift:
    """Somebody's power (Shapley) before and after; None where they had or have no say."""

    person: str
    before: Fraction | None
    after: Fraction | None


@dataclass(frozen=True)
class Ladder:
    """What became of one ladder. ``before`` None: it is new; ``after`` None: it is gone."""

    actions: tuple[str, ...]
    before: Account | None
    after: Account | None
    weaker: Opened | None = None
    stronger: Opened | None = None
    shifts: tuple[Shift, ...] = ()

    @property
    def verdict(self) -> Literal["new", "gone", "weaker", "stronger", "both", "same"]:
        """What became of who can release and who can stop it."""
        if self.before is None or self.after is None:
            return "new" if self.before is None else "gone"
        if self.weaker:
            return "both" if self.stronger else "weaker"
        return "stronger" if self.stronger else "same"


@dataclass(frozen=True)
class ClaimChange:
    """A claim's verdict on either chain; None where that chain can't be asked."""

    text: str
    before: Verdict | None
    after: Verdict | None
    made_before: bool
    made_after: bool

    @property
    def weaker(self) -> bool:
        """Whether something that was promised and held is promised, or holds, no more."""
        held = self.made_before and self.before is not None and self.before.verdict == "holds"
        holds = self.after is not None and self.after.verdict == "holds"
        return (self.made_before and not self.made_after) or (held and not holds)


@dataclass(frozen=True)
class Reach:
    """The weakest door to a kind of executor, before and after; None: nobody can take any."""

    executor: str
    before: Door | None
    after: Door | None

    @property
    def weaker(self) -> bool:
        """Whether fewer people can reach it than before, or it can be reached at all."""
        if self.after is None or self.before is None:
            return self.after is not None
        return (self.after.fewest or 0) < (self.before.fewest or 0)


@dataclass(frozen=True)
class Difference:
    """All that an edit changes."""

    ladders: tuple[Ladder, ...]
    claims: tuple[ClaimChange, ...]
    reaches: tuple[Reach, ...]
    changes: tuple[Change, ...]

    @property
    def weaker(self) -> bool:
        """Whether anything got weaker."""
        return (
            any(one.weaker or (one.before is None) for one in self.ladders)
            or any(one.weaker for one in self.claims)
            or any(one.weaker for one in self.reaches)
            or any(one.effect == "weaker" for one in self.changes)
        )

    @property
    def stronger(self) -> bool:
        """Whether anything got stronger."""
        return (
            any(one.stronger or one.after is None for one in self.ladders)
            or any(not one.made_before for one in self.claims)
            or any(one.effect == "stronger" for one in self.changes)
        )


def difference(
    before: Sequence[Account], after: Sequence[Account], action: str | None = None, most: int = 5,
    steps: int = BUDGET,
) -> Difference:  # fmt: skip
    """What the edit from one chain to the other changes.

    Args:
        before: The old chain's accounts, at least one.
        after: The new chain's accounts, at least one.
        action: Only this action; None: all, and what concerns the chain as a whole.
        most: How many coalitions of a kind to show.
        steps: How much work each chain's doors may take beside its accounts.

    Raises:
        TooEntangledError: deciding it takes more than the budget.
    """
    old, new = before[0], after[0]
    return Difference(
        _ladders(before, after, action, most),
        _claims(before, after),
        _reaches(before, after, steps) if action is None else (),
        changes(old, new, action),
    )


def _ladders(
    before: Sequence[Account], after: Sequence[Account], action: str | None, most: int
) -> tuple[Ladder, ...]:
    old = {name: one for one in before for name in one.actions or ("",)}
    new = {name: one for one in after for name in one.actions or ("",)}
    pairs: dict[tuple[int, int], list[str]] = {}
    for name in {**old, **new} if action is None else (action,):
        pairs.setdefault((id(old.get(name)), id(new.get(name))), []).append(name)
    found = []
    for names in pairs.values():
        one, other = old.get(names[0]), new.get(names[0])
        known = tuple(name for name in names if name)
        if one is None or other is None:
            found.append(Ladder(known, one, other))
        else:
            weaker, stronger = opened(one, other, most), opened(other, one, most)
            shifts = _shifts(one, other) if weaker or stronger else ()
            found.append(Ladder(known, one, other, weaker, stronger, shifts))
    return tuple(found)


def opened(before: Account, after: Account, most: int) -> Opened:
    """What ``after`` releases and ``before`` doesn't.

    Raises:
        TooEntangledError: deciding it takes more than the budget.
    """
    kept = kept_blocks(before, after)
    if len(kept) == len(before.structure.blocks):
        return Opened(Family(0, True, ()), Family(0, True, ()), None)
    release = _released(before, after, kept, most)
    block = _blocked(before, after, kept, most)
    answers = None
    if not release.least and not block.least:
        found = next(beyond(before.structure, after.structure, ANYHOW, before.budget, kept), None)
        if found is not None:
            others = [person for person in after.people if person not in found]
            answers = Answers(
                (*(who for who, said in found.items() if said == "concur"), *others),
                tuple(who for who, said in found.items() if said == "refuse"),
            )
    return Opened(release, block, answers)


def _released(before: Account, after: Account, kept: list[Block], most: int) -> Family:
    """The minimal coalitions that release after and didn't before."""
    listed = _tried(after.releasing, before.structure.can_release, after)
    if listed is None:
        old, new = before.structure, after.structure
        listed, exact = [], False
        for answers in beyond(old, new, SILENT, before.budget, kept):
            unwilling = {person for person, said in answers.items() if said != "concur"}
            rest = [person for person in after.people if person not in unwilling]
            listed.append(after.shrunk(rest))
    else:
        exact = True
    first = tuple(
        Coalition(one, before.stops_at(one, ()) if before.people else None) for one in listed[:most]
    )
    return Family(len(dict.fromkeys(listed)), exact or not listed, first)


def _blocked(before: Account, after: Account, kept: list[Block], most: int) -> Family:
    """The minimal coalitions that could block before and can't after."""
    listed = _tried(before.blocking, after.structure.can_block, before)
    exact = listed is not None
    if listed is None:
        old, new = before.structure, after.structure
        listed = [
            _fewest(before, [person for person, said in answers.items() if said == "refuse"])
            for answers in beyond(old, new, REFUSING, before.budget, kept)
        ]
    first = tuple(Coalition(one) for one in listed[:most])
    return Family(len(dict.fromkeys(listed)), exact or not listed, first)


def _tried(
    family: Coalitions, still: Callable[[tuple[str, ...]], bool], account: Account
) -> list[tuple[str, ...]] | None:
    """Those of the minimal coalitions that can't ``still``; None: too many to try."""
    total = sum(family.minimal())
    if total > LISTED:
        return None
    found = []
    for one in family.first(total):
        account.budget.spend(1 + len(account.people), account.structure.blocks[0])
        if not still(one):
            found.append(one)
    return found


def _fewest(account: Account, coalition: list[str]) -> tuple[str, ...]:
    """A minimal blocking coalition within one that can block."""
    kept = coalition
    for person in coalition:
        fewer = [one for one in kept if one != person]
        if account.structure.can_block(fewer):
            kept = fewer
    return tuple(kept)


def _shifts(before: Account, after: Account) -> tuple[Shift, ...]:
    """Whose power changed, the largest change first."""
    people = dict.fromkeys((*before.people, *after.people))
    found = [
        Shift(
            person,
            before.powers[person].shapley if person in before.powers else None,
            after.powers[person].shapley if person in after.powers else None,
        )
        for person in people
    ]
    moved = [one for one in found if one.before != one.after]
    zero = Fraction(0)
    return tuple(sorted(moved, key=lambda one: -abs((one.after or zero) - (one.before or zero))))


def _claims(before: Sequence[Account], after: Sequence[Account]) -> tuple[ClaimChange, ...]:
    """Every claim of either chain that differs, judged on both where both can be asked."""
    old, new = before[0].chain, after[0].chain
    found = []
    for text in dict.fromkeys((*old.claims, *new.claims)):
        change = ClaimChange(
            text, _judged(text, before), _judged(text, after), text in old.claims,
            text in new.claims,
        )  # fmt: skip
        verdict = [one.verdict if one else None for one in (change.before, change.after)]
        if verdict == [None, None]:
            continue  # about an action that isn't asked about
        if change.made_before != change.made_after or verdict[0] != verdict[1]:
            found.append(change)
    return tuple(found)


def _judged(text: str, accounts: Sequence[Account]) -> Verdict | None:
    """The verdict on a claim; None where it speaks of somebody or something that isn't there."""
    chain = accounts[0].chain
    claim = parse_claim(text)
    who = getattr(claim, "who", None)
    try:
        if who is not None:
            people_of(who, chain)
    except RuleError:
        return None
    return next(iter(verdicts(_claiming(chain, text), accounts)), None)


def _claiming(chain: Chain, text: str) -> Chain:
    return replace(chain, claims=(text,))


def _reaches(before: Sequence[Account], after: Sequence[Account], steps: int) -> tuple[Reach, ...]:
    """The weakest door to each kind of executor where it, or how many it takes, changed."""
    old, new = _weakest(before, steps), _weakest(after, steps)
    found = [Reach(kind, old.get(kind), new.get(kind)) for kind in {**old, **new}]
    return tuple(one for one in found if _told(one.before) != _told(one.after))


def _told(door: Door | None) -> tuple[str, int | None] | None:
    """A door and how many it takes; who exactly is of no matter."""
    return None if door is None else (door.name, door.fewest)


def _weakest(accounts: Sequence[Account], steps: int) -> dict[str, Door | None]:
    chain, people = accounts[0].chain, accounts[0].staff.people
    found = guarded(chain, doors(chain, people, accounts, steps))
    return {executor: one.weakest for one in found for executor in one.executors}
