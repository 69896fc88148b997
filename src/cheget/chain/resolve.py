"""What a rule means where it stands: names looked up, counts computed, weights written in.

Nothing is rounded but people, who come whole: a share of them is rounded up, exactly.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import assert_never

from cheget.chain.grammar import Bare, Counted, How, Joined, Name, RuleError, Share, Syntax
from cheget.chain.quantity import decimal_text
from cheget.chain.rule import Carry, Of, Rule, names
from cheget.chain.text import near

_WHOLE_SHARE = 100


@dataclass(frozen=True)
class Scope:
    """What the words of a rule stand for, in one place of the file.

    ``people`` None means posts that the rule itself declares, as beside an executor. ``here``
    are the members of the level at hand; None where no level is at hand. ``weights`` are the
    members' amounts of each weight.
    """

    declared: Mapping[str, str]  # every name of the chain, and what it names
    people: Collection[str] | None
    place: str = "this chain"
    here: tuple[str, ...] | None = None
    levels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    weights: Mapping[str, Mapping[str, Fraction]] = field(default_factory=dict)
    repeatable: bool = False


def resolve(syntax: Syntax, scope: Scope) -> Rule:
    """The rule that ``syntax`` means in ``scope``.

    Raises:
        RuleError: It means nothing there, nobody could meet it, or nobody would meet it.
    """
    item = _item(syntax, scope)
    return Of(1, (item,)) if isinstance(item, str) else item


def _item(syntax: Syntax, scope: Scope) -> Rule | str:
    match syntax:
        case Name():
            return _person(syntax, scope)
        case Bare(how, at):
            return _of_members(how, at, _here(scope, f"`{how}`", at))
        case Counted(how, tuple() as whom, at):
            items = _items(whom, scope)
            need = _need(how, len(items), at)
            if need > 1 and not scope.repeatable:
                _refuse_shared(whom, items)
            return _of(need, items)
        case Counted(how, "members", at, whom_at):
            return _of_members(how, at, _here(scope, "`members`", whom_at))
        case Counted():
            return _of_named(syntax, scope)
        case Joined(word, whom):
            items = _items(whom, scope)
            return _of(len(items) if word == "and" else 1, items)
        case _:
            assert_never(syntax)


def _person(name: Name, scope: Scope) -> str:
    kind = scope.declared.get(name.id)
    if scope.people is None:
        if kind is not None:
            raise RuleError(
                f"`{name.id}` is {kind} of the chain",
                name.at,
                expected="the name of a post beside the executor",
                hint="nobody on the ladder may be in the crew: give the post a name of its own",
            )
        return name.id
    if name.id in scope.people:
        return name.id
    if kind == "a member":
        raise RuleError(f"`{name.id}` is not a member of {scope.place}", name.at)
    if kind is not None:
        hint = f"such as `any of {name.id}`" if kind in ("a level", "a weight") else ""
        raise RuleError(f"`{name.id}` is {kind}, not a member", name.at, hint=hint)
    raise RuleError(f"`{name.id}` is not declared", name.at, hint=near(name.id, scope.people))


def _here(scope: Scope, what: str, at: int) -> tuple[str, ...]:
    if scope.here is None:
        raise RuleError(
            f"{what} of whom? no level is at hand here",
            at,
            expected="a list or the name of a level",
            hint="such as `2 of (a, b, c)`",
        )
    return scope.here


def _of_members(how: How, at: int, members: tuple[str, ...]) -> Rule | str:
    return _of(_need(how, len(members), at), members)


def _of_named(counted: Counted, scope: Scope) -> Rule | str:
    name, at = str(counted.whom), counted.whom_at
    if name in scope.levels:
        return _of_members(counted.how, counted.at, scope.levels[name])
    kind = scope.declared.get(name)
    if name in scope.weights and scope.here is not None:
        return _carry(counted, name, scope)
    if kind == "a level" and scope.people is None:
        raise RuleError(f"`{name}` is a level, and a crew names posts beside the executor", at)
    if kind == "a level":
        raise RuleError(f"`{name}` is a level, and one is at hand", at, hint="write `members`")
    if kind == "a weight":
        raise RuleError(f"`{name}` is a weight, and no level is at hand to weigh", at)
    if kind is not None:
        hint = f"such as `2 of ({name}, …)`, or `{name}` alone" if kind == "a member" else ""
        raise RuleError(f"`{name}` is {kind}, not something to count", at, hint=hint)
    known = [*scope.levels, *(scope.weights if scope.here else ()), "members"]
    raise RuleError(f"`{name}` is not declared", at, hint=near(name, known))


def _carry(counted: Counted, weight: str, scope: Scope) -> Carry:
    weights = tuple(_weighed(counted, weight, scope))
    total = sum((amount for _, amount in weights), Fraction(0))
    if total == 0:
        raise RuleError(f"nobody could meet this: nobody carries any `{weight}`", counted.at)
    match counted.how:
        case "any":
            expected = "a number, a share, `majority` or `all`"
            raise RuleError("`any` of a weight", counted.at, expected=expected)
        case "majority":
            return Carry(total / 2, strict=True, weights=weights)
        case "all":
            need = total
        case Share(percent):
            need = _share(percent, counted.at) * total
        case Fraction() as need:
            _refuse_number(need, total, counted.at)
    return Carry(need, strict=False, weights=weights)


def _weighed(counted: Counted, weight: str, scope: Scope) -> Iterator[tuple[str, Fraction]]:
    amounts = scope.weights[weight]
    for member in scope.here or ():
        if member not in amounts:
            raise RuleError(
                f"`{member}` has no `{weight}`",
                counted.whom_at,
                hint=f"every member of {scope.place} declares it under `weights`",
            )
        yield member, amounts[member]


def _need(how: How, count: int, at: int) -> int:
    match how:
        case "all":
            return count
        case "any":
            return 1
        case "majority":
            return count // 2 + 1
        case Share(percent):
            return math.ceil(_share(percent, at) * count)
        case Fraction():
            return _number(how, count, at)


def _number(number: Fraction, count: int, at: int) -> int:
    if number.denominator != 1:
        raise RuleError("people come whole", at, expected="a whole number")
    _refuse_number(number, Fraction(count), at)
    return int(number)


def _refuse_number(number: Fraction, most: Fraction, at: int) -> None:
    if number == 0:
        raise RuleError("nobody at all would meet this", at, expected="more than 0")
    if number > most:
        raise RuleError(
            "nobody could meet this: it is more than there is",
            at,
            expected=f"at most {decimal_text(most)}",
        )


def _share(percent: Fraction, at: int) -> Fraction:
    if percent == 0:
        raise RuleError("nobody at all would meet this", at, expected="more than 0%")
    if percent > _WHOLE_SHARE:
        raise RuleError("nobody could meet this: it is over 100%", at)
    return percent / _WHOLE_SHARE


def _items(whom: tuple[Syntax, ...], scope: Scope) -> list[Rule | str]:
    items: list[Rule | str] = []
    seen: set[str] = set()
    for syntax in whom:
        item = _item(syntax, scope)
        if isinstance(item, str):
            if item in seen:
                raise RuleError(f"`{item}` is said twice", syntax.at, hint="delete one")
            seen.add(item)
        items.append(item)
    return items


def _refuse_shared(whom: tuple[Syntax, ...], items: list[Rule | str]) -> None:
    seen: set[str] = set()
    for syntax, item in zip(whom, items, strict=True):
        people = {item} if isinstance(item, str) else set(names(item))
        shared = sorted(people & seen)
        if shared:
            raise RuleError(
                f"`{shared[0]}` would count twice toward one number",
                syntax.at,
                hint="items of one list may not share a person, unless `seats: repeatable`",
            )
        seen |= people


def _of(need: int, items: Iterable[Rule | str]) -> Rule | str:
    everybody = tuple(items)
    return everybody[0] if len(everybody) == 1 else Of(need, everybody)
