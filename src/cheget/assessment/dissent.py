"""Where two files of beliefs about one chain differ, and how much each difference makes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from cheget.assessment.beliefs import Belief, Beliefs, Delay
from cheget.assessment.model import BASE, model_of
from cheget.assessment.uncertainty import Study
from cheget.chain.chain import Chain
from cheget.errors import AssessmentError, ChainFileError

UNSAID = "not said"
Said = Mapping[str, str]  # what is stated, by what it is of


@dataclass(frozen=True)
class Difference:
    """One thing that two files say otherwise. ``alone``: our mean with only that as they say."""

    what: str
    ours: str
    theirs: str
    alone: float | None


def differences(
    chain: Chain, ours: Beliefs, theirs: Beliefs, situation: str = BASE
) -> tuple[Difference, ...]:
    """What ``theirs`` says otherwise than ``ours``, which matters most first.

    Both are about ``chain``; that they are about different actions is no difference here.
    """
    found = []
    for what, fields, told in _PARTS:
        mine, other = told(ours), told(theirs)
        changed = [key for key in {**mine, **other} if mine.get(key) != other.get(key)]
        if changed:
            found.append(Difference(what, _listed(mine, changed), _listed(other, changed),
                                    _alone(chain, ours, theirs, fields, situation)))  # fmt: skip
    means = [one.alone for one in found if one.alone is not None]
    if means:
        middle = Study(model_of(chain, ours, situation)).quick_mean()
        found.sort(key=lambda one: -abs((one.alone if one.alone is not None else middle) - middle))
    return tuple(found)


def _alone(
    chain: Chain, ours: Beliefs, theirs: Beliefs, fields: tuple[str, ...], situation: str
) -> float | None:
    changed = replace(ours, **{name: getattr(theirs, name) for name in fields})
    try:
        return float(Study(model_of(chain, changed, situation)).quick_mean())
    except (AssessmentError, ChainFileError):  # that alone isn't defined
        return None


def _listed(said: Said, keys: list[str]) -> str:
    return "; ".join(f"{key} {said[key]}" if key in said else f"{key} {UNSAID}" for key in keys)


def _people(beliefs: Beliefs) -> Said:
    parts = [
        ("", beliefs.members),
        *((f"{name}/", who) for name, who in beliefs.situations.items()),
    ]
    return {f"{at}{of} {state}": belief.text for at, who in parts
            for of, states in who.items() for state, belief in states.items()}  # fmt: skip


def _alike(beliefs: Beliefs) -> Said:
    return {f"{one.group} alike": one.belief.text for one in beliefs.shared}


def _times(often: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(often, f"{often} times")


def _texts(what: str, said: Mapping[str, Belief]) -> Said:
    return {f"{what} {key}": belief.text for key, belief in said.items()}


def _decision(beliefs: Beliefs) -> Said:
    if beliefs.decision is None:
        return {}
    return _texts("decision", {**beliefs.decision.terms, **beliefs.decision.factors})


def _time(beliefs: Beliefs) -> Said:
    found = {f"{level} takes": _delay(delay) for level, delay in beliefs.delays.items()}
    if beliefs.within is not None:
        found["it expires after"] = f"{beliefs.within:g} s"
    return found


def _delay(delay: Delay) -> str:
    parts = (delay.time, delay.median, delay.sigma)
    return ", ".join(part.text for part in parts if part)


# What may differ: its name, the fields of the beliefs, and how these are told.
_PARTS: tuple[tuple[str, tuple[str, ...], Callable[[Beliefs], Said]], ...] = (
    ("what people do", ("members", "situations"), _people),
    ("thinking alike", ("shared", "groups"), _alike),
    ("replacement", ("replace",), lambda one: {"refusers replaced, a seat": _times(one.replace)}),
    ("seen answers", ("visible",), lambda one: _texts("seen", one.visible or {})),
    ("messages", ("messages",), lambda one: _texts("message to", one.messages)),
    ("trust", ("trust",), lambda one: {"trust lost a level": one.trust.text} if one.trust else {}),
    ("decision", ("decision",), _decision),
    ("time", ("delays", "within"), _time),
    ("common causes", ("events",),
     lambda one: {event.name: f"{event.probability.text}: {event.makes}" for event in one.events}),
    ("who orders", ("originator",), lambda one: {"ordered by": one.originator or "nobody yet"}),
)  # fmt: skip
