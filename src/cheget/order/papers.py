"""Papers: all that verifying an order needs, in one file. A code is papers with an address.

An authorization code is addressed to one executor: its id stands first, in the clear, and is
looked at before anything else. What a signer is shown is the same, with the list of executors
in place of the address. Nobody needs to be trusted who carries either.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NoReturn, cast

from cheget.audit.slice import Slice
from cheget.errors import LogError, MalformedDocumentError
from cheget.order.canonical import Json, distinct
from cheget.order.documents import (
    AnyDocument,
    Attestation,
    Countermand,
    Order,
    Receipt,
    unverified_document,
)
from cheget.order.envelope import Envelope
from cheget.order.fields import DIGEST, ID_FIELD, LISTED, SIZE, Text
from cheget.order.handover import Handed, ciphertext_of

MAX_CODE = 32 * 1024 * 1024

_FIELDS = {"address", "consistency", "envelopes", "files", "latest", "law", "order", "published",
           "slice", "texts"}  # fmt: skip
_ORDER = re.compile(rb'"order":"([0-9a-f]{64})","published":')
_SERIAL = re.compile(
    rb'\{"address":\{"executor":"[^"]*","index":[0-9]*,"path":\[[0-9a-f",]*\],'
    rb'"serial":([0-9]{1,16}),'
)
_LAW_FIELDS = {"consistency", "envelopes", "latest", "slice"}
_AMENDED = {"charters", "enrolments"}  # beside a law log with amendments after the first


@dataclass(frozen=True)
class Address:
    """To whom a code goes: an executor, its index (from 0) in the order's list, its path.

    A sealed executor's has the ``serial`` that the order binds, and the ``shares`` that were
    handed over to it, by the documents that bind them.
    """

    executor: str
    index: int
    path: tuple[bytes, ...]
    serial: int | None = None
    shares: Mapping[str, Handed] = field(default_factory=dict)

    @property
    def leaf(self) -> bytes:
        """What stands in the order's list."""
        serial = "" if self.serial is None else f"/{self.serial}"
        return f"{self.executor}{serial}".encode()


@dataclass(frozen=True)
class Filed:
    """An envelope as stored, opened strictly; nothing here says that it verifies."""

    stored: bytes
    envelope: Envelope
    unverified: AnyDocument

    @property
    def stored_digest(self) -> str:
        """SHA-256 of the stored bytes, in hex: what the header holds."""
        return hashlib.sha256(self.stored).hexdigest()


@dataclass(frozen=True)
class LogPart:
    """What is shown of a log: a slice, envelopes beside it, the latest checkpoint.

    ``consistency`` leads from a head that lies before the slice to the latest checkpoint. Beside
    the law log lie the ``charters`` that its amendments propose, the first apart, and the
    ``enrolments`` of keys that are new in them.
    """

    slice: Slice
    envelopes: tuple[bytes, ...]
    latest: bytes
    consistency: tuple[bytes, ...] = ()
    charters: tuple[bytes, ...] = ()
    enrolments: tuple[bytes, ...] = ()

    def law_to_json(self) -> dict[str, Json]:
        """The part of the law log as it travels."""
        beside: dict[str, Json] = {}
        if self.charters:
            beside = {
                "charters": [one.decode() for one in self.charters],
                "enrolments": [one.decode() for one in self.enrolments],
            }
        return {
            **beside,
            "consistency": _hexed(self.consistency),
            "envelopes": [one.decode() for one in self.envelopes],
            "latest": self.latest.decode(),
            "slice": cast("Json", self.slice.to_json()),
        }


@dataclass(frozen=True)
class Papers:
    """An order with all that verifying it needs. A code when ``address`` is an Address."""

    address: Address | tuple[str, ...]
    order: str
    log: LogPart
    law: LogPart
    published: bytes
    texts: Mapping[str, Text] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    shares: Mapping[str, tuple[bytes, ...]] = field(default_factory=dict)  # beside a list

    def encode(self) -> bytes:
        """The papers' bytes: canonical JSON."""
        return _dump(self.to_json())

    def to_json(self) -> dict[str, Json]:
        """The papers as they travel. The address comes first in the bytes, by its name."""
        return {
            "address": _address_to_json(self.address, self.shares),
            "consistency": _hexed(self.log.consistency),
            "envelopes": [one.decode() for one in self.log.envelopes],
            "files": {name: base64.b64encode(data).decode() for name, data in self.files.items()},
            "latest": self.log.latest.decode(),
            "law": self.law.law_to_json(),
            "order": self.order,
            "published": self.published.decode(),
            "slice": cast("Json", self.log.slice.to_json()),
            "texts": {name: text.to_json() for name, text in self.texts.items()},
        }


def clear_address(executor: str) -> bytes:
    """How the bytes of every code for ``executor`` begin."""
    return b'{"address":{"executor":"%b",' % executor.encode()


def encode_address(address: Address | tuple[str, ...]) -> bytes:
    """How the bytes of papers with this address begin, up to what follows it."""
    return b'{"address":' + _dump(_address_to_json(address, {}))


def _address_to_json(
    address: Address | tuple[str, ...], shares: Mapping[str, tuple[bytes, ...]]
) -> Json:
    match address:
        case Address(executor, index, path, serial, handed):
            mine: dict[str, Json] = {"executor": executor, "index": index, "path": _hexed(path)}
            if serial is not None:
                mine["serial"] = serial
                mine["shares"] = {name: one.to_json() for name, one in handed.items()}
            return mine
        case executors:
            all_: dict[str, Json] = {"executors": list(executors)}
            if shares:
                all_["shares"] = {name: _hexed(one) for name, one in shares.items()}
            return all_


def decode_papers(data: bytes) -> Papers:
    """Read papers or a code, strictly. Envelopes stay closed.

    Raises:
        MalformedDocumentError: too large, not canonical, fields missing or unknown, a slice
            that cannot be one, or a text or file that is not the one its digest names.
    """
    if len(data) > MAX_CODE:
        raise MalformedDocumentError(f"{len(data):,} bytes, and a code has at most {MAX_CODE:,}")
    try:
        value: Json = _decoder.decode(data.decode("utf-8"))
        if _dump(value) != data:
            raise MalformedDocumentError("the bytes are not their own canonical form")
        return _from_json(value)
    except (ValueError, TypeError, RecursionError, LogError) as error:
        raise MalformedDocumentError(f"not a code: {error}") from None


def decode_law(data: bytes) -> LogPart:
    """Read the part of the law log that somebody is shown, strictly.

    Raises:
        MalformedDocumentError: too large, fields missing or unknown, a slice that cannot be one.
    """
    if len(data) > MAX_CODE:
        raise MalformedDocumentError(f"{len(data):,} bytes, and at most {MAX_CODE:,} are read")
    try:
        return _log_part(_law_fields(_decoder.decode(data.decode("utf-8"))))
    except (ValueError, TypeError, RecursionError, LogError) as error:
        raise MalformedDocumentError(f"no law log: {error}") from None


def _law_fields(law: Json) -> dict[str, Json]:
    if not isinstance(law, dict) or law.keys() not in (_LAW_FIELDS, _LAW_FIELDS | _AMENDED):
        raise MalformedDocumentError("not a code: fields of law are missing or unknown")
    if law.get("charters") == []:
        raise MalformedDocumentError("not a code: charters are there, and none is")
    return law


def _from_json(value: Json) -> Papers:
    if not isinstance(value, dict) or value.keys() != _FIELDS:
        raise MalformedDocumentError("not a code: fields are missing or unknown")
    law = _law_fields(value["law"])
    address, shares = _address(_object(value["address"]))
    return Papers(
        address,
        DIGEST.read(value["order"]),
        _log_part(value),
        _log_part(law),
        _note(value["published"]),
        {
            DIGEST.read(name): _named_text(name, one)
            for name, one in _object(value["texts"]).items()
        },
        {
            DIGEST.read(name): _named_file(name, one)
            for name, one in _object(value["files"]).items()
        },
        shares,
    )


def _named_text(name: str, value: Json) -> Text:
    text = Text.from_json(value)
    if text.digest != name:
        raise MalformedDocumentError(f"a text that is not the one named {name[:16]}")
    return text


def _named_file(name: str, value: Json) -> bytes:
    data = _file(value)
    if hashlib.sha256(data).hexdigest() != name:
        raise MalformedDocumentError(f"a file that is not the one named {name[:16]}")
    return data


def _log_part(value: dict[str, Json]) -> LogPart:
    return LogPart(
        Slice.from_json(value["slice"]),
        tuple(_text(one).encode() for one in _list(value["envelopes"])),
        _note(value["latest"]),
        tuple(bytes.fromhex(DIGEST.read(one)) for one in _list(value["consistency"])),
        *(
            tuple(_text(one).encode() for one in _list(value.get(name, [])))
            for name in ("charters", "enrolments")
        ),
    )


def _address(
    value: dict[str, Json],
) -> tuple[Address | tuple[str, ...], Mapping[str, tuple[bytes, ...]]]:
    match value:
        case {"executor": executor, "index": index, "path": list(path), **rest} if rest.keys() in (
            set(),
            {"serial", "shares"},
        ):
            mine = Address(
                ID_FIELD.read(executor),
                SIZE.read(index),
                tuple(bytes.fromhex(DIGEST.read(one)) for one in path),
                SIZE.read(rest["serial"]) if rest else None,
                {
                    DIGEST.read(name): Handed.from_json(one)
                    for name, one in _object(rest.get("shares", {})).items()
                },
            )
            return mine, {}
        case {"executors": list(executors), **rest} if rest.keys() in (set(), {"shares"}):
            if rest.get("shares") == {}:
                raise MalformedDocumentError("shares are there, and none is")
            return tuple(LISTED.read(one) for one in executors), {
                DIGEST.read(name): tuple(ciphertext_of(share) for share in _list(one))
                for name, one in _object(rest.get("shares", {})).items()
            }
        case _:
            raise MalformedDocumentError("not an address: executor, index and path")


def _object(value: Json) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise MalformedDocumentError("not an object")
    return value


def _list(value: Json) -> list[Json]:
    if not isinstance(value, list):
        raise MalformedDocumentError("not a list")
    return value


def _text(value: Json) -> str:
    if not isinstance(value, str):
        raise MalformedDocumentError("not text")
    return value


def _note(value: Json) -> bytes:
    return _text(value).encode()


def _file(value: Json) -> bytes:
    text = _text(value).encode()
    try:
        data = binascii.a2b_base64(text, strict_mode=True)
    except binascii.Error as error:
        raise MalformedDocumentError(f"a file that is not base64: {error}") from None
    if base64.b64encode(data) != text:
        raise MalformedDocumentError("a file whose base64 is not its own canonical form")
    return data


def _hexed(hashes: tuple[bytes, ...]) -> list[Json]:
    return [one.hex() for one in hashes]


def unverified_order(data: bytes) -> str:
    """The order that papers or a code say they are about; nothing is verified.

    Raises:
        MalformedDocumentError: no papers.
    """
    found = _ORDER.search(data)
    if found is None:
        raise MalformedDocumentError("not a code: it names no order")
    return found[1].decode()


def unverified_serial(data: bytes) -> int | None:
    """The serial that a code says it is under; None where it names none."""
    found = _SERIAL.match(data)
    return int(found[1]) if found is not None else None


def open_envelope(stored: bytes) -> Filed:
    """An envelope and what it holds, read strictly, unverified.

    Raises:
        MalformedDocumentError: not canonical, unknown, or a drill.
    """
    envelope = Envelope.decode(stored)
    return Filed(stored, envelope, unverified_document(envelope))


def subject_of(digest: str, document: AnyDocument) -> str:
    """The subject of a document's entry: its thread in the log."""
    match document:
        case Order() | Attestation():
            return digest
        case Countermand(subject=subject):
            return subject
        case Receipt(order=order, executor=executor):
            return receipt_subject(order, executor)
        case _:
            return cast("str", getattr(document, "order", digest))


def receipt_subject(order: str, executor: str) -> str:
    """The thread of one executor's receipts for one order: so no code carries another's."""
    return hashlib.sha256(bytes.fromhex(order) + executor.encode()).hexdigest()


def _dump(value: Json) -> bytes:
    try:
        return _encoder.encode(value).encode()
    except (ValueError, RecursionError) as error:
        raise MalformedDocumentError(f"not a code: {error}") from None


def _no(text: str) -> NoReturn:
    raise ValueError(f"{text[:20]} has no place in a code")


_encoder = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)
_decoder = json.JSONDecoder(object_pairs_hook=distinct, parse_float=_no, parse_constant=_no)

__all__ = [
    "Address", "Filed", "LogError", "LogPart", "Papers", "clear_address", "decode_papers",
    "open_envelope", "receipt_subject", "subject_of",
]  # fmt: skip
