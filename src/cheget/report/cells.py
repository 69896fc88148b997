"""Tables as CSV that a spreadsheet can open: no text in them is taken for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

Cell = str | float | None
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def neutral(cell: Cell) -> Cell:
    """A cell that no spreadsheet computes: a text that would begin a formula gets an apostrophe.

    Numbers are numbers, and stay.
    """
    if isinstance(cell, str) and cell.lstrip(" ").startswith(_FORMULA):
        return f"'{cell}"
    return cell


def table(heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """The table, a line a row; a cell that is None is empty."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([neutral(head) for head in heads])
    writer.writerows([neutral(cell) for cell in row] for row in rows)
    return out.getvalue()
