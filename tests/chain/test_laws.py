"""Laws: what is written comes back, what means the same is the same, nothing else gets in."""

import json
from contextlib import suppress
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chain.scenarios import SCENARIOS, scenario
from chain.strategies import CLAIMS, NUMBERS, PEOPLE, SYNTAX, chain_files, rules
from cheget.chain.canonical import (
    chain_from_json,
    chain_to_json,
    rule_from_json,
    rule_to_json,
)
from cheget.chain.claims import Claim, format_claim, parse_claim
from cheget.chain.document import Node, Scalar, Sequence, read
from cheget.chain.grammar import RuleError, Syntax, format_rule, parse_rule
from cheget.chain.parse import parse_chain
from cheget.chain.people import parse_people
from cheget.chain.quantity import decimal_text, exact
from cheget.chain.rule import Rule, is_met
from cheget.errors import ChainFileError


@given(SYNTAX)
def test_a_rule_written_out_is_read_as_the_same_rule(syntax: Syntax) -> None:
    assert parse_rule(format_rule(syntax)) == syntax


@given(SYNTAX)
def test_a_rule_has_one_spelling(syntax: Syntax) -> None:
    text = format_rule(syntax)
    assert format_rule(parse_rule(text.replace(" ", "  \n ").replace(",", " , "))) == text


@given(CLAIMS)
def test_a_claim_written_out_is_read_as_the_same_claim(claim: Claim) -> None:
    assert parse_claim(format_claim(claim)) == claim


@given(rules())
def test_a_rule_goes_to_json_and_back_unchanged(rule: Rule) -> None:
    written = rule_to_json(rule)
    assert rule_from_json(json.loads(json.dumps(written))) == rule
    assert rule_to_json(rule_from_json(written)) == written


@given(rules(), st.sets(st.sampled_from(PEOPLE)), st.sampled_from(PEOPLE))
def test_one_more_person_never_unmakes_a_rule(rule: Rule, present: set[str], another: str) -> None:
    if is_met(rule, present):
        assert is_met(rule, present | {another})


@given(rules())
def test_a_rule_is_met_by_everybody_and_not_by_nobody(rule: Rule) -> None:
    assert is_met(rule, PEOPLE)
    assert not is_met(rule, ())


@given(NUMBERS)
def test_a_number_is_written_in_one_way(number: Fraction) -> None:
    text = decimal_text(number)
    assert exact(text) == number
    assert decimal_text(exact(f"{text}.0" if "." not in text else f"{text}0")) == text


@settings(deadline=None)
@given(chain_files())
def test_a_chain_goes_to_json_and_back_unchanged(text: str) -> None:
    chain = parse_chain(text.encode())
    written = json.loads(json.dumps(chain_to_json(chain)))
    assert chain_from_json(written) == chain
    assert chain_to_json(chain_from_json(written)) == written


def _loosely(node: Node, indent: str, draw: st.DataObject) -> str:
    """The node in another layout: flow or block, quotes, comments, blank lines."""
    if isinstance(node, Scalar):
        quote = draw.draw(st.sampled_from(["'", '"']))
        text = node.text.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{text}"' if quote == '"' else "'" + node.text.replace("'", "''") + "'"
    if draw.draw(st.booleans()):
        return _flow(node, draw)
    comment = draw.draw(st.sampled_from(["", "  # why", "\n\n# a comment: with [marks", " #"]))
    deeper = indent + " " * draw.draw(st.integers(1, 4))
    if isinstance(node, Sequence):
        parts = [f"- {_loosely(item, deeper + '  ', draw)}" for item in node.items]
    else:
        parts = [f"{key.text}: {_loosely(value, deeper, draw)}" for key, value in node.entries]
    return "".join(f"{comment}\n{deeper}{part}" for part in parts)


def _flow(node: Node, draw: st.DataObject) -> str:
    if isinstance(node, Scalar):
        return _loosely(node, "", draw)
    space = draw.draw(st.sampled_from(["", " ", "\n      "]))
    if isinstance(node, Sequence):
        return f"[{space}{f', {space}'.join(_flow(item, draw) for item in node.items)}]"
    entries = [f"{key.text}: {_flow(value, draw)}" for key, value in node.entries]
    return f"{{{space}{f', {space}'.join(entries)}}}"


@settings(deadline=None, max_examples=60)
@given(chain_files(), st.data())
def test_layout_comments_and_quotes_change_nothing(text: str, data: st.DataObject) -> None:
    chain = parse_chain(text.encode())
    other = _loosely(read(text.encode()), "", data)
    assert chain_to_json(parse_chain(other.encode())) == chain_to_json(chain)
    windows = text.replace("\n", "\r\n")
    assert parse_chain(windows.encode()) == chain


def _chain(rule: str, members: str = "{ann: ann, bob: bob, cho: cho}", extra: str = "") -> bytes:
    return f"""chain: c
members: {members}
levels:
  - level: top
    members: [ann, bob, cho]
    rule: {rule}
{extra}""".encode()


SAME = [
    ("all", "3 of members"),
    ("all", "ann and bob and cho"),
    ("all", "100% of members"),
    ("any", "ann or bob or cho"),
    ("any", "any of (ann, bob, cho)"),
    ("any", "1% of members"),
    ("majority", "2 of (ann, bob, cho)"),
    ("majority", "51% of members"),
    ("majority", "majority of members"),
    ("(ann and (bob)) and cho", "(ann and bob) and cho"),
    ("ann and any of (bob, cho)", "ann and (bob or cho)"),
    ("2 of members", "02 of members".removeprefix("0")),
    ("55% of members", "55.0 % of members"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_two_spellings_of_one_rule_are_one_chain(one: str, other: str) -> None:
    assert chain_to_json(parse_chain(_chain(one))) == chain_to_json(parse_chain(_chain(other)))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("{ann: A, bob: B, cho: C}", "{ann: {title: A}, bob: 'B', cho: {title: C}}"),
        ("{ann: ann, bob: B, cho: C}", "{ann: {weights: {w: 1}}, bob: B, cho: C}"),
        (
            "{ann: {title: A, deputy: bob after 10m}, bob: B, cho: C}",
            "{ann: {title: A, deputy: [bob after 600s]}, bob: B, cho: C}",
        ),
        (
            "{ann: {title: A, weights: {w: 1.50}}, bob: B, cho: C}",
            "{ann: {title: A, weights: {w: 1.5}}, bob: B, cho: C}",
        ),
    ],
)
def test_shorthand_and_long_form_are_one_chain(one: str, other: str) -> None:
    first = chain_to_json(parse_chain(_chain("all", one)))
    second = chain_to_json(parse_chain(_chain("all", other)))
    if "w: 1}" in other:
        assert first != second
    else:
        assert first == second


DEFAULTS = """executors: {box: box}
actions:
  go: {executors: [box]EXTRA}
"""
SPELT = ", at-most: 1, decide-within: 24h, hold: 0s, valid-for: 60m, attempts: 1"


def test_a_default_left_out_and_spelt_out_are_one_chain() -> None:
    short = parse_chain(_chain("all", extra=DEFAULTS.replace("EXTRA", "")))
    spelt = parse_chain(_chain("all", extra=DEFAULTS.replace("EXTRA", SPELT)))
    assert chain_to_json(short) == chain_to_json(spelt)


MEANINGS = [
    ("chain: c", "chain: d"),
    ("ann: ann", "ann: Ann"),
    ("rule: all", "rule: any"),
    ("rule: all", "rule: all\n    veto: any"),
    ("rule: all", "rule: all\n    signs: own-device"),
    ("[ann, bob, cho]", "[bob, ann, cho]"),
    ("members: {", "amend: ann\nmembers: {"),
    ("members: {", "about: x\nmembers: {"),
    ("members: {", "title: x\nmembers: {"),
    ("members: {", "seats: repeatable\nmembers: {"),
    ("members: {", "claims: [nobody sits twice]\nmembers: {"),
]


@pytest.mark.parametrize(("one", "other"), MEANINGS)
def test_another_meaning_is_another_chain(one: str, other: str) -> None:
    text = _chain("all").decode()
    first = parse_chain(text.encode())
    second = parse_chain(text.replace(one, other).encode())
    assert chain_to_json(first) != chain_to_json(second)


FRAGMENTS = st.sampled_from(
    [
        *("chain", ": ", "members", "levels", "rule", "[", "]", "{", "}", ", ", "\n", "\n  ", "- "),
        *(
            "of",
            "(",
            ")",
            "2",
            "%",
            "and",
            "ann",
            "'",
            '"',
            "#",
            " ",
            "&a",
            "*a",
            "!",
            "|",
            ">-",
            "?",
        ),
        *("\\", "\t", "\r\n", "\u202e", "é", "---", "...", "%YAML", "<<", "alone can release"),
    ]
)


@settings(deadline=None, max_examples=300)
@given(st.binary() | st.lists(FRAGMENTS, max_size=40).map(lambda parts: "".join(parts).encode()))
def test_nothing_but_a_chain_file_error_ever_leaves(data: bytes) -> None:
    for parse in (parse_chain, parse_people):
        with pytest.raises(ChainFileError):
            parse(data)


@settings(deadline=None, max_examples=150)
@given(chain_files(), st.data())
def test_a_damaged_file_is_a_chain_or_a_chain_file_error(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 20)))
    damaged = text[:start] + data.draw(FRAGMENTS | st.just("")) + text[end:]
    chain = None
    line = column = 1
    try:
        chain = parse_chain(damaged.encode())
    except ChainFileError as error:
        line, column = error.line, error.column
    assert 1 <= line <= damaged.count("\n") + 2
    assert column >= 1
    assert chain is None or chain_from_json(chain_to_json(chain)) == chain


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 5) | st.sampled_from(["", "ann", "1", "of", "x y"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)


def _replace_somewhere(value: Any, new: Any, draw: st.DataObject) -> Any:
    """The value with one part of it replaced."""
    if not isinstance(value, list | dict) or not value or draw.draw(st.integers(0, 9)) == 0:
        return new
    if isinstance(value, list):
        index = draw.draw(st.integers(0, len(value) - 1))
        part = _replace_somewhere(value[index], new, draw)
        return [*value[:index], part, *value[index + 1 :]]
    key = draw.draw(st.sampled_from(sorted(value)))
    return value | {key: _replace_somewhere(value[key], new, draw)}


WRITTEN = [chain_to_json(parse_chain(scenario(name))) for name in SCENARIOS]


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(WRITTEN), JSON, st.data())
def test_json_is_a_chain_that_is_written_the_same_or_a_value_error(
    written: Any, new: Any, data: st.DataObject
) -> None:
    damaged = _replace_somewhere(written, new, data)
    again = damaged
    with suppress(ValueError):
        again = chain_to_json(chain_from_json(damaged))
    assert json.dumps(again) == json.dumps(damaged)


@given(st.text(max_size=80))
def test_a_rule_is_read_or_refused_whatever_it_says(text: str) -> None:
    at = 0
    try:
        parse_rule(text)
    except RuleError as error:
        at = error.at
    assert 0 <= at <= len(text)


@pytest.mark.parametrize(
    "bomb",
    [
        b"[" * 100_000,
        b"{a: " * 100_000,
        b"- " * 100_000,
        b"? " * 100_000,
        b"a: [" + b"[]," * 100_000,
        b"a: &a [" + b"*a," * 1000,
        b"rule: " + b"(" * 100_000,
        b"'" * 100_001,
        b"# " * 100_000,
        b"a" * 1_000_000,
        b"%" * 100_000,
        b"\x00" * 1000,
    ],
)
def test_a_file_made_to_hurt_is_an_error(bomb: bytes) -> None:
    with pytest.raises(ChainFileError):
        parse_chain(bomb)


def test_a_rule_made_to_hurt_is_an_error() -> None:
    for text in ("(" * 2000 + "ann" + ")" * 2000, "all of (" * 400 + "ann" + ")" * 400):
        with pytest.raises(ChainFileError, match="20 deep"):
            parse_chain(_chain(text))
