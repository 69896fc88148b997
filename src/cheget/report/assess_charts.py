"""An assessment's charts: its answers as the plain values that the drawings take."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cheget.assessment.beliefs import EVERYONE
from cheget.assessment.words import likelihood, odds, percent, phrase
from cheget.picture.chart import WIDE, Chart
from cheget.picture.fan import Fan, fan, spelt
from cheget.picture.heat import Grid, Place, heat
from cheget.picture.plane import Dot, plane
from cheget.picture.rows import End, Ranged, Share, Swing, comparison, ends, shares, tornado
from cheget.picture.spread import Mark, Spread, spread
from cheget.report.findings import (
    HALF,
    NOTHING,
    Findings,
    figure,
    named,
    otherwise,
    share,
    spread_of,
)

if TYPE_CHECKING:
    from cheget.assessment.answer import Assessment
    from cheget.assessment.change import Alternative
    from cheget.assessment.design import Design
    from cheget.assessment.fan import Released
    from cheget.assessment.landscape import Landscape

PARTS = 50  # of the axis of a distribution
BARS, LEVELS = 8, 5  # inputs, and levels persuaded, at most
CHANGES = 5e-4  # of the answer; less isn't shown
WORDS = (0.05, 0.20, 0.45, 0.55, 0.80, 0.95)


@dataclass(frozen=True)
class Pair:
    """One chain in both situations, and what its levels could be instead."""

    right: Assessment
    wrong: Assessment
    designs: tuple[Design, ...]


def verdict(p: float) -> str:
    """The answer as a title: ``Unlikely: 25 %``, with odds where it is rare or nearly certain."""
    if p <= 0 or p >= 1:
        return percent(p).capitalize()
    word, said = phrase(p), percent(p)
    more = "" if "(" in said or not odds(p) else f", {odds(p)}"
    return f"{word[0].upper()}{word[1:]}: {said}{more}"


def ending(found: Assessment) -> tuple[str, float]:
    """Where it ends most often, and how often."""
    levels = [(one.level, one.stopped.value + one.expired.value) for one in found.steps]
    return max([*levels, ("carried out", found.mean.value)], key=lambda one: one[1])


def ends_chart(found: Assessment, across: int = WIDE) -> Chart:
    """Where it ends."""
    steps = []
    for one in found.steps:
        stopped, expired = one.stopped.value, one.expired.value
        if stopped + expired < NOTHING and one is found.steps[0]:
            steps.append(End(one.level, 0, 0, "● orders it"))
            continue
        said = [f"✕ stopped {figure(stopped)}"] if stopped > NOTHING else []
        said += [f"▲ expired {figure(expired)}"] if expired > NOTHING else []
        steps.append(End(one.level, stopped, expired, "  ".join(said)))
    mean = found.mean.value
    steps.append(End("carried out", 0, 0, f"● {figure(mean)}", mean))
    where, p = ending(found)
    at = "it is carried out" if where == "carried out" else f"it ends at {where}"
    return ends(f"Most often {at}: {percent(p)}", steps, across)


def spread_chart(found: Assessment, across: int = WIDE) -> Chart:
    """How sure."""
    mean = found.mean.value
    if not found.model.inputs:
        return spread(verdict(mean), Spread((), Mark(mean, figure(mean))), across)
    drawn = np.concatenate([one.carried_out for one in found.study.draws()])
    counts, _ = np.histogram(np.clip(drawn, 0, 1), PARTS, (0, 1))
    low, high, middle = found.quantile(0.05), found.quantile(0.95), found.at_medians
    below = found.below_half.value
    values = Spread(
        tuple(float(one) / len(drawn) for one in counts),
        Mark(mean, f"mean {figure(mean)}"), Mark(low, figure(low)), Mark(high, figure(high)),
        Mark(middle, f"{figure(middle)} at the medians"),
        f"{_part(below)} of it below", f"{_part(1 - below)} above",
    )  # fmt: skip
    side = f"{share(below)} the range is below one half"
    if below < HALF:
        side = f"{share(1 - below)} the range is above one half"
    return spread(f"{verdict(mean)}; {side}", values, across)


def _part(p: float) -> str:
    if p <= 0:
        return "none"
    return "all" if p >= 1 else figure(p)


def tornado_chart(known: Findings, across: int = WIDE) -> Chart:
    """Each number at both its ends."""
    found = known.found
    swings = [
        Swing(one.name, one.low, one.high,
              f"{found.input(one.name).belief.text}: {figure(one.low)} to {figure(one.high)}")
        for one in known.bars[:BARS]
    ]  # fmt: skip
    first = known.bars[0]
    title = f"{first.name} moves it most: {figure(first.low)} to {figure(first.high)}"
    return tornado(title, swings, found.mean.value, across)


def shares_chart(found: Assessment, across: int = WIDE) -> Chart:
    """How much of the doubt is whose."""
    ranked = sorted(found.inputs, key=lambda one: -one.total.value)[:BARS]
    rows = [
        Share(one.name, one.first.value, one.total.value,
              f"alone {_share(one.first.value)}, with others {_share(one.total.value)}")
        for one in ranked
    ]  # fmt: skip
    title = f"{_share(ranked[0].total.value)} of the doubt is {ranked[0].name}"
    return shares(title, rows, across)


def _share(p: float) -> str:
    return f"{100 * min(1.0, max(0.0, p)):.0f} %"


def what_if_chart(known: Findings, across: int = WIDE) -> Chart:
    """One thing otherwise at a time."""
    mean = known.found.mean.value
    rows = [Ranged(_short(one), one.mean, one.mean, one.mean, likelihood(one.mean))
            for one in _telling(known)]  # fmt: skip
    rows.insert(0, Ranged("as stated", mean, mean, mean, likelihood(mean)))
    turned = [one for one in known.alternatives if (one.mean < HALF) != (mean < HALF)]
    title = "None of these would turn it"
    if turned:
        said = otherwise(min(turned, key=lambda one: abs(one.mean - HALF)))
        title = f"What would turn it: {said}"
    chart = comparison(title, rows, across)
    about = "One thing otherwise at a time. Persuaded: a point of log-odds towards refusing."
    return Chart(title, about, chart.body, chart.across, chart.height)


def _short(one: Alternative) -> str:
    return f"{one.of} persuaded" if one.what == "persuaded" else otherwise(one)


def _telling(known: Findings) -> list[Alternative]:
    """Of many levels, those whose persuasion would change most."""
    mean = known.found.mean.value
    levels = [one for one in known.alternatives if one.what == "persuaded" and one.of != EVERYONE]
    most = sorted(levels, key=lambda one: -abs(one.mean - mean))[:LEVELS]
    return [one for one in changing(known) if one not in levels or one in most]


def changing(known: Findings) -> list[Alternative]:
    """What would change the answer at all."""
    mean = known.found.mean.value
    return [one for one in known.alternatives if abs(one.mean - mean) >= CHANGES]


def grid_of(land: Landscape) -> Grid:
    """The heat map's values."""
    words = tuple((bound, phrase(bound - 1e-6)) for bound in WORDS)
    return Grid(
        land.refuses, land.correlations, land.means, land.even,
        (*words, (1.5, phrase(0.99))),
        tuple(_places(land)),
    )  # fmt: skip


def _places(land: Landscape) -> Iterator[Place]:
    """The medians as stated; those at one place under one name."""
    groups: dict[tuple[float, float], list[str]] = {}
    for one in land.stated:
        groups.setdefault((round(one.refuses, 4), one.correlation), []).append(one.of)
    for (refuses, correlation), names in groups.items():
        yield Place(refuses, correlation, f"{', '.join(names)} {figure(refuses)}")


def heat_chart(known: Findings, grid: Grid, across: int = WIDE) -> Chart:
    """Refusals against thinking alike."""
    title = "Nowhere here is it as likely as not"
    if known.even is not None and grid.curve:
        title = f"As likely as not if everybody refuses with {100 * known.even:.1f} %"
    return heat(title, grid, across)


def fan_chart(found: Assessment, released: Released, across: int = WIDE) -> Chart:
    """Released by when."""
    mean, last = found.mean.value, released.mean[-1]
    half = next(t for t, p in zip(released.times, released.mean, strict=True) if p >= last / 2)
    by = "by its deadline" if released.within is not None else "in the end"
    title = f"{percent(mean)} released {by}; half of that by {_about(half)}"
    if mean <= 0:
        title = "It is never released"
    said = (f"mean {figure(mean)}", f"median {figure(released.median[-1])}",
            figure(released.low[-1]), figure(released.high[-1]))  # fmt: skip
    deadline = "" if released.within is None else f"it expires: {spelt(released.within)}"
    curves = Fan(released.times, released.mean, released.median, released.low, released.high, said,
                 deadline)  # fmt: skip
    return fan(title, curves, across)


def _about(seconds: float) -> str:
    """A time to the minute, or to what is as small beside it."""
    for unit in (86400, 3600, 60):
        if seconds >= 10 * unit:
            return spelt(round(seconds / unit) * unit)
    return spelt(round(seconds)) if seconds < 600 else spelt(60 * round(seconds / 60))  # noqa: PLR2004


def plane_chart(pairs: Sequence[Pair], across: int = WIDE) -> Chart:
    """Always against never."""
    several = len(pairs) > 1
    dots = []
    for pair in pairs:
        name = f"{pair.right.chain.id} · {pair.right.beliefs.id}" if several else "as it is"
        people = len({post for level in pair.right.model.ladder[1:] for post in level.members})
        dots.append(
            Dot(pair.right.mean.value, pair.wrong.mean.value, f"{name}, {_counted(people)}")
        )
        dots += [
            Dot(one.always, one.never, _counted(one.people),
                ", ".join(f"{k} of {n} at {level}" for level, k, n in one.rules), own=False)
            for one in pair.designs
        ]  # fmt: skip
    first = pairs[0]
    title = (f"The right order gets through: {percent(first.right.mean.value)}. "
             f"The wrong one: {percent(first.wrong.mean.value)}")  # fmt: skip
    if first.designs:
        title = "Always and never: as it is, and what its levels could be"
    if several:
        title = "Who lets the right order through and stops the wrong one"
    return plane(title, dots, across)


def _counted(people: int) -> str:
    return "1 person" if people == 1 else f"{people} people"


def comparison_chart(found: Sequence[Assessment], across: int = WIDE) -> Chart:
    """Several answers side by side."""
    rows = []
    for one, name in zip(found, told_apart(found), strict=True):
        low, high = one.mean.value, one.mean.value
        said = likelihood(one.mean.value)
        if one.model.inputs:
            low, high = one.quantile(0.05), one.quantile(0.95)
            said = f"{said}, {spread_of(low, high)}"
        rows.append(Ranged(name, one.mean.value, low, high, said))
    return comparison(range_title(found), rows, across)


def told_apart(found: Sequence[Assessment]) -> list[str]:
    """Names that say no more than what differs."""
    parts = [(one.chain.id, one.beliefs.id, one.situation) for one in found]
    vary = [place for place in range(3) if len({row[place] for row in parts}) > 1]
    if not vary:
        return [named(one) for one in found]
    return [" · ".join(row[place] for place in vary if row[place]) for row in parts]


def range_title(found: Sequence[Assessment]) -> str:
    """From the least likely to the likeliest."""
    means = sorted(one.mean.value for one in found)
    if phrase(means[0]) == phrase(means[-1]):
        word = phrase(means[0])
        return f"{word[0].upper()}{word[1:]} throughout: {figure(means[0])} to {figure(means[-1])}"
    return f"From {likelihood(means[0])} to {likelihood(means[-1])}"
