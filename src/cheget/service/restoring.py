"""A backup put back: checked against the folder and its store, then files, rows, and the mark.

The store is halted from its first row on. Whatever kills it in the middle, the same backup goes on
where that ended, and nothing else opens the store before it is whole.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from cheget.audit.header import Header, Mention, decode
from cheget.errors import BackupError, HouseError
from cheget.keyring.dealt import write_durably
from cheget.order.fields import Head, Text
from cheget.order.ledger import Proved
from cheget.order.papers import open_envelope
from cheget.service.backup import KEYS, Backup
from cheget.service.house import (
    LOGS,
    House,
    bare_store,
    file_of,
    log_signers,
    open_house,
    store_address,
)
from cheget.service.rollback import MARK, Restored, restored
from cheget.service.shown import head_of
from cheget.service.store import Log, Reading, Store, Writing

T = TypeVar("T")

BATCH = 500  # rows in a transaction


def restore(folder: Path, backup: Backup, proved: Proved, now: int) -> House:
    """Put a backup back into an empty house and an empty store.

    Args:
        folder: Its files are missing there, or the same.
        backup: Read, and proved.
        proved: What it amounts to.
        now: Seconds.

    Raises:
        BackupError: something else is there already, or a log key is missing; nothing was written.
        StoreError: the store could not be written; call it again.
    """
    _check_files(folder, backup)
    house, address = _staged(folder, backup)
    if address is not None or file_of(house).exists():
        _with_store(house, address, lambda store: _check_empty(store, backup))
    (folder / "desk").mkdir(mode=0o700, parents=True, exist_ok=True)
    for path, data in backup.files.items():
        if not (folder / path).exists():
            write_durably(folder / path, data, 0o600 if path.startswith("desk/") else 0o644)
    log_signers(house)
    _with_store(house, address, lambda store: _fill(store, backup, proved, now))
    return house


def _check_files(folder: Path, backup: Backup) -> None:
    for path, data in backup.files.items():
        there = folder / path
        try:
            if there.exists() and there.read_bytes() != data:
                raise BackupError(
                    f"{there} is there already, and is another than in the backup",
                    hint="restore into an empty folder: --house FOLDER",
                )
        except OSError as error:
            raise BackupError(f"{there}: {error.strerror}") from error
    if lacking := [one for one in KEYS if one not in backup.files and not (folder / one).exists()]:
        raise BackupError(
            f"the backup holds no log keys, and {folder / lacking[0]} is missing",
            hint=f"put {' and '.join(KEYS)} into {folder} first, from where you keep them",
        )


def _staged(folder: Path, backup: Backup) -> tuple[House, str | None]:
    """The house that it will be and where its store is, without a word written in its folder."""
    with tempfile.TemporaryDirectory() as beside:
        for path, data in backup.files.items():
            if path.endswith(".yaml"):
                write_durably(Path(beside) / path, data, 0o600)
        try:
            house = open_house(Path(beside))
            address = store_address(house)
        except HouseError as error:
            raise BackupError(f"the house in the backup: {error}") from error
        if house.deployment != backup.deployment:
            raise BackupError("house.yaml in the backup is of another deployment than its logs")
    house = replace(house, folder=folder)
    if all((folder / one).exists() for one in KEYS):
        log_signers(house)
    return house, address


def _with_store(house: House, address: str | None, work: Callable[[Store], T]) -> T:
    store = bare_store(house, address)
    try:
        return work(store)
    finally:
        store.close()


def _check_empty(store: Store, backup: Backup) -> None:
    """Return only if nothing is in the store, or the beginning of this very backup."""

    def look(tx: Reading) -> tuple[Restored | None, bool]:
        return restored(tx), tx.charter() is not None or any(tx.size(log) for log in LOGS)

    found, is_filled = store.read(look)
    if found is not None and (found.state, found.backup) == ("restoring", backup.digest):
        return
    if found is not None or is_filled:
        raise BackupError(
            "the store isn't empty: a backup is restored into an empty one only",
            hint="serve without --from-backup goes on with what is there",
        )


def _fill(store: Store, backup: Backup, proved: Proved, now: int) -> None:
    _check_empty(store, backup)
    mark = Restored("restoring", now, backup.digest, backup.made)
    store.write(lambda tx: _begin(tx, backup, mark))
    for rows in _batches(backup.texts):
        store.write(partial(_put_texts, texts=rows))
    for name, data in backup.beside.items():
        store.write(partial(_put_file, name=name, data=data))
    for lists in _batches([*backup.ledger.executors.items()]):
        store.write(partial(_put_lists, lists=lists))
    for log in LOGS:
        entries = (backup.ledger.orders if log == "orders" else backup.ledger.law).entries
        for part in _batches(entries[store.read(partial(_size, log=log)) :]):
            store.write(partial(_append, log=log, entries=part))
    store.write(lambda tx: _end(tx, proved, mark))


def _begin(tx: Writing, backup: Backup, mark: Restored) -> None:
    tx.put_mark(MARK, mark.encode())
    if tx.charter() is None:
        first, *later = (backup.ledger.charter, *backup.ledger.charters)
        tx.put_charter(first.payload, backup.ledger.enrolments)
        for one in later:
            tx.add_charter(one.payload, ())


def _put_texts(tx: Writing, texts: Sequence[Text]) -> None:
    tx.put_texts(texts)


def _put_file(tx: Writing, name: str, data: bytes) -> None:
    tx.put_file(name, data)


def _put_lists(tx: Writing, lists: Sequence[tuple[str, tuple[str, ...]]]) -> None:
    for order, executors in lists:
        tx.put_executors(order, executors)


def _size(tx: Reading, log: Log) -> int:
    return tx.size(log)


def _append(tx: Writing, log: Log, entries: Sequence[tuple[bytes, bytes]]) -> None:
    for leaf, stored in entries:
        header = decode(leaf)
        if isinstance(header, Mention):
            tx.append(log, leaf, subject=None, seq=0, kind="law", digest="", envelope=b"")
            continue
        assert isinstance(header, Header)  # noqa: S101 - there are two kinds
        tx.append(
            log, leaf, subject=header.subject, seq=header.seq, kind=header.kind,
            digest=open_envelope(stored).envelope.digest, envelope=stored,
        )  # fmt: skip


def _end(tx: Writing, proved: Proved, mark: Restored) -> None:
    """Let it be opened, halted, once both logs read back are those that were proved."""
    heads: dict[Log, Head] = {"orders": proved.orders_head, "law": proved.law_head}
    for log, head in heads.items():
        if head_of(tx, log, tx.size(log)) != head:
            raise BackupError(f"the {log} log isn't the one in the backup: empty the store, again")
    tx.put_mark(MARK, replace(mark, state="halted").encode())


def _batches(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(rows), BATCH):
        yield rows[start : start + BATCH]
