"""What ``prove --json`` prints fits its schema, and the verb loads only what it needs."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from chain.scenarios import SCENARIOS
from cheget.chain.chain import Chain
from cheget.chain.people import People
from cheget.cli.prove import as_value
from cheget.proof.account import accounts
from cheget.proof.claims import verdicts
from cheget.proof.doors import doors, guarded
from cheget.report.proofs import door_lines, sentences
from proof.oracle import staffed

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "spec" / "json"
SHARED = json.loads((FOLDER / "defs.schema.json").read_text())
SCHEMA = json.loads((FOLDER / "prove.schema.json").read_text())
REGISTRY: Registry[Any] = Registry().with_resources([
    ("defs.schema.json", Resource.from_contents(SHARED)),
])  # fmt: skip
LOOK = """
import sys
from cheget.cli.main import main
try:
    main()
except SystemExit:
    print(*sorted(sys.modules), file=sys.stderr)
"""
NEVER = {"cryptography", "rich", "numpy", "sqlite3", "asyncio", "cheget.order", "cheget.service"}


def prove(*words: str) -> tuple[Any, set[str]]:
    """What it prints, and the modules it loads."""
    done = subprocess.run(
        [sys.executable, "-c", LOOK, "prove", *words, "--json"], capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")}, check=True, timeout=60,
    )  # fmt: skip
    return json.loads(done.stdout), set(done.stderr.split())


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_proof_of_every_scenario_fits_the_schema(name: str) -> None:
    said, loaded = prove(name)
    Draft202012Validator(SCHEMA, registry=REGISTRY).validate(said)
    assert not loaded & NEVER
    for one in said.get("actions", {"": said}).values():
        people = len(one["members"])
        assert one["releasing"]["coalitions"] + one["blocking"]["coalitions"] == 2**people


def test_one_action_stands_at_the_top() -> None:
    said, _ = prove("wipe-database", "--action", "wipe", "--list", "3")
    assert said["releasing"]["minimal"] == 8
    assert said["releasing"]["smallest"] == 4
    assert said["releasing"]["sizes"] == {"4": 8}
    assert len(said["releasing"]["listed"]) == 3
    assert [one["verdict"] for one in said["claims"]] == ["holds"] * 4


@settings(max_examples=60, deadline=None)
@given(staffed(most=5))
def test_whatever_the_chain_all_of_it_is_told_and_fits_the_schema(
    given_: tuple[Chain, People | None],
) -> None:
    chain, people = given_
    proved = accounts(chain, people)
    executors = guarded(chain, doors(chain, people, proved))
    said = as_value(proved, verdicts(chain, proved), 3, executors)
    Draft202012Validator(SCHEMA, registry=REGISTRY).validate(said)
    lines = [line for one in proved for line in sentences(one)]
    lines += [line for one in executors for line in door_lines(one)]
    assert lines
    assert not any("None" in line for line in lines)
