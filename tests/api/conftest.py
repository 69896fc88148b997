from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "cli"))

from terminal import Shell, Stage

from serving import Elsewhere, serving_folder


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    return Stage(tmp_path_factory.mktemp("stage"))


@pytest.fixture
def elsewhere(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Elsewhere]:
    house = stage.at("founded", tmp_path / "house", monkeypatch)
    away, machine = tmp_path / "away", tmp_path / "machine"
    away.mkdir()
    for key in house.here.glob("*.key"):
        shutil.copy(key, away)
    shutil.copytree(house.here / "executors" / "production-db", machine)
    shutil.copytree(house.here / "state" / "cheget" / "anchors", machine / "anchors")
    monkeypatch.setenv("CHEGET_CHARTER", house.charter)
    monkeypatch.setenv("CHEGET_ANCHORS", str(machine / "anchors"))
    with serving_folder(house.here) as served:
        monkeypatch.chdir(away)
        monkeypatch.setenv("XDG_STATE_HOME", str(away / "state"))
        settings = machine / "executor.yaml"
        at = json.dumps(served.origin)
        settings.write_text(settings.read_text().replace("at: [../..]", f"at: [{at}]"))
        yield Elsewhere(Shell(away), house, served, machine)
