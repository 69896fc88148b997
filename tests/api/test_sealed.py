"""A sealed order over the network: shares are opened and handed over where the members are."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from terminal import Shell, Stage

from cheget.order.papers import open_envelope
from sealing import SIGNER, SealedHouse
from serving import counter_of, serving, serving_folder

DB = "production-db"


def test_members_elsewhere_hand_over_shares_and_the_executors_machine_opens_the_secret(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = stage.at("sealable", tmp_path / "house", monkeypatch)
    house.must("seal", DB, "--action", "wipe", "--generate", "TOKEN", "--serials", "2", "--key",
               "ann.key", "--yes")  # fmt: skip
    away, machine = tmp_path / "away", tmp_path / "machine"
    away.mkdir()
    for key in house.here.glob("*.key"):
        shutil.move(key, away)
    shutil.move(house.here / "executors" / DB, machine)
    shutil.copytree(house.here / "state" / "cheget" / "anchors", machine / "anchors")
    monkeypatch.setenv("CHEGET_CHARTER", house.charter)
    monkeypatch.setenv("CHEGET_ANCHORS", str(machine / "anchors"))
    with serving_folder(house.here) as served:
        monkeypatch.chdir(away)
        monkeypatch.setenv("XDG_STATE_HOME", str(away / "state"))
        settings = machine / "executor.yaml"
        at = json.dumps(served.origin)
        settings.write_text(settings.read_text().replace("at: [../..]", f"at: [{at}]"))
        shell = Shell(away)

        def at_house(who: str, *words: str) -> str:
            return shell.must(*words, "--at", served.origin, "--key", f"{who}.key", "--as", who)

        said = at_house("ann", "order", "transmit", "wipe", "database=orders", "--yes", "--json")
        order = json.loads(said)["order"]
        assert f"{DB}/1" in at_house("bob", "show", order)
        for who in ("bob", "dee"):
            at_house(who, "concur", order, "--yes")
        assert len(list((away / "state" / "cheget").glob("*-given/*"))) == 1
        out, err = shell.run("executor", "run", DB, "--once", "--json", "--folder", str(machine))
        assert json.loads(out)["outcome"] == "carried-out", err
        assert json.loads(out)["says"] == "orders with [TOKEN]"
        said = at_house("ann", "order", "transmit", "wipe", "database=orders", "--yes", "--json")
        second = json.loads(said)["order"]
        assert f"{DB}/2" in at_house("bob", "show", second)


def test_the_door_takes_shares_as_they_were_signed_for_and_shows_deals_to_members(
    tmp_path: Path,
) -> None:
    house = SealedHouse(tmp_path)
    house.sim.desk = counter_of(house.sim, deals=house.sim.deals)
    with serving(house.sim.desk) as served:
        house.transmit()
        stored = house.sim.concurrence("kai")
        good = [one.hex() for one in house.sim.shares]
        answer = {"envelope": stored.decode(), "texts": []}
        for shares in ([], [good[0][:-2]], ["zz"], [good[0].upper()], ["00" * 20_000], "00"):
            status, _ = served.post("/v1/answers", {**answer, "shares": shares})
            assert 400 <= status < 500
        assert open_envelope(stored).envelope.digest not in str(house.sim.desk.orders())
        status, said = served.post("/v1/answers", {**answer, "shares": good})
        assert (status, said["effect"]) == (201, "counts")
        path = f"/v1/executors/{SIGNER}/seals/beta"
        assert served.get(path)[0] == 401
        token = served.token("lea", house.sim.signers["lea"])
        assert served.get(path, token) == (200, {"dealt": [1, 2], "unused": [2]})
        status, _, data = served.ask("GET", f"{path}/2", None, {"Authorization": f"Bearer {token}"})
        assert (status, data) == (200, house.sim.deals.read(SIGNER, "beta", 2).encode())
        status, problem = served.get(f"{path}/9", token)
        assert (status, problem["detail"]) == (404, "no serial 9 of signer was dealt for beta")
        executor = served.token(SIGNER, house.sim.executor_signers[SIGNER])
        assert served.get(f"{path}/2", executor)[0] == 403
