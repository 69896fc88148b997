"""The log of orders on pages: the latest first, searched, and each entry with its proof."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from fastapi.responses import HTMLResponse

from cheget.audit.header import Header, decode
from cheget.audit.merkle import leaf_hash
from cheget.order.documents import AnyDocument, order_name
from cheget.order.papers import Filed, open_envelope
from cheget.order.telling import moment
from cheget.service.api.problems import Problem
from cheget.service.shown import head_of, inclusion
from cheget.service.store import Reading
from cheget.web.language import tell
from cheget.web.visit import LetIn, Visit

router = APIRouter(include_in_schema=False)
PAGE = 50  # rows
CHUNK, LOOKED = 256, 4096  # entries read at once, and looked through for one page of findings
KINDS = ("order", "concurrence", "refusal", "question", "countermand", "attestation", "review",
         "receipt", "law")  # fmt: skip
SPOKEN = ("reason", "statement", "finding")
Place = Annotated[int, Query(ge=0, le=2**53)]


@dataclass(frozen=True)
class Row:
    """An entry as the log shows it. ``order``: the digest of one that the house knows."""

    position: int
    at: str
    kind: str
    who: str = ""
    order: str = ""
    words: str = ""
    subject: str = ""


@router.get("/log")
def log(
    visit: LetIn, before: Place = 2**53,
    kind: Annotated[str, Query(max_length=20)] = "", q: Annotated[str, Query(max_length=80)] = "",
) -> HTMLResponse:  # fmt: skip
    """The log of orders, the latest first; ``q`` is a person, or an order's words or digest."""
    head = visit.door.counter.head("orders")
    wanted = " ".join(q.replace("-", " ").lower().split()) if " " in q or "-" in q else q.strip()
    rows: list[Row] = []
    end = stop = min(before, head.size)
    for one in _backwards(visit, end):
        stop = one.position
        if (not kind or one.kind == kind) and _matches(one, wanted):
            rows.append(one)
        if len(rows) == PAGE or end - stop >= LOOKED:
            break
    return visit.page(
        "log.html", rows=rows, size=head.size, root=head.root, more=stop, kinds=KINDS, kind=kind,
        q=q, looked=end - stop, searched=bool(kind or wanted),
    )  # fmt: skip


def _matches(one: Row, wanted: str) -> bool:
    said = (one.who, one.order, one.subject)
    return not wanted or wanted in said or (bool(one.words) and one.words.startswith(wanted))


def _backwards(visit: Visit, end: int) -> Iterator[Row]:
    counter = visit.door.counter
    known = set(counter.listed())
    while end > 0:
        start = max(0, end - CHUNK)

        def read(tx: Reading, start: int = start, end: int = end) -> list[Row]:
            leaves = tx.leaves("orders", start, end)
            return [_row(tx, place, leaf, known) for place, leaf in enumerate(leaves, start)]

        yield from reversed(counter.store.read(read))
        end = start


def _row(tx: Reading, position: int, leaf: bytes, known: set[str]) -> Row:
    header = decode(leaf)
    at = moment(header.at)
    if not isinstance(header, Header):
        return Row(position, at, "law", subject=tell("law log at size %(size)s", size=header.size))
    document = _filed(tx, header).unverified
    about = getattr(document, "order", header.subject)
    order = about if about in known else ""
    return Row(
        position, at, header.kind, _who(document), order, order_name(order) if order else "",
        header.subject[:16],
    )  # fmt: skip


def _filed(tx: Reading, header: Header) -> Filed:
    return open_envelope(tx.thread("orders", header.subject, header.seq)[0].envelope)


def _who(document: AnyDocument) -> str:
    return next(
        (
            str(found) for name in ("signer", "executor", "originator")
            if (found := getattr(document, name, ""))
        ),
        "",
    )  # fmt: skip


@router.get("/log/{position}")
def entry(visit: LetIn, position: Annotated[int, Path(ge=0, le=2**53)]) -> HTMLResponse:
    """An entry: what was signed, and the proof that the log holds it."""
    counter = visit.door.counter
    known = set(counter.listed())

    def read(tx: Reading) -> dict[str, Any]:
        size = tx.size("orders")
        if position >= size:
            raise Problem(404, "not-here", f"the log has {size:,} entries")
        (leaf,) = tx.leaves("orders", position, position + 1)
        path = inclusion(tx, "orders", position, size)
        return {
            "row": _row(tx, position, leaf, known), "fields": _fields(tx, leaf),
            "leaf": leaf.decode(), "leaf_hash": leaf_hash(leaf).hex(),
            "path": [one.hex() for one in path], "head": head_of(tx, "orders", size),
        }  # fmt: skip

    return visit.page("entry.html", **counter.store.read(read))


def _fields(tx: Reading, leaf: bytes) -> list[tuple[str, str]]:
    """What was signed, whole, in the signed order of fields; texts in place of their digests."""
    header = decode(leaf)
    if not isinstance(header, Header):
        return [(tell("law log"), tell("%(size)s entries", size=header.size)),
                (tell("its root"), header.root)]  # fmt: skip
    filed = _filed(tx, header)
    signed: dict[str, Any] = json.loads(filed.envelope.payload)
    texts = tx.texts([signed[name] for name in SPOKEN if signed.get(name)])
    for name in SPOKEN:
        if signed.get(name):
            held = texts.get(signed[name])
            signed[name] = (
                f"“{held.text}”" if held is not None else f"{tell('(erased)')} {signed[name]}"
            )
    told = [(name, value if isinstance(value, str) else json.dumps(value))
            for name, value in signed.items()]  # fmt: skip
    return [*told, ("digest", filed.envelope.digest)]
