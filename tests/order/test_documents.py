"""Documents and envelopes: one spelling each, or refused."""
# ruff: noqa: E501 - spellings are shown whole

import base64
import json
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cheget.errors import MalformedDocumentError
from cheget.order import canonical
from cheget.order.documents import AnyDocument, unverified_document
from cheget.order.envelope import KINDS, MAX_ENVELOPE, Envelope, digest, media_type, pae
from cheget.order.fields import Text, check_text
from cheget.order.papers import open_envelope
from order.samples import DOCUMENTS

kinds = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: d.kind)
some = st.sampled_from(DOCUMENTS)


def enveloped(document: AnyDocument, **changes: Any) -> bytes:
    return replace(Envelope(document.kind, document.payload(), bytes(64)), **changes).encode()


def respelled(document: AnyDocument, change: Any) -> bytes:
    value = json.loads(document.payload())
    change(value)
    return enveloped(document, payload=canonical.encode(value))


def test_there_is_a_sample_of_every_kind() -> None:
    assert {document.kind for document in DOCUMENTS} == KINDS


@kinds
def test_what_is_read_is_what_was_written(document: AnyDocument) -> None:
    stored = enveloped(document)
    filed = open_envelope(stored)
    assert filed.unverified == document
    assert filed.envelope.encode() == stored
    assert filed.unverified.payload() == filed.envelope.payload
    assert filed.envelope.digest == document.digest() == digest(document.kind, document.payload())


@kinds
def test_without_its_optional_fields_it_is_read_as_well(document: AnyDocument) -> None:
    absent = {f.name: None for f in fields(document) if f.metadata["optional"]}
    bare = replace(document, **absent)  # type: ignore[arg-type]
    assert open_envelope(enveloped(bare)).unverified == bare


@kinds
def test_each_missing_field_is_refused(document: AnyDocument) -> None:
    for field in fields(document):
        if not field.metadata["optional"]:
            stored = respelled(document, lambda v, f=field: v.pop(f.name.rstrip("_")))
            with pytest.raises(MalformedDocumentError, match="is missing"):
                open_envelope(stored)


@kinds
def test_an_unknown_field_is_refused(document: AnyDocument) -> None:
    for name in ("zzz", "Signer", "signer_", "from_"):
        with pytest.raises(MalformedDocumentError, match="unknown fields"):
            open_envelope(respelled(document, lambda v, n=name: v.update({n: "x"})))


@kinds
@pytest.mark.parametrize(
    "value", [None, True, -1, 2**53 - 1, "", "x\n", [], {}, [1], {"a": 1}, "É"]
)
def test_an_ill_typed_field_is_refused(document: AnyDocument, value: Any) -> None:
    """Save where the value happens to be one that the field may hold: then it comes back so."""
    for field in fields(document):
        name = field.name.rstrip("_")
        stored = respelled(document, lambda v, n=name: v.update({n: value}))
        try:
            found = open_envelope(stored)
        except MalformedDocumentError:
            continue
        assert value in ([], {}) or (name in {"size", "version", "serial"} and value == 2**53 - 1)
        assert found.unverified.payload() == found.envelope.payload


@kinds
def test_a_field_that_stands_twice_is_refused(document: AnyDocument) -> None:
    payload = document.payload()
    name = payload.split(b'"')[1]
    twice = payload[:-1] + b',"' + name + b'":1}'
    with pytest.raises(MalformedDocumentError, match="stands twice"):
        open_envelope(enveloped(document, payload=twice))


@given(some, st.data())
def test_changed_bytes_are_read_as_themselves_or_refused(
    document: AnyDocument, data: st.DataObject
) -> None:
    stored = bytearray(enveloped(document))
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(stored) - 1))
        match data.draw(st.sampled_from(["flip", "cut", "insert", "double"])):
            case "flip":
                stored[place] ^= data.draw(st.integers(1, 255))
            case "cut":
                del stored[place]
            case "insert":
                stored.insert(place, data.draw(st.sampled_from(list(b' "=A\n,}'))))
            case _:
                stored[place:place] = stored[place : place + data.draw(st.integers(1, 20))]
    try:
        filed = open_envelope(bytes(stored))
    except MalformedDocumentError:
        return
    assert filed.envelope.encode() == bytes(stored)
    assert filed.unverified.payload() == filed.envelope.payload


@given(some, st.data())
def test_changed_payloads_are_read_as_themselves_or_refused(
    document: AnyDocument, data: st.DataObject
) -> None:
    payload = bytearray(document.payload())
    place = data.draw(st.integers(0, len(payload) - 1))
    payload[place] = data.draw(st.integers(0, 255))
    try:
        found = unverified_document(Envelope(document.kind, bytes(payload), b""))
    except MalformedDocumentError:
        return
    assert found.payload() == bytes(payload)


# Spans.


@kinds
def test_what_ends_before_it_begins_is_refused(document: AnyDocument) -> None:
    spans = {"order": ("transmitted_at", "decide_by"), "attestation": ("from_", "until"),
             "absence": ("from_", "until")}  # fmt: skip
    if document.kind not in spans:
        return
    start, end = spans[document.kind]
    for later in (0, 1):
        changed = replace(document, **{start: getattr(document, end) + later})  # type: ignore[arg-type]
        with pytest.raises(MalformedDocumentError, match="before it"):
            open_envelope(enveloped(changed))


# Envelopes.


def test_the_signature_is_over_the_kind_too() -> None:
    assert pae("order", b"{}") == b"DSSEv1 36 application/vnd.cheget.order.v1+json 2 {}"
    assert media_type("order") == "application/vnd.cheget.order.v1+json"
    assert digest("order", b"{}") != digest("refusal", b"{}")


GOOD = enveloped(DOCUMENTS[2])
PAYLOAD = base64.b64encode(DOCUMENTS[2].payload()).decode()
SIG = base64.b64encode(bytes(64)).decode()
TYPE = "application/vnd.cheget.refusal.v1+json"


@pytest.mark.parametrize(
    ("stored", "says"),
    [
        (GOOD + b"\n", "canonical form"),
        (b" " + GOOD, "canonical form"),
        (GOOD.replace(b'":"', b'": "', 1), "canonical form"),
        (GOOD.replace(b"]}", b"],}"), "canonical form"),
        (GOOD[:-1] + b',"x":1}', "canonical form"),
        (f'{{"payloadType":"{TYPE}","payload":"{PAYLOAD}","signatures":[{{"keyid":"","sig":"{SIG}"}}]}}'.encode(), "canonical form"),
        (f'{{"payload":"{PAYLOAD}","payloadType":"{TYPE}","signatures":[{{"sig":"{SIG}","keyid":""}}]}}'.encode(), "canonical form"),
        (f'{{"payload":"{PAYLOAD}","payloadType":"{TYPE}","signatures":[{{"keyid":"","sig":"{SIG}"}},{{"keyid":"","sig":"{SIG}"}}]}}'.encode(), "canonical form"),
        (f'{{"payload":"{PAYLOAD}","payloadType":"{TYPE}","signatures":[]}}'.encode(), "canonical form"),
        (GOOD.replace(b'"keyid":""', b'"keyid":"A"'), "canonical form"),
        (GOOD.replace(b"application/", b"Application/"), "canonical form"),
        (GOOD.replace(b"AA==", b"AB=="), "own canonical form"),
        (GOOD.replace(b"AA==", b"AA="), "base64"),
        (GOOD.replace(b"AA==", b"AA"), "base64"),
        (GOOD.replace(b'"sig":"AAAA', b'"sig":"-_AA'), "canonical form"),
        (GOOD.replace(b"v1+json", b"v2+json"), "canonical form"),
        (GOOD.replace(b".refusal.", b".drill-refusal."), "a drill"),
        (GOOD.replace(b".refusal.", b".charter."), "an unknown kind, charter"),
        (b"", "canonical form"),
    ],
)  # fmt: skip
def test_an_envelope_has_one_form(stored: bytes, says: str) -> None:
    assert open_envelope(GOOD)
    with pytest.raises(MalformedDocumentError, match=says):
        open_envelope(stored)


def test_an_envelope_of_another_kinds_fields_is_refused() -> None:
    for kind in KINDS - {"refusal"}:
        with pytest.raises(MalformedDocumentError):
            open_envelope(enveloped(DOCUMENTS[2], kind=kind))


def test_an_envelope_has_at_most_64_kib() -> None:
    long = replace(DOCUMENTS[0], acknowledged=("x" * 4000,) * 11)  # type: ignore[call-arg]
    assert MAX_ENVELOPE - 10_000 < len(enveloped(long)) <= MAX_ENVELOPE
    assert open_envelope(enveloped(long)).unverified == long
    longer = replace(long, acknowledged=("x" * 4000,) * 13)
    with pytest.raises(MalformedDocumentError, match="at most 65,536 are read"):
        open_envelope(enveloped(longer))


# Texts.


@pytest.mark.parametrize(
    "text", ["\n", "\0", "a\u202eb", "\u2066", "\u200b", "\ufeff", "\x7f", "\u2028"]
)
def test_a_text_that_could_mislead_is_refused(text: str) -> None:
    with pytest.raises(MalformedDocumentError, match="control character"):
        check_text(text)
    with pytest.raises(MalformedDocumentError):
        Text.from_json({"salt": "0" * 32, "text": text})


def test_a_text_has_at_most_4096_bytes() -> None:
    assert check_text("é" * 2048) == "é" * 2048
    with pytest.raises(MalformedDocumentError, match="4,096"):
        check_text("é" * 2048 + "x")


def test_a_salted_text_is_found_by_its_digest() -> None:
    text = Text.from_json({"salt": "0" * 32, "text": ""})
    assert text.digest != Text(bytes([1]) * 16, "").digest
    for wrong in (
        {"salt": "0" * 31, "text": ""},
        {"salt": "0" * 32},
        [],
        {"salt": "0" * 32, "text": 1},
    ):
        with pytest.raises(MalformedDocumentError):
            Text.from_json(wrong)
