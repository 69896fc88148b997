"""A file parameter: its digest is signed, the file travels with the code."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
from guarded import NAME, Guarded

from cheget.errors import NotAcceptedError, NotAllowedError
from cheget.order.derive import derive_code
from cheget.order.papers import decode_papers, encode_address

PLAN = b"drop table orders;\n" * 100
CHAIN = b"""\
chain: apply-plan
members: {ann: Ann, bob: Bob}
levels:
  - {level: request, members: [ann]}
  - {level: review,  members: [bob]}
executors: {production-db: The production database}
actions:
  wipe: {executors: [production-db], parameters: {database: {file: up to 2000B}}}
  once: {executors: [production-db], parameters: {database: {file: up to 2000B}}}
  held: {executors: [production-db], parameters: {database: {file: up to 2000B}}}
"""


@pytest.fixture
def one(tmp_path: Path) -> Guarded:
    found = Guarded(tmp_path, chain=CHAIN)
    found.act = f"cat \"$1\" >> '{found.done}'"
    found.write_settings()
    return found


def ordered(one: Guarded) -> None:
    digest = hashlib.sha256(PLAN).hexdigest()
    one.sim.transmit("ann", "wipe", [NAME], files=[PLAN], database=digest)
    one.sim.concur("bob")


def test_the_act_is_given_the_file_that_was_signed(one: Guarded) -> None:
    agent = one.agent()
    ordered(one)
    assert [taken.outcome for taken in agent.run_once()] == ["carried-out"]
    assert one.done.read_bytes() == PLAN


def test_a_code_without_its_file_is_refused(one: Guarded) -> None:
    agent = one.agent()
    ordered(one)
    papers = replace(one.sim.desk._papers(one.sim.order, None, None), files={})
    taken = agent.take(derive_code(papers, NAME))
    assert (taken.outcome, taken.says) == ("refused", "database: its file is missing")
    assert not one.done.exists()


def test_whoever_signs_is_shown_the_file_too(one: Guarded) -> None:
    digest = hashlib.sha256(PLAN).hexdigest()
    one.sim.transmit("ann", "wipe", [NAME], files=[PLAN], database=digest)
    assert one.sim.verified().papers.files == {digest: PLAN}
    bare = replace(decode_papers(one.sim.desk.papers(one.sim.order)), files={})
    assert bare.encode().startswith(encode_address((NAME,)))
    with pytest.raises(NotAllowedError, match="its file is missing"):
        one.sim.verify_shown(bare.encode())


@pytest.mark.parametrize("files", [[], [b"x"], [PLAN * 2]])
def test_an_order_without_its_file_is_not_taken(one: Guarded, files: list[bytes]) -> None:
    digest = hashlib.sha256(files[0] if files and len(files[0]) > 9 else PLAN).hexdigest()
    with pytest.raises(NotAcceptedError, match="its file"):
        one.sim.transmit("ann", "wipe", [NAME], files=files, database=digest)
