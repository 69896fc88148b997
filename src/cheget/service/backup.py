"""A house in one file: its files, both logs, and what lies beside them, a JSON value a line.

It is logical, so that a house moves from either kind of store into either; and it is verified
whole before anything is written. The first line names it, the last has the digest of all before.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cheget.errors import BackupError, ChegetError
from cheget.order.documents import Order
from cheget.order.fields import Text
from cheget.order.handover import decode_shares, shares_tree
from cheget.order.ledger import Ledger, Proved, prove
from cheget.order.ledgerfile import decode_ledger, encode_ledger
from cheget.order.papers import open_envelope
from cheget.service.counter import LocalCounter
from cheget.service.ledgers import ledger_in
from cheget.service.retention import TEXTS
from cheget.service.store import Reading

FORM = "cheget backup v1"
KEYS = ("desk/orders.key", "desk/law.key")
FILES = ("house.yaml", "people.yaml", "chains/*.yaml", "desk/enrolled/*.json", "seals/*/*.json")
MAX_LINE = 64 * 1024 * 1024
_PATH = re.compile(
    r"(?:house|people)\.yaml|desk/(?:orders|law)\.key"
    r"|(?:chains|desk/enrolled|seals/[\w-][\w.-]*)/[\w-][\w.-]*\.(?:yaml|json)"
)


@dataclass
class Backup:
    """What a backup holds. ``made`` in seconds; ``digest`` of the whole file's lines but the last.

    ``beside``: files of orders and shares, by the digest that binds them.
    """

    made: int
    deployment: str
    ledger: Ledger
    files: dict[str, bytes] = field(default_factory=dict)
    texts: list[Text] = field(default_factory=list)
    beside: dict[str, bytes] = field(default_factory=dict)
    digest: str = ""


def backup_of(counter: LocalCounter, folder: Path, made: int, *, log_keys: bool) -> Backup:
    """A house's backup: the store as of one moment, and the files of its folder.

    Raises:
        BackupError: a file cannot be read.
    """
    files = {}
    patterns = (*FILES, *KEYS) if log_keys else FILES
    for path in sorted(one for pattern in patterns for one in folder.glob(pattern)):
        try:
            files[path.relative_to(folder).as_posix()] = path.read_bytes()
        except OSError as error:
            raise BackupError(f"{path}: {error.strerror}") from error

    def work(tx: Reading) -> Backup:
        ledger = ledger_in(tx, counter)
        texts, beside = _beside(tx, ledger)
        return Backup(made, counter.charter.deployment, ledger, files, texts, beside)

    return counter.store.read(work)


def _beside(tx: Reading, ledger: Ledger) -> tuple[list[Text], dict[str, bytes]]:
    """The texts that were not erased; files of orders, and shares."""
    digests: dict[str, None] = {}
    wanted: dict[str, None] = {}
    for _, stored in (*ledger.law.entries, *ledger.orders.entries):
        document: Any = open_envelope(stored).unverified if stored else None
        digests |= {one: None for name in TEXTS if (one := getattr(document, name, None))}
        if (shares := getattr(document, "shares", None)) is not None:
            wanted[shares] = None
        if isinstance(document, Order):
            wanted |= dict.fromkeys(value for _, value in document.parameters)
    found = {one: tx.file(one) for one in wanted}
    return (
        list(tx.texts(list(digests)).values()),
        {one: data for one, data in found.items() if data is not None},
    )


def encode_backup(backup: Backup) -> Iterator[bytes]:
    """The lines of a backup's file; the last has the digest of those before it."""
    running = hashlib.sha256()
    for line in _lines(backup):
        running.update(line)
        yield line
    yield _line({"sha256": running.hexdigest()})


def _lines(backup: Backup) -> Iterator[bytes]:
    yield _line({"backup": FORM, "deployment": backup.deployment, "made": backup.made})
    for path, data in backup.files.items():
        yield _line({"data": _base64(data), "path": path})
    yield from encode_ledger(backup.ledger)
    for text in backup.texts:
        yield _line({"salt": text.salt.hex(), "text": text.text})
    for digest, data in backup.beside.items():
        yield _line({"beside": digest, "data": _base64(data)})


def read_backup(path: Path) -> tuple[Backup, Proved]:
    """The backup in a file, every entry of it proved.

    Raises:
        BackupError: it is none, damaged, or cut off; or holds what does not prove.
    """
    try:
        with path.open("rb") as file:
            lines = list(_read(file))
    except OSError as error:
        raise BackupError(f"{path}: {error.strerror}") from error
    digest = _checked(path, lines)
    try:
        backup = _decoded(lines[:-1], digest)
        proved = prove(backup.ledger)
        _check_beside(backup)
    except (ChegetError, KeyError, TypeError, ValueError) as error:
        raise BackupError(f"{path}: {error}", hint="take another backup") from error
    if backup.ledger.charter.deployment != backup.deployment:
        raise BackupError(f"{path} is of two deployments")
    return backup, proved


def _read(file: Any) -> Iterator[bytes]:  # noqa: ANN401 - a binary file
    while line := file.readline(MAX_LINE):
        yield line


def _checked(path: Path, lines: Sequence[bytes]) -> str:
    """The digest of the lines before the last, only if the last says so."""
    running = hashlib.sha256()
    for line in lines[:-1]:
        running.update(line)
    if len(lines) < 3 or not lines[0].startswith(b'{"backup":'):  # noqa: PLR2004 - two that frame it
        raise BackupError(f"{path} is no backup of a house")
    if lines[-1] != _line({"sha256": running.hexdigest()}):
        raise BackupError(
            f"{path} is damaged, or cut off", hint="nothing was written; take another"
        )
    return running.hexdigest()


def _decoded(lines: Sequence[bytes], digest: str) -> Backup:
    first = json.loads(lines[0])
    if first["backup"] != FORM:
        raise ValueError(f"{first['backup']!r} is another form of backup")
    files, texts, beside, rest = {}, [], {}, []
    for line in lines[1:]:
        # By their first key: canonical lines begin with it, and those of a ledger with others.
        if line.startswith((b'{"data":', b'{"salt":', b'{"beside":')):
            match json.loads(line):
                case {"data": str(data), "path": str(path)} if _PATH.fullmatch(path):
                    files[path] = base64.b64decode(data, validate=True)
                case {"salt": str(salt), "text": str(text)}:
                    texts.append(Text(bytes.fromhex(salt), text))
                case {"beside": str(name), "data": str(data)}:
                    beside[name] = base64.b64decode(data, validate=True)
                case _:
                    raise ValueError("a line that is none of a backup's")
        else:
            rest.append(line)
    return Backup(int(first["made"]), str(first["deployment"]), decode_ledger(rest), files, texts,
                  beside, digest)  # fmt: skip


def _check_beside(backup: Backup) -> None:
    """Return only if what lies beside the log is what its digest says."""
    for name, data in backup.beside.items():
        if hashlib.sha256(data).hexdigest() != name and (
            shares_tree(decode_shares(data)).root.hex() != name
        ):
            raise ValueError(f"the file {name[:16]} is another than was signed for")


def _line(value: dict[str, Any]) -> bytes:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode() + b"\n"


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
