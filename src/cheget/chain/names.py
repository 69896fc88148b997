"""The one list of names that members, levels, executors, actions, conditions, weights share."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import cached_property

from cheget.chain.document import Node, Scalar
from cheget.chain.fields import name, names
from cheget.chain.resolve import Scope
from cheget.chain.text import LONGEST_NAME, near


class Names:
    """Every declared name, what it names, and where; filled before any rule is read."""

    def __init__(self) -> None:
        self.kinds: dict[str, str] = {}
        self.levels: dict[str, tuple[str, ...]] = {}
        self.weights: dict[str, dict[str, Fraction]] = {}
        self.repeatable = False
        self._where: dict[str, Scalar] = {}

    def declare(self, found: Scalar, kind: str) -> None:
        """Add a name that nothing else may have. ``kind`` has its article: `a member`."""
        name(found, kind)
        other = self.kinds.get(found.text)
        if other is not None:
            first = self._where[found.text]
            message = (
                f"`{found.text}` is declared twice"
                if other == kind
                else f"`{found.text}` is used for two things: it is {other} already"
            )
            raise found.fault(message, hint=f"first on line {first.line}")
        self.kinds[found.text] = kind
        self._where[found.text] = found

    def declare_weight(self, found: Scalar, member: str, amount: Fraction) -> None:
        """Add a member's amount of a weight, whose name the members share."""
        if self.kinds.get(found.text) != "a weight":
            self.declare(found, "a weight")
        self.weights.setdefault(found.text, {})[member] = amount

    def refuse_numbered(self, kind: Scalar) -> None:
        """Nothing may have a name that one of many executors has, or may have one day."""
        pattern = re.compile(re.escape(kind.text) + r"-[0-9]{4,}")
        for other, found in self._where.items():
            if pattern.fullmatch(other):
                raise found.fault(
                    f"`{other}` could be one of the executors of `{kind.text}`",
                    hint=f"line {kind.line} counts them from `{kind.text}-0001`",
                )
        if len(kind.text) > LONGEST_NAME - 8:
            raise kind.fault(
                f"`{kind.text}` is too long to be numbered", expected="at most 32 characters"
            )

    def of(self, *kinds: str) -> tuple[str, ...]:
        """The names of these kinds, in the file's order."""
        return tuple(each for each, kind in self.kinds.items() if kind in kinds)

    def known(self, node: Node, kind: str) -> str:
        """The name at ``node``, which must be declared as a ``kind``."""
        found = name(node, kind)
        self.require(found, found.text, kind)
        return found.text

    def all_known(self, node: Node, kind: str) -> tuple[str, ...]:
        """The list of names at ``node``, each declared as a ``kind``."""
        found = names(node, kind.partition(" ")[2])
        for each in found:
            self.require(each, each.text, kind)
        return tuple(each.text for each in found)

    def require(self, found: Scalar, text: str, kind: str, at: int = 0) -> None:
        """Refuse a name that stands at ``at`` in ``found`` and isn't declared as a ``kind``."""
        other = self.kinds.get(text)
        if other is None:
            raise found.fault(
                f"`{text}` is not declared", at=at, expected=kind, hint=near(text, self.of(kind))
            )
        if other != kind:
            raise found.fault(f"`{text}` is {other}", at=at, expected=kind)

    @cached_property
    def everywhere(self) -> Scope:
        """The scope of a rule where no level is at hand; asked for when all is declared."""
        return Scope(
            declared=self.kinds,
            people=frozenset(self.of("a member")),
            levels=self.levels,
            weights=self.weights,
            repeatable=self.repeatable,
        )

    def at_level(self, level: str, members: tuple[str, ...]) -> Scope:
        """The scope of a level's rule and veto."""
        return Scope(
            declared=self.kinds,
            people=members,
            place=f"level `{level}`",
            here=members,
            weights=self.weights,
            repeatable=self.repeatable,
        )

    def in_crew(self) -> Scope:
        """The scope of a crew's rule, whose names are posts of its own."""
        return Scope(declared=self.kinds, people=None, repeatable=self.repeatable)
