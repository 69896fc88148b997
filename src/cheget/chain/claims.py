"""Claims: what must be true of a chain, each one a sentence.

A claim keeps its people as they were written; ``people_of`` gives them their meaning in a
chain. ``format_claim`` writes the one spelling, which ``Chain.claims`` holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, assert_never, cast

from cheget.chain.chain import Chain
from cheget.chain.grammar import RuleError, Syntax, Token, Tokens, format_rule
from cheget.chain.quantity import whole
from cheget.chain.resolve import Scope, resolve
from cheget.chain.rule import Rule
from cheget.errors import ChainFileError

Bound = Literal["at least", "at most", "exactly"]


@dataclass(frozen=True)
class Alone:
    """Each coalition that just meets ``who`` can, or cannot, release or block by itself."""

    who: Syntax
    can: bool
    verb: Literal["release", "block"]
    action: str | None = None


@dataclass(frozen=True)
class Includes:
    """Each minimal releasing coalition meets ``who``."""

    who: Syntax
    action: str | None = None


@dataclass(frozen=True)
class Takes:
    """The size of the smallest coalition that releases, or blocks."""

    verb: Literal["releasing", "blocking"]
    bound: Bound
    number: int
    action: str | None = None


@dataclass(frozen=True)
class NobodySitsTwice:
    """No person has seats at two levels of one ladder."""


@dataclass(frozen=True)
class MachinesNeverConcur:
    """No machine fills a seat below a head."""


Claim = Alone | Includes | Takes | NobodySitsTwice | MachinesNeverConcur


def parse_claim(text: str) -> Claim:
    """The claim that ``text`` makes.

    Raises:
        ChainFileError: It makes none; the line is 1, the column is in ``text``.
    """
    try:
        return read_claim(text)[0]
    except RuleError as fault:
        raise ChainFileError(
            fault.message, line=1, column=fault.at + 1, expected=fault.expected, hint=fault.hint
        ) from None


def read_claim(text: str) -> tuple[Claim, Token | None]:
    """The claim that ``text`` makes, and the token that names its action.

    Raises:
        RuleError: It makes none.
    """
    tokens = Tokens(text)
    if tokens.peek() in ("nobody", "machines") and tokens.peek(1) in ("sits", "never"):
        return _fixed(tokens), None
    if tokens.peek() == "every":
        return _includes(tokens)
    if tokens.peek() in ("releasing", "blocking"):
        return _takes(tokens)
    who = tokens.rule()
    tokens.expect("alone")
    can = tokens.expect("can", "cannot").text == "can"
    verb = cast("Literal['release', 'block']", tokens.expect("release", "block").text)
    action = tokens.name("an action") if tokens.peek() else None
    tokens.end()
    return Alone(who, can, verb, action.text if action else None), action


def format_claim(claim: Claim) -> str:
    """The claim in its one spelling; ``parse_claim`` gives back an equal claim."""
    match claim:
        case Alone(who, can, verb, action):
            may = "can" if can else "cannot"
            return f"{format_rule(who)} alone {may} {verb}" + (f" {action}" if action else "")
        case Includes(who, action):
            of = f" of {action}" if action else ""
            return f"every release{of} includes {format_rule(who)}"
        case Takes(verb, bound, number, action):
            people = "person" if number == 1 else "people"
            of = f" {action}" if action else ""
            return f"{verb}{of} takes {bound} {number} {people}"
        case NobodySitsTwice():
            return "nobody sits twice"
        case MachinesNeverConcur():
            return "machines never concur"
        case _:
            assert_never(claim)


def people_of(who: Syntax, chain: Chain) -> Rule:
    """The rule that the people of a claim mean in ``chain``.

    Raises:
        RuleError: They mean nothing there; a chain read from a file has no such claim.
    """
    declared = {m.id: "a member" for m in chain.members}
    declared |= {v.id: "a level" for v in chain.levels}
    scope = Scope(
        declared=declared,
        people=frozenset(m.id for m in chain.members),
        levels={v.id: v.members for v in chain.levels},
        repeatable=chain.repeatable,
    )
    return resolve(who, scope)


def _fixed(tokens: Tokens) -> Claim:
    if tokens.take("nobody"):
        tokens.expect("sits")
        tokens.expect("twice")
        tokens.end()
        return NobodySitsTwice()
    tokens.expect("machines")
    tokens.expect("never")
    tokens.expect("concur")
    tokens.end()
    return MachinesNeverConcur()


def _includes(tokens: Tokens) -> tuple[Claim, Token | None]:
    tokens.expect("every")
    tokens.expect("release")
    action = tokens.name("an action") if tokens.take("of") else None
    tokens.expect("includes")
    who = tokens.rule()
    tokens.end()
    return Includes(who, action.text if action else None), action


def _takes(tokens: Tokens) -> tuple[Claim, Token | None]:
    verb = cast("Literal['releasing', 'blocking']", tokens.expect("releasing", "blocking").text)
    # An action may be named `takes`, so one word more decides.
    named = tokens.peek() != "takes" or tokens.peek(1) == "takes"
    action = tokens.name("an action or `takes`") if named else None
    tokens.expect("takes")
    bound: Bound = "exactly"
    if tokens.expect("at", "exactly").text == "at":
        bound = "at least" if tokens.expect("least", "most").text == "least" else "at most"
    token = tokens.next("a whole number")
    try:
        number = whole(token.text)
    except ValueError as error:
        raise RuleError(str(error), token.at, expected="a whole number") from None
    if number == 0:
        raise RuleError("nothing takes nobody", token.at, expected="1 or more")
    tokens.expect("people", "person")
    tokens.end()
    return Takes(verb, bound, number, action.text if action else None), action
