"""A report as tables: in a terminal, and as CSV that a spreadsheet can open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cheget.audit.instant import to_text
from cheget.cli.render import NO, WAIT, YES, paint
from cheget.report.auditing import Report
from cheget.report.guarding import Row
from cheget.report.sections import CANNOT_SHOW, SECTIONS, said
from cheget.report.terminal import safe
from cheget.report.wording import count

COLOURS = {
    "overdue": NO, "due": WAIT, "ahead": WAIT, "late": WAIT, "reviewed": YES, "NO": NO, "yes": YES,
    "stops": NO, "countermands": NO, "not tested": WAIT, "carried out": YES, "(erased)": WAIT,
}  # fmt: skip
WHOLE = {"at", "since", "transmitted_at", "released_at", "until", "words", "kind", "position"}
ACROSS = 120  # columns, where nobody's terminal says how many


def show(found: Report) -> None:
    """For people: the verdict first, then each section."""
    period = found.period
    click.echo(f"{found.house}, {to_text(period.start)} until {to_text(period.end)}")
    if period.cut < period.end:
        click.echo(f"The period isn't over: as of {to_text(period.cut - 1)}.")
    if found.passed:
        click.echo(paint("Nothing is at fault.", YES))
    else:
        click.echo(paint(f"{count(len(found.faults), 'fault')}:", NO, bold=True))
    for fault in found.faults:
        click.echo(paint(f"  ✕ {safe(fault)}", NO))
    terminal = Console(highlight=False, markup=False, emoji=False)
    if not terminal.is_terminal:
        terminal = Console(highlight=False, markup=False, emoji=False, width=ACROSS)
    for name, rows in found.sections.items():
        title, _, columns = SECTIONS[name]
        click.echo(f"\n{click.style(title, bold=True)}" + ("" if rows else ": none"))
        if rows:
            with terminal.capture() as captured:
                terminal.print(_table(columns, rows))
            for line in captured.get().splitlines():
                click.echo(line.rstrip())
    click.echo("\n" + "\n".join(CANNOT_SHOW))


def _table(columns: Mapping[str, str], rows: Sequence[Row]) -> Table:
    made = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for column, head in columns.items():
        made.add_column(Text(head or column.replace("_", " ")), no_wrap=column in WHOLE,
                        overflow="fold")  # fmt: skip
    for row in rows:
        told = [safe(said(row, column)) for column in columns]
        made.add_row(*(Text(one, style=COLOURS.get(one, "")) for one in told))
    return made
