"""``cheget assess --method mc``: what became of an order in so many simulated runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from cheget.cli.assess import Case, patience
from cheget.cli.assessments import bar
from cheget.cli.plain import say
from cheget.report.terminal import safe
from cheget.report.wording import CONDITIONAL

if TYPE_CHECKING:
    from cheget.assessment.simulation.simulate import Figure, Simulated


def say_simulated(
    cases: Sequence[Case], situation: str | None, runs: int, seed: int, as_json: bool
) -> None:
    """Simulate each case in each situation, and print what became of it."""
    from cheget.assessment.simulation.simulate import simulate

    with patience(as_json) as progress:
        found = [
            simulate(case.chain, case.beliefs, each, runs=runs, seed=seed, progress=progress)
            for case in cases
            for each in ([situation] if situation else list(case.beliefs.situations) or [""])
        ]
    if as_json:
        values = [as_value(one) for one in found]
        say(values[0] if len(values) == 1 else {"assessments": values}, as_json, lambda: None)
        return
    for place, one in enumerate(found):
        if place:
            click.echo()
        _print(one)
    click.echo(f"\n{CONDITIONAL[0].upper()}{CONDITIONAL[1:]}.")


def as_value(found: Simulated) -> dict[str, Any]:
    """The same shape as an exact assessment's; null where a simulation can't say."""
    from cheget.assessment.words import odds, phrase

    cast, mean = found.cast, found.carried_out.value
    expect, expected = cast.beliefs.expect, found.expected
    return {
        "chain": cast.chain.id,
        "beliefs": cast.beliefs.id,
        "situation": found.situation or None,
        "given": "that it is ordered" if cast.originator else "that nobody has ordered yet",
        "carried_out": {
            **_figure(found.carried_out),
            "sd": found.sd.value,
            "sd_se": found.sd.se,
            "quantiles": None,
            "below_half": None,
            "below_half_se": None,
            "at_medians": found.at_medians.value,
            "at_medians_se": found.at_medians.se,
            "phrase": phrase(mean),
            "odds": odds(mean),
        },
        "stopped": [{"level": one.level, **_figure(one.stopped)} for one in found.steps],
        "expired": [{"level": one.level, **_figure(one.expired)} for one in found.steps],
        "inputs": [
            {
                "name": name, "first": None, "first_se": None, "total": None, "total_se": None,
                "method": "sampled", "text": one.belief.text,
                "source": one.belief.source or None,
            }
            for name, one in found.inputs.items()
        ],
        "expect": None if expect is None or expected is None else {
            "text": expect.text, "probability": None, "se": None, "verdict": None,
            "mean": expected.value, "mean_se": expected.se,
        },
        "assumptions": [
            {
                "person": row.person, "state": row.state, "text": row.text, "said_of": row.said_of,
                "situation": row.situation or None, "source": row.source or None,
            }
            for row in cast.table
        ],
        "runs": found.runs,
        "conditional": CONDITIONAL,
    }  # fmt: skip


def _figure(found: Figure) -> dict[str, Any]:
    return {"mean": found.value, "se": found.se, "method": "sampled"}


def _print(found: Simulated) -> None:
    from cheget.assessment.words import likelihood

    cast = found.cast
    where = f", {found.situation}" if found.situation else ""
    given = "given that it is ordered" if cast.originator else "if somebody were to order it"
    title = click.style(safe(f"{cast.chain.id}{where}"), bold=True)
    click.echo(f"{title} on the beliefs {safe(cast.beliefs.id)}, {given}, "
               f"simulated {found.runs:,} times:")  # fmt: skip
    what = f"{cast.beliefs.action} is" if cast.beliefs.action else "it is"
    answer = click.style(likelihood(found.carried_out.value), bold=True)
    click.echo(f"  {what} carried out: {answer}, {_points(found.carried_out)}.")
    if found.inputs:
        click.echo(f"  Over the stated ranges the answer has a standard deviation of "
                   f"{_points(found.sd)}.")  # fmt: skip
        click.echo("  With every number at its median it would be "
                   f"{_points(found.at_medians)}.")  # fmt: skip
    expect, expected = cast.beliefs.expect, found.expected
    if expect is not None and expected is not None:
        holds = "is so" if expect.holds(expected.value) else "isn't so"
        click.echo(f"  Expected: {safe(expect.text)}. Of the mean, {_points(expected)}, that "
                   f"{holds}; how much of the range it holds for, only exact says.")  # fmt: skip
    click.echo("\nwhere it ends")
    rows = [(f"{one.level} ✕", one.stopped, "red") for one in found.steps]
    rows += [(f"{one.level} ▲", one.expired, "yellow") for one in found.steps]
    rows = [row for row in rows if row[1].value > 0]
    rows.append(("carried out ●", found.carried_out, "green"))
    width = max(len(name) for name, _, _ in rows)
    for name, figure, color in rows:
        click.echo(f"  {name:<{width}}  {click.style(bar(figure.value), fg=color)} "
                   f"{_points(figure)}")  # fmt: skip
    click.echo(f"  {'':<{width}}  ✕ refusals stop it there   ▲ it expires there, unanswered")


def _points(figure: Figure) -> str:
    """In percent, to the digits that its error leaves."""
    error = 100 * figure.se
    digits = 1 if error >= 0.05 else 2 if error >= 0.005 else 3  # noqa: PLR2004
    return f"{100 * figure.value:.{digits}f} ± {max(error, 10**-digits):.{digits}f} %"
