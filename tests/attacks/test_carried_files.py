"""Attacks by whoever carries a code on the files that travel with it."""

from __future__ import annotations

import hashlib
import sys
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "executor"))

from guarded import NAME, Guarded

from cheget.order.derive import derive_code

PLAN = b"drop table orders;\n"
MANIFEST = b'{"image": "1"}\n'
CHAIN = b"""\
chain: apply-plan
members: {ann: Ann, bob: Bob}
levels:
  - {level: request, members: [ann]}
  - {level: review,  members: [bob]}
executors: {production-db: The production database}
actions:
  wipe: {executors: [production-db], parameters: {database: {file: up to 2000B}, image: sha256}}
"""


@pytest.fixture
def one(tmp_path: Path) -> Guarded:
    found = Guarded(tmp_path, chain=CHAIN)
    found.settings = found.settings.partition("act:")[0] + (
        f'act: {{wipe: {{run: [/bin/sh, -c, \'cat "$1" >> {found.done}; echo "$2" >>'
        f" {found.done}', act, '{{database}}', '{{image}}']}}}}\n"
    )
    return found


def released(one: Guarded) -> tuple[str, str]:
    plan, image = (hashlib.sha256(data).hexdigest() for data in (PLAN, MANIFEST))
    one.sim.transmit("ann", "wipe", [NAME], files=[PLAN], database=plan, image=image)
    one.sim.concur("bob")
    return plan, image


@pytest.mark.parametrize("content", [b"drop table people;\n", PLAN[:-1], PLAN + b"\n", b""])
def test_file_parameter_changed_after_signing(one: Guarded, content: bytes) -> None:
    """Its digest was signed: another content under it is no code, and nothing happens."""
    agent = one.agent()
    plan, _ = released(one)
    papers = replace(one.sim.desk._papers(one.sim.order, None, None), files={plan: content})
    taken = agent.take(derive_code(papers, NAME))
    assert taken.outcome == "refused"
    assert "a file that is not the one named" in taken.says
    assert one.lines == []


def test_file_parameter_swapped_for_another_file(one: Guarded) -> None:
    """Under its own digest it is a sound file, and not the one that was ordered."""
    agent = one.agent()
    released(one)
    other = hashlib.sha256(MANIFEST).hexdigest()
    papers = replace(one.sim.desk._papers(one.sim.order, None, None), files={other: MANIFEST})
    assert agent.take(derive_code(papers, NAME)).says == "database: its file is missing"
    assert one.lines == []


def test_file_smuggled_in_for_a_digest(one: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    """A parameter that *is* a digest stays one, though somebody adds what it is the digest of."""
    agent = one.agent()
    plan, image = released(one)
    papers = one.sim.desk._papers(one.sim.order, None, None)
    code = derive_code(replace(papers, files={plan: PLAN, image: MANIFEST}), NAME)
    monkeypatch.setattr(one, "codes", lambda *_: [code])  # nobody has an honest one
    assert [taken.outcome for taken in agent.run_once()] == ["carried-out"]
    assert one.lines == [PLAN.decode().strip(), image]
