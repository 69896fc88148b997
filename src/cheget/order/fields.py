"""The kinds of field that documents are made of: strict both ways.

A document class names the kind of each of its fields; ``read`` and ``write`` turn a payload
into a frozen value and back. Missing, unknown and ill-typed fields are refused.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any, TypeVar, cast

from cheget.audit import instant
from cheget.errors import MalformedDocumentError
from cheget.order import canonical
from cheget.order.canonical import Json

MAX_TEXT = 4096

ID = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
POST = re.compile(r"[a-z0-9-]{1,50}(?:/[a-z0-9-]{1,50})?")
HEX_32 = re.compile(r"[0-9a-f]{32}")
HEX_64 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Codec:
    """How a field stands in a payload (``read``) and how it is put there (``write``)."""

    name: str
    read: Callable[[Any], Any]
    write: Callable[[Any], Json]
    shape: str  # of its canonical JSON, where that is plain; one group, which ``take`` reads
    take: Callable[[str], Any]


def spell(codec: Codec, *, optional: bool = False) -> Any:  # noqa: ANN401 - a dataclass field
    """A dataclass field of that kind; an optional one is None when absent."""
    if optional:
        return field(default=None, metadata={"codec": codec, "optional": True})
    return field(metadata={"codec": codec, "optional": False})


def check_text(text: str, *, up_to: int = MAX_TEXT) -> str:
    """``text`` itself, when a person can be shown it safely.

    Raises:
        MalformedDocumentError: over ``up_to`` bytes of UTF-8, or control or bidirectional
            characters in it.
    """
    if not text.isascii() or not text.isprintable():
        for character in text:
            category = unicodedata.category(character)
            if category in {"Cc", "Cf", "Cs", "Zl", "Zp"} and character != "\u200d":
                raise MalformedDocumentError(
                    f"a text holds the control character U+{ord(character):04X}"
                )
    if len(text) > up_to or len(text.encode()) > up_to:
        raise MalformedDocumentError(f"a text of over {up_to:,} bytes")
    return text


def _shaped(name: str, pattern: re.Pattern[str]) -> Codec:
    def read(value: object) -> str:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise MalformedDocumentError(f"{value!r} is not {name}")
        return value

    shape = f'"({pattern.pattern})"'
    return Codec(name, read, cast("Callable[[Any], Json]", lambda value: value), shape, str)


def _read_text(value: object) -> str:
    if not isinstance(value, str):
        raise MalformedDocumentError(f"{value!r} is not text")
    return check_text(value)


def _read_size(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise MalformedDocumentError(f"{value!r} is not a size")
    return value


def _read_instant(value: object) -> int:
    if not isinstance(value, str):
        raise MalformedDocumentError(f"{value!r} is not an instant")
    try:
        return instant.from_text(value)
    except ValueError as error:
        raise MalformedDocumentError(str(error)) from None


def _same(value: Any) -> Json:  # noqa: ANN401 - already JSON
    return cast("Json", value)


def _take_size(text: str) -> int:
    number = int(text)
    if number > canonical.LARGEST:
        raise MalformedDocumentError("an integer of 2^53 or more")
    return number


def _take_instant(text: str) -> int:
    try:
        return instant.from_matched(text)
    except ValueError as error:
        raise MalformedDocumentError(str(error)) from None


def parsed(read: Callable[[Any], Any]) -> Callable[[str], Any]:
    """How a value that is no single text is taken from canonical JSON, by what reads it."""
    empty: dict[str, Json] = {"[]": [], "{}": {}}

    def take(text: str) -> Any:  # noqa: ANN401 - whatever the field holds
        value = empty.get(text)
        return read(canonical.decode(text.encode(), up_to=len(text)) if value is None else value)

    return take


def _listed(item: Codec, *, distinct: bool) -> Codec:
    def read(value: object) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise MalformedDocumentError(f"{value!r} is not a list")
        items = tuple(item.read(one) for one in value)
        if distinct and list(items) != sorted(set(items)):
            raise MalformedDocumentError("a list that is not sorted, or holds one item twice")
        return items

    one = item.shape.replace("(", "(?:").replace("(?:?:", "(?:")
    return Codec(
        f"a list of {item.name}", read, lambda value: [item.write(one) for one in value],
        rf"(\[(?:{one}(?:,{one})*)?\])", parsed(read),
    )  # fmt: skip


ID_FIELD = _shaped("an id", ID)
LISTED = _shaped("an executor of an order", re.compile(rf"{ID.pattern}(?:/[1-9][0-9]{{0,15}})?"))
POST_FIELD = _shaped("a post", POST)
DIGEST = _shaped("a digest", HEX_64)
NONCE = _shaped("128 bits in hex", HEX_32)
_SIZE = "(0|[1-9][0-9]{0,15})"
TEXT = Codec("a text", _read_text, _same, r'("[ !#-\[\]-~]*")', parsed(_read_text))
SIZE = Codec("a size", _read_size, _same, _SIZE, _take_size)
INSTANT = Codec(
    "an instant", _read_instant, instant.to_text, f'"({instant.PATTERN})"', _take_instant
)
TEXTS = _listed(TEXT, distinct=False)
DIGESTS = _listed(DIGEST, distinct=True)
ORIGIN = _shaped("an origin", re.compile(r"https?://[a-z0-9.:\[\]-]{1,255}"))
HEX = _shaped("bytes in hex", re.compile(r"(?:[0-9a-f]{2}){1,1024}"))


def choice(*words: str) -> Codec:
    """A field that holds one of ``words``."""
    return _shaped("one of " + ", ".join(words), re.compile("|".join(words)))


def _read_parameters(value: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, dict):
        raise MalformedDocumentError("parameters are not an object")
    return tuple((ID_FIELD.read(name), _read_text(text)) for name, text in sorted(value.items()))


PARAMETERS = Codec("parameters", _read_parameters, dict, r"(\{\})", parsed(_read_parameters))


@dataclass(frozen=True)
class Head:
    """A log at a size: what somebody saw of it. ``root`` is in hex."""

    size: int
    root: str


def _read_head(value: object) -> Head:
    if not isinstance(value, dict) or value.keys() != {"root", "size"}:
        raise MalformedDocumentError("not a head of a log: root and size")
    return Head(_read_size(value["size"]), DIGEST.read(value["root"]))


HEAD = Codec(
    "a head", _read_head, lambda head: {"root": head.root, "size": head.size},
    rf'(\{{"root":"[0-9a-f]{{64}}","size":{_SIZE.replace("(", "(?:")}\}})', parsed(_read_head),
)  # fmt: skip


@dataclass(frozen=True)
class Named:
    """The executors an order names: how many, and the root of the tree over their ids."""

    count: int
    root: str


def _read_named(value: object) -> Named:
    if not isinstance(value, dict) or value.keys() != {"count", "root"}:
        raise MalformedDocumentError("not a list of executors: count and root")
    return Named(_read_size(value["count"]), DIGEST.read(value["root"]))


NAMED = Codec(
    "executors", _read_named, lambda named: {"count": named.count, "root": named.root},
    rf'(\{{"count":{_SIZE.replace("(", "(?:")},"root":"[0-9a-f]{{64}}"\}})', parsed(_read_named),
)  # fmt: skip


@dataclass(frozen=True)
class Text:
    """A free text and its salt. They lie beside the document that signs their digest."""

    salt: bytes
    text: str

    @property
    def digest(self) -> str:
        """SHA-256 of salt and text, in hex: what the document holds."""
        return hashlib.sha256(self.salt + self.text.encode()).hexdigest()

    def to_json(self) -> Json:
        """As it travels."""
        return {"salt": self.salt.hex(), "text": self.text}

    @classmethod
    def from_json(cls, value: object) -> Text:
        """Read a text that came from outside, checked and capped."""
        if not isinstance(value, dict) or value.keys() != {"salt", "text"}:
            raise MalformedDocumentError("not a salted text: salt and text")
        return cls(bytes.fromhex(NONCE.read(value["salt"])), _read_text(value["text"]))


_D = TypeVar("_D")


_known: dict[type, tuple[tuple[str, Codec, bool], ...]] = {}


def _codecs(cls: Any) -> tuple[tuple[str, Codec, bool], ...]:  # noqa: ANN401 - a dataclass
    found = _known.get(cls)
    if found is None:
        found = _known[cls] = tuple(
            (one.name.rstrip("_"), one.metadata["codec"], one.metadata["optional"])
            for one in fields(cls)
        )
    return found


@cache
def _plain(
    cls: Hashable,
) -> tuple[re.Pattern[str], tuple[tuple[str, int, Callable[[str], Any]], ...]]:
    """What the canonical payload of a document looks like where all its values are plain.

    Beside the pattern: for each field, in the class's order, its group and what reads that.
    """
    codecs = _codecs(cls)
    places = sorted(range(len(codecs)), key=lambda place: codecs[place][0])
    text, begun = "", False
    for place in places:
        name, codec, optional = codecs[place]
        one = f'"{name}":{codec.shape}'
        if optional:
            text += f"(?:,{one})?" if begun else f"(?:{one},)?"
        else:
            text += f",{one}" if begun else one
            begun = True
    groups = {place: group for group, place in enumerate(places)}
    names = [one.name for one in fields(cast("Any", cls))]
    takers = tuple(
        (names[place], groups[place], codecs[place][1].take) for place in range(len(codecs))
    )
    return re.compile(rf"\{{{text}\}}"), takers


def read_payload(cls: type[_D], payload: bytes, *, up_to: int) -> _D:
    """The document of class ``cls`` whose canonical bytes are ``payload``.

    Most payloads match one pattern, which admits nothing that isn't canonical; the others, and
    all that are at fault, are read field by field.

    Raises:
        MalformedDocumentError: too large, not canonical, or a field missing, unknown, ill-typed.
    """
    if len(payload) <= up_to and payload.isascii():
        pattern, takers = _plain(cast("Hashable", cls))
        found = pattern.fullmatch(payload.decode("ascii"))
        if found is not None:
            groups = found.groups()
            # Past the frozen constructor, which sets one field at a time: nothing is checked there.
            document = object.__new__(cls)
            document.__dict__.update(
                [
                    (name, None if (text := groups[place]) is None else take(text))
                    for name, place, take in takers
                ]
            )
            return document
    return read(cls, canonical.decode(payload, up_to=up_to))


def read(cls: type[_D], value: Json) -> _D:
    """The document of class ``cls`` that the object ``value`` spells.

    Raises:
        MalformedDocumentError: a field is missing, unknown or ill-typed.
    """
    if not isinstance(value, dict):
        raise MalformedDocumentError("a document is an object")
    found: list[Any] = []
    left = len(value)
    for name, codec, optional in _codecs(cls):
        if name in value:
            left -= 1
            try:
                found.append(codec.read(value[name]))
            except MalformedDocumentError as error:
                raise MalformedDocumentError(f"{name}: {error}") from None
        elif optional:
            found.append(None)
        else:
            raise MalformedDocumentError(f"the field {name} is missing")
    if left:
        known = {name for name, _, _ in _codecs(cls)}
        raise MalformedDocumentError(f"unknown fields: {', '.join(sorted(set(value) - known))}")
    return cls(*found)


def write(document: object) -> Mapping[str, Json]:
    """The object that spells ``document``."""
    return {
        name: codec.write(value)
        for (name, codec, _), value in zip(
            _codecs(type(document)), vars(document).values(), strict=True
        )
        if value is not None
    }
