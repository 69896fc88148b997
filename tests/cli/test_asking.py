"""Asking a person for beliefs: every answer is read at once, and none is lost."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

import cheget as api
from cheget.assessment.answers import duration, parted, share
from cheget.assessment.number import parse_number
from cheget.assessment.parse import parse_beliefs
from cheget.assessment.questions import questions
from cheget.assessment.written import beliefs_text
from cheget.cli.asking import LeftError
from cheget.cli.asking import ask as asked
from cheget.cli.main import cheget
from cheget.errors import AssessmentError
from cheget.report.library import known

ROOT = Path(__file__).parent.parent.parent
GIVEN = """\
action: tactical
naming: missile 3
refuse: 1 - 4 because two of the ten did last time
refuse-otherwise: general-staff 2 - 6
unreachable: 1 - 10
alike: 4 - 6
replaced: once
takes-general-staff: 10m - 1h
expect: less likely than not
source: "a colonel; a newspaper; 2022"
"""
WIPE = ("wipe", "1 - 3", "", "2 - 10", "", "no", "", "", "", "")


def run(*words: str) -> Result:
    return CliRunner().invoke(cheget, ["beliefs", "ask", *words])


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_answers_in_a_file_make_beliefs_with_the_words_of_who_answered(here: Path) -> None:
    Path("given.yaml").write_text(GIVEN)
    done = run("cheget", "--answers", "given.yaml", "-o", "mine.yaml")
    assert done.exit_code == 0, done.output
    assert "Written to mine.yaml." in done.output
    assert "carried out: unlikely" in done.output
    assert "no data on real refusals exists" in done.output
    text = Path("mine.yaml").read_text()
    assert "#   because two of the ten did last time" in text
    assert "# - 1 - 4\n" in text
    found = parse_beliefs(text.encode(), api.load("cheget"))
    everyone, staff = found.members["everyone"], found.members["general-staff"]
    assert everyone["refuses"].number.numbers == (0.1, 0.4)
    assert staff["refuses"].number.numbers == (0.2, 0.6)
    assert {one.source for one in (*everyone.values(), *staff.values())} == {"said"}
    assert found.sources["said"].who == "a colonel"
    assert (found.replace, found.expect.text if found.expect else "") == (1, "carried out < 50%")
    assert (found.shared[0].once, found.shared[0].belief.source) == (True, "said")
    delay = found.delays["general-staff"].time
    assert (delay.text, delay.source) == ("10m to 1h", "said") if delay else False
    assert dict(found.naming) == {"missile": 3}


@pytest.mark.parametrize("name", known())
def test_every_scenario_can_be_asked_about(name: str) -> None:
    chain = api.load(name)
    answers: dict[str, str] = {}
    for question in questions(chain, answers):
        told = question.read("" if question.optional else question.example.split(",")[0])
        answers[question.key] = "" if question.optional else question.example.split(",")[0]
        assert told.says
    parse_beliefs(beliefs_text("asked", chain, answers).encode(), chain)


@pytest.mark.parametrize("name", ["cheget", "wipe-database"])
def test_every_example_is_an_answer(name: str) -> None:
    chain = api.load(name)
    answers: dict[str, str] = {}
    for question in questions(chain, answers):
        example = question.example.split(", or ")[0].split(",")[0]
        assert question.read(example).written
        answers[question.key] = example
    parse_beliefs(beliefs_text("asked", chain, answers).encode(), chain)


@pytest.mark.parametrize(
    ("answer", "written", "says"),
    [
        ("1 - 4", "10% to 40%", "10 % to 40 %"),
        ("1 to 4", "10% to 40%", "10 % to 40 %"),
        ("0.5-5", "5% to 50%", "5 % to 50 %"),
        ("5 - 50 %", "5% to 50%", "5 % to 50 %"),
        ("2", "20%", "no doubt about it"),
        ("nobody", "0%", "no doubt about it"),
        ("0 - 3", "1% to 30%", "never taken for nobody"),
        ("7 - 10", "70% to 99%", "never taken for nobody or for all"),
    ],
)
def test_what_an_answer_means_is_shown_at_once(answer: str, written: str, says: str) -> None:
    (refuse,) = (one for one in _asked("vault-unseal") if one.key == "refuse")
    told = refuse.read(answer)
    assert told.written == written
    assert says in told.says
    parse_number(told.written, "probability")


@pytest.mark.parametrize(
    ("answer", "fault", "hint"),
    [
        ("", "an answer is needed", "1 - 4"),
        ("some", "isn't how many of 10", "1 - 4"),
        ("-1", "isn't how many of 10", "1 - 4"),
        ("4 - 1", "the first is larger", "lowest - highest"),
        ("2 - 11", "more than all 10", "1 - 4"),
        ("120 %", "more than 100 %", "1 - 4"),
        ("5 % - 3", "one end has a percent sign", "5 % - 50 %"),
        ("0.00001 %", "isn't how many of 10", "1 - 4"),
        ("0.0001 - 1 %", "too little", "0.1 %"),
    ],
)
def test_what_cannot_be_read_says_what_can(answer: str, fault: str, hint: str) -> None:
    (refuse,) = (one for one in _asked("vault-unseal") if one.key == "refuse")
    with pytest.raises(AssessmentError) as raised:
        refuse.read(answer)
    assert fault in raised.value.message
    assert hint in raised.value.hint


def _asked(name: str, **answers: str) -> list[object]:
    given = {"refuse": "1 - 4", **answers}
    return list(questions(api.load(name), given))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("key", "answer", "fault"),
    [
        ("alike", "1 - 3", "no more than refuse anyway"),
        ("replaced", "often", "isn't how often"),
        ("replaced", "21", "isn't how often"),
        ("takes-holders", "10 - 20", "isn't how long"),
        ("takes-holders", "2h - 10m", "the first is longer"),
        ("takes-holders", "0m", "no time at all"),
        ("takes-holders", "10ms", "isn't how long"),
        ("expect", "it works", "is not an expectation"),
        ("source", "a; b; c; d", "who; where; when"),
    ],
)
def test_each_question_refuses_what_is_no_answer_to_it(key: str, answer: str, fault: str) -> None:
    (question,) = (one for one in _asked("vault-unseal") if one.key == key)  # type: ignore[attr-defined]
    with pytest.raises(AssessmentError, match=fault):
        question.read(answer)  # type: ignore[attr-defined]


def test_thinking_alike_is_told_as_a_correlation() -> None:
    (alike,) = (one for one in _asked("vault-unseal") if one.key == "alike")  # type: ignore[attr-defined]
    told = alike.read("4 - 6")  # type: ignore[attr-defined]
    assert "where 21 % do anyway" in told.says
    assert "a correlation of 0.4" in told.says
    assert told.written.endswith("once another refuses")


def test_where_nobody_ever_refuses_it_is_not_asked_who_thinks_alike() -> None:
    keys = [one.key for one in questions(api.load("vault-unseal"), {"refuse": "nobody"})]
    assert "alike" not in keys


@pytest.mark.parametrize(
    ("answer", "written"),
    [("10m - 2h", "10m to 2h"), ("1 hour - 2 days", "1h to 2d"), ("90 sec", "90s")],
)
def test_how_long_it_takes(answer: str, written: str) -> None:
    assert duration(answer, "")[0] == written
    assert "1 hours" not in duration(answer, "")[1]


def test_a_reason_is_kept_and_is_no_part_of_the_answer() -> None:
    assert parted("1 - 4, because: they're tired") == ("1 - 4", "they're tired")
    assert share(parted("2 because x")[0], 10, "").text == "20%"
    with pytest.raises(AssessmentError, match="can't be seen"):
        parted("1 - 4 because \x1b[2J")


def test_without_anybody_to_ask_what_is_needed_must_be_given(here: Path) -> None:
    done = CliRunner().invoke(cheget, ["beliefs", "ask", "wipe-database"])
    assert done.exit_code == 1
    assert "no answer to `action`" in str(done.exception)
    assert not list(here.iterdir())


@pytest.mark.parametrize(
    ("text", "fault", "line"),
    [
        ("refuse: some\n", "isn't how many", 1),
        ("refuse: 1 - 4\nunreachable: 1\nalik: 4\n", "nothing asks for `alik`", 3),
        ("refuse: 1 - 4\nalike: 4 - 5\n", "or not yet", 2),
        ("[refuse]\n", "a list where a map belongs", 1),
    ],
)
def test_a_fault_in_given_answers_has_its_place(
    here: Path, text: str, fault: str, line: int
) -> None:
    Path("given.yaml").write_text(text)
    done = run("vault-unseal", "--answers", "given.yaml")
    assert fault in str(done.exception)
    assert getattr(done.exception, "line", None) == line


def test_a_file_that_is_there_is_not_written_over(here: Path) -> None:
    Path("mine.yaml").write_text("mine")
    assert "there already" in str(run("cheget", "-o", "mine.yaml").exception)
    assert Path("mine.yaml").read_text() == "mine"
    assert "no such folder" in str(run("cheget", "-o", "none/mine.yaml").exception)


class Person:
    """Somebody who gives these answers, and hears what is said."""

    def __init__(self, *answers: str) -> None:
        self.answers, self.heard = list(answers), [""]

    def prompt(self, _: str) -> str:
        if not self.answers:
            raise click.Abort
        return self.answers.pop(0)

    def say(self, line: str) -> None:
        self.heard.append(click.unstyle(line))

    def asked(self, name: str, answers: dict[str, str]) -> dict[str, str]:
        asked(api.load(name), answers, self.prompt, self.say)
        return answers


def test_an_answer_that_cannot_be_read_is_asked_for_again() -> None:
    person = Person("wpie", "wipe", "lots", *WIPE[1:])
    assert person.asked("wipe-database", {})["refuse"] == "1 - 3"
    heard = "\n".join(person.heard)
    assert "did you mean `wipe`?" in heard
    assert "`lots` isn't how many of 10" in heard
    assert "10 % to 30 %" in heard


def test_back_takes_an_answer_back_and_keeps_it_to_be_kept() -> None:
    person = Person("back", "wipe", "1 - 3", "back", "2 - 5", "", "back", "back", "", "", *WIPE[3:])
    answers = person.asked("wipe-database", {})
    heard = "\n".join(person.heard)
    assert answers["refuse"] == "2 - 5"
    assert "this is the first question" in heard
    assert "Enter keeps what you said: 1 - 3" in heard
    assert "Enter keeps what you said: 2 - 5" in heard


def test_what_an_earlier_answer_makes_wrong_is_asked_again() -> None:
    given = {"refuse": "5 - 8", "unreachable": "1", "alike": "4 - 5", "replaced": "no",
             "takes-holders": "", "expect": "", "source": ""}  # fmt: skip
    person = Person("7 - 8")
    answers = person.asked("vault-unseal", given)
    assert answers["alike"] == "7 - 8"
    assert "Enter keeps what you said: 4 - 5; none leaves it out" in "\n".join(person.heard)


def test_who_leaves_loses_no_answer() -> None:
    answers: dict[str, str] = {}
    with pytest.raises(LeftError):
        Person("wipe", "1 - 3", "back", "quit").asked("wipe-database", answers)
    assert answers == {"action": "wipe", "refuse": "1 - 3"}
    with pytest.raises(LeftError):
        Person().asked("wipe-database", answers)
    assert Person(*WIPE[2:]).asked("wipe-database", answers)["refuse"] == "1 - 3"


class Terminal:
    """``cheget`` in a pseudo-terminal."""

    def __init__(self, here: Path, *words: str) -> None:
        self.ours, theirs = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "cheget", *words], stdin=theirs, stdout=theirs, stderr=theirs,
            cwd=here, env={**os.environ, "PYTHONPATH": str(ROOT / "src"), "TERM": "dumb"},
        )  # fmt: skip
        os.close(theirs)
        self.text = ""

    def _ready(self, seconds: float) -> bool:
        """Whether more is shown in time; a suite may have too many files open for ``select``."""
        poll = select.poll()
        poll.register(self.ours, select.POLLIN)
        return bool(poll.poll(1000 * seconds))

    def until(self, what: str, seconds: float = 60) -> str:
        """What is shown until ``what`` is, since it was last asked."""
        end = time.monotonic() + seconds
        while what not in self.text:
            ready = self._ready(max(0, end - time.monotonic()))
            assert ready, self.text
            self.text += os.read(self.ours, 65536).decode()
        before, _, self.text = self.text.partition(what)
        return before + what

    def types(self, line: str) -> None:
        self.until("> ")
        os.write(self.ours, line.encode() + b"\n")

    def ends(self) -> int:
        """The exit status; what is left to be shown is in ``text``."""
        while True:
            assert self._ready(60), self.text
            try:
                more = os.read(self.ours, 65536)
            except OSError:  # what Linux says when the other side has gone
                more = b""
            if not more:
                os.close(self.ours)
                return self.process.wait(60)
            self.text += more.decode()


def test_at_a_terminal_somebody_leaves_and_goes_on_where_they_were(tmp_path: Path) -> None:
    first = Terminal(tmp_path, "beliefs", "ask", "wipe-database", "-o", "mine.yaml")
    for line in ("wipe", "lots"):
        first.types(line)
    first.until("isn't how many of 10")
    for line in ("1 - 3", "quit"):
        first.types(line)
    assert first.ends() == 2
    assert "your answers are in mine.answers.yaml" in first.text
    kept = (tmp_path / "mine.answers.yaml").read_text()
    assert kept == 'action: "wipe"\nrefuse: "1 - 3"\n'
    assert not (tmp_path / "mine.yaml").exists()
    words = ("wipe-database", "-o", "mine.yaml", "--answers", "mine.answers.yaml")
    second = Terminal(tmp_path, "beliefs", "ask", *words)
    for line in WIPE[2:]:
        second.types(line)
    assert second.ends() == 0
    assert "Written to mine.yaml." in second.text
    assert "wipe is carried out:" in second.text
    parse_beliefs((tmp_path / "mine.yaml").read_bytes(), api.load("wipe-database"))


def test_at_a_terminal_the_end_of_input_keeps_the_answers(tmp_path: Path) -> None:
    shown = Terminal(tmp_path, "beliefs", "ask", "wipe-database", "-o", "mine.yaml")
    shown.types("wipe")
    shown.until("> ")
    os.write(shown.ours, b"\x04")
    assert shown.ends() == 2
    assert (tmp_path / "mine.answers.yaml").read_text() == 'action: "wipe"\n'
