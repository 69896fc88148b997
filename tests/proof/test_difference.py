"""What an edit lets happen: against enumeration of every way in which people can answer."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given, settings

from chain.scenarios import SCENARIOS, scenario
from cheget.chain.chain import Chain
from cheget.chain.parse import parse_chain
from cheget.errors import TooEntangledError
from cheget.proof.account import accounts
from cheget.proof.difference import Difference, Opened, difference, opened
from proof.oracle import Oracle, coalitions, minimal, staffed


def compared(before: str, after: str, action: str | None = None) -> Difference:
    return difference(*(accounts(parse_chain(one.encode())) for one in (before, after)), action)


def text(name: str) -> str:
    return scenario(name).decode()


def shown(found: Opened) -> tuple[set[frozenset[str]], set[frozenset[str]]]:
    both = [
        {frozenset(one.people) for one in family.first} for family in (found.release, found.block)
    ]
    return both[0], both[1]


@settings(max_examples=400, deadline=None)
@given(staffed(most=4), staffed(most=4))
def test_it_is_weaker_just_where_some_answers_release_now_and_did_not(
    one: tuple[Chain, object], other: tuple[Chain, object]
) -> None:
    sides = [accounts(chain, people)[0] for chain, people in (one, other)]  # type: ignore[arg-type]
    oracles = [Oracle(chain, "act", people) for chain, people in (one, other)]  # type: ignore[arg-type]
    everybody = tuple(dict.fromkeys((*sides[0].people, *sides[1].people)))
    found = opened(sides[0], sides[1], 10_000)
    expected = False
    for said in product(("concur", "silent", "refuse"), repeat=len(everybody)):
        yes = frozenset(p for p, way in zip(everybody, said, strict=True) if way == "concur")
        no = frozenset(p for p, way in zip(everybody, said, strict=True) if way == "refuse")
        if oracles[1].released(yes, no) and not oracles[0].released(yes, no):
            expected = True
            break
    assert bool(found) == expected
    release = [c for c in coalitions(everybody) if oracles[1].can_release(c)]
    block = [c for c in coalitions(everybody)
             if oracles[0].can_block(c, frozenset(everybody))]  # fmt: skip
    new = {c for c in minimal(release) if not oracles[0].can_release(c)}
    lost = {c for c in minimal(block) if not oracles[1].can_block(c, frozenset(everybody))}
    assert shown(found) == (new, lost)
    assert (found.release.least, found.block.least) == (len(new), len(lost))
    assert found.release.exact
    assert found.block.exact
    if found.answers is not None:
        yes, no = frozenset(found.answers.concurring), frozenset(found.answers.refusing)
        assert oracles[1].released(yes, no)
        assert not oracles[0].released(yes, no)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(staffed(most=4), staffed(most=4))
def test_too_many_to_try_it_is_still_decided_and_the_count_is_a_bound(
    one: tuple[Chain, object], other: tuple[Chain, object]
) -> None:
    sides = [accounts(chain, people)[0] for chain, people in (one, other)]  # type: ignore[arg-type]
    tried = opened(sides[0], sides[1], 10_000)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("cheget.proof.difference.LISTED", -1)
        decided = opened(sides[0], sides[1], 10_000)
    for all_, some in zip(shown(tried), shown(decided), strict=True):
        assert some <= all_
        assert bool(some) == bool(all_)
    assert decided.release.least <= tried.release.least
    assert (decided.answers is None) == (tried.answers is None)


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_chain_and_itself_are_no_different(name: str) -> None:
    found = compared(text(name), text(name))
    assert not found.weaker
    assert not found.stronger
    assert not found.changes
    assert not found.claims


TEAM = """\
chain: pay
members: {ann: Ann, bob: Bob, cho: Cho, dan: Dan}
levels:
  - {level: request, members: [ann], rule: any}
  - {level: team, members: [bob, cho, dan], rule: 2 of members}
executors: {bank: {title: The bank, count: 3}}
actions: {pay: {executors: [bank], hold: 1h, parameters: {sum: {number: 1 to 100}}}}
amend: all of (ann, bob, cho)
claims: [2 of team alone cannot release, any of team alone cannot block]
"""


def only(found: Difference) -> Opened:
    assert found.ladders[0].weaker is not None
    return found.ladders[0].weaker


def test_one_more_who_may_ask_lets_fewer_others_be_needed() -> None:
    after = TEAM.replace("[ann], rule: any", "[ann, bob], rule: any")
    found = compared(TEAM, after)
    assert found.weaker
    assert [(one.people, one.level) for one in only(found).release.first] == [
        (("bob", "cho", "dan"), "request")
    ]
    assert [one.people for one in only(found).block.first] == [("ann",)]


def test_a_deputy_added_lets_somebody_release_who_never_could() -> None:
    after = TEAM.replace("ann: Ann", "ann: {title: Ann, deputy: eve after 1h}").replace(
        "dan: Dan", "dan: {title: Dan, deputy: eve after 1h}, eve: Eve"
    )
    found = compared(TEAM, after)
    assert {one.people for one in only(found).release.first} == {
        ("ann", "eve", "bob"), ("ann", "eve", "cho"),
    }  # fmt: skip
    assert "eve after 1h" in [one.after for one in found.changes]


def test_a_veto_that_the_rule_had_already_may_go() -> None:
    before = TEAM.replace("rule: 2 of members", "rule: all, veto: any")
    after = TEAM.replace("rule: 2 of members", "rule: all")
    found = compared(before, after)
    assert not found.weaker
    assert [(one.what, one.effect) for one in found.changes] == [("veto", "changed")]
    assert compared(TEAM.replace("members}", "members, veto: any}", 1), TEAM).weaker


def test_levels_in_another_order_change_nothing_of_who_releases() -> None:
    middle = "  - {level: team, members: [bob, cho, dan], rule: 2 of members}\n"
    last = "  - {level: last, members: [eve], rule: any}\n"
    before = TEAM.replace("dan: Dan", "dan: Dan, eve: Eve").replace(middle, middle + last)
    found = compared(before, before.replace(middle + last, last + middle))
    assert not found.weaker
    assert [one.what for one in found.changes] == ["order of levels"]


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("hold: 1h", "hold: 59m", "hold"), ("hold: 1h", "hold: 1h, at-most: 2", "at-most"),
        ("hold: 1h", "hold: 1h, attempts: 2", "attempts"),
        ("hold: 1h", "hold: 1h, valid-for: 2h", "valid-for"),
        ("hold: 1h", "hold: 1h, decide-within: 25h", "decide-within"),
        ("1 to 100", "1 to 101", "parameter sum"), ("1 to 100", "0.5 to 100", "parameter sum"),
        ("{number: 1 to 100}", "text", "parameter sum"),
        (", parameters: {sum: {number: 1 to 100}}", "", "parameter sum"),
        ("amend: all of (ann, bob, cho)", "amend: 2 of (ann, bob, cho)", "amend"),
        ("count: 3}", "count: 3}, till: The till", "executor"), ("count: 3", "count: 4", "count"),
    ],
)  # fmt: skip
def test_a_setting_is_weaker_one_way_and_stronger_the_other(old: str, new: str, what: str) -> None:
    edited = TEAM.replace(old, new)
    for pair, effect in (((TEAM, edited), "weaker"), ((edited, TEAM), "stronger")):
        found = compared(*pair)
        wanted = effect
        if effect == "stronger" and new in {"", "text"}:
            wanted = {"": "changed", "text": "weaker"}[new]  # one more said; kinds aren't compared
        assert [(one.what, one.effect) for one in found.changes] == [(what, wanted)]
        assert found.weaker == (wanted == "weaker")


@pytest.mark.parametrize(
    ("field", "what"),
    [
        ("limit: 2 per 1d", "limit"), ("review: bob within 1d", "review"),
        ("conditions: [peril]", "conditions"),
    ],
)  # fmt: skip
def test_what_held_an_action_back_and_is_dropped_makes_it_weaker(field: str, what: str) -> None:
    before = (
        TEAM.replace("hold: 1h", f"hold: 1h, {field}")
        .replace("actions: {", "actions: {guarded: {executors: [bank], conditions: [peril]}, ")
        .replace("amend:", "conditions: {peril: {title: Peril, attested-by: cho}}\namend:")
    )
    after = before.replace(f"hold: 1h, {field}", "hold: 1h")
    found, other = compared(before, after), compared(after, before)
    assert [(one.what, one.effect) for one in found.changes] == [(what, "weaker")]
    assert [(one.what, one.effect) for one in other.changes] == [(what, "stronger")]
    assert found.weaker
    assert not other.weaker


def test_a_claim_that_is_dropped_is_weaker_though_it_would_still_hold() -> None:
    found = compared(TEAM, TEAM.replace("2 of team alone cannot release, ", ""))
    (claim,) = found.claims
    assert claim.weaker
    assert claim.after is not None
    assert claim.after.verdict == "holds"
    assert not compared(TEAM.replace("2 of team alone cannot release, ", ""), TEAM).weaker


def test_an_old_claim_about_somebody_who_is_gone_cannot_be_asked() -> None:
    before = TEAM.replace("claims: [", "claims: [dan alone cannot release, ")
    after = TEAM.replace(", dan: Dan", "").replace(", dan]", "]")
    found = next(one for one in compared(before, after).claims if "dan" in one.text)
    assert (found.after, found.weaker) == (None, True)


def test_a_new_action_is_a_new_door() -> None:
    after = TEAM.replace(
        "rule: 2 of members}", "rule: 2 of members, for: [pay]}"
    ).replace("actions: {", "actions: {quick: {executors: [bank]}, ")  # fmt: skip
    found = compared(TEAM, after)
    (reach,) = found.reaches
    assert reach.weaker
    assert reach.after is not None
    assert (reach.after.name, reach.after.example) == ("quick", ("ann",))
    assert {one.verdict for one in found.ladders} == {"new", "same"}


def test_a_level_of_many_is_decided_without_a_list() -> None:
    def level(need: int) -> str:
        names = [f"p{number}" for number in range(60)]
        members = ", ".join(f"{one}: P" for one in names)
        return (
            f"chain: many\nmembers: {{{members}}}\nlevels:\n"
            f"  - {{level: all-hands, members: [{', '.join(names)}], rule: {need} of members}}\n"
        )

    found = compared(level(30), level(29))
    assert not only(found).release.exact
    assert len(only(found).release.first[0].people) == 29
    assert not compared(level(29), level(30)).weaker


def test_a_budget_too_small_is_said_and_nothing_is_guessed() -> None:
    sides = [accounts(parse_chain(one.encode()), steps=40) for one in (TEAM, TEAM)]
    chain = replace(sides[1][0].chain, repeatable=True)
    with pytest.raises(TooEntangledError):
        difference(sides[0], accounts(chain, steps=40))
