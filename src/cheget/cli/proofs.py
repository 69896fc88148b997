"""A proof as a terminal shows it: sentences, then claims, then small tables.

Shape before colour: ● holds, ✕ fails.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

import click

from cheget.cli.terminal import safe

if TYPE_CHECKING:
    from fractions import Fraction

    from cheget.chain.chain import Chain
    from cheget.proof.account import Account
    from cheget.proof.claims import Counterexample, Verdict
    from cheget.proof.coalitions import Coalitions
    from cheget.proof.weaknesses import Demand

FEW = 4  # names that a sentence still holds
ROWS = 15  # people whose power a table shows
LONG = 1000  # a list that nobody reads
OF = "\0"  # where a table's title names the actions it is of


def print_proof(
    chain: Chain, proved: Sequence[Account], judged: Sequence[Verdict], listed: int
) -> None:
    """The whole answer."""
    title = f" ({safe(chain.title)})" if chain.title != chain.id else ""
    click.echo(f"{click.style(chain.id, bold=True)}{title}: {claims_sentence(judged)}")
    for names, lines in _alike(proved, sentences):
        click.echo(f"\n{click.style(names, bold=True)}" if names else "")
        for line in lines:
            click.echo(f"  {line}")
    if judged:
        click.echo(f"\n{click.style('claims', bold=True)}")
    for verdict in judged:
        _print_verdict(verdict)
    if listed:
        for names, lines in _alike(proved, lambda account: _tables(account, listed)):
            of = f" of {names}" if names else ""
            for line in lines:
                click.echo(line.replace(OF, of))


def _alike(
    proved: Sequence[Account], told: Callable[[Account], list[str]]
) -> list[tuple[str, list[str]]]:
    """What is told of each ladder, and once of those of which the same is told."""
    found: dict[tuple[str, ...], list[str]] = {}
    for account in proved:
        found.setdefault(tuple(told(account)), []).extend(account.actions)
    return [(_names(names, most=len(names)) if names else "", list(lines))
            for lines, names in found.items()]  # fmt: skip


def claims_sentence(judged: Sequence[Verdict]) -> str:
    """How many claims hold, and how many fail."""
    failed = sum(one.verdict == "fails" for one in judged)
    if not judged:
        return "it makes no claims."
    if not failed:
        return "its claim holds." if len(judged) == 1 else f"{len(judged)} claims hold."
    return f"{failed} of {_count(len(judged), 'claim')} {'fails' if failed == 1 else 'fail'}."


def summary(account: Account) -> str:
    """The shortest true account: what it takes, and who can stop it."""
    from cheget.proof.weaknesses import weaknesses

    weak = weaknesses(account)
    if weak.gate is not None:
        return f"Nobody can release it, not even all together: {weak.gate} can't be passed."
    return f"{_takes(account)} {_stoppers(account, weak.stoppers)}"


def sentences(account: Account) -> list[str]:
    """What is proved of one ladder, the most important first."""
    from cheget.proof.weaknesses import weaknesses

    weak = weaknesses(account)
    found = [_demand(one) for one in weak.demands]
    found.append(summary(account))
    if weak.gate is not None:
        return found
    if weak.sole_releasers:
        found.append(f"{_names(weak.sole_releasers)} can release it alone.")
    if weak.veto_holders:
        needs = "needs" if len(account.people) > 1 else "is"
        found.append(
            f"Every release {needs} {_names(weak.veto_holders, most=len(account.people))}."
        )
    if weak.twice:
        who = _names([person for person, _ in weak.twice])
        one = len(weak.twice) == 1
        where = "each" if account.chain.repeatable else "one of them only"
        may = "may count at" if account.chain.repeatable else "counts at" if one else "count at"
        sits = "sits" if one else "sit"
        found.append(f"{who} {sits} at more than one level, and {may} {where}.")
    if weak.stranded is not None:
        stuck = weak.stranded
        where = _names([f"{one.person} answers at {one.level}" for one in stuck.answered])
        found.append(
            f"Willing people can get stuck: {_names(stuck.coalition, most=len(stuck.coalition))}"
            f" can release it, but once {where} it stops at {stuck.level}."
        )
    if weak.idle:
        verb = "matters" if len(weak.idle) == 1 else "matter"
        found.append(f"{_names(weak.idle)} never {verb}, whatever the others do.")
    return found


def _takes(account: Account) -> str:
    size = account.releasing.smallest or 0
    crew = any(
        account.chain.kind(kind).crew is not None
        for name in account.actions
        for kind in account.chain.action(name).executors
    )
    people = _count(size, "person", "people")
    return f"{people} at least to release{', and the crew' if crew else ''}."


def _stoppers(account: Account, alone: Sequence[str]) -> str:
    if not alone:
        size = account.blocking.smallest or 0
        return f"Nobody can stop it alone; {_count(size, 'person', 'people')} can."
    if len(alone) == len(account.people) > 1:
        return f"Each of its {len(alone)} people can stop it alone."
    if len(alone) <= FEW:
        return f"{_names(alone)} can stop it alone."
    return f"{len(alone)} people can stop it alone, {alone[0]} among them."


def _demand(demand: Demand) -> str:
    written = f"{demand.written} of {demand.people}" if demand.written > 1 else "any"
    takes = (
        f"all {demand.people}" if demand.takes == demand.people
        else f"{demand.takes} of its {demand.people}"
    )  # fmt: skip
    why = (
        "whoever asks can't count there as well" if demand.asker
        else "nobody counts at two levels"
    )  # fmt: skip
    more = " One absence, and nothing can be released." if demand.takes == demand.people else ""
    return f"You wrote {written} at {demand.level}. It takes {takes}: {why}.{more}"


def _print_verdict(verdict: Verdict) -> None:
    holds = verdict.verdict == "holds"
    sign = click.style("●", fg="green") if holds else click.style("✕", fg="red")
    unwritten = "" if verdict.written else "  (of every chain, written or not)"
    click.echo(f"  {sign} {verdict.text}{unwritten}")
    if verdict.counterexample is not None:
        for line in counterexample(verdict.counterexample):
            click.echo(f"      {line}")


def counterexample(shown: Counterexample) -> list[str]:
    """A counterexample, level by level where it is a release."""
    action = f"{shown.action}: " if shown.action else ""
    who = f"{', '.join(shown.coalition)}: " if shown.coalition else ""
    lines = [f"{action}{who}{shown.why}."]
    width = max((len(one.level) for one in shown.seating), default=0)
    for level, sitting in groupby(shown.seating, key=lambda one: one.level):
        seats = [
            f"● {one.post}" if one.post == one.person else f"● {one.post} (by {one.person})"
            for one in sitting
        ]
        lines.append(f"{level:<{width}}  {'  '.join(seats)}")
    return lines


def _tables(account: Account, listed: int) -> list[str]:
    from cheget.cli.figures import bar, histogram
    from cheget.cli.ladders import in_terminal, ladder_of
    from cheget.proof.weaknesses import weaknesses

    drawn = in_terminal(ladder_of(account, weaknesses(account), "", ""))
    lines = ["", click.style(f"ladder{OF}", bold=True), *drawn]
    for what, family in (("releasing", account.releasing), ("blocking", account.blocking)):
        sizes = family.minimal()
        if sum(sizes):
            lines += ["", click.style(f"minimal {what} coalitions{OF}", bold=True)]
            lines += [f"  {_sizes(sizes)}"]
            if sum(map(bool, sizes)) > 1:
                lines += [f"    {row}" for row in histogram(family)]
            lines += _listed(family, listed, sum(sizes))
    rows = sorted(account.powers.items(), key=lambda row: -row[1].shapley)
    width = max((len(person) for person, _ in rows), default=0)
    lines += ["", click.style(f"power{OF}, where everybody answers", bold=True)]
    lines.append(f"  {'':<{width}}  {'Shapley':>9}  {'Banzhaf':>9}  {'':<16}  swings")
    for person, power in rows[:ROWS]:
        shares = f"{_share(power.shapley):>9}  {_share(power.banzhaf):>9}"
        long = bar(float(power.shapley / (rows[0][1].shapley or 1)), 16)
        lines.append(f"  {person:<{width}}  {shares}  {long:<16}  {power.swings:,}")
    if len(rows) > ROWS:
        lines.append(f"  and {len(rows) - ROWS} more: --json has all of them")
    return lines


def _listed(family: Coalitions, listed: int, total: int) -> list[str]:
    lines = [f"  {', '.join(one) or 'nobody is needed'}" for one in family.first(listed)]
    if total > listed:
        lines.append(f"  and {total - listed:,} more: --list {total if total < LONG else '…'}")
    return lines


def _sizes(sizes: Sequence[int]) -> str:
    found = [f"{n:,} of {_count(s, 'person', 'people')}" for s, n in enumerate(sizes) if n]
    return f"{sum(sizes):,} in all" if len(found) > 1 else found[0]


def _share(number: Fraction) -> str:
    """A share to a hundredth of a percent, rounded from the exact one."""
    hundredths = round(number * 10_000)
    return f"{hundredths // 100}.{hundredths % 100:02d} %"


def _names(people: Sequence[str], most: int = FEW) -> str:
    if len(people) > most:
        return f"{', '.join(people[:most])} and {len(people) - most} more"
    return people[0] if len(people) == 1 else f"{', '.join(people[:-1])} and {people[-1]}"


def _count(number: int, what: str, many: str = "") -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {many or what + 's'}"
