"""What the pages say is what the code does: specimens, numbers, fields."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from cheget.audit import ed25519
from cheget.order import canonical
from cheget.order.documents import order_name
from cheget.order.papers import open_envelope
from cheget.order.verify import SIGNER_STEPS, STEPS
from order.samples import DOCUMENTS

SPEC = Path(__file__).parents[2] / "spec"
DOCUMENTS_PAGE = (SPEC / "documents.md").read_text()
CODE_PAGE = (SPEC / "code.md").read_text()


def test_each_specimen_is_read_and_verifies() -> None:
    key = bytes.fromhex(re.findall(r"\n`([0-9a-f]{64})`", DOCUMENTS_PAGE)[0])
    found = re.findall(r"```envelope\n(.*)\n```", DOCUMENTS_PAGE)
    assert len(found) == 4
    for text in found:
        filed = open_envelope(text.encode())
        ed25519.verify(key, filed.envelope.signed_bytes, filed.envelope.signature)
    order = open_envelope(found[0].encode())
    (payload,) = re.findall(r"```payload\n(.*)\n```", DOCUMENTS_PAGE)
    assert (
        payload.encode()
        == order.envelope.payload
        == canonical.encode(canonical.decode(payload.encode(), up_to=10**5))
    )
    assert f"`{order.envelope.digest}`" in DOCUMENTS_PAGE
    assert f"*{order_name(order.envelope.digest)}*" in DOCUMENTS_PAGE


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: d.kind)
def test_each_kind_is_there_with_its_fields(document: object) -> None:
    kind = document.kind  # type: ignore[attr-defined]
    section = DOCUMENTS_PAGE.split(f"### `{kind}`")[1].split("\n### ")[0].split("\n## ")[0]
    said = re.findall(r"^\| `(\w+)`( \(optional\))? \|", section, flags=re.MULTILINE)
    wanted = sorted(
        (field.name.rstrip("_"), bool(field.metadata["optional"]))
        for field in fields(document)  # type: ignore[arg-type]
    )
    assert [(name, bool(optional)) for name, optional in said] == wanted


def test_the_steps_have_their_numbers_and_names() -> None:
    said = re.findall(r"^(\d+)\. \*\*(\w+)\.\*\*", CODE_PAGE, flags=re.MULTILINE)
    assert [(int(number), title.lower()) for number, title in said] == [
        (number, title) for number, title, _ in STEPS
    ]
    assert [number for number, _, _ in SIGNER_STEPS] == [0, 1, 3, 4, 5, 6, 7]
