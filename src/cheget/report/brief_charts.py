"""Charts of the brief: of many rows those that say most, and how many were left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cheget.picture.rows import End, Swing, ends, tornado
from cheget.report.assess_charts import ends_chart
from cheget.report.findings import NOTHING, Findings, figure

if TYPE_CHECKING:
    from cheget.assessment.answer import Assessment
    from cheget.picture.chart import Chart


def ends_within(found: Assessment, most: int, across: int) -> Chart:
    """Where it ends; of many levels those where it does most, in their order."""
    whole = ends_chart(found, across)
    if len(found.steps) <= most + 1:
        return whole
    ranked = sorted(found.steps, key=lambda one: -one.stopped.value - one.expired.value)[:most]
    steps = [_end(one.level, one.stopped.value, one.expired.value)
             for one in found.steps if one in ranked]  # fmt: skip
    rest = [one for one in found.steps if one not in ranked]
    steps.append(_end(f"and {len(rest)} more: cheget assess --all",
                      sum(one.stopped.value for one in rest),
                      sum(one.expired.value for one in rest)))  # fmt: skip
    mean = found.mean.value
    steps.append(End("carried out", 0, 0, f"● {figure(mean)}", mean))
    return ends(whole.title, steps, across)


def _end(name: str, stopped: float, expired: float) -> End:
    said = [f"✕ stopped {figure(stopped)}"]
    said += [f"▲ expired {figure(expired)}"] if expired > NOTHING else []
    return End(name, stopped, expired, "  ".join(said))


def swings_within(known: Findings, most: int, across: int) -> Chart:
    """The tornado's widest bars."""
    swings = [
        Swing(one.name, one.low, one.high,
              f"{known.found.input(one.name).belief.text}: {figure(one.low)} to {figure(one.high)}")
        for one in known.bars[:most]
    ]  # fmt: skip
    first = known.bars[0]
    title = f"{first.name} moves it most: {figure(first.low)} to {figure(first.high)}"
    return tornado(title, swings, known.found.mean.value, across)
