"""A ladder as those who are left to answer see it (rules 1, 10, 11).

The originator has concurred and sits at the head. Who answers at the head, and is replaced below
it, has two posts: of their own answer, and of their successor's, who holds their seats there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from cheget.assessment.model import Model
from cheget.chain.chain import Chain, Deputy, Level, Member
from cheget.chain.rule import Carry, Of, Rule

_ELSEWHERE = " elsewhere"  # no name has a space
_BELOW = " below"


@dataclass(frozen=True)
class Ladder:
    """``chain`` has a member for each post at ``levels``; ``twofold`` answer at the head too."""

    chain: Chain
    levels: tuple[Level, ...]
    twofold: frozenset[str]


def ladder_of(model: Model) -> Ladder:
    """What is left of a model's ladder to be answered."""
    chain, levels = _ordered(model)
    head = levels[0]
    if head.veto is None and _is_settled(head.rule):
        return Ladder(chain, levels, frozenset())
    at_head = {person for post in head.members
               for person in (post, *(d.member for d in chain.member(post).deputies))}  # fmt: skip
    twofold = frozenset(person for person in at_head & model.profiles.keys()
                        if model.profiles[person].replaced)  # fmt: skip
    if not twofold:
        return Ladder(chain, levels, twofold)
    return Ladder(*_parted(chain, levels, twofold), twofold)


def below(person: str) -> str:
    """The post of whoever holds somebody's seats below the head."""
    return f"{person}{_BELOW}"


def is_spent(post: str) -> bool:
    """Whether that is a seat which its member has left, to sit at the head."""
    return post.endswith(_ELSEWHERE)


def _parted(
    chain: Chain, levels: tuple[Level, ...], twofold: frozenset[str]
) -> tuple[Chain, tuple[Level, ...]]:
    """Below the head other posts, for those who may be others there."""
    names = {person: below(person) for person in twofold}
    head = set(levels[0].members)

    def deputies(member: Member) -> tuple[Deputy, ...]:
        return tuple(Deputy(names.get(d.member, d.member), d.after) for d in member.deputies)

    members = [one if one.id in head else replace(one, deputies=deputies(one))
               for one in chain.members]  # fmt: skip
    members += [Member(names[one.id], names[one.id], deputies(one))
                for one in chain.members if one.id in twofold]  # fmt: skip
    lower = tuple(
        replace(
            level,
            members=tuple(names.get(post, post) for post in level.members),
            rule=_renamed(level.rule, names),
            veto=None if level.veto is None else _renamed(level.veto, names),
        )
        for level in levels[1:]
    )
    return replace(chain, members=tuple(members)), (levels[0], *lower)


def _ordered(model: Model) -> tuple[Chain, tuple[Level, ...]]:
    """The ladder once its originator has concurred and taken their seat (rules 1, 11).

    Their other seats are gone, or left to their deputies.
    """
    who, chain = model.originator, model.chain
    if who is None or chain.repeatable:
        return chain, model.ladder
    members = tuple(
        replace(member, deputies=tuple(d for d in member.deputies if d.member != who))
        for member in chain.members
    )
    deputies = chain.member(who).deputies
    spent = f"{who}{_ELSEWHERE}" if deputies else None
    if spent is not None:
        members = (*members, Member(spent, spent, deputies))
    ladder = tuple(
        _without(level, who, None if number == 0 else spent, concurs=number == 0)
        for number, level in enumerate(model.ladder)
    )
    return replace(chain, members=members), ladder


def _without(level: Level, who: str, instead: str | None, *, concurs: bool) -> Level:
    """The level without somebody's answer; ``instead``: the seat that they leave."""
    if instead is not None:
        members = tuple(instead if post == who else post for post in level.members)
        rule = _renamed(level.rule, {who: instead})
    else:
        members = tuple(post for post in level.members if post != who)
        rule = given(level.rule, who, concurs=concurs)
    veto = None if level.veto is None else given(level.veto, who, concurs=False)
    return replace(level, members=members, rule=rule, veto=veto)


def _renamed(rule: Rule, names: Mapping[str, str]) -> Rule:
    if isinstance(rule, Carry):
        weights = ((names.get(name, name), weight) for name, weight in rule.weights)
        return Carry(rule.need, rule.strict, tuple(weights))
    items = (names.get(item, item) if isinstance(item, str) else _renamed(item, names)
             for item in rule.items)  # fmt: skip
    return Of(rule.need, tuple(items))


def _is_settled(rule: Rule) -> bool:
    """Whether nothing is left of a rule."""
    if isinstance(rule, Carry):
        return rule.need < 0 if rule.strict else rule.need <= 0
    return rule.need <= sum(not isinstance(item, str) and _is_settled(item) for item in rule.items)


def given(rule: Rule, who: str, *, concurs: bool) -> Rule:
    """What is left of a rule once somebody's part in it is known."""
    if isinstance(rule, Carry):
        weight = sum(amount for name, amount in rule.weights if name == who)
        left = tuple((name, amount) for name, amount in rule.weights if name != who)
        return Carry(rule.need - (weight if concurs else 0), rule.strict, left)
    need, items = rule.need, []
    for item in rule.items:
        if item == who:
            need -= concurs
        else:
            items.append(item if isinstance(item, str) else given(item, who, concurs=concurs))
    return Of(need, tuple(items))
