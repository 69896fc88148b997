"""What an executor's folder keeps beside the journal: a line of JSON each, for whoever audits.

The journal holds what decides; these lines decide nothing, and are written while an agent holds
the journal. They are as trustworthy as the folder they lie in.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cheget.audit.instant import to_text
from cheget.errors import HouseError

if TYPE_CHECKING:
    from cheget.executor.agent import Taken

REFUSED = "refused.jsonl"
TESTS = "tests.jsonl"
MOST = 1_000  # refusals that are kept: who shows codes without end must not fill the disk
LARGEST = 64 * 1024 * 1024  # bytes of a file that is read
LONGEST = 500  # characters of why
ONCE = 9  # the step that waits for nothing: a limit, a tenure, a journal set back


def append_line(path: Path, value: dict[str, Any]) -> None:
    """Add a value, durably.

    Raises:
        HouseError: it can't be written.
    """
    line = json.dumps(value, sort_keys=True, ensure_ascii=False).encode() + b"\n"
    try:
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(file, "ab") as stream:
            stream.write(line)
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        raise HouseError(f"{path}: {error.strerror}") from error


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The values in such a file, as they were added; none where there is no file.

    Raises:
        HouseError: it can't be read, or a line is no object.
    """
    try:
        if not path.exists():
            return []
        if (size := path.stat().st_size) > LARGEST:
            raise HouseError(f"{path}: {size:,} bytes, and {LARGEST:,} are all")
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise HouseError(f"{path}: {error}") from error
    found = []
    # By its newlines alone: what somebody printed may hold other ends of lines.
    for number, line in enumerate(text.removesuffix("\n").split("\n"), 1):
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise HouseError(f"{path}: line {number} is not one of ours")
        found.append(value)
    return found


def keep_refused(folder: Path, executor: str, taken: Taken, now: int) -> None:
    """Keep that a code was refused, once for each order and reason, and not without end.

    What has a receipt stands in the journal and the log already.

    Raises:
        HouseError: it can't be read or written.
    """
    refused = taken.outcome == "refused" or (taken.outcome == "waiting" and taken.step == ONCE)
    if not refused or taken.receipt is not None:
        return
    path, says = folder / REFUSED, taken.says[:LONGEST]
    known = read_lines(path)
    if len(known) >= MOST or any((one.get("order"), one.get("says")) == (taken.order, says)
                                 for one in known):  # fmt: skip
        return
    value = {"at": to_text(now), "executor": executor, "order": taken.order, "says": says,
             "step": taken.step}  # fmt: skip
    append_line(path, value)
