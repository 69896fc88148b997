"""The beliefs file, read as strictly as the chain: ``Beliefs``, or one error."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

from cheget.assessment.beliefs import (
    EVERYONE,
    EXECUTORS,
    STATES,
    Belief,
    Beliefs,
    Decision,
    Delay,
    Event,
    Expectation,
    Shared,
    Source,
    Who,
)
from cheget.assessment.number import Field, parse_number
from cheget.chain import fields
from cheget.chain.chain import Action, Chain
from cheget.chain.document import Mapping as Map
from cheget.chain.document import Node, Scalar, read
from cheget.chain.fields import Fields, listed, placed
from cheget.chain.text import near

MOST_EVENTS = 10
_FEW = 12  # names that a message lists
MOST_REPLACED = 100
_TERMS: Mapping[str, Field] = {
    "obedience": "real", "role": "real", "punishment": "real", "regime-falls": "probability",
    "deciding": "probability",
}  # fmt: skip
_ONCE = re.compile(r"(.*\S)\s+once\s+another\s+refuses\s*", re.DOTALL)
_EXPECT = re.compile(r"(carried out|stopped(?: at ([a-z0-9-]+))?|expired)\s*(<=|>=|<|>)\s*(\S.*)")
_OPTIONAL = (
    "sources", "action", "naming", "members", "shared", "groups", "events", "delays", "within",
    "replace", "visible", "messages", "trust", "decision", "originator", "expect", "situations",
)  # fmt: skip


def parse_beliefs(text: bytes, chain: Chain) -> Beliefs:
    """The beliefs about ``chain`` that a file with these bytes states.

    Raises:
        ChainFileError: The first fault, with its line and column.
    """
    found = Fields(read(text), "beliefs", required=("beliefs", "chain"), optional=_OPTIONAL)
    return _Reader(found, chain).beliefs()


class _Reader:
    """Reads one file beside its chain."""

    def __init__(self, found: Fields, chain: Chain) -> None:
        self.found, self.chain = found, chain
        self.sources = found.read("sources", _sources, {})
        self.groups: Mapping[str, tuple[str, ...]] = found.read("groups", self._groups, {})

    def beliefs(self) -> Beliefs:
        """All of it."""
        found = self.found
        id_ = fields.name(found["beliefs"], "beliefs").text
        about = fields.name(found["chain"], "a chain")
        if about.text != self.chain.id:
            raise about.fault(f"these beliefs are about `{about.text}`",
                              expected=f"`{self.chain.id}`, the chain at hand")  # fmt: skip
        action = self._action()
        return Beliefs(
            id_,
            about.text,
            action.id if action else None,
            self._originator(action),
            self.sources,
            self._naming(action),
            found.read("members", self._who, {}),
            found.read("situations", self._situations, {}),
            found.read("shared", self._shared, ()),
            self.groups,
            found.read("events", self._events, ()),
            found.read("delays", self._delays, {}),
            found.read("within", self._within, None),
            found.read("replace", _times, 0),
            found.read("visible", self._visible, None),
            found.read("messages", self._messages, {}),
            self._belief(found["trust"], "real") if "trust" in found else None,
            found.read("decision", self._decision, None),
            found.read("expect", self._expect, None),
        )

    def _belief(self, node: Node, field: Field) -> Belief:
        """A number, bare or as ``{value: …, from: source}``."""
        source = ""
        if isinstance(node, Map):
            node, source = self._cited(node)
        written = fields.scalar(node, "a number")
        with placed(written):
            return Belief(parse_number(written.text, field), written.text, source, written.line,
                          written.column)  # fmt: skip

    def _cited(self, node: Node) -> tuple[Node, str]:
        """What ``{value: …, from: source}`` holds."""
        cited = Fields(node, "a number with its source", required=("value", "from"))
        named = fields.scalar(cited["from"], "one of the sources")
        return cited["value"], self._known(named, self.sources, "one of the sources")

    @staticmethod
    def _known(found: Scalar, known: Collection[str], what: str) -> str:
        if found.text not in known:
            few = 0 < len(known) <= _FEW
            raise found.fault(f"`{found.text}` is not {what}",
                              expected=listed(known) if few else what,
                              hint=near(found.text, known))  # fmt: skip
        return found.text

    def _members(self) -> tuple[str, ...]:
        return tuple(member.id for member in self.chain.members)

    def _anybody(self) -> tuple[str, ...]:
        levels = (level.id for level in self.chain.levels)
        crewed = (kind.id for kind in self.chain.executors if kind.crew is not None)
        return (EVERYONE, *self._members(), *levels, *crewed)

    def _entries(
        self, node: Node, known: Iterable[str], what: str
    ) -> Iterable[tuple[Scalar, Node]]:
        for key, value in fields.mapping(node, f"a map by {what}").entries:
            self._known(key, tuple(known), what)
            yield key, value

    def _action(self) -> Action | None:
        actions = {action.id: action for action in self.chain.actions}
        if "action" in self.found:
            named = fields.scalar(self.found["action"], "an action")
            return actions[self._known(named, actions, "an action of this chain")]
        if len(actions) > 1:
            raise self.found.node.fault("the chain has several actions and no `action` is named",
                                        expected=f"`action: …`: {listed(actions)}")  # fmt: skip
        return next(iter(actions.values()), None)

    def _originator(self, action: Action | None) -> str | None:
        ladder = self.chain.ladder(action.id) if action else self.chain.levels
        head = ladder[0].members
        if "originator" not in self.found:
            return head[0]
        named = fields.scalar(self.found["originator"], "a member of the head, or `none`")
        if named.text == "none":
            return None
        return self._known(named, head, f"a member of the head `{ladder[0].id}`")

    def _naming(self, action: Action | None) -> Mapping[str, int]:
        if action is None:
            if "naming" in self.found:
                raise self.found["naming"].fault("this chain has no actions, so orders name nobody")
            return {}
        if "naming" not in self.found:
            if action.at_most > 1 or len(action.executors) > 1:
                raise self.found.node.fault(
                    f"`{action.id}` may name several executors and no `naming` says how many",
                    expected="`naming: {KIND: NUMBER}`",
                    hint=f"such as `{{{action.executors[0]}: 1}}`",
                )  # fmt: skip
            return {action.executors[0]: 1}
        named = {}
        node = fields.mapping(self.found["naming"], "how many executors of each kind")
        for key, value in self._entries(node, action.executors, "a kind this action may name"):
            number, most = fields.count(value), self.chain.kind(key.text).count or 1
            if number > most:
                raise fields.scalar(value, "").fault(f"`{key.text}` has only {most:,}")
            named[key.text] = number
        total = sum(named.values())
        if not 1 <= total <= action.at_most:
            raise node.fault(f"`{action.id}` names {total:,} executors",
                             expected=f"1 to {action.at_most:,} in all")  # fmt: skip
        if action.enough is not None and action.enough > total:
            raise node.fault(f"{total:,} named, of whom {action.enough:,} must act")
        return named

    def _who(self, node: Node) -> Who:
        found: dict[str, dict[str, Belief]] = {}
        for key, value in self._entries(
            node, self._anybody(), "a member, level, kind or `everyone`"
        ):
            of = Fields(value, f"the beliefs about `{key.text}`", optional=STATES)
            found[key.text] = {
                state: self._belief(of[state], "probability") for state in STATES if state in of
            }
        return found

    def _situations(self, node: Node) -> Mapping[str, Who]:
        return {fields.name(key, "a situation").text: self._who(value)
                for key, value in fields.entries(node, "situations")}  # fmt: skip

    def _groups(self, node: Node) -> Mapping[str, tuple[str, ...]]:
        found = {}
        taken = {*self._anybody(), EXECUTORS}
        for key, value in fields.entries(node, "groups, such as `service: [ann, bob]`"):
            name = fields.name(key, "a group").text
            if name in taken:
                raise key.fault(
                    f"`{name}` is the name of something else", expected="a name of its own",
                    hint="a level may stand under `shared` as it is",
                )  # fmt: skip
            members = fields.names(value, "a member")
            found[name] = tuple(self._known(one, self._members(), "a member") for one in members)
        return found

    def _shared(self, node: Node) -> tuple[Shared, ...]:
        levels = tuple(level.id for level in self.chain.levels)
        known = (EVERYONE, *levels, *self.groups)
        return tuple(
            self._alike(key.text, value)
            for key, value in self._entries(node, known, "`everyone`, a level or a group")
        )

    def _alike(self, group: str, node: Node) -> Shared:
        said, source = node, ""
        if isinstance(node, Map):
            said, source = self._cited(node)
        if isinstance(said, Scalar) and (once := _ONCE.fullmatch(said.text)):
            with placed(said):
                number = parse_number(once[1], "probability")
            if number.kind not in {"fixed", "logit-normal"}:
                raise said.fault("here a number or a range `a to b` belongs")
            return Shared(group, Belief(number, said.text, source, said.line, said.column),
                          once=True)  # fmt: skip
        return Shared(group, self._belief(node, "probability"))

    def _events(self, node: Node) -> tuple[Event, ...]:
        found = []
        for key, value in fields.entries(node, "events"):
            of = Fields(value, f"event `{key.text}`", required=("probability", "members", "makes"))
            members = fields.names(of["members"], "a member")
            makes = fields.word(of["makes"], *STATES)
            found.append(Event(
                fields.name(key, "an event").text,
                self._belief(of["probability"], "probability"),
                tuple(self._known(one, self._members(), "a member") for one in members),
                next(state for state in STATES if state == makes),
            ))  # fmt: skip
        if len(found) > MOST_EVENTS:
            raise node.fault(f"{len(found)} events", expected=f"at most {MOST_EVENTS}")
        return tuple(found)

    def _delays(self, node: Node) -> Mapping[str, Delay]:
        levels = (*(level.id for level in self.chain.levels), EXECUTORS)
        what = "a level, or `executors`"
        return {key.text: self._delay(value)
                for key, value in self._entries(node, levels, what)}  # fmt: skip

    def _delay(self, node: Node) -> Delay:
        if isinstance(node, Map) and "median" in {key.text for key, _ in node.entries}:
            found = Fields(node, "a delay", required=("median", "sigma"))
            median = self._belief(found["median"], "duration")
            sigma = self._belief(found["sigma"], "positive")
            for each in (median, sigma):
                if each.number.support[0] <= 0 and each.number.kind != "log-normal":
                    raise node.fault(f"`{each.text}` may be no time at all")
            return Delay(None, median, sigma)
        time = self._belief(node, "duration")
        if time.number.kind not in {"fixed", "log-normal"}:
            raise node.fault(
                "a delay is log-normal", expected="`10m to 2h`, or `{median: …, sigma: …}`"
            )
        return Delay(time)

    def _within(self, node: Node) -> float:
        found = self._belief(fields.scalar(node, "a duration"), "duration")
        if not found.number.certain or found.number.numbers[0] <= 0:
            raise node.fault("a deadline is one duration", expected="such as `2h`")
        return found.number.numbers[0]

    def _visible(self, node: Node) -> Mapping[str, Belief]:
        found = Fields(node, "`visible`", optional=("concurrence", "refusal"))
        return {each: self._belief(found[each], "real")
                for each in ("concurrence", "refusal") if each in found}  # fmt: skip

    def _messages(self, node: Node) -> Mapping[str, Belief]:
        known, what = self._anybody(), "a member, level, kind or `everyone`"
        return {key.text: self._belief(value, "real")
                for key, value in self._entries(node, known, what)}  # fmt: skip

    def _decision(self, node: Node) -> Decision:
        found = Fields(node, "`decision`", optional=(*_TERMS, "factors"))
        factors = {}
        if "factors" in found:
            if "deciding" not in found:
                raise node.fault("`factors` without `deciding`",
                                 expected="how much people decide, from 0 to 1")  # fmt: skip
            for key, value in fields.entries(found["factors"], "factors, such as `coercion: 0.5`"):
                factors[fields.name(key, "a factor").text] = self._belief(value, "real")
        terms = {each: self._belief(found[each], field)
                 for each, field in _TERMS.items() if each in found}  # fmt: skip
        return Decision(terms, factors)

    def _expect(self, node: Node) -> Expectation:
        return _expectation(fields.scalar(node, "an expectation, such as `carried out < 50%`"),
                            self.chain)  # fmt: skip


def parse_expectation(text: str, chain: Chain) -> Expectation:
    """What somebody claims of a chain, in the words of `expect`.

    Raises:
        ChainFileError: it isn't written as an expectation, or names no level.
    """
    return _expectation(Scalar(text, 1, 1), chain)


def _expectation(found: Scalar, chain: Chain) -> Expectation:
    match = _EXPECT.fullmatch(found.text)
    if match is None:
        raise found.fault(f"`{found.text}` is not an expectation",
                          expected="`carried out`, `stopped`, `stopped at LEVEL` or `expired`, "
                          "then <, <=, > or >= and a probability")  # fmt: skip
    with placed(found):
        number = parse_number(match[4], "probability")
    if not number.certain:
        raise found.fault("an expectation compares with one number")
    level = match[2] or ""
    if level and level not in {EXECUTORS, *(each.id for each in chain.levels)}:
        levels = tuple(each.id for each in chain.levels)
        raise found.fault(
            f"`{level}` is not a level",
            expected=listed((*levels, EXECUTORS)) if len(levels) <= _FEW else "a level",
            hint=near(level, levels),
        )
    outcome = match[1].split(" at ")[0]
    return Expectation(found.text, outcome, level, match[3], number.numbers[0])  # type: ignore[arg-type]


def _sources(node: Node) -> Mapping[str, Source]:
    found = {}
    for key, value in fields.entries(node, "sources"):
        of = Fields(value, f"source `{key.text}`", optional=("who", "where", "date"))
        parts = [of.read(part, fields.line, "") for part in ("who", "where", "date")]
        found[fields.name(key, "a source").text] = Source(*parts)
    return found


def _times(node: Node) -> int:
    found = fields.scalar(node, "how often a refuser may be replaced")
    return 0 if found.text == "0" else _capped(found, fields.count(found))


def _capped(found: Scalar, number: int) -> int:
    if number > MOST_REPLACED:
        raise found.fault(f"`{number}` is out of range", expected=f"0 to {MOST_REPLACED}")
    return number
