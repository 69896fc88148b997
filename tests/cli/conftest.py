from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

_spec = importlib.util.spec_from_file_location("sessions", Path(__file__).with_name("sessions.py"))
assert _spec is not None
assert _spec.loader is not None
sessions = importlib.util.module_from_spec(_spec)
sys.modules["sessions"] = sessions
_spec.loader.exec_module(sessions)


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> object:
    return sessions.Stage(tmp_path_factory.mktemp("stage"))
