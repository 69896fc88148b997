"""What the executors in a house's folder say of themselves: tests of their guards, refusals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from cheget.audit.instant import from_text, to_text
from cheget.errors import ChegetError, HouseError
from cheget.executor.journal import read_records
from cheget.order.documents import Receipt, order_name
from cheget.report.kept import REFUSED, TESTS, read_lines
from cheget.service.house import House

Row = dict[str, Any]


def guards(house: House, start: int, end: int) -> tuple[list[Row], list[str]]:
    """Each test of a guard in a period, one row for an executor without; and what is at fault.

    What was tested last before ``end`` decides: a way round that has been closed since is told,
    and no fault.
    """
    rows, faults = [], []
    for folder in _folders(house):
        try:
            tests = [_test(folder, one) for one in read_lines(folder / TESTS)]
        except HouseError as error:
            faults.append(f"the tests of {folder.name} can't be read: {error}")
            continue
        before = [(at, row) for at, row in tests if at < end]
        rows += [row for at, row in before if at >= start]
        if not any(at >= start for at, _ in before):
            last = f"tested last at {to_text(before[-1][0])}" if before else "never tested"
            rows.append({**_UNTESTED, "executor": folder.name, "says": last})
        if before and not before[-1][1]["passed"]:
            faults.append(f"the guard of {folder.name} did not pass its test: "
                          f"{before[-1][1]['says']}")  # fmt: skip
    return rows, faults


def guard_words(house: House) -> dict[str, str]:
    """Of each executor in this house's folder that was ever tested: its guard, and how that went.

    What can't be read says nothing; the audit report calls it a fault.
    """
    found = {}
    for row in guards(house, 0, 2**52)[0]:
        if row["at"] is not None:
            went = "held" if row["passed"] else f"got round: {row['says']}"
            found[row["executor"]] = f"{row['guard']}, {went} on {row['at'][:10]}"
    return found


_UNTESTED: Row = {
    "at": None, "executor": "", "guard": None, "passed": None, "ways_round": None, "says": "",
}  # fmt: skip


def _test(folder: Path, one: Row) -> tuple[int, Row]:
    match one:
        case {
            "at": str(at), "guard": str(guard), "passed": bool(passed),
            "refusals": list(refused), "ways_round": list(ways),
        }:  # fmt: skip
            let = [_of(w, "as") for w in ways if _of(w, "result") != "denied"]
            let += [_of(r, "tried") for r in refused
                    if isinstance(r, dict) and r.get("refused") is False]  # fmt: skip
            return _instant(folder, at), {
                **_UNTESTED, "at": at, "executor": folder.name, "guard": guard, "passed": passed,
                "ways_round": len(ways), "says": ", ".join(let) or "nothing got past it",
            }  # fmt: skip
        case _:
            raise HouseError(f"{folder / TESTS} holds something that is no test")


def _of(value: object, name: str) -> str:
    return str(value.get(name, "")) if isinstance(value, dict) else ""


def _instant(folder: Path, text: str) -> int:
    try:
        return from_text(text)
    except ValueError as error:
        raise HouseError(f"{folder}: {error}") from None


def refusals(
    house: House, receipts: Sequence[tuple[int, Receipt]], start: int, end: int
) -> tuple[list[Row], list[str]]:
    """Each attempt that an executor refused in a period, and what can't be read.

    By its receipt in the log; of those without one, by what its folder here keeps.
    """
    found = [
        (at, _row(one.executor, to_text(at), one.order, None, "a receipt says so", "log"))
        for at, one in receipts if one.outcome == "refused"
    ]  # fmt: skip
    logged = {(one.executor, one.order) for _, one in receipts}
    faults = []
    for folder in _folders(house):
        try:
            found += _kept(folder)
            found += [(at, row) for at, row in _journaled(folder)
                      if (folder.name, row["order"]) not in logged]  # fmt: skip
        except (ChegetError, OSError) as error:
            faults.append(f"what {folder.name} refused can't be read: {error}")
    inside = [(at, row) for at, row in found if start <= at < end]
    return [row for _, row in sorted(inside, key=lambda one: one[0])], faults


def _kept(folder: Path) -> Iterator[tuple[int, Row]]:
    for one in read_lines(folder / REFUSED):
        match one:
            case {
                "at": str(at),
                "order": str(order),
                "says": str(says),
                "step": int() | None as step,
            }:
                yield _instant(folder, at), _row(folder.name, at, order, step, says, "folder")
            case _:
                raise HouseError(f"{folder / REFUSED} holds something that is no refusal")


def _journaled(folder: Path) -> Iterator[tuple[int, Row]]:
    """Refusals of a crew whose receipt has not reached the log."""
    journal = folder / "journal.jsonl"
    for record in read_records(journal) if journal.exists() else ():
        if record.kind == "outcome" and record.facts.get("outcome") == "refused":
            order = str(record.facts.get("order", ""))
            at = to_text(record.at)
            yield record.at, _row(folder.name, at, order, 10, "its crew refused", "journal")


def _row(executor: str, at: str, order: str, step: int | None, says: str, told_by: str) -> Row:
    try:
        words = order_name(order)
    except ValueError:
        words = ""
    return {
        "at": at, "executor": executor, "words": words, "order": order, "step": step,
        "says": says, "told_by": told_by,
    }  # fmt: skip


def _folders(house: House) -> list[Path]:
    """The executors that live in this house's folder."""
    place = house.folder / "executors"
    try:
        return sorted(one for one in place.iterdir() if one.is_dir()) if place.is_dir() else []
    except OSError as error:
        raise HouseError(f"{place}: {error.strerror}") from error
