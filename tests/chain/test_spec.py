"""The page of the specification is true: its files are read, its JSON is what comes out."""

import json
import re
from pathlib import Path

import pytest
import yaml

from chain.scenarios import scenario
from cheget.chain.canonical import chain_from_json, chain_to_json
from cheget.chain.parse import parse_chain
from cheget.chain.people import parse_people
from cheget.chain.text import RESERVED
from cheget.errors import ChainFileError

SPEC = Path(__file__).parents[2] / "spec"
PAGE = (SPEC / "chain-file.md").read_text("utf-8")
SCHEMA = json.loads((SPEC / "chain-file.schema.json").read_text("utf-8"))
SPECIMENS = re.findall(r"```yaml\n(chain:.*?)```", PAGE, re.DOTALL)


def test_the_specimens_are_the_shipped_scenarios() -> None:
    shipped = [scenario(name).decode() for name in ("cheget", "wipe-database", "move-treasury")]
    assert SPECIMENS[:3] == shipped


def test_the_json_of_the_page_is_what_comes_out() -> None:
    written = json.loads(re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)[0])
    chain = parse_chain(SPECIMENS[3].encode())
    assert chain_to_json(chain) == written
    assert chain_from_json(written) == chain


def test_the_people_of_the_page_are_read() -> None:
    (text,) = re.findall(r"```yaml\n(house:.*?)```", PAGE, re.DOTALL)
    assert parse_people(text.encode()).fills("chief") == "ann"


def test_the_reserved_words_are_those_of_the_page_and_the_schema() -> None:
    listed = re.search(r"Not names: `(.*?)`", PAGE, re.DOTALL)
    assert listed is not None
    assert frozenset(listed[1].split()) == RESERVED
    assert frozenset(SCHEMA["$defs"]["name"]["not"]["enum"]) == RESERVED


def test_each_field_of_an_action_is_on_the_page_and_in_the_schema() -> None:
    written = chain_to_json(parse_chain(SPECIMENS[3].encode()))
    fields = set(written["actions"][0]) - {"action"}  # type: ignore[index, arg-type]
    assert fields == set(SCHEMA["$defs"]["action"]["properties"])
    assert all(f"| `{field}` |" in PAGE for field in fields)


def test_without_the_c_parser_nothing_is_read_by_another(monkeypatch: pytest.MonkeyPatch) -> None:
    # The pure parser accepts other files, and two readers of one law are two laws.
    monkeypatch.delattr(yaml, "CSafeLoader")
    with pytest.raises(ChainFileError, match="without its C parser"):
        parse_chain(scenario("cheget"))
