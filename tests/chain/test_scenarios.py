"""The shipped scenarios are read, round-trip, and fit the schema that editors use."""

import copy
import json
import sys
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from chain.scenarios import SCENARIOS, scenario
from cheget.chain.canonical import chain_from_json, chain_to_json
from cheget.chain.document import Mapping, Node, Scalar, read
from cheget.chain.parse import parse_chain

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "spec" / "chain-file.schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def as_text(node: Node) -> Any:
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, Mapping):
        return {key.text: as_text(value) for key, value in node.entries}
    return [as_text(item) for item in node.items]


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_goes_to_json_and_back_unchanged(name: str) -> None:
    chain = parse_chain(scenario(name))
    written = chain_to_json(chain)
    assert chain_from_json(json.loads(json.dumps(written))) == chain
    assert chain_to_json(chain_from_json(written)) == written


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_has_a_page_beside_it_that_says_what_it_stands_for(name: str) -> None:
    page = files("cheget").joinpath("scenarios", f"{name}.md").read_text("utf-8")
    assert page.startswith(f"# {name}:")


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_schema_accepts_every_scenario(name: str) -> None:
    VALIDATOR.validate(as_text(read(scenario(name))))


def test_the_schema_is_itself_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def _set(path: tuple[str | int, ...], value: Any) -> Callable[[Any], None]:
    def broken(chain: Any) -> None:
        *most, last = path
        for step in most:
            chain = chain[step]
        chain[last] = value

    return broken


BREAKS = {
    "no levels": _set(("levels",), []),
    "an unknown field": _set(("stages",), "x"),
    "a reserved name": _set(("members", "everyone"), "Everyone"),
    "a name with capitals": _set(("members", "Ann"), "Ann"),
    "a level without members": _set(("levels", 0), {"level": "head"}),
    "members said twice": _set(("levels", 0, "members"), ["president", "president"]),
    "a hold without a unit": _set(("actions", "tactical", "hold"), "10"),
    "a count of nothing": _set(("executors", "missile", "count"), "0"),
    "an action without executors": _set(("actions", "tactical"), {"hold": "1h"}),
    "a deputy with no delay": _set(("members", "chief", "deputy"), "first-deputy"),
    "seats that are not repeatable": _set(("seats",), "yes"),
    "a parameter of two kinds": _set(
        ("actions", "tactical", "parameters"), {"x": {"text": "up to 3", "one-of": ["a"]}}
    ),
    "a parameter of an unknown kind": _set(("actions", "tactical", "parameters"), {"x": "url"}),
    "a rule with a sign": _set(("amend",), "2 > 1"),
    "a limit without a time": _set(("actions", "tactical", "limit"), "2"),
    "own-device misspelt": _set(("levels", 0, "signs"), "device"),
}


@pytest.mark.parametrize("fault", BREAKS)
def test_the_schema_refuses(fault: str) -> None:
    chain = copy.deepcopy(as_text(read(scenario("cheget"))))
    BREAKS[fault](chain)
    assert not VALIDATOR.is_valid(chain)


def test_the_schema_accepts_what_editors_read_as_numbers() -> None:
    chain = as_text(read(scenario("cheget")))
    chain["executors"]["missile"]["count"] = 900
    chain["title"] = 7
    VALIDATOR.validate(chain)


def large_chain(members: int = 900) -> bytes:
    lines = ["chain: large", "members:"]
    lines += [f"  m{n}: {{title: Member {n}, weights: {{votes: {n + 1}}}}}" for n in range(members)]
    lines += ["levels:"]
    for first in range(0, members, 9):
        seated = ", ".join(f"m{n}" for n in range(first, first + 9))
        lines += [f"  - level: v{first}", f"    members: [{seated}]"]
        lines += ["    rule: 55% of members and majority of votes", f"    veto: 2 of ({seated})"]
    lines += ["claims:"]
    lines += [f"  - m{n} alone cannot release" for n in range(0, members, 2)]
    lines += ["executors: {x: X}", "actions:"]
    lines += [f"  a{n}: {{executors: [x], hold: 1h}}" for n in range(240)]
    return "\n".join(lines).encode()


def calls_to_read(data: bytes) -> int:
    """How many calls reading takes: work, counted instead of timed."""
    calls = 0

    def count(_frame: object, event: str, _arg: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    sys.setprofile(count)
    try:
        parse_chain(data)
    finally:
        sys.setprofile(None)
    return calls


def test_twice_the_lines_take_about_twice_the_work() -> None:
    half, whole = large_chain(450), large_chain(900)
    assert whole.count(b"\n") >= 1990
    assert calls_to_read(whole) < 2.5 * calls_to_read(half)
