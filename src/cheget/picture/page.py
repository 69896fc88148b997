"""A page that stands alone: nothing from elsewhere, light and dark, on paper too.

Its policy forbids everything but its own one style, and its one script if it has any, each named
by its hash.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

from cheget.picture.ladder import STYLE as LADDER
from cheget.picture.markup import SANS, colours, escaped, tag

Sign = Literal["●", "○", "✕"]
JUDGED: dict[Sign, tuple[str, str]] = {  # a claim's colour, and what is said of it
    "●": ("yes", "holds"),
    "○": ("yes", "holds, and rests on delivery"),
    "✕": ("no", "fails"),
}
STYLE = (
    colours(":root")
    + LADDER
    + f"*{{box-sizing:border-box}}html{{font:16px/1.5 {SANS};color:var(--ink);"
    "background:var(--paper);-webkit-text-size-adjust:100%}"
    "body{margin:0 auto;max-width:1200px;padding:48px 32px 64px;overflow-wrap:anywhere}"
    "h1{font-size:32px;line-height:1.25;font-weight:700;margin:0 0 12px;letter-spacing:-.01em}"
    "h2{font-size:22px;line-height:1.3;font-weight:650;margin:0 0 4px}"
    "h3{font-size:14px;font-weight:400;color:var(--soft);margin:0 0 10px}"
    "p{margin:0 0 8px}.soft{color:var(--soft)}.yes{color:var(--yes)}.no{color:var(--no)}"
    ".wait{color:var(--wait)}header{margin:0 0 28px;max-width:980px}"
    "section.part{border-top:1px solid var(--line);padding:28px 0 12px;margin:20px 0 0}"
    ".two{display:grid;grid-template-columns:minmax(0,720px) minmax(280px,1fr);gap:12px 36px;"
    "grid-template-rows:auto 1fr;align-items:start;margin:20px 0 0}"
    ".beside{grid-column:2;grid-row:1/3}.below{columns:2;column-gap:16px}"
    ".below .card{break-inside:avoid}"
    ".card{background:var(--card);border:1px solid var(--line);border-radius:8px;"
    "padding:16px 18px;margin:0 0 16px}"
    "svg.ladder{display:block;max-width:100%;height:auto}svg.narrow{display:none}"
    "ul{list-style:none;margin:0;padding:0}li{margin:0 0 6px}"
    ".card{font-size:15px;line-height:1.45}.name{display:inline-block;max-width:100%}"
    "ul.claims li{padding-left:24px;text-indent:-24px}.claims li *{text-indent:0}"
    "ul.claims b{display:inline-block;width:24px;font-size:17px;line-height:1}"
    ".shown{display:block;margin:4px 0 4px;padding-left:14px;text-indent:0;"
    "border-left:3px solid var(--no);white-space:pre-wrap;font-size:14px}"
    ".rows{display:grid;grid-template-columns:minmax(80px,auto) minmax(40px,1fr) auto;"
    "gap:5px 12px;align-items:center;font-size:14px;font-variant-numeric:tabular-nums}"
    ".rows>span:nth-child(3n){text-align:right}"
    ".rows.tall{grid-template-columns:minmax(40px,1fr) auto;gap:0 12px}"
    ".rows.tall>span{text-align:left}.rows.tall>span:nth-child(3n){text-align:right}"
    ".rows.tall>span:nth-child(3n+1){grid-column:1/-1;margin-top:6px}"
    ".rows svg{display:block;width:100%;height:12px}.rows rect{fill:var(--ink)}"
    "footer{color:var(--soft);font-size:13px;border-top:1px solid var(--line);"
    "margin-top:32px;padding-top:12px}"
    "@media(max-width:900px){.two{grid-template-columns:minmax(0,1fr);"
    "grid-template-rows:none;gap:12px}.beside{grid-column:1;grid-row:auto}}"
    "@media(max-width:780px){body{padding:24px 20px 40px}"
    "h1{font-size:26px}.below{columns:1}svg.wide{display:none}svg.narrow{display:block}}"
    "@media print{h1{font-size:22px}h2{font-size:17px}.card{font-size:11px;padding:10px 12px}"
    "h3,.rows,.shown{font-size:11px}html{font-size:12px;background:#fff}body{max-width:none;padding:0}"
    ".two{grid-template-columns:minmax(0,62%) minmax(0,1fr);grid-template-rows:auto 1fr;"
    "gap:12px 20px}.beside{grid-column:2;grid-row:1/3}.below{columns:2}"
    "svg.wide{display:block}svg.narrow{display:none}.card,.rows,li{break-inside:avoid}"
    "section.part{break-before:auto}h2,h3{break-after:avoid}}"
)


@dataclass(frozen=True)
class Bar:
    """A row of a chart: what it is of, how long (0 to 1 of the longest), and its value."""

    label: str
    part: float
    value: str
    more: str = ""  # said when it is pointed at


def page(title: str, *body: str, style: str = STYLE, script: str = "") -> str:
    """The whole file. Style and script are ours: nothing from outside may be in either."""
    policy = f"default-src 'none'; style-src {_hashed(style)}; base-uri 'none'; form-action 'none'"
    if script:
        policy += f"; script-src {_hashed(script)}"
    head = "".join([
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", text=title),
        f"<style>{style}</style>",
    ])  # fmt: skip
    last = f"<script>{script}</script>" if script else ""
    return (
        f'<!doctype html>\n<html lang="en"><head>{head}</head>'
        f"<body>{''.join(body)}{last}</body></html>\n"
    )


def _hashed(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def part(title: str, sentences: Iterable[str], *inner: str) -> str:
    """A part of the page: what it is about, what is true of it, and what shows it."""
    heading = [tag("h2", text=title)] if title else []
    return tag(
        "section", *heading, *(tag("p", text=one) for one in sentences), *inner, class_="part"
    )


def card(title: str, *inner: str) -> str:
    """A framed answer to one question; empty where nothing is in it."""
    if not any(inner):
        return ""
    return tag("div", tag("h3", text=title), *inner, class_="card")


def chart(bars: Sequence[Bar], *, tall: bool = False) -> str:
    """Rows of label, bar and value; ``tall``: long labels, above their bars.

    What there is any of has a bar that can be seen.
    """
    cells = []
    for one in bars:
        long = max(4 if one.part > 0 else 0, round(1000 * one.part))
        rect = tag("rect", width=long, height=12)
        cells += [
            tag("span", text=one.label),
            tag("svg", rect, viewBox="0 0 1000 12", preserveAspectRatio="none", aria_hidden="true"),
            tag("span", text=one.value, title=one.more or None),
        ]
    return tag("div", *cells, class_="rows tall" if tall else "rows")


def beside(picture: str, answers: str, figures: str) -> str:
    """A picture, the answers beside it and the figures below; one after the other where narrow."""
    return tag(
        "div", tag("div", picture), tag("div", answers, class_="beside"),
        tag("div", figures, class_="below"), class_="two",
    )  # fmt: skip


def listed(items: Iterable[tuple[str, Sequence[str]]]) -> str:
    """A list of lists of names, each behind the word that says what they do."""
    return tag("ul", *(tag("li", _lead(word), _names(names)) for word, names in items))


def _lead(word: str) -> str:
    return tag("span", text=f"{word} ", class_="soft") if word else ""


def _names(names: Sequence[str]) -> str:
    """Names with commas between them, none broken in two where there is room for it."""
    last = len(names) - 1
    return " ".join(
        tag("span", text=f"{name}," if place < last else name, class_="name")
        for place, name in enumerate(names)
    )


def judged(claims: Iterable[tuple[Sign, str, str]]) -> str:
    """Claims: what became of each, its words, and what shows that it doesn't hold."""
    items = []
    for sign, text, shown in claims:
        look, told = JUDGED[sign]
        label = tag("b", text=sign, class_=look, title=told)
        more = tag("span", text=shown, class_="shown") if shown else ""
        items.append(tag("li", label, escaped(text), more))
    return tag("ul", *items, class_="claims")
