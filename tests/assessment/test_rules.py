"""Each numbered rule of ``spec/assessment.md`` can be found in the code that follows it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
EXACT = ROOT / "src" / "cheget" / "assessment"
CITED = re.compile(r"\b[Rr]ules? (\d+(?:(?:,| and| to) \d+)*)")
# What one order in one run can't say: who was to blame, and where the mean would turn.
NOT_SIMULATED = {18, 24}


def cited(folder: Path) -> set[int]:
    found: set[int] = set()
    for file in folder.glob("*.py"):
        text = re.sub(r"[\s#]+", " ", file.read_text())
        for numbers in CITED.findall(text):
            found |= {int(one) for one in re.findall(r"\d+", numbers)}
            for first, last in re.findall(r"(\d+) to (\d+)", numbers):
                found |= set(range(int(first), int(last)))
    return found


def written() -> list[int]:
    page = (ROOT / "spec" / "assessment.md").read_text()
    rules, _, _ = page.partition("## What must hold")
    return [int(one) for one in re.findall(r"^(\d+)\. ", rules, re.MULTILINE)]


def test_the_page_has_24_rules() -> None:
    assert written() == list(range(1, 25))


@pytest.mark.parametrize("rule", range(1, 25))
def test_each_rule_is_cited_where_it_is_followed(rule: int) -> None:
    assert rule in cited(EXACT)
    assert (rule in cited(EXACT / "simulation")) == (rule not in NOT_SIMULATED)


def test_no_rule_is_cited_that_there_is_not() -> None:
    assert cited(EXACT) | cited(EXACT / "simulation") == set(written())
