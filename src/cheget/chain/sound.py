"""What makes a chain sound, said of the value itself.

``parse`` says the same of a file, with lines and columns. A chain that arrives as JSON has no
lines, but it is about to become law, so whatever a file could not say is refused here too.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from fractions import Fraction

from cheget.chain.chain import Action, Chain, ExecutorKind, Level, Limit, Parameter
from cheget.chain.claims import (
    Alone,
    Includes,
    MachinesNeverConcur,
    NobodySitsTwice,
    format_claim,
    parse_claim,
    people_of,
)
from cheget.chain.grammar import RuleError
from cheget.chain.quantity import LARGEST_FILE, LONGEST_DURATION, MOST, exact
from cheget.chain.rule import Of, Rule, names
from cheget.chain.text import LONGEST_TEXT
from cheget.errors import ChainFileError


def refuse_unsound(chain: Chain) -> None:
    """Return if the chain could have been read from a file.

    Raises:
        ValueError: It contradicts itself; the message says where.
    """
    _refuse_names(chain)
    members = [member.id for member in chain.members]
    _require(bool(chain.levels), "a chain has a level")
    for level in chain.levels:
        _refuse_level(level, chain, members)
    _refuse_seats(chain, members)
    for kind in chain.executors:
        _refuse_executor(kind, chain)
    for action in chain.actions:
        _refuse_action(action, chain, members)
    for condition in chain.conditions:
        _refuse_rule(condition.attested_by, members, chain, condition.id)
    if chain.amend is not None:
        _refuse_rule(chain.amend, members, chain, "amend")
    _refuse_claims(chain)


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise ValueError(message)


def _distinct(values: Iterable[str], where: str) -> None:
    listed = list(values)
    _require(len(set(listed)) == len(listed), f"{where}: something is said twice")


def _known(values: Collection[str], known: Collection[str], where: str) -> None:
    _distinct(values, where)
    _require(set(values) <= set(known), f"{where}: an undeclared name")


def _shared(chain: Chain) -> Iterator[str]:
    yield from (m.id for m in chain.members)
    yield from (v.id for v in chain.levels)
    yield from (e.id for e in chain.executors)
    yield from (a.id for a in chain.actions)
    yield from (c.id for c in chain.conditions)
    yield from {weight for m in chain.members for weight, _ in m.weights}


def _refuse_names(chain: Chain) -> None:
    shared = list(_shared(chain))
    _distinct(shared, "names")
    for kind in chain.executors:
        if kind.count is not None:
            numbered = re.compile(re.escape(kind.id) + r"-[0-9]{4,}")
            clash = any(numbered.fullmatch(name) for name in shared)
            _require(not clash, f"{kind.id}: an executor's name is taken")


def _refuse_level(level: Level, chain: Chain, members: Collection[str]) -> None:
    _require(bool(level.members), f"{level.id}: no members")
    _known(level.members, members, level.id)
    _known(level.actions, [action.id for action in chain.actions], level.id)
    mentioned = set(names(level.rule))
    _refuse_rule(level.rule, level.members, chain, level.id)
    if level.veto is not None:
        _refuse_rule(level.veto, level.members, chain, level.id)
        mentioned |= set(names(level.veto))
    _require(mentioned == set(level.members), f"{level.id}: a member no rule mentions")


def _refuse_seats(chain: Chain, members: Collection[str]) -> None:
    seated = {member for level in chain.levels for member in level.members}
    deputies: set[str] = set()
    for member in chain.members:
        _distinct((weight for weight, _ in member.weights), member.id)
        _known([d.member for d in member.deputies], members, member.id)
        _require(member.id not in {d.member for d in member.deputies}, f"{member.id}: own deputy")
        _require(not member.deputies or member.id in seated, f"{member.id}: a deputy but no seat")
        for deputy in member.deputies:
            _refuse_duration(deputy.after, 0, member.id)
            deputies.add(deputy.member)
    _require(set(members) <= seated | deputies, "a member with no seat")


def _refuse_executor(kind: ExecutorKind, chain: Chain) -> None:
    _require(kind.count is None or 1 <= kind.count <= MOST, f"{kind.id}: count")
    if kind.crew is not None:
        _refuse_rule(kind.crew, None, chain, kind.id)
        _require(not set(names(kind.crew)) & set(_shared(chain)), f"{kind.id}: a crew's name")


def _refuse_rule(rule: Rule, people: Collection[str] | None, chain: Chain, where: str) -> None:
    _require(people is None or set(names(rule)) <= set(people), f"{where}: an undeclared name")
    if not isinstance(rule, Of):
        total = sum((weight for _, weight in rule.weights), Fraction(0))
        _distinct((name for name, _ in rule.weights), where)
        met = rule.need < total if rule.strict else 0 < rule.need <= total
        _require(met, f"{where}: nobody, or everybody, meets its rule")
        return
    _require(1 <= rule.need <= len(rule.items), f"{where}: nobody, or everybody, meets its rule")
    _distinct((item for item in rule.items if isinstance(item, str)), where)
    for item in rule.items:
        if not isinstance(item, str):
            _refuse_rule(item, people, chain, where)
    if 1 < rule.need < len(rule.items) and not chain.repeatable:
        people_of_items = [{i} if isinstance(i, str) else set(names(i)) for i in rule.items]
        shared = sum(map(len, people_of_items)) != len(set().union(*people_of_items))
        _require(not shared, f"{where}: somebody counts twice")


def _refuse_duration(seconds: int, least: int, where: str) -> None:
    _require(least <= seconds <= LONGEST_DURATION, f"{where}: a duration out of range")


def _refuse_action(action: Action, chain: Chain, members: Collection[str]) -> None:
    kinds = {kind.id: kind.count or 1 for kind in chain.executors}
    _require(bool(action.executors), f"{action.id}: no executors")
    _known(action.executors, kinds, action.id)
    available = sum(kinds[kind] for kind in action.executors)
    _require(1 <= action.at_most <= available, f"{action.id}: at-most")
    _require(action.enough is None or 1 <= action.enough <= action.at_most, f"{action.id}: enough")
    _require(1 <= action.attempts <= MOST, f"{action.id}: attempts")
    _refuse_duration(action.decide_within, 1, action.id)
    _refuse_duration(action.hold, 0, action.id)
    _refuse_duration(action.valid_for, 1, action.id)
    _known(action.conditions, [condition.id for condition in chain.conditions], action.id)
    _distinct(action.acknowledge, action.id)
    _distinct((name for name, _ in action.parameters), action.id)
    for name, parameter in action.parameters:
        _refuse_parameter(parameter, f"{action.id}: {name}")
    if action.limit is not None:
        _refuse_limit(action.limit, dict(action.parameters), action.id)
    if action.review is not None:
        _refuse_rule(action.review.rule, members, chain, action.id)
        _refuse_duration(action.review.within, 1, action.id)
    _require(bool(chain.ladder(action.id)), f"{action.id}: no level is asked")


def _refuse_parameter(parameter: Parameter, where: str) -> None:
    match parameter.kind:
        case "text":
            _require(1 <= parameter.up_to <= LONGEST_TEXT, f"{where}: up-to")
        case "file":
            _require(1 <= parameter.up_to <= LARGEST_FILE, f"{where}: up-to")
        case "number":
            _require(exact(parameter.low) <= exact(parameter.high), f"{where}: nothing between")
        case "one-of":
            _require(bool(parameter.choices), f"{where}: no choices")
            _distinct(parameter.choices, where)
        case "sha256":
            pass


def _refuse_limit(limit: Limit, parameters: dict[str, Parameter], where: str) -> None:
    most = exact(limit.most)
    _refuse_duration(limit.per, 1, where)
    if not limit.parameter:
        _require(most > 0 and most.denominator == 1, f"{where}: limit")
        return
    parameter = parameters.get(limit.parameter)
    _require(
        parameter is not None
        and parameter.kind == "number"
        and most > 0
        and most >= exact(parameter.low),
        f"{where}: limit",
    )


def _refuse_claims(chain: Chain) -> None:
    _distinct(chain.claims, "claims")
    actions = {action.id for action in chain.actions}
    for text in chain.claims:
        try:
            claim = parse_claim(text)
            if isinstance(claim, Alone | Includes):
                people_of(claim.who, chain)
        except (ChainFileError, RuleError) as error:
            raise ValueError(f"claim {text!r}: {error.message}") from None
        _require(format_claim(claim) == text, f"claim {text!r}: not in its one spelling")
        if not isinstance(claim, NobodySitsTwice | MachinesNeverConcur):
            named = claim.action is None or claim.action in actions
            _require(named, f"claim {text!r}: an undeclared action")
