"""``cheget backup``: this house in one file."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cheget.audit.instant import to_text
from cheget.cli.plain import house_option, json_option, now, say
from cheget.errors import BackupError

if TYPE_CHECKING:
    from collections.abc import Iterable

MARK = "backed-up"


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--with-log-keys", "log_keys", is_flag=True,
              help="Both logs' keys too: whoever has the file can pose as the desk.")  # fmt: skip
@house_option
@json_option
def backup(file: Path, log_keys: bool, folder: Path | None, as_json: bool) -> None:
    """Write this house to FILE, while it is served or not: both logs, reasons, files, settings.

    As of one moment, and for either kind of store. No key of a person or an executor is in it, and
    without --with-log-keys none at all: keep desk/orders.key and desk/law.key elsewhere, they don't
    change. `cheget serve --from-backup FILE` puts it back.
    """
    from cheget.cli.context import at_desk
    from cheget.service.backup import backup_of, encode_backup

    with at_desk(folder) as (house, desk):
        found = backup_of(desk, house.folder, now(), log_keys=log_keys)
        written = write_new(file, encode_backup(found))
        logs = {"orders": found.ledger.orders, "law": found.ledger.law}
        heads = {name: len(log.entries) for name, log in logs.items()}
        made = json.dumps({"made": found.made, **heads}).encode()
        desk.store.write(lambda tx: tx.put_mark(MARK, made))
    value = {
        "file": str(file), "made": to_text(found.made), "bytes": written, "log_keys": log_keys,
        "entries": heads, "texts": len(found.texts),
    }  # fmt: skip

    def text() -> None:
        many = f"{heads['orders']} entries of orders, {heads['law']} of the law"
        click.echo(f"wrote {file}: {many}; {written:,} bytes")
        keys = "with both log keys: keep it like them" if log_keys else (
            "without the log keys: keep desk/orders.key and desk/law.key elsewhere"
        )  # fmt: skip
        click.echo(keys)

    say(value, as_json, text)


def write_new(path: Path, lines: Iterable[bytes]) -> int:
    """Write a file for its owner's eyes, durably and never over another; how many bytes.

    Raises:
        BackupError: it is there already, or can't be written.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.writelines(lines)
                file.flush()
                os.fsync(file.fileno())
                size = file.tell()
            os.link(beside, path)
        finally:
            beside.unlink()
    except FileExistsError:
        raise BackupError(f"{path} is there already", hint="a file for each backup") from None
    except OSError as error:
        raise BackupError(f"{path}: {error.strerror}") from error
    return size
