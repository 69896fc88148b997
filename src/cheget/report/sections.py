"""The sections of an audit report: their titles and columns, their rows as CSV and as words."""

from __future__ import annotations

from typing import Any

from cheget.audit.instant import to_text
from cheget.report.auditing import Report
from cheget.report.cells import Cell, table
from cheget.report.guarding import Row
from cheget.report.terminal import safe

CANNOT_SHOW = (
    "It tells what these logs took and what the executors in this folder keep. Of an executor",
    "elsewhere it shows receipts alone; of an act without a code, nothing.",
)
# Of each section what it is called, every column that it has, and those that a terminal has
# room for: their heads, where these aren't the columns' names.
SECTIONS: dict[str, tuple[str, str, dict[str, str]]] = {
    "logs": (
        "the logs",
        "log proved entries begins begins_root ends ends_root size root checkpoint",
        {"log": "", "proved": "", "entries": "", "begins": "from", "ends": "to",
         "ends_root": "root there", "size": "head at"},
    ),
    "charters": (
        "the law in force, and who could have released",
        ("since until version charter keyless chain actions least coalitions in_each alone"
         " stop_alone not_proved"),
        {"since": "", "version": "charter", "chain": "", "actions": "", "least": "at least",
         "coalitions": "", "in_each": "in each of them", "stop_alone": "stop it alone"},
    ),
    "orders": (
        "orders",
        ("words order chain action parameters executors originator transmitted_at state carried_out"
         " concurred refused released_at ended_at ended_by ended_level ended_why receipts reason"),
        {"words": "order", "action": "", "transmitted_at": "transmitted", "originator": "by",
         "state": "", "concurred": "", "refused": "", "receipts": ""},
    ),
    "entries": (
        "entries",
        "at log position kind digest words person about effect text",
        {"at": "logged", "position": "entry", "words": "order", "kind": "", "person": "by",
         "about": "", "effect": "", "text": "said"},
    ),
    "people": (
        "who joined, who left, whose keys",
        "at change who what by",
        {"at": "", "change": "", "who": "", "what": "", "by": ""},
    ),
    "emergencies": (
        "emergencies, and their reviews",
        ("words order action originator state released_at rule until review reviewed_at"
         " reviewed_by findings"),
        {"words": "order", "action": "", "released_at": "released", "until": "review until",
         "review": "", "reviewed_by": "by", "findings": "found"},
    ),
    "refused": (
        "what executors refused",
        "at executor words order step says told_by",
        {"at": "", "executor": "", "words": "order", "step": "", "says": "why",
         "told_by": "told by"},
    ),
    "guards": (
        "tests of guards",
        "at executor guard passed ways_round says",
        {"at": "", "executor": "", "guard": "", "passed": "", "ways_round": "ways round",
         "says": "got past it"},
    ),
}  # fmt: skip
SHORT = 3  # of an order's words: as many as `cheget show` needs


def about(found: Report) -> dict[str, Any]:
    """Of which house and period, and whether anything is at fault."""
    period = found.period
    return {
        "house": found.house, "deployment": found.deployment,
        "from": to_text(period.start), "to": to_text(period.end),
        "as_of": to_text(period.cut - 1), "passed": found.passed,
    }  # fmt: skip


def written(found: Report) -> dict[str, str]:
    """Each section as CSV, by its name; every column that JSON has, lists joined by ``; ``."""
    rows = [(name, _cell(value)) for name, value in about(found).items()]
    rows += [("fault", safe(one)) for one in found.faults]
    tables = {"report": table(("what", "value"), rows)}
    for name, section in found.sections.items():
        heads = SECTIONS[name][1].split()
        tables[name] = table(heads, ([_cell(row[head]) for head in heads] for row in section))
    return tables


def _cell(value: object) -> Cell:
    match value:
        case None:
            return None
        case bool():
            return "yes" if value else "no"
        case int():
            return value
        case list():
            return "; ".join("(erased)" if one is None else safe(str(one)) for one in value)
        case _:
            return safe(str(value))


def said(row: Row, column: str) -> str:
    """A cell in a terminal: shorter than in a file."""
    value = row[column]
    found = str(_cell(value) or "") if value != 0 else "0"
    if value is None:
        found = {"least": "not proved", "text": "(erased)", "at": "not tested"}.get(column, "")
    elif column == "words":
        found = " ".join(found.split()[:SHORT])
    elif column == "ends_root":
        found = found[:16]
    elif column == "position":
        found = f"{row['log']} {found}"
    elif column == "action" and row.get("parameters"):
        found = f"{found} {_cell(row['parameters'])}"
    elif column == "state" and row["carried_out"]:
        found = "carried out"
    elif value is False:
        found = "NO"
    return found
