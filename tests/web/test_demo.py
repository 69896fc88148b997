"""The demo's page: somebody takes a seat, is asked, refuses, and the demo ends when told to."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from web.pictures import seated

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_a_visitor_takes_a_seat_and_stops_the_order(chromium: Any, tmp_path: Path) -> None:
    command = [sys.executable, "-u", "-m", "cheget", "demo", "--serve", "--port", "0"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "TMPDIR": str(tmp_path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as demo:
        assert demo.stdout is not None
        at = next(
            found[1] for line in demo.stdout
            if (found := re.search(r"Open (http://\S+)/seats", line))
        )  # fmt: skip
        page = seated(chromium, at)
        page.goto(f"{at}/seats")
        page.get_by_role("button", name="Let the president transmit").click()
        page.get_by_text("Your refusal stops this order").wait_for()
        page.get_by_label("Why; signed").fill("Not today.")
        page.get_by_role("button", name="Refuse").click()
        page.get_by_text("Stopped").first.wait_for()
        assert "No code exists." in page.locator("h1").inner_text()
        demo.send_signal(signal.SIGINT)
        assert demo.wait(30) == 0
    assert not list(tmp_path.glob("cheget-demo-*"))
