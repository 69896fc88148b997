"""Canonical JSON on the narrow domain of our documents.

RFC 8785 restricted to ASCII keys, text, integers below 2^53, booleans, null, lists and
objects. On that domain ``json.dumps`` with sorted keys gives the same bytes at a fraction of
the cost; a test holds it to an independent implementation.
"""

from __future__ import annotations

import json
from typing import Any, NoReturn

from cheget.errors import MalformedDocumentError

Json = str | int | bool | None | list["Json"] | dict[str, "Json"]

LARGEST = 2**53 - 1

_encoder = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
)
_c_make: Any = getattr(json.encoder, "c_make_encoder", None)
_c_encoder = _c_make and _c_make(
    None, _encoder.default, json.encoder.encode_basestring, None, ":", ",", True, False, False
)


def _text(value: Json) -> str:
    # What ``_encoder.encode`` does, save that it would build a new C encoder each time.
    return _encoder.encode(value) if _c_encoder is None else "".join(_c_encoder(value, 0))


def distinct(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    """An object whose keys each stand once: the hook of whoever reads JSON from outside.

    Raises:
        ValueError: a key stands twice.
    """
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key stands twice")
    return value


def encode(value: Json) -> bytes:
    """The canonical bytes of ``value``.

    Raises:
        MalformedDocumentError: ``value`` is outside the domain.
    """
    _check_domain(value)
    return _encode(value)


def decode(data: bytes, *, up_to: int) -> Json:
    """The value whose canonical bytes are ``data``, at most ``up_to`` bytes of them.

    Raises:
        MalformedDocumentError: too large, not JSON, outside the domain, or not canonical.
    """
    if len(data) > up_to:
        raise MalformedDocumentError(f"{len(data):,} bytes, and at most {up_to:,} are read")
    try:
        value: Json = _decoder.decode(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise MalformedDocumentError(f"not JSON of ours: {error}") from None
    if _encode(value) != data:
        raise MalformedDocumentError("the bytes are not their own canonical form")
    return value


def _encode(value: Json) -> bytes:
    try:
        return _text(value).encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise MalformedDocumentError(f"has no canonical form: {error}") from None


def _check_domain(value: object) -> None:
    match value:
        case str() | bool() | None:
            return
        case int():
            if not -LARGEST <= value <= LARGEST:
                raise MalformedDocumentError("an integer of 2^53 or more")
        case list():
            for item in value:
                _check_domain(item)
        case dict():
            for key, item in value.items():
                if not isinstance(key, str) or not key.isascii():
                    raise MalformedDocumentError(f"the key {key!r} is not ASCII text")
                _check_domain(item)
        case _:
            raise MalformedDocumentError(f"{type(value).__name__} has no place in a document")


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key stands twice")
    for key in value:
        if not key.isascii():
            raise ValueError(f"the key {key!r} is not ASCII")
    return value


def _integer(text: str) -> int:
    if len(text) > 17 or not -LARGEST <= int(text) <= LARGEST:  # noqa: PLR2004 - digits of 2^53
        raise ValueError("an integer of 2^53 or more")
    return int(text)


def _no(text: str) -> NoReturn:
    raise ValueError(f"{text} is not a number of ours")


_decoder = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=_no, parse_int=_integer, parse_constant=_no
)
