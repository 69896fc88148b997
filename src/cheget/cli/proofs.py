"""A proof as a terminal shows it: sentences, then claims, then small tables.

Shape before colour: ● holds, ✕ fails.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from cheget.report.proofs import (
    DELIVERY,
    NO_DOORS,
    UNWRITTEN,
    claims_sentence,
    counterexample,
    door_lines,
    door_warnings,
    sentences,
    sign,
)
from cheget.report.terminal import safe
from cheget.report.wording import joined, persons, share

if TYPE_CHECKING:
    from cheget.chain.chain import Chain
    from cheget.proof.account import Account
    from cheget.proof.claims import Verdict
    from cheget.proof.coalitions import Coalitions
    from cheget.proof.doors import Guarded

ROWS = 15  # people whose power a table shows
LONG = 1000  # a list that nobody reads
OF = "\0"  # where a table's title names the actions it is of


@dataclass(frozen=True)
class Shown:
    """What of it a person asked to see: how many coalitions, and power as fractions."""

    listed: int
    exact: bool = False


def print_proof(
    chain: Chain, proved: Sequence[Account], judged: Sequence[Verdict],
    executors: Sequence[Guarded] | None, shown: Shown,
) -> None:  # fmt: skip
    """The whole answer."""
    title = f" ({safe(chain.title)})" if chain.title != chain.id else ""
    people = proved[0].staff.people if proved else None
    of = f", with the people of {safe(people.house)}" if people is not None else ""
    click.echo(f"{click.style(chain.id, bold=True)}{title}{of}: {claims_sentence(judged)}")
    for names, lines in _alike(proved, lambda account: sentences(account, executors or ())):
        click.echo(f"\n{click.style(names, bold=True)}" if names else "")
        for line in lines:
            click.echo(f"  {line}")
    _print_claims(judged)
    _print_doors(executors)
    if shown.listed:
        for names, lines in _alike(proved, lambda account: _tables(account, shown)):
            of = f" of {names}" if names else ""
            for line in lines:
                click.echo(line.replace(OF, of))


def _print_doors(executors: Sequence[Guarded] | None) -> None:
    if executors is None:
        click.echo(f"\n{click.style('doors', bold=True)}\n  {NO_DOORS}")
    for one in executors or ():
        if len(one.doors) == 1:
            continue  # it has been told
        to = f" to {joined(one.executors, most=len(one.executors))}" if one.executors else ""
        click.echo(f"\n{click.style(f'doors{to}', bold=True)}")
        for line in door_lines(one):
            click.echo(f"  {line}")
        for line in door_warnings(one):
            click.echo(f"  {click.style('warning', fg='yellow')}: {line}")


def _print_claims(judged: Sequence[Verdict]) -> None:
    if judged:
        click.echo(f"\n{click.style('claims', bold=True)}")
    for verdict in judged:
        _print_verdict(verdict)
    if any(one.rests_on_delivery for one in judged):
        click.echo(f"  {DELIVERY}")


def _alike(
    proved: Sequence[Account], told: Callable[[Account], list[str]]
) -> list[tuple[str, list[str]]]:
    """What is told of each ladder, and once of those of which the same is told."""
    found: dict[tuple[str, ...], list[str]] = {}
    for account in proved:
        found.setdefault(tuple(told(account)), []).extend(account.actions)
    return [(joined(names, len(names)), list(lines))
            for lines, names in found.items()]  # fmt: skip


def _print_verdict(verdict: Verdict) -> None:
    colour = "green" if verdict.verdict == "holds" else "red"
    unwritten = "" if verdict.written else f"  {UNWRITTEN}"
    click.echo(f"  {click.style(sign(verdict), fg=colour)} {verdict.text}{unwritten}")
    if verdict.counterexample is not None:
        for line in counterexample(verdict.counterexample):
            click.echo(f"      {line}")


def _tables(account: Account, shown: Shown) -> list[str]:
    from cheget.cli.ladders import in_terminal
    from cheget.proof.weaknesses import weaknesses
    from cheget.report.figures import bar, histogram
    from cheget.report.ladders import ladder_of

    drawn = in_terminal(ladder_of(account, weaknesses(account), "", ""))
    lines = ["", click.style(f"ladder{OF}", bold=True), *drawn]
    for what, family in (("releasing", account.releasing), ("blocking", account.blocking)):
        sizes = family.minimal()
        if sum(sizes):
            lines += ["", click.style(f"minimal {what} coalitions{OF}", bold=True)]
            lines += [f"  {_sizes(sizes)}"]
            if sum(map(bool, sizes)) > 1:
                lines += [f"    {row}" for row in histogram(family)]
            lines += _listed(family, shown.listed, sum(sizes))
    rows = sorted(account.powers.items(), key=lambda row: -row[1].shapley)
    width = max((len(person) for person, _ in rows), default=0)
    lines += ["", click.style(f"power{OF}, where everybody answers", bold=True)]
    told = str if shown.exact else share
    cells = [(told(power.shapley), told(power.banzhaf)) for _, power in rows[:ROWS]]
    wide = max(9, *(len(one) for pair in cells for one in pair)) if cells else 9
    lines.append(f"  {'':<{width}}  {'Shapley':>{wide}}  {'Banzhaf':>{wide}}  {'':<16}  swings")
    for (person, power), (shapley, banzhaf) in zip(rows, cells, strict=False):
        long = bar(float(power.shapley / (rows[0][1].shapley or 1)), 16)
        figures = f"{shapley:>{wide}}  {banzhaf:>{wide}}"
        lines.append(f"  {person:<{width}}  {figures}  {long:<16}  {power.swings:,}")
    if len(rows) > ROWS:
        lines.append(f"  and {len(rows) - ROWS} more: --json has all of them")
    return lines


def _listed(family: Coalitions, listed: int, total: int) -> list[str]:
    lines = [f"  {', '.join(one) or 'nobody is needed'}" for one in family.first(listed)]
    if total > listed:
        lines.append(f"  and {total - listed:,} more: --list {total if total < LONG else '…'}")
    return lines


def _sizes(sizes: Sequence[int]) -> str:
    found = [f"{n:,} of {persons(s)}" for s, n in enumerate(sizes) if n]
    return f"{sum(sizes):,} in all" if len(found) > 1 else found[0]
