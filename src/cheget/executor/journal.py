"""The journal: what an executor has done, durably, before and after it does it.

One line of canonical JSON a record, each with the hash of the line before. A record is on the
disk before anything follows from it; a sync that fails stops the executor for good. Its count
and last hash are anchored at a second place, outside the backup set, so that a journal put
back from a backup is noticed and begins a new tenure.

One id has one journal, and one agent at a time: whoever opens it holds its lock until the
process, and every act that it started, has ended.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from cheget.errors import JournalError, MalformedDocumentError
from cheget.order import canonical
from cheget.order.canonical import Json

MAX_LINE = 512 * 1024  # 64 KiB of output, each byte of it written in up to six
_FIRST = "0" * 64


@dataclass(frozen=True)
class Record:
    """A line of the journal. ``at`` is the executor's own clock, in seconds."""

    count: int
    kind: str
    at: int
    facts: dict[str, Any]
    hash: str


class Journal:
    """An executor's journal, open and locked."""

    def __init__(
        self, path: Path, anchor: Path, *, executor: str, identity: bytes, now: int
    ) -> None:
        """Open the journal, made when it is missing.

        Args:
            path: The journal's file.
            anchor: The second place, outside the backup set.
            executor: The id whose journal it is.
            identity: 16 random bytes, used when it is made.
            now: Seconds; for the record of its making.

        Raises:
            JournalError: another agent holds it, or it is damaged.
        """
        self._path, self._anchor = path, anchor
        self._failed = False
        self.records: list[Record] = []
        self._lock = _locked(path)
        try:
            self._file = self._open()
            self._load(executor)
            if not self.records:
                self.append("opened", now, executor=executor, identity=identity.hex())
            elif not self._is_anchored():
                # Put back from a backup, or its anchor was: what it lacks, nobody knows.
                self.append("reset", now)
            else:
                self._write_anchor()
        except BaseException:
            self.close()
            raise

    @property
    def lock_descriptor(self) -> int:
        """Inherited by acts, so that the lock outlives the agent as long as an act runs."""
        return self._lock

    @property
    def identity(self) -> str:
        """Drawn when the journal was made, in hex."""
        return cast("str", self.records[0].facts["identity"])

    def append(self, kind: str, at: int, **facts: Any) -> Record:  # noqa: ANN401 - JSON
        """Write a record durably, here and in the anchor.

        Raises:
            JournalError: it could not be written; the journal takes nothing more.
        """
        if self._failed:
            raise JournalError("the journal failed before, and takes nothing more")
        previous = self.records[-1].hash if self.records else _FIRST
        value: dict[str, Json] = {
            "at": at, "count": len(self.records), "facts": facts, "kind": kind,
            "previous": previous,
        }  # fmt: skip
        line = canonical.encode(value)
        try:
            _write_all(self._file, line + b"\n")
            os.fdatasync(self._file)
            self.records.append(
                Record(len(self.records), kind, at, facts, hashlib.sha256(line).hexdigest())
            )
            self._write_anchor()
        except OSError as error:
            self._failed = True
            raise JournalError(
                f"{self._path}: {error.strerror}; the executor stops for good",
                hint="make room, and start it again",
            ) from error
        return self.records[-1]

    def of_kind(self, *kinds: str) -> Iterator[Record]:
        """The records of some kinds, in order."""
        return (record for record in self.records if record.kind in kinds)

    def of_order(self, order: str, *kinds: str) -> list[Record]:
        """The records about one order."""
        return [one for one in self.of_kind(*kinds) if one.facts.get("order") == order]

    def close(self) -> None:
        """Let go of the file and, if no act of ours still runs, of the lock."""
        for name in ("_file", "_lock"):
            descriptor = getattr(self, name, -1)
            if descriptor >= 0:
                os.close(descriptor)
                setattr(self, name, -1)

    def _open(self) -> int:
        try:
            made = not self._path.exists()
            file = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
            if made:
                _sync_folder(self._path.parent)
        except OSError as error:
            raise JournalError(f"{self._path}: {error.strerror}") from error
        return file

    def _load(self, executor: str) -> None:
        data = self._path.read_bytes()
        whole, _, torn = data.rpartition(b"\n")
        if torn:
            # A write that was cut short was never acknowledged, and nothing followed from it.
            os.ftruncate(self._file, len(data) - len(torn))
            os.fdatasync(self._file)
        for line in whole.split(b"\n") if whole else ():
            self.records.append(_record(self._path, line, self.records))
        if self.records and (
            self.records[0].kind != "opened" or self.records[0].facts.get("executor") != executor
        ):
            raise JournalError(f"{self._path} is the journal of another executor")

    def _is_anchored(self) -> bool:
        try:
            value = canonical.decode(self._anchor.read_bytes(), up_to=MAX_LINE)
        except (OSError, MalformedDocumentError):
            return False
        match value:
            case {"count": int(count), "hash": str(last), "identity": str(identity)}:
                # One record ahead of its anchor: we died between the two writes.
                return (
                    identity == self.identity
                    and len(self.records) - 1 <= count <= len(self.records)
                    and count > 0
                    and self.records[count - 1].hash == last
                )
            case _:
                return False

    def _write_anchor(self) -> None:
        last = self.records[-1]
        data = canonical.encode(
            {"count": last.count + 1, "hash": last.hash, "identity": self.identity}
        )
        beside = self._anchor.with_name(self._anchor.name + ".new")
        file = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            _write_all(file, data)
            os.fdatasync(file)
        finally:
            os.close(file)
        beside.replace(self._anchor)
        _sync_folder(self._anchor.parent)


def read_records(path: Path) -> list[Record]:
    """What a journal holds, for whoever looks only: no lock, nothing written.

    Raises:
        JournalError: it cannot be read, or is damaged.
    """
    try:
        whole, _, _ = path.read_bytes().rpartition(b"\n")
    except OSError as error:
        raise JournalError(f"{path}: {error.strerror}") from error
    records: list[Record] = []
    for line in whole.split(b"\n") if whole else ():
        records.append(_record(path, line, records))
    return records


def is_held(path: Path) -> bool:
    """Whether an agent, or an act that it started, holds the journal now."""
    try:
        os.close(_locked(path))
    except JournalError:
        return True
    return False


def _record(path: Path, line: bytes, before: list[Record]) -> Record:
    """The record of a line that follows those before it."""
    count = len(before)
    try:
        value = canonical.decode(line, up_to=MAX_LINE)
    except MalformedDocumentError as error:
        raise JournalError(f"{path}: record {count} is damaged: {error}") from None
    previous = before[-1].hash if before else _FIRST
    match value:
        case {
            "at": int(at), "count": int(number), "facts": dict(facts), "kind": str(kind),
            "previous": str(last),
        } if number == count and last == previous:  # fmt: skip
            return Record(count, kind, at, facts, hashlib.sha256(line).hexdigest())
        case _:
            raise JournalError(f"{path}: record {count} does not follow the one before")


def _locked(path: Path) -> int:
    try:
        lock = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise JournalError(f"{path}: {error.strerror}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        raise JournalError(
            f"another agent, or an act that it started, holds {path}",
            hint="one id has one agent at a time",
        ) from None
    return lock


def _write_all(file: int, data: bytes) -> None:
    while data:
        data = data[os.write(file, data) :]


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
