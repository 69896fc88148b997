"""``cheget doctor``: one look at a house: what is well, what to mind, what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cheget.cli.finding import Finding, looked, mind
from cheget.cli.plain import address, json_option, reading_options, say
from cheget.report.terminal import safe

if TYPE_CHECKING:
    from cheget.service.house import House

SIGNS = {"well": ("✓", "green"), "mind": ("!", "yellow"), "wrong": ("✕", "red")}


@click.command()
@reading_options
@json_option
def doctor(folder: Path | None, as_json: bool) -> None:
    """Look the house over: what is well (✓), what to mind (!), what is wrong (✕), what to do.

    Files and their permissions, keys, both logs and their store, whether each action can still be
    released, people, executors, orders and amendments that wait, clock, disk, backup. It changes
    nothing. With --at it sees what the house shows, and nothing of its machine. Exit status 1 if
    anything is wrong.
    """
    found: list[Finding] = []
    for one in _elsewhere(folder) if address() is not None else _here(folder):
        found.append(one)
        if not as_json:
            _print(one)
    tally = {sign: sum(one.sign == sign for one in found) for sign in SIGNS}
    told = f"\n{tally['wrong']} wrong, {tally['mind']} to mind, {tally['well']} well."
    value = {"findings": [one.to_json() for one in found], **tally}
    say(value, as_json, lambda: click.echo(told))
    if tally["wrong"]:
        raise click.exceptions.Exit(1)


def _print(one: Finding) -> None:
    sign, colour = SIGNS[one.sign]
    click.echo(f"{click.style(sign, fg=colour)} {one.about:<12} {safe(one.says)}")
    if one.do:
        click.echo(f"  {'':<12} → {safe(one.do)}")


def _here(folder: Path | None) -> Iterator[Finding]:
    from cheget.cli import doctor_folder, doctor_store
    from cheget.cli.context import folder_of
    from cheget.service.house import open_house

    place = folder_of(folder)
    houses: list[House] = []

    def parse() -> Iterator[Finding]:
        houses.append(open_house(place))
        yield from doctor_folder.chains(houses[0])

    yield from looked("files", parse)
    yield from doctor_folder.permissions(place)
    yield from doctor_folder.extras(place)
    yield from doctor_folder.disk(place)
    for house in houses:
        yield from looked("log keys", lambda: doctor_folder.log_keys(house))  # noqa: B023
        yield from doctor_folder.page(house)
        yield from doctor_store.store(house)


def _elsewhere(folder: Path | None) -> Iterator[Finding]:
    from cheget.cli import doctor_law, doctor_orders
    from cheget.cli.context import at_counter

    with at_counter(folder) as (house, desk):
        yield from doctor_law.law(desk, house)
        yield from doctor_orders.orders(desk, None)
    do = "cheget doctor, on the desk's machine"
    yield mind("machine", "files, store, disk and backups were not looked at", do)
