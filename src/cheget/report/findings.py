"""What an assessment found, in sentences: the same on a terminal and in a report.

Nothing here is styled or escaped; whoever shows a sentence does that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from cheget.assessment.change import (
    Alternative,
    Bar,
    Passage,
    alternatives,
    break_even,
    passages,
    tornado,
)
from cheget.assessment.importance import Blame, Importance, blames, by_sets, importances
from cheget.assessment.uncertainty import Estimate
from cheget.assessment.words import odds, percent, phrase
from cheget.errors import TooEntangledError
from cheget.proof.account import accounts
from cheget.report.wording import CONDITIONAL

if TYPE_CHECKING:
    from cheget.assessment.answer import Assessment

NOTHING = 5e-7  # below it, a level has no bar
HALF = 0.5
SETS = 5_000  # minimal blocking sets, beyond which they aren't listed
_END = 1e-4  # of what refusals can be
_RARE = 0.01


class Findings:
    """An assessment with the smaller questions, each answered once and only if asked."""

    def __init__(self, found: Assessment) -> None:
        self.found = found
        self._blames: dict[str, Blame | None] = {}

    @cached_property
    def even(self) -> float | None:
        """The refusal, of everybody, at which it is as likely as not."""
        return break_even(self.found.chain, self.found.beliefs, self.found.situation)

    @cached_property
    def bars(self) -> tuple[Bar, ...]:
        """The tornado, the widest first."""
        return tornado(self.found.study)

    @cached_property
    def alternatives(self) -> tuple[Alternative, ...]:
        """One thing otherwise at a time."""
        return alternatives(self.found.chain, self.found.beliefs, self.found.situation)

    @cached_property
    def people(self) -> tuple[Importance, ...]:
        """Everybody's importance, the most important first."""
        return importances(self.found.study)

    @cached_property
    def by_sets(self) -> dict[str, float]:
        """Everybody's Fussell-Vesely by sets; empty where it is undefined."""
        blocking = self._blocking()
        return {} if blocking is None else by_sets(self.found.study, blocking)

    @cached_property
    def passages(self) -> tuple[Passage, ...]:
        """Each level on the way down."""
        return passages(self.found.study)

    def blame(self, person: str) -> Blame | None:
        """Somebody's part in the stops; None where it isn't defined."""
        if person not in self._blames:
            self._blames[person] = next(iter(blames(self.found.study, [person])), None)
        return self._blames[person]

    def blame_all(self) -> None:
        """Everybody's part at once: those who are alike cost no more than one."""
        found = {one.person: one for one in blames(self.found.study)}
        self._blames = {person: found.get(person) for person in self.found.model.profiles}

    def _blocking(self) -> list[tuple[str, ...]] | None:
        """The minimal blocking sets of the ladder, as prove finds them; None: too many."""
        try:
            sets = accounts(self.found.chain, None, self.found.beliefs.action)[0].blocking
            return sets.first(SETS) if sum(sets.minimal()) <= SETS else None
        except TooEntangledError:
            return None


def conditional() -> str:
    """What is always said, as a sentence."""
    return f"{CONDITIONAL[0].upper()}{CONDITIONAL[1:]}."


def given(found: Assessment) -> str:
    """Given what."""
    return "given that it is ordered" if found.model.originator else "if somebody were to order it"


def what(found: Assessment) -> str:
    """What is carried out: an action, or it."""
    return found.beliefs.action or "it"


def sampled(found: Assessment) -> str:
    """How far off the answer may be, where it was sampled."""
    if found.mean.method == "sampled":
        return f" (sampled ± {100 * found.mean.se:.2g} points)"
    return ""


def spread_of(low: float, high: float) -> str:
    """A range of probabilities: ``5 to 51 %``."""
    return f"{percent(low).removesuffix(' %')} to {percent(high)}"


def share(part: float) -> str:
    """A part of the range of beliefs, before what it is a part of."""
    if part <= 0:
        return "none of"
    return "all of" if part >= 1 else f"{percent(part)} of"


def how_sure(found: Assessment) -> list[str]:
    """The 90 % range, and the value at the medians; nothing where nothing is uncertain."""
    if not found.model.inputs:
        return []
    low, high = found.quantile(0.05), found.quantile(0.95)
    middle = found.at_medians
    differs = phrase(middle) != phrase(found.mean.value)
    more = f": another word, {phrase(middle)}, and not the answer" if differs else ""
    below = f"in {share(found.below_half.value)} the stated range of beliefs"
    return [
        f"90 % range {spread_of(low, high)}: {below} the answer is below one half.",
        f"With every number at its median it would be {percent(middle)}{more}.",
    ]


def way(method: str) -> str:
    """How a number was got, in words."""
    return {"exact": "exact sums", "sampled": "sampling"}.get(method, method)


def ways(known: Findings) -> str:
    """How each number was got, with the error of those that were sampled."""
    found = known.found
    said = [f"the answer and where it ends by {_way(found.mean)}"]
    if found.model.inputs:
        said.append(f"the range by {_way(found.quantiles[-1][1])}")
        said.append(f"the share below one half by {_way(found.below_half)}")
        worst = max((one.total for one in found.inputs), key=lambda one: one.se)
        said.append(f"shares of the doubt by {_way(worst)}")
    others = [Estimate(one.mean, one.method, one.se) for one in known.alternatives]
    if others:
        said.append(f"what would change it by {_way(max(others, key=lambda one: one.se))}")
    text = "; ".join(said)
    return f"{text[0].upper()}{text[1:]}."


def _way(one: Estimate) -> str:
    error = f" ± {100 * one.se:.2g} points" if one.se > 0 else ""
    return way(one.method) + error


def passed(one: Passage) -> str:
    """What a level is worth on the way, and what it does if it is asked."""
    stops = f"asked, stops it: {percent(one.refuses.value)}"
    rest = one.remaining.value
    return stops if rest >= 1 else f"{stops}; once it has concurred the rest is {percent(rest)}"


def expectation(found: Assessment) -> str:
    """What became of what a source claims; empty where none does."""
    expected = found.expected
    if expected is None:
        return ""
    said = (
        f"Expected: {expected.text}. {expected.verdict.capitalize()}: true in "
        f"{share(expected.probability.value)} the range of beliefs"
    )
    if expected.mean_disagrees:
        said += f"; but the mean, {percent(expected.mean)}, says otherwise"
    return f"{said}."


def figure(p: float) -> str:
    """A probability where there is little room: whole percent, or odds below one."""
    if 0 < p < _RARE:
        return odds(p)
    if 0 < 1 - p < _RARE:
        return "> 99 %"
    return f"{100 * p:.0f} %"


def even_sentence(even: float | None, mean: float) -> str:
    """The break-even in words."""
    if even is None:
        return "No one refusal for everybody makes it as likely as not."
    if even < _END or even > 1 - _END:
        return "It is as likely as not only at an end of what refusals can be."
    side = "less" if mean < HALF else "more"
    return (
        f"Everybody refusing with {100 * even:.1f} % would make it as likely as not: "
        f"if they refuse {side} than that, the verdict turns."
    )


def otherwise(one: Alternative) -> str:
    """What is otherwise."""
    return {
        "persuaded": f"{one.of} moved one point of log-odds towards refusing",
        "replaced": f"refusers replaced {'once' if one.of == '1' else 'twice'} more a seat",
        "independent": "nobody thinking alike",
        "visible": "answers seen by those asked later",
    }[one.what]


def matters(one: Importance, part: Blame | None) -> str:
    """How much somebody's answer matters."""
    told = "" if part is None else (
        f"; among those who refuse when it stops {percent(part.refused)}, alone "
        f"{percent(part.alone)}"
    )  # fmt: skip
    return f"concurring or refusing moves it by {100 * one.birnbaum:.0f} points{told}"


@dataclass(frozen=True)
class Assumption:
    """A number as stated: of whom, what, and who is held to it."""

    of: str
    what: str
    text: str
    source: str  # a key of the beliefs' sources; empty: judgment
    people: tuple[str, ...] = ()


def assumptions(found: Assessment) -> list[Assumption]:
    """Every number that was used, and those who got it."""
    said: dict[tuple[str, str, str, str], list[str]] = {}
    for row in found.table:
        of = f"{row.situation}/{row.said_of}" if row.situation else row.said_of
        said.setdefault((of, row.state, row.text, row.source), []).append(row.person)
    rows = [Assumption(*key, tuple(people)) for key, people in said.items()]
    rows += [
        Assumption(shared.group, "alike", shared.belief.text, shared.belief.source)
        for shared in found.beliefs.shared
    ]
    return rows


def source_text(found: Assessment, key: str) -> str:
    """Where a number is from."""
    if not key:
        return "judgment"
    source = found.beliefs.sources[key]
    return ", ".join(part for part in (source.who, source.where, source.date) if part) or key


def named(found: Assessment) -> str:
    """A row's name in a comparison."""
    parts = (found.chain.id, found.beliefs.id, found.situation)
    return " · ".join(part for part in parts if part)


def always_never(found: Sequence[Assessment]) -> list[tuple[Assessment, Assessment]]:
    """The right order beside the wrong one, of one chain and its beliefs."""
    return [
        (right, wrong)
        for right in found if right.situation == "legitimate"
        for wrong in found if wrong.situation == "rogue"
        and (right.chain.id, right.beliefs.id) == (wrong.chain.id, wrong.beliefs.id)
    ]  # fmt: skip


def both_sentence(right: Assessment, wrong: Assessment) -> str:
    """The two questions of a design in one line."""
    return (f"The right order gets through: {percent(right.mean.value)}. "
            f"The wrong one: {percent(wrong.mean.value)}.")  # fmt: skip
