"""The chain as JSON: what the charter holds, what its digest is of.

Every default is filled in; durations are seconds, weights and shares decimal text, rules trees
of ``["of", how many, [items]]``, lists in the file's order. Comments, layout, quotes and
shorthand have left no trace. What goes in comes out equal, in both directions, or is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import cast

from cheget.chain.chain import (
    Action,
    Chain,
    Condition,
    Deputy,
    ExecutorKind,
    Level,
    Limit,
    Member,
    Parameter,
    ParameterKind,
    Review,
)
from cheget.chain.quantity import decimal_text, exact
from cheget.chain.rule import Carry, Json, Of, Rule
from cheget.chain.sound import refuse_unsound
from cheget.chain.text import LONGEST_TEXT, UNFIT, UNFIT_EXCEPT_NEWLINE, is_name

LARGEST = 2**53 - 1
DEEPEST = 64  # rules within rules


def chain_to_json(chain: Chain) -> dict[str, Json]:
    """The chain as an object of JSON with ASCII keys and no fractions."""
    return {
        "chain": chain.id,
        "title": chain.title,
        "about": chain.about,
        "repeatable": chain.repeatable,
        "members": [_member_to(m) for m in chain.members],
        "levels": [_level_to(v) for v in chain.levels],
        "executors": [_executor_to(e) for e in chain.executors],
        "actions": [_action_to(a) for a in chain.actions],
        "conditions": [
            {"condition": c.id, "title": c.title, "attested-by": rule_to_json(c.attested_by)}
            for c in chain.conditions
        ],
        "amend": _optional_rule_to(chain.amend),
        "claims": list(chain.claims),
    }


def rule_to_json(rule: Rule) -> Json:
    """``["of", need, items]``, or ``["carry" | "carry-more", need, [[name, weight], …]]``."""
    match rule:
        case Of(need, items):
            return ["of", need, [i if isinstance(i, str) else rule_to_json(i) for i in items]]
        case Carry(need, strict, weights):
            word = "carry-more" if strict else "carry"
            return [word, decimal_text(need), _weights_to(weights)]


def _optional_rule_to(rule: Rule | None) -> Json:
    return None if rule is None else rule_to_json(rule)


def _weights_to(weights: tuple[tuple[str, Fraction], ...]) -> Json:
    return [[name, decimal_text(amount)] for name, amount in weights]


def _member_to(member: Member) -> Json:
    return {
        "member": member.id,
        "title": member.title,
        "deputies": [{"member": d.member, "after": d.after} for d in member.deputies],
        "weights": _weights_to(member.weights),
    }


def _level_to(level: Level) -> Json:
    return {
        "level": level.id,
        "members": list(level.members),
        "rule": rule_to_json(level.rule),
        "veto": _optional_rule_to(level.veto),
        "actions": list(level.actions),
        "own-device": level.own_device,
    }


def _executor_to(kind: ExecutorKind) -> Json:
    return {
        "executor": kind.id,
        "title": kind.title,
        "count": kind.count,
        "crew": _optional_rule_to(kind.crew),
    }


def _action_to(action: Action) -> Json:
    limit, review = action.limit, action.review
    return {
        "action": action.id,
        "executors": list(action.executors),
        "at-most": action.at_most,
        "enough": action.enough,
        "decide-within": action.decide_within,
        "hold": action.hold,
        "valid-for": action.valid_for,
        "attempts": action.attempts,
        "parameters": [[name, _parameter_to(p)] for name, p in action.parameters],
        "limit": None if limit is None else _limit_to(limit),
        "review": None if review is None else _review_to(review),
        "conditions": list(action.conditions),
        "acknowledge": list(action.acknowledge),
    }


def _limit_to(limit: Limit) -> Json:
    return {"most": limit.most, "of": limit.parameter, "per": limit.per}


def _review_to(review: Review) -> Json:
    return {"rule": rule_to_json(review.rule), "within": review.within}


def _parameter_to(parameter: Parameter) -> Json:
    match parameter.kind:
        case "text" | "file":
            return {"kind": parameter.kind, "up-to": parameter.up_to}
        case "number":
            return {"kind": "number", "low": parameter.low, "high": parameter.high}
        case "one-of":
            return {"kind": "one-of", "choices": list(parameter.choices)}
        case "sha256":
            return {"kind": "sha256"}


def chain_from_json(obj: Json) -> Chain:
    """The chain that ``obj`` writes; ``chain_to_json`` gives back an equal object.

    Raises:
        ValueError: A field is missing, unknown or of another form, or the chain contradicts
            itself: an undeclared name, a rule nobody could meet, an action with no levels.
    """
    found = _Object(
        obj,
        *("chain", "title", "about", "repeatable", "members", "levels", "executors"),
        *("actions", "conditions", "amend", "claims"),
    )
    chain = Chain(
        found.name("chain"),
        found.line("title"),
        tuple(_member_from(m) for m in found.list("members")),
        tuple(_level_from(v) for v in found.list("levels")),
        found.text("about"),
        tuple(_executor_from(e) for e in found.list("executors")),
        tuple(_action_from(a) for a in found.list("actions")),
        tuple(_condition_from(c) for c in found.list("conditions")),
        found.optional_rule("amend"),
        tuple(_line(c) for c in found.list("claims")),
        repeatable=found.flag("repeatable"),
    )
    refuse_unsound(chain)
    return chain


def rule_from_json(value: Json, depth: int = 0) -> Rule:
    """The rule that ``value`` writes.

    Raises:
        ValueError: It writes none, or one that nobody or everybody would meet.
    """
    if depth > DEEPEST:
        raise ValueError("a rule is too deep")
    word, need, items = _triple(value)
    if word in ("carry", "carry-more"):
        return Carry(_decimal(need), word == "carry-more", _weights_from(items))
    if word != "of":
        raise ValueError(f"{word!r} is not a kind of rule")
    return Of(
        _whole(need),
        tuple(
            _name(item) if isinstance(item, str) else rule_from_json(item, depth + 1)
            for item in _list(items)
        ),
    )


def _member_from(value: Json) -> Member:
    found = _Object(value, "member", "title", "deputies", "weights")
    deputies = [_Object(d, "member", "after") for d in found.list("deputies")]
    return Member(
        found.name("member"),
        found.line("title"),
        tuple(Deputy(d.name("member"), d.whole("after")) for d in deputies),
        _weights_from(found["weights"]),
    )


def _level_from(value: Json) -> Level:
    found = _Object(value, "level", "members", "rule", "veto", "actions", "own-device")
    return Level(
        found.name("level"),
        found.names("members"),
        rule_from_json(found["rule"]),
        found.optional_rule("veto"),
        found.names("actions"),
        own_device=found.flag("own-device"),
    )


def _executor_from(value: Json) -> ExecutorKind:
    found = _Object(value, "executor", "title", "count", "crew")
    return ExecutorKind(
        found.name("executor"),
        found.line("title"),
        found.optional_whole("count"),
        found.optional_rule("crew"),
    )


def _condition_from(value: Json) -> Condition:
    found = _Object(value, "condition", "title", "attested-by")
    return Condition(
        found.name("condition"), found.line("title"), rule_from_json(found["attested-by"])
    )


def _action_from(value: Json) -> Action:
    found = _Object(
        value,
        *("action", "executors", "at-most", "enough", "decide-within", "hold", "valid-for"),
        *("attempts", "parameters", "limit", "review", "conditions", "acknowledge"),
    )
    pairs = [_pair(p) for p in found.list("parameters")]
    return Action(
        found.name("action"),
        found.names("executors"),
        found.whole("at-most"),
        found.optional_whole("enough"),
        found.whole("decide-within"),
        found.whole("hold"),
        found.whole("valid-for"),
        found.whole("attempts"),
        tuple((_name(name), _parameter_from(parameter)) for name, parameter in pairs),
        None if found["limit"] is None else _limit_from(found["limit"]),
        None if found["review"] is None else _review_from(found["review"]),
        found.names("conditions"),
        tuple(_line(sentence) for sentence in found.list("acknowledge")),
    )


def _limit_from(value: Json) -> Limit:
    found = _Object(value, "most", "of", "per")
    of = found["of"]
    most = decimal_text(_decimal(found["most"]))
    return Limit(most, found.whole("per"), "" if of == "" else found.name("of"))


def _review_from(value: Json) -> Review:
    found = _Object(value, "rule", "within")
    return Review(rule_from_json(found["rule"]), found.whole("within"))


_PARAMETER_FIELDS: dict[str, tuple[str, ...]] = {
    "text": ("up-to",),
    "file": ("up-to",),
    "sha256": (),
    "number": ("low", "high"),
    "one-of": ("choices",),
}


def _parameter_from(value: Json) -> Parameter:
    kind = value.get("kind") if isinstance(value, dict) else None
    if not isinstance(kind, str) or kind not in _PARAMETER_FIELDS:
        raise ValueError("not a kind of parameter")
    found = _Object(value, "kind", *_PARAMETER_FIELDS[kind])
    return Parameter(
        cast("ParameterKind", kind),
        found.whole("up-to") if "up-to" in found.fields else 0,
        decimal_text(_decimal(found["low"])) if kind == "number" else "",
        decimal_text(_decimal(found["high"])) if kind == "number" else "",
        tuple(_line(c) for c in found.list("choices")) if kind == "one-of" else (),
    )


@dataclass(frozen=True, init=False)
class _Object:
    """An object with exactly the fields asked for."""

    fields: dict[str, Json]

    def __init__(self, value: Json, *known: str) -> None:
        if not isinstance(value, dict):
            raise ValueError(f"not an object with {', '.join(known)}")  # noqa: TRY004
        if set(value) != set(known):
            odd = sorted(set(value) ^ set(known))
            raise ValueError(f"missing or unknown: {', '.join(odd)}")
        object.__setattr__(self, "fields", value)

    def __getitem__(self, key: str) -> Json:
        return self.fields[key]

    def list(self, key: str) -> list[Json]:
        return _list(self.fields[key])

    def names(self, key: str) -> tuple[str, ...]:
        return tuple(_name(each) for each in self.list(key))

    def name(self, key: str) -> str:
        return _name(self.fields[key])

    def text(self, key: str) -> str:
        return _text(self.fields[key])

    def line(self, key: str) -> str:
        return _line(self.fields[key])

    def whole(self, key: str) -> int:
        return _whole(self.fields[key])

    def optional_whole(self, key: str) -> int | None:
        return None if self.fields[key] is None else self.whole(key)

    def optional_rule(self, key: str) -> Rule | None:
        return None if self.fields[key] is None else rule_from_json(self.fields[key])

    def flag(self, key: str) -> bool:
        value = self.fields[key]
        if not isinstance(value, bool):
            raise ValueError(f"{key} is not true or false")  # noqa: TRY004
        return value


def _list(value: Json) -> list[Json]:
    if not isinstance(value, list):
        raise ValueError("not a list")  # noqa: TRY004
    return value


def _pair(value: Json) -> tuple[Json, Json]:
    match value:
        case [first, second]:
            return first, second
        case _:
            raise ValueError("not a pair")


def _triple(value: Json) -> tuple[Json, Json, Json]:
    match value:
        case [first, second, third]:
            return first, second, third
        case _:
            raise ValueError("not a rule")


def _weights_from(value: Json) -> tuple[tuple[str, Fraction], ...]:
    pairs = [_pair(each) for each in _list(value)]
    return tuple((_name(name), _decimal(amount)) for name, amount in pairs)


def _name(value: Json) -> str:
    if not isinstance(value, str) or not is_name(value):
        raise ValueError(f"{value!r} is not a name")
    return value


def _text(value: Json) -> str:
    if not isinstance(value, str) or UNFIT_EXCEPT_NEWLINE.search(value):
        raise ValueError("not text")
    if len(value.encode()) > LONGEST_TEXT:
        raise ValueError(f"text over {LONGEST_TEXT} bytes")
    return value


def _line(value: Json) -> str:
    text = _text(value)
    if not text.strip() or UNFIT.search(text):
        raise ValueError("not a line of text")
    return text


def _whole(value: Json) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST:
        raise ValueError("not a whole number")
    return value


def _decimal(value: Json) -> Fraction:
    number = exact(value) if isinstance(value, str) else None
    if number is None or decimal_text(number) != value:
        raise ValueError("not decimal text in its one spelling")
    return number
