"""Where an answer goes: to a file, or with ``-`` to standard output in place of the text."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from cheget.errors import HouseError

STDOUT = Path("-")


def to_stdout(places: Iterable[Path | None], *, as_json: bool) -> bool:
    """Whether standard output is one of the places.

    Raises:
        click.UsageError: it is several, or it is the JSON value's too.
    """
    asked = sum(one == STDOUT for one in places)
    if asked + as_json > 1:
        raise click.UsageError("only one of them can go to standard output")
    return asked == 1


def write(place: Path | None, text: str) -> None:
    """Write it there, if anywhere.

    Raises:
        HouseError: it can't be written.
    """
    if place == STDOUT:
        click.echo(text, nl=False)
    elif place is not None:
        try:
            place.write_text(text, encoding="utf-8")
        except OSError as error:
            raise HouseError(f"{place}: {error.strerror}") from error
