"""``cheget doctor``: each thing it looks at is spoilt once, and it says so."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from terminal import CHAIN, EVERYBODY, PEOPLE, Shell, Stage, enrolled, founded

from cheget.cli import doctor_folder, doctor_orders, plain
from cheget.service import amending
from serving import serving_folder


@pytest.fixture
def at(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Shell]:
    return lambda start: stage.at(start, tmp_path, monkeypatch)


def looked(shell: Shell, *words: str) -> tuple[int, list[dict[str, str]]]:
    """Exit status, and what was found."""
    from test_json import check

    shell.status = 0
    out, err = shell.run("doctor", *words, "--json")
    assert out, err
    value: Any = check("doctor", json.loads(out))
    assert sum(value[sign] for sign in ("well", "mind", "wrong")) == len(value["findings"])
    return shell.status, value["findings"]


def told(shell: Shell, sign: str, about: str, *words: str) -> Iterator[str]:
    """What it says with that sign, of that."""
    _, found = looked(shell, *words)
    for one in found:
        if (one["sign"], one["about"]) == (sign, about):
            assert one["do"]
            yield one["says"]


def test_a_house_in_order_has_nothing_wrong(at: Any) -> None:
    shell = at("released")
    status, found = looked(shell)
    assert status == 0
    assert {one["about"] for one in found if one["sign"] == "well"} >= {
        "files", "permissions", "disk", "log keys", "store", "log", "clock", "charter", "keys",
        "release", "executors", "orders",
    }  # fmt: skip
    assert "wrong" not in {one["sign"] for one in found}
    out = shell.must("doctor")
    assert out.splitlines()[-1].startswith("0 wrong, ")
    assert {line[0] for line in out.splitlines() if line} <= {"✓", "!", " ", "0"}


def test_it_looks_at_a_house_that_is_not_founded_and_makes_nothing(at: Any) -> None:
    shell = at("enrolled")
    before = sorted(shell.here.rglob("*"))
    assert list(told(shell, "mind", "charter")) == [
        "none has been proposed: the house isn't founded"
    ]
    assert sorted(shell.here.rglob("*")) == before


def test_a_chain_with_a_fault_is_wrong_and_the_rest_is_looked_at_still(at: Any) -> None:
    shell = at("founded")
    (shell.here / "chains" / "wipe-database.yaml").write_text("chain: wipe\n")
    status, found = looked(shell)
    assert status == 1
    assert [one["about"] for one in found if one["sign"] == "wrong"] == ["files"]
    assert "disk" in {one["about"] for one in found}


@pytest.mark.parametrize(("path", "mode"), [
    ("desk/orders.key", 0o640), ("desk", 0o755), ("executors/production-db/executor.key", 0o604),
    ("chains/wipe-database.yaml", 0o666), ("house.yaml", 0o620),
])  # fmt: skip
def test_what_others_may_read_or_change_is_wrong(at: Any, path: str, mode: int) -> None:
    shell = at("founded")
    place = shell.here / path
    if not place.exists():
        (place,) = place.parent.glob("*.key")
    place.chmod(mode)
    (says,) = told(shell, "wrong", "permissions")
    assert f"{mode:04o}" in says


def test_a_log_key_that_is_another_or_missing_is_wrong(at: Any) -> None:
    shell = at("founded")
    desk = shell.here / "desk"
    (desk / "law.key").write_bytes((desk / "orders.key").read_bytes())
    assert "not the key that house.yaml names" in next(told(shell, "wrong", "log keys"))
    (desk / "law.key").unlink()
    assert list(told(shell, "wrong", "log keys"))


def test_a_damaged_file_and_a_tree_that_is_not_that_of_its_entries_are_wrong(at: Any) -> None:
    shell = at("released")
    place = shell.here / "desk" / "store.sqlite"
    with sqlite3.connect(place) as store:
        store.execute("UPDATE nodes SET hash = zeroblob(32) WHERE log = 0 AND height = 3")
    store.close()
    assert "isn't that of its entries" in next(told(shell, "wrong", "log"))
    data = bytearray(place.read_bytes())
    data[4096:8192] = bytes(4096)
    place.write_bytes(data)
    assert list(told(shell, "wrong", "store"))


def test_a_log_that_lacks_what_this_client_saw_is_wrong(at: Any) -> None:
    shell = at("founded")
    old = (shell.here / "desk" / "store.sqlite").read_bytes()
    order = ("order", "transmit", "wipe", "database=orders", "--key", "ann.key", "--yes")
    digest = json.loads(shell.must(*order, "--json"))["order"]
    shell.must("show", digest)
    for file in (shell.here / "desk").glob("store.sqlite-*"):
        file.unlink()
    (shell.here / "desk" / "store.sqlite").write_bytes(old)
    assert "that it lacks" in next(told(shell, "wrong", "log"))


def test_an_action_that_nobody_left_can_release_is_wrong(at: Any) -> None:
    shell = at("founded")
    shell.must("key", "revoke", "dee.key", "--key", "dee.key", "--yes")
    found = list(told(shell, "wrong", "release"))
    assert [one.partition(":")[0] for one in found] == [
        "wipe-database/wipe", "wipe-database/guarded-wipe",
    ]  # fmt: skip
    assert "dee" in next(told(shell, "mind", "keys"))


def test_a_vacant_post_is_said(at: Any) -> None:
    shell = at("empty")
    chain = CHAIN.replace("dee: Dee}", "dee: Dee, spare: Spare}")
    chain = chain.replace("members: [dee],           rule: any", "members: [dee, spare], rule: any")
    founded(shell, chain, PEOPLE)
    assert list(told(shell, "mind", "posts")) == ["nobody fills wipe-database/spare"]
    assert "reports-0001 and reports-0002" in next(told(shell, "mind", "executors"))


def test_a_folder_that_says_something_else_than_the_charter_is_said(at: Any) -> None:
    shell = at("founded")
    place = shell.here / "chains" / "wipe-database.yaml"
    place.write_text(place.read_text().replace("rule: any, veto: any", "rule: all, veto: any"))
    assert "something else" in next(told(shell, "mind", "charter"))
    shell.must("chain", "amend", "--key", "ann.key", "--yes")
    assert list(told(shell, "mind", "amendment"))


def test_orders_near_their_end_or_their_cap_are_said(
    at: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell = at("founded")
    settings = shell.here / "house.yaml"
    settings.write_text(settings.read_text() + "open-orders: 1\n")
    shell.must("order", "transmit", "wipe", "database=orders", "--key", "ann.key", "--yes")
    assert list(told(shell, "mind", "orders")) == ["ann has 1 open, of 1 that one may have"]
    monkeypatch.setattr(doctor_orders, "LATE", -1)
    assert any("expires" in one for one in told(shell, "mind", "orders"))


def test_a_clock_behind_the_log_a_full_disk_and_a_full_charter_are_said(
    at: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cheget.cli import doctor_store

    shell = at("founded")
    monkeypatch.setattr(doctor_store, "now", lambda: plain.now() - 3600)
    monkeypatch.setattr(doctor_folder, "SCARCE", 2**62)
    monkeypatch.setattr(amending, "MAX_CHARTERS", 3000)
    assert list(told(shell, "wrong", "clock"))
    assert list(told(shell, "mind", "disk"))
    assert "codes carry" in next(told(shell, "mind", "charter"))
    monkeypatch.setattr(doctor_folder, "NONE_LEFT", 2**62)
    assert list(told(shell, "wrong", "disk"))


def test_an_extra_that_a_house_needs_and_lacks_is_wrong(
    at: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell = at("founded")
    monkeypatch.setattr(doctor_folder, "find_spec", lambda name: None if name == "Crypto" else 1)
    assert list(told(shell, "mind", "installed"))
    (shell.here / "seals").mkdir()
    assert list(told(shell, "wrong", "installed"))


def test_from_elsewhere_it_says_what_it_cannot_see(at: Any) -> None:
    shell = at("released")
    with serving_folder(shell.here) as served:
        words = ("--at", served.origin, "--key", "ann.key", "--as", "ann")
        status, found = looked(shell, *words, "--charter", shell.charter)
    assert status == 0
    about = {one["about"] for one in found}
    assert {"charter", "release", "orders", "machine"} <= about
    assert not about & {"disk", "store", "permissions"}


def test_a_store_on_postgresql_is_looked_at(
    at: Any, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell = at("empty")
    monkeypatch.setenv("CHEGET_STORE", database)
    enrolled(shell)
    for person in EVERYBODY:
        shell.must("people", "found", "--key", f"{person}.key", "--yes")
    _, found = looked(shell)
    assert any("PostgreSQL" in one["says"] for one in found)
    assert "wrong" not in {one["sign"] for one in found}
