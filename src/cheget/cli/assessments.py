"""An assessment as a terminal shows it: the answer, where it ends, what would change it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from cheget.cli.assess import CONDITIONAL
from cheget.cli.forecasts import print_implied
from cheget.cli.terminal import safe

if TYPE_CHECKING:
    from cheget.assessment.answer import Assessment
    from cheget.assessment.change import Alternative

FEW = 3  # drivers, and people, on the screen
WIDTH = 40  # of a bar that is certain
_FULL = "█"
_PARTS = " ▏▎▍▌▋▊▉"


def print_assessment(found: Assessment, *, everything: bool = False) -> None:
    """The whole answer."""
    from cheget.assessment.words import percent, phrase

    for line in headline(found):
        click.echo(line)
    _print_ends(found)
    _title("what would change it")
    _print_drivers(found, None if everything else FEW)
    _print_alternatives(found)
    _title("whose mind matters most")
    _print_people(found, None if everything else FEW)
    _title("assumptions")
    _print_assumptions(found, everything=everything)
    if everything:
        print_implied(found)
    click.echo(f"\n{CONDITIONAL[0].upper()}{CONDITIONAL[1:]}.")
    del percent, phrase


def headline(found: Assessment) -> list[str]:
    """The answer in sentences."""
    from cheget.assessment.words import likelihood, percent, phrase

    low, high = found.quantile(0.05), found.quantile(0.95)
    given = "given that it is ordered" if found.model.originator else "if somebody were to order it"
    what = f"{found.beliefs.action} is" if found.beliefs.action else "it is"
    where = f", {found.situation}" if found.situation else ""
    title = click.style(safe(f"{found.chain.id}{where}"), bold=True)
    answer = click.style(likelihood(found.mean.value), bold=True)
    lines = [
        f"{title} on the beliefs {safe(found.beliefs.id)}, {given}:",
        f"  {what} carried out: {answer}{_sampled(found)}.",
    ]
    if found.model.inputs:
        lines.append(f"  90 % range {_range(low, high)}: in {share(found.below_half.value)} "
                     "the stated range of beliefs the answer is below one half.")  # fmt: skip
        middle = found.at_medians
        more = f"  With every number at its median it would be {percent(middle)}"
        differs = phrase(middle) != phrase(found.mean.value)
        lines.append(
            f"{more}{f': another word, {phrase(middle)}, and not the answer' if differs else ''}."
        )
    if found.expected is not None:
        expected = found.expected
        line = (f"  Expected: {expected.text}. {expected.verdict.capitalize()}: true in "
                f"{share(expected.probability.value)} the range of beliefs")  # fmt: skip
        if expected.mean_disagrees:
            line += f"; but the mean, {percent(expected.mean)}, says otherwise"
        lines.append(f"{line}.")
    return lines


def share(part: float) -> str:
    """A part of the range of beliefs, before what it is a part of."""
    from cheget.assessment.words import percent

    if part <= 0:
        return "none of"
    return "all of" if part >= 1 else f"{percent(part)} of"


def _sampled(found: Assessment) -> str:
    if found.mean.method == "sampled":
        return f" (sampled ± {100 * found.mean.se:.2g} points)"
    return ""


def _range(low: float, high: float) -> str:
    from cheget.assessment.words import percent

    return f"{percent(low).removesuffix(' %')} to {percent(high)}"


def _print_ends(found: Assessment) -> None:
    from cheget.assessment.words import percent

    _title("where it ends")
    width = max(len(step.level) for step in found.steps)
    width = max(width, len("carried out"))
    for step in found.steps:
        stopped, expired = step.stopped.value, step.expired.value
        ends = stopped + expired
        if ends < 5e-7 and step is found.steps[0]:  # noqa: PLR2004
            click.echo(f"  {step.level:<{width}}  ● orders it")
            continue
        sign = click.style(bar(stopped, "█"), fg="red") + click.style(
            bar(expired, "▒"), fg="yellow"
        )
        told = f"✕ {_short(stopped)}" + (f"  ▲ {_short(expired)}" if expired > 5e-7 else "")  # noqa: PLR2004
        click.echo(f"  {step.level:<{width}}  {sign} {told}")
    done = found.mean.value
    click.echo(f"  {'carried out':<{width}}  {click.style(bar(done), fg='green')} ● {_short(done)}")
    click.echo(f"  {'':<{width}}  ✕ refusals stop it there   ▲ it expires there, unanswered")
    del percent


def _short(p: float) -> str:
    from cheget.assessment.words import odds

    if 0 < p < 0.01:  # noqa: PLR2004
        return odds(p)
    return f"{100 * p:.0f} %"


def bar(p: float, full: str = _FULL) -> str:
    """A probability as a bar; the certain one is ``WIDTH`` wide."""
    eighths = round(p * WIDTH * 8)
    whole, part = divmod(eighths, 8)
    if full != _FULL:
        return full * round(p * WIDTH)
    return full * whole + (_PARTS[part] if part else "")


def _print_drivers(found: Assessment, most: int | None) -> None:
    from cheget.assessment.change import break_even, tornado
    from cheget.assessment.words import percent

    even = break_even(found.chain, found.beliefs, found.situation)
    mean = found.mean.value
    if even is None:
        click.echo("  No one refusal for everybody makes it as likely as not.")
    elif even < 1e-4 or even > 1 - 1e-4:  # noqa: PLR2004
        click.echo("  It is as likely as not only at an end of what refusals can be.")
    else:
        side = "less" if mean < 0.5 else "more"  # noqa: PLR2004
        click.echo(f"  Everybody refusing with {100 * even:.1f} % would make it as likely as not: "
                   f"if they refuse {side} than that, the verdict turns.")  # fmt: skip
    indices = {one.name: one.total.value for one in found.inputs}
    bars = tornado(found.study)
    width = max((len(one.name) for one in bars), default=0)
    for one in bars[:most]:
        text = found.input(one.name).belief.text
        ends = f"{percent(one.low):>6} to {percent(one.high):<6}"
        click.echo(f"  {one.name:<{width}}  {ends} over its range, "
                   f"{safe(text)}  ({100 * indices[one.name]:.0f} % of the doubt)")  # fmt: skip
    if most is not None and len(bars) > most:
        click.echo(f"  and {len(bars) - most} more: --all")


def _print_alternatives(found: Assessment) -> None:
    from cheget.assessment.change import alternatives
    from cheget.assessment.words import percent

    for one in alternatives(found.chain, found.beliefs, found.situation):
        click.echo(f"  {_otherwise(one)}: {percent(one.mean)}")


def _otherwise(one: Alternative) -> str:
    of = "everyone" if one.of == "everyone" else one.of
    return {
        "persuaded": f"{of} moved one point of log-odds towards refusing",
        "replaced": f"refusers replaced {'once' if one.of == '1' else 'twice'} more a seat",
        "independent": "nobody thinking alike",
        "visible": "answers seen by those asked later",
    }[one.what]


def _print_people(found: Assessment, most: int | None) -> None:
    from cheget.assessment.change import blames, importances
    from cheget.assessment.words import percent

    ranked = importances(found.study)
    parts = {one.person: one for one in blames(found.study)}
    width = max((len(one.person) for one in ranked), default=0)
    for one in ranked[:most]:
        part = parts.get(one.person)
        told = "" if part is None else (
            f"; among those who refuse when it stops {percent(part.refused)}, alone "
            f"{percent(part.alone)}"
        )  # fmt: skip
        click.echo(f"  {one.person:<{width}}  concurring or refusing moves it by "
                   f"{100 * one.birnbaum:.0f} points{told}")  # fmt: skip
    if most is not None and len(ranked) > most:
        click.echo(f"  and {len(ranked) - most} more: --all")


def _print_assumptions(found: Assessment, *, everything: bool) -> None:
    said: dict[tuple[str, str, str, str], list[str]] = {}
    for row in found.table:
        key = (f"{row.situation}/{row.said_of}" if row.situation else row.said_of, row.state,
               row.text, row.source)  # fmt: skip
        said.setdefault(key, []).append(row.person)
    width = max((len(f"{key[0]} {key[1]}") for key in said), default=0)
    for (of, state, text, source), people in said.items():
        who = f"  {', '.join(people)}" if everything else f"  {len(people)} of them"
        click.echo(f"  {f'{of} {state}':<{width}}  {safe(text):<14}  {_source(found, source)}{who}")
    for shared in found.beliefs.shared:
        click.echo(f"  {f'{shared.group} alike':<{width}}  {safe(shared.belief.text):<14}  "
                   f"{_source(found, shared.belief.source)}")  # fmt: skip


def _source(found: Assessment, key: str) -> str:
    if not key:
        return "judgment"
    source = found.beliefs.sources[key]
    return safe(", ".join(part for part in (source.who, source.where, source.date) if part) or key)


def print_comparison(found: Sequence[Assessment]) -> None:
    """Several answers side by side: never mixed, since they ask different questions."""
    from cheget.assessment.words import likelihood, percent

    names = [" · ".join(part for part in (one.chain.id, one.beliefs.id, one.situation) if part)
             for one in found]  # fmt: skip
    width = max(map(len, names))
    click.echo(click.style("carried out, given that it is ordered", bold=True))
    for name, one in zip(names, found, strict=True):
        low, high = one.quantile(0.05), one.quantile(0.95)
        spread = f"  90 % range {_range(low, high)}" if one.model.inputs else ""
        click.echo(f"  {safe(name):<{width}}  {bar(one.mean.value):<{WIDTH}}  "
                   f"{likelihood(one.mean.value)}{spread}")  # fmt: skip
    for name, one in zip(names, found, strict=True):
        if one.expected is not None:
            click.echo(f"  {safe(name)}: expected {one.expected.text}: {one.expected.verdict}, "
                       f"true in {share(one.expected.probability.value)} the range")  # fmt: skip
    always = [one for one in found if one.situation == "legitimate"]
    rogue = [one for one in found if one.situation == "rogue"]
    for right in always:
        for wrong in rogue:
            if (right.chain.id, right.beliefs.id) == (wrong.chain.id, wrong.beliefs.id):
                click.echo(f"  The right order gets through: {percent(right.mean.value)}. "
                           f"The wrong one: {percent(wrong.mean.value)}.")  # fmt: skip
    click.echo(f"\n{CONDITIONAL[0].upper()}{CONDITIONAL[1:]}.")


def _title(text: str) -> None:
    click.echo(f"\n{click.style(text, bold=True)}")
