"""The tables of an assessment's report: people, what is stated, and every number."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from cheget.picture.fan import spelt
from cheget.picture.markup import tag
from cheget.picture.tables import folded, table
from cheget.report.findings import Assumption, Findings, assumptions, figure, source_text

if TYPE_CHECKING:
    from cheget.assessment.answer import Assessment
    from cheget.assessment.beliefs import Belief
    from cheget.assessment.landscape import Landscape
    from cheget.assessment.uncertainty import Estimate

SHOWN, NAMES = 12, 6  # rows before the fold, names in one
_STEPS, _NEAR, _MOST = (0.05, 0.1, 0.2, 0.25, 0.5), 1e-9, 6  # of the table under the heat map


def people_tables(known: Findings) -> Iterator[str]:
    """Everybody's importance; people alike share a row."""
    heads = ("who", "moves it by", "among refusers", "alone", "reduction worth",
             "achievement worth", "Fussell\N{EN DASH}Vesely", "by sets")  # fmt: skip
    rows = [(_names(people), *row) for row, people in _alike(known).items()]
    if not rows:
        yield tag("p", text="Nobody is asked.", class_="soft")
        return
    numbers = frozenset(range(1, len(heads)))
    yield table(heads, rows[:SHOWN], numbers=numbers)
    if len(rows) > SHOWN:
        yield folded(f"and {len(rows) - SHOWN} more", table(heads, rows[SHOWN:], numbers=numbers))


def _alike(known: Findings) -> dict[tuple[str, ...], list[str]]:
    found: dict[tuple[str, ...], list[str]] = {}
    known.blame_all()
    for one in known.people:
        part = known.blame(one.person)
        row = (
            f"{100 * one.birnbaum:.1f} points",
            figure(part.refused) if part else "",
            figure(part.alone) if part else "",
            _ratio(one.reduction),
            _ratio(one.achievement),
            f"{one.fussell_vesely:.3f}",
            f"{known.by_sets[one.person]:.3f}" if one.person in known.by_sets else "",
        )
        found.setdefault(row, []).append(one.person)
    return found


def _ratio(value: float) -> str:
    return "∞" if math.isinf(value) else f"{value:.3g}"


def _names(people: Sequence[str]) -> str:
    more = f" and {len(people) - NAMES} more" if len(people) > NAMES else ""
    return ", ".join(people[:NAMES]) + more


def stated_tables(found: Assessment) -> Iterator[str]:
    """Every number that was stated, with its source, and the sources by number."""
    rows = [*assumptions(found), *further(found)]
    keys = list(dict.fromkeys(row.source for row in rows if row.source))
    shown = [
        (f"{row.of} {row.what}".strip(), row.text, _names(row.people),
         f"[{keys.index(row.source) + 1}]" if row.source else "judgment")
        for row in rows
    ]  # fmt: skip
    yield table(("number", "as stated", "who holds it", "from"), shown)
    if keys:
        yield tag(
            "ol", *(tag("li", text=source_text(found, key)) for key in keys), class_="sources"
        )
    judged = sum(not row.source for row in rows)
    yield tag("p", text=f"{judged} of {len(rows)} are judgment.", class_="soft")


def further(found: Assessment) -> Iterator[Assumption]:
    """What is stated beside people's states and thinking alike."""
    beliefs = found.beliefs
    rows: list[tuple[str, str, Belief | None]] = []
    for level, delay in beliefs.delays.items():
        rows += [(level, "delay", delay.time), (level, "delay, median", delay.median),
                 (level, "delay, sigma", delay.sigma)]  # fmt: skip
    rows += [(who, "message", one) for who, one in beliefs.messages.items()]
    rows.append(("trust", "lost a level", beliefs.trust))
    rows += [("visible", what, one) for what, one in (beliefs.visible or {}).items()]
    if beliefs.decision is not None:
        parts = (*beliefs.decision.terms.items(), *beliefs.decision.factors.items())
        rows += [("decision", name, one) for name, one in parts]
    yield from (Assumption(of, what, one.text, one.source) for of, what, one in rows if one)
    for event in beliefs.events:
        yield Assumption(event.name, f"happens, makes {event.makes}", event.probability.text,
                         event.probability.source, event.members)  # fmt: skip
    if beliefs.replace:
        yield Assumption("refusers", "replaced, a seat", f"{beliefs.replace}", "")
    if beliefs.within is not None:
        yield Assumption("it expires", "after", spelt(beliefs.within), "")


def every_number(found: Assessment) -> str:
    """Names, values to five digits, and how each was got."""
    rows: list[tuple[str, Estimate]] = [
        ("carried out: mean", found.mean), ("carried out: standard deviation", found.sd),
        *((f"carried out: {100 * q:.0f} % point", value) for q, value in found.quantiles),
        ("share of the range of beliefs below one half", found.below_half),
    ]  # fmt: skip
    for step in found.steps:
        rows += [
            (f"stopped at {step.level}", step.stopped),
            (f"expired at {step.level}", step.expired),
        ]
    for one in found.inputs:
        rows += [(f"{one.name}: Sobol index, first", one.first),
                 (f"{one.name}: Sobol index, total", one.total)]  # fmt: skip
    if found.expected is not None:
        rows.append((f"P({found.expected.text})", found.expected.probability))
    shown = [(name, f"{one.value:.5g}", _how(one)) for name, one in rows]
    way = "exact" if found.mean.method == "exact" else "quadrature"
    shown.insert(2, ("carried out: at the medians, not the answer", f"{found.at_medians:.5g}", way))
    return table(("number", "value", "how"), shown, numbers=frozenset({1}))


def _how(one: Estimate) -> str:
    return f"sampled ± {one.se:.2g}" if one.method == "sampled" else one.method


def grid_table(land: Landscape) -> str:
    """A few cells of the heat map, and where each row is as likely as not."""
    columns = _round(land.refuses)
    even = {rho: q for q, rho in land.even}
    heads = ("alike", *(f"{100 * land.refuses[at]:.3g} %" for at in columns), "even at")
    rows = []
    for at in _round(land.correlations):
        rho = land.correlations[at]
        cells = [f"{100 * land.means[at][column]:.0f}" for column in columns]
        rows.append((f"{rho:.2g}", *cells, f"{100 * even[rho]:.1f} %" if rho in even else "none"))
    return table(heads, rows, "small")


def _round(values: Sequence[float]) -> list[int]:
    """The places of round numbers among these, few enough for a small table."""
    for step in _STEPS:
        found = [at for at, one in enumerate(values) if abs(one - step * round(one / step)) < _NEAR]
        if 1 < len(found) <= _MOST:
            return found
    return [0, len(values) - 1]
