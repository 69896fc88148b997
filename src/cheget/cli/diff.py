"""``cheget diff``: what an edit lets happen that couldn't before. Sentences first."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from cheget.cli.check import read_chain, read_people
from cheget.cli.plain import json_option, say
from cheget.cli.prove import house_people
from cheget.report.library import file_of

if TYPE_CHECKING:
    from cheget.chain.chain import Chain
    from cheget.proof.account import Account
    from cheget.proof.difference import Answers, ClaimChange, Difference, Family, Ladder
    from cheget.proof.doors import Door

F = TypeVar("F", bound=Callable[..., Any])


def _people_option(name: str, help_: str) -> Callable[[F], F]:
    return click.option(name, type=click.Path(path_type=Path, dir_okay=False), help=help_)


@click.command()
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@_people_option("--people", "Who fills the posts, before and after."
                " [default: the people.yaml of the house that the file lies in]")  # fmt: skip
@_people_option("--people-old", "Who filled the posts before.")
@_people_option("--people-new", "Who fills the posts after.")
@click.option("--action", help="Only this action. [default: all]")
@click.option("--budget", type=click.IntRange(1), default=None,
              help="How many steps it may take before it is given up.")  # fmt: skip
@click.option("--markdown", is_flag=True, help="Print Markdown, such as a code review shows.")
@json_option
def diff(
    old: str, new: str, people: Path | None, people_old: Path | None, people_new: Path | None,
    action: str | None, budget: int | None, markdown: bool, as_json: bool,
) -> None:  # fmt: skip
    """What an edit lets happen that couldn't before.

    OLD and NEW are files, or scenarios' names. People are compared by name: those of the house
    whose chains/ hold a file fill its posts, and the posts of the other where that is in none.
    Exit status 1 if anything got weaker, 0 if nothing did.
    """
    from cheget.proof.coalitions import BUDGET
    from cheget.proof.difference import difference

    if markdown and as_json:
        raise click.UsageError("--markdown or --json, not both")
    if people and (people_old or people_new):
        raise click.UsageError("--people is for both; say it, or --people-old and --people-new")
    files = file_of(old), file_of(new)
    before, after = (read_chain(file) for file in files)
    _known(action, before, after)
    steps = budget or BUDGET
    staffed = _people(files, (people_old or people, people_new or people))
    accounts = [
        _accounts(chain, staff, action, steps)
        for chain, staff in zip((before, after), staffed, strict=True)
    ]
    found = difference(accounts[0], accounts[1], action, steps=steps)
    if as_json:
        say(as_value(found), as_json, lambda: None)
    else:
        from cheget.cli.differences import as_markdown, print_difference

        if markdown:
            click.echo(as_markdown(after, found))
        else:
            print_difference(after, found)
    if found.weaker:
        raise click.exceptions.Exit(1)


def _people(files: tuple[Path, Path], given: tuple[Path | None, Path | None]) -> list[Path | None]:
    """Who fills the posts of either file; of one that lies in no house, those of the other's."""
    homes = [house_people(file) for file in files]
    if not any(given):
        homes = [homes[0] or homes[1], homes[1] or homes[0]]
    return [path or home for path, home in zip(given, homes, strict=True)]


def _known(action: str | None, *chains: Chain) -> None:
    known = dict.fromkeys(one.id for chain in chains for one in chain.actions)
    if action is not None and action not in known:
        raise click.UsageError(
            f"neither chain has an action {action}; they have: {', '.join(known) or 'none'}"
        )


def _accounts(
    chain: Chain, people: Path | None, action: str | None, budget: int
) -> tuple[Account, ...]:
    from cheget.proof.account import accounts

    only = action if any(one.id == action for one in chain.actions) else None
    return accounts(chain, read_people(people) if people else None, only, budget)


def as_value(found: Difference) -> dict[str, Any]:
    """The difference as JSON; ``docs/diff.md`` says what each key means."""
    return {
        "weaker": found.weaker,
        "stronger": found.stronger,
        "ladders": [_ladder(one) for one in found.ladders],
        "claims": [_claim(one) for one in found.claims],
        "doors": [
            {
                "executor": one.executor, "before": _door(one.before), "after": _door(one.after),
                "weaker": one.weaker,
            }
            for one in found.reaches
        ],
        "changes": [
            {
                "about": one.about, "what": one.what, "before": one.before, "after": one.after,
                "effect": one.effect,
            }
            for one in found.changes
        ],
    }  # fmt: skip


def _ladder(one: Ladder) -> dict[str, Any]:
    weaker, stronger = one.weaker, one.stronger
    return {
        "actions": list(one.actions),
        "verdict": one.verdict,
        "before": _sides(one.before),
        "after": _sides(one.after),
        "can_release_now": _family(weaker.release if weaker is not None else None),
        "can_no_longer_block": _family(weaker.block if weaker is not None else None),
        "answers_that_release_now": _answers(weaker.answers if weaker is not None else None),
        "can_no_longer_release": _family(stronger.release if stronger is not None else None),
        "can_block_now": _family(stronger.block if stronger is not None else None),
        "power": [
            {
                "person": shift.person,
                "before": None if shift.before is None else str(shift.before),
                "after": None if shift.after is None else str(shift.after),
            }
            for shift in one.shifts
        ],
    }


def _sides(account: Account | None) -> dict[str, Any] | None:
    if account is None:
        return None
    return {"releasing": account.releasing.smallest, "blocking": account.blocking.smallest}


def _family(family: Family | None) -> dict[str, Any]:
    if family is None:
        return {"least": 0, "exact": True, "listed": []}
    return {
        "least": family.least,
        "exact": family.exact,
        "listed": [{"people": list(one.people), "stopped_at": one.level} for one in family.first],
    }


def _answers(answers: Answers | None) -> dict[str, Any] | None:
    if answers is None:
        return None
    return {"concurring": list(answers.concurring), "refusing": list(answers.refusing)}


def _claim(one: ClaimChange) -> dict[str, Any]:
    return {
        "text": one.text,
        "made_before": one.made_before,
        "made_after": one.made_after,
        "before": one.before and one.before.verdict,
        "after": one.after and one.after.verdict,
        "weaker": one.weaker,
    }


def _door(door: Door | None) -> dict[str, Any] | None:
    if door is None:
        return None
    return {
        "door": door.name,
        "kind": door.kind,
        "coalition": list(door.example),
    }
