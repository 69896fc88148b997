"""``cheget scenarios``: the chains that come with cheget."""

from __future__ import annotations

import difflib
from pathlib import Path

import click

from cheget.cli.plain import json_option, say
from cheget.errors import HouseError

FOLDER = Path(__file__).parent.parent / "scenarios"


@click.command()
@click.argument("name", required=False)
@click.option("--about", is_flag=True, help="What it stands for, and where it comes from.")
@json_option
def scenarios(name: str | None, about: bool, as_json: bool) -> None:
    """The chains that come with cheget: all in a line each, or NAME's file.

    Any verb that takes a chain file takes a scenario's name.
    """
    if name is None:
        if about:
            raise click.UsageError("about which? give a NAME")
        found = {one: _title(one) for one in known()}
        width = max(len(one) for one in found) + 2

        def text() -> None:
            for one, title in found.items():
                click.echo(f"{one:<{width}}{title}")

        say([{"scenario": one, "title": title} for one, title in found.items()], as_json, text)
        return
    shown = path_of(name).with_suffix(".md" if about else ".yaml").read_text()
    say({"scenario": name, "about" if about else "file": shown}, as_json,
        lambda: click.echo(shown, nl=False))  # fmt: skip


def known() -> list[str]:
    """The names of all scenarios."""
    return sorted(file.stem for file in FOLDER.glob("*.yaml"))


def path_of(name: str) -> Path:
    """The file of a scenario.

    Raises:
        HouseError: there is none of that name.
    """
    if name not in known():
        near = difflib.get_close_matches(name, known(), 1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known())}"
        raise HouseError(f"there is no scenario {name}", hint=hint)
    return FOLDER / f"{name}.yaml"


def file_of(given: str) -> Path:
    """The chain file that a person named: a path, or a scenario's name.

    Raises:
        HouseError: neither.
    """
    path = Path(given)
    if path.is_file() or path.suffix in {".yaml", ".yml"} or "/" in given:
        return path
    return path_of(given)


def _title(name: str) -> str:
    head = (FOLDER / f"{name}.md").read_text().partition("\n")[0]
    return head.lstrip("# ").partition(": ")[2] or head.lstrip("# ")
