"""A ledger as a file: one JSON value a line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import cast

from cheget.errors import LogError, MalformedDocumentError
from cheget.order import canonical
from cheget.order.canonical import Json
from cheget.order.charter import MAX_CHARTER, Charter, read_charter
from cheget.order.ledger import Ledger, WholeLog

FORM = "cheget ledger v1"
MAX_LINE = 2 * MAX_CHARTER


def encode_ledger(ledger: Ledger) -> Iterator[bytes]:
    """The lines of a ledger's file."""
    yield _line({"form": FORM, "charter": ledger.charter.payload.decode()})
    for charter in ledger.charters:
        yield _line({"charter": charter.payload.decode()})
    for stored in ledger.enrolments:
        yield _line({"enrolment": stored.decode()})
    for name, log in (("law", ledger.law), ("orders", ledger.orders)):
        for position, (leaf, stored) in enumerate(log.entries):
            yield _line(
                {
                    "envelope": stored.decode() if stored else None, "header": leaf.decode(),
                    "log": name, "position": position,
                }
            )  # fmt: skip
        yield _line({"checkpoint": name, "note": log.latest.decode()})
    for order, executors in ledger.executors.items():
        yield _line({"executors": list(executors), "order": order})


def decode_ledger(lines: Iterable[bytes]) -> Ledger:
    """The ledger in a file, read strictly; nothing in it is verified.

    Raises:
        VerificationError: a line that is none of a ledger's.
        CharterError: its charter cannot stand.
    """
    charters: list[Charter] = []
    enrolments: list[bytes] = []
    logs: dict[str, list[tuple[bytes, bytes]]] = {"law": [], "orders": []}
    notes: dict[str, bytes] = {}
    executors: dict[str, tuple[str, ...]] = {}
    for number, line in enumerate(lines, 1):
        match _value(line, number):
            case {"form": str(form), "charter": str(payload)} if form == FORM and number == 1:
                charters.append(read_charter(payload.encode()))
            case {"charter": str(payload)} if charters:
                charters.append(read_charter(payload.encode()))
            case {"enrolment": str(stored)}:
                enrolments.append(stored.encode())
            case {
                "envelope": str() | None as beside, "header": str(leaf), "log": str(name),
                "position": int(position),
            } if name in logs:  # fmt: skip
                if position != len(logs[name]):
                    raise LogError(
                        f"line {number}: entry {position} of the {name} log,"
                        f" where {len(logs[name])} is due"
                    )
                logs[name].append((leaf.encode(), (beside or "").encode()))
            case {"checkpoint": str(name), "note": str(note)} if name in logs:
                notes[name] = note.encode()
            case {"executors": list(names), "order": str(order)}:
                executors[order] = tuple(cast("list[str]", names))
            case _:
                raise MalformedDocumentError(f"line {number} is none of a ledger's")
    if not charters or notes.keys() != logs.keys():
        raise MalformedDocumentError("not a ledger: it lacks its charter or a checkpoint")
    return Ledger(
        charters[0], tuple(enrolments), WholeLog(tuple(logs["law"]), notes["law"]),
        WholeLog(tuple(logs["orders"]), notes["orders"]), executors, tuple(charters[1:]),
    )  # fmt: skip


def _line(value: dict[str, Json]) -> bytes:
    return canonical.encode(value) + b"\n"


def _value(line: bytes, number: int) -> Json:
    try:
        return canonical.decode(line.rstrip(b"\n"), up_to=MAX_LINE)
    except MalformedDocumentError as error:
        raise MalformedDocumentError(f"line {number}: {error}") from None
