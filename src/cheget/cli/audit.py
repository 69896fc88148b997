"""``cheget audit``: a house in a period, for whoever has to vouch for it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cheget.audit.instant import from_text
from cheget.cli.plain import house_option, json_option, now, say

if TYPE_CHECKING:
    from cheget.report.auditing import Report


class Instant(click.ParamType[int]):
    """A day, which begins at 00:00:00Z, or an instant; in seconds."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Seconds since 1970."""
        text = str(value)
        try:
            return from_text(text if "T" in text else f"{text}T00:00:00Z")
        except ValueError:
            self.fail(f"{text!r} is no day such as 2026-11-01, nor an instant such as"
                      " 2026-11-01T08:30:00Z", param, ctx)  # fmt: skip


@click.group()
def audit() -> None:
    """A house in a period: what happened, under which law, and what is at fault."""


@audit.command()
@click.option("--from", "start", type=Instant(), required=True, metavar="DATE",
              help="The first day, or instant, of the period; UTC.")  # fmt: skip
@click.option("--to", "end", type=Instant(), required=True, metavar="DATE",
              help="The first that is no longer in it.")  # fmt: skip
@click.option("--csv", "cells", type=click.Path(path_type=Path, file_okay=False), metavar="FOLDER",
              help="Write each section as a table, into a new folder.")  # fmt: skip
@house_option
@json_option
def report(start: int, end: int, cells: Path | None, folder: Path | None, as_json: bool) -> None:
    """Report on a period: both logs proved, each order and answer, the law and who it let release.

    Also who joined and left, emergencies and their reviews, what executors refused, and tests of
    their guards. Everything is told as it stood at the period's last second, by the logs' times.
    Exit 1 when something is at fault: the logs aren't proved, a review is overdue, or a guard
    did not pass its last test.
    """
    from cheget.cli.context import Pins, at_desk
    from cheget.order.chronicle import Period
    from cheget.report.auditing import gather

    if end <= start:
        raise click.UsageError("the period ends before it begins: --to comes after --from")
    if start > now():
        raise click.UsageError("the period has not begun yet")
    with at_desk(folder) as (house, desk):
        pins = Pins(desk.charter, desk.charters())
        found = gather(house, desk, Period(start, end, now()), pins)
    if cells is not None:
        _write(found, cells)
    say(as_value(found), as_json, lambda: _print(found, cells))
    if not found.passed:
        raise click.exceptions.Exit(1)


def as_value(found: Report) -> dict[str, Any]:
    """The report as JSON."""
    from cheget.report.sections import CANNOT_SHOW, about

    return {
        **about(found),
        "faults": found.faults,
        **found.sections,
        "cannot_show": " ".join(CANNOT_SHOW),
    }


def _write(found: Report, folder: Path) -> None:
    from cheget.cli.outputs import write
    from cheget.errors import HouseError
    from cheget.report.sections import written

    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise HouseError(f"{folder}: {error.strerror}", hint="a new folder") from error
    for name, text in written(found).items():
        write(folder / f"{name}.csv", text)


def _print(found: Report, cells: Path | None) -> None:
    from cheget.cli.audit_tables import show

    show(found)
    if cells is not None:
        click.echo(f"wrote {cells}: a table for each section")
