"""The executors, actions and conditions of a chain file: what may be ordered, and who acts."""

from __future__ import annotations

from collections.abc import Callable

from cheget.chain import fields, quantity
from cheget.chain.chain import Action, Condition, ExecutorKind, Limit, Parameter, Review
from cheget.chain.document import Node, Scalar
from cheget.chain.fields import Fields, placed
from cheget.chain.grammar import Tokens
from cheget.chain.names import Names
from cheget.chain.quantity import decimal_text, exact, written
from cheget.chain.resolve import resolve
from cheget.chain.seats import read_rule
from cheget.chain.text import LONGEST_TEXT

_KINDS = "`text`, `sha256`, `{text: up to 80}`, `{number: 0 to 9}`, `{one-of: […]}` or `{file: …}`"
_DEFAULTS = Action("", ())


def declare(node: Node, names: Names, kind: str) -> None:
    """Add the keys of a section to ``names`` as things of that ``kind``."""
    for key, _ in fields.entries(node, f"names, each for {kind}"):
        names.declare(key, kind)


def read_executors(node: Node, names: Names) -> tuple[ExecutorKind, ...]:
    """The kinds of executors."""
    kinds = []
    for key, value in fields.mapping(node, "").entries:
        kind = _executor(key, value, names)
        if kind.count is not None:
            names.refuse_numbered(key)
        kinds.append(kind)
    return tuple(kinds)


def _executor(key: Scalar, node: Node, names: Names) -> ExecutorKind:
    if isinstance(node, Scalar):
        return ExecutorKind(key.text, fields.line(node))
    found = Fields(node, f"executor `{key.text}`", optional=("title", "count", "crew"))
    return ExecutorKind(
        key.text,
        found.read("title", fields.line, key.text),
        fields.count(found["count"]) if "count" in found else None,
        read_rule(found["crew"], names.in_crew())[0] if "crew" in found else None,
    )


def read_conditions(node: Node, names: Names) -> tuple[Condition, ...]:
    """The conditions, and who attests each."""
    conditions = []
    for key, value in fields.mapping(node, "").entries:
        found = Fields(
            value, f"condition `{key.text}`", required=("attested-by",), optional=("title",)
        )
        asked, _ = read_rule(found["attested-by"], names.everywhere)
        title = found.read("title", fields.line, key.text)
        conditions.append(Condition(key.text, title, asked))
    return tuple(conditions)


def read_actions(
    node: Node, names: Names, executors: tuple[ExecutorKind, ...]
) -> tuple[Action, ...]:
    """The actions, with every default filled in."""
    return tuple(
        _action(key, value, names, executors) for key, value in fields.mapping(node, "").entries
    )


def _action(key: Scalar, node: Node, names: Names, executors: tuple[ExecutorKind, ...]) -> Action:
    found = Fields(
        node,
        f"action `{key.text}`",
        required=("executors",),
        optional=(
            *("at-most", "enough", "decide-within", "hold", "valid-for", "parameters"),
            *("attempts", "limit", "review", "conditions", "acknowledge"),
        ),
    )
    kinds = names.all_known(found["executors"], "an executor")
    parameters = found.read("parameters", _parameters, ())
    return Action(
        key.text,
        kinds,
        *_how_many(found, sum(e.count or 1 for e in executors if e.id in kinds)),
        found.read("decide-within", fields.time, _DEFAULTS.decide_within),
        found.read("hold", fields.duration, _DEFAULTS.hold),
        found.read("valid-for", fields.time, _DEFAULTS.valid_for),
        found.read("attempts", fields.count, _DEFAULTS.attempts),
        parameters,
        _limit(found["limit"], dict(parameters)) if "limit" in found else None,
        _review(found["review"], names) if "review" in found else None,
        names.all_known(found["conditions"], "a condition") if "conditions" in found else (),
        found.read("acknowledge", _sentences, ()),
    )


def _how_many(found: Fields, available: int) -> tuple[int, int | None]:
    at_most = found.read("at-most", fields.count, _DEFAULTS.at_most)
    if at_most > available:
        message = f"`at-most` is {at_most}, but there are only {available} executors"
        raise fields.scalar(found["at-most"], "").fault(message, expected=f"at most {available}")
    enough = fields.count(found["enough"]) if "enough" in found else None
    if enough is not None and enough > at_most:
        message = f"`enough` is {enough}, but an order names at most {at_most}"
        hint = "raise `at-most`" if "at-most" in found else "`at-most` left out is 1"
        raise fields.scalar(found["enough"], "").fault(message, hint=hint)
    return at_most, enough


def _parameters(node: Node) -> tuple[tuple[str, Parameter], ...]:
    return tuple(
        (fields.name(key, "a parameter").text, _parameter(value))
        for key, value in fields.entries(node, "parameters, such as `{to: text}`")
    )


def _parameter(node: Node) -> Parameter:
    if isinstance(node, Scalar):
        found = fields.scalar(node, _KINDS)
        match found.text:
            case "text":
                return Parameter("text", up_to=LONGEST_TEXT)
            case "sha256":
                return Parameter("sha256")
            case "number" | "file" | "one-of" as kind:
                form = {"number": "0 to 100", "file": "up to 20MiB", "one-of": "[a, b]"}[kind]
                message = f"`{kind}` needs more"
                raise found.fault(message, expected=f"`{{{kind}: {form}}}`")
            case _:
                raise found.fault(f"`{found.text}` is not a kind of parameter", expected=_KINDS)
    kinds = Fields(node, "a parameter", optional=("text", "number", "one-of", "file"))
    if len(kinds.node.entries) != 1:
        raise kinds.node.fault("a parameter is of one kind", expected=_KINDS)
    key, value = kinds.node.entries[0]
    match key.text:
        case "text":
            return Parameter("text", up_to=_up_to_bytes(value))
        case "file":
            return Parameter("file", up_to=_up_to_size(value))
        case "number":
            return _number_between(value)
        case _:
            return Parameter("one-of", choices=_choices(value))


def _split(found: Scalar, expected: str, words: tuple[str, ...]) -> list[str]:
    """The parts of a text that has ``words`` in their places; an empty word is a part."""
    parts = found.text.split()
    if len(parts) != len(words) or any(w not in ("", p) for w, p in zip(words, parts, strict=True)):
        raise found.fault(f"`{found.text}` means nothing here", expected=expected)
    return [p for w, p in zip(words, parts, strict=True) if not w]


def _up_to_bytes(node: Node) -> int:
    expected = f"`up to N`, in bytes, N from 1 to {LONGEST_TEXT}"
    return _up_to(fields.scalar(node, expected), expected, quantity.whole, LONGEST_TEXT)


def _up_to_size(node: Node) -> int:
    expected = "`up to` and a size in B, KiB, MiB or GiB, such as `up to 20MiB`"
    return _up_to(fields.scalar(node, expected), expected, quantity.size, quantity.LARGEST_FILE)


def _up_to(found: Scalar, expected: str, read: Callable[[str], int], largest: int) -> int:
    (most,) = _split(found, expected, ("up", "to", ""))
    at = found.text.rindex(most)
    try:
        number = read(most)
    except ValueError as error:
        raise found.fault(str(error), at=at, expected=expected) from None
    if not 1 <= number <= largest:
        raise found.fault(f"`{most}` is out of range", at=at, expected=expected)
    return number


def _number_between(node: Node) -> Parameter:
    expected = "`LOW to HIGH`, such as `0.01 to 10000`"
    found = fields.scalar(node, expected)
    low, high = _split(found, expected, ("", "to", ""))
    try:
        lowest, highest = written(low), written(high)
    except ValueError as error:
        raise found.fault(str(error), expected=expected) from None
    if lowest > highest:
        raise found.fault(f"nothing is between {low} and {high}", expected=expected)
    return Parameter("number", low=decimal_text(lowest), high=decimal_text(highest))


def _choices(node: Node) -> tuple[str, ...]:
    found = [fields.scalar(each, "text") for each in fields.items(node, "a list of choices")]
    return tuple(_distinct(found))


def _sentences(node: Node) -> tuple[str, ...]:
    nodes = fields.items(node, "a list of sentences")
    return tuple(_distinct([fields.scalar(each, "a sentence") for each in nodes]))


def _distinct(found: list[Scalar]) -> list[str]:
    seen: list[str] = []
    for each in found:
        text = fields.line(each)
        if text in seen:
            raise each.fault(f"`{text}` is said twice", hint="keep one of the two")
        seen.append(text)
    return seen


def _limit(node: Node, parameters: dict[str, Parameter]) -> Limit:
    found = fields.scalar(node, "`NUMBER per DURATION`, or `NUMBER of PARAMETER per DURATION`")
    with placed(found):
        tokens = Tokens(found.text)
        number = tokens.next("a number")
        of = tokens.name("a parameter") if tokens.take("of") else None
        tokens.expect("per")
        delay = tokens.next("a duration")
        tokens.end()
    try:
        most = written(number.text)
    except ValueError as error:
        raise found.fault(str(error), at=number.at, expected="a number") from None
    if most == 0:
        raise found.fault("a limit of nothing", at=number.at, hint="leave the action out instead")
    if of is None and most.denominator != 1:
        raise found.fault("acts come whole", at=number.at, expected="a whole number")
    if of is not None:
        parameter = parameters.get(of.text)
        if parameter is None or parameter.kind != "number":
            message = f"`{of.text}` is not a parameter of this action that is a number"
            raise found.fault(message, at=of.at)
        if most < exact(parameter.low):
            message = f"no order could keep this: `{of.text}` is at least {parameter.low}"
            raise found.fault(message, at=number.at)
    per = fields.seconds(found, delay.text, delay.at, least=1)
    return Limit(decimal_text(most), per, of.text if of else "")


def _review(node: Node, names: Names) -> Review:
    found = fields.scalar(node, "`RULE within DURATION`, such as `any of (ann, bob) within 48h`")
    with placed(found):
        tokens = Tokens(found.text)
        syntax = tokens.rule()
        tokens.expect("within")
        delay = tokens.next("a duration")
        tokens.end()
        asked = resolve(syntax, names.everywhere)
    return Review(asked, fields.seconds(found, delay.text, delay.at, least=1))
