"""Who counts: one test for each sentence."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from cheget.errors import UnfitEntryError
from cheget.order.charter import Law
from cheget.order.proceeding import prior_of
from docket import Docket, chain_of, law_of

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
