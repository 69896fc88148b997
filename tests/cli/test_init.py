"""The first hour: a house out of three answers, and one order played through it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from cheget.chain.parse import parse_chain
from cheget.cli.guarded import Wish, first_chain, read_need, read_people
from cheget.cli.main import cheget
from cheget.errors import HouseError
from cheget.report.library import known

NAMES = ("ann", "bob", "cho", "dan", "dee", "eve")


def run(*words: str, stdin: str = "") -> Result:
    return CliRunner().invoke(cheget, words, input=stdin, catch_exceptions=False)


@st.composite
def wishes(draw: st.DrawFn) -> Wish:
    asks = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True))
    agree = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=6, unique=True))
    need = draw(st.integers(1, len(agree)))
    return Wish("wipe", "production", tuple(asks), tuple(agree), need)


@settings(max_examples=60)
@given(wishes())
def test_every_house_that_is_made_claims_what_its_answers_said_and_each_claim_holds(
    wish: Wish,
) -> None:
    # One of those who ask has asked, and can't count among those who agree.
    possible = any(len(set(wish.agree) - {one}) >= wish.need for one in wish.asks)
    if not possible:
        with pytest.raises(HouseError, match="nobody could ever release it"):
            first_chain(wish)
        return
    made = first_chain(wish)
    assert {one.verdict for one in made.judged} == {"holds"}
    assert len(made.judged) == 4
    assert made.proved[0].releasing.smallest == wish.need + 1
    for level in made.chain.levels[1:]:
        assert len(level.members) == 1 or level.veto is not None  # one refusal stops


def test_what_is_typed_is_read_with_commas_or_without() -> None:
    assert read_people("ann, bob,cho") == read_people("ann bob cho") == ("ann", "bob", "cho")
    assert read_need("2 of ann, bob, cho") == (2, ("ann", "bob", "cho"))
    assert read_need("all of (ann, bob)") == (2, ("ann", "bob"))
    assert read_need("any of ann bob") == (1, ("ann", "bob"))


def test_nothing_is_written_where_the_answers_make_no_chain(tmp_path: Path) -> None:
    with pytest.raises(HouseError, match="nobody could ever release it"):
        run("init", "--action", "wipe", "--asks", "ann", "--agree", "all of ann, bob",
            "--folder", str(tmp_path / "house"))  # fmt: skip
    assert not (tmp_path / "house").exists()


def test_a_house_that_is_there_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "people.yaml").write_text("mine\n")
    with pytest.raises(HouseError, match="there already"):
        run("init", "wipe-database", "--folder", str(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["people.yaml"]


def test_a_workflow_that_is_there_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / ".github" / "workflows" / "cheget-diff.yml"
    file.parent.mkdir(parents=True)
    file.write_text("mine\n")
    assert run("init", "wipe-database", "--folder", str(tmp_path)).exit_code == 0
    assert file.read_text() == "mine\n"


def with_executors() -> list[str]:
    return [name for name in known() if parse_chain(
        (Path(__file__).parents[2] / "src/cheget/scenarios" / f"{name}.yaml").read_bytes()
    ).executors]  # fmt: skip


@pytest.mark.parametrize("scenario", with_executors())
def test_every_scenario_with_executors_can_be_rehearsed_and_leaves_nothing(
    scenario: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    said = run("rehearse", scenario, "--yes", "--json")
    value = json.loads(said.stdout)
    assert (value["outcome"], value["again"]) == ("carried-out", False)
    assert value["log"] == {"orders": 1, "receipts": 1}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("scenario", with_executors())
def test_wherever_one_refusal_stops_it_nothing_is_done(scenario: str) -> None:
    text = (Path(__file__).parents[2] / "src/cheget/scenarios" / f"{scenario}.yaml").read_bytes()
    chain = parse_chain(text)
    ladder = chain.ladder(chain.actions[0].id)
    alone = [level.members[0] for level in ladder[1:] if len(level.members) == 1]
    for post in alone[:1]:
        said = run("rehearse", scenario, "--refuse", post, "--json")
        value = json.loads(said.stdout)
        assert (said.exit_code, value["state"], value["again"]) == (1, "stopped", None)
