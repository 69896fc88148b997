"""Tables in a page: on a telephone each row is a block that names its columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from cheget.picture.markup import tag

Kind = Literal["wide", "small"]
STYLE = (
    "table{border-collapse:collapse;font-size:14px;line-height:1.4;width:100%;"
    "font-variant-numeric:tabular-nums}"
    "th{font-weight:400;color:var(--soft);text-align:left;vertical-align:bottom}"
    "th,td{padding:5px 12px 5px 0;border-bottom:1px solid var(--line)}"
    "td{vertical-align:top}td.number,th.number{text-align:right;white-space:nowrap}"
    "table.small{font-size:12px}table.small th,table.small td{padding:2px 0 2px 4px;"
    "text-align:right}table.small td:first-child,table.small th:first-child{text-align:left}"
    "@media screen and (max-width:780px){table.wide thead{display:none}"
    "table.wide tr{display:block}"
    "table.wide tr{padding:8px 0;border-bottom:1px solid var(--line)}"
    "table.wide td{border:0;padding:0;text-align:left;white-space:normal}"
    "table.wide td:empty{display:none}"
    "table.wide td:first-child{display:block;font-weight:600}"
    "table.wide td:not(:first-child):not(:empty){display:inline}"
    "table.wide td:not(:first-child)::before{content:attr(data-label) ' ';color:var(--soft)}"
    "table.wide td:not(:first-child):not(:last-child)::after{content:' · ';color:var(--soft)}}"
    "@media print{table{font-size:10px}tr{break-inside:avoid}}"
)


def table(
    heads: Sequence[str], rows: Iterable[Sequence[str]], kind: Kind = "wide",
    numbers: frozenset[int] = frozenset(),
) -> str:  # fmt: skip
    """A table of texts; the columns of ``numbers`` stand at the right."""
    looks = ["number" if place in numbers else None for place in range(len(heads))]
    head = tag("tr", *(tag("th", text=text, class_=look, scope="col")
                       for text, look in zip(heads, looks, strict=True)))  # fmt: skip
    body = [
        tag("tr", *(tag("td", text=text, class_=look, data_label=label)
                    for text, label, look in zip(row, heads, looks, strict=True)))
        for row in rows
    ]  # fmt: skip
    return tag("table", tag("thead", head), tag("tbody", *body), class_=kind)


def folded(title: str, *inner: str) -> str:
    """What is opened if wanted; on paper it is open."""
    return tag("details", tag("summary", text=title), *inner)
