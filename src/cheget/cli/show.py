"""``cheget show``: an order, whole, and how far it has come."""

from __future__ import annotations

from pathlib import Path

import click

from cheget.cli.context import at_counter, find_order, json_option, now, reading_options, say
from cheget.cli.emergencies import as_value, findings, notice
from cheget.cli.journals import outputs, quoted
from cheget.cli.render import (
    as_json,
    ladder,
    paint,
    questions,
    reasons_of,
    signed_lines,
    title,
    verdict,
)
from cheget.cli.view import View, view
from cheget.report.terminal import safe

LINES = 20  # of what an act said


@click.command()
@click.argument("words", nargs=-1, required=True, metavar="ORDER")
@reading_options
@json_option
def show(words: tuple[str, ...], folder: Path | None, as_json: bool) -> None:
    """An order, whole, and how far it has come.

    ORDER is its six words, as many of the first as are enough, or its digest.
    """
    with at_counter(folder) as (house, desk):
        seen = view(desk, find_order(desk, words))
        digest, receipts = seen.proceeding.digest, seen.receipts
        said = outputs(house.folder, digest, receipts) if house is not None else {}

        def text() -> None:
            print_whole(seen)
            for executor, output in said.items():
                click.echo(f"what {executor} said")
                for line in quoted(output, LINES):
                    click.echo(line)

        say({**described(seen), "outputs": said}, as_json, text)


def print_whole(seen: View) -> None:
    """Verdict, ladder, what everybody signs, questions, receipts and reviews."""
    for line in notice(seen.proceeding, now()):
        click.echo(line)
    click.echo(click.style(verdict(seen.proceeding, seen.receipts, now()), bold=True))
    click.echo(title(seen.proceeding))
    for line in ladder(seen.proceeding, seen.papers):
        click.echo(line)
    click.echo("\nwhat everybody signs")
    for line in signed_lines(seen.proceeding, seen.papers):
        click.echo(line)
    for line in _said(seen):
        click.echo(line)
    for receipt in seen.receipts:
        colour = "green" if receipt.outcome == "carried-out" else "yellow"
        click.echo(f"  {receipt.executor:<20} {paint(receipt.outcome, colour)}")
    for line in findings(seen.proceeding, reasons_of(seen.papers)):
        click.echo(line)


def _said(seen: View) -> list[str]:
    return [
        f"  {one.signer} asks: " + ("(erased)" if text is None else f"“{safe(text)}”")
        for one, text in questions(seen.papers)
    ]


def described(seen: View) -> dict[str, object]:
    """An order as JSON, with the review that it asks for."""
    review = as_value(seen.proceeding, now(), reasons_of(seen.papers))
    return {**as_json(seen.proceeding, seen.receipts, seen.papers), "review": review}
