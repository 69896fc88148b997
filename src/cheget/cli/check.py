"""``cheget check``: whether a chain file is sound, and what it says, in a few sentences."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from cheget.cli.main import described
from cheget.cli.plain import json_option, say
from cheget.errors import ChainFileError, HouseError
from cheget.report.library import file_of
from cheget.report.terminal import safe
from cheget.report.wording import count, span

if TYPE_CHECKING:
    from cheget.chain.chain import Action, Chain, Level
    from cheget.chain.people import People

T = TypeVar("T")

PAGE = (
    "no level says `signs: own-device`: a page that lies could make people sign what they"
    " didn't read, so owning the server may be enough"
)


@click.command()
@click.argument("chains", nargs=-1, required=True, metavar="CHAIN…")
@click.option(
    "--sealed", is_flag=True, help="Whether its executors' secrets could be sealed to it."
)
@json_option
def check(chains: tuple[str, ...], sealed: bool, as_json: bool) -> None:
    """Check chain files; say where one is wrong, and what a sound one says.

    CHAIN is a file, or a scenario's name. Exit status 1 if any has a fault, or with --sealed an
    action to which nothing can be sealed: too many shares, or fewer who open it than release it.
    """
    from cheget.cli.faults import pointed

    values: list[dict[str, Any]] = []
    for given in chains:
        path = file_of(given)
        try:
            chain = read_chain(path)
        except ChainFileError as error:
            values.append({"file": str(path), "sound": False, "error": described(error)})
            if not as_json:
                click.echo("\n".join(pointed(error)), err=True)
            continue
        values.append({"file": str(path), "sound": True, **summary(chain), "sealing": None})
        if not as_json:
            print_chain(path, chain)
        if sealed:
            values[-1]["sealing"] = _sealing(chain, as_json)
    say(values, as_json, lambda: None)
    refused = any(one["refused"] for value in values for one in value.get("sealing") or ())
    if refused or not all(value["sound"] for value in values):
        raise click.exceptions.Exit(1)


def _sealing(chain: Chain, as_json: bool) -> list[dict[str, Any]]:
    """Whether secrets could be sealed, action by action."""
    from cheget.cli.openings import judge, print_judged

    found = [judge(chain, action.id) for action in chain.actions]
    for one in found if not as_json else ():
        print_judged(one, indent="  ")
    return [one.to_json() for one in found]


def read_chain(path: Path) -> Chain:
    """The chain in a file.

    Raises:
        ChainFileError: it has a fault; its ``file`` says which.
        HouseError: it cannot be read.
    """
    from cheget.chain.parse import parse_chain

    return parsed(path, parse_chain)


def read_people(path: Path) -> People:
    """The people in a file such as ``people.yaml``; raises as ``read_chain`` does."""
    from cheget.chain.people import parse_people

    return parsed(path, parse_people)


def parsed(path: Path, parse: Callable[[bytes], T]) -> T:
    """What ``parse`` makes of a file; a fault says which file it is in.

    Raises:
        ChainFileError: it has a fault; its ``file`` says which.
        HouseError: it cannot be read.
    """
    try:
        return parse(path.read_bytes())
    except ChainFileError as error:
        error.file = str(path)
        raise
    except OSError as error:
        raise HouseError(f"{path}: {error.strerror}") from error


def summary(chain: Chain) -> dict[str, Any]:
    """What a chain says, as JSON."""
    return {
        "chain": chain.id,
        "title": chain.title,
        "levels": [
            {"level": level.id, "rule": level.written, "members": list(level.members)}
            for level in chain.levels
        ],
        "actions": [
            {
                "action": action.id,
                "ladder": [level.id for level in chain.ladder(action.id)],
                "originators": list(chain.ladder(action.id)[0].members),
                "executors": list(action.executors),
                "at_most": action.at_most,
            }
            for action in chain.actions
        ],
        "claims": list(chain.claims),
        "warnings": warnings(chain),
    }


def warnings(chain: Chain) -> list[str]:
    """What a sound chain still leaves open."""
    found = []
    if chain.actions and not any(level.own_device for level in chain.levels):
        found.append(PAGE)
    if chain.amend is None:
        found.append("no `amend`: this chain can never be changed")
    if not chain.actions:
        found.append("no actions: nothing can be ordered through it")
    return found


def print_chain(path: Path, chain: Chain) -> None:
    """A chain in a few sentences."""
    executors = sum(1 if kind.count is None else kind.count for kind in chain.executors)
    title = f" ({safe(chain.title)})" if chain.title != chain.id else ""
    counted = (
        f"{path.name}: {chain.id}{title} is sound. {count(len(chain.members), 'member')},"
        f" {count(len(chain.levels), 'level')}, {count(executors, 'executor')}."
    )
    click.echo(_folded(counted, "", "  "))
    for action in chain.actions:
        asked, carried_out = _action(chain, action)
        click.echo(_folded(asked, "  ", "      "))
        click.echo(_folded(carried_out, "    ", "      "))
    if chain.claims:
        them = "it" if len(chain.claims) == 1 else "them"
        made = f"It makes {count(len(chain.claims), 'claim')}; `cheget prove` decides {them}."
        click.echo(f"  {made}")
    for warning in warnings(chain):
        text = _folded(f"warning: {warning}", "  ", "      ")
        click.echo(text.replace("warning", click.style("warning", fg="yellow"), 1))


def _folded(text: str, first: str, rest: str) -> str:
    return textwrap.fill(
        text, 100, initial_indent=first, subsequent_indent=rest,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


def _action(chain: Chain, action: Action) -> tuple[str, str]:
    """Who is asked, and what happens then."""
    head, *rest = chain.ladder(action.id)
    below = "; then ".join(f"{level.id} ({_asked(level)})" for level in rest)
    who = _listed(head.members)
    asks = f"{action.id}: {who} may transmit it, at {head.id}"
    if head.written not in {"any", ""}:
        asks += f" ({head.written})"
    asks += f"; then {below}." if below else ". Nobody else is asked."
    waits = []
    if action.hold:
        waits.append(f"waits {span(action.hold)} after release")
    if action.limit is not None:
        waits.append(f"at most {action.limit.most} in {span(action.limit.per)}")
    if action.conditions:
        waits.append(f"only while {' and '.join(action.conditions)} is attested to")
    executors = ", ".join(action.executors)
    most = f"up to {action.at_most} of {executors}" if action.at_most > 1 else executors
    return asks, f"carried out by {most}{''.join(f'; {one}' for one in waits)}."


def _asked(level: Level) -> str:
    rule = level.written or ("" if len(level.members) == 1 else "all")
    device = ", own device" if level.own_device else ""
    return (
        f"{rule} of {len(level.members)}"
        if rule in {"all", "any"}
        else rule or _listed(level.members)
    ) + device


def _listed(members: tuple[str, ...]) -> str:
    if len(members) == 1:
        return members[0]
    if len(members) > 6:  # noqa: PLR2004 - a sentence stays readable
        return f"any of {len(members)} members"
    return f"{', '.join(members[:-1])} or {members[-1]}"
