"""Who counts: one test for each sentence."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from cheget.errors import UnfitEntryError
from cheget.order.charter import Law
from cheget.order.fold import at_instant, fold
from cheget.order.proceeding import prior_of
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


def test_an_order_is_its_originators_concurrence_at_the_head() -> None:
    docket = asked()
    first = next(docket.proceeding.counted)
    assert (first.seat, first.person, first.digest) == ("ann", "ann", docket.digest)
    assert docket.proceeding.pending.level.id == "middle"
    assert docket.proceeding.rungs[0].prior == docket.digest


def test_the_orders_prior_below_the_head_names_what_counted_there() -> None:
    docket = asked()
    wanted = prior_of(docket.digest, "head", docket.digest, (docket.digest,))
    assert docket.proceeding.rungs[1].prior == wanted
    docket.concur("cho")
    docket.concur("bob")
    counted = tuple(one.digest for one in docket.proceeding.rungs[1].counted)
    assert [one.person for one in docket.proceeding.rungs[1].counted] == ["cho", "bob"]
    assert docket.proceeding.rungs[2].prior == prior_of(docket.digest, "middle", wanted, counted)


def test_only_who_fills_a_seat_of_their_own_at_the_head_transmits() -> None:
    docket = Docket(LAW)
    refused(lambda: docket.enter(docket.order("bob", seat="bob")), "no seat at the head")
    refused(lambda: docket.enter(docket.order("bob", seat="ann")), "does not fill ann")
    docket.enter(docket.order("abe"))
    assert docket.state == "open"


def test_a_deputy_cannot_originate() -> None:
    text = TEXT.replace("ann: Ann", "ann: {title: Ann, deputy: dep after 0s}", 1)
    docket = Docket(law_of(chain_of(text)))
    refused(lambda: docket.enter(docket.order("dep", seat="ann")), "does not fill ann")


def test_a_concurrence_counts_at_the_level_that_is_pending_and_no_other() -> None:
    docket = asked()
    refused(lambda: docket.concur("eve", level="last"), "out of turn")
    nowhere = replace(docket.concurrence("bob"), level="nowhere")
    refused(lambda: docket.enter(nowhere), "not asked at nowhere")
    assert docket.concur("bob") == "counts"


def test_a_concurrence_counts_with_the_right_prior_only() -> None:
    docket = asked()
    refused(lambda: docket.concur("bob", prior="1" * 64), "another prior")
    refused(lambda: docket.concur("bob", prior=docket.digest), "another prior")


def test_a_concurrence_is_to_this_order() -> None:
    docket = asked()
    refused(lambda: docket.concur("bob", order="1" * 64), "another order")
    refused(lambda: docket.refuse("bob", order="1" * 64), "another order")
    refused(lambda: docket.ask("bob", order="1" * 64), "another order")


def test_a_concurrence_counts_from_who_fills_the_seat() -> None:
    docket = asked()
    refused(lambda: docket.concur("cho", "bob"), "neither as member nor as deputy")
    refused(lambda: docket.concur("eve", "eve", "middle"), "no seat at middle")


def test_a_machine_originates_and_nothing_else() -> None:
    law = law_of(CHAIN, machines=["ann", "cho", "dep"])
    docket = asked(law)
    refused(lambda: docket.concur("cho"), "machines may ask")
    refused(lambda: docket.refuse("cho"), "cannot refuse")
    refused(lambda: docket.wait(3600).concur("dep", "bob"), "machines may ask")
    assert docket.countermand("ann") == "countermands"


def test_a_page_signs_nothing_where_a_level_signs_on_own_devices() -> None:
    docket = asked()
    docket.concur("bob", own_device=False)
    docket.concur("cho", own_device=False)
    refused(lambda: docket.concur("eve", own_device=False), "device of its own")
    assert docket.concur("eve") == "releases"


def test_a_page_transmits_nothing_where_the_head_signs_on_own_devices() -> None:
    text = TEXT.replace("[ann, abe], rule: any", "[ann, abe], rule: any, signs: own-device")
    docket = Docket(law_of(chain_of(text)))
    refused(lambda: docket.transmit("ann", own_device=False), "device of its own")


def test_who_refused_concurs_no_more() -> None:
    docket = asked()
    assert docket.refuse("bob") == "kept"
    refused(lambda: docket.concur("bob"), "has refused")


def test_once_per_chain_counts_the_originator_too() -> None:
    docket = asked()
    docket.concur("bob")
    docket.concur("cho")
    refused(lambda: docket.concur("ann", level="last"), "one person, one seat")
    assert docket.concur("eve") == "releases"


def test_one_person_in_two_posts_is_one_person() -> None:
    docket = asked(law_of(CHAIN, {"cho": "bob"}))
    docket.concur("bob", "bob")
    refused(lambda: docket.concur("bob", "cho"), "one person, one seat")


def test_repeatable_seats_let_one_person_sit_at_several_levels_once_in_each_seat() -> None:
    text = TEXT.replace("chain: small", "chain: small\n    seats: repeatable", 1)
    docket = asked(law_of(chain_of(text), {"cho": "bob"}))
    docket.concur("bob", "bob")
    refused(lambda: docket.concur("bob", "bob"), "one person, one seat")
    assert docket.concur("bob", "cho") == "counts"
    assert docket.concur("ann", level="last") == "releases"


def test_a_repeatable_seat_that_was_left_still_holds_a_level_open() -> None:
    text = TEXT.replace("chain: small", "chain: small\n    seats: repeatable", 1)
    docket = asked(law_of(chain_of(text)))
    assert docket.refuse("eve") == "kept"  # ann sits at the last level too, and may still fill it
    assert asked().refuse("eve") == "stops"  # once per chain she is spent


def test_the_first_logged_counts_and_later_ones_are_late() -> None:
    docket = asked()
    docket.concur("bob")
    docket.concur("cho")
    before = docket.proceeding.rungs[2].prior
    assert docket.concur("dan", level="middle") == "late"
    assert docket.proceeding.rungs[2].prior == before
    assert [one.person for one in docket.proceeding.late] == ["dan"]
    assert not docket.proceeding.was_counted("dan")
    refused(lambda: docket.concur("dan", level="middle", reason="1" * 64), "late there already")


def test_who_came_late_is_not_spent() -> None:
    text = TEXT.replace("[eve, ann]", "[eve, dan]")
    docket = asked(law_of(chain_of(text)))
    docket.concur("bob")
    docket.concur("cho")
    docket.concur("dan", level="middle")
    assert docket.concur("dan", level="last") == "releases"


def test_a_late_one_must_have_fitted_in_its_time() -> None:
    docket = asked()
    docket.concur("bob")
    docket.concur("cho")
    refused(lambda: docket.concur("eve", "dan", "middle"), "neither as member nor as deputy")
    refused(lambda: docket.concur("dan", level="middle", prior="1" * 64), "another prior")


def test_a_level_is_complete_at_the_entry_with_which_its_rule_is_first_met() -> None:
    docket = asked()
    docket.concur("bob")
    assert docket.proceeding.pending.level.id == "middle"
    where = docket.position
    docket.concur("cho")
    assert docket.proceeding.pending.level.id == "last"
    assert docket.proceeding.rungs[2].opened == where


def test_released_is_the_entry_that_completes_the_last_level() -> None:
    docket = asked()
    docket.concur("bob")
    docket.concur("cho")
    where = docket.wait(17).position
    assert docket.concur("eve") == "releases"
    release = docket.proceeding.release
    assert (release.at, release.position) == (docket.at, where)
    last = docket.proceeding.rungs[2]
    counted = tuple(one.digest for one in last.counted)
    assert release.digest == prior_of(docket.digest, "last", last.prior, counted)


def test_a_head_that_wants_more_than_one_asks_them_under_the_orders_own_digest() -> None:
    text = TEXT.replace("[ann, abe], rule: any", "[ann, abe], rule: all")
    docket = Docket(law_of(chain_of(text))).transmit("ann").wait(5)
    assert docket.proceeding.pending.level.id == "head"
    assert docket.concur("abe", prior=docket.digest) == "counts"
    assert docket.proceeding.pending.level.id == "middle"


def test_an_order_with_one_level_is_released_when_it_is_transmitted() -> None:
    docket = Docket(law_of(chain_of("""
        chain: one
        members: {ann: Ann}
        levels: [{level: only, members: [ann]}]
        executors: {thing: A thing}
        actions: {act: {executors: [thing]}}
        """)))  # fmt: skip
    docket.transmit("ann")
    assert docket.state == "released"
    assert docket.proceeding.release.position == docket.entries[0].position


def test_a_person_who_sits_at_two_levels_is_spent_where_they_first_count() -> None:
    text = TEXT.replace("[eve, ann], rule: any", "[eve, bob], rule: any")
    docket = asked(law_of(chain_of(text)))
    docket.concur("bob")
    docket.concur("cho")
    refused(lambda: docket.concur("bob", level="last"), "one person, one seat")


# Deputies.


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


def test_no_absence_is_known_yet() -> None:
    docket = asked()
    refused(lambda: docket.concur("bob", absence="1" * 64), "no absence is known")


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
