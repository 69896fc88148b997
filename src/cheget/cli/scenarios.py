"""``cheget scenarios``: the chains that come with cheget, and beliefs about them."""

from __future__ import annotations

import click

from cheget.cli.plain import json_option, say
from cheget.report.library import (
    BELIEFS,
    FOLDER,
    about_page,
    beliefs_about,
    chain_of,
    known,
    path_of,
    title_of,
)


@click.command()
@click.argument("name", required=False)
@click.option("--about", is_flag=True, help="What it stands for, and where it comes from.")
@json_option
def scenarios(name: str | None, about: bool, as_json: bool) -> None:
    """The chains that come with cheget and beliefs about them: all, or NAME's file.

    Any verb that takes a chain file takes a scenario's name, and any that takes beliefs the name
    of these.
    """
    if name is None:
        if about:
            raise click.UsageError("about which? give a NAME")
        _overview(as_json)
        return
    path = path_of(name, beliefs=True)
    shown = about_page(path) if about else path.read_text("utf-8")
    say({"scenario": name, "about" if about else "file": shown}, as_json,
        lambda: click.echo(shown, nl=False))  # fmt: skip


def _overview(as_json: bool) -> None:
    found = {
        one: [(each, title_of(BELIEFS / f"{each}.yaml")) for each in beliefs_about(chain_of(one))]
        for one in known()
    }
    titles = {one: title_of(FOLDER / f"{one}.md") for one in found}
    width = max(len(one) for one in found) + 2
    inner = max(len(each) for beliefs in found.values() for each, _ in beliefs) + 2

    def text() -> None:
        for one, title in titles.items():
            click.echo(f"{one:<{width}}{title}")
            for each, told in found[one]:
                click.echo(f"  {each:<{inner}}{told}")

    say([{"scenario": one, "title": titles[one],
          "beliefs": [{"beliefs": each, "title": told} for each, told in found[one]]}
         for one in found], as_json, text)  # fmt: skip
