"""``python -m bench``: every subject, or some; one table, or JSON."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import sys
import time
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from bench.measure import Row, progress, short

SUBJECTS = (
    "verify",
    "tree",
    "codes",
    "slice",
    "append",
    "postgres",
    "order",
    "http",
    "fleet",
    "prove",
    "assess",
    "start",
    "size",
)


def main() -> int:
    """Measure and print. Never fails for a figure: whoever reads the table judges."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    parser.add_argument(
        "--only", action="append", choices=SUBJECTS, metavar="NAME",
        help=f"measure this subject only; may stand several times: {', '.join(SUBJECTS)}",
    )  # fmt: skip
    options = parser.parse_args()
    began, found = time.monotonic(), []
    for name in options.only or SUBJECTS:
        progress(f"{name} …")
        found += importlib.import_module(f"bench.{name}").rows()
    progress("")
    seconds = time.monotonic() - began
    if options.json:
        said = {"machine": machine(), "seconds": seconds, "rows": [row.to_json() for row in found]}
        print(json.dumps(said, indent=1, ensure_ascii=False))
    else:
        print(machine())
        _print(found)
        print(f"{seconds:.0f} s")
    return 0


def machine() -> str:
    """Where it was measured, in general words."""
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    return (
        f"{os.cpu_count()} CPUs ({platform.machine()}), Python {platform.python_version()},"
        f" load {load}"
    )


def _print(found: Sequence[Row]) -> None:
    width = None if sys.stdout.isatty() else 200
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("subject", "what", "against", "figure", "least … most", "target", "", "note"):
        table.add_column(name, justify="right" if name in {"figure", "target"} else "left")
    for row in found:
        table.add_row(
            row.subject, row.what, row.against, figure(row), spread(row),
            str(row.target) if row.target else "", row.verdict, row.note,
        )  # fmt: skip
    Console(width=width, highlight=False).print(table)


def figure(row: Row) -> str:
    """The figure with its unit: ``1.32 x``."""
    return f"{short(row.figure.median)} {row.unit}" if row.figure else "—"


def spread(row: Row) -> str:
    """How far the rounds lay apart; nothing for what is counted."""
    if row.figure is None or row.figure.least == row.figure.most:
        return ""
    return f"{short(row.figure.least)} … {short(row.figure.most)}"


if __name__ == "__main__":
    sys.exit(main())
