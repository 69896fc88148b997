"""``docs/cli.md``: every verb's help, as the program prints it."""

from __future__ import annotations

from collections.abc import Iterator

import click

from cheget.cli.main import VERBS, cheget

INTRODUCTION = """\
# The command line

What `--help` prints, verb by verb. A test holds this page to it.

Every verb but `completion` takes `--json` where it answers something, and then prints one JSON
value and nothing else; [json.md](json.md) has the schemas. Exit status: 0 yes; 1 a clear no (a
fault in a file, a check that refuses, an act that failed or is unknown); 2 misuse, or something
in the way (no house, no key, nobody to ask). Colour is for terminals only, and never says
anything alone.

Where it looks: `CHEGET_HOUSE` (the house's folder), `CHEGET_STORE` (where its logs are:
[stores.md](stores.md)), `CHEGET_KEY` (a key file), `CHEGET_PASSPHRASE_FILE` (a file with its
passphrase), `CHEGET_AT` (the house over the network), `CHEGET_CHARTER` (its charter's digest, at a
first visit), `CHEGET_ANCHORS` (where journals' anchors lie), `SSH_AUTH_SOCK` (your agent),
`XDG_STATE_HOME` (what a client must not forget:
the charter it pinned, the heads it saw).
"""
WIDTH = 88


def manual() -> str:
    """The page."""
    verbs = [_help(command, path) for path, command in commands()]
    return "\n".join([INTRODUCTION, _help(cheget, "cheget"), *verbs])


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every verb and what it has below it, with the words that call it."""
    for name in VERBS:
        command = cheget.get_command(click.Context(cheget), name)
        assert command is not None
        yield from _all(command, f"cheget {name}")


def _all(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        for name, one in command.commands.items():
            yield from _all(one, f"{path} {name}")


def _help(command: click.Command, path: str) -> str:
    context = click.Context(
        command, None, path, terminal_width=WIDTH, max_content_width=WIDTH,
        help_option_names=["-h", "--help"],
    )  # fmt: skip
    text = "\n".join(line.rstrip() for line in command.get_help(context).splitlines())
    return f"## {path}\n\n```text\n{text}\n```\n"
