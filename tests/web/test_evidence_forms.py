"""The page that judges evidence against Python: keys, passkeys and documents, byte by byte."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from cheget.errors import (
    BadSignatureError,
    CharterError,
    MalformedDocumentError,
)
from cheget.order import canonical
from cheget.order.keys import PublicKey, check_public_key, verify
from cheget.order.papers import open_envelope
from cheget.order.passkey import EDDSA, ES256
from passkeys import ORIGIN, PARTY, Authenticator
from web.offline import Verifier
from web.stories import (
    VECTORS,
)

pytestmark = pytest.mark.xdist_group("chromium")
pytestmark = pytest.mark.xdist_group("chromium")


def test_the_vectors_of_keys_are_taken_and_refused_alike(verifier: Verifier) -> None:
    files = sorted((VECTORS / "keys").glob("*.txt"))
    cases = []
    for file in files:
        lines = file.read_text().splitlines()[1:]
        cases.append(dict(one.split(": ") if ": " in one else (one[:-1], "") for one in lines))
    told = verifier.page.evaluate(
        """async (cases) => {
          const told = [];
          for (const { scheme, key, message, signature } of cases) {
            try {
              await checkSignature({ scheme, key }, null, unhex(message), unhex(signature));
              await pointOf({ scheme, key });
              told.push("accept");
            } catch (error) {
              told.push(error instanceof Refused ? "reject" : String(error));
            }
          }
          return told;
        }""",
        cases,
    )
    assert [(file.stem, one) for file, one in zip(files, told, strict=True)] == [
        (file.stem, case["expect"]) for file, case in zip(files, cases, strict=True)
    ]


def test_the_vectors_of_documents_are_read_and_refused_alike(verifier: Verifier) -> None:
    """Of the kinds that an order's papers can hold; the others it takes for unknown."""
    expected, stored = [], []
    for file in sorted((VECTORS / "documents").glob("*.txt")):
        head, _, envelope = file.read_bytes().partition(b"\n\n")
        expect, kind, _ = head.decode().split("\n")
        beyond = kind in {"kind: enrolment", "kind: seal", "kind: session"}
        expected.append((file.stem, "reject" if beyond else expect.removeprefix("expect: ")))
        stored.append(envelope.decode("latin-1"))
    told = verifier.page.evaluate(
        """async (all) => {
          const told = [];
          for (const one of all) {
            try { await openEnvelope(one); told.push("accept"); }
            catch (error) { told.push(error instanceof Refused ? "reject" : String(error)); }
          }
          return told;
        }""",
        stored,
    )
    assert list(zip([name for name, _ in expected], told, strict=True)) == expected


JUNK: tuple[Any, ...] = (
    None, True, 0, -1, 1, 1.5, 2**53, 10**30, "", "x", "0" * 32, "0" * 64, "0" * 63 + "A", "a-b/c",
    "carried-out", "2026-11-22T10:15:00Z", "2026-02-30T10:15:00Z", "1969-11-22T10:15:00Z",
    "2026-11-22T24:00:00Z",
    "a\u202eb", "a\u200db", "é", "\n", "x" * 4097, [], ["x"], ["0" * 64] * 2,
    ["0" * 64, "1" * 64], ["1" * 64, "0" * 64], [1], {}, {"a": "b"}, {"a": 1}, {"A": "b"},
    {"count": 1, "root": "0" * 64}, {"root": "0" * 64, "size": 1}, {"size": 1},
    {"root": "0" * 64, "size": 1, "x": 1},
)  # fmt: skip


def test_a_field_that_holds_something_else_is_read_and_refused_alike(verifier: Verifier) -> None:
    """Each field of each kind, missing, and with each sort of value in its place."""
    stored, expected = [], []
    for file in sorted((VECTORS / "documents").glob("*-whole.txt")):
        envelope = open_envelope(file.read_bytes().partition(b"\n\n")[2]).envelope
        if envelope.kind in {"enrolment", "seal", "session"}:
            continue
        whole = json.loads(envelope.payload)
        values = [{**whole, name: junk} for name in [*whole, "zeal"] for junk in JUNK]
        values += [{one: value for one, value in whole.items() if one != name} for name in whole]
        for value in values:
            text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
            one = replace(envelope, payload=text.encode()).encode()
            try:
                open_envelope(one)
                expected.append("accept")
            except MalformedDocumentError:
                expected.append("reject")
            stored.append((text, one.decode()))
    told = verifier.page.evaluate(
        """async (text) => {
          const told = [];
          for (const one of JSON.parse(text)) {
            try { await openEnvelope(one); told.push("accept"); }
            catch (error) { told.push(error instanceof Refused ? "reject" : String(error)); }
          }
          return told;
        }""",
        json.dumps([one for _, one in stored]),
    )
    differ = [
        (text, one, python)
        for (text, _), one, python in zip(stored, told, expected, strict=True) if one != python
    ]  # fmt: skip
    assert differ == []
    assert len(stored) > 3000
    assert expected.count("accept") > 100


REASONS = {
    "ed25519-malleated": "S is not below", "ed25519-s-is-l": "S is not below",
    "ed25519-noncanonical-a-1-0": "key that is not in its one form",
    "ed25519-noncanonical-r-0-0": "R that is not in its one form",
    "ed25519-small-a-3": "key of small order", "ed25519-small-r-3": "R of small order",
    "ed25519-off-curve-a": "not a point on the curve", "ed25519-short": "has not 64 bytes",
    "sk-no-uv": "presence and its user", "sshsig-namespace-git": "in cheget's namespace",
}  # fmt: skip


def test_what_a_browser_may_leave_open_is_refused_before_it_is_asked(verifier: Verifier) -> None:
    for name, reason in REASONS.items():
        lines = (VECTORS / "keys" / f"{name}.txt").read_text().splitlines()[1:]
        case = dict(one.split(": ") for one in lines)
        said = verifier.page.evaluate(
            "(one) => checkSignature(one, null, unhex(one.message), unhex(one.signature))"
            ".then(() => '', (error) => error.message)",
            case,
        )
        assert reason in said, (name, said)
    for call, reason in (
        ("checkPoint(unhex('01'))", "has not 32 bytes"),
        ("securityKey(unhex('00'))", "not in SSH's form"),
        ("fromDer(unhex('3006020101020101'))", ""),
        ("fromDer(unhex('300602010102010100'))", "not in DER"),
        ("fromDer(unhex('3007020101020101'))", "not in DER"),
        ("fromDer(unhex('300702020001020101'))", "not in DER"),
        ("fromDer(unhex('3006020181020101'))", "not in DER"),
        ("fromDer(unhex('3006020101030101'))", "not in DER"),
        ("fromDer(unhex('308106020101020101'))", "not in DER"),
        (f"fromDer(unhex('30260221{'01' * 33}020101'))", "not in DER"),
    ):  # fmt: skip
        said = verifier.page.evaluate(
            f"() => {{ try {{ {call}; return ''; }} catch (error) {{ return error.message; }} }}"
        )
        assert reason in said, (call, said)
        assert bool(reason) == bool(said), (call, said)
    one = Authenticator()
    said = verifier.page.evaluate(
        "([key, message, signature]) => checkPasskey('webauthn-es256', unhex(key),"
        " {rp_id: '', origins: []}, unhex(message), unhex(signature))"
        ".then(() => '', (error) => error.message)",
        [one.public.key.hex(), MESSAGE.hex(), one.sign(MESSAGE).hex()],
    )
    assert "names no page" in said


MESSAGE = b"DSSEv1 41 application/vnd.cheget.order.v1+json 2 {}"
USES: tuple[tuple[str, Mapping[str, Any]], ...] = (
    ("good", {}), ("second page", {"origin": PARTY.origins[1]}),
    ("says nothing of frames", {"client": {"crossOrigin": None, "more": "x"}}),
    ("extended", {"flags": 0x85, "behind": b"extension data"}),
    ("not present", {"flags": 4}), ("not verified", {"flags": 1}),
    ("another origin", {"origin": "https://evil.example.com"}),
    ("no https", {"origin": "http://cheget.example.com"}), ("slash", {"origin": f"{ORIGIN}/"}),
    ("another house", {"rp_id": "example.com"}), ("behind", {"behind": b"x"}),
    ("made, not asked", {"client": {"type": "webauthn.create"}}),
    ("framed", {"client": {"crossOrigin": True}}),
    ("framed in words", {"client": {"crossOrigin": "false"}}),
    ("framed by", {"client": {"topOrigin": ORIGIN}}),
    ("another document", {"client": {"challenge": "AAAA"}}),
)  # fmt: skip


def assertions(scheme: str) -> Iterator[tuple[str, PublicKey, bytes]]:
    for name, how in USES:
        one = Authenticator(scheme, **how)
        yield name, one.public, one.sign(MESSAGE)
    one = Authenticator(scheme)
    said = one.client_data(MESSAGE)
    for name, client in (
        ("twice", said.replace(b'"type"', b'"origin": "https://x", "type"')),
        ("twice, spelt otherwise", said.replace(b'"type"', b'"or\\u0069gin": "x", "type"')),
        ("twice, deep", said[:-1] + b', "more": [{"a": 1, "b": {"a": 2}, "a": 3}]}'),
        ("once in each", said[:-1] + b', "more": [{"a": ":"}, {"a": "\\"{"}]}'),
        ("empty", b""), ("a list", b"[]"), ("cut", said[:-1]), ("null", b"null"),
        ("no text", b"\xff{}"), ("too long", said[:-1] + b" " * 4096 + b"}"),
        ("inherited", b'{"__proto__": ' + said + b"}"),
    ):  # fmt: skip
        yield name, one.public, one.sign(MESSAGE, client)
    yield "another key", Authenticator(scheme, seed=8).public, one.sign(MESSAGE)
    other = Authenticator(EDDSA if scheme == ES256 else ES256)
    yield "another scheme", other.public, one.sign(MESSAGE)
    good = json.loads(one.sign(MESSAGE))
    for name, value in (
        ("a field more", {**good, "zeal": ""}), ("padded", {**good, "signature": "AA=="}),
        ("no signature", {**good, "signature": ""}), ("number", {**good, "signature": 1}),
        ("malformed DER", {**good, "signature": "AAAA" + good["signature"][4:]}),
        ("longer DER", {**good, "signature": good["signature"][:92] + "AAAA"}),
    ):  # fmt: skip
        yield name, one.public, canonical.encode(value)
    yield "spaced", one.public, json.dumps(good).encode()


@pytest.mark.parametrize("scheme", [ES256, EDDSA])
def test_passkeys_are_taken_and_refused_alike(verifier: Verifier, scheme: str) -> None:
    names, cases, expected = [], [], []
    for name, public, signature in assertions(scheme):
        try:
            verify(public, MESSAGE, signature)
            expected.append("accept")
        except BadSignatureError:
            expected.append("reject")
        names.append(name)
        cases.append({"scheme": public.scheme, "key": public.key.hex(), "sig": signature.hex()})
    party = {"rp_id": PARTY.rp_id, "origins": list(PARTY.origins)}
    told = verifier.page.evaluate(
        """async ([message, party, cases]) => {
          const told = [];
          for (const one of cases) {
            try {
              await checkSignature(one, party, unhex(message), unhex(one.sig));
              told.push("accept");
            } catch (error) {
              told.push(error instanceof Refused ? "reject" : String(error));
            }
          }
          return told;
        }""",
        [MESSAGE.hex(), party, cases],
    )
    assert list(zip(names, told, strict=True)) == list(zip(names, expected, strict=True))
    assert set(expected) == {"accept", "reject"}


@pytest.mark.parametrize(
    "key", [bytes(65), b"\x04" + bytes(64), b"\x02" + bytes(64), b"\x04" + b"\xff" * 64]
)
def test_a_p256_key_off_its_curve_is_no_key(verifier: Verifier, key: bytes) -> None:
    with pytest.raises(CharterError):
        check_public_key(PublicKey(ES256, key))
    told = verifier.page.evaluate(
        "async (key) => { try { await pointOf({scheme: 'webauthn-es256', key}); return ''; }"
        " catch (error) { return error.message; } }",
        key.hex(),
    )
    assert told
