"""Six questions that a person can answer, and what each answer means.

The questions depend on the chain and on what was answered before; an answer is a line of text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from cheget.assessment.answers import Share, duration, parted, share
from cheget.assessment.beliefs import EXECUTORS
from cheget.assessment.correlation import correlation
from cheget.assessment.parse import parse_expectation
from cheget.assessment.spread import median
from cheget.chain.chain import Action, Chain, Level
from cheget.chain.fields import listed
from cheget.chain.text import near
from cheget.errors import AssessmentError, ChainFileError

QUESTIONS = 6
Answers = Mapping[str, str]  # by the question's key, as given; empty: left out
_FEW = "lowest - highest"
_TIMES = {"no": 0, "never": 0, "yes": 1, "once": 1, "twice": 2}
_MOST = 20
_CLAIMS = {"less likely than not": "carried out < 50%", "likelier than not": "carried out > 50%",
           "more likely than not": "carried out > 50%"}  # fmt: skip
_OTHERWISE = re.compile(r"([a-z][a-z0-9-]*)\s+(\S.*)")


@dataclass(frozen=True)
class Told:
    """What an answer means: in words, and as a beliefs file writes it (empty: left out)."""

    says: str
    written: str


@dataclass(frozen=True)
class Question:
    """One question. ``number`` 0: what all the others are about."""

    key: str
    number: int
    text: str
    example: str
    reads: Callable[[str], Told]
    optional: bool = False

    def read(self, answer: str) -> Told:
        """What an answer means.

        Raises:
            AssessmentError: it can't be read, or contradicts what was answered before.
        """
        said, _ = parted(answer)
        if said in {"", "none"} and self.optional:
            return Told("left out", "")
        if not said:
            raise AssessmentError("an answer is needed here", hint=f"such as {self.example}")
        return self.reads(said)


def questions(chain: Chain, answers: Answers) -> Iterator[Question]:
    """The questions in order. Each is asked for once those before it are in ``answers``."""
    if len(chain.actions) > 1:
        names = [action.id for action in chain.actions]
        yield Question("action", 0, f"Which action is it about: {listed(names)}?", names[0],
                       lambda said: _among(said, names, "an action"))  # fmt: skip
    action = action_of(chain, answers)
    if action is not None and (action.at_most > 1 or len(action.executors) > 1):
        yield Question(
            "naming", 0, f"How many executors does the order name, {listed(action.executors)}? "
            f"At most {action.at_most:,} in all.", f"{action.executors[0]} 1",
            lambda said: _named(said, chain, action),
        )  # fmt: skip
    asked = [level.id for level in levels_asked(chain, action)]
    yield Question(
        "refuse", 1, "Of ten people like these, each the first to be asked to pass on an order "
        f"that they find wrong: how many would refuse? {_FEW}", "1 - 4", _refused,
    )  # fmt: skip
    if len(asked) > 1:
        yield Question(
            "refuse-otherwise", 1, f"Is that otherwise at some level: {listed(asked)}? The level "
            "and how many of ten; several after semicolons.", f"{asked[-1]} 2 - 6",
            lambda said: _otherwise(said, asked), optional=True,
        )  # fmt: skip
    within = f"the {_span(action.decide_within)} that there are" if action else "time"
    yield Question(
        "unreachable", 2, f"Of a hundred of them, how many could not be reached within {within}? "
        f"{_FEW}", "1 - 10", _unreached,
    )  # fmt: skip
    refuses = share(parted(answers["refuse"])[0], 10, "")
    if refuses.high > 0 and refuses.low < 1:
        yield Question(
            "alike", 3, "Once one of ten has refused, how many of the other nine would refuse, "
            f"too? {_FEW}. Nothing: as many as otherwise.", "3 - 5",
            lambda said: _alike(said, refuses), optional=True,
        )  # fmt: skip
    yield Question(
        "replaced", 4, "May whoever refuses be dismissed, and a successor be asked? How often for "
        "one seat?", "no, once, twice or 3", _replaced,
    )  # fmt: skip
    for step in steps_timed(chain, answers, action):
        who = "do the crews" if step == EXECUTORS else f"does the level {step}"
        yield Question(f"takes-{step}", 5, f"How long {who} take to answer, once asked? "
                       "shortest - longest. Nothing: not known.", "10m - 2h", _taken,
                       optional=True)  # fmt: skip
    yield Question(
        "expect", 6, "What do you expect, or which claim shall be tested?",
        "less likely than not, or carried out < 30%", lambda said: _expected(said, chain),
        optional=True,
    )  # fmt: skip
    yield Question("source", 6, "Who says so? Who; where; when. Nothing: it is your own judgment.",
                   "two officers; a newspaper; 2022-10-22", _source, optional=True)  # fmt: skip


def action_of(chain: Chain, answers: Answers) -> Action | None:
    """The action that is meant; None where the chain has none."""
    if len(chain.actions) > 1:
        return chain.action(parted(answers["action"])[0])
    return chain.actions[0] if chain.actions else None


def levels_asked(chain: Chain, action: Action | None) -> tuple[Level, ...]:
    """The levels below the head; the head itself where it is alone."""
    ladder = chain.ladder(action.id) if action else chain.levels
    return ladder[1:] or ladder


def steps_timed(chain: Chain, answers: Answers, action: Action | None) -> tuple[str, ...]:
    """The levels whose delay is asked, and ``executors`` where crews have a say."""
    kinds = [chain.kind(kind) for kind in action.executors] if action else []
    if "naming" in answers and action:
        kinds = [chain.kind(kind) for kind in _counts(answers["naming"], chain, action)]
    crews = (EXECUTORS,) if any(kind.crew for kind in kinds) else ()
    return (*(level.id for level in levels_asked(chain, action)), *crews)


def _among(said: str, names: list[str], what: str) -> Told:
    if said not in names:
        raise AssessmentError(f"`{said}` is not {what} of this chain",
                              hint=near(said, names) or f"there is {listed(names)}")  # fmt: skip
    return Told(said, said)


def _named(said: str, chain: Chain, action: Action) -> Told:
    counts = _counts(said, chain, action)
    told = [f"{kind}: {many}" for kind, many in counts.items()]
    return Told(", ".join(f"{many} {kind}" for kind, many in counts.items()),
                f"{{{', '.join(told)}}}")  # fmt: skip


def _counts(said: str, chain: Chain, action: Action) -> Mapping[str, int]:
    found: dict[str, int] = {}
    example = f"such as {action.executors[0]} 1"
    for part in re.split(r"[;,]", parted(said)[0]):
        words = part.split()
        if len(words) != 2 or not words[1].isdecimal() or len(words[1]) > 7 or words[0] in found:
            raise AssessmentError(f"`{part.strip()}` isn't a kind and how many", hint=example)
        _among(words[0], list(action.executors), "a kind of executor")
        found[words[0]] = int(words[1])
        if not 1 <= found[words[0]] <= (chain.kind(words[0]).count or 1):
            raise AssessmentError(f"there are {chain.kind(words[0]).count or 1:,} {words[0]}")
    total, least = sum(found.values()), action.enough or 1
    if not least <= total <= action.at_most:
        raise AssessmentError(f"that is {total:,} in all",
                              hint=f"{least:,} to {action.at_most:,}")  # fmt: skip
    return found


def _refused(said: str) -> Told:
    found = share(said, 10, "1 - 4")
    return Told(_says(found), found.text)


def _unreached(said: str) -> Told:
    found = share(said, 100, "1 - 10")
    return Told(_says(found), found.text)


def _otherwise(said: str, levels: list[str]) -> Told:
    told: dict[str, Share] = {}
    for part in said.split(";"):
        match = _OTHERWISE.fullmatch(part.strip())
        if match is None or match[1] in told:
            raise AssessmentError(f"`{part.strip()}` isn't a level and how many of ten",
                                  hint=f"such as {levels[-1]} 2 - 6")  # fmt: skip
        _among(match[1], levels, "a level below the head")
        told[match[1]] = share(match[2].strip(), 10, "2 - 6")
    says = "; ".join(f"{level}: {_says(found)}" for level, found in told.items())
    return Told(says, ";".join(f"{level} {found.text}" for level, found in told.items()))


def _says(found: Share) -> str:
    shown = found.text.replace("%", " %")
    if found.certain:
        return f"that is {shown}, and no doubt about it; a range says how sure you are"
    rounded = "; an end is never taken for nobody or for all" if found.rounded else ""
    return f"that is {shown}, in nine cases of ten{rounded}"


def _alike(said: str, refuses: Share) -> Told:
    found = share(said, 9, "3 - 5")
    anyway = median(refuses.number)
    if found.low <= anyway:
        raise AssessmentError(
            f"no more than refuse anyway: that is {9 * anyway:.2g} of nine",
            hint="say more than that, or nothing: they don't think alike",
        )
    ends = [correlation(anyway, x) or 0.0 for x in (found.low, found.high)]
    told = " to ".join(f"{end:.2f}" for end in dict.fromkeys(ends))
    shown = found.text.replace("%", " %")
    return Told(f"that is {shown} once another refuses, where {100 * anyway:.0f} % do anyway; "
                f"a correlation of {told}", f"{found.text} once another refuses")  # fmt: skip


def _replaced(said: str) -> Told:
    times = _TIMES.get(said, int(said) if said.isdecimal() and len(said) < 3 else -1)
    if not 0 <= times <= _MOST:
        raise AssessmentError(f"`{said}` isn't how often", hint="no, once, twice, or a number to "
                              f"{_MOST}")  # fmt: skip
    meant = "nobody is replaced" if not times else f"up to {times} successors for each seat"
    return Told(meant, str(times))


def _taken(said: str) -> Told:
    written, words = duration(said, "10m - 2h")
    return Told(words, written)


def _expected(said: str, chain: Chain) -> Told:
    claim = _CLAIMS.get(said, said)
    try:
        found = parse_expectation(claim, chain)
    except ChainFileError as error:
        raise AssessmentError(error.message, hint=f"such as {', or '.join(_CLAIMS)}, or "
                              "carried out < 30%") from None  # fmt: skip
    return Told(f"tested: {found.text}", found.text)


def _source(said: str) -> Told:
    parts = [part.strip() for part in said.split(";")]
    if len(parts) > 3 or not all(parts):
        raise AssessmentError("a source is who; where; when",
                              hint="such as two officers; a newspaper; 2022-10-22")  # fmt: skip
    return Told(f"every number is from {', '.join(parts)}", said)


def _span(seconds: int) -> str:
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds % size == 0:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
