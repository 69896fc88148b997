"""The chain file, read whole: one YAML document becomes a ``Chain``, or one error.

First every name is declared, then every rule is read with all the names known.
"""

from __future__ import annotations

from cheget.chain import acts, fields, seats
from cheget.chain.chain import Action, Chain, Level
from cheget.chain.claims import Alone, Includes, format_claim, read_claim
from cheget.chain.document import Node, Scalar, read
from cheget.chain.fields import Fields, placed
from cheget.chain.names import Names
from cheget.chain.resolve import resolve


def parse_chain(text: bytes) -> Chain:
    """The chain that a file with these bytes declares.

    Raises:
        ChainFileError: The first fault, with its line and column.
    """
    found = Fields(
        read(text),
        "a chain",
        required=("chain", "members", "levels"),
        optional=(
            *("title", "about", "executors", "actions", "conditions"),
            *("amend", "claims", "seats"),
        ),
    )
    names = _declared(found)
    id_ = fields.name(found["chain"], "a chain").text
    members = seats.read_members(found["members"], names)
    levels = seats.read_levels(found["levels"], names)
    seats.refuse_seatless(found["members"], members, levels)
    executors = found.read("executors", lambda node: acts.read_executors(node, names), ())
    actions = found.read("actions", lambda node: acts.read_actions(node, names, executors), ())
    _refuse_levelless(found, actions, levels)
    return Chain(
        id_,
        found.read("title", fields.line, id_),
        members,
        levels,
        found.read("about", fields.prose, ""),
        executors,
        actions,
        found.read("conditions", lambda node: acts.read_conditions(node, names), ()),
        seats.read_rule(found["amend"], names.everywhere)[0] if "amend" in found else None,
        found.read("claims", lambda node: _claims(node, names), ()),
        repeatable=names.repeatable,
    )


def _declared(found: Fields) -> Names:
    names = Names()
    if "seats" in found:
        fields.word(found["seats"], "repeatable")
        names.repeatable = True
    seats.declare_members(found["members"], names)
    seats.declare_levels(found["levels"], names)
    for section, kind in (
        ("executors", "an executor"),
        ("actions", "an action"),
        ("conditions", "a condition"),
    ):
        if section in found:
            acts.declare(found[section], names, kind)
    return names


def _refuse_levelless(
    found: Fields, actions: tuple[Action, ...], levels: tuple[Level, ...]
) -> None:
    if not actions:
        return
    for (key, _), action in zip(fields.mapping(found["actions"], "").entries, actions, strict=True):
        if not any(not level.actions or action.id in level.actions for level in levels):
            raise key.fault(
                f"no level is asked for `{action.id}`",
                hint="anybody could release it: add a level, or name it under a level's `for`",
            )


def _claims(node: Node, names: Names) -> tuple[str, ...]:
    claims: list[str] = []
    for item in fields.items(node, "a list of claims"):
        found = fields.scalar(item, "a claim, such as `ann alone cannot release`")
        text = _claim(found, names)
        if text in claims:
            raise found.fault("this claim is made twice", hint="keep one of the two")
        claims.append(text)
    return tuple(claims)


def _claim(found: Scalar, names: Names) -> str:
    with placed(found):
        claim, action = read_claim(found.text)
        if isinstance(claim, Alone | Includes):
            resolve(claim.who, names.everywhere)
    if action is not None:
        names.require(found, action.text, "an action", action.at)
    return format_claim(claim)
