"""Designs: every chain is computed as the assessment computes it, and the front is the front."""

import numpy as np
import pytest

from cheget.assessment.design import designs
from cheget.assessment.model import model_of
from cheget.assessment.outcome import Assessor
from cheget.assessment.parse import parse_beliefs
from cheget.chain.chain import Chain
from cheget.chain.parse import parse_chain

BELIEFS = b"""beliefs: both
chain: small
members: {everyone: {refuses: 20%, unreachable: 3%}, second: {unreachable: 8%}}
shared: {everyone: 0.3}
situations: {legitimate: {everyone: {refuses: 3%}}, rogue: {everyone: {refuses: 70%}}}
"""


def chain(rules: list[tuple[str, int, int]]) -> Chain:
    members, levels = ["  head: Head"], ["  - {level: order, members: [head]}"]
    for level, need, people in rules:
        names = [f"{level}-{number}" for number in range(people)]
        members += [f"  {name}: {name}" for name in names]
        rule = f", rule: {need} of members" if people > 1 else ""
        levels.append(f"  - {{level: {level}, members: [{', '.join(names)}]{rule}}}")
    text = "\n".join(["chain: small", "members:", *members, "levels:", *levels])
    return parse_chain(text.encode())


def assessed(rules: list[tuple[str, int, int]], situation: str) -> float:
    here = chain(rules)
    text = BELIEFS
    if "second" not in {level for level, _, _ in rules}:
        text = text.replace(b", second: {unreachable: 8%}", b"")
    model = model_of(here, parse_beliefs(text, here), situation)
    return float(Assessor(model).at(np.zeros((1, 0))).carried_out[0])


@pytest.fixture(scope="module")
def small() -> Chain:
    return chain([("first", 1, 1), ("second", 1, 1), ("third", 1, 1)])


def test_no_chain_beats_one_of_the_front_and_each_is_what_assess_says(small: Chain) -> None:
    beliefs = parse_beliefs(BELIEFS, small)
    right, wrong = (model_of(small, beliefs, one) for one in ("legitimate", "rogue"))
    found = designs(right, wrong, most=3)
    assert found.considered == 7**3
    options = [(0, 0), *((k, n) for n in (1, 2, 3) for k in range(1, n + 1))]
    every = []
    for at in np.ndindex(7, 7, 7):
        rules = [
            (level, *options[one])
            for level, one in zip(("first", "second", "third"), at, strict=True)
            if one
        ]
        if rules and len(every) % 9 == 0:
            every.append(
                (
                    sum(n for _, _, n in rules),
                    assessed(rules, "legitimate"),
                    assessed(rules, "rogue"),
                )
            )
        else:
            every.append(None)
    for one in (one for one in every if one is not None):
        assert any(
            design.people <= one[0] and design.always >= one[1] - 1e-9
            and design.never <= one[2] + 1e-9 for design in found.front
        )  # fmt: skip
    for design in found.front[:: max(1, len(found.front) // 12)]:
        if design.rules:
            assert design.always == pytest.approx(
                assessed(list(design.rules), "legitimate"), abs=1e-9
            )
            assert design.never == pytest.approx(assessed(list(design.rules), "rogue"), abs=1e-9)
        assert not any(
            other.people <= design.people and other.always >= design.always
            and other.never <= design.never and other != design for other in found.front
        )  # fmt: skip


def test_levels_that_are_alike_are_enumerated_once_and_give_the_same_front(small: Chain) -> None:
    alike = BELIEFS.replace(b", second: {unreachable: 8%}", b"")
    apart = alike.replace(b"members: {everyone", b"members: {second: {unreachable: 3%}, everyone")
    fronts = []
    for text in (alike, apart):
        beliefs = parse_beliefs(text, small)
        right, wrong = (model_of(small, beliefs, one) for one in ("legitimate", "rogue"))
        found = designs(right, wrong, most=4)
        fronts.append(sorted({(one.people, one.always, one.never) for one in found.front}))
    assert len(fronts[0]) > 5
    assert np.allclose(fronts[0], fronts[1], atol=1e-11)


def test_the_cheapest_meets_both_bounds_or_there_is_none(small: Chain) -> None:
    beliefs = parse_beliefs(BELIEFS, small)
    right, wrong = (model_of(small, beliefs, one) for one in ("legitimate", "rogue"))
    found = designs(right, wrong, most=5)
    best = found.cheapest(0.9, 0.05)
    assert best is not None
    assert best.always >= 0.9
    assert best.never <= 0.05
    assert not any(one.people < best.people and one.always >= 0.9 and one.never <= 0.05
                   for one in found.front)  # fmt: skip
    assert found.cheapest(0.9999, 0.0001) is None
