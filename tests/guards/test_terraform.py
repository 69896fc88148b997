"""The guard of a terraform plan, as its page has it: by the real program where it's installed."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from worked import Worked, blocks, digest, program

from cheget.executor.actions import Act, Attempt, Result, perform

REAL = shutil.which("terraform")
MAIN = """\
terraform {
  backend "local" { path = "state/terraform.tfstate" }
}
variable "size" { default = 1 }
resource "terraform_data" "database" { input = var.size }
output "size" { value = terraform_data.database.output }
"""


@pytest.fixture(params=["real", "standin"])
def terraform(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> str:
    """The real one, and one with the same interface that holds the guard to the same."""
    if request.param == "standin":
        copy = tmp_path / "terraform"
        source = Path(__file__).parent / "standin.py"
        copy.write_text(f"#!{sys.executable}\n{source.read_text()}")
        copy.chmod(0o755)
        return str(copy)
    if REAL is None:
        pytest.skip("terraform is not installed")
    monkeypatch.delenv("TF_CLI_CONFIG_FILE", raising=False)
    monkeypatch.setenv("CHECKPOINT_DISABLE", "1")
    return REAL


class Planned(Worked):
    """The guard, and the folder that it works in."""

    terraform: str

    @property
    def place(self) -> Path:
        return self.folder / "production"

    def run(self, *words: str) -> bytes:
        command = [self.terraform, f"-chdir={self.place}", *words]
        return subprocess.run(command, check=True, capture_output=True, timeout=60).stdout

    def plan(self, size: str) -> tuple[bytes, bytes]:
        """A saved plan, and what it is rendered as."""
        self.run("plan", "-input=false", "-out=plan", "-var", f"size={size}")
        file = self.place / "plan"
        return file.read_bytes(), self.run("show", "-json", str(file))

    def ordered(self, plan: bytes, shown: bytes) -> None:
        named = {"plan": plan, "shown": shown}
        digests = {name: hashlib.sha256(data).hexdigest() for name, data in named.items()}
        self.released("ann", "apply", files=[plan, shown], **digests)

    @property
    def size(self) -> str:
        return self.run("output", "-raw", "size").decode()


@pytest.fixture
def guard(terraform: str, tmp_path: Path) -> Iterator[Planned]:
    applies = program("terraform-apply.py", tmp_path, {"/usr/bin/env python3": sys.executable})
    token = tmp_path / "token"
    token.write_text("only the executor's\n")
    token.chmod(0o600)
    (tmp_path / "production").mkdir(mode=0o700)
    (tmp_path / "production" / "main.tf").write_text(MAIN)
    worked = Planned("terraform.md", tmp_path, {
        "/usr/local/lib/cheget/terraform-apply.py": str(applies),
        "/usr/local/bin/terraform": terraform, "/srv/production": str(tmp_path / "production"),
        "/etc/cheget/production.token": str(token), f"9c4f{'0' * 60}": digest(applies),
    })  # fmt: skip
    worked.terraform = terraform
    worked.run("init", "-input=false")
    yield worked
    worked.close()


def test_a_plan_that_everybody_agreed_to_is_applied_once(guard: Planned) -> None:
    agent = guard.agent()
    guard.ordered(*guard.plan("2"))
    taken = guard.shown(agent)
    assert taken.outcome == "carried-out"
    assert "Apply complete!" in taken.says
    assert guard.size == "2"
    state = (guard.place / "state" / "terraform.tfstate").read_bytes()
    assert guard.shown(agent).outcome == "carried-out"
    assert (guard.place / "state" / "terraform.tfstate").read_bytes() == state


def test_the_rendering_of_another_plan_is_seen_and_nothing_is_applied(guard: Planned) -> None:
    """Everybody signed what they read; what would have been done is something else."""
    agent = guard.agent()
    _, harmless = guard.plan("1")
    plan, _ = guard.plan("1000")
    guard.ordered(plan, harmless)
    taken = guard.shown(agent)
    assert (taken.outcome, taken.says) == (
        "failed", "the plan is not what was shown: nothing is applied",
    )  # fmt: skip
    assert not (guard.place / "state" / "terraform.tfstate").exists()


def test_a_file_that_is_no_plan_is_never_applied(guard: Planned) -> None:
    agent = guard.agent()
    guard.ordered(b"no plan\n", b"{}\n")
    assert guard.shown(agent).outcome == "failed"
    assert not (guard.place / ".cheget").exists()


def test_a_stale_plan_is_not_applied_and_somebody_must_look(guard: Planned) -> None:
    agent = guard.agent()
    stale = guard.plan("3")
    guard.ordered(*guard.plan("2"))
    assert guard.shown(agent).outcome == "carried-out"
    guard.ordered(*stale)
    taken = guard.shown(agent)
    assert taken.outcome == "unknown"
    assert "stale" in taken.says
    assert guard.size == "2"


def test_a_plan_that_somebody_refused_is_not_applied(guard: Planned) -> None:
    agent = guard.agent()
    plan, shown = guard.plan("2")
    digests = {"plan": hashlib.sha256(plan).hexdigest(), "shown": hashlib.sha256(shown).hexdigest()}
    guard.sim.transmit("ann", "apply", [guard.name], files=[plan, shown], **digests)
    guard.sim.concur("bob", "dee")
    guard.sim.countermand("ann")
    assert guard.shown(agent).outcome == "refused"
    assert not (guard.place / "state" / "terraform.tfstate").exists()


@pytest.mark.parametrize("dies", ["before", "within", "after"])
def test_after_a_crash_the_probe_tells_what_can_be_told(guard: Planned, dies: str) -> None:
    def performer(act: Act, attempt: Attempt) -> Result:
        if dies != "before":
            assert perform(act, attempt).outcome == "carried-out"
        if dies == "within":
            next((guard.place / ".cheget").glob("*.done")).unlink()
        raise SystemExit

    agent = guard.agent(performer=performer)
    guard.ordered(*guard.plan("2"))
    with pytest.raises(SystemExit):
        guard.shown(agent)
    told = {"before": "failed", "within": "unknown", "after": "carried-out"}
    agent = guard.agent()
    assert agent.history.outcomes(guard.sim.order) == (told[dies],)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can try it as somebody else")
def test_the_page_shows_the_ways_round_as_they_are(guard: Planned) -> None:
    status, said = guard.tested()
    (shown,) = (text for text in blocks("terraform.md", "console") if "executor test" in text)
    pattern = ".*".join(re.escape(part) for part in shown.partition("\n")[2].split("…"))
    said = said.replace(str(guard.folder / "token"), "/etc/cheget/production.token")
    assert status == 0
    assert re.fullmatch(pattern, said), said
