"""Deputies and times: one test for each sentence."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from cheget.errors import UnfitEntryError
from cheget.order.charter import Law
from cheget.order.fold import at_instant, fold
from docket import T0, Docket, chain_of, law_of

TEXT = """
    chain: small
    members:
      ann: Ann
      abe: Abe
      bob: {title: Bob, deputy: [dep after 10m, sub after 1h]}
      cho: Cho
      dan: Dan
      eve: Eve
      dep: Deputy
      sub: Second deputy
    levels:
      - {level: head, members: [ann, abe], rule: any}
      - {level: middle, members: [bob, cho, dan], rule: 2 of members, veto: dan}
      - {level: last, members: [eve, ann], rule: any, signs: own-device}
    executors: {thing: A thing}
    actions:
      act:
        executors: [thing]
        decide-within: 2h
        hold: 5m
        valid-for: 30m
        acknowledge: [It is final.]
    """
CHAIN = chain_of(TEXT)
LAW = law_of(CHAIN)


def asked(law: Law = LAW) -> Docket:
    return Docket(law).transmit("ann").wait(60)


def refused(act: Callable[..., object], match: str) -> None:
    with pytest.raises(UnfitEntryError, match=match):
        act()


def test_a_seat_is_answered_once() -> None:
    docket = asked()
    docket.concur("bob")
    docket.wait(3600)
    refused(lambda: docket.concur("dep", "bob"), "has been answered")


@pytest.mark.parametrize(("deputy", "after"), [("dep", 600), ("sub", 3600)])
def test_a_deputys_turn_comes_after_the_member_was_silent_so_long(deputy: str, after: int) -> None:
    docket = asked()
    assert docket.proceeding.rungs[1].opened_at == T0
    refused(lambda: docket.concur(deputy, "bob", answered_at=T0 + after - 1), "turn at bob is 1 s")
    docket.wait(after - 60)
    assert docket.concur(deputy, "bob") == "counts"


def test_a_deputys_turn_is_counted_from_the_latest_answer_that_opened_the_level() -> None:
    text = TEXT.replace("eve: Eve", "eve: {title: Eve, deputy: dep after 10m}")
    docket = asked(law_of(chain_of(text)))
    docket.concur("bob", answered_at=T0 + 90)
    docket.wait(100).concur("cho", answered_at=T0 + 80)
    assert docket.proceeding.rungs[2].opened_at == T0 + 90
    docket.wait(700)
    refused(lambda: docket.concur("dep", "eve", answered_at=T0 + 689), "1 s away")
    assert docket.concur("dep", "eve", answered_at=T0 + 690) == "releases"


def test_no_deputy_overrides_a_refusal() -> None:
    docket = asked()
    docket.refuse("bob")
    docket.wait(3600)
    refused(lambda: docket.concur("dep", "bob"), "no deputy overrides")


def test_a_deputys_refusal_leaves_the_seat_to_the_member_and_the_other_deputies() -> None:
    docket = asked()
    assert docket.refuse("dep") == "kept"
    docket.wait(3600)
    refused(lambda: docket.concur("dep", "bob"), "has refused")
    assert docket.concur("sub", "bob") == "counts"
    other = asked()
    other.refuse("dep")
    other.refuse("sub")
    assert other.concur("bob") == "counts"


def test_a_deputy_signs_for_one_seat() -> None:
    text = TEXT.replace("cho: Cho", "cho: {title: Cho, deputy: dep after 10m}")
    docket = asked(law_of(chain_of(text))).wait(600)
    docket.concur("dep", "bob")
    refused(lambda: docket.concur("dep", "cho"), "one person, one seat")


def test_a_deputys_deputy_is_nobody() -> None:
    text = TEXT.replace("cho: Cho", "cho: {title: Cho, deputy: bob after 1m}")
    docket = asked(law_of(chain_of(text))).wait(4000)
    refused(lambda: docket.concur("dep", "cho"), "neither as member nor as deputy")
    assert docket.concur("bob", "cho") == "counts"


def test_a_deputy_who_fills_the_seat_answers_as_its_member() -> None:
    docket = asked(law_of(CHAIN, {"dep": "bob"}))
    assert docket.concur("bob") == "counts"


def test_who_is_a_deputy_twice_has_the_earlier_turn() -> None:
    docket = asked(law_of(CHAIN, {"sub": "dep"})).wait(540)
    assert docket.concur("dep", "bob") == "counts"


def test_a_deputy_after_no_time_is_a_deputy_still() -> None:
    text = TEXT.replace("[dep after 10m, sub after 1h]", "[dep after 0s, sub after 1h]")
    docket = asked(law_of(chain_of(text)))
    assert docket.concur("dep", "bob") == "counts"
    other = asked(law_of(chain_of(text)))
    other.refuse("bob")
    refused(lambda: other.concur("dep", "bob"), "no deputy overrides")


def test_an_absence_is_for_deputies_and_has_to_be_known() -> None:
    docket = asked()
    refused(lambda: docket.concur("bob", absence="1" * 64), "only a deputy")
    refused(lambda: docket.concur("dep", "bob", absence="1" * 64), "no absence is known")


def test_a_vacant_posts_deputies_may_fill_it_in_their_turn() -> None:
    docket = asked(law_of(CHAIN, vacant=["bob"]))
    refused(lambda: docket.concur("bob"), "neither as member nor as deputy")
    refused(lambda: docket.concur("dep", "bob"), "s away")
    docket.wait(600)
    assert docket.concur("dep", "bob") == "counts"


def test_a_vacant_post_without_deputies_is_filled_by_nobody() -> None:
    docket = asked(law_of(CHAIN, vacant=["cho"]))
    assert docket.proceeding.fillable(docket.proceeding.rungs[1]) == {"bob", "dan"}
    assert docket.refuse("bob") == "stops"


# Times.


def test_nothing_is_signed_later_than_it_was_logged_save_for_skew() -> None:
    docket = asked()
    skew = LAW.terms.skew
    late = docket.at + skew + 1
    for act in (docket.refuse, docket.countermand, docket.concur):
        refused(lambda act=act: act("bob", answered_at=late), "later than it was logged")
    refused(lambda: docket.ask("bob", asked_at=late), "later than it was logged")
    assert docket.concur("bob", answered_at=late - 1) == "counts"


def test_no_order_is_transmitted_later_than_it_was_logged_save_for_skew() -> None:
    docket, skew = Docket(LAW), LAW.terms.skew
    order = docket.order("ann")
    for ahead in (skew, skew + 1):
        changed = replace(order, transmitted_at=T0 + ahead, decide_by=T0 + ahead + 7200)
        if ahead > skew:
            refused(lambda c=changed: Docket(LAW).enter(c), "later than it was logged")
        else:
            Docket(LAW).enter(changed)


def test_no_answer_is_older_than_the_latest_at_the_level_above_save_for_skew() -> None:
    docket = asked()
    docket.concur("bob")
    docket.concur("cho")
    opened = docket.proceeding.rungs[2].opened_at
    skew = LAW.terms.skew
    refused(lambda: docket.concur("eve", answered_at=opened - skew - 1), "before the level above")
    assert docket.concur("eve", answered_at=opened - skew) == "releases"


@pytest.mark.parametrize(("after", "state"), [(7199, "released"), (7200, "fault")])
def test_release_is_before_decide_by_with_no_skew(after: int, state: str) -> None:
    docket = asked()
    docket.concur("bob")
    docket.concur("cho")
    docket.wait(after - 60)
    if state == "fault":
        refused(lambda: docket.concur("eve"), "expired, and nothing reopens it")
    else:
        docket.concur("eve")
        assert docket.state == state


def test_an_order_expires_at_decide_by_and_not_a_second_before() -> None:
    docket = asked()
    assert at_instant(docket.proceeding, T0 + 7199).state == "open"
    ended = at_instant(docket.proceeding, T0 + 7200)
    assert (ended.state, ended.ending.at, ended.ending.level) == ("expired", T0 + 7200, "middle")
    assert fold(LAW, docket.entries, T0 + 7200) == ended


def test_an_order_logged_after_it_had_to_be_decided_is_a_fault() -> None:
    docket = Docket(LAW)
    order = docket.order("ann")
    docket.wait(7200)
    refused(lambda: docket.enter(order), "after it had to be decided")


def test_a_released_order_expires_at_the_end_of_valid_for() -> None:
    docket = asked()
    for person in ("bob", "cho", "eve"):
        docket.concur(person)
    end = docket.at + 5 * 60 + 30 * 60
    assert at_instant(docket.proceeding, end - 1).state == "released"
    assert at_instant(docket.proceeding, end).state == "expired"


def test_every_concurrence_acknowledges_all_that_the_action_asks() -> None:
    docket = asked()
    refused(lambda: docket.concur("bob", acknowledged=()), "acknowledges what the action asks")
    refused(lambda: docket.concur("bob", acknowledged=("It is final.",) * 2), "acknowledges")


def test_the_head_seen_lies_between_the_levels_opening_and_the_answer() -> None:
    docket = asked()
    opened = docket.proceeding.rungs[1].opened
    refused(lambda: docket.concur("bob", size=opened), "must lie after")
    refused(lambda: docket.concur("bob", size=docket.position + 1), "must lie after")
    assert docket.concur("bob", size=opened + 1) == "counts"


def test_entries_need_an_order_and_only_one() -> None:
    with pytest.raises(UnfitEntryError, match="no order"):
        fold(LAW, [])
    docket = asked()
    docket.concur("bob")
    with pytest.raises(UnfitEntryError, match="before its order"):
        fold(LAW, docket.entries[1:])
