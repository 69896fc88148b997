"""``cheget prove``: who can release it, and who can stop it. Sentences first, then tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cheget.cli.check import read_chain, read_people
from cheget.cli.plain import json_option, say
from cheget.errors import HouseError
from cheget.report.library import file_of

if TYPE_CHECKING:
    from cheget.chain.chain import Chain
    from cheget.chain.structure import Sitting
    from cheget.proof.account import Account
    from cheget.proof.claims import Verdict
    from cheget.proof.coalitions import Coalitions
    from cheget.proof.doors import Door, Guarded
    from cheget.proof.weaknesses import Weaknesses
    from cheget.report.proved import Proved


@click.command()
@click.argument("chain", metavar="CHAIN")
@click.option("--people", "people_path", type=click.Path(path_type=Path, dir_okay=False),
              help="Who fills the posts: one person in two posts counts once."
                   " [default: the people.yaml of the house that CHAIN lies in]")  # fmt: skip
@click.option("--action", help="Only this action. [default: all]")
@click.option("--list", "listed", type=click.IntRange(0), default=10, show_default=True,
              help="How many minimal coalitions to list.")  # fmt: skip
@click.option("--exact", is_flag=True, help="Power as exact fractions instead of percentages.")
@click.option("--budget", type=click.IntRange(1), default=None,
              help="How many steps a proof may take before it is given up.")  # fmt: skip
@click.option("--report", type=click.Path(path_type=Path, dir_okay=False, writable=True),
              help="Write it as a page of its own, for a browser or a printer.")  # fmt: skip
@click.option("--svg", type=click.Path(path_type=Path, dir_okay=False, writable=True),
              help="Draw the ladders, and write the drawing.")  # fmt: skip
@click.option("--open-psa", is_flag=True,
              help="CHAIN is an Open-PSA fault tree: prove its minimal cut sets.")  # fmt: skip
@click.option("--probability", is_flag=True, help="Of the tree's top event, too.")
@json_option
def prove(
    chain: str, people_path: Path | None, action: str | None, listed: int, exact: bool,
    budget: int | None, report: Path | None, svg: Path | None, open_psa: bool, probability: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """Who can release it, and who can stop it.

    CHAIN is a file, or a scenario's name. Of a file in the chains/ of a house, the house's people
    fill the posts. Every claim of it is decided exactly; one that fails
    is shown with a counterexample. Exit status 1 if any fails.
    """
    if open_psa:
        from cheget.cli.trees import prove_tree

        prove_tree(Path(chain), listed, budget, probability=probability, as_json=as_json)
        return
    if probability:
        raise click.UsageError("--probability is of an Open-PSA tree; of a chain, cheget assess")
    from cheget.proof.coalitions import BUDGET
    from cheget.report.proved import prove as of_chain

    path = file_of(chain)
    found = read_chain(path)
    if action is not None and action not in {one.id for one in found.actions}:
        known = ", ".join(one.id for one in found.actions) or "none"
        raise click.UsageError(f"{found.id} has no action {action}; it has: {known}")
    staff_path = people_path or house_people(path)
    people = read_people(staff_path) if staff_path is not None else None
    proved = of_chain(found, people, action, budget or BUDGET)
    _draw(report, svg, found, proved)
    if as_json:
        say(as_value(proved.accounts, proved.claims, listed, proved.doors), as_json, lambda: None)
    else:
        from cheget.cli.proofs import Shown, print_proof

        print_proof(found, proved.accounts, proved.claims, proved.doors,
                    Shown(listed, exact=exact))  # fmt: skip
    if any(one.verdict == "fails" for one in proved.claims):
        raise click.exceptions.Exit(1)


def house_people(chain: Path) -> Path | None:
    """The people of the house whose chain that file is, if it is one's."""
    folder = chain.absolute().parent
    people = folder.parent / "people.yaml"
    return people if folder.name == "chains" and people.is_file() else None


def _draw(
    page: Path | None, svg: Path | None, chain: Chain, proved: Proved
) -> None:  # fmt: skip
    """Write what is asked for."""
    if page is None and svg is None:
        return
    from cheget.report import proof_page

    try:
        if page is not None:
            page.write_text(
                proof_page.report(chain, proved.accounts, proved.claims, proved.doors), "utf-8"
            )
        if svg is not None:
            svg.write_text(proof_page.svg(chain, proved.accounts), "utf-8")
    except OSError as error:
        raise HouseError(f"{error.filename}: {error.strerror}") from error


def as_value(
    proved: tuple[Account, ...], judged: tuple[Verdict, ...], listed: int = 10,
    executors: tuple[Guarded, ...] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """The proof as JSON; ``docs/prove.md`` says what each key means."""
    from cheget.proof.recall import recalls

    of_all = {
        "claims": [_claim(one) for one in judged],
        "doors": None if executors is None else [_guarded(one) for one in executors],
        "recall": {
            one.action: {
                "hold": one.hold,
                "released": list(one.released),
                "concurring": list(one.concurring),
                "attesting": list(one.attesting),
            }
            for account in proved
            for one in recalls(account)
        },
    }
    if len(proved) == 1:
        return {**_account(proved[0], listed), **of_all}
    actions = {name: _account(one, listed) for one in proved for name in one.actions}
    return {"actions": actions, **of_all}


def _guarded(guarded: Guarded) -> dict[str, Any]:
    return {
        "executors": list(guarded.executors),
        "weakest": guarded.weakest.name if guarded.weakest else None,
        "strongest": guarded.strongest.name if guarded.strongest else None,
        "unclaimed": [one.name for one in guarded.unclaimed],
        "through": [_door(one) for one in guarded.doors],
    }


def _door(door: Door) -> dict[str, Any]:
    return {
        "door": door.name,
        "kind": door.kind,
        "minimal": sum(door.coalitions.minimal()),
        "smallest": door.fewest,
        "coalition": list(door.example),
        "claimed": door.claimed,
        "stands_for": list(door.stands_for),
        "becomes": {person: list(who) for person, who in door.becomes},
    }


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
        "weaknesses": _weak(weak),
    }


def _weak(weak: Weaknesses) -> dict[str, Any]:
    stuck = weak.stranding.example
    return {
        "nobody_passes": weak.gate,
        "stop_it_alone": list(weak.stoppers),
        "stop_it_by_delivery": list(weak.by_delivery),
        "sit_twice": {person: list(levels) for person, levels in weak.twice},
        "fill_several_posts": {person: list(posts) for person, posts in weak.several},
        "vacant_posts": list(weak.vacant),
        "never_matter": list(weak.idle),
        "take_more_than_written": [
            {"level": one.level, "written": one.written, "takes": one.takes} for one in weak.demands
        ],
        "implied_levels": list(weak.implied),
        "stranded": None
        if stuck is None
        else {
            "coalition": list(stuck.coalition),
            "answered": _seating(stuck.answered),
            "level": stuck.level,
        },
        "stranding_decided": weak.stranding.decided,
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
        "rests_on_delivery": verdict.rests_on_delivery,
        "counterexample": None if shown is None else {
            "action": shown.action,
            "coalition": list(shown.coalition),
            "why": shown.why,
            "seating": _seating(shown.seating),
        },
    }  # fmt: skip
