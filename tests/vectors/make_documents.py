"""Write the vectors of documents: one file a case, the same bytes each time."""
# ruff: noqa: E402, E501 - the path comes first; spellings are shown whole

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2] / "src")]

from cheget.keyring.signer import Ed25519Signer
from cheget.order import canonical
from cheget.order.documents import AnyDocument
from cheget.order.draft import enclose
from cheget.order.envelope import Envelope
from order.samples import DOCUMENTS

FOLDER = Path(__file__).parent / "documents"
SIGNER = Ed25519Signer(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
BY_KIND = {document.kind: document for document in DOCUMENTS}


def signed(kind: str, payload: bytes) -> bytes:
    unsigned = Envelope(kind, payload, b"", "0011223344556677")
    return replace(unsigned, signature=SIGNER.sign(unsigned.signed_bytes)).encode()


def with_fields(document: AnyDocument, **fields: object) -> bytes:
    value = json.loads(document.payload())
    for name, field in fields.items():
        if field is None:
            value.pop(name.rstrip("_"))
        else:
            value[name.rstrip("_")] = field
    return signed(document.kind, canonical.encode(value))


def cases() -> Iterator[tuple[str, str, str, str, bytes]]:
    """Name, what to expect, kind, why, envelope."""
    for document in DOCUMENTS:
        why = f"a {document.kind} with every field"
        yield f"{document.kind}-whole", "accept", document.kind, why, enclose(document, SIGNER)
    order, refusal = BY_KIND["order"], BY_KIND["refusal"]
    good = enclose(refusal, SIGNER)
    payload = refusal.payload()
    yield (
        "refusal-no-seat",
        "accept",
        "refusal",
        "seat is a crew's only",
        with_fields(refusal, seat=None),
    )
    yield (
        "concurrence-no-absence",
        "accept",
        "concurrence",
        "absence is a deputy's",
        with_fields(BY_KIND["concurrence"], absence=None),
    )
    yield (
        "order-no-shares",
        "accept",
        "order",
        "shares are for sealed executors only",
        with_fields(order, shares=None),
    )
    yield (
        "enrolment-no-sealing",
        "accept",
        "enrolment",
        "a key in an agent has no sealing key",
        with_fields(BY_KIND["enrolment"], sealing=None),
    )
    share, commitment = ["share", "request/ann", "1" * 64], "1" * 64
    for name, why, tree in (
        ("index", "a share says where it stands", ["of", 1, [[*share, 0]]]),
        ("none-needed", "nobody opens it", ["of", 0, [share]]),
        ("too-many-needed", "nobody can open it", ["of", 2, [share]]),
        ("no-split", "one share is no tree", share),
        ("empty", "a split of nothing", ["of", 1, []]),
        ("post", "no seat of a level", ["of", 1, [["share", "ann", commitment]]]),
        ("too-many-shares", "over 200 shares", ["of", 1, [share] * 201]),
        ("text-needed", "a text for a number", ["of", "1", [share]]),
    ):  # fmt: skip
        yield f"seal-{name}", "reject", "seal", why, with_fields(BY_KIND["seal"], tree=tree)
    envelopes = {
        "whitespace": ("one blank in the envelope", good.replace(b'":"', b'": "', 1)),
        "newline": ("a newline after the envelope", good + b"\n"),
        "field-order": ("sig before keyid", _swapped(good)),
        "no-signature": ("no signature", good[: good.index(b'"signatures"')] + b'"signatures":[]}'),
        "two-signatures": ("two signatures", _twice(good)),
        "unpadded": ("base64 without its padding", good.replace(b'=="}', b'"}')),
        "base64-bits": ("bits left over in base64", _bits(good)),
        "base64-url": ("the alphabet of URLs", good.replace(b'"sig":"', b'"sig":"-_-_')),
        "unknown-kind": ("a kind that there is not", good.replace(b".refusal.", b".refusals.")),
        "drill": ("a drill", good.replace(b".refusal.", b".drill-refusal.")),
        "version": ("a version to come", good.replace(b".v1+", b".v2+")),
        "too-large": ("over 64 KiB", signed("refusal", payload + b" " * 49_100)),
    }  # fmt: skip
    for name, (why, stored) in envelopes.items():
        yield f"envelope-{name}", "reject", "refusal", why, stored
    payloads = {
        "duplicate-key": ("a key stands twice", payload[:-1] + b',"signer":"ann"}'),
        "blank": ("one blank in the payload", payload.replace(b'","', b'", "', 1)),
        "escape": ("a letter as an escape", payload.replace(b'"bob"', b'"\\u0062ob"')),
        "unsorted": ("keys not in order", b'{"signer":"bob",' + payload[1:].replace(b',"signer":"bob"', b"")),
        "null": ("null for an absent field", payload.replace(b'"missile-0001/commander"', b"null")),
        "bom": ("a byte order mark", b"\xef\xbb\xbf" + payload),
        "latin-1": ("not UTF-8", payload.replace(b"bob", b"b\xf6b")),
        "float-instant": ("a number for an instant", payload.replace(b'"2026-11-22T10:15:00Z"', b"1.0")),
        "no-such-day": ("a day that no calendar has", payload.replace(b"2026-11-22", b"2026-02-30")),
        "offset": ("another offset than Z", payload.replace(b":00Z", b":00+00:00")),
        "fraction": ("a fraction of a second", payload.replace(b":00Z", b":00.5Z")),
        "upper-digest": ("a digest in capital letters", with_capital(payload)),
        "unknown-field": ("an unknown field", payload[:-1] + b',"zzz":1}'),
    }  # fmt: skip
    for name, (why, spoiled) in payloads.items():
        yield f"refusal-{name}", "reject", "refusal", why, signed("refusal", spoiled)
    for name, why, fields in (
        ("count-float", "1.0 is not 1", {"executors": {"count": "X", "root": "3" * 64}}),
        ("no-law", "law is missing", {"law": None}),
        ("decided-at-once", "decide_by is not after transmitted_at", {"decide_by": "2026-11-22T10:15:00Z"}),
        ("parameters-list", "parameters are an object", {"parameters": []}),
        ("parameter-number", "parameters' values are texts", {"parameters": {"amount": 1}}),
        ("attestations-unsorted", "attestations are sorted", {"attestations": ["2" * 64, "1" * 64]}),
        ("attestations-twice", "attestations are distinct", {"attestations": ["1" * 64, "1" * 64]}),
        ("bidirectional", "a bidirectional character in a text", {"acknowledged": ["a\u202eb"]}),
        ("long-text", "a text of over 4,096 bytes", {"acknowledged": ["x" * 4097]}),
        ("short-nonce", "a nonce of 120 bits", {"nonce": "0" * 30}),
        ("capital-id", "an id with a capital letter", {"seat": "Ann"}),
    ):  # fmt: skip
        stored = with_fields(order, **fields)  # type: ignore[arg-type]
        if name == "count-float":
            raw = json.loads(order.payload())
            body = canonical.encode(raw).replace(b'"count":2', b'"count":2.0')
            stored = signed("order", body)
        yield f"order-{name}", "reject", "order", why, stored
    for name, why, fields in (
        ("capital-audience", "an origin with a capital letter", {"audience": "https://Example.com"}),
        ("path", "an origin is no address of a page", {"audience": "https://example.com/a"}),
        ("no-nonce", "nonce is missing", {"nonce": None}),
        ("signer", "who is not named signer", {"signer": "ann"}),
    ):  # fmt: skip
        spoiled_ = with_fields(BY_KIND["session"], **fields)  # type: ignore[arg-type]
        yield f"session-{name}", "reject", "session", why, spoiled_


def _swapped(stored: bytes) -> bytes:
    head, tail = stored.split(b'{"keyid":', 1)
    keyid, sig = tail[:-3].split(b',"sig":')
    return head + b'{"sig":' + sig + b',"keyid":' + keyid + b"}]}"


def _twice(stored: bytes) -> bytes:
    head, one = stored[:-2].split(b'"signatures":[')
    return head + b'"signatures":[' + one + b"," + one + b"]}"


def _bits(stored: bytes) -> bytes:
    at = stored.index(b'=="}') - 1
    digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    other = digits[digits.index(stored[at : at + 1]) + 1]
    changed = stored[:at] + bytes([other]) + stored[at + 1 :]
    assert base64.b64decode(changed[at - 85 : at + 3]) == base64.b64decode(stored[at - 85 : at + 3])
    return changed


def with_capital(payload: bytes) -> bytes:
    """The payload with one digest in capitals (it has letters only if we put some there)."""
    return payload.replace(b"1" * 64, b"A" * 64)


def text_of(case: tuple[str, str, str, str, bytes]) -> bytes:
    """The file of a case: header lines, a blank line, then the envelope to the end."""
    _, expect, kind, why, stored = case
    return f"expect: {expect}\nkind: {kind}\n# {why}\n\n".encode() + stored


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.txt"):
        old.unlink()
    for case in cases():
        (FOLDER / f"{case[0]}.txt").write_bytes(text_of(case))


if __name__ == "__main__":
    main()
