"""Asking a person, question by question: each answer is read at once, and may be taken back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from cheget.errors import AssessmentError
from cheget.report.terminal import safe

if TYPE_CHECKING:
    from cheget.assessment.questions import Question
    from cheget.chain.chain import Chain

BACK, QUIT = "back", "quit"


class LeftError(Exception):
    """The person left; what they answered is in ``answers``."""


def ask(
    chain: Chain, answers: dict[str, str], prompt: Callable[[str], str],
    say: Callable[[str], object],
) -> None:  # fmt: skip
    """Ask what isn't in ``answers`` yet, and put the answers there.

    Raises:
        LeftError: the person quit, or there is no more input.
    """
    earlier: dict[str, str] = {}  # answers taken back, offered again
    while (question := _next(chain, answers)) is not None:
        if question.key in answers:  # it can't be read any more, after another has changed
            earlier[question.key] = answers.pop(question.key)
        try:
            said = _answer(question, earlier.get(question.key), prompt, say)
        except (click.Abort, EOFError, KeyboardInterrupt):
            said = QUIT
        if said == QUIT:
            answers.update(earlier)
            raise LeftError
        if said == BACK:
            if not answers:
                say("  this is the first question")
                continue
            last = list(answers)[-1]
            earlier[last] = answers.pop(last)
            continue
        answers[question.key] = said
        earlier.pop(question.key, None)


def _next(chain: Chain, answers: dict[str, str]) -> Question | None:
    """The first question without an answer; what nothing asks for any more is dropped."""
    from cheget.assessment.questions import questions

    asked = []
    for question in questions(chain, answers):
        asked.append(question.key)
        if question.key not in answers:
            return question
        try:
            question.read(answers[question.key])
        except AssessmentError:  # something before it has changed
            return question
    for key in set(answers) - set(asked):
        del answers[key]
    return None


def _answer(
    question: Question, before: str | None, prompt: Callable[[str], str],
    say: Callable[[str], object],
) -> str:  # fmt: skip
    """One answer that can be read, or ``back`` or ``quit``."""
    place = f"{question.number} of 6" if question.number else "first"
    say(f"\n{click.style(place, bold=True)}  {question.text}")
    offered = f"such as {question.example}"
    if before:
        drop = "; none leaves it out" if question.optional else ""
        offered = f"Enter keeps what you said: {before}{drop}"
    say(click.style(f"        {safe(offered)}", dim=True))
    while True:
        said = prompt("> ").strip() or before or ""
        if said in {BACK, QUIT}:
            return said
        try:
            told = question.read(said)
        except AssessmentError as error:
            say(f"        {safe(error.message)}; {safe(error.hint)}"
                if error.hint else f"        {safe(error.message)}")  # fmt: skip
            continue
        say(f"        {safe(told.says)}")
        return said
