"""``cheget watch``: follow an order until it ends."""

from __future__ import annotations

import json
import time
from pathlib import Path

import click

from cheget.cli.context import at_counter, find_order, json_option, now, pins_of, reading_options
from cheget.cli.emergencies import findings, notice
from cheget.cli.render import is_carried_out, ladder, reasons_of, title, verdict
from cheget.cli.show import described
from cheget.cli.view import View, view


@click.command()
@click.argument("words", nargs=-1, required=True, metavar="ORDER")
@click.option("--every", default=1.0, show_default=True, help="Seconds between looks.")
@click.option("--for", "span", default=0.0, help="Stop after so many seconds. [default: the end]")
@reading_options
@json_option
def watch(
    words: tuple[str, ...], every: float, span: float, folder: Path | None, as_json: bool
) -> None:
    """Follow an order until it ends: carried out, stopped, or expired."""
    with at_counter(folder) as (_, desk):
        order, pins = find_order(desk, words), pins_of(desk)
        before, started = "", time.monotonic()
        while True:
            seen = view(desk, order, pins)
            said = _said(seen, as_json)
            if said != before:
                click.echo(said)
                before = said
            if _is_over(seen) or (span and time.monotonic() - started >= span):
                break
            time.sleep(max(0.1, every))


def _said(seen: View, as_json: bool) -> str:
    if as_json:
        return json.dumps(described(seen), sort_keys=True, ensure_ascii=False)
    lines = [*notice(seen.proceeding, now()), title(seen.proceeding)]
    lines += [*ladder(seen.proceeding, seen.papers), _still(seen)]
    return "\n".join([*lines, *findings(seen.proceeding, reasons_of(seen.papers))])


def _still(seen: View) -> str:
    """The verdict without what changes every second."""
    said = verdict(seen.proceeding, seen.receipts, now())
    return said.partition(" Decide within ")[0].partition(" Held for ")[0]


def _is_over(seen: View) -> bool:
    return seen.proceeding.ending is not None or is_carried_out(seen.proceeding, seen.receipts)
