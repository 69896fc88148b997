"""The ten laws of ``spec/assessment.md``, each named as it reads."""
# ruff: noqa: RUF003, ERA001 - the laws as they are written

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import combinations, product
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from assessment.enumeration import Ends, enumerated
from assessment.worlds import World, parsed, worlds
from cheget.assessment.beliefs import Beliefs
from cheget.assessment.importance import importances
from cheget.assessment.model import model_of
from cheget.assessment.outcome import Assessor, Outcomes, medians
from cheget.assessment.spread import Array
from cheget.assessment.uncertainty import Study
from cheget.chain.chain import Chain
from cheget.chain.structure import structure_of
from cheget.errors import AssessmentError
from cheget.proof.account import accounts

CLOSE = 1e-9
ONE_SHOCK = 1e-6  # the oracle's own rule for a shock is that coarse


def outcomes(chain: Chain, beliefs: Beliefs, values: Array | None = None) -> Outcomes:
    model = model_of(chain, beliefs)
    return Assessor(model).at(medians(model) if values is None else values)


def ends(found: Outcomes) -> Ends:
    return Ends(float(found.carried_out[0]), tuple(found.stopped[0]), tuple(found.expired[0]))


def carried_out(world: World) -> float:
    return float(outcomes(*world.parsed()).carried_out[0])


def with_beliefs(world: World, **said: Any) -> World:
    return World(world.chain, {**world.beliefs, **said})


def people_of(world: World) -> list[str]:
    return sorted(world.chain["members"])


def asked(chain: Chain, beliefs: Beliefs, refusals: Iterable[Mapping[str, float]]) -> Array:
    """P(carried out) where each refuses with what a row says of them, and all else as believed."""
    model = model_of(chain, beliefs)
    names = [one.name.removesuffix(".refuses") for one in model.inputs]
    values = np.array([[row[name] for name in names] for row in refusals], dtype=np.float64)
    return Assessor(model).at(values).carried_out


def each_their_own(world: World) -> World:
    """The same world, where everybody's refusal is an input of its own."""
    own = {person: {**world.beliefs["members"].get(person, {}), "refuses": "uniform(0, 1)"}
           for person in people_of(world)}  # fmt: skip
    return with_beliefs(world, members={**world.beliefs["members"], **own})


# 1. carried out + Σ stopped + Σ expired = 1; with u = 0 and no deadline, expired = 0.


@settings(max_examples=40)
@given(worlds(delays=True))
def test_all_ends_sum_to_one(world: World) -> None:
    found = ends(outcomes(*parsed(world)))
    assert sum(found.all) == pytest.approx(1, abs=CLOSE)
    assert min(found.all) >= -CLOSE


@settings(max_examples=40)
@given(worlds(silence=False))
def test_where_everybody_can_be_reached_nothing_expires(world: World) -> None:
    assert outcomes(*parsed(world)).expired == pytest.approx(0, abs=CLOSE)


# 2. Enumeration of everybody's states agrees.


@settings(max_examples=100)
@given(worlds())
def test_enumerating_everybodys_states_agrees(world: World) -> None:
    chain, beliefs = parsed(world)
    assert ends(outcomes(chain, beliefs)).all == pytest.approx(
        enumerated(chain, beliefs).all, abs=ONE_SHOCK
    )


@settings(max_examples=40)
@given(worlds(people=4, visible=True, veto=False, twice=False))
def test_enumerating_visible_answers_agrees(world: World) -> None:
    chain, beliefs = parsed(world)
    assert ends(outcomes(chain, beliefs)).all == pytest.approx(
        enumerated(chain, beliefs).all, abs=ONE_SHOCK
    )


@pytest.mark.slow
@settings(max_examples=20)
@given(worlds(people=8, most=4, twice=False, events=False, replace=False))
def test_enumerating_eight_people_agrees(world: World) -> None:
    chain, beliefs = parsed(world)
    assert ends(outcomes(chain, beliefs)).all == pytest.approx(
        enumerated(chain, beliefs).all, abs=ONE_SHOCK
    )


@pytest.mark.slow
@settings(max_examples=20)
@given(worlds(people=12, most=5, twice=False, silence=False, events=False, replace=False))
def test_enumerating_twelve_who_can_all_be_reached_agrees(world: World) -> None:
    chain, beliefs = parsed(world)
    assert ends(outcomes(chain, beliefs)).all == pytest.approx(
        enumerated(chain, beliefs).all, abs=ONE_SHOCK
    )


@pytest.mark.slow
@settings(max_examples=25)
@given(worlds(people=3, groups=2))
def test_enumerating_under_two_shocks_agrees(world: World) -> None:
    chain, beliefs = parsed(world)
    assert ends(outcomes(chain, beliefs)).all == pytest.approx(
        enumerated(chain, beliefs).all, abs=ONE_SHOCK
    )


# 3. All refuses 0 or 1, c = u = 0: 1 exactly when the willing release, by prove's own function.


@settings(max_examples=80)
@given(worlds(silence=False, groups=0, events=False, replace=False, crews=False))
def test_minds_made_up_release_exactly_when_prove_says_so(world: World) -> None:
    """The head has one member, so that prove can't let another originate."""
    first = {"level": "order", "members": ["h"]}
    later = [level for level in world.chain["levels"] if level["level"] != "order"]
    chain_ = {**world.chain, "members": {**world.chain["members"], "h": "Head"},
              "levels": [first, *later]}  # fmt: skip
    beliefs_ = {key: said for key, said in world.beliefs.items()
                if key not in {"originator", "messages", "trust"}}  # fmt: skip
    everybody = people_of(world)
    chain, beliefs = parsed(each_their_own(replace(world, chain=chain_, beliefs=beliefs_)))
    structure = structure_of(chain)
    rows, expected = [], []
    for minds in product([0.0, 1.0], repeat=len(everybody)):
        row = dict(zip(everybody, minds, strict=True))
        willing = {"h", *(person for person in everybody if row[person] == 0)}
        refusing = set(everybody) - willing
        rows.append({**row, "h": 0.0})
        expected.append(float(structure.released(willing, refusing)))
    assert asked(chain, beliefs, rows) == pytest.approx(expected, abs=CLOSE)


@settings(max_examples=60)
@given(worlds(silence=False, groups=0, events=False, replace=False, crews=False), st.data())
def test_an_originators_other_seat_is_left_to_their_deputy(world: World, data: st.DataObject) -> None:  # fmt: skip  # noqa: E501
    """The same where the head's only member sits below it too."""
    who = data.draw(st.sampled_from(people_of(world)))
    chain_ = {**world.chain, "levels": [{"level": "order", "members": [who]},
                                        *world.chain["levels"]]}  # fmt: skip
    beliefs_ = {"members": world.beliefs["members"]}
    everybody = people_of(world)
    chain, beliefs = parsed(each_their_own(World(chain_, beliefs_)))
    structure = structure_of(chain)
    rows, expected = [], []
    for minds in product([0.0, 1.0], repeat=len(everybody)):
        row = {**dict(zip(everybody, minds, strict=True)), who: 0.0}
        willing = {person for person in everybody if row[person] == 0}
        rows.append(row)
        expected.append(float(structure.released(willing, set(everybody) - willing)))
    assert asked(chain, beliefs, rows) == pytest.approx(expected, abs=CLOSE)


# 4. Without veto and deputies the minimal blocking sets are the minimal transversals of the
#    minimal releasing ones.


def minimal(sets: Iterable[frozenset[str]]) -> set[frozenset[str]]:
    found = set(sets)
    return {one for one in found if not any(other < one for other in found)}


def subsets(people: list[str]) -> list[frozenset[str]]:
    return [frozenset(some) for size in range(len(people) + 1)
            for some in combinations(people, size)]  # fmt: skip


@settings(max_examples=60)
@given(worlds(silence=False, groups=0, veto=False, deputies=False, events=False, replace=False,
              crews=False))  # fmt: skip
def test_blocking_sets_are_transversals_of_releasing_ones(world: World) -> None:
    world = World(world.chain, {"members": {}, "originator": "none"})
    people = people_of(world)
    every = {person: {"refuses": "uniform(0, 1)", "unreachable": "uniform(0, 1)"}
             for person in people}  # fmt: skip
    chain, beliefs = parsed(with_beliefs(world, members=every))
    model = model_of(chain, beliefs)

    def release(concurring: frozenset[str], others: str) -> list[float]:
        return [float(others in one.name and one.name.split(".")[0] not in concurring)
                for one in model.inputs]  # fmt: skip

    sets, assessor = subsets(people), Assessor(model)
    silent = assessor.at(np.array([release(some, "unreachable") for some in sets]))
    refused = assessor.at(np.array([release(frozenset(people) - some, "refuses") for some in sets]))
    releasing = minimal(s for s, p in zip(sets, silent.carried_out, strict=True) if p > 0.5)
    blocking = minimal(s for s, p in zip(sets, refused.carried_out, strict=True) if p < 0.5)
    assert blocking == minimal(s for s in sets if all(s & other for other in releasing))


# 5. More willingness, more compromised, more replacements never lower P(carried out). Fewer
#    unreachable neither, without veto or deputies.


@settings(max_examples=40)
@given(worlds(groups=2), st.sampled_from(["refuses", "compromised"]), st.data())
def test_more_willingness_and_more_compromised_never_lower_it(
    world: World, state: str, data: st.DataObject
) -> None:
    _never_lowers(world, state, data)


@settings(max_examples=40)
@given(worlds(veto=False, deputies=False), st.data())
def test_fewer_unreachable_never_lower_it_without_veto_or_deputies(
    world: World, data: st.DataObject
) -> None:
    _never_lowers(world, "unreachable", data)


def _never_lowers(world: World, state: str, data: st.DataObject) -> None:
    parsed(world)
    person = data.draw(st.sampled_from(["everyone", *people_of(world)]))
    chances = sorted(data.draw(st.tuples(st.floats(0, 1), st.floats(0, 1))))
    said = world.beliefs["members"]
    low, high = (
        carried_out(with_beliefs(world, members={
            **said, person: {**said.get(person, {}), state: f"{chance:.6f}"}
        }))
        for chance in chances
    )  # fmt: skip
    if state == "compromised":
        assert low <= high + CLOSE
    else:
        assert high <= low + CLOSE


@settings(max_examples=40)
@given(worlds(), st.integers(0, 2), st.integers(1, 2))
def test_more_replacements_never_lower_it(world: World, times: int, more: int) -> None:
    parsed(world)
    once, again = (carried_out(with_beliefs(world, replace=n)) for n in (times, times + more))
    assert once <= again + CLOSE


def test_a_reachable_person_may_be_less_willing_than_their_deputy() -> None:
    """Why fewer unreachable may lower it where there are deputies."""
    chain = {"chain": "c", "members": {"h": "H", "a": {"title": "A", "deputy": "d after 1m"},
                                       "d": "D"},
             "levels": [{"level": "head", "members": ["h"]},
                        {"level": "one", "members": ["a"]}]}  # fmt: skip
    at = [carried_out(World(chain, {"members": {"a": {"refuses": 0.9, "unreachable": u}}}))
          for u in (0, 0.5)]  # fmt: skip
    assert at == pytest.approx([0.1, 0.55])


# 6. P at any refusals in a box lies between P at its two extreme corners. P at the medians needn't
#    lie within the answer's 5-95 % range.


@settings(max_examples=60)
@given(worlds(), st.data())
def test_within_a_box_of_refusals_it_lies_between_the_corners(
    world: World, data: st.DataObject
) -> None:
    chain, beliefs = parsed(each_their_own(world))
    box = {person: sorted(data.draw(st.tuples(st.floats(0, 1), st.floats(0, 1))))
           for person in people_of(world)}  # fmt: skip
    inside = {person: data.draw(st.floats(low, high)) for person, (low, high) in box.items()}
    low, high = ({p: ends[n] for p, ends in box.items()} for n in (1, 0))
    least, found, most = asked(chain, beliefs, [low, inside, high])
    assert least - CLOSE <= found <= most + CLOSE


@pytest.mark.slow
def test_the_value_at_the_medians_may_lie_above_the_answers_range() -> None:
    levels = [{"level": f"l{n}", "members": [f"m{n}"]} for n in range(61)]
    chain = {"chain": "c", "members": {f"m{n}": f"M{n}" for n in range(61)}, "levels": levels}
    own = {f"m{n}": {"refuses": "5% to 50%"} for n in range(1, 61)}
    study = Study(model_of(*World(chain, {"members": own}).parsed()))
    middle = float(study.at_medians().carried_out[0])
    found = dict(study.uncertain().quantiles)[0.95]
    assert middle == pytest.approx(4.2e-6, rel=0.02)
    assert found.value == pytest.approx(1.5e-6, rel=0.05)


# 7. All rules `all`, everybody in one group, no replacement: raising ρ never lowers P(carried
#    out). A single level of `any`: never raises it.


@settings(max_examples=60)
@given(worlds(groups=0, veto=False, deputies=False, events=False, replace=False, crews=False),
       st.floats(0, 0.98), st.floats(0, 0.98))  # fmt: skip
def test_where_all_must_concur_thinking_alike_never_lowers_it(
    world: World, one: float, other: float
) -> None:
    levels = [{**level, "rule": "all"} for level in world.chain["levels"]]
    world = World({**world.chain, "levels": levels}, world.beliefs)
    parsed(world)
    low, high = (carried_out(with_beliefs(world, shared={"everyone": f"{rho:.6f}"}))
                 for rho in sorted([one, other]))  # fmt: skip
    assert low <= high + CLOSE


@settings(max_examples=40)
@given(st.lists(st.sampled_from([0.05, 0.2, 0.5, 0.8, 1]), min_size=1, max_size=6),
       st.floats(0, 0.98), st.floats(0, 0.98))  # fmt: skip
def test_where_any_may_concur_thinking_alike_never_raises_it(
    refusals: list[float], one: float, other: float
) -> None:
    members = {f"m{n}": {"refuses": q} for n, q in enumerate(refusals)}
    chain = {"chain": "c", "members": {"h": "H", **{name: name for name in members}},
             "levels": [{"level": "head", "members": ["h"]},
                        {"level": "one", "members": list(members), "rule": "any"}]}  # fmt: skip
    low, high = (carried_out(World(chain, {"members": members,
                                           "shared": {"everyone": f"{rho:.6f}"}}))
                 for rho in sorted([one, other]))  # fmt: skip
    assert high <= low + CLOSE


# 8. r = 0, ρ = 0, no events, groups, shifts or visible answers: each reduces to the model
#    without it.


NOTHING: dict[str, Any] = {
    "replace": {"replace": 0},
    "correlation": {"shared": {"everyone": 0}},
    "a group of nobody else": {"shared": {"loner": 0.6}, "groups": {"loner": ["p0"]}},
    "an event that never happens": {
        "events": {"never": {"probability": 0, "members": ["p0"], "makes": "refuses"}}
    },
    "messages": {"messages": {"everyone": 0}},
    "trust": {"trust": 0},
    "a deadline that nothing misses": {"within": "30d"},
}


@settings(max_examples=60)
@given(worlds(groups=0), st.sampled_from(sorted(NOTHING)))
def test_what_says_nothing_changes_nothing(world: World, what: str) -> None:
    keys = (
        {*NOTHING[what], "replace"} if "group" in what else {*NOTHING[what]}
    )  # successors share a group of one
    bare = World(world.chain, {k: v for k, v in world.beliefs.items() if k not in keys})
    assume("p0" in world.chain["members"])
    parsed(bare)
    without, beside = ends(outcomes(*bare.parsed())), with_beliefs(bare, **NOTHING[what])
    assert ends(outcomes(*beside.parsed())).all == pytest.approx(without.all, abs=CLOSE)


@settings(max_examples=40)
@given(worlds(veto=False, twice=False))
def test_visible_answers_that_move_nobody_change_nothing(world: World) -> None:
    chain, beliefs = parsed(world)
    shown = with_beliefs(world, visible={"concurrence": 0, "refusal": 0})
    try:
        found = outcomes(*shown.parsed())
    except AssessmentError:  # a rule that is no number of members
        return
    assert ends(found).all == pytest.approx(ends(outcomes(chain, beliefs)).all, abs=CLOSE)


def test_an_event_that_always_happens_is_a_state() -> None:
    chain = {"chain": "c", "members": {"h": "H", "a": "A", "b": "B"},
             "levels": [{"level": "head", "members": ["h"]},
                        {"level": "one", "members": ["a", "b"], "rule": "all"}]}  # fmt: skip
    always = {"always": {"probability": 1, "members": ["a", "b"], "makes": "compromised"}}
    assert carried_out(World(chain, {"members": {"everyone": {"refuses": 0.5}},
                                     "events": always})) == 1  # fmt: skip


# 9. Renaming people, or their order at a level, changes nothing.


@settings(max_examples=60)
@given(worlds(groups=2), st.randoms(use_true_random=False))
def test_names_and_the_order_at_a_level_change_nothing(world: World, random: Any) -> None:
    head = world.chain["levels"][0]["members"][0]
    world = World(world.chain, {"originator": head, **world.beliefs})
    people = people_of(world)
    others = [f"q{number}" for number in range(len(people))]
    random.shuffle(others)
    names = dict(zip(people, others, strict=True))

    def renamed(value: Any) -> Any:
        if isinstance(value, dict):
            return {names.get(key, key): renamed(one) for key, one in value.items()}
        if isinstance(value, list):
            found = [renamed(one) for one in value]
            random.shuffle(found)
            return found
        if isinstance(value, str):
            for old, new in names.items():
                value = value.replace(old, new)
        return value

    levels = [renamed(level) for level in world.chain["levels"]]
    chain = {**renamed({k: v for k, v in world.chain.items() if k != "levels"}), "levels": levels}
    before = ends(outcomes(*parsed(world)))
    found = ends(outcomes(*parsed(World(chain, renamed(world.beliefs)))))
    assert found.all == pytest.approx(before.all, abs=1e-8)


# 10. Fussell-Vesely by sets ≥ by reduction (no veto); Σ Shapley = 1; Birnbaum = ∂P/∂(1-q) where
#     c = u = ρ = r = 0.


@settings(max_examples=40)
@given(worlds(groups=0, silence=False, veto=False, deputies=False, events=False, replace=False,
              crews=False))  # fmt: skip
def test_importance_by_sets_is_at_least_that_by_reduction(world: World) -> None:
    world = World(world.chain, {"members": world.beliefs["members"], "originator": "none"})
    chain, beliefs = parsed(world)
    people = people_of(world)
    said = world.beliefs["members"]
    q = {person: said.get(person, said["everyone"])["refuses"] for person in people}
    rows = [{p: float(p in some) for p in people} for some in subsets(people)]
    lost = asked(*parsed(each_their_own(world)), rows) < 0.5
    blocking = minimal(s for s, does in zip(subsets(people), lost, strict=True) if does)
    for one in importances(Study(model_of(chain, beliefs))):
        by_sets = total = 0.0
        for refusing in subsets(people):
            p = float(np.prod([q[x] if x in refusing else 1 - q[x] for x in people]))
            cuts = [cut for cut in blocking if cut <= refusing]
            total += p * bool(cuts)
            by_sets += p * any(one.person in cut for cut in cuts)
        if total > CLOSE:
            assert by_sets / total >= one.fussell_vesely - CLOSE


@settings(max_examples=30)
@given(worlds(crews=False, groups=0, events=False))
def test_shapley_values_sum_to_one(world: World) -> None:
    chain, _ = parsed(world)
    found = accounts(chain)[0]
    assume(found.structure.can_release(found.people))
    assert sum(float(power.shapley) for power in found.powers.values()) == pytest.approx(1)


@settings(max_examples=40)
@given(worlds(groups=0, silence=False, events=False, replace=False))
@example(World({"chain": "c", "members": {"p0": "A", "p1": "B"},
                "levels": [{"level": "l", "members": ["p0", "p1"], "rule": "all"}]},
               {"members": {"everyone": {"refuses": 0.2}}}))  # fmt: skip
def test_birnbaum_is_the_slope_along_ones_willingness(world: World) -> None:
    chain, beliefs = parsed(world)
    assume("messages" not in world.beliefs)
    said = world.beliefs["members"]
    q = {person: said.get(person, said["everyone"])["refuses"] for person in people_of(world)}
    own = parsed(each_their_own(world))
    for one in importances(Study(model_of(chain, beliefs))):
        willing, not_ = asked(*own, [{**q, one.person: end} for end in (0.0, 1.0)])
        assert one.birnbaum == pytest.approx(willing - not_, abs=CLOSE)  # P is linear in each q
