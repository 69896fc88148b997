"""A difference in a terminal or in a code review.

Shape before colour: ✕ weaker, ● stronger, · changed, and judged by what it makes possible.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from cheget.report.differences import SIGNS, sections, verdict
from cheget.report.terminal import safe

if TYPE_CHECKING:
    from cheget.chain.chain import Chain
    from cheget.proof.difference import Difference

COLOURS = {"weaker": "red", "stronger": "green"}


def print_difference(chain: Chain, found: Difference) -> None:
    """The whole answer, for a terminal."""
    click.echo(f"{click.style(safe(chain.id), bold=True)}: {verdict(found)}")
    for title, lines in sections(found):
        click.echo(f"\n{click.style(safe(title), bold=True)}")
        for effect, text in lines:
            sign = click.style(SIGNS[effect], fg=COLOURS.get(effect))
            click.echo(f"  {sign} {safe(text)}")


def as_markdown(chain: Chain, found: Difference) -> str:
    """The whole answer, for a code review; nothing in a file's names or titles is markup."""
    lines = [f"**{escaped(chain.id)}: {escaped(verdict(found))}**"]
    for title, told in sections(found):
        lines += ["", f"**{escaped(title)}**", ""]
        lines += [f"- {SIGNS[effect]} {escaped(text)}" for effect, text in told]
    return "\n".join(lines)


def escaped(text: str) -> str:
    """Text that Markdown and HTML show as it is: nothing in it links, mentions or closes."""
    shown = safe(text).replace("\n", " ")
    shown = shown.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    shown = re.sub(r"([\\`*_{}\[\]#!|~$])", r"\\\1", shown)
    # A zero-width joiner keeps a mention, an issue's number or an address from becoming a link.
    return re.sub(r"(@|://|www\.)", lambda found: found[0][0] + "&#8205;" + found[0][1:], shown)
