"""``cheget sweep``: the answer over a grid of beliefs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cheget.cli.assess import patience, read_cases
from cheget.cli.plain import json_option, say
from cheget.report.wording import CONDITIONAL

if TYPE_CHECKING:
    from cheget.assessment.sweep import Sweep

_VARIED = re.compile(r"([a-z0-9.-]+)=([0-9.]+)(%?)(?:\.\.([0-9.]+)(%?):([0-9]{1,5}))?")
SHADES = " ░▒▓█"


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="CHAIN [BELIEFS]")
@click.option("--vary", "varied", multiple=True, required=True, metavar="NAME=LOW..HIGH:COUNT",
              help="What to vary, such as everyone.refuses=5%..50%:10; several times.")  # fmt: skip
@click.option("--situation", default="", help="Of the beliefs.")
@click.option("--workers", type=click.IntRange(1, 256), default=1, show_default=True,
              help="Processes.")  # fmt: skip
@click.option("--csv", "table", type=click.Path(path_type=Path, dir_okay=False, writable=True),
              help="Write the cells as a table.")  # fmt: skip
@json_option
def sweep(
    files: tuple[str, ...], varied: tuple[str, ...], situation: str, workers: int,
    table: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """The answer over a grid of beliefs, such as refusals against thinking alike.

    Every combination is computed as `assess` does; numbers that aren't varied stay as stated.
    """
    from cheget.assessment.sweep import sweep as swept

    cases = read_cases(files)
    if len(cases) != 1:
        raise click.UsageError("one chain, and one file of beliefs about it")
    axes = dict(_axis(one) for one in varied)
    with patience(as_json) as progress, _pool(workers) as pool:
        found = swept(cases[0].chain, cases[0].beliefs, axes, situation, executor=pool,
                      progress=progress)  # fmt: skip
    if table is not None:
        _write(table, found)
    value = {
        "axes": list(found.axes),
        "cells": [
            {"at": list(cell), "mean": mean}
            for cell, mean in zip(found.cells, found.means, strict=True)
        ],
        "conditional": CONDITIONAL,
    }  # fmt: skip
    say(value, as_json, lambda: _print(found))


@contextmanager
def _pool(workers: int) -> Iterator[Executor | None]:
    if workers == 1:
        yield None
        return
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    # A new interpreter a process: forked ones may inherit locks of the libraries' threads.
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        yield pool


def _axis(text: str) -> tuple[str, list[float]]:
    match = _VARIED.fullmatch(text)
    if match is None:
        raise click.UsageError(f"--vary {text}: such as everyone.refuses=5%..50%:10")
    name, low, low_sign, high, high_sign, count = match.groups()
    try:
        first = float(low) / (100 if low_sign else 1)
        last = first if high is None else float(high) / (100 if high_sign else 1)
    except ValueError:
        raise click.UsageError(f"--vary {text}: {low} or {high} is no number") from None
    if high is None:
        return name, [first]
    steps = int(count)
    if steps < 2 or last <= first:  # noqa: PLR2004
        raise click.UsageError(f"--vary {text}: at least two values, the lower first")
    return name, [first + (last - first) * step / (steps - 1) for step in range(steps)]


def _write(place: Path, found: Sweep) -> None:
    from cheget.cli.outputs import write
    from cheget.report.cells import table

    rows = ([*cell, mean] for cell, mean in zip(found.cells, found.means, strict=True))
    write(place, table([*found.axes, "carried_out"], rows))


def _print(found: Sweep) -> None:
    """The last axis to the right, the others down; darker is likelier, the even chance marked."""
    rights = sorted({cell[-1] for cell in found.cells})
    rows: dict[tuple[float, ...], list[float]] = {}
    for cell, mean in zip(found.cells, found.means, strict=True):
        rows.setdefault(cell[:-1], []).append(mean)
    down = ", ".join(found.axes[:-1])
    click.echo(
        f"carried out, by {down + ' down and ' if down else ''}{found.axes[-1]} to the right"
    )
    heads = ["  ".join(f"{one:g}" for one in row) for row in rows]
    width = max(map(len, heads), default=0)
    click.echo(f"  {'':<{width}}  " + "".join(f"{one:>7.3g}" for one in rights))
    for head, means in zip(heads, rows.values(), strict=True):
        cells = "".join(f"  {SHADES[min(4, int(5 * mean))]}{100 * mean:>3.0f}%" for mean in means)
        click.echo(f"  {head:>{width}}  {cells}")
    click.echo(f"\n{CONDITIONAL[0].upper()}{CONDITIONAL[1:]}.")
