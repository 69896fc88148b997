"""Programs that leave something running behind them."""

from __future__ import annotations

import time
from pathlib import Path

ORPHAN = "setsid sh -c 'echo $$ > {0}; exec sleep 60' &"


def is_alive(pid: Path) -> bool:
    """Whether it still is after three seconds: a kill takes its moment."""
    for _ in range(30):
        if not _is_running(pid):
            return False
        time.sleep(0.1)
    return True


def _is_running(pid: Path) -> bool:
    if not pid.exists() or not pid.read_text().strip():
        return False
    try:
        state = Path(f"/proc/{int(pid.read_text())}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
