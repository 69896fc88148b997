"""The page says what the program says."""

from __future__ import annotations

import os
from pathlib import Path

import click
from manual import commands, manual

PAGE = Path(__file__).parent.parent.parent / "docs" / "cli.md"


def test_the_page_of_the_command_line_is_what_help_prints() -> None:
    now = manual()
    if os.environ.get("SESSIONS") == "write":
        PAGE.write_text(now)
    assert PAGE.read_text() == now


def test_every_option_says_what_it_is_for() -> None:
    silent = [
        f"{path} {option.opts[0]}"
        for path, command in commands()
        for option in command.params
        if isinstance(option, click.Option) and not option.help
    ]
    assert not silent
