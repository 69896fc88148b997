"""What waits for somebody, and what they may refuse before they are asked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from terminal import CHAIN, PEOPLE, Shell, Stage, founded

SECURITY = "{level: security, members: [dee],           rule: any, for: [wipe]}"


def test_what_somebody_has_refused_is_not_offered_to_them_again(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.at("nowhere", tmp_path, monkeypatch)
    shell = Shell(tmp_path)
    assert SECURITY in CHAIN
    chain = CHAIN.replace(SECURITY, SECURITY.replace("[dee]", "[cho, dee]"))
    founded(shell, chain.replace("[ann, bob, cho], rule: any, veto: any", "[ann, bob], rule: any"),
            PEOPLE)  # fmt: skip
    shell.must("order", "transmit", "wipe", "database=orders", "--reason", "x", "--key", "ann.key",
               "--yes")  # fmt: skip
    ahead = json.loads(shell.must("inbox", "--as", "cho", "--json"))["ahead"]
    assert [one["order"] for one in ahead] == shell.orders
    shell.must("refuse", shell.orders[0], "--key", "cho.key", "--yes")
    assert json.loads(shell.must("inbox", "--as", "cho", "--json"))["ahead"] == []
    assert json.loads(shell.must("inbox", "--as", "dee", "--json"))["ahead"] == ahead
