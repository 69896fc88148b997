"""The members and levels of a chain file: who has a say, and where they sit."""

from __future__ import annotations

from cheget.chain import fields, rule
from cheget.chain.chain import Deputy, Level, Member
from cheget.chain.document import Mapping, Node, Scalar, Sequence
from cheget.chain.fields import Fields, placed
from cheget.chain.grammar import Tokens, format_rule, parse_rule
from cheget.chain.names import Names
from cheget.chain.quantity import written
from cheget.chain.resolve import Scope, resolve
from cheget.chain.rule import Of, Rule

_DEPUTY = "`MEMBER after DURATION`, such as `first-deputy after 10m`"


def declare_members(node: Node, names: Names) -> None:
    """Add the members and their weights to ``names``."""
    for key, value in fields.entries(node, "members, such as `ann: Ann`"):
        names.declare(key, "a member")
        if isinstance(value, Mapping):
            for field, weights in value.entries:
                if field.text == "weights":
                    _declare_weights(weights, key.text, names)


def _declare_weights(node: Node, member: str, names: Names) -> None:
    for key, value in fields.entries(node, "weights, such as `{shares: 34}`"):
        text = fields.scalar(value, "a number")
        try:
            amount = written(text.text)
        except ValueError as error:
            raise text.fault(str(error), expected="digits, with at most one point") from None
        names.declare_weight(key, member, amount)


def read_members(node: Node, names: Names) -> tuple[Member, ...]:
    """The members, whose names are declared already."""
    return tuple(_member(key, value, names) for key, value in fields.mapping(node, "").entries)


def _member(key: Scalar, node: Node, names: Names) -> Member:
    if isinstance(node, Scalar):
        return Member(key.text, fields.line(node))
    found = Fields(node, f"member `{key.text}`", optional=("title", "deputy", "weights"))
    deputies: list[Deputy] = []
    for each in _one_or_several(found["deputy"]) if "deputy" in found else ():
        deputy = _deputy(each, key.text, names)
        if deputy.member in (other.member for other in deputies):
            raise each.fault(f"`{deputy.member}` is said twice", hint="keep one of the two")
        deputies.append(deputy)
    return Member(
        key.text,
        found.read("title", fields.line, key.text),
        tuple(deputies),
        tuple(
            (weight.text, names.weights[weight.text][key.text])
            for weight, _ in (fields.mapping(found["weights"], "").entries)
        )
        if "weights" in found
        else (),
    )


def _one_or_several(node: Node) -> tuple[Scalar, ...]:
    nodes = fields.items(node, "a list of deputies") if isinstance(node, Sequence) else (node,)
    return tuple(fields.scalar(each, _DEPUTY) for each in nodes)


def _deputy(found: Scalar, member: str, names: Names) -> Deputy:
    with placed(found):
        tokens = Tokens(found.text)
        deputy = tokens.name(_DEPUTY)
        tokens.expect("after")
        delay = tokens.next("a duration")
        tokens.end()
    names.require(found, deputy.text, "a member", deputy.at)
    if deputy.text == member:
        raise found.fault(f"`{member}` would deputise for themselves", expected="another member")
    return Deputy(deputy.text, fields.seconds(found, delay.text, delay.at))


def declare_levels(node: Node, names: Names) -> None:
    """Add the levels and their members to ``names``."""
    for item in fields.items(node, "levels, from the top down"):
        found = _level_fields(item)
        level = fields.name(found["level"], "a level")
        names.declare(level, "a level")
        names.levels[level.text] = names.all_known(found["members"], "a member")


def _level_fields(node: Node) -> Fields:
    return Fields(
        node,
        "a level",
        required=("level", "members"),
        optional=("rule", "veto", "for", "signs"),
    )


def read_levels(node: Node, names: Names) -> tuple[Level, ...]:
    """The levels, whose names are declared already."""
    return tuple(_level(_level_fields(item), names) for item in fields.items(node, ""))


def _level(found: Fields, names: Names) -> Level:
    id_ = fields.name(found["level"], "a level").text
    scope = names.at_level(id_, names.levels[id_])
    members = names.levels[id_]
    if "rule" in found:
        asked, written = read_rule(found["rule"], scope)
    elif len(members) == 1:
        asked, written = Of(1, members), ""
    else:
        raise found.node.fault(
            f"level `{id_}` has {len(members)} members and no rule",
            expected="`rule: …`",
            hint="such as `rule: all`, `rule: any` or `rule: 2 of members`",
        )
    veto = read_rule(found["veto"], scope)[0] if "veto" in found else None
    _refuse_unmentioned(found, id_, asked, veto)
    if "signs" in found:
        fields.word(found["signs"], "own-device")
    return Level(
        id_,
        members,
        asked,
        veto,
        names.all_known(found["for"], "an action") if "for" in found else (),
        own_device="signs" in found,
        written=written,
    )


def read_rule(node: Node, scope: Scope) -> tuple[Rule, str]:
    """The rule at ``node`` as it is meant in ``scope``, and as it is written."""
    found = fields.scalar(node, "a rule, such as `2 of members`")
    with placed(found):
        syntax = parse_rule(found.text)
        return resolve(syntax, scope), format_rule(syntax)


def _refuse_unmentioned(found: Fields, level: str, asked: Rule, veto: Rule | None) -> None:
    mentioned = {*rule.names(asked), *(rule.names(veto) if veto else ())}
    for node in fields.items(found["members"], ""):
        member = fields.scalar(node, "")
        if member.text not in mentioned:
            raise member.fault(
                f"neither rule nor veto of level `{level}` mentions `{member.text}`",
                hint="mention them, or take them out of the level",
            )


def refuse_seatless(node: Node, members: tuple[Member, ...], levels: tuple[Level, ...]) -> None:
    """Refuse a member with no seat, not even as a deputy, or a deputy of nobody's seat."""
    seated = {member for level in levels for member in level.members}
    deputies = {d.member for m in members if m.id in seated for d in m.deputies}
    for (key, _), member in zip(fields.mapping(node, "").entries, members, strict=True):
        if member.id not in seated | deputies:
            raise key.fault(
                f"`{member.id}` has no seat at any level, not even as a deputy",
                hint="seat them, or delete them",
            )
        if member.deputies and member.id not in seated:
            raise key.fault(
                f"`{member.id}` has a deputy but no seat of their own",
                hint="name the deputy with the member whose seat it is",
            )
