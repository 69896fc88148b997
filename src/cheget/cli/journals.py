"""What an executor's journal says, for whoever looks only."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cheget.chain.quantity import decimal_text
from cheget.cli.install import Place, read_pinned, read_settings
from cheget.cli.plain import now
from cheget.cli.template import UNPINNED
from cheget.cli.trial import last_trial
from cheget.errors import JournalError, NotAcceptedError
from cheget.executor.history import History, Looked
from cheget.executor.journal import is_held, read_records
from cheget.keyring import keyfile
from cheget.order.circumstances import spent
from cheget.order.documents import order_name
from cheget.order.keys import ED25519, PublicKey, fingerprint
from cheget.report.terminal import safe
from cheget.report.wording import count, span

if TYPE_CHECKING:
    from cheget.executor.config import Configuration
    from cheget.executor.journal import Record
    from cheget.order.documents import Receipt

_FEW = 3  # lines of an output, where several orders are shown
_WIDEST = 300  # characters of a line of it


def status_of(place: Place, name: str) -> dict[str, Any]:
    """An executor as JSON."""
    settings = read_settings(place, name)
    records = read_records(place.journal) if place.journal.exists() else []
    tenure = None
    for record in records:
        if record.kind in {"tenure", "reset"}:
            tenure = record.facts["orders"]["size"] if record.kind == "tenure" else None
    return {
        "executor": name,
        "chain": settings.chain,
        "guard": settings.guard,
        "charter": None if settings.charter == UNPINNED else settings.charter,
        "key": fingerprint(PublicKey(ED25519, keyfile.public_half(place.key))),
        "acts": sorted(settings.acts),
        "probed": sorted(action for action, act in settings.acts.items() if act.probe),
        "at_work": bool(records) and is_held(place.journal),
        "tenure": tenure,
        "heads": {log: _head(records, log) for log in ("law", "orders")},
        "limits": _limits(place, settings, records),
        "orders": [_order(records, order) for order in _orders(records)],
        "tested": last_trial(place),
        "stops": sum(record.kind == "stop" for record in records),
    }


def output_of(records: Sequence[Record], order: str, known: Collection[str] | None = None) -> str:
    """What the act of an order said last, up to 64 KiB; empty if it said nothing.

    Args:
        records: The executor's journal.
        order: Its digest.
        known: Salted digests that signed receipts bind: of another output, nothing is shown.
    """
    for record in reversed(records):
        if record.kind != "receipt" or record.facts["order"] != order:
            continue
        text, salt = record.facts["output"], bytes.fromhex(record.facts["salt"])
        digest = hashlib.sha256(salt + text.encode()).hexdigest()
        if text and (known is None or digest in known):
            return str(text)
    return ""


def outputs(house: Path, order: str, receipts: Iterable[Receipt]) -> dict[str, str]:
    """What the acts of an order said, of each executor whose journal can be read here."""
    known: dict[str, set[str]] = {}
    for receipt in receipts:
        known.setdefault(receipt.executor, set()).add(receipt.output)
    found = {}
    for executor, digests in known.items():
        with suppress(JournalError):
            records = read_records(Place(house / "executors" / executor).journal)
            if said := output_of(records, order, digests):
                found[executor] = said
    return found


def quoted(text: str, most: int) -> list[str]:
    """The last lines of an output as a terminal may be given them."""
    lines = safe(text).rstrip().splitlines()
    cut = [f"    … {len(lines) - most} lines before; --json has all"] if len(lines) > most else []
    return [*cut, *(f"    │ {line[:_WIDEST]}" for line in lines[-most:])]


def find(records: Sequence[Record], words: tuple[str, ...]) -> str:
    """The digest of the order in the journal that a person named.

    Raises:
        NotAcceptedError: none, or several, go by that name.
    """
    text = " ".join(words).replace("-", " ").strip().lower()
    found = [
        order
        for order in _orders(records)
        if order_name(order).startswith(text) or (len(text) >= 8 and order.startswith(text))  # noqa: PLR2004
    ]
    if len(found) == 1:
        return found[0]
    what = f"{len(found)} orders" if found else "no order"
    raise NotAcceptedError(f"the journal has {what} that begins with {safe(text)}")


def print_status(value: dict[str, Any]) -> None:
    """An executor for people: the verdict first."""
    unknown = [one for one in value["orders"] if one["outcome"] == "unknown"]
    if value["charter"] is None:
        verdict = "no charter is pinned yet"
    elif not value["acts"]:
        verdict = "its executor.yaml holds no act yet: every code is refused"
    elif unknown:
        verdict = f"{len(unknown)} unknown: somebody must look, and settle"
    elif value["tenure"] is None:
        verdict = "its journal has no tenure: pin the charter again"
    else:
        verdict = "at work" if value["at_work"] else "ready, and not at work"
    held = value["heads"]["orders"]
    click.echo(f"{value['executor']}: {verdict}.")
    for title, shown in (
        ("chain", value["chain"]),
        ("guard", value["guard"]),
        ("charter", value["charter"] or "none"),
        ("key", value["key"]),
        ("acts", ", ".join(_act(one, value) for one in value["acts"]) or "none"),
        ("tenure", "none" if value["tenure"] is None else f"from entry {value['tenure']} on"),
        ("holds", "no head" if held is None else f"the log at size {held['size']}"),
    ):
        click.echo(f"  {title:<9} {shown}")
    for one in value["limits"]:
        of = f" of {one['of']}" if one["of"] else ""
        click.echo(
            f"  limit     {one['action']}: {one['used']} of {one['most']}{of} used in the last"
            f" {span(one['per'])}"
        )
    if (tested := value["tested"]) is not None:
        found = "passed" if tested["passed"] else "FAILED"
        ways = tested["ways_round"]
        open_ = f", {count(ways, 'way')} round open" if ways else ""
        click.echo(f"  tested    {tested['at']}: {found}{open_}")
    for one in value["orders"]:
        late = "" if one["delivered"] else "  (receipt not handed over)"
        click.echo(f"  {one['words']}   {one['outcome']}{late}")
        for line in quoted(one["output"], _FEW):
            click.echo(line)


def _limits(
    place: Place, settings: Configuration, records: Sequence[Record]
) -> list[dict[str, Any]]:
    """How much of each action's limit is used up now, by what the journal holds."""
    if settings.charter == UNPINNED or not place.charter.exists():
        return []
    chain = read_pinned(place, settings).chain_of(settings.executor)
    acts = History(Looked(records)).acts()
    return [
        {
            "action": action.id, "most": limit.most, "per": limit.per,
            "of": limit.parameter or None,
            "used": decimal_text(spent(acts, limit, action.id, now())),
        }
        for action in chain.actions
        if action.id in settings.acts and (limit := action.limit) is not None
    ]  # fmt: skip


def _act(action: str, value: dict[str, Any]) -> str:
    return f"{action} (exactly once)" if action in value["probed"] else f"{action} (at most once)"


def _head(records: Sequence[Record], log: str) -> dict[str, Any] | None:
    """The last head of a log that the journal holds."""
    held = [one.facts[log] for one in records if log in one.facts]
    return held[-1] if held else None


def _orders(records: Sequence[Record]) -> list[str]:
    return list(
        dict.fromkeys(
            one.facts["order"] for one in records if "order" in one.facts and one.kind != "serial"
        )
    )


def _order(records: Sequence[Record], order: str) -> dict[str, Any]:
    mine = [one for one in records if one.facts.get("order") == order]
    outcome = "stored"
    for record in mine:
        if record.kind == "intent":
            outcome = "acting"
        elif record.kind in {"outcome", "settled"}:
            outcome = record.facts["outcome"]
    delivered = {one.facts["receipt"] for one in records if one.kind == "delivered"}
    receipts = [one.hash for one in mine if one.kind == "receipt"]
    return {
        "order": order, "words": order_name(order), "outcome": outcome,
        "delivered": all(one in delivered for one in receipts),
        "output": output_of(mine, order),
    }  # fmt: skip
