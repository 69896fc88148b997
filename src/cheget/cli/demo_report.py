"""What the demo says: for people as it goes, as JSON at the end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import click


@dataclass
class Report:
    """What the demo found, for people and as JSON."""

    as_json: bool
    port: int | None = None  # of the page, where it is served at the end
    facts: dict[str, Any] = field(default_factory=dict)
    started: float = field(default_factory=time.monotonic)

    def line(self, verb: str, text: str) -> None:
        """A line for people, under its verb."""
        if not self.as_json:
            click.echo(
                f"{click.style(verb, bold=True):<{9 + len(click.style('', bold=True))}}{text}"
            )

    def plain(self, text: str) -> None:
        """A line of its own."""
        if not self.as_json:
            click.echo(text)

    def progress(self, what: str, total: int) -> Iterator[Callable[[], None]]:
        """A progress bar on a terminal; silent elsewhere."""
        import sys

        if self.as_json or not sys.stderr.isatty():
            yield lambda: None
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        columns = (TextColumn("         {task.description:<28}"), BarColumn(), MofNCompleteColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(what, total=total)
            yield lambda: bar.advance(task)
