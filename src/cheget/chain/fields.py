"""Reading the nodes of a document as what a file's language says they are.

Whatever is missing, unknown or of another form is an error where it stands, with what was
expected; nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from cheget.chain import quantity
from cheget.chain.document import Mapping, Node, Scalar, Sequence
from cheget.chain.grammar import RuleError
from cheget.chain.text import LONGEST_TEXT, UNFIT, is_name, name_fault, near

_T = TypeVar("_T")
_D = TypeVar("_D")
NAME_FORM = "small letters, digits and single hyphens, a letter first, at most 40 characters"


class Fields:
    """The entries of a map, whose keys must be among those known."""

    def __init__(
        self, node: Node, of: str, *, required: Iterable[str] = (), optional: Iterable[str] = ()
    ) -> None:
        self.node = mapping(node, f"a map of the fields of {of}")
        self._values: dict[str, Node] = {}
        known = [*required, *optional]
        for key, value in self.node.entries:
            if key.text not in known:
                raise key.fault(
                    f"`{key.text}` is not a field of {of}",
                    expected=listed(known),
                    hint=near(key.text, known),
                )
            self._values[key.text] = value
        for name in required:
            if name not in self._values:
                raise self.node.fault(f"{of} has no `{name}`", expected=f"`{name}: …`")

    def __getitem__(self, name: str) -> Node:
        """The value of a required field."""
        return self._values[name]

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def read(self, name: str, reader: Callable[[Node], _T], default: _D) -> _T | _D:
        """What ``reader`` makes of the field, or ``default`` when it is left out."""
        return reader(self._values[name]) if name in self._values else default


def listed(words: Iterable[str]) -> str:
    """Words for a message: `a`, `b` or `c`."""
    *most, last = (f"`{word}`" for word in words)
    return f"{', '.join(most)} or {last}" if most else last


def mapping(node: Node, expected: str) -> Mapping:
    """The node, which must be a map."""
    if not isinstance(node, Mapping):
        raise node.fault(f"{_form(node)} where a map belongs", expected=expected)
    return node


def entries(node: Node, expected: str) -> tuple[tuple[Scalar, Node], ...]:
    """The entries of a map that may not be empty."""
    node = mapping(node, expected)
    if not node.entries:
        raise node.fault("an empty map", expected=expected)
    return node.entries


def items(node: Node, expected: str) -> tuple[Node, ...]:
    """The items of a list that may not be empty."""
    if not isinstance(node, Sequence):
        hint = "a list of one is written `[…]`" if isinstance(node, Scalar) else ""
        raise node.fault(f"{_form(node)} where a list belongs", expected=expected, hint=hint)
    if not node.items:
        raise node.fault("an empty list", expected=expected)
    return node.items


def scalar(node: Node, expected: str) -> Scalar:
    """The node, which must be text of at most 4096 bytes that is not empty."""
    if not isinstance(node, Scalar):
        raise node.fault(f"{_form(node)} where text belongs", expected=expected)
    if not node.text.strip():
        raise node.fault("empty text", expected=expected)
    if len(node.text.encode()) > LONGEST_TEXT:
        raise node.fault(f"text over {LONGEST_TEXT} bytes", expected=expected)
    return node


def line(node: Node, expected: str = "one line of text") -> str:
    """Text without a line break."""
    found = scalar(node, expected)
    unfit = UNFIT.search(found.text)
    if unfit is not None:
        hint = "fold it with `>-`, which ends without a line break"
        raise found.fault("a line break in this text", at=unfit.start(), hint=hint)
    return found.text


def prose(node: Node) -> str:
    """Text that may have lines; the last of them ends without a break."""
    return scalar(node, "text").text.rstrip("\n")


def name(node: Node, what: str) -> Scalar:
    """Text that may be a name."""
    found = scalar(node, f"the name of {what}")
    fault = name_fault(found.text)
    if fault:
        small = found.text.lower().replace(" ", "-").replace("_", "-")
        hint = f"such as `{small}`" if is_name(small) else ""
        raise found.fault(fault, expected=NAME_FORM, hint=hint)
    return found


def names(node: Node, what: str) -> tuple[Scalar, ...]:
    """A list of names, none said twice."""
    found = tuple(name(item, what) for item in items(node, f"a list of {what}s"))
    seen: set[str] = set()
    for each in found:
        if each.text in seen:
            raise each.fault(f"`{each.text}` is said twice", hint="keep one of the two")
        seen.add(each.text)
    return found


def word(node: Node, *allowed: str) -> str:
    """One of the words allowed."""
    found = scalar(node, listed(allowed))
    if found.text not in allowed:
        raise found.fault(
            f"`{found.text}` means nothing here",
            expected=listed(allowed),
            hint=near(found.text, allowed),
        )
    return found.text


def count(node: Node) -> int:
    """A whole number from 1 to a million."""
    found = scalar(node, "a whole number")
    try:
        number = quantity.whole(found.text)
    except ValueError as error:
        raise found.fault(str(error), expected="a whole number, such as `3`") from None
    if not 1 <= number <= quantity.MOST:
        raise found.fault(f"`{number}` is out of range", expected=f"1 to {quantity.MOST}")
    return number


def duration(node: Node) -> int:
    """Seconds; zero is a duration."""
    found = scalar(node, "a duration")
    return seconds(found, found.text, 0)


def time(node: Node) -> int:
    """Seconds, at least one."""
    found = scalar(node, "a duration")
    return seconds(found, found.text, 0, least=1)


def seconds(found: Scalar, text: str, at: int, *, least: int = 0) -> int:
    """The duration that ``text`` writes, which stands at ``at`` in ``found``."""
    expected = "one whole number and one of s, m, h, d, such as `10m`"
    try:
        number = quantity.duration(text)
    except ValueError as error:
        raise found.fault(str(error), at=at, expected=expected) from None
    if number < least:
        raise found.fault("no time at all", at=at, expected=expected)
    return number


@contextmanager
def placed(found: Scalar) -> Iterator[None]:
    """Say where in the file a fault inside the text of ``found`` is."""
    try:
        yield
    except RuleError as error:
        raise found.fault(
            error.message, at=error.at, expected=error.expected, hint=error.hint
        ) from None


def _form(node: Node) -> str:
    match node:
        case Scalar():
            return "text"
        case Sequence():
            return "a list"
        case Mapping():
            return "a map"
