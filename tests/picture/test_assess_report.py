"""The report of an assessment: whole, harmless, the answer first, every number with its way."""

from __future__ import annotations

import os
import re
from base64 import b64encode
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from chain.scenarios import scenario
from cheget.assessment.answer import assess
from cheget.assessment.parse import parse_beliefs
from cheget.assessment.words import phrase
from cheget.chain.parse import parse_chain
from cheget.picture.explore import SCRIPT
from cheget.report.assess_page import Told, prepared, report, svg
from cheget.report.findings import Findings

ROOT = Path(__file__).parent.parent.parent
CHAIN = """\
chain: publish
title: {title}
members: {{ann: Ann, bob: Bob, cho: Cho, dee: Dee}}
levels:
  - {{level: request, members: [ann]}}
  - {{level: team, members: [bob, cho], rule: any}}
  - {{level: owner, members: [dee]}}
"""
RANGES = """\
beliefs: guess
chain: publish
sources:
  log: {who: the team, where: its log of refusals, date: 2025-12-31}
members:
  everyone: {refuses: 5% to 50%, unreachable: 3%}
  dee: {refuses: {value: 20%, from: log}}
shared: {everyone: 0.3}
delays: {owner: 10m to 1h}
within: 2h
expect: carried out < 50%
"""
BOTH = """\
beliefs: both
chain: publish
members: {everyone: {refuses: 20%}}
situations:
  legitimate: {everyone: {refuses: 4%}}
  rogue: {everyone: {refuses: 80%}}
"""
EVIL = "'</style><script>alert(1)</script> \\u202e & \"so on\"'"


def told(said: str, title: str = "Publishing", situations: tuple[str, ...] = ("",)) -> list[Told]:
    chain = parse_chain(CHAIN.format(title=title).encode())
    beliefs = parse_beliefs(said.encode(), chain)
    found = [Findings(assess(chain, beliefs, one, samples=64)) for one in situations]
    return prepared(found, lambda _, __: None)


@cache
def single() -> str:
    return report(told(RANGES))


@cache
def both() -> str:
    return report(told(BOTH, situations=("legitimate", "rogue")))


def said(markup: str) -> str:
    body = markup.partition("<body>")[2].partition("<script>")[0]
    return " ".join(re.sub(r"<[^>]*>", " ", body).replace("\N{NO-BREAK SPACE}", " ").split())


@pytest.mark.parametrize("page", [single, both])
def test_a_page_stands_alone_and_its_policy_names_its_style_and_its_script(
    page: Callable[[], str],
) -> None:
    shown = page()
    ET.fromstring(shown.partition("\n")[2])  # noqa: S314
    assert not re.search(r"https?:|//|url\(|@import|\bsrc=|\bhref=|\bstyle=|\son[a-z]+=", shown)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', shown)
    assert policy is not None
    for name in ("style", "script"):
        (inner,) = re.findall(f"<{name}>(.*?)</{name}>", shown, re.DOTALL)
        digest = b64encode(sha256(inner.encode()).digest()).decode()
        assert f"{name}-src &#39;sha256-{digest}&#39;" in policy[1]
    assert policy[1].startswith("default-src &#39;none&#39;;")


def test_the_answer_comes_first_and_then_why() -> None:
    shown = said(single())
    places = [
        shown.index(one)
        for one in (
            "would it be carried out", "Likely: ", "90 % range", "Contradicted",
            "conditional on stated beliefs"[1:], "Everybody refusing with",
            "Where it stops", "Most often it is carried out", "As likely as not if everybody",
            "released by its deadline", "Whose mind matters most", "Who got which number",
            "Every number, and how it was got", "How importance is measured",
        )
    ]  # fmt: skip
    assert places == sorted(places)
    assert "no data on real refusals exists" in shown


def test_every_level_every_mind_and_every_source_is_named() -> None:
    shown = said(single())
    for name in ("request", "team", "owner", "dee", "bob, cho"):
        assert name in shown
    assert "the team, its log of refusals, 2025-12-31" in shown
    assert re.search(r"dee refuses 20% dee \[1\]", shown)
    assert re.search(r"owner delay 10m to 1h judgment", shown)
    assert re.search(r"it expires after 2 h judgment", shown)


def test_every_number_says_how_it_was_got() -> None:
    table = single().partition("Every number, and how it was got")[2].partition("</table>")[0]
    rows = re.findall(r"<tr><td[^>]*>([^<]*)</td><td[^>]*>([^<]*)</td><td[^>]*>([^<]*)</td>", table)
    assert len(rows) > 12
    for name, value, way in rows:
        assert float(value) >= 0, name
        assert re.fullmatch(r"exact|quadrature|sampled ± [0-9.e-]+", way), name


def test_the_sliders_have_the_grid_the_words_and_start_where_somebody_stated() -> None:
    box = ET.fromstring(re.search(r'<div class="explore".*?</div>', single(), re.DOTALL)[0])  # type: ignore[index] # noqa: S314
    data = {key: box.attrib[f"data-{key}"] for key in ("columns", "rows", "means", "words")}
    columns, rows, means = (data[key].split() for key in ("columns", "rows", "means"))
    assert len(means) == len(columns) * len(rows)
    assert "hidden" in box.attrib
    for bound, word in (one.split("=") for one in data["words"].split("|")):
        assert phrase(min(float(bound), 1) - 1e-6) == word
    across, up = box.findall("input")
    at = int(across.attrib["value"]) / int(across.attrib["max"]) * float(columns[-1])
    assert at == pytest.approx(0.1866, abs=0.005)  # the median of 5% to 50%
    assert int(up.attrib["value"]) / int(up.attrib["max"]) * float(rows[-1]) == pytest.approx(0.3)
    assert "even at" in said(single())  # and a table, without script


def test_the_script_asks_nobody_and_writes_no_markup() -> None:
    assert not re.search(
        r"fetch|XMLHttp|import|eval|innerHTML|document\.write|Function|url", SCRIPT
    )
    assert "&" not in SCRIPT.replace("&&", "")


def test_the_right_order_stands_beside_the_wrong_one_and_what_it_could_be() -> None:
    shown = said(both())
    assert "The right order gets through: 96 %. The wrong one: 7 %." in shown
    assert "publish · both · legitimate" in shown
    assert "publish · both · rogue" in shown
    assert "as it is, 3 people" in shown
    assert "the wrong order is carried out" in shown
    assert both().count("Whose mind matters most") == 2


def test_nothing_that_a_file_says_becomes_markup() -> None:
    evil = RANGES.replace("the team", EVIL)
    shown = report(told(evil, EVIL))
    assert shown.count("<script>") == 1
    assert shown.count("<style>") == shown.count("</style>") == 1
    assert "&lt;script&gt;alert(1)" in shown
    ET.fromstring(shown.partition("\n")[2])  # noqa: S314


def test_a_report_is_the_same_each_time() -> None:
    assert report(told(RANGES)) == single()


def test_without_anything_uncertain_there_is_nothing_to_drive_it() -> None:
    shown = said(report(told("beliefs: sure\nchain: publish\nmembers: {everyone: {refuses: 20%}}")))
    assert "drivers" not in shown
    assert "of the doubt" not in shown
    assert "Every number is certain" in shown


def test_a_drawing_of_several_puts_them_side_by_side() -> None:
    found = [one.found for one in told(BOTH, situations=("legitimate", "rogue"))]
    drawn = svg(found)
    ET.fromstring(drawn)  # noqa: S314
    assert ">legitimate<" in drawn
    assert ">rogue<" in drawn
    assert "Most often" not in drawn


def test_the_picture_that_is_kept_is_what_the_program_draws() -> None:
    chain = parse_chain(scenario("cheget"))
    file = ROOT / "src/cheget/scenarios/beliefs/two-retired-officers.yaml"
    drawn = svg([assess(chain, parse_beliefs(file.read_bytes(), chain))])
    kept = ROOT / "docs" / "assess.svg"
    if os.environ.get("SESSIONS") == "write":
        kept.write_text(drawn, "utf-8")
    number = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
    before = kept.read_text("utf-8")
    assert number.sub("#", before) == number.sub("#", drawn)
    for one, other in zip(number.findall(before), number.findall(drawn), strict=True):
        assert float(one) == pytest.approx(float(other), abs=0.6)  # a point may fall beside its bin
