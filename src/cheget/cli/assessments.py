"""An assessment as a terminal shows it: the answer, where it ends, what would change it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from cheget.assessment.words import likelihood, percent
from cheget.cli.forecasts import print_implied
from cheget.report.findings import (
    NOTHING,
    Findings,
    always_never,
    assumptions,
    both_sentence,
    conditional,
    even_sentence,
    expectation,
    figure,
    given,
    how_sure,
    matters,
    named,
    otherwise,
    passed,
    sampled,
    share,
    source_text,
    spread_of,
    ways,
    what,
)
from cheget.report.terminal import safe

if TYPE_CHECKING:
    from cheget.assessment.answer import Assessment

FEW = 3  # drivers, and people, on the screen
WIDTH = 40  # of a bar that is certain
_FULL = "█"
_PARTS = " ▏▎▍▌▋▊▉"


def print_assessment(
    found: Assessment, *, everything: bool = False, findings: Findings | None = None
) -> None:
    """The whole answer."""
    known = findings or Findings(found)
    for line in headline(found):
        click.echo(line)
    _print_ends(found)
    _title("what would change it")
    _print_drivers(known, None if everything else FEW)
    for one in known.alternatives:
        click.echo(f"  {otherwise(one)}: {percent(one.mean)}")
    _title("whose mind matters most")
    _print_people(known, None if everything else FEW)
    _title("assumptions")
    _print_assumptions(found, everything=everything)
    if everything:
        _print_passages(known)
        print_implied(found)
    click.echo(f"\n{ways(known)}")
    click.echo(conditional())


def headline(found: Assessment) -> list[str]:
    """The answer in sentences."""
    where = f", {found.situation}" if found.situation else ""
    title = click.style(safe(f"{found.chain.id}{where}"), bold=True)
    answer = click.style(likelihood(found.mean.value), bold=True)
    lines = [
        f"{title} on the beliefs {safe(found.beliefs.id)}, {given(found)}:",
        f"  {what(found)} is carried out: {answer}{sampled(found)}.",
    ]
    expected = expectation(found)
    return lines + [f"  {line}" for line in (*how_sure(found), *([expected] if expected else []))]


def _print_ends(found: Assessment) -> None:
    _title("where it ends")
    width = max(len(step.level) for step in found.steps)
    width = max(width, len("carried out"))
    for step in found.steps:
        stopped, expired = step.stopped.value, step.expired.value
        if stopped + expired < NOTHING and step is found.steps[0]:
            click.echo(f"  {step.level:<{width}}  ● orders it")
            continue
        sign = click.style(bar(stopped, "█"), fg="red") + click.style(
            bar(expired, "▒"), fg="yellow"
        )
        told = f"✕ {figure(stopped)}" + (f"  ▲ {figure(expired)}" if expired > NOTHING else "")
        click.echo(f"  {step.level:<{width}}  {sign} {told}")
    done = found.mean.value
    sign = click.style(bar(done), fg="green")
    click.echo(f"  {'carried out':<{width}}  {sign} ● {figure(done)}")
    click.echo(f"  {'':<{width}}  ✕ refusals stop it there   ▲ it expires there, unanswered")


def bar(p: float, full: str = _FULL) -> str:
    """A probability as a bar; the certain one is ``WIDTH`` wide."""
    eighths = round(p * WIDTH * 8)
    whole, part = divmod(eighths, 8)
    if full != _FULL:
        return full * round(p * WIDTH)
    return full * whole + (_PARTS[part] if part else "")


def _print_drivers(known: Findings, most: int | None) -> None:
    found = known.found
    click.echo(f"  {even_sentence(known.even, found.mean.value)}")
    indices = {one.name: one.total.value for one in found.inputs}
    width = max((len(one.name) for one in known.bars), default=0)
    for one in known.bars[:most]:
        text = found.input(one.name).belief.text
        ends = f"{percent(one.low):>6} to {percent(one.high):<6}"
        click.echo(f"  {one.name:<{width}}  {ends} over its range, "
                   f"{safe(text)}  ({100 * indices[one.name]:.0f} % of the doubt)")  # fmt: skip
    if most is not None and len(known.bars) > most:
        click.echo(f"  and {len(known.bars) - most} more: --all")


def _print_passages(known: Findings) -> None:
    """What an order that is part of the way is worth."""
    _title("an order on its way")
    steps = known.passages[1:] if known.found.model.originator else known.passages
    width = max((len(one.level) for one in steps), default=0)
    for one in steps:
        click.echo(f"  {one.level:<{width}}  {passed(one)}")


def _print_people(known: Findings, most: int | None) -> None:
    width = max((len(one.person) for one in known.people), default=0)
    for one in known.people[:most]:
        click.echo(f"  {one.person:<{width}}  {matters(one, known.blame(one.person))}")
    if most is not None and len(known.people) > most:
        click.echo(f"  and {len(known.people) - most} more: --all")


def _print_assumptions(found: Assessment, *, everything: bool) -> None:
    rows = assumptions(found)
    width = max((len(f"{row.of} {row.what}") for row in rows if row.people), default=0)
    for row in rows:
        who = f"  {', '.join(row.people)}" if everything else f"  {len(row.people)} of them"
        source = safe(source_text(found, row.source))
        click.echo(f"  {f'{row.of} {row.what}':<{width}}  {safe(row.text):<14}  {source}"
                   f"{who if row.people else ''}")  # fmt: skip


def print_comparison(found: Sequence[Assessment]) -> None:
    """Several answers side by side: never mixed, since they ask different questions."""
    names = [named(one) for one in found]
    width = max(map(len, names))
    click.echo(click.style("carried out, given that it is ordered", bold=True))
    for name, one in zip(names, found, strict=True):
        low, high = one.quantile(0.05), one.quantile(0.95)
        spread = f"  90 % range {spread_of(low, high)}" if one.model.inputs else ""
        click.echo(f"  {safe(name):<{width}}  {bar(one.mean.value):<{WIDTH}}  "
                   f"{likelihood(one.mean.value)}{spread}")  # fmt: skip
    for name, one in zip(names, found, strict=True):
        if one.expected is not None:
            click.echo(f"  {safe(name)}: expected {one.expected.text}: {one.expected.verdict}, "
                       f"true in {share(one.expected.probability.value)} the range")  # fmt: skip
    for right, wrong in always_never(found):
        click.echo(f"  {both_sentence(right, wrong)}")
    click.echo(f"\n{conditional()}")


def _title(text: str) -> None:
    click.echo(f"\n{click.style(text, bold=True)}")
