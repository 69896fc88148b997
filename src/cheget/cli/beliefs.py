"""``cheget beliefs ask``: a person's beliefs about a chain, as a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cheget.cli.plain import is_asked, json_option, say
from cheget.errors import AssessmentError, ChainFileError, HouseError

if TYPE_CHECKING:
    from cheget.chain.chain import Chain


@click.group()
def beliefs() -> None:
    """Ask a person what they believe of a chain."""


@beliefs.command("ask")
@click.argument("chain_file", metavar="CHAIN")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False),
              help="The file to write. [default: CHAIN-beliefs.yaml, here]")  # fmt: skip
@click.option("--answers", "given", type=click.Path(path_type=Path, dir_okay=False),
              help="Answers given before, as a map by question; the rest is asked.")  # fmt: skip
@json_option
def ask(chain_file: str, output: Path | None, given: Path | None, as_json: bool) -> None:
    """Six questions that anybody can answer, and a file of beliefs out of the answers.

    CHAIN is a file or a scenario's name. Each answer is shown in numbers at once, and asked for
    again if it can't be read; what follows `because` is kept in your own words. `back` takes the
    last answer back, `quit` leaves and keeps them all for --answers. The answer that follows from
    the beliefs is printed at the end.
    """
    from cheget.assessment.written import beliefs_text
    from cheget.cli.assess import need_numpy
    from cheget.cli.check import read_chain
    from cheget.report.library import file_of

    need_numpy()
    chain = read_chain(file_of(chain_file))
    place = output or Path(f"{chain.id}-beliefs.yaml")
    if place.exists():
        raise HouseError(f"{place} is there already", hint="name another: -o FILE")
    if not place.absolute().parent.is_dir():
        raise HouseError(f"{place} can't be written: there is no such folder")
    answers = {} if given is None else read_answers(given, chain)
    if is_asked():
        _ask(chain, chain_file, answers, given or _free(place))
    else:
        _complete(chain, answers)
    _write(place, beliefs_text(_name(place), chain, answers))
    _report(chain, chain_file, place, as_json)


def _ask(chain: Chain, chain_file: str, answers: dict[str, str], kept: Path) -> None:
    from cheget.cli.asking import LeftError
    from cheget.cli.asking import ask as asked

    click.echo(f"Six questions about {chain.id}. Write back to take an answer back, quit to leave; "
               "a reason may follow an answer: 1 - 4 because …", err=True)  # fmt: skip
    try:
        asked(chain, answers,
              lambda text: str(click.prompt(text, default="", show_default=False,
                                            prompt_suffix="", err=True)),
              lambda line: click.echo(line, err=True))  # fmt: skip
    except LeftError:
        if not answers:
            raise HouseError("left before anything was answered") from None
        _write(kept, "".join(f"{key}: {_quoted(said)}\n" for key, said in answers.items()))
        raise HouseError(
            f"left; your answers are in {kept}",
            hint=f"go on with them: cheget beliefs ask {chain_file} --answers {kept}",
        ) from None


def _complete(chain: Chain, answers: dict[str, str]) -> None:
    """Nobody is there to ask: what is needed must have been given."""
    from cheget.assessment.questions import questions

    for question in questions(chain, answers):
        if question.key in answers:
            continue
        if not question.optional:
            raise HouseError(
                f"no answer to `{question.key}`, and there is nobody to ask",
                hint=f"--answers FILE with a line such as {question.key}: {question.example}",
            )
        answers[question.key] = ""


def read_answers(path: Path, chain: Chain) -> dict[str, str]:
    """The answers in a file, each of which can be read.

    Raises:
        ChainFileError: one can't, or nothing asks for it; with line and column.
        HouseError: the file can't be read.
    """
    from cheget.assessment.questions import questions
    from cheget.chain.document import read
    from cheget.chain.fields import listed, mapping, scalar
    from cheget.chain.text import near

    try:
        node = mapping(read(path.read_bytes()), "a map of answers by question")
        said = {key.text: (key, scalar(value, "an answer")) for key, value in node.entries}
        answers: dict[str, str] = {}
        asked = []
        for question in questions(chain, answers):
            asked.append(question.key)
            if question.key not in said:
                if not question.optional:
                    break
                continue
            _, answer = said[question.key]
            try:
                question.read(answer.text)
            except AssessmentError as error:
                raise answer.fault(error.message, expected=error.hint) from None
            answers[question.key] = answer.text
        for key, (where, _) in said.items():
            if key not in answers:
                raise where.fault(f"nothing asks for `{key}`, or not yet",
                                  expected=listed(asked), hint=near(key, asked))  # fmt: skip
    except OSError as error:
        raise HouseError(f"{path}: {error.strerror}") from error
    except ChainFileError as error:
        error.file = str(path)
        raise
    return answers


def _report(chain: Chain, chain_file: str, place: Path, as_json: bool) -> None:
    """What follows from the beliefs that were written."""
    from cheget.assessment.answer import assess
    from cheget.assessment.parse import parse_beliefs
    from cheget.assessment.words import phrase
    from cheget.cli.assessments import headline
    from cheget.report.wording import CONDITIONAL

    found = assess(chain, parse_beliefs(place.read_bytes(), chain))

    def text() -> None:
        click.echo(f"\nWritten to {place}.\n")
        for line in headline(found):
            click.echo(line)
        click.echo(f"\n{CONDITIONAL[0].upper()}{CONDITIONAL[1:]}.")
        click.echo(f"next: cheget assess {chain_file} {place}")

    say({
        "file": str(place), "beliefs": found.beliefs.id, "carried_out": found.mean.value,
        "phrase": phrase(found.mean.value),
        "verdict": found.expected.verdict if found.expected else None,
        "conditional": CONDITIONAL,
    }, as_json, text)  # fmt: skip


def _free(place: Path) -> Path:
    """A file for answers beside the beliefs that isn't there yet."""
    names = ["answers", *(f"answers-{number}" for number in range(2, 1000))]
    return next(one for one in (place.with_suffix(f".{name}.yaml") for name in names)
                if not one.exists())  # fmt: skip


def _name(place: Path) -> str:
    from cheget.chain.text import is_name

    return place.stem if is_name(place.stem) else "asked"


def _quoted(text: str) -> str:
    import json

    return json.dumps(text, ensure_ascii=False)


def _write(place: Path, text: str) -> None:
    try:
        place.write_text(text, encoding="utf-8")
    except OSError as error:
        raise HouseError(f"{place}: {error.strerror}") from error
