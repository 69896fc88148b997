"""The answer over a grid of beliefs, one cell at a time, on any ``concurrent.futures.Executor``.

A cell states one or more of the beliefs as certain numbers and leaves all others as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future, as_completed
from dataclasses import dataclass, replace
from itertools import product

from cheget.assessment.beliefs import STATES, Belief, Beliefs, Shared
from cheget.assessment.model import BASE, model_of
from cheget.assessment.number import fixed
from cheget.assessment.uncertainty import Study
from cheget.chain.chain import Chain
from cheget.errors import AssessmentError

MOST_CELLS = 1_000_000
LOT = 16  # cells at a time: seconds of work, so that handing it over costs little


@dataclass(frozen=True)
class Sweep:
    """``means[i]`` is carried out at ``cells[i]``, whose numbers are in the order of ``axes``."""

    axes: tuple[str, ...]
    cells: tuple[tuple[float, ...], ...]
    means: tuple[float, ...]


def sweep(
    chain: Chain, beliefs: Beliefs, axes: Mapping[str, Sequence[float]], situation: str = BASE, *,
    executor: Executor | None = None, progress: Callable[[int, int], None] | None = None,
) -> Sweep:  # fmt: skip
    """The mean of *carried out* at every combination of the axes' values.

    Args:
        chain: Whose.
        beliefs: In which the axes' beliefs are replaced.
        axes: ``WHO.refuses`` (or unreachable, compromised), ``shared.GROUP``, ``messages.WHO``,
            ``trust``, ``replace`` or ``within`` (seconds), each with its values.
        situation: Of the beliefs; an axis outranks it.
        executor: A pool of processes, threads or a cluster; None: here, one after another.
        progress: Told how many cells of how many are done.

    Raises:
        AssessmentError: no such belief, or too many cells.
    """
    cells = tuple(product(*axes.values()))
    if not 0 < len(cells) <= MOST_CELLS:
        raise AssessmentError(f"{len(cells):,} cells", hint=f"from 1 to {MOST_CELLS:,}")
    names = tuple(axes)
    for cell in cells:  # a fault is found before any work is done
        stated(chain, beliefs, situation, dict(zip(names, cell, strict=True)))
    lots = [cells[first : first + LOT] for first in range(0, len(cells), LOT)]
    means: dict[int, tuple[float, ...]] = {}
    if executor is None:
        for number, lot in enumerate(lots):
            means[number] = means_of(chain, beliefs, situation, names, lot)
            _tell(progress, means, len(cells))
    else:
        waiting: dict[Future[tuple[float, ...]], int] = {
            executor.submit(means_of, chain, beliefs, situation, names, lot): number
            for number, lot in enumerate(lots)
        }
        for done in as_completed(waiting):
            means[waiting[done]] = done.result()
            _tell(progress, means, len(cells))
    return Sweep(names, cells, tuple(mean for number in sorted(means) for mean in means[number]))


def _tell(
    progress: Callable[[int, int], None] | None, means: dict[int, tuple[float, ...]], of: int
) -> None:
    if progress is not None:
        progress(sum(map(len, means.values())), of)


def means_of(
    chain: Chain, beliefs: Beliefs, situation: str, names: Sequence[str],
    cells: Sequence[tuple[float, ...]],
) -> tuple[float, ...]:  # fmt: skip
    """The means at some cells: what one task does."""
    found = []
    for cell in cells:
        said = stated(chain, beliefs, situation, dict(zip(names, cell, strict=True)))
        found.append(Study(model_of(chain, said, situation)).quick_mean())
    return tuple(found)


def stated(chain: Chain, beliefs: Beliefs, situation: str, numbers: Mapping[str, float]) -> Beliefs:
    """The beliefs with some of their numbers certain.

    Raises:
        AssessmentError: there is no such number to state, or it can't be that.
    """
    for name, value in numbers.items():
        beliefs = _stated(chain, beliefs, situation, name, value)
    return beliefs


def _stated(  # noqa: PLR0911 - a kind of belief each
    chain: Chain, beliefs: Beliefs, situation: str, name: str, value: float
) -> Beliefs:
    what, _, of = name.rpartition(".")
    said = Belief(fixed(value), f"{value:g}")
    if of in STATES and what in _anybody(chain):
        _within(name, value, 0, 1)
        here = beliefs.situations.get(situation, {}) if situation else beliefs.members
        changed = {**here, what: {**here.get(what, {}), of: said}}
        if situation:
            return replace(beliefs, situations={**beliefs.situations, situation: changed})
        return replace(beliefs, members=changed)
    if what == "shared":
        _within(name, value, 0, 1)
        others = tuple(one for one in beliefs.shared if one.group != of)
        return replace(beliefs, shared=(*others, Shared(of, said)))
    if what == "messages" and of in _anybody(chain):
        return replace(beliefs, messages={**beliefs.messages, of: said})
    if name == "trust":
        return replace(beliefs, trust=said)
    if name == "replace" and value == int(value):
        _within(name, value, 0, 100)
        return replace(beliefs, replace=int(value))
    if name == "within":
        _within(name, value, 1e-3, 36500 * 86400)
        return replace(beliefs, within=value)
    raise AssessmentError(
        f"nothing to vary is called `{name}`",
        hint="such as everyone.refuses, shared.everyone, messages.LEVEL, trust, replace, within",
    )


def _anybody(chain: Chain) -> set[str]:
    return {
        "everyone", *(one.id for one in chain.members), *(one.id for one in chain.levels),
        *(one.id for one in chain.executors),
    }  # fmt: skip


def _within(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise AssessmentError(f"`{name}` can't be {value:g}", hint=f"from {low:g} to {high:g}")
