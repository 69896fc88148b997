"""``cheget design``: every chain of given bodies, and the cheapest that does both."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cheget.cli.assess import patience, read_cases
from cheget.cli.plain import json_option, say
from cheget.errors import HouseError
from cheget.report.terminal import safe
from cheget.report.wording import CONDITIONAL

if TYPE_CHECKING:
    from cheget.assessment.design import Design, Designs

ROWS = 12


def _share(context: click.Context, option: click.Parameter, value: str) -> float:  # noqa: ARG001
    """A probability as people type it: 95% or 0.95."""
    from cheget.assessment.number import parse_number
    from cheget.chain.grammar import RuleError

    try:
        found = parse_number(value, "probability")
    except RuleError as error:
        raise click.BadParameter(f"{error.message}; such as 95% or 0.95") from None
    if not found.certain:
        raise click.BadParameter("one probability, such as 95%")
    return found.numbers[0]


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="CHAIN [BELIEFS]")
@click.option("--always", default="95%", show_default=True, callback=_share,
              help="How surely the right order must get through.")  # fmt: skip
@click.option("--never", default="5%", show_default=True, callback=_share,
              help="How likely the wrong one may.")  # fmt: skip
@click.option("--right", default="legitimate", show_default=True,
              help="The situation in which it ought to be carried out.")  # fmt: skip
@click.option("--wrong", default="rogue", show_default=True,
              help="The situation in which it ought not.")  # fmt: skip
@click.option("--most", type=click.IntRange(1, 7), default=7, show_default=True,
              help="People at a level, at most.")  # fmt: skip
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False, writable=True),
              help="Write the cheapest chain that meets both bounds as a chain file.")  # fmt: skip
@json_option
def design(
    files: tuple[str, ...], always: float, never: float, right: str, wrong: str, most: int,
    output: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Every chain of the bodies below the head, and the cheapest that does both.

    Each level of CHAIN may be left out, or be k of n people like those who sit there. All such
    chains are computed; shown are those that no other beats in people, in letting the right order
    through and in stopping the wrong one. Exit status 1 if none meets both bounds.
    """
    from cheget.assessment.design import designs
    from cheget.assessment.model import model_of

    cases = read_cases(files)
    if len(cases) != 1:
        raise click.UsageError("one chain, and one file of beliefs about it")
    chain, beliefs = cases[0].chain, cases[0].beliefs
    with patience(as_json) as progress:
        found = designs(model_of(chain, beliefs, right), model_of(chain, beliefs, wrong), most=most,
                        progress=progress)  # fmt: skip
    best = found.cheapest(always, never)
    say(_value(found, best), as_json, lambda: _print(found, best, always, never))
    if output is not None and best is not None:
        _write(output, chain.id, best)
        if not as_json:
            click.echo(f"Written to {safe(str(output))}.")
    if best is None:
        raise click.exceptions.Exit(1)


def _value(found: Designs, best: Design | None) -> dict[str, Any]:
    return {
        "considered": found.considered,
        "front": [_design(one) for one in found.front],
        "cheapest": None if best is None else _design(best),
        "conditional": CONDITIONAL,
    }


def _design(one: Design) -> dict[str, Any]:
    return {
        "levels": [{"level": level, "need": k, "people": n} for level, k, n in one.rules],
        "people": one.people,
        "always": one.always,
        "never": one.never,
    }


def _print(found: Designs, best: Design | None, always: float, never: float) -> None:
    from cheget.assessment.design import least_erring
    from cheget.assessment.words import percent

    click.echo(f"{found.considered:,} chains, each computed; {len(found.front):,} that no other "
               "beats.")  # fmt: skip
    asked = f"at least {percent(always)} of the right, at most {percent(never)} of the wrong"
    if best is None:
        nearest = max(found.front, key=lambda one: min(one.always - always, never - one.never))
        click.echo(f"None lets through {asked}. The nearest: {_sentence(nearest)}.")
    else:
        click.echo(f"The cheapest that lets through {asked}:")
        click.echo(f"  {click.style(_sentence(best), bold=True)}.")
    click.echo("")
    click.echo(f"  {'people':>6}  {'right':>8}  {'wrong':>8}  the chain that errs least")
    for one in least_erring(found.front)[:ROWS]:
        rules = ", ".join(f"{k} of {n} at {safe(level)}" for level, k, n in one.rules)
        click.echo(f"  {one.people:>6}  {100 * one.always:>6.1f} %  {100 * one.never:>6.2f} %  "
                   f"{rules or 'nobody is asked'}")  # fmt: skip
    click.echo(f"\n{CONDITIONAL[0].upper()}{CONDITIONAL[1:]}.")


def _sentence(one: Design) -> str:
    from cheget.assessment.words import percent

    rules = ", then ".join(f"{k} of {n} at {safe(level)}" for level, k, n in one.rules)
    return (f"{rules or 'nobody is asked'}: {one.people} people, the right order "
            f"{percent(one.always)}, the wrong one {percent(one.never)}")  # fmt: skip


def _write(path: Path, chain: str, best: Design) -> None:
    """The design as a chain file that `check` accepts."""
    lines = [f"chain: {chain[:30].rstrip('-')}-designed", "members:", "  head: Whoever orders it"]
    levels = ["levels:", "  - {level: order, members: [head]}"]
    for level, need, people in best.rules:
        names = [f"{level[:32].rstrip('-')}-{number}" for number in range(1, people + 1)]
        lines += [f"  {name}: {name}" for name in names]
        rule = f", rule: {need} of members" if people > 1 else ""
        levels.append(f"  - {{level: {level}, members: [{', '.join(names)}]{rule}}}")
    try:
        path.write_text("\n".join([*lines, *levels]) + "\n", "utf-8")
    except OSError as error:
        raise HouseError(f"{path}: {error.strerror}") from error
