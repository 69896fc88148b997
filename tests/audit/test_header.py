import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from cheget.audit.header import MAX_INTEGER, Header, Mention, decode
from cheget.audit.instant import LATEST, to_text
from cheget.errors import LogError

digests = st.binary(min_size=32, max_size=32).map(bytes.hex)
kinds = st.sampled_from(["order", "concurrence", "refusal", "drill-order", "receipt"])
instants, integers = st.integers(0, LATEST), st.integers(0, MAX_INTEGER)
headers = st.builds(Header, instants, digests, kinds, integers, digests)
mentions = st.builds(Mention, instants, digests, integers)
SPECIMEN = Header(1_795_342_500, "ab" * 32, "order", 0, "cd" * 32)


@given(headers | mentions)
def test_what_is_encoded_decodes_to_itself(value: Header | Mention) -> None:
    assert decode(value.encode()) == value


@given(headers)
def test_a_header_is_canonical_json(value: Header) -> None:
    assert value.encode() == rfc8785.dumps(
        {
            "kind": value.kind,
            "subject": value.subject,
            "seq": value.seq,
            "envelope": value.envelope,
            "at": to_text(value.at),
        }
    )


@given(mentions)
def test_a_mention_is_canonical_json(value: Mention) -> None:
    assert value.encode() == rfc8785.dumps(
        {"size": value.size, "root": value.root, "kind": "law", "at": to_text(value.at)}
    )


@given(headers | mentions, st.data())
def test_a_byte_changed_anywhere_is_another_header_or_none(
    value: Header | Mention, data: st.DataObject
) -> None:
    leaf = bytearray(value.encode())
    leaf[data.draw(st.integers(0, len(leaf) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        other = decode(bytes(leaf))
    except LogError:
        return
    assert other != value
    assert other.encode() == leaf


@given(headers | mentions, st.data())
def test_a_byte_put_in_or_taken_out_is_another_header_or_none(
    value: Header | Mention, data: st.DataObject
) -> None:
    leaf = value.encode()
    at = data.draw(st.integers(0, len(leaf)))
    put = data.draw(st.binary(max_size=2))
    changed = leaf[:at] + put + leaf[at + data.draw(st.integers(0, 2)) :]
    try:
        other = decode(changed)
    except LogError:
        return
    assert other.encode() == changed


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"seq":0', b'"seq":00'),
        (b'"seq":0', b'"seq":-1'),
        (b'"seq":0', b'"seq":1.0'),
        (b'"seq":0', b'"seq":9007199254740992'),
        (b'"kind":"order"', b'"kind":"law"'),
        (b'"kind":"order"', b'"kind":""'),
        (b'"kind":"order"', b'"kind":"Order"'),
        (b'"kind":"order"', b'"kind":"order-"'),
        (b'"kind":"order"', b'"kind":"\\u006frder"'),
        (b"abab", b"ABAB"),
        (b'{"at"', b'{ "at"'),
        (b"}", b"}\n"),
        (b"}", b',"zone":1}'),
        (b"2026-11-22", b"2026-11-31"),
        (b"2026-11-22", b"1969-11-22"),
    ],
)
def test_a_header_has_one_form(old: bytes, new: bytes) -> None:
    leaf = SPECIMEN.encode()
    assert old in leaf
    with pytest.raises(LogError, match="not a header in its one form"):
        decode(leaf.replace(old, new))


@pytest.mark.parametrize(
    "value",
    [
        Header(-1, "ab" * 32, "order", 0, "cd" * 32),
        Header(0, "AB" * 32, "order", 0, "cd" * 32),
        Header(0, "ab" * 32, "law", 0, "cd" * 32),
        Header(0, "ab" * 32, 'order","seq":0', 0, "cd" * 32),
        Header(0, "ab" * 32, "ordér", 0, "cd" * 32),
        Header(0, "ab" * 32, "order", 2**53, "cd" * 32),
        Header(0, "ab" * 32, "order", -1, "cd" * 32),
        Mention(0, "ab", 1),
        Mention(0, "ab" * 32, 2**53),
    ],
)
def test_a_value_that_no_header_holds_is_not_encoded(value: Header | Mention) -> None:
    with pytest.raises(ValueError):
        value.encode()
