"""A look at the store: the database, both logs recomputed, what was seen before, the clock."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from cheget.audit.header import Mention, decode
from cheget.audit.instant import to_text
from cheget.audit.slice import Slice
from cheget.cli.backup import MARK as BACKED_UP
from cheget.cli.finding import Finding, looked, mind, well, wrong
from cheget.cli.plain import now
from cheget.report.wording import count
from cheget.service.address import named
from cheget.service.house import LOGS, file_of, open_desk, open_store, store_address
from cheget.service.retention import retention_of, texts_before
from cheget.service.rollback import HaltedStore, holds
from cheget.service.shown import head_of

if TYPE_CHECKING:
    from cheget.order.fields import Head
    from cheget.service.counter import LocalCounter
    from cheget.service.house import House
    from cheget.service.store import Log, Reading, Store

OLD = 2 * 24 * 3600  # seconds


def store(house: House) -> Iterator[Finding]:
    """The store of a house, and all that is in it."""
    found: list[str | None] = []
    yield from looked("store", lambda: _place(house, found))
    if not found:
        return
    address = found[0]
    before = "wrong" if address is None else ""
    for one in looked("store", lambda: _database(house, address)):
        before = one.sign
        yield one
    if before != "wrong":
        yield from looked("store", lambda: _opened(house))


def _place(house: House, found: list[str | None]) -> Iterator[Finding]:
    """Where it is; nothing is made that is not there."""
    address = store_address(house)
    if address is None and not file_of(house).exists():
        yield mind(
            "charter", "none has been proposed: the house isn't founded", "cheget people found"
        )
        return
    found.append(address)


def _database(house: House, address: str | None) -> Iterator[Finding]:
    """Whether the database is whole, or there."""
    if address is None:
        yield _sqlite(file_of(house))
        return
    from cheget.service.pglink import Link

    link = Link(address)
    try:
        version = link.ask("SHOW server_version")[0][0]
    finally:
        link.close()
    yield well("store", f"{named(address)}: PostgreSQL {version} answers, and takes writes")


def _sqlite(path: Path) -> Finding:
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as file:
            faults = [row[0] for row in file.execute("PRAGMA integrity_check(3)")]
    except sqlite3.Error as error:
        faults = [str(error)]
    if faults == ["ok"]:
        return well("store", f"{path.name}: SQLite finds it whole, {path.stat().st_size:,} bytes")
    do = "stop the desk, keep the file, restore the last backup: cheget serve --from-backup"
    return wrong("store", f"{path}: {'; '.join(faults)}", do)


def _opened(house: House) -> Iterator[Finding]:
    from cheget.cli import doctor_law, doctor_orders
    from cheget.cli.foundings import standing
    from cheget.service.clock import SystemClock

    founding = standing(house)
    if founding["state"] != "founded":
        missing = ", ".join(founding["missing"])
        says = f"a first charter is {founding['state']}" + (
            f"; to agree: {missing}" if missing else ""
        )
        yield mind("charter", says, "cheget people found")
        return
    opened = open_store(house)
    if isinstance(opened, HaltedStore):
        opened.close()
        yield wrong("store", opened.fault().message, opened.fault().hint)
        return
    try:
        desk = open_desk(house, opened, SystemClock())
        yield from looked("log", lambda: _logs(opened))
        yield from looked("log", lambda: _seen(desk))
        yield _backed_up(opened)
        yield from looked("retention", lambda: _aged(desk, house))
        yield from looked("clock", lambda: _clock(opened, house.terms.skew))
        yield from doctor_law.law(desk, house)
        yield from doctor_orders.orders(desk, house.open_orders)
    finally:
        opened.close()


def _logs(opened: Store) -> Iterator[Finding]:
    """Whether the tree that is stored is that of the entries, and the logs name each other."""
    for log in LOGS:
        size = opened.read(partial(_recomputed, log=log))
        if size is None:
            do = "restore the last backup; cheget log verify says more"
            yield wrong("log", f"{log}: the stored tree isn't that of its entries", do)
        else:
            yield well("log", f"{log}: {count(size, 'entry', 'entries')}, recomputed")
    if not opened.read(_mentioned):
        yield wrong("log", "the orders log mentions another law log", "restore the last backup")


def _recomputed(tx: Reading, log: Log) -> int | None:
    size = tx.size(log)
    leaves = tuple(tx.leaves(log, 0, size))
    if len(leaves) != size:
        return None
    return (
        size
        if Slice(0, (), leaves).roots({size})[size].hex() == head_of(tx, log, size).root
        else None
    )


def _mentioned(tx: Reading) -> bool:
    last = [decode(one.leaf) for one in tx.of_kind("orders", "law")[-1:]]
    head = head_of(tx, "law", tx.size("law"))
    return all(
        isinstance(one, Mention) and (one.size, one.root) == (head.size, head.root) for one in last
    )


def _seen(desk: LocalCounter) -> Iterator[Finding]:
    """Whether the logs hold the heads that this client saw before."""
    from cheget.cli.context import pins_of

    pinned = pins_of(desk).pinned
    heads: tuple[tuple[Log, Head | None], ...] = (("orders", pinned.orders), ("law", pinned.law))
    for log, held in heads:
        if held is not None and not desk.store.read(partial(holds, log=log, head=held)):
            do = "stop the desk before it signs anything: docs/stores.md, Backup"
            yield wrong("log", f"{log}: this client saw {held.size} entries that it lacks", do)
            return
    yield well("log", "both hold what this client saw before")


def _backed_up(opened: Store) -> Finding:
    """How old the last backup is that was made from this store."""
    data = opened.read(lambda tx: tx.mark(BACKED_UP))
    if data is None:
        return mind("backup", "none was made from this store", "cheget backup FILE, every day")
    found, size = json.loads(data), opened.read(lambda tx: tx.size("orders"))
    says = f"{to_text(found['made'])}; {count(size - found['orders'], 'entry', 'entries')} since"
    if size > found["orders"] and now() - found["made"] > OLD:
        return mind("backup", says, "cheget backup FILE, every day")
    return well("backup", says)


def _aged(desk: LocalCounter, house: House) -> Iterator[Finding]:
    """Texts that are kept longer than the house means to."""
    retention = retention_of(house)
    found = [] if retention is None else texts_before(desk, now() - retention)
    if found:
        says = f"{count(len(found), 'text')} older than house.yaml keeps them"
        yield mind("retention", says, "cheget log redact --yes, from cron")


def _clock(opened: Store, skew: int) -> Iterator[Finding]:
    """The machine's clock against the last entries."""

    def last(tx: Reading) -> int:
        ends = [(log, tx.size(log)) for log in LOGS]
        return max(
            (decode(tx.leaves(log, size - 1, size)[0]).at for log, size in ends if size), default=0
        )

    at = opened.read(last)
    if at > now() + skew:
        do = "set the clock (NTP); until then entries bear the log's last time"
        yield wrong(
            "clock", f"it is {to_text(now())} here, and the last entry is of {to_text(at)}", do
        )
    else:
        yield well("clock", f"{to_text(now())}; the last entry is of {to_text(at)}")
