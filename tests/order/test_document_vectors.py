"""The vectors of documents: every one read, and all of them what the script writes."""

from pathlib import Path

import pytest

from cheget.audit import ed25519
from cheget.errors import MalformedDocumentError
from cheget.order.envelope import KINDS
from cheget.order.papers import open_envelope
from vectors.make_documents import FOLDER, SIGNER, cases, text_of

FILES = sorted(FOLDER.glob("*.txt"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_vector_is_accepted_or_rejected_as_it_says(path: Path) -> None:
    head, stored = path.read_bytes().split(b"\n\n", 1)
    expect, kind, why = head.decode().split("\n")
    assert why.startswith("# ")
    if expect == "expect: reject":
        with pytest.raises(MalformedDocumentError):
            open_envelope(stored)
        return
    assert expect == "expect: accept"
    filed = open_envelope(stored)
    assert kind == f"kind: {filed.envelope.kind}"
    assert filed.envelope.encode() == stored
    ed25519.verify(SIGNER.public.key, filed.envelope.signed_bytes, filed.envelope.signature)


def test_the_vectors_are_what_the_script_writes() -> None:
    assert {path.stem: path.read_bytes() for path in FILES} == {
        case[0]: text_of(case) for case in cases()
    }


def test_there_is_an_accepted_vector_of_every_kind() -> None:
    assert {path.stem.removesuffix("-whole") for path in FILES if "-whole" in path.stem} == KINDS
