"""The rules of ``people.yaml`` by which keys change: ``self and 1 other``, ``2 of (ann, dee)``.

The language of rules, over people instead of members, and two words more: ``self`` is the person
concerned, ``2 others`` are that many people beside them who aren't machines.
"""

from __future__ import annotations

from collections.abc import Collection

from cheget.chain.grammar import Counted, Syntax, Tokens
from cheget.chain.resolve import Scope, resolve
from cheget.chain.rule import Rule

SELF = "self"
_OTHERS = "others"


class _Words(Tokens):
    """The words of a rule in which ``1 other`` may stand too."""

    def _term(self) -> Syntax:
        if self.peek(1) in ("other", _OTHERS) and self.peek()[:1].isdigit():
            token = self.next("a number")
            how, whom = self._how(token), self.next("`others`")
            return Counted(how, _OTHERS, token.at, whom.at)
        return super()._term()


def change_rule(text: str, people: Collection[str], machines: Collection[str] = ()) -> Rule:
    """The rule that ``text`` means among the ``people`` who may agree to a change.

    ``self`` stays a name. Others are any of ``people``, the person concerned among them: so it
    is the rule as whoever agrees to a change of somebody else's keys has to meet it.

    Raises:
        RuleError: It means nothing, or nobody could meet it.
    """
    words = _Words(text)
    syntax = words.rule()
    words.end()
    scope = Scope(
        declared=dict.fromkeys(machines, "a machine"), people={*people, SELF}, place="this house",
        levels={_OTHERS: tuple(people)},
    )  # fmt: skip
    return resolve(syntax, scope)
