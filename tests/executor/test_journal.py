"""The journal: durable, whole, one at a time, and noticed when it was put back."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cheget.errors import JournalError
from cheget.executor.journal import Journal, read_records

ROOT = Path(__file__).parent.parent.parent


def opened(folder: Path, *, executor: str = "production-db") -> Journal:
    return Journal(
        folder / "journal", folder / "anchor", executor=executor, identity=bytes(16), now=7
    )


def kinds(journal: Journal) -> list[str]:
    return [record.kind for record in journal.records]


def test_what_was_appended_is_there_after_a_restart(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    journal.append("stored", 8, order="ab")
    journal.close()
    again = opened(tmp_path)
    assert kinds(again) == ["opened", "stored"]
    assert again.identity == "00" * 16
    again.close()


def test_one_line_too_few_in_the_anchor_is_a_death_between_two_writes(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    shutil.copy(tmp_path / "anchor", tmp_path / "before")
    journal.append("stored", 8)
    journal.close()
    shutil.copy(tmp_path / "before", tmp_path / "anchor")
    again = opened(tmp_path)
    assert "reset" not in kinds(again)
    again.close()


@pytest.mark.parametrize("missing", [True, False])
def test_a_journal_that_is_not_the_anchored_one_is_reset(tmp_path: Path, missing: bool) -> None:
    journal = opened(tmp_path)
    shutil.copy(tmp_path / "journal", tmp_path / "backup")
    for number in range(3):
        journal.append("stored", number)
    journal.close()
    if missing:
        (tmp_path / "anchor").unlink()
    else:
        shutil.copy(tmp_path / "backup", tmp_path / "journal")
    again = opened(tmp_path)
    assert kinds(again)[-1] == "reset"
    again.close()


def test_a_write_cut_short_is_forgotten(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    journal.close()
    with (tmp_path / "journal").open("ab") as file:
        file.write(b'{"at":9,"count":1,"facts"')
    again = opened(tmp_path)
    assert kinds(again) == ["opened"]
    again.append("stored", 9)
    again.close()
    assert len(read_records(tmp_path / "journal")) == 2


@pytest.mark.parametrize("change", [(b'"at":8', b'"at":9'), (b"stored", b"Stored")])
def test_a_record_that_was_changed_breaks_the_chain(
    tmp_path: Path, change: tuple[bytes, bytes]
) -> None:
    journal = opened(tmp_path)
    journal.append("stored", 8)
    journal.append("intent", 9)
    journal.close()
    file = tmp_path / "journal"
    file.write_bytes(file.read_bytes().replace(*change))
    with pytest.raises(JournalError, match="record 2 does not follow"):
        opened(tmp_path)
    with pytest.raises(JournalError, match="record 2 does not follow"):
        read_records(file)


def test_another_executors_journal_is_not_taken(tmp_path: Path) -> None:
    opened(tmp_path).close()
    with pytest.raises(JournalError, match="another executor"):
        opened(tmp_path, executor="staging-db")


def test_a_failed_write_stops_the_executor_for_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = opened(tmp_path)

    def fails(_: int) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", fails)
        with pytest.raises(JournalError, match="stops for good"):
            journal.append("intent", 8)
    with pytest.raises(JournalError, match="takes nothing more"):
        journal.append("intent", 8)
    journal.close()


FULL = """
import resource, signal, sys
from pathlib import Path
from cheget.errors import JournalError
from cheget.executor.journal import Journal

folder = Path(sys.argv[1])
journal = Journal(folder / "journal", folder / "anchor", executor="x", identity=bytes(16), now=1)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
size = (folder / "journal").stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 40, size + 40))
try:
    journal.append("intent", 2, order="ab" * 32)
except JournalError as error:
    print(error)
"""


def test_a_full_disk_is_said_before_anything_follows_from_it(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path)], capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")}, timeout=60,
    )  # fmt: skip
    assert "the executor stops for good" in done.stdout
    # What was cut short is no record: nothing was acknowledged, and nothing followed.
    again = Journal(
        tmp_path / "journal", tmp_path / "anchor", executor="x", identity=bytes(16), now=3
    )
    assert kinds(again) == ["opened"]
    again.close()
