"""A house in one file, put back whole or not at all."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cheget.errors import BackupError, GoneBackError, HouseError, KeyFileError
from cheget.service.backup import backup_of, encode_backup, read_backup
from cheget.service.clock import SystemClock
from cheget.service.house import bare_store, open_desk, open_house, open_store, store_address
from cheget.service.ledgers import read_ledger
from cheget.service.restoring import restore
from serving import counter_of
from simulator import ChainSimulator, scenario

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "cli"))
from terminal import Shell, Stage  # noqa: E402


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    return Stage(tmp_path_factory.mktemp("stage"))


@pytest.fixture
def house(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A house with a released order in it, and a backup beside."""
    shell = stage.at("released", tmp_path, monkeypatch)
    shell.must("backup", "b.json")
    return shell


@pytest.fixture
def empty(house: Shell) -> Path:
    """Another folder, with the log keys and nothing else."""
    folder = house.here / "again"
    (folder / "desk").mkdir(parents=True)
    for log in ("orders", "law"):
        shutil.copy(house.here / "desk" / f"{log}.key", folder / "desk")
    return folder


def put_back(folder: Path, file: Path) -> None:
    restore(folder, *read_backup(file), SystemClock().now())


def held(folder: Path) -> Any:
    """All that a house's store holds."""
    house = open_house(folder)
    store = bare_store(house, store_address(house))
    try:
        ledger = read_ledger(open_desk(house, store, SystemClock()))
        texts = backup_of(open_desk(house, store, SystemClock()), folder, 0, log_keys=False).texts
        return ledger, sorted(texts, key=lambda one: one.digest)
    finally:
        store.close()


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*") if path.is_file()
    }  # fmt: skip


@pytest.mark.parametrize(("first", "second"), [
    ("sqlite", "sqlite"), ("sqlite", "postgresql"), ("postgresql", "sqlite"),
])  # fmt: skip
def test_a_house_moves_from_either_kind_of_store_into_either(
    first: str, second: str, house: Shell, empty: Path, request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    database = "" if first == second else request.getfixturevalue("database")
    if first == "postgresql":  # first it moves there
        monkeypatch.setenv("CHEGET_STORE", database)
        put_back(house.here, house.here / "b.json")
        house.must("log", "resume", "--yes")
        house.must("backup", "c.json")
        was = held(house.here)
        monkeypatch.setenv("CHEGET_STORE", "")
        put_back(empty, house.here / "c.json")
    else:
        was = held(house.here)
        monkeypatch.setenv("CHEGET_STORE", database if second == "postgresql" else "")
        put_back(empty, house.here / "b.json")
    assert held(empty) == was
    assert len(was[1]) > 3
    for name in ("house.yaml", "people.yaml", "chains/wipe-database.yaml"):
        assert (empty / name).read_bytes() == (house.here / name).read_bytes()
    assert {one.name for one in (empty / "desk" / "enrolled").iterdir()} == {
        one.name for one in (house.here / "desk" / "enrolled").iterdir()
    }


def test_no_private_key_is_in_a_backup_unless_it_was_asked_for(house: Shell) -> None:
    backup, _ = read_backup(house.here / "b.json")
    assert not [path for path in backup.files if path.endswith(".key")]
    data = (house.here / "b.json").read_bytes()
    for path in house.here.rglob("*.key"):
        assert base64.b64encode(path.read_bytes())[:60] not in data
    assert (house.here / "b.json").stat().st_mode & 0o777 == 0o600
    house.must("backup", "keys.json", "--with-log-keys")
    backup, _ = read_backup(house.here / "keys.json")
    assert {path for path in backup.files if path.endswith(".key")} == {
        "desk/orders.key", "desk/law.key",
    }  # fmt: skip
    folder = house.here / "bare"
    put_back(folder, house.here / "keys.json")
    assert (folder / "desk" / "law.key").stat().st_mode & 0o777 == 0o600
    assert (folder / "desk").stat().st_mode & 0o777 == 0o700


def test_a_backup_goes_over_no_other(house: Shell) -> None:
    before = (house.here / "b.json").read_bytes()
    _, err = house.run("backup", "b.json")
    assert house.status == 1
    assert "there already" in err
    assert (house.here / "b.json").read_bytes() == before
    assert not list(house.here.glob(".b.json*"))


def test_what_was_erased_is_in_no_later_backup(house: Shell) -> None:
    house.must("log", "redact", house.orders[0], "--yes")
    house.must("backup", "c.json")
    before, after = ((house.here / one).read_text() for one in ("b.json", "c.json"))
    assert "ticket 1182" in before
    assert "ticket 1182" not in after


def test_a_backup_during_writes_is_of_one_moment(at: str, tmp_path: Path) -> None:
    sim = ChainSimulator(scenario("wipe-database"), tmp_path / "house", at=at)
    counter, stop = counter_of(sim, open_orders=10_000), threading.Event()
    faults: list[BaseException] = []

    def busy() -> None:
        try:
            while not stop.is_set():
                sim.transmit("ann", "wipe", ["production-db"], database="orders")
        except BaseException as fault:  # noqa: BLE001 - for whoever waits
            faults.append(fault)

    writing = threading.Thread(target=busy)
    writing.start()
    sizes = []
    try:
        for number in range(6):
            file = tmp_path / f"{number}.json"
            found = backup_of(counter, tmp_path / "house", sim.clock.now(), log_keys=False)
            file.write_bytes(b"".join(encode_backup(found)))
            backup, proved = read_backup(file)
            lists = backup.ledger.executors
            assert lists.keys() == {one.digest for one in proved.proceedings}
            assert {one.order.reason for one in proved.proceedings} <= {
                text.digest for text in backup.texts
            }
            sizes.append(proved.orders_head.size)
    finally:
        stop.set()
        writing.join(20)
        sim.store.close()
    assert not faults
    assert sizes == sorted(sizes)
    assert sizes[-1] > sizes[0]


def test_a_file_that_is_cut_off_anywhere_is_refused_and_nothing_is_written(
    house: Shell, empty: Path
) -> None:
    data, before = (house.here / "b.json").read_bytes(), files_of(empty)
    for size in [*range(0, len(data) - 1, 997), len(data) - 1]:
        (house.here / "cut.json").write_bytes(data[:size])
        with pytest.raises(BackupError, match=r"cut off|no backup"):
            put_back(empty, house.here / "cut.json")
    assert files_of(empty) == before


def test_a_file_with_a_byte_changed_anywhere_is_refused(house: Shell, empty: Path) -> None:
    data, before = (house.here / "b.json").read_bytes(), files_of(empty)
    for place in range(0, len(data), 499):
        spoilt = bytearray(data)
        spoilt[place] ^= 1
        (house.here / "cut.json").write_bytes(spoilt)
        with pytest.raises(BackupError):
            put_back(empty, house.here / "cut.json")
    assert files_of(empty) == before


def forged(file: Path, change: Callable[[list[dict[str, Any]]], None]) -> Path:
    """The backup with its lines changed, and a last line that fits."""
    lines = [json.loads(one) for one in file.read_bytes().splitlines()[:-1]]
    change(lines)
    encoded = [
        json.dumps(one, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
        for one in lines
    ]
    last = json.dumps({"sha256": hashlib.sha256(b"".join(encoded)).hexdigest()})
    found = file.with_name("forged.json")
    found.write_bytes(b"".join(encoded) + last.replace(" ", "").encode() + b"\n")
    return found


def drop_answer(lines: list[dict[str, Any]]) -> None:
    place = max(i for i, one in enumerate(lines) if one.get("log") == "orders")
    del lines[place]


def other_envelope(lines: list[dict[str, Any]]) -> None:
    found = [one for one in lines if one.get("log") == "orders" and one["envelope"]]
    found[-1]["envelope"] = found[-2]["envelope"]


def other_deployment(lines: list[dict[str, Any]]) -> None:
    lines[0]["deployment"] = "00" * 16


def other_deployment_in_its_files_too(lines: list[dict[str, Any]]) -> None:
    was, lines[0]["deployment"] = lines[0]["deployment"], "00" * 16
    file = next(one for one in lines if one.get("path") == "house.yaml")
    text = base64.b64decode(file["data"]).replace(was.encode(), b"00" * 16)
    file["data"] = base64.b64encode(text).decode()


def other_list(lines: list[dict[str, Any]]) -> None:
    next(one for one in lines if "executors" in one)["executors"] = ["reports-0001"]


def out_of_the_house(lines: list[dict[str, Any]]) -> None:
    next(one for one in lines if "path" in one)["path"] = "chains/../../out.yaml"


def a_key_of_mine(lines: list[dict[str, Any]]) -> None:
    lines.insert(1, {"data": "AAAA", "path": "executors/production-db/executor.key"})


def a_file_nobody_signed_for(lines: list[dict[str, Any]]) -> None:
    lines.append({"beside": "00" * 32, "data": "AAAA"})


@pytest.mark.parametrize("change", [
    drop_answer, other_envelope, other_deployment, other_deployment_in_its_files_too, other_list,
    out_of_the_house, a_key_of_mine, a_file_nobody_signed_for,
], ids=lambda one: one.__name__)  # fmt: skip
def test_attack_forged_backup(
    change: Callable[[list[dict[str, Any]]], None], house: Shell, empty: Path
) -> None:
    """Its digest is no protection against whoever makes a new one: each entry is proved."""
    before = files_of(house.here)
    file = forged(house.here / "b.json", change)
    with pytest.raises(BackupError):
        put_back(empty, file)
    file.unlink()
    assert files_of(house.here) == before
    put_back(empty, forged(house.here / "b.json", lambda _: None))


def test_a_house_or_a_store_with_something_in_it_is_left_alone(house: Shell, empty: Path) -> None:
    file = house.here / "b.json"
    before = files_of(house.here)
    with pytest.raises(BackupError, match="isn't empty"):
        put_back(house.here, file)
    assert files_of(house.here).keys() <= before.keys() | {"desk/store.sqlite-wal",
                                                          "desk/store.sqlite-shm"}  # fmt: skip
    (empty / "people.yaml").write_text("house: another\npeople: {ann: Ann}\n")
    before = files_of(empty)
    with pytest.raises(BackupError, match=r"people\.yaml is there already"):
        put_back(empty, file)
    assert files_of(empty) == before
    (empty / "people.yaml").unlink()
    put_back(empty, file)
    with pytest.raises(BackupError, match="isn't empty"):
        put_back(empty, file)


def test_without_its_log_keys_or_with_others_nothing_is_written(house: Shell, empty: Path) -> None:
    desk = empty / "desk"
    (desk / "law.key").write_bytes((desk / "orders.key").read_bytes())
    before = files_of(empty)
    with pytest.raises(HouseError, match="is not the key"):
        put_back(empty, house.here / "b.json")
    (desk / "law.key").unlink()
    before.pop("desk/law.key")
    with pytest.raises(BackupError, match="holds no log keys"):
        put_back(empty, house.here / "b.json")
    (desk / "law.key").write_bytes(b"nonsense")
    (desk / "law.key").chmod(0o600)
    with pytest.raises(KeyFileError):
        put_back(empty, house.here / "b.json")
    (desk / "law.key").unlink()
    assert files_of(empty) == before


KILLED = """
import os, signal, sys
from pathlib import Path
from cheget.service import restoring
from cheget.service.backup import read_backup

left, restoring.BATCH = int(sys.argv[3]), 1
put = restoring._append
def dying(tx, log, entries):
    global left
    left -= 1
    put(tx, log, entries)
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
restoring._append = dying
restoring.restore(Path(sys.argv[1]), *read_backup(Path(sys.argv[2])), 0)
"""


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_killed_in_the_middle_nothing_opens_it_and_the_same_backup_goes_on(
    kind: str, house: Shell, empty: Path, request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    was = held(house.here)
    other = forged(house.here / "b.json", lambda lines: lines[0].update(made=0))
    if kind == "postgresql":
        monkeypatch.setenv("CHEGET_STORE", request.getfixturevalue("database"))
    for left in (0, 3, 2):  # each goes on where the last was killed
        done = subprocess.run(
            [sys.executable, "-c", KILLED, str(empty), str(house.here / "b.json"), str(left)],
            env={**os.environ, "PYTHONPATH": str(ROOT / "src")}, check=False, capture_output=True,
        )  # fmt: skip
        assert done.returncode == -signal.SIGKILL, done.stderr
        with pytest.raises(GoneBackError, match="in part"):
            open_store(open_house(empty))
    with pytest.raises(BackupError, match="isn't empty"):
        put_back(empty, other)
    put_back(empty, house.here / "b.json")
    assert held(empty) == was
