"""What an edit changes beside who counts, line by line, and whether that makes it weaker."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from cheget.chain.blocks import Staff
from cheget.chain.chain import Action, Chain, Level, Limit, Parameter
from cheget.chain.changes import change_rule
from cheget.chain.rule import Rule
from cheget.chain.wording import span, worded
from cheget.proof.account import Account
from cheget.proof.beyond import SILENT, beyond
from cheget.proof.diagram import Budget
from cheget.proof.meeting import Fills, meeting

Effect = Literal["weaker", "stronger", "changed"]
Met = tuple[Rule | None, Fills]  # a rule, if there is one, and who counts where it names somebody


@dataclass(frozen=True)
class Change:
    """``what`` of ``about`` was ``before`` and is ``after``; empty: it wasn't, or isn't, there."""

    about: str
    what: str
    before: str
    after: str
    effect: Effect


def changes(old: Account, new: Account, action: str | None = None) -> tuple[Change, ...]:
    """Every setting that differs, the chain's own after those of its actions.

    Raises:
        TooEntangledError: comparing two rules takes more than the budget.
    """
    found = [change for one in new.chain.actions if action in (None, one.id)
             for change in _action(old, new, one)]  # fmt: skip
    if action is None:
        found += _whole(old, new)
        found += _keys(old, new)
    found += _members(old, new)
    found += _levels(old.chain, new.chain, action)
    return tuple(found)


def _action(old: Account, new: Account, after: Action) -> Iterator[Change]:
    before = next((one for one in old.chain.actions if one.id == after.id), None)
    if before is None:
        return
    name = after.id
    yield from _kinds(name, "executors", before.executors, after.executors)
    yield from _number(name, "at-most", before.at_most, after.at_most)
    yield from _number(name, "attempts", before.attempts, after.attempts)
    yield from _enough(name, before, after)
    yield from _span(name, "decide-within", before.decide_within, after.decide_within)
    yield from _span(name, "valid-for", before.valid_for, after.valid_for)
    yield from _span(name, "hold", after.hold, before.hold, turned=True)
    yield from _kinds(name, "conditions", before.conditions, after.conditions, more="stronger")
    yield from _limit(name, before.limit, after.limit)
    yield from _review(old, new, before, after)
    yield from _parameters(name, dict(before.parameters), dict(after.parameters))
    if before.acknowledge != after.acknowledge:
        yield Change(name, "acknowledge", "; ".join(before.acknowledge),
                     "; ".join(after.acknowledge), "changed")  # fmt: skip
    here = {v.id for v in old.chain.ladder(name) if v.own_device}
    there = {v.id for v in new.chain.ladder(name) if v.own_device}
    for level in sorted(here - there):
        yield Change(name, f"own-device at {level}", "signs: own-device", "", "weaker")
    for level in sorted(there - here):
        yield Change(name, f"own-device at {level}", "", "signs: own-device", "stronger")


def _number(about: str, what: str, before: int, after: int) -> Iterator[Change]:
    if before != after:
        yield Change(
            about, what, str(before), str(after), "weaker" if after > before else "stronger"
        )


def _span(about: str, what: str, less: int, more: int, *, turned: bool = False) -> Iterator[Change]:
    """A time that makes it weaker to lengthen; ``turned``, to shorten."""
    if less != more:
        before, after = (more, less) if turned else (less, more)
        yield Change(
            about, what, span(before), span(after), "weaker" if more > less else "stronger"
        )


def _kinds(
    about: str, what: str, before: tuple[str, ...], after: tuple[str, ...],
    more: Effect = "weaker",
) -> Iterator[Change]:  # fmt: skip
    """A set of names, one change for each that came or went."""
    less: Effect = "stronger" if more == "weaker" else "weaker"
    for name in before:
        if name not in after:
            yield Change(about, what, name, "", less)
    for name in after:
        if name not in before:
            yield Change(about, what, "", name, more)


def _enough(about: str, before: Action, after: Action) -> Iterator[Change]:
    """How many must act for *carried out*; all of those named is the most there can be."""
    if before.enough != after.enough:
        here, there = before.enough or before.at_most, after.enough or after.at_most
        weaker = after.enough is not None and (before.enough is None or there < here)
        yield Change(about, "enough", str(before.enough or "all"), str(after.enough or "all"),
                     "weaker" if weaker else "stronger")  # fmt: skip


def _limit(about: str, before: Limit | None, after: Limit | None) -> Iterator[Change]:
    if before == after:
        return
    if before is None or after is None:
        effect: Effect = "weaker" if after is None else "stronger"
    else:
        more = Fraction(after.most) > Fraction(before.most) or after.per < before.per
        effect = "weaker" if more or before.parameter != after.parameter else "stronger"
    yield Change(about, "limit", _limited(before), _limited(after), effect)


def _limited(limit: Limit | None) -> str:
    if limit is None:
        return ""
    return (
        f"{limit.most}{f' of {limit.parameter}' if limit.parameter else ''} per {span(limit.per)}"
    )


def _review(old: Account, new: Account, before: Action, after: Action) -> Iterator[Change]:
    here, there = before.review, after.review
    if here == there:
        return
    texts = [
        f"{worded(one.rule)} within {span(one.within)}" if one else "" for one in (here, there)
    ]
    if here is None or there is None:
        effect: Effect = "weaker" if there is None else "stronger"
    else:
        ruled = compared(
            (here.rule, old.staff.agrees), (there.rule, new.staff.agrees), "review", old.budget,
        )  # fmt: skip
        effect = "weaker" if there.within > here.within else ruled or "stronger"
    yield Change(after.id, "review", texts[0], texts[1], effect)


def _parameters(
    about: str, before: dict[str, Parameter], after: dict[str, Parameter]
) -> Iterator[Change]:
    for name in {**before, **after}:
        here, there = before.get(name), after.get(name)
        if here == there:
            continue
        effect: Effect = "changed"
        if there is None or (here is not None and _wider(here, there)):
            effect = "weaker"
        elif here is not None:
            effect = "stronger"
        yield Change(about, f"parameter {name}", _spelt(here), _spelt(there), effect)


def _wider(before: Parameter, after: Parameter) -> bool:
    """Whether something may be said that couldn't; one kind is never compared with another."""
    if before.kind != after.kind:
        return True
    if after.kind == "number":
        return (
            Fraction(after.low) < Fraction(before.low)
            or Fraction(after.high) > Fraction(before.high)
        )  # fmt: skip
    return after.up_to > before.up_to or not set(after.choices) <= set(before.choices)


def _spelt(parameter: Parameter | None) -> str:
    if parameter is None:
        return ""
    of = {
        "number": f"{parameter.low} to {parameter.high}",
        "one-of": f"one of {', '.join(parameter.choices)}",
    }
    if parameter.kind in {"text", "file"}:
        return f"{parameter.kind} up to {parameter.up_to} bytes"
    return of.get(parameter.kind, parameter.kind)


def _whole(old: Account, new: Account) -> Iterator[Change]:
    """What concerns every action: executors, who attests, ``amend``, seats."""
    before, after = old.chain, new.chain
    kinds = {one.id: one for one in before.executors}
    for kind in after.executors:
        known = kinds.get(kind.id)
        if known is None:
            yield Change(kind.id, "executor", "", kind.title, "weaker")
            continue
        yield from _number(kind.id, "count", known.count or 1, kind.count or 1)
        yield from _rule(kind.id, "crew", _named(known.crew), _named(kind.crew), old.budget,
                         dropped="weaker")  # fmt: skip
    for name in kinds.keys() - {one.id for one in after.executors}:
        yield Change(name, "executor", kinds[name].title, "", "stronger")
    yield from _rule("the chain", "amend", _posts(old, before.amend), _posts(new, after.amend),
                     old.budget, dropped="stronger")  # fmt: skip
    if before.repeatable != after.repeatable:
        words = ("once", "repeatable")
        yield Change("the chain", "seats", words[before.repeatable], words[after.repeatable],
                     "changed")  # fmt: skip
    attested = {one.id: one.attested_by for one in before.conditions}
    for one in after.conditions:
        if one.id in attested:
            here, there = _posts(old, attested[one.id]), _posts(new, one.attested_by)
            yield from _rule(one.id, "attested-by", here, there, old.budget, dropped="weaker")


def _posts(account: Account, rule: Rule | None) -> Met:
    return rule, account.staff.agrees


def _named(rule: Rule | None) -> Met:
    """A rule over people themselves."""
    return rule, Staff().agrees


def _keys(old: Account, new: Account) -> Iterator[Change]:
    """The rules by which keys and people change, where the people of both chains are known."""
    staffed = old.staff.people, new.staff.people
    for kind in ("add-key", "replace", "remove"):
        if all(staffed) and any(kind in one.changes for one in staffed if one):
            (before, here), (after, there) = _key_rule(old, kind), _key_rule(new, kind)
            yield from _rule("people.yaml", kind, here, there, old.budget, dropped="stronger",
                             texts=(before, after) if before != after else None)  # fmt: skip


def _key_rule(account: Account, kind: str) -> tuple[str, Met]:
    """A rule as it's written, and what it means; one that is left out is ``amend``."""
    people = account.staff.people
    if people is None or kind not in people.changes:
        return "that of amend", _posts(account, account.chain.amend)
    humans = [person.id for person in people.people if not person.machine]
    return people.changes[kind], _named(change_rule(people.changes[kind], humans))


def _rule(
    about: str, what: str, before: Met, after: Met, budget: Budget, *, dropped: Effect,
    texts: tuple[str, str] | None = None,
) -> Iterator[Change]:  # fmt: skip
    """A rule that came, went, or is met by others than before; ``texts``: as it was written."""
    (here, old), (there, new) = before, after
    was, is_ = texts or ["" if one is None else worded(one) for one in (here, there)]
    if here is None or there is None:
        if here is not there:
            other: Effect = "stronger" if dropped == "weaker" else "weaker"
            yield Change(about, what, was, is_, dropped if there is None else other)
        return
    effect = compared((here, old), (there, new), what, budget)
    if effect is not None or here != there:
        yield Change(about, what, was, is_, effect or "changed")


def compared(
    before: tuple[Rule, Fills], after: tuple[Rule, Fills], what: str, budget: Budget
) -> Effect | None:
    """Weaker where somebody meets the new rule who didn't meet the old; None: the same do."""
    here, there = (meeting(rule, fills, what) for rule, fills in (before, after))
    if next(beyond(here, there, SILENT, budget), None) is not None:
        return "weaker"
    return None if next(beyond(there, here, SILENT, budget), None) is None else "stronger"


def _members(old: Account, new: Account) -> Iterator[Change]:
    """Who fills a post, and deputies: judged by what they make possible, their delay here."""
    before = {one.id: {d.member: d.after for d in one.deputies} for one in old.chain.members}
    for member in new.chain.members:
        who = [one.staff.fills(member.id) or "" for one in (old, new)]
        if member.id in before and who[0] != who[1]:
            yield Change(member.id, "filled by", who[0], who[1], "changed")
        here, there = before.get(member.id, {}), {d.member: d.after for d in member.deputies}
        for deputy in {**here, **there}:
            was, is_ = here.get(deputy), there.get(deputy)
            if was != is_:
                effect: Effect = "changed"
                if was is not None and is_ is not None:
                    effect = "weaker" if is_ < was else "stronger"
                texts = ["" if at is None else f"{deputy} after {span(at)}" for at in (was, is_)]
                yield Change(member.id, "deputy", texts[0], texts[1], effect)


def _levels(old: Chain, new: Chain, action: str | None) -> Iterator[Change]:
    """What the levels say: shown, and judged by what it makes possible."""
    before = {one.id: one for one in old.levels}
    after = {one.id: one for one in new.levels}
    for name in {**before, **after}:
        here, there = before.get(name), after.get(name)
        asked = [one for one in (here, there) if one is not None]
        if action is not None and all(v.actions and action not in v.actions for v in asked):
            continue
        if here is None or there is None:
            yield Change(name, "level", _told(here), _told(there), "changed")
            continue
        if here.rule != there.rule or here.members != there.members:
            yield Change(name, "rule", _told(here), _told(there), "changed")
        if here.veto != there.veto:
            texts = ["" if v.veto is None else worded(v.veto, v.members) for v in (here, there)]
            yield Change(name, "veto", texts[0], texts[1], "changed")
        if here.actions != there.actions:
            texts = [", ".join(v.actions) or "every action" for v in (here, there)]
            yield Change(name, "for", texts[0], texts[1], "changed")
    order = [[one for one in chain if one in before and one in after] for chain in (before, after)]
    if order[0] != order[1]:
        yield Change("the chain", "order of levels", ", ".join(order[0]), ", ".join(order[1]),
                     "changed")  # fmt: skip


def _told(level: Level | None) -> str:
    if level is None:
        return ""
    listed = ", ".join(level.members)
    return listed if len(level.members) == 1 else f"{worded(level.rule, level.members)}: {listed}"
