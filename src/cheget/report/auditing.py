"""What an audit report says, gathered: sections of plain rows, for JSON, tables and CSV alike.

The logs' own times decide what falls in a period, ``start`` ≤ t < ``end``; everything is told as
it stood at the period's last second, so that the same report can be made again later.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from cheget.audit.instant import to_text
from cheget.audit.merkle import leaf_hashes
from cheget.audit.peaks import Peaks, roots_at
from cheget.errors import ChegetError
from cheget.order.chronicle import Line, Period, lines, proceedings, size_at
from cheget.order.fields import Head
from cheget.order.ledger import Ledger, WholeLog, prove
from cheget.order.regimes import in_force
from cheget.order.verify import Pinned
from cheget.report.chronicles import Story, emergencies_of, entries_of, orders_of, overdue
from cheget.report.guarding import Row, guards, refusals
from cheget.report.powers import in_power
from cheget.service.desk import Desk
from cheget.service.house import House
from cheget.service.ledgers import read_ledger


class Pins(Protocol):
    """What a reader trusts, and remembers of what verified."""

    @property
    def pinned(self) -> Pinned:
        """What is verified against."""

    def keep(self, orders: Head | None, law: Head) -> None:
        """Remember heads that verified."""


@dataclass(frozen=True)
class Report:
    """A house in a period. Each section is rows of plain values; ``faults`` make it a no."""

    house: str
    deployment: str
    period: Period
    logs: list[Row] = field(default_factory=list)
    charters: list[Row] = field(default_factory=list)
    orders: list[Row] = field(default_factory=list)
    entries: list[Row] = field(default_factory=list)
    people: list[Row] = field(default_factory=list)
    emergencies: list[Row] = field(default_factory=list)
    refused: list[Row] = field(default_factory=list)
    guards: list[Row] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Whether nothing is at fault."""
        return not self.faults

    @property
    def sections(self) -> dict[str, list[Row]]:
        """The sections by name, in the order in which they are told."""
        names = ("logs", "charters", "orders", "entries", "people", "emergencies", "refused",
                 "guards")  # fmt: skip
        return {name: getattr(self, name) for name in names}


def gather(house: House, desk: Desk, period: Period, pins: Pins) -> Report:
    """The report. What the logs hold against it is a fault in it, never an exception.

    ``pins``: what whoever reads it trusted first, and remembers.
    """
    report = Report(desk.charter.house, desk.charter.deployment, period)
    ledger = read_ledger(desk)
    proved = _proved(ledger, pins)
    faults = [] if proved is None else [f"the logs are not proved: {proved}"]
    try:
        both = (*lines("law", ledger.law), *lines("orders", ledger.orders))
        story = desk.store.read(lambda tx: Story.read(tx, both, period))
        absences = tuple(story.state.absences.values())
        law = story.law
        known = proceedings(story.orders, law.charters, law.events, period.cut, absences)
    except ChegetError as error:
        return replace(report, faults=[*faults, f"the logs can't be read: {error}"])
    regimes = in_force(story.law.regimes(), period.start, period.cut)
    emergencies = list(emergencies_of(story, known))
    guarded, complaints = guards(house, period.start, period.cut)
    refused, more = refusals(house, story.receipts, period.start, period.cut)
    return replace(
        report,
        logs=[_log(one, period, proved is None) for one in
              (("law", ledger.law, story.laws), ("orders", ledger.orders, story.orders))],
        charters=[row for regime in regimes for row in in_power(regime)],
        orders=list(orders_of(story, known)),
        entries=list(entries_of(story, known)),
        people=[
            {"at": to_text(one.at), "change": one.change, "who": one.who, "what": one.what,
             "by": one.by}
            for one in story.law.comings() if period.has(one.at)
        ],
        emergencies=emergencies,
        refused=refused,
        guards=guarded,
        faults=[*faults, *overdue(emergencies), *complaints, *more],
    )  # fmt: skip


def _proved(ledger: Ledger, pins: Pins) -> ChegetError | None:
    """Why the logs are not proved from their first entry on; None: they are."""
    try:
        found = prove(ledger, pins.pinned)
    except ChegetError as error:
        return error
    pins.keep(found.orders_head, found.law_head)
    return None


def _log(one: tuple[str, WholeLog, Sequence[Line]], period: Period, proved: bool) -> Row:
    """A log: where the period lies in it, and its roots there and at its head."""
    name, log, entries = one
    sizes = [size_at(entries, at) for at in (period.start, period.cut)]
    roots = roots_at(Peaks(), leaf_hashes(leaf for leaf, _ in log.entries), {*sizes, len(entries)})
    (begins, ends), size = sizes, len(entries)
    return {
        "log": name, "proved": proved, "entries": ends - begins,
        "begins": begins, "begins_root": roots[begins].hex(),
        "ends": ends, "ends_root": roots[ends].hex(),
        "size": size, "root": roots[size].hex(), "checkpoint": log.latest.decode(),
    }  # fmt: skip
