"""``cheget brief``: an assessment on two printed pages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cheget.cli.assess import Case, patience, read_beside, read_cases
from cheget.cli.outputs import write
from cheget.cli.plain import json_option, say

if TYPE_CHECKING:
    from cheget.assessment.uncertainty import Progress
    from cheget.report.findings import Findings

DISSENT = {"two-retired-officers": "replaced-refusers"}  # beside them, unless somebody else is
NOBODY = "none"


@click.command()
@click.argument("chain_file", metavar="CHAIN")
@click.argument("beliefs", nargs=-1, metavar="[BELIEFS]…")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False, writable=True),
              help="The file to write. [default: CHAIN-brief.html, here]")  # fmt: skip
@click.option("--dissent", "dissents", multiple=True, metavar="BELIEFS",
              help="Beliefs to put beside it; several times; none for nobody. [default: for the "
              "article's officers replaced-refusers]")  # fmt: skip
@click.option("--situation", help="Only this situation of the beliefs. [default: all of them]")
@click.option("--samples", type=click.IntRange(16, 65536), default=1024, show_default=True,
              help="Points a repeat, where it must be sampled: a power of two.")  # fmt: skip
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True,
              help="Of the points drawn; equal seeds give equal digits.")  # fmt: skip
@json_option
def brief(
    chain_file: str, beliefs: tuple[str, ...], output: Path | None, dissents: tuple[str, ...],
    situation: str | None, samples: int, seed: int, as_json: bool,
) -> None:  # fmt: skip
    """An assessment on two printed pages (A4), for whoever decides.

    CHAIN is a file or a scenario's name, BELIEFS a file or the name of beliefs that come with
    cheget; left out, the scenario's own. More than one: the first is told, the others dissent.
    The answer in words and odds, what drives it, what would change it and where it stops; who
    dissents and why; every number with its source. Print the page from a browser.
    """
    main, *others = read_cases((chain_file, *beliefs))
    if not dissents:
        dissents = (DISSENT.get(main.beliefs.id, NOBODY),)
    others += [read_beside(chain_file, name) for name in dissents if name != NOBODY]
    with patience(as_json) as progress:
        known, *beside = _found(main, situation, samples, seed, progress)
        for case in others:
            beside += _found(case, known.found.situation, samples, seed, progress)
        text = _page(known, beside, progress)
    place = output or Path(f"{known.found.chain.id}-brief.html")
    write(place, text)
    say(
        {
            "file": str(place), "chain": known.found.chain.id, "beliefs": known.found.beliefs.id,
            "situation": known.found.situation or None,
            "beside": [{"beliefs": one.found.beliefs.id, "situation": one.found.situation or None}
                       for one in beside],
        },
        as_json,
        lambda: click.echo(f"Written to {place}: two pages of A4, to be printed by a browser."),
    )  # fmt: skip


def _found(
    case: Case, situation: str | None, samples: int, seed: int, progress: Progress
) -> list[Findings]:
    """The answers in that situation, or in all that the beliefs have."""
    from cheget.assessment.answer import assess
    from cheget.report.findings import Findings

    situations = list(case.beliefs.situations) or [""]
    if situation is not None:
        situations = [situation if situation in case.beliefs.situations else ""]
    return [Findings(assess(case.chain, case.beliefs, each, samples=samples, seed=seed,
                            progress=progress)) for each in situations]  # fmt: skip


def _page(known: Findings, beside: list[Findings], progress: Progress) -> str:
    from cheget.assessment.landscape import landscape
    from cheget.errors import AssessmentError
    from cheget.report.brief_page import brief as drawn

    found = known.found
    try:
        land = landscape(found.chain, found.beliefs, found.situation, progress=progress)
    except AssessmentError:
        land = None
    return drawn(known, beside, land)
