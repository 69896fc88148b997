"""An assessment as a table and as Markdown: every number once, and nothing that is a formula."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from cheget.cli.assess_csv import HEADS
from cheget.cli.main import cheget
from cheget.report.cells import neutral, table

ROOT = Path(__file__).parent.parent.parent


def run(*words: str) -> Result:
    return CliRunner().invoke(cheget, ["assess", *words])


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@given(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20))
def test_no_text_is_taken_for_a_formula_and_none_is_lost(text: str) -> None:
    found = neutral(text)
    assert isinstance(found, str)
    assert found in {text, f"'{text}"}
    assert not found.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


def test_numbers_stay_numbers() -> None:
    assert table(["a", "-b"], [[-0.5, "=1+1"], [None, "@x"]]) == (
        "a,'-b\n-0.5,'=1+1\n,'@x\n"
    )  # fmt: skip


def test_every_number_of_the_answer_is_a_row_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "answer.csv"
    done = run("cheget", "--csv", str(file))
    assert done.exit_code == 0, done.output
    assert "unlikely (29 %)" in done.output
    rows = rows_of(file.read_text())
    assert tuple(rows[0]) == HEADS
    places = [(row["quantity"], row["of"]) for row in rows]
    assert len(set(places)) == len(places)
    assert {row["case"] for row in rows} == {"tactical-release · two-retired-officers"}
    said = json.loads(run("cheget", "--json").output)
    value = {place: row["value"] for place, row in zip(places, rows, strict=True)}
    assert float(value["carried out", ""]) == said["carried_out"]["mean"]
    stopped = sum(float(one) for (what, _), one in value.items() if what == "stopped")
    assert stopped == pytest.approx(sum(one["mean"] for one in said["stopped"]))
    assert float(value["break-even refusal", "everyone"]) == pytest.approx(0.0888, abs=1e-4)
    assert float(value["if replaced", "2"]) == pytest.approx(0.578, abs=1e-3)
    assert float(value["order it implies", "officials-2022"]) > 1
    assert all(row["method"] for row in rows)
    assert all(float(row["se"]) > 0 for row in rows if row["method"] == "sampled" and row["se"])


def test_standard_output_takes_the_table_and_nothing_else() -> None:
    done = run("wipe-database", "--csv", "-")
    rows = rows_of(done.output)
    assert {row["situation"] for row in rows} == {"legitimate", "rogue"}
    assert done.output.startswith("case,chain,beliefs,situation,quantity,of,value,se,method\n")
    for words in (("--csv", "-", "--json"), ("--csv", "-", "--markdown", "-")):
        assert run("vault-unseal", *words).exit_code == 2
    assert run("vault-unseal", "--method", "mc", "--csv", "-").exit_code == 2


def test_markdown_is_the_briefs_text() -> None:
    done = run("cheget", "--markdown", "-")
    lines = done.output.splitlines()
    assert lines[0] == "# Unlikely: 29 %"
    for line in (
        "Odds: about 5 to 2 against.", "## What drives it", "## What would change it",
        "- Refusers replaced twice more a seat: likely (58 %).", "## Where it stops",
        "| number | as stated | who holds it | from |",
        "1. reviews of obedience experiments, full obedience 28 % to 91 % by condition",
        "## Published forecasts, theirs and not ours", "## Limits",
        "- Conditional on stated beliefs; no data on real refusals exists.",
    ):  # fmt: skip
        assert line in lines
    assert "\\[1\\]" in done.output


def test_several_answers_stand_in_one_table_of_markdown() -> None:
    lines = run("wipe-database", "--markdown", "-").output.splitlines()
    assert "**The right order gets through: 91 %. The wrong one: 8 %.**" in lines
    assert (
        "| wipe-database · careful-team · legitimate | very likely (91 %) | 84 to 96 % |" in lines
    )


def test_the_page_names_the_columns_of_the_table() -> None:
    page = (ROOT / "docs" / "assessment.md").read_text()
    for head in HEADS:
        assert f"| `{head}` |" in page


def test_a_place_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    done = run("vault-unseal", "--csv", str(tmp_path / "none" / "x.csv"))
    assert "No such file or directory" in str(done.exception)
