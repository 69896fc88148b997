import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from cheget.audit.checkpoint import (
    Checkpoint,
    NoteSignature,
    assemble,
    key_id,
    note_to_sign,
    parse,
    signature_line,
    unverified_signatures,
    verify_checkpoint,
)
from cheget.errors import LogError

ORIGIN = "example.test/orders"
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY = PRIVATE.public_key().public_bytes_raw()
HEAD = Checkpoint(ORIGIN, 20_852_163, bytes(range(32)))


def signed(checkpoint: Checkpoint, private: Ed25519PrivateKey = PRIVATE) -> bytes:
    public = private.public_key().public_bytes_raw()
    return assemble(checkpoint, private.sign(note_to_sign(checkpoint)), public)


NOTE = signed(HEAD)
WITNESS = NoteSignature("witness.test", b"\1\2\3\4", bytes(72))


def test_the_specimen_is_these_bytes() -> None:
    assert NOTE.decode() == (
        "example.test/orders\n20852163\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n\n"
        "— example.test/orders fV8iDSo8trvfik0xL3Msol0l3XCywKfqCcNPIVNibicgxTHGjWMapdFZM9126k5C"
        "P5nW0z8plZ9N2kqoEmVeq2xsFwc=\n"
    )
    assert verify_checkpoint(NOTE, origin=ORIGIN, key=KEY) == HEAD


def test_the_key_id_is_that_of_the_note_format() -> None:
    # PeterNeumann+c74f20a3+..., the verifier key in the documentation of Go's sumdb/note.
    held = base64.b64decode("ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    assert held[0] == 1
    assert key_id("PeterNeumann", held[1:]).hex() == "c74f20a3"


@given(st.integers(0, 2**53 - 1), st.binary(min_size=32, max_size=32))
def test_a_body_survives_its_bytes(size: int, root: bytes) -> None:
    head = Checkpoint(ORIGIN, size, root)
    assert parse(head.encode()) == head


@given(st.data())
def test_a_byte_changed_anywhere_never_verifies(data: st.DataObject) -> None:
    note = bytearray(NOTE)
    note[data.draw(st.integers(0, len(note) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(LogError):
        verify_checkpoint(bytes(note), origin=ORIGIN, key=KEY)


@given(st.data())
def test_a_body_has_one_form(data: st.DataObject) -> None:
    body = HEAD.encode()
    at = data.draw(st.integers(0, len(body)))
    changed = body[:at] + data.draw(st.binary(max_size=2)) + body[at + 1 :]
    try:
        other = parse(changed)
    except LogError:
        return
    assert other.encode() == changed


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"20852163", b"020852163"),
        (b"20852163", b"-1"),
        (b"20852163", b"9007199254740992"),
        (b"Hh8=\n", b"Hh9=\n"),
        (b"Hh8=\n", b"Hh8\n"),
        (b"Hh8=\n", b"Hh8=\nextension\n"),
        (b"\n", b"\r\n"),
        (b"example.test", b"example test"),
        (b"example.test", b"example+test"),
        (b"example.test", b"ex\xc3\xa4mple.test"),
    ],
)
def test_a_body_of_another_form_is_refused(old: bytes, new: bytes) -> None:
    assert old in HEAD.encode()
    with pytest.raises(LogError):
        parse(HEAD.encode().replace(old, new))


def test_a_checkpoint_of_another_log_is_refused() -> None:
    with pytest.raises(LogError, match=r"of example\.test/orders, not of example\.test/law"):
        verify_checkpoint(NOTE, origin="example.test/law", key=KEY)


def test_a_checkpoint_by_another_key_is_refused() -> None:
    other = Ed25519PrivateKey.from_private_bytes(bytes(32))
    with pytest.raises(LogError, match="0 signatures by the key"):
        verify_checkpoint(signed(HEAD, other), origin=ORIGIN, key=KEY)
    forged = assemble(HEAD, other.sign(note_to_sign(HEAD)), KEY)
    with pytest.raises(LogError, match="does not verify"):
        verify_checkpoint(forged, origin=ORIGIN, key=KEY)


def test_the_log_signs_once() -> None:
    line = NOTE.split(b"\n\n")[1]
    with pytest.raises(LogError, match="2 signatures"):
        verify_checkpoint(NOTE + line, origin=ORIGIN, key=KEY)


def test_cosignatures_are_tolerated_and_returned_unverified() -> None:
    note = NOTE + signature_line(WITNESS)
    assert verify_checkpoint(note, origin=ORIGIN, key=KEY) == HEAD
    own, witness = unverified_signatures(note)
    assert own.name == ORIGIN
    assert own.key_id == key_id(ORIGIN, KEY)
    assert witness == WITNESS


def test_a_cosignature_may_come_first() -> None:
    body, own = NOTE.split(b"\n\n")
    note = body + b"\n\n" + signature_line(WITNESS) + own
    assert verify_checkpoint(note, origin=ORIGIN, key=KEY) == HEAD


@pytest.mark.parametrize(
    "tail",
    [
        b"\n",
        "— x\n".encode(),
        "— x AAAA\n".encode(),
        "— x AAAAAAAA".encode(),
        b"- x AAAAAAAA\n",
        "— x AAAAAAAA\n\n".encode(),
        "— x AAAAAB==\n".encode(),
        "— x AAAAAAA\n".encode(),
        "— x+y AAAAAAAA\n".encode(),
        "—  AAAAAAAA\n".encode(),
        b"\xff\n",
    ],
)
def test_a_line_that_is_no_signature_is_refused(tail: bytes) -> None:
    with pytest.raises(LogError):
        verify_checkpoint(NOTE + tail, origin=ORIGIN, key=KEY)


def test_a_body_alone_is_no_checkpoint() -> None:
    for note in (b"", HEAD.encode(), HEAD.encode() + b"\n", NOTE[:-1]):
        with pytest.raises(LogError):
            verify_checkpoint(note, origin=ORIGIN, key=KEY)


def test_a_note_of_more_than_4_kib_is_refused_unread() -> None:
    with pytest.raises(LogError, match="at most 4096"):
        verify_checkpoint(NOTE + signature_line(WITNESS) * 60, origin=ORIGIN, key=KEY)


@pytest.mark.parametrize(
    ("origin", "size", "root"),
    [
        ("", 0, bytes(32)),
        ("a b", 0, bytes(32)),
        ("a\nb", 0, bytes(32)),
        ("a", -1, bytes(32)),
        ("a", 2**53, bytes(32)),
        ("a", 0, bytes(31)),
    ],
)
def test_what_no_note_can_hold_is_no_checkpoint(origin: str, size: int, root: bytes) -> None:
    with pytest.raises(ValueError):
        Checkpoint(origin, size, root)
