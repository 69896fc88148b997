"""Published forecasts in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cheget.report.forecasts import THEIRS, implied

if TYPE_CHECKING:
    from cheget.assessment.answer import Assessment


def print_implied(found: Assessment) -> None:
    """A line a forecast."""
    rows = implied(found)
    if rows:
        click.echo(f"\n{click.style(THEIRS, bold=True)}")
    for row in rows:
        one = row.forecast
        click.echo(f"  {one.who}, {one.where}, {one.date}: {one.of}, within {one.within}: "
                   f"{one.figure};\n    {row.sentence}.")  # fmt: skip
