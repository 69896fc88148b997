from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from cheget.audit import ed25519
from cheget.errors import BadSignatureError, CharterError
from cheget.order import sshsig
from cheget.order.keys import PublicKey, check_public_key, sk_public_key, verify

VECTORS = sorted((Path(__file__).parents[1] / "vectors" / "keys").glob("*.txt"))
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
POINT = PRIVATE.public_key().public_bytes_raw()
PLAIN = PublicKey("ed25519", POINT)
SSH = PublicKey("sshsig-ed25519", POINT)
SK = sk_public_key(POINT)


def fields(path: Path) -> dict[str, str]:
    lines = path.read_text().splitlines()
    assert lines[0].startswith("# ")
    return dict(line.split(": ") if ": " in line else (line[:-1], "") for line in lines[1:])


def signed_by_ssh_key(message: bytes) -> bytes:
    raw = PRIVATE.sign(sshsig.to_be_signed(message))
    inner = sshsig.string(b"ssh-ed25519") + sshsig.string(raw)
    return sshsig.wrap(SSH.ssh_form, inner)


def signed_by_security_key(message: bytes, flags: int = 5, counter: int = 9) -> bytes:
    tbs = sshsig.to_be_signed(message)
    raw = PRIVATE.sign(sshsig.sk_to_be_signed(b"ssh:", flags, counter, tbs))
    tail = bytes([flags]) + counter.to_bytes(4, "big")
    return sshsig.wrap(SK.ssh_form, sshsig.string(sshsig.SK_ED25519) + sshsig.string(raw) + tail)


SIGNED = [(PLAIN, PRIVATE.sign), (SSH, signed_by_ssh_key), (SK, signed_by_security_key)]


@pytest.mark.parametrize("path", VECTORS, ids=lambda path: path.stem)
def test_a_vector_is_accepted_or_refused_as_it_says(path: Path) -> None:
    case = fields(path)
    public = PublicKey(case["scheme"], bytes.fromhex(case["key"]))
    message, signature = bytes.fromhex(case["message"]), bytes.fromhex(case["signature"])
    if case["expect"] == "accept":
        verify(public, message, signature)
        check_public_key(public)
    else:
        assert case["expect"] == "reject"
        with pytest.raises(BadSignatureError):
            verify(public, message, signature)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("ed25519-malleated", "not below the group order"),
        ("ed25519-small-a-1", "of small order"),
        ("ed25519-small-r-5", "R is of small order"),
        ("ed25519-noncanonical-a-3-0", "not in its one form"),
        ("ed25519-off-curve-a", "not a point"),
        ("ed25519-cofactored-a", "does not verify"),
        ("ed25519-cofactored-r", "does not verify"),
        ("ed25519-sshsig", "has 64 bytes"),
        ("sshsig-armor", "in armor"),
        ("sshsig-raw", "not an SSH signature"),
        ("sshsig-namespace-git", "for the namespace b'git'"),
        ("sshsig-sha256", "not sha512"),
        ("sshsig-reserved", "reserved field"),
        ("sshsig-other-key-inside", "another key than the roster's"),
        ("sshsig-trailing", "after its end"),
        ("sshsig-cut", "ends too early"),
        ("sshsig-version-2", "another version"),
        ("sshsig-trailing-inner", "inner part"),
        ("sk-no-uv", "did not check presence and its user"),
        ("sk-no-up", "did not check presence and its user"),
        ("sk-counter", "does not verify"),
        ("sk-plain", "another key than the roster's"),
    ],
)
def test_a_refusal_says_why(name: str, reason: str) -> None:
    case = fields(next(path for path in VECTORS if path.stem == name))
    public = PublicKey(case["scheme"], bytes.fromhex(case["key"]))
    with pytest.raises(BadSignatureError, match=reason):
        verify(public, bytes.fromhex(case["message"]), bytes.fromhex(case["signature"]))


def test_the_vectors_are_those_that_their_script_makes(tmp_path: Path) -> None:
    script = VECTORS[0].parents[1] / "make_keys.py"
    made = {"__name__": "make_keys", "__file__": str(script)}
    exec(compile(script.read_text(), str(script), "exec"), made)  # noqa: S102
    made["HERE"] = tmp_path  # type: ignore[assignment]
    for part in ("plain", "openssh", "security_keys"):
        made[part]()  # type: ignore[operator]
    assert {p.name: p.read_text() for p in tmp_path.iterdir()} == {
        p.name: p.read_text() for p in VECTORS
    }


@given(st.sampled_from(SIGNED), st.binary(max_size=200))
def test_what_a_key_signs_it_verifies(pair: tuple, message: bytes) -> None:
    public, sign = pair
    verify(public, message, sign(message))


@given(st.sampled_from(SIGNED), st.data())
def test_a_byte_changed_anywhere_never_verifies(pair: tuple, data: st.DataObject) -> None:
    public, sign = pair
    signature = bytearray(sign(b"order"))
    signature[data.draw(st.integers(0, len(signature) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(BadSignatureError):
        verify(public, b"order", bytes(signature))


@given(st.sampled_from(SIGNED), st.binary(max_size=300))
def test_bytes_out_of_nowhere_never_verify(pair: tuple, signature: bytes) -> None:
    with pytest.raises(BadSignatureError):
        verify(pair[0], b"order", signature)


@given(st.binary(max_size=300))
def test_an_ssh_blob_that_parses_has_one_form(tail: bytes) -> None:
    for blob in (b"SSHSIG\0\0\0\1" + tail, signed_by_ssh_key(tail)):
        try:
            found = sshsig.parse(blob)
        except BadSignatureError:
            continue
        assert found.encode() == blob


@pytest.mark.parametrize("signer", [PLAIN, SSH, SK], ids=lambda key: key.scheme)
@pytest.mark.parametrize("roster", [PLAIN, SSH, SK], ids=lambda key: key.scheme)
def test_the_roster_decides_the_scheme(signer: PublicKey, roster: PublicKey) -> None:
    signature = dict(SIGNED)[signer](b"order")
    if signer == roster:
        verify(roster, b"order", signature)
    else:
        with pytest.raises(BadSignatureError):
            verify(roster, b"order", signature)


def test_one_key_is_seen_under_all_its_schemes() -> None:
    assert PLAIN.point == SSH.point == SK.point == POINT
    assert PLAIN != SSH
    assert SK.application == b"ssh:"
    assert SSH.application == b""


@pytest.mark.parametrize(
    ("scheme", "key", "reason"),
    [
        ("ed25519", bytes(31), "has 32 bytes, not 31"),
        ("sshsig-ed25519", bytes(33), "has 32 bytes, not 33"),
        ("sshsig-sk-ed25519", POINT, "not in SSH's form"),
        ("sshsig-sk-ed25519", SK.key + b"\0", "not in SSH's form"),
        ("sshsig-sk-ed25519", SK.key[:-1], "not in SSH's form"),
        ("sshsig-sk-ed25519", SSH.ssh_form, "not in SSH's form"),
        ("webauthn-es256", bytes(64), "65 bytes, not 64"),
        ("webauthn-eddsa", bytes(31), "32 bytes, not 31"),
        ("ED25519", bytes(32), "there is no scheme 'ED25519'"),
        ("", bytes(32), "there is no scheme"),
    ],
)
def test_what_is_no_key_is_refused_when_made(scheme: str, key: bytes, reason: str) -> None:
    with pytest.raises(CharterError, match=reason):
        PublicKey(scheme, key)


@pytest.mark.parametrize("application", [b"", b"ssh", b"example.org", b"ssh:" + bytes(300)])
def test_a_security_key_is_one_made_for_ssh(application: bytes) -> None:
    with pytest.raises(CharterError, match="ssh:"):
        sk_public_key(POINT, application)


@pytest.mark.parametrize("public", [PLAIN, SSH, SK], ids=lambda key: key.scheme)
def test_a_sound_key_passes(public: PublicKey) -> None:
    check_public_key(public)


@given(st.binary(min_size=32, max_size=32))
def test_a_key_is_sound_or_refused(key: bytes) -> None:
    try:
        check_public_key(PublicKey("ed25519", key))
    except CharterError:
        with pytest.raises(BadSignatureError):
            verify(PublicKey("ed25519", key), b"order", PRIVATE.sign(b"order"))


def test_the_page_on_keys_shows_a_signature_that_verifies() -> None:
    page = (Path(__file__).parents[2] / "spec" / "keys.md").read_text()
    shown = page.split("```vector\n")[1].split("```")[0]
    case = dict(line.split(": ") for line in shown.splitlines())
    message, signature = bytes.fromhex(case["message"]), bytes.fromhex(case["signature"])
    verify(PublicKey(case["scheme"], bytes.fromhex(case["key"])), message, signature)


def test_a_key_of_another_length_verifies_nothing() -> None:
    with pytest.raises(BadSignatureError, match="has 32 bytes, not 33"):
        ed25519.verify(POINT + b"\0", b"order", PRIVATE.sign(b"order"))


def test_a_key_that_went_around_its_own_checks_verifies_nothing() -> None:
    forged = PublicKey("ed25519", POINT)
    object.__setattr__(forged, "scheme", "none")
    with pytest.raises(BadSignatureError, match="none cannot be verified"):
        verify(forged, b"order", b"")
