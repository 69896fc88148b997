"""The language of rules: how many, of whom.

    rule = term | term { "and" term }+ | term { "or" term }+
    term = NAME | "all" | "any" | "majority" | how "of" whom | "(" rule ")"
    how  = "all" | "any" | "majority" | NUMBER | NUMBER "%"
    whom = "members" | LEVEL | WEIGHT | "(" rule { "," rule } ")"

Here words become a tree that keeps what was written; ``resolve`` gives the tree its meaning.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal, assert_never, cast

from cheget.chain.quantity import decimal_text, written
from cheget.chain.text import LONGEST_TEXT, RESERVED, code_point, name_fault

DEEPEST = 20  # parentheses within parentheses

_TOKEN = re.compile(r"[0-9][A-Za-z0-9.]*|[A-Za-z_][A-Za-z0-9_-]*|[(),%]")
_SPACE = re.compile(r"[ \n]*")
_TERM = "a name, `all`, `any`, `majority`, a number or `(`"

Bulk = Literal["all", "any", "majority"]


class RuleError(ValueError):
    """A fault at character ``at`` of the text; the reader of the file knows where that is."""

    def __init__(self, message: str, at: int, *, expected: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.at = at
        self.expected = expected
        self.hint = hint


@dataclass(frozen=True)
class Name:
    """One name, taken for itself."""

    id: str
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Bare:
    """``all``, ``any`` or ``majority`` by itself: of the level at hand."""

    how: Bulk
    at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Share:
    """So many hundredths."""

    percent: Fraction


How = Bulk | Fraction | Share


@dataclass(frozen=True)
class Counted:
    """``how`` of ``whom``: ``members``, a level or weight by name, or a list."""

    how: How
    whom: str | tuple[Syntax, ...]
    at: int = field(default=0, compare=False)
    whom_at: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Joined:
    """Several rules with one word between them."""

    word: Literal["and", "or"]
    items: tuple[Syntax, ...]
    at: int = field(default=0, compare=False)


Syntax = Name | Bare | Counted | Joined


def parse_rule(text: str) -> Syntax:
    """The tree of a rule that is the whole of ``text``.

    Raises:
        RuleError: The text is not a rule.
    """
    tokens = Tokens(text)
    syntax = tokens.rule()
    tokens.end()
    return syntax


def format_rule(syntax: Syntax) -> str:
    """The rule in its one spelling; ``parse_rule`` gives back an equal tree."""
    match syntax:
        case Name(id_):
            return id_
        case Bare(how):
            return how
        case Counted(how, whom):
            listed = whom if isinstance(whom, str) else f"({', '.join(map(format_rule, whom))})"
            return f"{_format_how(how)} of {listed}"
        case Joined(word, items):
            return f" {word} ".join(
                f"({format_rule(item)})" if isinstance(item, Joined) else format_rule(item)
                for item in items
            )
        case _:
            assert_never(syntax)


def _format_how(how: How) -> str:
    match how:
        case Share(percent):
            return f"{decimal_text(percent)}%"
        case Fraction():
            return decimal_text(how)
        case _:
            return how


@dataclass(frozen=True)
class Token:
    """One word, number or mark; empty at the end of the text."""

    text: str
    at: int

    @property
    def is_number(self) -> bool:
        """Whether it begins as a number does."""
        return self.text[:1].isdigit()


class Tokens:
    """The words of a text, read from left to right; also for claims, limits and reviews."""

    def __init__(self, text: str) -> None:
        if len(text.encode("utf-8", "replace")) > LONGEST_TEXT:
            raise RuleError(f"a rule is at most {LONGEST_TEXT} bytes", 0)
        self._tokens = _split(text)
        self._next = 0
        self._depth = 0

    def peek(self, ahead: int = 0) -> str:
        """The text of a coming token; empty at the end."""
        index = self._next + ahead
        return self._tokens[index].text if index < len(self._tokens) else ""

    def next(self, expected: str) -> Token:
        """The next token, which must exist."""
        token = self._tokens[min(self._next, len(self._tokens) - 1)]
        if not token.text:
            raise RuleError("the text ends too early", token.at, expected=expected)
        self._next += 1
        return token

    def take(self, word: str) -> bool:
        """Step over ``word`` if it comes next."""
        if self.peek() != word:
            return False
        self._next += 1
        return True

    def expect(self, *words: str) -> Token:
        """Step over whichever of ``words`` comes next; anything else is a fault."""
        expected = " or ".join(f"`{word}`" for word in words)
        token = self.next(expected)
        if token.text not in words:
            raise RuleError(f"`{token.text}` can't stand here", token.at, expected=expected)
        return token

    def name(self, expected: str) -> Token:
        """Step over a name."""
        token = self.next(expected)
        fault = name_fault(token.text)
        if fault:
            raise RuleError(fault, token.at, expected=expected)
        return token

    def end(self) -> None:
        """Refuse anything that is left."""
        token = self._tokens[self._next]
        if not token.text:
            return
        if token.text == ",":
            raise RuleError("a comma outside a list", token.at, hint="a list needs parentheses")
        if token.text == ")":
            raise RuleError("a parenthesis that was never opened", token.at)
        hint = "there is no `not`: a rule can't ask for absence" if token.text == "not" else ""
        raise RuleError(
            f"`{token.text}` can't stand here",
            token.at,
            expected="`and`, `or` or the end",
            hint=hint,
        )

    def rule(self) -> Syntax:
        """Read a rule, as far as it goes."""
        first = self._term()
        word = self.peek()
        if word not in ("and", "or"):
            return first
        items = [first]
        while self.take(word):
            items.append(self._term())
        if self.peek() in ("and", "or"):
            raise RuleError(
                "`and` and `or` side by side",
                self._tokens[self._next].at,
                hint="there is no precedence to remember: add parentheses",
            )
        return Joined(cast("Literal['and', 'or']", word), tuple(items), first.at)

    def _term(self) -> Syntax:
        token = self.next(_TERM)
        if token.text == "(":
            return self._parentheses(token)[0]
        if token.is_number or token.text in ("all", "any", "majority"):
            how = self._how(token)
            if self.take("of"):
                whom, whom_at = self._whom()
                return Counted(how, whom, token.at, whom_at)
            if isinstance(how, str):
                return Bare(how, token.at)
            raise RuleError(
                "a number of whom?",
                token.at,
                expected="`of`",
                hint=f"such as `{token.text} of members`",
            )
        if token.text == "not":
            raise RuleError("there is no `not`: a rule can't ask for absence", token.at)
        if token.text in RESERVED or name_fault(token.text):
            fault = name_fault(token.text) if token.text not in "(),%" else ""
            raise RuleError(
                fault or f"`{token.text}` can't stand here",
                token.at,
                expected=_TERM,
                hint="words are in small letters" if token.text.lower() != token.text else "",
            )
        return Name(token.text, token.at)

    def _how(self, token: Token) -> How:
        if not token.is_number:
            return cast("Bulk", token.text)
        try:
            number = written(token.text)
        except ValueError as error:
            raise RuleError(
                str(error), token.at, expected="digits, with at most one point"
            ) from None
        return Share(number) if self.take("%") else number

    def _whom(self) -> tuple[str | tuple[Syntax, ...], int]:
        token = self.next("`members`, a name or `(`")
        if token.text == "(":
            return self._parentheses(token, is_list=True), token.at
        fault = name_fault(token.text)
        if fault and token.text != "members":
            raise RuleError(fault, token.at, expected="`members`, a name or `(`")
        return token.text, token.at

    def _parentheses(self, opened: Token, *, is_list: bool = False) -> tuple[Syntax, ...]:
        self._depth += 1
        if self._depth > DEEPEST:
            raise RuleError(f"parentheses over {DEEPEST} deep", opened.at)
        items = [self.rule()]
        while is_list and self.take(","):
            items.append(self.rule())
        if not self.peek():
            raise RuleError("this parenthesis is never closed", opened.at, expected="`)`")
        if self.peek() == ",":
            raise RuleError(
                "a list without a number before it",
                opened.at,
                hint="such as `all of (…)`, `any of (…)` or `2 of (…)`",
            )
        if not self.take(")"):
            token = self.next("`)`")
            raise RuleError(f"`{token.text}` can't stand here", token.at, expected="`)`")
        self._depth -= 1
        return tuple(items)


def _split(text: str) -> list[Token]:
    tokens = []
    index = _SPACE.match(text).end()  # type: ignore[union-attr]
    while index < len(text):
        match = _TOKEN.match(text, index)
        if match is None:
            char = text[index]
            shown = f"`{char}`" if char.isascii() else f"{code_point(char)} (`{char}`)"
            hint = "write `and`" if char == "&" else "write `or`" if char == "|" else ""
            raise RuleError(f"{shown} can't stand in a rule", index, hint=hint)
        tokens.append(Token(match[0], index))
        index = _SPACE.match(text, match.end()).end()  # type: ignore[union-attr]
    return [*tokens, Token("", len(text))]
