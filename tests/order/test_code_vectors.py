"""Codes as files: what any implementation of an executor must say of them."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from cheget.audit.instant import from_text
from cheget.errors import VerificationError
from cheget.order.charter import read_charter
from cheget.order.circumstances import Circumstances
from cheget.order.fields import Head
from cheget.order.verify import Pinned, explain_code, verify_code

VECTORS = Path(__file__).parent.parent / "vectors" / "codes"
FILES = sorted(VECTORS.glob("*.txt"))


def read(file: Path) -> tuple[dict[str, str], bytes]:
    head, _, code = file.read_bytes().partition(b"\n\n")
    lines = [one for one in head.decode().splitlines() if not one.startswith("# ")]
    return dict(one.split(": ", 1) for one in lines), code


def circumstances(known: dict[str, str]) -> Circumstances:
    action, number, order = (known.get("serials") or "- 0 ").split(" ")
    return Circumstances(
        now=from_text(known["now"]),
        first_stored=from_text(known["first-stored"]),
        asked_again=from_text(known["asked-again"]),
        clock_mark=from_text(known.get("clock-mark", "1970-01-01T00:00:00Z")),
        tenure=int(known["tenure"]),
        outcomes=tuple(known.get("outcomes", "").split()),
        serials={(action, int(number)): order} if order else {},
        configured=frozenset(known["configured"].split()) if "configured" in known else None,
    )


def test_there_are_vectors_for_every_step_but_the_crew() -> None:
    steps = {read(file)[0]["expect"] for file in FILES}
    assert steps >= {"accept", *(f"reject {number}" for number in range(10))}


def test_the_vectors_are_what_their_script_writes(tmp_path: Path) -> None:
    runpy.run_path(str(VECTORS.parent / "make_codes.py"))["main"](tmp_path / "codes")
    written = {file.name: file.read_bytes() for file in (tmp_path / "codes").iterdir()}
    assert written == {file.name: file.read_bytes() for file in VECTORS.iterdir()}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_code_is_taken_or_refused_as_its_file_says(file: Path) -> None:
    known, code = read(file)
    size, root = known["law-held"].split()
    charter = read_charter((VECTORS / "charter.json").read_bytes())
    pinned = Pinned(charter, law=Head(int(size), root))
    seen = circumstances(known)
    verdict = "accept"
    try:
        verify_code(code, executor=known["executor"], pinned=pinned, circumstances=seen)
    except VerificationError as error:
        verdict = f"reject {error.step}"
    assert verdict == known["expect"]
    explained = explain_code(code, executor=known["executor"], pinned=pinned, circumstances=seen)
    assert (explained.error is None) == (verdict == "accept")
