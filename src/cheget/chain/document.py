"""The YAML that is allowed: maps, lists and text, each with its line and column.

Every scalar is text, so that ``no``, ``010`` and ``1:30`` are never something else. One pass
over the events of the C parser, without recursion; whatever could hide, repeat or retype a
value is refused here, so that the readers above never meet it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import cast

import yaml

from cheget.chain.text import UNFIT_EXCEPT_NEWLINE, code_point
from cheget.errors import ChainFileError

LARGEST = 1024 * 1024  # bytes
DEEPEST = 20
_RETURN_IN_NEWLINE = re.compile("\r\n")


@dataclass(frozen=True)
class Scalar:
    """Text. ``raw`` is how the file writes it, quotes and line breaks included."""

    text: str
    line: int
    column: int
    quoted: bool = False
    raw: str = field(default="", repr=False)

    def fault(
        self, message: str, *, at: int = 0, expected: str = "", hint: str = ""
    ) -> ChainFileError:
        """An error at character ``at`` of the text, found again in the file."""
        line, column = self.position(at)
        return ChainFileError(message, line=line, column=column, expected=expected, hint=hint)

    def position(self, at: int) -> tuple[int, int]:
        """Line and column of character ``at``: the raw text has the same marks, other spaces."""
        if at <= 0 or not self.raw:
            return self.line, self.column + max(at, 0)
        start = 1 if self.quoted else 0
        if self.raw[0] in "|>":
            start = self.raw.index("\n")
        marks = sum(not c.isspace() for c in self.text[:at])
        last = start
        for index in range(start, len(self.raw)):
            if self.raw[index].isspace():
                continue
            last = index
            if marks == 0:
                break
            marks -= 1
        else:
            last += 1
        before = self.raw[:last]
        line = before.count("\n")
        return self.line + line, (last - before.rindex("\n") if line else self.column + last)


@dataclass(frozen=True)
class Sequence:
    """A list."""

    items: tuple[Node, ...]
    line: int
    column: int

    def fault(self, message: str, *, expected: str = "", hint: str = "") -> ChainFileError:
        """An error where the list begins."""
        return ChainFileError(
            message, line=self.line, column=self.column, expected=expected, hint=hint
        )


@dataclass(frozen=True)
class Mapping:
    """A map; its keys are text and differ from one another."""

    entries: tuple[tuple[Scalar, Node], ...]
    line: int
    column: int

    def fault(self, message: str, *, expected: str = "", hint: str = "") -> ChainFileError:
        """An error where the map begins."""
        return ChainFileError(
            message, line=self.line, column=self.column, expected=expected, hint=hint
        )


Node = Scalar | Sequence | Mapping


def read(data: bytes) -> Node:
    """The one document that ``data`` holds.

    Raises:
        ChainFileError: Anything but the YAML that is allowed.
    """
    text = _decoded(data)
    try:
        return _Builder(text).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise ChainFileError(
            f"this is not YAML: {error.problem or error.context}",
            line=mark.line + 1 if mark else 1,
            column=mark.column + 1 if mark else 1,
            hint="text that holds `: ` or begins with one of %@`*&!|>{}[],#?- needs quotes",
        ) from None
    except yaml.YAMLError as error:
        raise ChainFileError(f"this is not YAML: {error}", line=1, column=1) from None


def _decoded(data: bytes) -> str:
    if len(data) > LARGEST:
        raise ChainFileError("the file is over 1 MiB", line=1, column=1)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        raise _at(before, len(before), "this is not UTF-8") from None
    # Git on Windows ends lines with two characters; anywhere else the first is a control.
    unfit = UNFIT_EXCEPT_NEWLINE.search(_RETURN_IN_NEWLINE.sub(" \n", text))
    if unfit is None:
        return text
    if unfit[0] == "\t":
        raise _at(text, unfit.start(), "a tab", hint="indent and separate with spaces")
    raise _at(
        text,
        unfit.start(),
        f"the character {code_point(unfit[0])}, which can't be seen or changes direction",
        hint="delete it",
    )


def _at(text: str, index: int, message: str, *, hint: str = "") -> ChainFileError:
    line = text.count("\n", 0, index)
    column = index - text.rfind("\n", 0, index)
    return ChainFileError(message, line=line + 1, column=column, hint=hint)


@dataclass
class _Frame:
    """A list or map still open. ``key`` is the map's key that waits for its value."""

    event: yaml.CollectionStartEvent
    items: list[Node] = field(default_factory=list)
    entries: list[tuple[Scalar, Node]] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    key: Scalar | None = None

    @property
    def is_map(self) -> bool:
        return isinstance(self.event, yaml.MappingStartEvent)

    def closed(self) -> Node:
        mark = _mark(self.event.start_mark)
        if self.is_map:
            return Mapping(tuple(self.entries), mark.line + 1, mark.column + 1)
        return Sequence(tuple(self.items), mark.line + 1, mark.column + 1)


class _Builder:
    def __init__(self, text: str) -> None:
        self.text = text
        self.open: list[_Frame] = []
        self.root: Node | None = None
        self.checked = 0  # the index up to which comments have been looked at

    def document(self) -> Node:
        for event in self._events():
            match event:
                case yaml.ScalarEvent():
                    self._scalar(event)
                case yaml.CollectionStartEvent():
                    self._plain(event)
                    if self.open and self.open[-1].is_map and self.open[-1].key is None:
                        raise _fault(event, "a key that is a list or map", expected="text")
                    if len(self.open) == DEEPEST:
                        raise _fault(event, f"lists and maps over {DEEPEST} deep")
                    self.open.append(_Frame(event))
                case yaml.CollectionEndEvent():
                    self._place(self.open.pop().closed())
                case yaml.AliasEvent():
                    raise _fault(event, "an alias", hint="write the value out, or use quotes")
                case yaml.DocumentStartEvent():
                    self._start(event)
                case _:
                    pass
        self._comments(len(self.text))
        if self.root is None:
            raise ChainFileError("the file is empty", line=1, column=1)
        return self.root

    def _events(self) -> Iterator[yaml.Event]:
        if not hasattr(yaml, "CSafeLoader"):
            # The pure parser differs on tabs: one law, one reader.
            raise ChainFileError(
                "PyYAML was built without its C parser", line=1, column=1, hint="install libyaml"
            )
        parser = yaml.CSafeLoader(self.text)
        while parser.check_event():
            yield cast("yaml.Event", parser.get_event())

    def _start(self, event: yaml.DocumentStartEvent) -> None:
        if event.version or event.tags:
            raise _fault(event, "a directive", hint="delete the line that begins with %")
        if self.root is not None:
            raise _fault(event, "a second document", hint="one file holds one document")

    def _plain(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
        if event.anchor is not None:
            raise _fault(event, "an anchor", hint="write the value out, or use quotes")
        if event.tag is not None:
            raise _fault(event, "a tag", hint="delete it, or use quotes")

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        self._plain(event)
        start, end = _mark(event.start_mark), _mark(event.end_mark)
        self._comments(start.index)
        self.checked = end.index
        scalar = Scalar(
            event.value,
            start.line + 1,
            start.column + 1,
            event.style in ("'", '"'),
            self.text[start.index : end.index],
        )
        unfit = UNFIT_EXCEPT_NEWLINE.search(scalar.text)
        if unfit is not None:
            raise scalar.fault(f"the character {code_point(unfit[0])}, written as an escape")
        if not event.style:
            self._bare(scalar)
        self._place(scalar)

    def _bare(self, scalar: Scalar) -> None:
        frame = self.open[-1] if self.open else None
        if not scalar.text:
            if frame is None or not frame.is_map:
                raise scalar.fault("an item with no value", hint="write it, or delete the dash")
            if frame.key is None:
                raise scalar.fault("a value with no key")
            raise frame.key.fault(
                f"`{frame.key.text}` has no value", hint="write it, or leave out the key"
            )
        if (
            frame is not None
            and frame.event.flow_style
            and scalar.text.count("(") > (scalar.text.count(")"))
        ):
            raise scalar.fault(
                "an open parenthesis: a comma inside {…} or […] ends the value",
                at=scalar.text.rindex("("),
                hint="put the rule in quotes or on a line of its own",
            )

    def _place(self, node: Node) -> None:
        if not self.open:
            self.root = node
            return
        frame = self.open[-1]
        if not frame.is_map:
            frame.items.append(node)
        elif frame.key is not None:
            frame.entries.append((frame.key, node))
            frame.key = None
        elif isinstance(node, Scalar):
            if node.text == "<<":
                raise node.fault("a merge key", hint="write the values out")
            if node.text in frame.keys:
                raise node.fault(f"`{node.text}` is said twice", hint="keep one of the two")
            frame.keys.add(node.text)
            frame.key = node

    def _comments(self, end: int) -> None:
        """Look at the text between scalars, where a number sign begins a comment."""
        index = self.text.find("#", self.checked, end)
        while index >= 0:
            if self.text[index + 1 : index + 2] not in ("", " ", "\n", "\r"):
                raise _at(
                    self.text,
                    index,
                    "a comment with no space after its #",
                    hint="put text that holds ` #` in quotes, or write a space after the #",
                )
            stop = self.text.find("\n", index)
            index = -1 if stop < 0 else self.text.find("#", stop, end)
        self.checked = end


def _fault(
    event: yaml.Event, message: str, *, expected: str = "", hint: str = ""
) -> ChainFileError:
    mark = _mark(event.start_mark)
    return ChainFileError(
        message, line=mark.line + 1, column=mark.column + 1, expected=expected, hint=hint
    )


def _mark(mark: object) -> yaml.Mark:
    # The C parser marks every event, with a type of its own that has the same fields.
    return cast("yaml.Mark", mark)
