"""An amendment as a terminal shows it before anybody signs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from cheget.chain.wording import worded
from cheget.cli.diff import as_value as difference_value
from cheget.cli.differences import print_difference
from cheget.cli.render import paint
from cheget.order.documents import order_name
from cheget.report.preview import Preview, need_rows
from cheget.report.terminal import safe
from cheget.report.wording import count, joined


def print_preview(found: Preview, title: str) -> None:
    """The whole of it, for a terminal."""
    click.echo(paint(title, "white", bold=True))
    click.echo(f"  charter version {found.old.version} → {found.new.version} of {found.new.house}")
    for about, change in found.changes:
        click.echo(f"  {safe(about):<16} {safe(change)}")
    chains = {chain.id: chain for chain in found.new.chains}
    for chain, what in found.differences:
        click.echo()
        print_difference(chains[chain], what)
    click.echo()
    if found.closes:
        closed = "; ".join(order_name(one.digest) for one in found.closes)
        click.echo(paint(f"closes {count(len(found.closes), 'open order')}: {closed}", "red"))
    else:
        click.echo("closes no open order")
    for line in need_lines(found):
        click.echo(line)


def need_lines(found: Preview) -> Iterator[str]:
    """The rules that have to agree, and who has."""
    for one in need_rows(found):
        sign = paint("●", "green") if one.is_met else "○"
        which = f", {one.which}" if one.which else ""
        said = f"; agreed: {joined(one.agreed)}" if one.agreed else ""
        yield f"  {sign} {one.what}{which}: {safe(one.rule)}{said}"


def preview_value(found: Preview) -> dict[str, Any]:
    """The same as JSON."""
    return {
        "old": found.old.digest, "charter": found.new.digest, "version": found.new.version,
        "weaker": found.weaker,
        "changes": [{"about": about, "change": change} for about, change in found.changes],
        "differences": {chain: difference_value(what) for chain, what in found.differences},
        "closes": [one.digest for one in found.closes],
        "needs": [
            {
                "what": need.what, "by": "new" if need.is_new else "old",
                "rule": worded(need.rule), "people": sorted(set(need.seats.values())),
                "agreed": sorted(p for p in agreed if need.names(p)), "met": need.is_met(agreed),
            }
            for need in found.needs
            for agreed in (found.agreed_new if need.is_new else found.agreed_old,)
        ],
    }  # fmt: skip
