"""A backup put back while others hold newer heads: nothing is signed past what they saw."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cheget.service.backup import read_backup
from cheget.service.house import bare_store, open_house, store_address
from cheget.service.restoring import restore
from serving import Served, serving_folder

sys.path.insert(0, str(Path(__file__).parent.parent / "cli"))
from terminal import Shell, Stage

NOTE = re.compile(
    rb"\\n\\n(\\u2014|\xe2\x80\x94) |\n\n\xe2\x80\x94 "
)  # a signed note, in JSON or not


@dataclass
class Lost:
    """A house put back as it was before an order; those who took part in it, elsewhere."""

    shell: Shell
    folder: Path
    order: str

    def sizes(self) -> tuple[int, int]:
        house = open_house(self.folder)
        store = bare_store(house, store_address(house))
        try:
            return store.read(lambda tx: (tx.size("orders"), tx.size("law")))
        finally:
            store.close()

    def ask(self, served: Served, who: str, *words: str) -> tuple[int, str, str]:
        """Somebody elsewhere, who has their own state."""
        self.shell.status = 0
        out, err = self.shell.run(*words, "--at", served.origin, "--key", f"{who}.key", "--as",
                                  who)  # fmt: skip
        return self.shell.status, out, err

    def here(self, *words: str) -> tuple[int, str, str]:
        """The operator, on the desk's machine."""
        self.shell.status = 0
        out, err = self.shell.run(*words, "--house", str(self.folder))
        return self.shell.status, out, err


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    return Stage(tmp_path_factory.mktemp("stage"))


@pytest.fixture
def lost(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lost]:
    """After the backup ann orders, bob and dee concur, and the executor acts."""
    shell = stage.at("founded", tmp_path, monkeypatch)
    shell.must("backup", "b.json")
    said = shell.must("order", "transmit", "wipe", "database=orders", "--key", "ann.key", "--yes",
                      "--json")  # fmt: skip
    order = json.loads(said)["order"]
    for person in ("bob", "dee"):
        shell.must("concur", order, "--key", f"{person}.key", "--yes")
    assert "carried-out" in shell.must("executor", "run", "production-db", "--once")
    shell.must("show", order)
    folder = tmp_path / "again"
    (folder / "desk").mkdir(mode=0o700, parents=True)
    for log in ("orders", "law"):
        shutil.copy(shell.here / "desk" / f"{log}.key", folder / "desk")
    restore(folder, *read_backup(tmp_path / "b.json"), 0)
    return Lost(shell, folder, order)


def problems(served: Served, path: str, token: str = "") -> tuple[int, str]:
    status, said = served.get(path, token)
    return status, said.get("type", "")


def test_attack_restored_backup_signs_nothing_past_what_others_saw(lost: Lost) -> None:
    before = lost.sizes()
    with serving_folder(lost.folder) as served:
        assert problems(served, "/readyz") == (503, "urn:cheget:problem:gone-back")
        assert served.get("/healthz")[0] == 200
        status, _, err = lost.ask(served, "ann", "order", "list")
        assert status == 1
        assert "it has gone back" in err
        token = served.invited("ann", "auditor")
        for path in ("/v1/checkpoints/orders", "/v1/checkpoints/law", "/v1/law", "/v1/ledger"):
            assert problems(served, path, token) == (409, "urn:cheget:problem:gone-back")
        text = served.ask("GET", "/metrics")[2].decode()
    assert "cheget_halted 1.0" in text
    assert 'cheget_heads_lacking_total{log="orders"}' in text
    assert lost.sizes() == before


def test_no_path_of_a_halted_house_shows_a_signed_note(lost: Lost) -> None:
    """Whatever is asked of it: a checkpoint of before lacks the stops that came after."""
    paths = set()
    with serving_folder(lost.folder) as served:
        token = served.invited("ann", "member")
        for path, how in served.app.openapi()["paths"].items():
            if "get" not in how or path == "/v1/events":
                continue
            named = {"log": "orders", "executor": "production-db", "order": lost.order,
                     "size": "1", "action": "wipe", "serial": "1"}  # fmt: skip
            for name, value in named.items():
                path = path.replace(f"{{{name}}}", value)  # noqa: PLW2901
            _, _, data = served.ask("GET", path, None, {"Authorization": f"Bearer {token}"})
            assert not NOTE.search(data), path
            paths.add(path)
    assert len(paths) > 12


def test_what_is_sent_to_a_halted_house_is_not_taken_a_stop_neither(lost: Lost) -> None:
    before = lost.sizes()
    for words in (
        ("order", "transmit", "wipe", "database=orders", "--key", "ann.key", "--yes"),
        ("key", "revoke", "dee.key", "--key", "dee.key", "--yes"),
        ("away", "--until", "2099-01-01", "--key", "bob.key", "--yes"),
        ("log", "redact", "0" * 64, "--yes"),
    ):
        status, _, err = lost.here(*words)
        assert status in {1, 2}
        assert "restored from a backup" in err or "no order" in err, err
    assert lost.sizes() == before


def test_an_executor_that_acted_since_is_heard_though_nothing_is_due(lost: Lost) -> None:
    settings = lost.shell.here / "executors" / "production-db" / "executor.yaml"
    with serving_folder(lost.folder) as served:
        text = re.sub(
            r"^at: .*$", f"at: [{served.origin}]", settings.read_text(), flags=re.MULTILINE
        )
        settings.write_text(text)
        lost.shell.status = 0
        _, err = lost.shell.run("executor", "run", "production-db", "--once")
        assert "it has gone back" in err
    status, _, err = lost.here("log", "resume", "--yes")
    assert status == 1
    assert "production-db" in err


def test_a_document_that_binds_a_newer_head_is_heard_if_its_signer_signed_it(lost: Lost) -> None:
    def envelopes(tx: Any) -> list[bytes]:
        return [tx.of_kind("orders", kind)[0].envelope for kind in ("concurrence", "receipt")]

    house = open_house(lost.shell.here)
    store = bare_store(house, store_address(house))
    concurrence, receipt = store.read(envelopes)
    store.close()
    forged = json.loads(concurrence)
    sig = forged["signatures"][0]["sig"]
    forged["signatures"][0]["sig"] = ("B" if sig[0] != "B" else "C") + sig[1:]
    spoilt = json.dumps(forged, sort_keys=True, separators=(",", ":"))
    with serving_folder(lost.folder) as served:
        assert served.post("/v1/answers", {"envelope": spoilt})[0] in {409, 422}
        text = served.ask("GET", "/metrics")[2].decode()
        assert 'cheget_heads_lacking_total{log="orders"}' not in text
        for path, one in (("/v1/answers", concurrence), ("/v1/receipts", receipt)):
            status, said = served.post(path, {"envelope": one.decode()})
            assert (status, said["type"]) == (409, "urn:cheget:problem:gone-back")
    _, out, _ = lost.here("log", "resume", "--yes")
    assert re.search(r"✕ lacks bob/orders", out)
    assert re.search(r"✕ lacks production-db/orders", out)


def test_an_operator_does_not_go_on_past_a_head_that_somebody_holds(lost: Lost) -> None:
    with serving_folder(lost.folder) as served:
        for who in ("ann", "bob"):
            assert lost.ask(served, who, "inbox")[0] != 0
    status, out, err = lost.here("log", "resume", "--yes")
    assert status == 1
    assert "for ever" in err
    assert "✕ lacks ann/orders" in out
    heads = sorted(set(re.findall(r"lacks +\S.*? +(\d+:[0-9a-f]{64})", out)))
    status, _, _ = lost.here("log", "resume", "--yes", "--despite", "7:" + "0" * 64)
    assert status == 1
    with serving_folder(lost.folder) as served:
        assert problems(served, "/readyz")[0] == 503
    words = [word for head in heads for word in ("--despite", head)]
    status, _, err = lost.here("log", "resume", "--yes", *words)
    assert status == 0, err
    # Who saw more refuses what is signed from here on, whatever the operator believed.
    with serving_folder(lost.folder) as served:
        assert problems(served, "/readyz")[0] == 200
        status, _, err = lost.ask(served, "ann", "order", "list")
        assert (status, "it has gone back" in err) == (1, True)


def test_a_house_that_nobody_saw_more_of_goes_on_once_its_operator_says_so(
    lost: Lost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(lost.folder / "state"))  # a client that saw nothing
    charter = ("--charter", lost.shell.charter)
    with serving_folder(lost.folder) as served:
        status, _, err = lost.ask(served, "cho", "inbox", *charter)
        assert status == 1
        assert "restored from a backup" in err
    assert lost.here("log", "resume")[0] == 2  # nobody to ask
    status, out, err = lost.here("log", "resume", "--yes", "--json")
    assert status == 0, err
    said = json.loads(out)
    assert said["heard"] == []
    assert set(said["unheard"]) == {"ann", "bob", "cho", "dee", "production-db"}
    assert lost.here("log", "resume", "--yes")[0] == 2  # nothing holds it up
    with serving_folder(lost.folder) as served:
        assert lost.ask(served, "cho", "order", "list", *charter)[0] == 0
    before = lost.sizes()
    words = ("order", "transmit", "wipe", "database=orders", "--key", "ann.key", "--yes")
    assert lost.here(*words)[0] == 0
    assert lost.sizes()[0] == before[0] + 1
    assert lost.here("log", "verify")[0] == 0


def test_attack_a_reader_who_makes_up_a_head_stops_nobody_else(lost: Lost) -> None:
    """In a house that was not restored; the operator is told who it was."""
    with serving_folder(lost.shell.here) as served:
        token, other = served.invited("eve", "auditor"), served.invited("ann", "auditor")
        made_up = "999:" + "ab" * 32
        path = f"/v1/orders/{lost.order}/papers"
        assert problems(served, f"{path}?orders={made_up}", token)[0] == 409
        assert problems(served, f"{path}?orders=3:{'ab' * 32}", token)[0] == 409
        assert problems(served, f"/v1/law?held={made_up}", token)[0] == 409
        assert problems(served, f"/v1/orders?law={made_up}", token)[0] == 409
        status, _, data = served.ask("GET", path, None, {"Authorization": f"Bearer {other}"})
        assert status == 200
        assert NOTE.search(data)
        assert problems(served, "/readyz")[0] == 200
        text = served.ask("GET", "/metrics")[2].decode()
    assert 'cheget_heads_lacking_total{log="law"} 2.0' in text
    assert "cheget_halted 0.0" in text


@pytest.fixture
def by_hand(lost: Lost) -> Lost:
    """The same house, its old store copied back by somebody who didn't say so."""
    with sqlite3.connect(lost.folder / "desk" / "store.sqlite") as store:
        store.execute("DELETE FROM marks")
    store.close()
    return lost


def despite(out: str) -> list[str]:
    """Every head that was said to be lacking, as a lie."""
    heads = re.findall(r"lacks .* (\d+:[0-9a-f]{64})", out)
    return [word for one in heads for word in ("--despite", one)]


def test_attack_store_copied_back_by_hand_is_halted_by_whoever_holds_a_signed_note(
    by_hand: Lost,
) -> None:
    before = by_hand.sizes()
    with serving_folder(by_hand.folder) as served:
        token = served.invited("ann", "auditor")
        assert problems(served, "/readyz")[0] == 200
        assert served.ask("GET", "/v1/checkpoints/orders", None,
                          {"Authorization": f"Bearer {token}"})[0] == 200  # fmt: skip
        status, _, err = by_hand.ask(served, "ann", "order", "list")
        assert (status, "it has gone back" in err) == (1, True)
        # From that moment on: nothing is signed, nothing is taken.
        assert problems(served, "/readyz") == (503, "urn:cheget:problem:gone-back")
        for path in ("/v1/checkpoints/orders", "/v1/law", "/v1/ledger"):
            assert problems(served, path, token) == (409, "urn:cheget:problem:gone-back")
        assert "cheget_halted 1.0" in served.ask("GET", "/metrics")[2].decode()
    words = ("order", "transmit", "wipe", "database=orders", "--key", "cho.key", "--yes")
    status, _, err = by_hand.here(*words)
    assert (status, "its own key has signed" in err) == (1, True)
    assert by_hand.sizes() == before
    status, out, _ = by_hand.here("log", "resume", "--yes")
    assert (status, "✕ lacks a signed note/orders" in out) == (1, True)
    status, said, err = by_hand.here("log", "resume", "--yes", "--json", *despite(out))
    assert status == 0, err
    assert json.loads(said)["made"] is None
    with serving_folder(by_hand.folder) as served:  # what was decided on halts it no more
        assert by_hand.ask(served, "ann", "order", "list")[0] == 1
        assert problems(served, "/readyz")[0] == 200


def test_attack_a_note_that_the_log_did_not_sign_halts_nothing(by_hand: Lost) -> None:
    from cheget.audit.checkpoint import Checkpoint, assemble, note_to_sign
    from simulator import signer

    terms = open_house(by_hand.folder).terms
    point = Checkpoint(terms.orders.origin, 99, bytes(32))
    mine = signer("a thief")
    notes = [
        assemble(point, mine.sign(note_to_sign(point)), terms.orders.key),
        assemble(point, mine.sign(note_to_sign(point)), mine.public.key),
        b"nonsense",
    ]
    with serving_folder(by_hand.folder) as served:
        for note in notes:
            said = {"log": "orders", "note": note.decode()}
            assert served.post("/v1/seen", said)[0] == 422
        own = served.app.state.door.counter.checkpoint("orders").decode()
        assert served.post("/v1/seen", {"log": "orders", "note": own}) == (200, {"has": True})
        assert served.post("/v1/seen", {"log": "law", "note": own})[0] == 422
        assert problems(served, "/readyz")[0] == 200


def test_a_lacking_head_is_not_forgotten_when_its_reader_shows_an_older_one(lost: Lost) -> None:
    def shown(served: Served, who: str, size: int, root: str) -> int:
        path = f"/v1/law?held={size}:{root}"
        return problems(served, path, served.invited(who, "auditor"))[0]

    with serving_folder(lost.folder) as served:
        head: Any = served.app.state.door.counter.head("law")
        assert shown(served, "eve", 999, "ab" * 32) == 409
        assert shown(served, "eve", head.size, head.root) == 409
        assert shown(served, "fay", head.size, head.root) == 409
    _, out, _ = lost.here("log", "resume", "--yes")
    assert "✕ lacks eve/law" in out
    assert "✓ has   fay/law" in out
