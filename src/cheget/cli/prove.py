"""``cheget prove``: who can release it, and who can stop it. Sentences first, then tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cheget.cli.check import read_chain
from cheget.cli.plain import json_option, say
from cheget.cli.scenarios import file_of
from cheget.errors import ChainFileError, HouseError

if TYPE_CHECKING:
    from cheget.chain.chain import Chain
    from cheget.chain.people import People
    from cheget.chain.structure import Sitting
    from cheget.proof.account import Account
    from cheget.proof.claims import Verdict
    from cheget.proof.coalitions import Coalitions


@click.command()
@click.argument("chain", metavar="CHAIN")
@click.option("--people", "people_path", type=click.Path(path_type=Path, dir_okay=False),
              help="Who fills the posts: one person in two posts counts once.")  # fmt: skip
@click.option("--action", help="Only this action. [default: all]")
@click.option("--list", "listed", type=click.IntRange(0), default=10, show_default=True,
              help="How many minimal coalitions to list.")  # fmt: skip
@click.option("--budget", type=click.IntRange(1), default=None,
              help="How many steps a proof may take before it is given up.")  # fmt: skip
@click.option("--report", type=click.Path(path_type=Path, dir_okay=False, writable=True),
              help="Write it as a page of its own, for a browser or a printer.")  # fmt: skip
@click.option("--svg", type=click.Path(path_type=Path, dir_okay=False, writable=True),
              help="Draw the ladders, and write the drawing.")  # fmt: skip
@json_option
def prove(
    chain: str, people_path: Path | None, action: str | None, listed: int, budget: int | None,
    report: Path | None, svg: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Who can release it, and who can stop it.

    CHAIN is a file, or a scenario's name. Every claim of it is decided exactly; one that fails
    is shown with a counterexample. Exit status 1 if any fails.
    """
    from cheget.proof.account import accounts
    from cheget.proof.claims import verdicts
    from cheget.proof.coalitions import BUDGET

    found = read_chain(file_of(chain))
    if action is not None and action not in {one.id for one in found.actions}:
        known = ", ".join(one.id for one in found.actions) or "none"
        raise click.UsageError(f"{found.id} has no action {action}; it has: {known}")
    people = _read_people(people_path) if people_path is not None else None
    proved = accounts(found, people, action, budget or BUDGET)
    judged = verdicts(found, proved)
    _draw(report, svg, found, proved, judged)
    if as_json:
        say(as_value(proved, judged, listed), as_json, lambda: None)
    else:
        from cheget.cli.proofs import print_proof

        print_proof(found, proved, judged, listed)
    if any(one.verdict == "fails" for one in judged):
        raise click.exceptions.Exit(1)


def _draw(
    page: Path | None, svg: Path | None, chain: Chain, proved: tuple[Account, ...],
    judged: tuple[Verdict, ...],
) -> None:  # fmt: skip
    """Write what is asked for."""
    if page is None and svg is None:
        return
    from cheget.cli import report

    try:
        if page is not None:
            page.write_text(report.report(chain, proved, judged), "utf-8")
        if svg is not None:
            svg.write_text(report.svg(chain, proved), "utf-8")
    except OSError as error:
        raise HouseError(f"{error.filename}: {error.strerror}") from error


def _read_people(path: Path) -> People:
    from cheget.chain.people import parse_people

    try:
        return parse_people(path.read_bytes())
    except OSError as error:
        raise HouseError(f"{path}: {error.strerror}") from error
    except ChainFileError as error:
        error.file = str(path)
        raise


def as_value(
    proved: tuple[Account, ...], judged: tuple[Verdict, ...], listed: int = 10
) -> dict[str, Any]:
    """The proof as JSON; ``docs/prove.md`` says what each key means."""
    claims = [_claim(one) for one in judged]
    if len(proved) == 1:
        return {**_account(proved[0], listed), "claims": claims}
    actions = {name: _account(one, listed) for one in proved for name in one.actions}
    return {"actions": actions, "claims": claims}


def _account(account: Account, listed: int) -> dict[str, Any]:
    from cheget.proof.weaknesses import weaknesses

    weak = weaknesses(account)
    silent = sum(account.releasing.winning())
    blocks = sum(account.blocking.winning())
    return {
        "releasing": {
            **_family(account.releasing, listed),
            "coalitions": 2 ** len(account.people) - blocks,
            "coalitions_in_silence": silent,
        },
        "blocking": {**_family(account.blocking, listed), "coalitions": blocks},
        "members": {
            person: {
                "swings": power.swings,
                "banzhaf": str(power.banzhaf),
                "shapley": str(power.shapley),
                "veto_holder": person in weak.veto_holders,
                "sole_releaser": person in weak.sole_releasers,
            }
            for person, power in account.powers.items()
        },
        "weaknesses": {
            "nobody_passes": weak.gate,
            "stop_it_alone": list(weak.stoppers),
            "sit_twice": {person: list(levels) for person, levels in weak.twice},
            "never_matter": list(weak.idle),
            "take_more_than_written": [
                {"level": one.level, "written": one.written, "takes": one.takes}
                for one in weak.demands
            ],
            "stranded": None
            if weak.stranded is None
            else {
                "coalition": list(weak.stranded.coalition),
                "answered": _seating(weak.stranded.answered),
                "level": weak.stranded.level,
            },
        },
    }


def _family(family: Coalitions, listed: int) -> dict[str, Any]:
    sizes = family.minimal()
    return {
        "minimal": sum(sizes),
        "smallest": family.smallest,
        "sizes": {str(size): count for size, count in enumerate(sizes) if count},
        "listed": [list(one) for one in family.first(listed)],
    }


def _seating(seating: tuple[Sitting, ...]) -> list[dict[str, str]]:
    return [{"level": one.level, "post": one.post, "person": one.person} for one in seating]


def _claim(verdict: Verdict) -> dict[str, Any]:
    shown = verdict.counterexample
    return {
        "text": verdict.text,
        "verdict": verdict.verdict,
        "written": verdict.written,
        "counterexample": None if shown is None else {
            "action": shown.action,
            "coalition": list(shown.coalition),
            "why": shown.why,
            "seating": _seating(shown.seating),
        },
    }  # fmt: skip
