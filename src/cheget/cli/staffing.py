"""Somebody leaves, or loses every device: the amendment for it, and ``people.yaml`` after it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from cheget.chain.people import parse_people
from cheget.cli.amendments import offer
from cheget.cli.context import at_counter, followed, needed
from cheget.cli.install import write_whole
from cheget.errors import ChainFileError, NotAcceptedError
from cheget.order.amending import rekeyed, succeeding, without
from cheget.report.terminal import safe
from cheget.service.amended import held_charters, pending


def remove(person: str, options: dict[str, Any]) -> None:
    """Propose the charter without the person, and strike them out of ``people.yaml``."""
    with at_counter(options["folder"]) as (house, desk):
        state = followed(desk)
        new = succeeding(state.charter, without(state.usable, person))
        if not offer(desk, state, new, (), options) or options["as_json"]:
            return
        place = needed(house, "people.yaml").folder / "people.yaml"
        struck = strike(place, person)
        if struck is None:
            click.echo(f"next: take {safe(person)} out of people.yaml, and out of its rules")
        else:
            write_whole(place, struck)
            click.echo(f"people.yaml: took {safe(person)} out")


def replace_keys(person: str, options: dict[str, Any]) -> None:
    """Propose the charter in which the keys that wait for the person take the place of all theirs.

    Raises:
        NotAcceptedError: no key waits.
    """
    with at_counter(options["folder"]) as (house, desk):
        state = followed(desk)
        waits = pending(needed(house, "a proposal"), state, held_charters(desk.charters(), state))
        mine = waits.get(person, [])
        if not mine:
            raise NotAcceptedError(
                f"no key of {person} waits to take the place of the old ones",
                hint=f"first, with the new key: cheget people enrol {person} --key FILE",
            )
        keys = tuple(key for key, _ in mine)
        new = succeeding(state.charter, rekeyed(state.usable, person, keys))
        offer(desk, state, new, [stored for _, stored in mine], options)


def strike(path: Path, person: str) -> bytes | None:
    """The file without the person and the posts they fill; None where that takes a human's hand.

    Lines only, so that comments and order stay; what results is read again, and has to say
    exactly the old file without that person.
    """
    before = path.read_bytes()
    try:
        people = parse_people(before)
    except ChainFileError:
        return None
    wanted = replace(
        people,
        people=tuple(one for one in people.people if one.id != person),
        posts={post: who for post, who in people.posts.items() if who != person},
    )
    if wanted == people:
        return before
    text = before.decode()
    name = re.escape(person)
    flow = rf"{name}: *(?:\{{[^{{}}]*\}}|[^,{{}}\n]*)"
    for pattern in (
        rf"^( +){name}:.*\n(?:\1 +.*\n)*",  # a line of its own, and what lies under it
        rf"^ +[a-z0-9/-]+: *{name} *(?:#.*)?\n",  # a post
        rf"(?<=[{{,])\s*{flow},|,\s*{flow}(?=\s*[}}])",  # one of several on a line
        rf"(?<=[{{,])\s*[a-z0-9/-]+: *{name}\s*,|,\s*[a-z0-9/-]+: *{name}(?=\s*[}}])",
    ):
        text = re.sub(pattern, "", text, flags=re.MULTILINE)
        try:
            if parse_people(text.encode()) == wanted:
                return text.encode()
        except ChainFileError:
            continue
    return None
