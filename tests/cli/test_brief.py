"""The printed brief: two pages of A4 whatever the chain, with all that a reader must know."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner

from cheget.cli.main import cheget

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-breakpad", "--no-pdf-header-footer",
)  # fmt: skip
LEVELS = [f"level-with-a-rather-long-name-{at:02d}" for at in range(20)]
RANGED = (3, 7, 11)  # the levels whose refusals are uncertain


def long_chain() -> str:
    """Twenty levels of two, all with long names."""
    names = [f"person-with-a-rather-long-name-{at:02d}" for at in range(40)]
    lines = ["chain: long", f"title: A chain of twenty levels{' and a title that goes on' * 3}"]
    lines += ["members:", *(f"  {name}: Somebody" for name in names), "levels:"]
    for at, level in enumerate(LEVELS):
        two = ", ".join(names[2 * at : 2 * at + 2])
        lines.append(f"  - {{level: {level}, members: [{two}], rule: any}}")
    return "\n".join([*lines, ""])


def long_beliefs(name: str, alike: str, more: str = "") -> str:
    """Something said of each level, each by another source, in long words."""
    lines = [f"beliefs: {name}", "chain: long", "sources:"]
    who, where = "somebody with a long title " * 6, "a journal with a long name " * 8
    lines += [f'  source-{at}: {{who: "{who}", where: "{where}", date: "2022"}}'
              for at in range(12)]  # fmt: skip
    lines += ["members:", "  everyone: {unreachable: 1%}"]
    for at, level in enumerate(LEVELS):
        number = "20% to 60%" if at in RANGED else "8%"
        lines.append(f"  {level}: {{refuses: {{value: {number}, from: source-{at % 12}}}}}")
    lines += [f"shared: {{everyone: {alike}}}", "expect: carried out < 50%"]
    lines += ["delays:", *(f"  {level}: 3m" for level in LEVELS[1:]), more, ""]
    return "\n".join(lines)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("long.yaml").write_text(long_chain())
    Path("believed.yaml").write_text(long_beliefs("believed", "0.2 to 0.6"))
    for at, name in enumerate(("one", "two", "three", "four")):
        more = f"replace: {at + 1}\nwithin: {at + 2}h\ntrust: 0.{at + 1}\noriginator: none"
        text = long_beliefs(f"dissent-{name}-with-a-rather-long-name", f"0.{at + 1}", more)
        Path(f"{name}.yaml").write_text(text)
    return tmp_path


def made(*words: str) -> str:
    done = CliRunner().invoke(cheget, ["brief", *words, "-o", "brief.html"])
    assert done.exit_code == 0, done.output
    return Path("brief.html").read_text()


def printed(name: str = "brief.html") -> bytes:
    """The PDF that a browser prints. Under CI a browser must be there."""
    if CHROMIUM is None:
        assert "CI" not in os.environ, "no chromium to print with"
        pytest.skip("no chromium to print with")
    profile = Path("profile")
    profile.mkdir()
    command = [CHROMIUM, *QUIET, f"--user-data-dir={profile.absolute()}",
               "--print-to-pdf=brief.pdf", Path(name).absolute().as_uri()]  # fmt: skip
    # No pipes: a helper of the browser that outlives it would keep them open.
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, timeout=120)  # fmt: skip
    return Path("brief.pdf").read_bytes()


def pages(pdf: bytes) -> list[tuple[float, float]]:
    """The size of each page, in points."""
    found = re.findall(rb"/Type\s*/Page\b(?!s).*?(?=endobj)", pdf, re.DOTALL)
    boxes = [re.search(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", one) for one in found]
    return [(float(one[1]), float(one[2])) for one in boxes if one]


def text_of(markup: str) -> str:
    """What a reader sees."""
    words: list[str] = []

    class Reader(HTMLParser):
        hidden = False

        def handle_starttag(self, tag: str, attrs: object) -> None:
            self.hidden = tag == "style"

        def handle_data(self, data: str) -> None:
            if not self.hidden:
                words.append(data)

    Reader().feed(markup)
    return " ".join(" ".join(words).split()).replace("\N{NO-BREAK SPACE}", " ")


def test_the_brief_of_the_articles_chain_says_what_a_reader_must_know(here: Path) -> None:
    markup = made("cheget")
    said = text_of(markup)
    for line in (
        "would tactical be carried out, given that it is ordered? On the beliefs two-retired-",
        "Unlikely: 29 %", "about 5 to 2 against", "90 % range 6 to 55 %",
        "Expected: carried out < 50%. Supported", "Three drivers", "What would change it",
        "Where it stops", "Refusers replaced twice more a seat: likely (58 %).",
        "Most often it ends at general-staff", "91 % of the range is below one half",
        "As likely as not if everybody refuses with 8.9 %", "Why replaced-refusers differs",
        "refusers replaced, a seat twice, here refusers replaced, a seat never; with that alone 58",
        "From unlikely (29 %) to likely (58 %)", "What is assumed, and from where", "judgment",
        "[1]", "reviews of obedience experiments", "two retired officers, a British newspaper",
        "Published forecasts, theirs and not ours", "can't both be right", "Limits",
        "5 of its 8 numbers are judgment.",
        "Conditional on stated beliefs; no data on real refusals exists.",
    ):  # fmt: skip
        assert line in said, line
    assert markup.count('class="sheet"') == 2
    assert "script" not in markup


@pytest.mark.slow
def test_whom_to_put_beside_it_can_be_chosen(here: Path) -> None:
    assert "Nobody who dissents is named" in text_of(made("cheget", "--dissent", "none"))
    both = text_of(made("cheget", "obedience", "--dissent", "us-sole-authority"))
    assert "On the beliefs obedience" in both
    assert "us-sole-authority · nobody-may-refuse" in both
    assert "They are about another chain, or another action." in both


def test_the_right_order_and_the_wrong_one_stand_side_by_side(here: Path) -> None:
    said = text_of(made("wipe-database"))
    assert "The right order gets through: 91 %. The wrong one: 8 %." in said
    assert "Situations ask the same people something else; they are never mixed." in said
    one = text_of(made("wipe-database", "--situation", "rogue"))
    assert "Very unlikely: 8 %" in one
    assert "On the beliefs careful-team, rogue" in one


def test_nothing_from_a_file_is_markup(here: Path) -> None:
    Path("odd.yaml").write_text(
        'chain: odd\ntitle: "<script>alert(1)</script>"\nmembers: {ann: Ann, bob: Bob}\n'
        "levels:\n  - {level: one, members: [ann]}\n  - {level: two, members: [bob]}\n"
    )
    Path("said.yaml").write_text(
        'beliefs: said\nchain: odd\nsources: {book: {who: "<b>&\'x", where: y}}\n'
        "members: {everyone: {refuses: {value: 5% to 50%, from: book}}}\n"
    )
    markup = made("odd.yaml", "said.yaml")
    assert "<script" not in markup
    assert "&lt;b&gt;&amp;&#39;x" in markup


def test_json_says_what_was_written(here: Path) -> None:
    words = ["brief", "vault-unseal", "-o", "v.html", "--json"]
    said = json.loads(CliRunner().invoke(cheget, words).output)
    assert said == {
        "file": "v.html", "chain": "vault-unseal", "beliefs": "five-shares",
        "situation": "legitimate", "beside": [{"beliefs": "five-shares", "situation": "rogue"}],
    }  # fmt: skip
    assert Path("v.html").exists()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["cheget", "wipe-database", "cheget-readings"])
def test_a_browser_prints_the_brief_on_two_pages_of_a4(here: Path, name: str) -> None:
    made(name)
    assert [(round(wide), round(high)) for wide, high in pages(printed())] == [(595, 842)] * 2


@pytest.mark.slow
def test_a_long_chain_is_cut_to_two_pages_and_says_what_was_cut(here: Path) -> None:
    dissents = [word for name in ("one", "two", "three", "four")
                for word in ("--dissent", f"{name}.yaml")]  # fmt: skip
    said = text_of(made("long.yaml", "believed.yaml", *dissents, "--samples", "64"))
    assert said.count("more: cheget assess --all") >= 4
    assert len(pages(printed())) == 2
