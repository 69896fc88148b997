"""The rules of ``people.yaml`` by which keys change: ``self and 1 other``, ``2 of (ann, dee)``.

The language of rules, over people instead of members, and two words more: ``self`` is the person
concerned, ``2 others`` are that many people beside them who aren't machines.
"""

from __future__ import annotations

from collections.abc import Collection

from cheget.chain.grammar import Counted, Syntax, Tokens
from cheget.chain.resolve import Scope, resolve
from cheget.chain.rule import Of, Rule

SELF = "self"
OTHERS = "others"
_OTHERS = OTHERS


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


def change_form(text: str, people: Collection[str], machines: Collection[str] = ()) -> Rule:
    """The rule as a charter holds it, whoever the people come to be.

    ``self`` stays a name, and ``2 others`` stays ``["of", 2, ["others"]]``: who the others are
    is settled when somebody agrees.

    Raises:
        RuleError: as :func:`change_rule`.
    """
    change_rule(text, people, machines)
    words = _Words(text)
    # Two at least, or a rule over one would be that one's name.
    places = tuple(f"other {number}" for number in range(max(2, len(people))))
    scope = Scope(
        declared=dict.fromkeys(machines, "a machine"), people={*people, SELF}, place="this house",
        levels={_OTHERS: places},
    )  # fmt: skip
    return _folded(resolve(words.rule(), scope), frozenset(places))


def _folded(rule: Rule, places: frozenset[str]) -> Rule:
    if not isinstance(rule, Of):
        return rule
    if set(rule.items) == places:
        return Of(rule.need, (OTHERS,))
    return Of(rule.need, tuple(i if isinstance(i, str) else _folded(i, places) for i in rule.items))


def change_rule_for(rule: Rule, subject: str, others: Collection[str]) -> Rule:
    """The rule as it has to be met for a change of ``subject``, who is in it as ``self`` alone.

    Args:
        rule: As :func:`change_form` gives it.
        subject: The person concerned.
        others: Everybody else who isn't a machine.
    """
    match rule:
        case Of(need, (name,)) if name == OTHERS:
            return Of(need, tuple(sorted(set(others) - {subject})))
        case Of(need, items):
            return Of(
                need,
                tuple(
                    i if isinstance(i, str) else change_rule_for(i, subject, others) for i in items
                ),
            )
        case _:
            return rule
