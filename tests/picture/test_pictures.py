"""What is drawn: well-formed, whole, harmless, the same each time, and what pages show."""

from __future__ import annotations

import os
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from chain.scenarios import SCENARIOS, scenario
from cheget.chain.parse import parse_chain
from cheget.chain.people import parse_people
from cheget.cli.ladders import in_terminal
from cheget.picture.ladder import Acts, Ladder, Rung, Seat, drawing
from cheget.picture.markup import escaped, tag, width, wrapped
from cheget.proof.account import Account, accounts
from cheget.proof.claims import verdicts
from cheget.proof.doors import doors, guarded
from cheget.proof.weaknesses import weaknesses
from cheget.report.ladders import ladder_of
from cheget.report.proof_page import report, svg

ROOT = Path(__file__).parent.parent.parent
HOSTILE = """\
chain: hostile
title: '<script>alert(1)</script> & "so on"'
about: '</style><img src=x onerror=alert(2)>'
members:
  ann: {title: "</svg><script>alert(3)</script>", deputy: bob after 1h}
  bob: "]]> <!-- \\" onload='x'"
  cho: "x"
levels:
  - {level: head, members: [ann]}
  - {level: next, members: [bob, cho], rule: any, veto: cho, signs: own-device}
executors: {box: {title: "<b>", count: 3, crew: one}, tin: "&amp;"}
actions: {go: {executors: [box, tin], at-most: 2}}
claims: [cho alone can release]
"""


def proved(text: bytes, action: str | None = None) -> tuple[Account, ...]:
    return accounts(parse_chain(text), action=action)


def drawn(name: str, action: str | None = None) -> str:
    found = proved(scenario(name), action)
    return svg(found[0].chain, found)


def page(text: bytes) -> str:
    found = proved(text)
    return report(found[0].chain, found, verdicts(found[0].chain, found))


def texts(markup: str) -> str:
    """All that an XML document says, its spaces made one."""
    return " ".join(" ".join(ET.fromstring(markup).itertext()).split())  # noqa: S314


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_drawing_is_xml_and_has_every_level_and_seat(name: str) -> None:
    said = texts(drawn(name))
    for level in parse_chain(scenario(name)).levels:
        for shown in (level.id, *level.members):
            assert re.search(rf"(?<![a-z0-9-]){shown}(?![a-z0-9-])", said), shown


@pytest.mark.parametrize("name", SCENARIOS)
def test_what_is_drawn_twice_is_the_same(name: str) -> None:
    assert drawn(name) == drawn(name)
    assert page(scenario(name)) == page(scenario(name))


@pytest.mark.parametrize(
    ("file", "name", "action"),
    [
        ("docs/chain.svg", "cheget", "tactical"),
        ("tests/picture/wipe-database.svg", "wipe-database", None),
    ],
)
def test_a_picture_that_is_kept_is_what_the_program_draws(
    file: str, name: str, action: str | None
) -> None:
    if os.environ.get("SESSIONS") == "write":
        (ROOT / file).write_text(drawn(name, action), "utf-8")
    assert (ROOT / file).read_text("utf-8") == drawn(name, action)


def test_nothing_that_a_file_says_becomes_markup() -> None:
    found = proved(HOSTILE.encode())
    picture = svg(found[0].chain, found)
    names = {one.tag.rpartition("}")[2] for one in ET.fromstring(picture).iter()}  # noqa: S314
    assert names <= {
        "svg",
        "title",
        "desc",
        "style",
        "rect",
        "g",
        "circle",
        "path",
        "text",
        "tspan",
    }
    assert "<script>alert(1)</script>" in texts(picture)
    shown = page(HOSTILE.encode())
    for bad in ("<script", "<img", "<!--", "</svg><script"):
        assert bad not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert shown.count("<style>") == shown.count("</style>") == 1


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_page_stands_alone(name: str) -> None:
    shown = page(scenario(name))
    body = shown.replace("http://www.w3.org/2000/svg", "")
    assert not re.search(
        r"https?:|//|url\(|@import|\bsrc=|\bhref=|<script|\bstyle=|\son[a-z]+=", body
    )
    assert "default-src 'none'" in shown.replace("&#39;", "'")
    ET.fromstring(shown.partition("\n")[2])  # noqa: S314


def test_the_policy_of_a_page_names_its_one_style() -> None:
    from base64 import b64encode
    from hashlib import sha256

    shown = page(HOSTILE.encode())
    style = shown.partition("<style>")[2].partition("</style>")[0]
    digest = b64encode(sha256(style.encode()).digest()).decode()
    assert f"style-src &#39;sha256-{digest}&#39;" in shown


def test_a_page_says_the_verdict_first_and_shows_what_fails() -> None:
    shown = page(HOSTILE.encode())
    assert '<h1><span class="no">Its claim fails.' in shown or "1 of 1 claim fails." in shown
    assert "they can&#39;t: it stops at head" in shown


def test_the_terminal_shows_the_ladder_with_the_same_signs() -> None:
    (account,) = proved(scenario("cheget"), "tactical")
    lines = in_terminal(ladder_of(account, weaknesses(account), "", ""))
    assert lines[0] == "  1 presidency     ● president ✕"
    assert any("○ chief ✕   ◐ first-deputy (for chief after 10m)" in line for line in lines)
    assert all(len(line) <= 100 for line in lines)


def test_a_post_that_nobody_fills_and_one_that_another_fills_say_so() -> None:
    people = parse_people(b"house: h\npeople: {zoe: Zoe, bot: {machine: yes}}\n"
                          b"posts: {ann: zoe, bob: bot}\n")  # fmt: skip
    chain = parse_chain(HOSTILE.encode())
    (account,) = accounts(chain, people)
    ladder = ladder_of(account, weaknesses(account), "", "")
    notes = {seat.name: seat.note for rung in ladder.rungs for seat in rung.seats}
    assert notes["ann"] == "filled by zoe"
    assert "a machine" in notes["bob"]
    assert notes["cho"] == "vacant"


def test_every_executor_has_a_dot_and_too_many_share_one_that_says_so() -> None:
    def dots(count: int) -> tuple[int, str]:
        rung = Rung("one", "", (Seat("ann"),))
        picture = drawing([Ladder("t", "s", (rung,), (Acts("missile", count),))])
        runs = re.findall(
            r"h([0-9]+)\.1", "".join(re.findall(r'd="([^"]*)" class="dots"', picture))
        )
        return sum(int(one) // 8 + 1 for one in runs), texts(picture)

    assert dots(2000)[0] == 2000
    assert dots(7)[0] == 7
    many, said = dots(1_000_000)
    assert many == 2000
    assert "1,000,000 · a dot stands for 500" in said


def boxes(picture: str) -> list[tuple[float, float, float, float]]:
    """Left, top, right and bottom of each seat's frame."""
    found = []
    for one in re.findall(r'<rect x="([^"]+)" y="([^"]+)" width="([^"]+)" height="([^"]+)" rx="6"',
                          picture):  # fmt: skip
        x, y, w, h = map(float, one)
        found.append((x, y, x + w, y + h))
    return found


@pytest.mark.parametrize("across", [760, 372])
@pytest.mark.parametrize("count", [1, 15, 27, 40])
def test_seats_stay_within_the_picture_and_none_lies_on_another(across: int, count: int) -> None:
    names = [f"{'a-rather-long-name-' * (n % 3)}p{n}" for n in range(count)]
    seats = tuple(Seat(one, "A title " * (n % 7), stops=n % 2 == 0) for n, one in enumerate(names))
    found = boxes(drawing([Ladder("t", "s", (Rung("one", "any", seats),))], across))
    assert len(found) == count
    for place, one in enumerate(found):
        assert 0 <= one[0] < one[2] <= across
        for other in found[:place]:
            apart = one[0] >= other[2] or other[0] >= one[2] or one[1] >= other[3]
            assert apart or other[1] >= one[3]


def test_lines_are_no_wider_than_they_may_be_and_lose_nothing() -> None:
    for text in ("one two three", "W" * 200, "a-name-with-many-hyphens-" * 9, "議会" * 50, ""):
        lines = wrapped(text, 120, 14)
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
        assert all(width(line, 14) <= 120 for line in lines)


def test_markup_escapes_text_and_attributes() -> None:
    assert tag("a", text="<&>\"'", b="<'\">") == (
        '<a b="&lt;&#39;&quot;&gt;">&lt;&amp;&gt;&quot;&#39;</a>'
    )
    assert escaped("a\u202eb\x00") == "a\ufffdb\ufffd"


def test_a_report_names_every_door_and_what_it_takes() -> None:
    chain = parse_chain(scenario("wipe-database"))
    found = accounts(chain)
    text = report(chain, found, verdicts(chain, found), guarded(chain, doors(chain, None, found)))
    assert "Doors to production-db, and how many people each takes" in text
    assert "emergency-wipe is the weakest: ann and bob." in text
    for door, takes in (("amend", 4), ("wipe", 4), ("emergency-wipe", 2)):
        bar = f"<span>{door}</span>.*?<span>{takes} people</span>"
        assert re.search(bar, text.rpartition("Doors to")[2])
    assert "too entangled" in report(chain, found, verdicts(chain, found), None)
