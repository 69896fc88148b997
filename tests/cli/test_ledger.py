"""A ledger: whole, it proves; with anything changed, left out, added or moved, it doesn't."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from terminal import Shell, Stage

from cheget.cli.ledgers import decode_ledger, encode_ledger
from cheget.errors import ChegetError, LogError
from cheget.order.fields import Head
from cheget.order.ledger import prove
from cheget.order.verify import Pinned


@pytest.fixture(scope="module")
def lines(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """The lines of a ledger with an attestation, a refusal, a release and a receipt."""
    here = tmp_path_factory.mktemp("ledger")
    with pytest.MonkeyPatch.context() as patch:
        shell = stage.at("released", here, patch)
        _busy(shell)
        shell.must("log", "export", "-o", "ledger.jsonl")
    return (here / "ledger.jsonl").read_bytes().splitlines()


def _busy(shell: Shell) -> None:
    shell.must("executor", "run", "production-db", "--once")
    attest = ("attest", "in-peril", "--action", "guarded-wipe", "--for", "2h")
    shell.must(*attest, "--key", "dee.key", "--yes")
    shell.must("request", "guarded-wipe", "--key", "ann.key", "--yes")
    shell.must("refuse", shell.orders[1], "--key", "cho.key", "--yes")
    shell.must("request", "wipe", "database=billing", "--key", "bob.key", "--yes")
    shell.must("countermand", shell.orders[2], "--key", "bob.key", "--yes")


def proved(lines: list[bytes]) -> object:
    return prove(decode_ledger(lines))


def test_a_whole_ledger_proves_and_is_written_as_it_was_read(lines: list[bytes]) -> None:
    ledger = decode_ledger(lines)
    found = prove(ledger)
    states = [one.state for one in found.proceedings]
    assert states == ["released", "stopped", "countermanded"]
    assert [one.outcome for one in found.receipts] == ["carried-out"]
    assert [line.rstrip(b"\n") for line in encode_ledger(ledger)] == lines


def test_each_line_left_out_is_missed(lines: list[bytes]) -> None:
    executors = {place for place, line in enumerate(lines) if b'{"executors":' in line}
    for place in range(len(lines)):
        with pytest.raises(ChegetError):
            proved([*lines[:place], *lines[place + 1 :]])
    assert executors


def test_each_signature_and_each_digest_is_looked_at(lines: list[bytes]) -> None:
    # One character in the middle of each text of each line, changed to another of its kind.
    for place, line in enumerate(lines):
        for name, value in json.loads(line).items():
            if not isinstance(value, str) or name in {"form", "log", "checkpoint"}:
                continue
            for at in (len(value) // 3, len(value) // 2, len(value) - 12):
                other = "B" if value[at] == "A" else "A"
                changed = value[:at] + other + value[at + 1 :]
                text = json.dumps({**json.loads(line), name: changed}, ensure_ascii=False,
                                  sort_keys=True, separators=(",", ":"))  # fmt: skip
                with pytest.raises(ChegetError):
                    proved([*lines[:place], text.encode(), *lines[place + 1 :]])


def _swapped(entries: list[dict[str, object]]) -> None:
    entries[-1]["header"], entries[-2]["header"] = entries[-2]["header"], entries[-1]["header"]
    one, other = entries[-1]["envelope"], entries[-2]["envelope"]
    entries[-1]["envelope"], entries[-2]["envelope"] = other, one


def _bare(entries: list[dict[str, object]]) -> None:
    entries[-1]["envelope"] = None


def _moved(entries: list[dict[str, object]]) -> None:
    entries[-1]["envelope"] = entries[-2]["envelope"]


@pytest.mark.parametrize("change", [_swapped, _bare, _moved])
def test_damage_is_named_with_its_log_and_position(
    lines: list[bytes], change: Callable[[list[dict[str, object]]], None]
) -> None:
    values = [json.loads(line) for line in lines]
    change([value for value in values if value.get("log") == "orders"])
    texts = [json.dumps(v, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
             for v in values]  # fmt: skip
    with pytest.raises(ChegetError, match=r"the orders log, entry \d+|root of its checkpoint"):
        proved(texts)


def test_a_forked_log_is_noticed_by_whoever_saw_the_other_branch(lines: list[bytes]) -> None:
    ledger = decode_ledger(lines)
    found = prove(ledger)
    held = Pinned(ledger.charter, found.orders_head, found.law_head)
    assert prove(ledger, held) == found
    for orders, law in (
        (Head(found.orders_head.size, "0" * 64), found.law_head),
        (found.orders_head, Head(found.law_head.size - 1, "0" * 64)),
    ):
        with pytest.raises(LogError, match="forked"):
            prove(ledger, Pinned(ledger.charter, orders, law))


def test_a_charter_that_somebody_never_agreed_to_does_not_hold(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell = stage.at("enrolled", tmp_path, monkeypatch)
    for person in ("ann", "bob"):
        shell.must("people", "found", "--key", f"{person}.key", "--yes")
    _, said = shell.run("log", "export", "-o", "ledger.jsonl")
    assert shell.status == 2
    assert "no charter yet" in said
