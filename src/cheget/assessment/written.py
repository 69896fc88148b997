"""A beliefs file out of a person's answers, with their own words beside each number."""

from __future__ import annotations

import json
from collections.abc import Iterator

from cheget.assessment.answers import parted
from cheget.assessment.questions import Answers, Question, questions
from cheget.chain.chain import Chain

SOURCE = "said"


def beliefs_text(name: str, chain: Chain, answers: Answers) -> str:
    """The file that these answers make, each of which has been read before.

    Raises:
        AssessmentError: an answer can't be read, or contradicts another.
    """
    asked = {one.key: one for one in questions(chain, answers)}
    told = {key: one.read(answers.get(key, "")).written for key, one in asked.items()}
    source = told["source"]
    lines = [
        "# What a person answered to six questions; their own words are in the comments.",
        f"beliefs: {name}",
        f"chain: {chain.id}",
    ]
    if source:
        parts = dict(zip(("who", "where", "date"), source.split(";"), strict=False))
        cited = ", ".join(f"{key}: {_quoted(part.strip())}" for key, part in parts.items())
        lines += ["sources:", *_words(asked["source"], answers), f"  {SOURCE}: {{{cited}}}"]
    for key in ("action", "naming"):
        if key in asked:
            lines += [*_words(asked[key], answers, ""), f"{key}: {told[key]}"]
    if len(chain.actions) == 1:
        lines.append(f"action: {chain.actions[0].id}")
    lines += [*_members(asked, told, answers, SOURCE if source else "")]
    if told.get("alike"):
        alike = _cited(told["alike"], SOURCE if source else "")
        lines += ["shared:", *_words(asked["alike"], answers), f"  everyone: {alike}"]
    lines += [*_delays(asked, told, answers, SOURCE if source else "")]
    lines += [*_words(asked["replaced"], answers, ""), f"replace: {told['replaced']}"]
    if told["expect"]:
        lines += [*_words(asked["expect"], answers, ""), f"expect: {told['expect']}"]
    return "\n".join([*lines, ""])


def _members(
    asked: dict[str, Question], told: dict[str, str], answers: Answers, source: str
) -> Iterator[str]:
    yield "members:"
    yield "  everyone:"
    for key, state in (("refuse", "refuses"), ("unreachable", "unreachable")):
        yield from _words(asked[key], answers, "    ")
        yield f"    {state}: {_cited(told[key], source)}"
    if told.get("refuse-otherwise"):
        yield from _words(asked["refuse-otherwise"], answers)
        for part in told["refuse-otherwise"].split(";"):
            level, _, number = part.partition(" ")
            yield f"  {level}:"
            yield f"    refuses: {_cited(number, source)}"


def _delays(
    asked: dict[str, Question], told: dict[str, str], answers: Answers, source: str
) -> Iterator[str]:
    steps = [key for key in asked if key.startswith("takes-") and told[key]]
    if steps:
        yield "delays:"
    for key in steps:
        yield from _words(asked[key], answers)
        yield f"  {key.removeprefix('takes-')}: {_cited(told[key], source)}"


def _cited(number: str, source: str) -> str:
    return f"{{value: {number}, from: {source}}}" if source else number


def _words(question: Question, answers: Answers, indent: str = "  ") -> list[str]:
    """The question, and what was answered to it."""
    said, words = parted(answers.get(question.key, ""))
    lines = [f"{indent}# {question.text}", f"{indent}# - {said}"]
    if words:
        lines.append(f"{indent}#   because {words}")
    return lines


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
