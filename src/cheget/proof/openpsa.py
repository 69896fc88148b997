"""Fault trees in the Open-PSA model exchange format (2.0), as far as they are monotone.

Read: one ``define-fault-tree`` of ``define-gate`` with ``and``, ``or``, ``atleast`` (``min``) over
``gate``, ``basic-event`` and ``event``; ``define-basic-event`` with a ``float``, there or in
``model-data``. Anything else is refused where it stands, a document type and its entities first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from cheget.errors import ChainFileError
from cheget.proof.formula import Formula

LARGEST = 16 * 1024**2  # bytes
DEEPEST = 64  # elements
MOST_NAMED = 200_000  # gates, and events
LONGEST_NAME = 200
_GATES = ("and", "or", "atleast")
_LEAVES = ("gate", "basic-event", "event")
_SILENT = ("label", "attributes")  # said for people; read by nobody
_WITHIN: Mapping[str, tuple[str, ...]] = {
    "": ("opsa-mef",),
    "opsa-mef": ("define-fault-tree", "model-data", *_SILENT),
    "define-fault-tree": ("define-gate", "define-basic-event", *_SILENT),
    "model-data": ("define-basic-event", *_SILENT),
    "define-gate": (*_GATES, *_LEAVES, *_SILENT),
    "define-basic-event": ("float", *_SILENT),
    **dict.fromkeys(_GATES, (*_GATES, *_LEAVES)),
}
Where = tuple[int, int]  # line and column


@dataclass
class _Term:
    """A gate's formula, or part of one: an operator over terms, or a name."""

    kind: str
    where: Where
    name: str = ""
    need: int = 0
    terms: list[_Term] = field(default_factory=list)


@dataclass(frozen=True)
class FaultTree:
    """A monotone function of basic events. ``chances`` of those that state one."""

    name: str
    formula: Formula
    root: int
    gates: int
    chances: Mapping[str, float]

    @property
    def events(self) -> tuple[str, ...]:
        """The basic events that the top event is a function of, as written."""
        return tuple(self.formula.names)


def parse_tree(data: bytes) -> FaultTree:
    """The fault tree in a file's bytes; its top event is the one gate that no other uses.

    Raises:
        ChainFileError: the first fault, with its line and column.
    """
    if len(data) > LARGEST:
        raise ChainFileError("the file is over 16 MiB", line=1, column=1)
    return _Reader().read(data)


class _Reader:
    """Takes one document's elements, and builds its formula."""

    def __init__(self) -> None:
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.StartDoctypeDeclHandler = self._refuse_doctype
        self._path: list[str] = [""]
        self._terms: list[_Term] = []
        self._silent = 0
        self._event: tuple[str, Where] | None = None
        self.name = ""
        self.gates: dict[str, _Term] = {}
        self.chances: dict[str, float] = {}
        self._declared: dict[str, Where] = {}

    def read(self, data: bytes) -> FaultTree:
        """The tree."""
        try:
            self._parser.Parse(data, True)
        except expat.ExpatError as error:
            raise ChainFileError(
                f"this is not XML: {expat.ErrorString(error.code)}", line=error.lineno,
                column=error.offset + 1,
            ) from None  # fmt: skip
        if not self.gates:
            raise ChainFileError("no gate is defined", line=1, column=1,
                                 expected="`<define-fault-tree>` with a `<define-gate>`")  # fmt: skip  # noqa: E501
        formula = Formula()
        made: dict[str, int] = {}
        for name in self._ordered():
            made[name] = self._made(formula, made, self.gates[name])
        top = self._top()
        # Only those that the top rests on; a chance of another event is nobody's business.
        return FaultTree(self.name, formula, made[top], len(self.gates), self.chances)

    @property
    def _here(self) -> Where:
        return self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber + 1

    def _fault(
        self, message: str, where: Where | None = None, expected: str = "", hint: str = ""
    ) -> ChainFileError:
        line, column = where or self._here
        return ChainFileError(message, line=line, column=column, expected=expected, hint=hint)

    def _refuse_doctype(self, *_: object) -> None:
        raise self._fault("a document type", hint="entities can hide what is signed; delete it")

    def _text(self, text: str) -> None:
        if text.strip() and not self._silent:
            raise self._fault(f"text in `<{self._path[-1]}>`", expected="elements only")

    def _start(self, element: str, attributes: dict[str, str]) -> None:
        if self._silent or (element in _SILENT and element in _WITHIN.get(self._path[-1], ())):
            self._silent += 1
            return
        self._refuse_stranger(element)
        self._path.append(element)
        match element:
            case "define-fault-tree":
                if self.name:
                    raise self._fault("a second fault tree", expected="one to a file")
                self.name = self._name(attributes)
            case "define-gate":
                self._open(_Term("gate", self._here, self._name(attributes)))
            case "define-basic-event":
                self._event = (self._name(attributes), self._here)
                self._declare(*self._event)
            case "float":
                self._chance(attributes)
            case "and" | "or" | "atleast":
                self._open(_Term(element, self._here, need=self._need(element, attributes)))
            case "gate" | "basic-event" | "event":
                self._open(_Term(element, self._here, self._name(attributes)))
            case _:
                pass

    def _refuse_stranger(self, element: str) -> None:
        above = self._path[-1]
        known = _WITHIN.get(above, ())
        if element not in known:
            unknown = {"not": "not monotone", "xor": "not monotone", "nand": "not monotone",
                       "nor": "not monotone", "iff": "not monotone", "imply": "not monotone"}  # fmt: skip  # noqa: E501
            place = f"in `<{above}>`" if above else "at the top"
            raise self._fault(
                f"`<{element}>` {place}: {unknown.get(element, 'not read here')}",
                expected=", ".join(f"`<{one}>`" for one in known if one not in _SILENT) or "nothing",  # noqa: E501
            )  # fmt: skip
        if len(self._path) > DEEPEST:
            raise self._fault(f"elements over {DEEPEST} deep")

    def _open(self, term: _Term) -> None:
        if self._terms:
            self._terms[-1].terms.append(term)
        self._terms.append(term)

    def _end(self, element: str) -> None:
        if self._silent:
            self._silent -= 1
            return
        self._path.pop()
        if element == "define-basic-event":
            self._event = None
        if element not in {"define-gate", *_GATES, *_LEAVES}:
            return
        term = self._terms.pop()
        if element == "define-gate":
            self._define(term)
        elif element in _GATES and not term.terms:
            raise self._fault(f"`<{element}>` of nothing", term.where, "at least one term")
        elif element == "atleast" and not 1 <= term.need <= len(term.terms):
            raise self._fault(f"at least {term.need} of {len(term.terms)}", term.where,
                              f"from 1 to {len(term.terms)}")  # fmt: skip

    def _define(self, gate: _Term) -> None:
        if len(gate.terms) != 1:
            raise self._fault(f"gate `{gate.name}` has {len(gate.terms)} formulas", gate.where,
                              "one")  # fmt: skip
        self._declare(gate.name, gate.where)
        self.gates[gate.name] = gate

    def _declare(self, name: str, where: Where) -> None:
        if name in self._declared:
            line = self._declared[name][0]
            raise self._fault(f"`{name}` is defined twice", where, hint=f"first on line {line}")
        if len(self._declared) >= MOST_NAMED:
            raise self._fault(f"over {MOST_NAMED:,} gates and events", where)
        self._declared[name] = where

    def _name(self, attributes: Mapping[str, str]) -> str:
        name = attributes.get("name", "")
        if not name or len(name) > LONGEST_NAME or not name.isprintable():
            raise self._fault(f"`<{self._path[-1]}>` without a name that can be shown",
                              expected=f'`name="…"`, at most {LONGEST_NAME} characters')  # fmt: skip  # noqa: E501
        return name

    def _need(self, element: str, attributes: Mapping[str, str]) -> int:
        if element != "atleast":
            return 0
        text = attributes.get("min", "")
        if not (text.isascii() and text.isdigit() and len(text) <= len(str(MOST_NAMED))):
            raise self._fault(f"`{text[:20]}` is not a number of terms", expected='`min="2"`')
        return int(text)

    def _chance(self, attributes: Mapping[str, str]) -> None:
        text = attributes.get("value", "")
        try:
            value = float(text) if text.isascii() and len(text) <= LONGEST_NAME else -1.0
        except ValueError:
            value = -1.0
        if not 0 <= value <= 1:  # false for nan too
            raise self._fault(f"`{text[:20]}` is not a probability", expected="from 0 to 1")
        assert self._event is not None  # noqa: S101
        if self._event[0] in self.chances:
            raise self._fault(f"`{self._event[0]}` has two probabilities")
        self.chances[self._event[0]] = value

    def _uses(self, gate: _Term) -> Iterator[_Term]:
        """The gates that a gate's formula names, each checked to be what it's said to be."""
        stack = list(gate.terms)
        while stack:
            term = stack.pop()
            stack += term.terms
            if term.kind == "gate" and term.name not in self.gates:
                raise self._fault(f"gate `{term.name}` is not defined", term.where)
            if term.kind == "basic-event" and term.name in self.gates:
                raise self._fault(f"`{term.name}` is a gate", term.where, '`<gate name="…"/>`')
            if term.kind in {"gate", "event"} and term.name in self.gates:
                yield term

    def _ordered(self) -> list[str]:
        """The gates, those that others use before them; by iteration, however deep.

        Raises:
            ChainFileError: a gate rests on itself.
        """
        found: list[str] = []
        state: dict[str, bool] = {}  # False while it's open
        for start in self.gates:
            stack = [(start, False)]
            while stack:
                name, left = stack.pop()
                if left:
                    state[name] = True
                    found.append(name)
                elif name not in state:
                    state[name] = False
                    stack.append((name, True))
                    for used in self._uses(self.gates[name]):
                        if state.get(used.name) is False:
                            raise self._fault(f"gate `{used.name}` rests on itself", used.where)
                        stack.append((used.name, False))
        return found

    def _top(self) -> str:
        used = {term.name for gate in self.gates.values() for term in self._uses(gate)}
        tops = [name for name in self.gates if name not in used]
        if len(tops) != 1:
            second = self.gates[tops[1]].where
            raise self._fault(f"{len(tops)} gates that no other uses: {', '.join(tops[:4])}", second,  # noqa: E501
                              "one, the top event")  # fmt: skip
        return tops[0]

    def _made(self, formula: Formula, made: Mapping[str, int], gate: _Term) -> int:
        """A gate as a node; XML is only so deep that its formula may be followed down."""
        (term,) = gate.terms

        def node(term: _Term) -> int:
            if term.kind in {"gate", "event"} and term.name in made:
                return made[term.name]
            if term.kind in _LEAVES:
                return formula.named(term.name)
            nodes = [node(one) for one in term.terms]
            if term.kind == "atleast":
                return formula.at_least(term.need, [(one, 1) for one in nodes])
            return formula.all_of(nodes) if term.kind == "and" else formula.any_of(nodes)

        return node(term)
