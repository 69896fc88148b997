"""Small chains with everything that beliefs can say of them, drawn by Hypothesis."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

from cheget.assessment.beliefs import Beliefs
from cheget.assessment.parse import parse_beliefs
from cheget.chain.chain import Chain
from cheget.chain.parse import parse_chain
from cheget.errors import ChainFileError


@dataclass(frozen=True)
class World:
    """A chain and what is believed of it, as maps that are written as YAML."""

    chain: dict[str, Any]
    beliefs: dict[str, Any] = field(default_factory=dict)

    def parsed(self) -> tuple[Chain, Beliefs]:
        chain = parse_chain(json.dumps(texts(self.chain)).encode())
        said = {"beliefs": "drawn", "chain": chain.id, **texts(self.beliefs)}
        return chain, parse_beliefs(json.dumps(said).encode(), chain)


def texts(value: Any) -> Any:
    """Every scalar as text, as YAML has it here."""
    if isinstance(value, dict):
        return {key: texts(one) for key, one in value.items()}
    return [texts(one) for one in value] if isinstance(value, list) else str(value)


CHANCES = st.sampled_from([0, 0.05, 0.1, 0.2, 0.35, 0.5, 0.8, 1])
SOME = st.sampled_from([0.05, 0.1, 0.2, 0.35, 0.5, 0.8])


def parsed(world: World) -> tuple[Chain, Beliefs]:
    """The world's chain and beliefs, if it is one that the parser takes."""
    try:
        return world.parsed()
    except ChainFileError:
        assume(False)
        raise


@st.composite
def rules(draw: st.DrawFn, members: list[str], *, plain: bool = False) -> str:
    if len(members) == 1:
        return members[0]
    kinds = ["any", "all", "some", *([] if plain else ["nested", "weights"])]
    match draw(st.sampled_from(kinds)):
        case "some":
            return f"{draw(st.integers(1, len(members)))} of members"
        case "nested":
            first, *rest = members
            word, other = draw(st.sampled_from([("and", "or"), ("or", "and")]))
            return f"{first} {word} ({f' {other} '.join(rest)})"
        case "weights":
            return f"{draw(st.integers(1, 60))}% of shares"
        case word:
            return word


@st.composite
def worlds(  # noqa: PLR0912 - one branch for each thing a file can say
    draw: st.DrawFn, *, people: int = 5, most: int = 3, silence: bool = True, groups: int = 1,
    veto: bool = True, deputies: bool = True, replace: bool = True, events: bool = True,
    crews: bool = True, twice: bool = True, visible: bool = False, delays: bool = False,
) -> World:  # fmt: skip
    everybody = [f"p{number}" for number in range(draw(st.integers(min(people, most), people)))]
    left = list(draw(st.permutations(everybody)))
    levels: list[dict[str, Any]] = []
    for number in range(draw(st.integers(1, 3))):
        pool = everybody if twice else left
        if not pool:
            break
        size = min(most, len(pool))
        members = draw(st.lists(st.sampled_from(pool), min_size=1, max_size=size, unique=True))
        left = [one for one in left if one not in members]
        level = {"level": f"level-{number}", "members": members,
                 "rule": draw(rules(members, plain=visible))}  # fmt: skip
        if veto and draw(st.integers(0, 3)) == 0:
            level["veto"] = draw(st.sampled_from(["any", "all"]))
        levels.append(level)
    seated = {post for level in levels for post in level["members"]}
    members_: dict[str, Any] = {}
    for post in everybody:
        said: dict[str, Any] = {"title": post, "weights": {"shares": draw(st.integers(1, 9))}}
        pool = [one for one in (everybody if twice else left) if one != post]
        if deputies and post in seated and pool and draw(st.integers(0, 2)) == 0:
            most = 2 if twice else 1
            chosen = draw(st.lists(st.sampled_from(pool), min_size=1, max_size=most, unique=True))
            left = [one for one in left if one not in chosen]
            said["deputy"] = [f"{one} after 1m" for one in chosen]
        members_[post] = said
    standing = seated | {one.split()[0] for p in seated for one in members_[p].get("deputy", [])}
    members_ = {post: said for post, said in members_.items() if post in standing}
    for said in members_.values():
        said.setdefault("deputy", [])
        if not said["deputy"]:
            del said["deputy"]
    chain: dict[str, Any] = {"chain": "drawn", "members": members_, "levels": levels}
    beliefs: dict[str, Any] = {"members": {"everyone": draw(_believed(silence=silence))}}
    if twice and draw(st.integers(0, 3)) == 0:
        chain["seats"] = "repeatable"
    for post in draw(st.lists(st.sampled_from(sorted(members_)), max_size=2, unique=True)):
        beliefs["members"][post] = draw(_believed(silence=silence))
    if draw(st.booleans()):
        beliefs["originator"] = draw(st.sampled_from(["none", *levels[0]["members"]]))
    _shared(draw, beliefs, sorted(members_), levels, groups)
    if events and draw(st.booleans()):
        states = ["refuses", "compromised", "unreachable"] if silence else ["refuses"]
        beliefs["events"] = {
            f"event-{number}": {
                "probability": draw(SOME), "makes": draw(st.sampled_from(states)),
                "members": draw(st.lists(st.sampled_from(sorted(members_)), min_size=1, max_size=2,
                                         unique=True)),
            }
            for number in range(draw(st.integers(1, 2)))
        }  # fmt: skip
    if replace and draw(st.booleans()):
        beliefs["replace"] = draw(st.integers(1, 2))
    if draw(st.integers(0, 3)) == 0:
        beliefs["messages"] = {"everyone": -0.5, levels[-1]["level"]: 0.7}
        beliefs["trust"] = 0.3
    if crews and draw(st.integers(0, 2)) == 0:
        rule = draw(st.sampled_from(["gunner", "gunner and loader", "gunner or loader"]))
        chain["executors"] = {"gun": {"title": "Gun", "count": 3, "crew": rule}}
        enough = draw(st.integers(1, 2))
        chain["actions"] = {"act": {"executors": ["gun"], "at-most": 3, "enough": enough}}
        beliefs["naming"] = {"gun": draw(st.integers(enough, 2))}
        beliefs["members"]["gun"] = draw(_believed(silence=silence))
    if visible:
        beliefs["visible"] = {"concurrence": 0.5, "refusal": draw(st.sampled_from([-0.7, 0.4]))}
    if delays:
        beliefs["delays"] = {level["level"]: "10m to 1h" for level in levels[1:]}
        beliefs["delays"][levels[0]["level"]] = "20m"
        beliefs["within"] = draw(st.sampled_from(["45m", "90m"]))
    return World(chain, beliefs)


@st.composite
def _believed(draw: st.DrawFn, *, silence: bool) -> dict[str, Any]:
    said = {"refuses": draw(CHANCES)}
    if silence:
        said |= {"unreachable": draw(CHANCES), "compromised": draw(st.sampled_from([0, 0.05, 0.2]))}
    return said


def _shared(
    draw: st.DrawFn, beliefs: dict[str, Any], members: list[str], levels: list[dict[str, Any]],
    most: int,
) -> None:  # fmt: skip
    names = ["everyone", "some", levels[-1]["level"]]
    chosen = draw(st.lists(st.sampled_from(names), max_size=most, unique=True))
    if not chosen:
        return
    beliefs["shared"] = {name: draw(st.sampled_from([0.1, 0.4, 0.8])) for name in chosen}
    if "some" in chosen:
        beliefs["groups"] = {
            "some": draw(st.lists(st.sampled_from(members), min_size=1, max_size=3, unique=True))
        }
