"""Canonical JSON, held to an independent implementation of RFC 8785."""

import json
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from cheget.errors import MalformedDocumentError
from cheget.order import canonical
from cheget.order.canonical import LARGEST

ASCII = st.text(st.characters(max_codepoint=127))
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    TEXT | st.booleans() | st.none() | st.integers(-LARGEST, LARGEST),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ASCII, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_encoding_gives_the_bytes_of_rfc_8785(value: Any) -> None:
    assert canonical.encode(value) == rfc8785.dumps(value)


@given(VALUES)
def test_decoding_gives_back_what_was_encoded(value: Any) -> None:
    assert canonical.decode(canonical.encode(value), up_to=10**6) == value


@given(VALUES, st.integers(0, 3), st.booleans())
def test_any_other_spelling_is_refused(value: Any, indent: int, ascii_only: bool) -> None:
    other = json.dumps(value, indent=indent, ensure_ascii=ascii_only).encode()
    if other == canonical.encode(value):
        return
    with pytest.raises(MalformedDocumentError):
        canonical.decode(other, up_to=10**6)


@pytest.mark.parametrize(
    "data",
    [
        b"1.0", b"1e3", b"-0", b"0.5", b"NaN", b"Infinity", b"-Infinity", b"01", b"+1",
        b"9007199254740992", b"-9007199254740992", b"1" * 5000,
        b'{"a":1,"a":1}', b'{"b":1,"a":1}', b'{"a": 1}', b'{"a":1} ', b' {"a":1}', b'{"a":1,}',
        '{"é":1}'.encode(), b'"\\u0041"', b'"\\/"', b'"\\ud800"', b'"\xff"', b"\xef\xbb\xbf1",
        b"", b"nul", b"[" * 100_000, b"'a'", b"[1]// no", b'"\\u000A"', b'"a\nb"',
    ],
)  # fmt: skip
def test_what_has_no_place_in_a_document_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedDocumentError):
        canonical.decode(data, up_to=10**6)


@pytest.mark.parametrize(
    "value", [0.5, LARGEST + 1, -LARGEST - 1, {"é": 1}, {1: 2}, b"x", "\ud800"]
)
def test_what_has_no_canonical_form_is_not_encoded(value: Any) -> None:
    with pytest.raises(MalformedDocumentError):
        canonical.encode(value)


def test_the_cap_comes_before_parsing() -> None:
    assert canonical.decode(b'"abc"', up_to=5) == "abc"
    with pytest.raises(MalformedDocumentError, match="at most 4 are read"):
        canonical.decode(b'"abc"', up_to=4)
