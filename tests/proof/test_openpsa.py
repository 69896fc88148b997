"""Fault trees: read strictly, and on public ones the engine finds what is known of them."""

import csv
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cheget.cli.trees import drawn
from cheget.errors import ChainFileError, TooEntangledError
from cheget.proof.diagram import Nodes
from cheget.proof.openpsa import parse_tree

HERE = Path(__file__).parent
TREE = """<opsa-mef>
<define-fault-tree name="t">
{}
</define-fault-tree>
</opsa-mef>"""
AB = '<basic-event name="a"/><basic-event name="b"/>'


def test_one_group_that_fills_two_seats_of_a_quorum_is_counted_right() -> None:
    """SCRAM 0.16.2 gives one product, c alone, and 0.5; enumeration gives a and b, and 0.25."""
    found, tree = drawn(HERE / "quorum.xml")
    assert list(tree.listed(tree.minimal())) == [("a", "b")]
    assert tree.probability(found.chances) == 0.25


@pytest.mark.parametrize(
    ("text", "line", "column", "said"),
    [
        ("", 1, 1, "no element found"),
        ("<opsa-mef/>", 1, 1, "no gate is defined"),
        ("<opsa-mef>\n<a>", 2, 1, "`<a>` in `<opsa-mef>`: not read here"),
        ("<html/>", 1, 1, "`<html>` at the top: not read here"),
        ('<!DOCTYPE x [<!ENTITY e "e">]>\n<opsa-mef/>', 1, 13, "a document type"),
        (TREE.format('<define-gate name="g"><not><gate name="g"/></not></define-gate>'), 3, 23,
         "`<not>` in `<define-gate>`: not monotone"),
        (TREE.format('<define-gate name="g"><and/></define-gate>'), 3, 23, "`<and>` of nothing"),
        (TREE.format(f'<define-gate name="g"><atleast min="3">{AB}</atleast></define-gate>'), 3, 23,
         "at least 3 of 2"),
        (TREE.format(f'<define-gate name="g"><atleast min="x">{AB}</atleast></define-gate>'), 3, 23,
         "`x` is not a number of terms"),
        (TREE.format('<define-gate name="g"><or><gate name="h"/></or></define-gate>'), 3, 27,
         "gate `h` is not defined"),
        (TREE.format('<define-gate name="g"><or><gate name="h"/></or></define-gate>\n'
                     '<define-gate name="h"><or><gate name="g"/></or></define-gate>'), 4, 27,
         "gate `g` rests on itself"),
        (TREE.format('<define-gate name="g"><or><basic-event name="g"/></or></define-gate>'), 3, 27,
         "`g` is a gate"),
        (TREE.format(f'<define-gate name="g"><or>{AB}</or></define-gate>\n'
                     f'<define-gate name="g"><or>{AB}</or></define-gate>'), 4, 1,
         "`g` is defined twice"),
        (TREE.format(f'<define-gate name="g"><or>{AB}</or></define-gate>\n'
                     f'<define-gate name="h"><or>{AB}</or></define-gate>'), 4, 1,
         "2 gates that no other uses: g, h"),
        (TREE.format(f'<define-gate name="g"><or>{AB}</or><or>{AB}</or></define-gate>'), 3, 1,
         "gate `g` has 2 formulas"),
        (TREE.format('<define-gate name=""><or/></define-gate>'), 3, 1,
         "`<define-gate>` without a name that can be shown"),
        (TREE.format('<define-basic-event name="a"><float value="1.5"/></define-basic-event>'), 3, 30,  # noqa: E501
         "`1.5` is not a probability"),
        (TREE.format('<define-basic-event name="a"><float value="nan"/></define-basic-event>'), 3, 30,  # noqa: E501
         "`nan` is not a probability"),
        (TREE.format("hello"), 3, 1, "text in `<define-fault-tree>`"),
        ("<opsa-mef>" + "<define-fault-tree name='t'><define-gate name='g'>" + "<or>" * 80, 1, 305,
         "elements over 64 deep"),
    ],
)  # fmt: skip
def test_a_tree_at_fault_is_refused_where_it_is(
    text: str, line: int, column: int, said: str
) -> None:
    with pytest.raises(ChainFileError, match=r".*") as error:
        parse_tree(text.encode())
    assert said in error.value.message
    assert (error.value.line, error.value.column) == (line, column)


@given(st.binary(max_size=200) | st.text(max_size=100).map(lambda text: TREE.format(text).encode()))
def test_any_bytes_are_a_tree_or_one_fault(data: bytes) -> None:
    try:
        parse_tree(data)
    except ChainFileError as error:
        assert error.line >= 1  # noqa: PT017


def test_a_tree_may_be_as_deep_as_it_likes() -> None:
    gates = "".join(
        f'<define-gate name="g{n}"><or><basic-event name="e{n}"/><gate name="g{n + 1}"/></or></define-gate>'  # noqa: E501
        for n in range(20_000)
    )
    last = '<define-gate name="g20000"><and><basic-event name="x"/><basic-event name="y"/></and></define-gate>'  # noqa: E501
    found = parse_tree(TREE.format(gates + last).encode())
    assert (found.gates, len(found.events)) == (20_001, 20_002)


def test_a_tree_beyond_the_budget_is_refused_by_name(tmp_path: Path) -> None:
    pairs = ("ab", "bc", "cd", "da")
    ors = "".join(
        "<and>" + "".join(f'<basic-event name="{e}"/>' for e in p) + "</and>" for p in pairs
    )
    entangled = tmp_path / "ring.xml"
    entangled.write_text(TREE.format(f'<define-gate name="g"><or>{ors}</or></define-gate>'))
    assert sum(drawn(entangled)[1].minimal()) == 4
    with pytest.raises(TooEntangledError, match="the tree t"):
        drawn(entangled, budget=1)


def test_a_table_that_is_full_refuses_and_never_confuses_two_nodes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("cheget.proof.diagram.MOST_NODES", 4)
    nodes = Nodes(9)
    first = nodes.node(1, 0, 1)
    nodes.node(2, 0, 1)
    assert nodes.node(1, 0, 1) == first
    with pytest.raises(TooEntangledError, match="over 4 nodes"):
        nodes.node(3, 0, 1)


ARALIA = os.environ.get("CHEGET_ARALIA", "")


@pytest.mark.slow
@pytest.mark.skipif(not ARALIA, reason="CHEGET_ARALIA names no folder of the public trees")
def test_public_trees_have_the_minimal_sets_and_probability_that_others_found() -> None:
    rows = list(csv.DictReader((Path(ARALIA) / "answers.csv").read_text().splitlines()))
    assert len(rows) == 22
    for row in rows:
        found, tree = drawn(Path(ARALIA) / f"{row['tree']}.xml")
        assert sum(tree.minimal()) == int(row["minimal_sets"]), row["tree"]
        assert tree.probability(found.chances) == pytest.approx(float(row["probability"]), rel=1e-9)
