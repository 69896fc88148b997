"""A chain as a Bayesian network: the shock in bins, then minds, seats, levels, and the end.

Every node is a table filled by the rules as they read; pyAgrum does the inference.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import pyagrum as gum
from numpy.typing import NDArray
from scipy import special, stats

from cheget.assessment.beliefs import Beliefs
from cheget.chain.chain import Chain, Level
from cheget.chain.rule import is_met

CONCURS, SILENT, REFUSES = range(3)
PASSES, WAITS, STOPS = range(3)
STATES = ("concurs", "silent", "refuses")
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Bins:
    """Values of a shock, and their probabilities."""

    values: Array
    chances: Array


def equal_bins(count: int) -> Bins:
    """So many bins of the normal distribution, alike in width, each at its own mean."""
    edges = np.concatenate([[-np.inf], np.linspace(-5, 5, count - 1), [np.inf]])
    chances = np.diff(stats.norm.cdf(edges))
    return Bins(-np.diff(stats.norm.pdf(edges)) / chances, chances)


def ends(chain: Chain, beliefs: Beliefs, bins: Bins) -> dict[str, float]:
    """P of each end by inference: ``carried out``, ``stopped at l``, ``expired at l``.

    Of the rules it knows one group, events, deputies with no other seat, vetoes; one seat each.
    """
    net = gum.BayesNet()
    net.add(gum.LabelizedVariable("shock", "", len(bins.values)))
    net.cpt("shock").fillWith([float(one) for one in bins.chances])
    for event in beliefs.events:
        net.add(gum.LabelizedVariable(event.name, "", 2))
        p = event.probability.number.numbers[0]
        net.cpt(event.name).fillWith([1 - p, p])
    for level in chain.levels:
        for post in level.members:
            for one in (post, *(d.member for d in chain.member(post).deputies)):
                _mind(net, chain, beliefs, bins, one, level)
            _seat(net, chain, post)
        _level(net, level)
    steps = [level.id for level in chain.levels]
    names = [
        "carried out",
        *(f"{how} at {step}" for step in steps for how in ("stopped", "expired")),
    ]
    _end(net, steps, names)
    inference = gum.LazyPropagation(net)
    inference.makeInference()
    found = inference.posterior("end").tolist()
    return dict(zip(names, found, strict=True))


def _mind(
    net: gum.BayesNet, chain: Chain, beliefs: Beliefs, bins: Bins, person: str, level: Level
) -> None:
    """Rules 1, 2, 4, 5: what somebody does, by the shock's bin and the events."""
    said = beliefs.members

    def number(state: str) -> float:
        for key in (person, level.id, "everyone"):
            if state in said.get(key, {}):
                return said[key][state].number.numbers[0]
        return 0.0

    c, u, q = number("compromised"), number("unreachable"), number("refuses")
    rho = beliefs.shared[0].belief.number.numbers[0] if beliefs.shared else 0.0
    w = special.ndtr((-special.ndtri(q) - np.sqrt(rho) * bins.values) / np.sqrt(1 - rho))
    events = [event for event in beliefs.events if person in event.members]
    name = f"mind {person}"
    net.add(gum.LabelizedVariable(name, "", 3))
    for parent in ("shock", *(event.name for event in events)):
        net.addArc(parent, name)
    for place, happened in itertools.product(
        range(len(bins.values)), itertools.product([0, 1], repeat=len(events))
    ):
        made = {event.makes for event, does in zip(events, happened, strict=True) if does}
        compromised = 1.0 if "compromised" in made else c
        unreachable = 1.0 if "unreachable" in made else u
        willing = 0.0 if "refuses" in made else float(w[place])
        if person == beliefs.originator:
            row = [1.0, 0.0, 0.0]
        else:
            reached = (1 - compromised) * (1 - unreachable)
            row = [compromised + reached * willing, (1 - compromised) * unreachable,
                   reached * (1 - willing)]  # fmt: skip
        at = {"shock": place, **{e.name: d for e, d in zip(events, happened, strict=True)}}
        net.cpt(name)[at] = row


def _seat(net: gum.BayesNet, chain: Chain, post: str) -> None:
    """Rule 9: a silent member's seat is filled by a deputy who concurs."""
    parents = [f"mind {one}" for one in (post, *(d.member for d in chain.member(post).deputies))]
    name = f"seat {post}"
    net.add(gum.LabelizedVariable(name, "", 3))
    for parent in parents:
        net.addArc(parent, name)
    for said in itertools.product(range(3), repeat=len(parents)):
        answer = said[0]
        if answer == SILENT and CONCURS in said[1:]:
            answer = CONCURS
        net.cpt(name)[dict(zip(parents, said, strict=True))] = list(np.eye(3)[answer])


def _level(net: gum.BayesNet, level: Level) -> None:
    """Rules 7 and 8: passes, waits or stops, by its seats."""
    parents = [f"seat {post}" for post in level.members]
    name = f"level {level.id}"
    net.add(gum.LabelizedVariable(name, "", 3))
    for parent in parents:
        net.addArc(parent, name)
    for said in itertools.product(range(3), repeat=len(parents)):
        answers = dict(zip(level.members, said, strict=True))
        concur = {post for post, answer in answers.items() if answer == CONCURS}
        refuse = {post for post, answer in answers.items() if answer == REFUSES}
        verdict = WAITS
        if (level.veto and is_met(level.veto, refuse)) or not is_met(
            level.rule, set(level.members) - refuse
        ):
            verdict = STOPS
        elif is_met(level.rule, concur):
            verdict = PASSES
        net.cpt(name)[dict(zip(parents, said, strict=True))] = list(np.eye(3)[verdict])


def _end(net: gum.BayesNet, steps: list[str], names: list[str]) -> None:
    """Where it ends: at the first level that doesn't pass."""
    net.add(gum.LabelizedVariable("end", "", len(names)))
    for step in steps:
        net.addArc(f"level {step}", "end")
    for verdicts in itertools.product(range(3), repeat=len(steps)):
        end = "carried out"
        for step, verdict in zip(steps, verdicts, strict=True):
            if verdict != PASSES:
                end = f"{'stopped' if verdict == STOPS else 'expired'} at {step}"
                break
        at = {f"level {step}": verdict for step, verdict in zip(steps, verdicts, strict=True)}
        net.cpt("end")[at] = list(np.eye(len(names))[names.index(end)])
