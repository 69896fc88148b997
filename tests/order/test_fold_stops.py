"""Refusals, vetoes, countermands, and the conditions that an order rests on."""

from collections.abc import Callable
from typing import Any

import pytest

from cheget.errors import UnfitEntryError
from cheget.order.fold import at_instant, close, fold
from docket import Docket, chain_of, law_of

LAW = law_of(
    chain_of("""
    chain: vetoes
    members:
      ann: Ann
      bob: Bob
      cho: Cho
      dan: {title: Dan, deputy: dep after 10m}
      eve: Eve
      fay: Fay
      dep: Deputy
    levels:
      - {level: head, members: [ann]}
      - {level: middle, members: [bob, cho], rule: any, veto: all}
      - {level: third, members: [dan, eve, fay], rule: 2 of members, veto: eve}
    executors: {thing: A thing}
    actions: {act: {executors: [thing], decide-within: 2h, hold: 5m}}
    """)
)

RED = """
    chain: red
    members: {ann: Ann, bob: Bob, cho: Cho, dan: Dan}
    levels:
      - {level: head, members: [ann, dan], rule: any}
      - {level: next, members: [bob, cho], rule: all}
    executors: {thing: A thing}
    actions:
      act: {executors: [thing], decide-within: 2h, hold: 10m, conditions: [red]}
      other: {executors: [thing], conditions: [red]}
    conditions: {red: {title: The line is crossed, attested-by: any of (ann, bob, dan)}}
    """.replace("any of (ann, bob, dan)", '"any of (ann, bob, dan)"')
RED_LAW = law_of(chain_of(RED))


def asked() -> Docket:
    return Docket(LAW).transmit("ann").wait(60)


def released() -> Docket:
    docket = asked()
    for person in ("bob", "dan", "fay"):
        docket.concur(person)
    assert docket.state == "released"
    return docket


def refused(act: Callable[..., object], match: str) -> None:
    with pytest.raises(UnfitEntryError, match=match):
        act()


# Refusals.


def test_a_refusal_stops_where_it_leaves_a_rule_to_too_few_before_its_turn_too() -> None:
    docket = asked()
    assert docket.refuse("dan") == "kept"
    assert docket.refuse("fay") == "stops"
    ending = docket.proceeding.ending
    assert (ending.state, ending.level, ending.by) == ("stopped", "third", "fay")


def test_a_refusal_is_its_signers_in_every_seat_they_fill() -> None:
    law = law_of(LAW.chain, {"fay": "dan"})
    docket = Docket(law).transmit("ann")
    assert docket.refuse("dan") == "stops"


def test_a_veto_stops_before_its_levels_turn() -> None:
    assert asked().refuse("eve") == "stops"


def test_a_veto_counts_after_its_level_is_complete() -> None:
    docket = asked()
    docket.concur("bob")
    assert docket.proceeding.pending.level.id == "third"
    assert docket.refuse("cho") == "kept"  # bob counted: not all of them refuse
    law = law_of(
        chain_of("""
        chain: later
        members: {ann: Ann, bob: Bob, cho: Cho, dan: Dan, eve: Eve}
        levels:
          - {level: head, members: [ann]}
          - {level: middle, members: [bob, cho, dan], rule: any, veto: 2 of members}
          - {level: last, members: [eve]}
        executors: {thing: A thing}
        actions: {act: {executors: [thing]}}
        """)
    )
    other = Docket(law).transmit("ann")
    other.concur("bob")
    assert other.proceeding.rungs[1].is_complete
    assert other.refuse("cho") == "kept"
    assert other.refuse("dan") == "stops"
    assert other.proceeding.ending.level == "middle"


def test_a_deputy_does_not_veto() -> None:
    docket = asked()
    assert docket.refuse("dep") == "kept"


def test_a_seat_whose_member_refused_is_left_to_nobody() -> None:
    docket = asked()
    docket.refuse("dan")
    assert docket.proceeding.fillable(docket.proceeding.rungs[2]) == {"eve", "fay"}


def test_a_seat_that_a_deputy_filled_stays_filled() -> None:
    docket = asked()
    docket.concur("bob")
    docket.wait(600).concur("dep", "dan")
    assert docket.refuse("dan") == "countermands"  # a deputy counted in that seat


def test_a_refusal_by_somebody_who_concurred_is_a_countermand() -> None:
    docket = asked()
    docket.concur("bob")
    assert docket.refuse("bob") == "countermands"
    assert docket.state == "countermanded"


def test_a_refusal_by_the_deputy_who_counted_is_a_countermand() -> None:
    docket = asked()
    docket.concur("bob")
    docket.wait(600).concur("dep", "dan")
    assert docket.refuse("dep") == "countermands"


def test_a_refusal_by_somebody_who_came_late_is_none() -> None:
    docket = asked()
    docket.concur("bob")
    assert docket.concur("cho", level="middle") == "late"
    assert docket.refuse("cho") == "kept"


def test_after_release_a_refusal_of_any_member_of_the_ladder_is_a_countermand() -> None:
    for person in ("ann", "bob", "cho", "dan", "eve", "fay"):
        docket = released()
        assert docket.refuse(person) == "countermands"
    assert released().refuse("dep") == "kept"


def test_a_refusal_kept_while_open_does_not_stand_in_the_way_of_one_after_release() -> None:
    docket = asked()
    docket.refuse("cho")
    for person in ("bob", "dan", "fay"):
        docket.concur(person)
    assert docket.refuse("cho", reason="1" * 64) == "countermands"


def test_no_refusal_reopens_a_level() -> None:
    docket = asked()
    docket.concur("bob")
    docket.refuse("cho")
    assert docket.proceeding.pending.level.id == "third"


def test_a_crews_refusal_is_no_entry_of_the_log() -> None:
    docket = asked()
    refused(lambda: docket.refuse("bob", seat="thing/bob"), "beside its executor")


# One stop for each signer, kind and state.


@pytest.mark.parametrize("kind", ["refuse", "countermand"])
def test_one_stop_for_each_signer_kind_and_state(kind: str) -> None:
    docket = asked()
    stop = getattr(docket, kind)
    assert stop("cho") == "kept"
    refused(lambda: stop("cho", reason="1" * 64), "in the log already")
    assert docket.countermand("ann") == "countermands"
    assert stop("cho", reason="2" * 64) == "kept"
    refused(lambda: stop("cho", reason="3" * 64), "in the log already")
    assert docket.refuse("eve") == "kept"  # another signer
    assert docket.countermand("eve") == "kept"  # another kind


def test_a_countermand_by_who_only_waits_changes_nothing_until_release() -> None:
    docket = asked()
    assert docket.countermand("eve") == "kept"
    for person in ("bob", "dan", "fay"):
        docket.concur(person)
    assert docket.state == "released"
    assert docket.countermand("eve", reason="1" * 64) == "countermands"


def test_a_countermand_of_something_else_is_a_fault() -> None:
    docket = asked()
    refused(lambda: docket.countermand("ann", "1" * 64), "of something else")


def test_a_change_of_law_closes_an_order_unless_it_ended() -> None:
    docket = released()
    closed = close(docket.proceeding, docket.at, "the law changed")
    assert (closed.state, closed.ending.why) == ("closed", "the law changed")
    docket.countermand("ann")
    assert close(docket.proceeding, docket.at, "the law changed") is docket.proceeding


# Conditions.


def red() -> Docket:
    return Docket(RED_LAW)


def test_an_order_rests_on_attestations_logged_before_it() -> None:
    docket = red()
    refused(lambda: docket.transmit("ann"), "not attested to")
    docket.attest("bob")
    docket.transmit("ann")
    assert docket.state == "open"
    hidden = red()
    hidden.attested = ["1" * 64]
    refused(lambda: hidden.transmit("ann"), "that the log does not show")


def test_the_originators_own_attestation_does_not_count() -> None:
    docket = red()
    docket.attest("ann")
    refused(lambda: docket.transmit("ann"), "not attested to")
    assert docket.transmit("dan").state == "open"


def test_an_attestation_counts_for_one_action() -> None:
    docket = red()
    docket.attest("bob", action="other")
    refused(lambda: docket.transmit("ann"), "for another action")


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"condition": "blue"}, "that the chain lacks"),
        ({"action": "nothing"}, "that the chain lacks"),
        ({"seat": "cho", "signer": "cho"}, "not attested by cho"),
        ({"seat": "bob", "signer": "cho"}, "does not fill bob"),
        ({"law": "1" * 64}, "another law"),
        ({"deployment": "1" * 32}, "another law"),
    ],
)
def test_an_attestation_is_by_who_the_condition_names_under_this_law(
    changes: dict[str, Any], match: str
) -> None:
    refused(lambda: red().attest("bob", **changes), match)


def test_a_machine_attests_to_nothing() -> None:
    docket = Docket(law_of(RED_LAW.chain, machines=["bob"]))
    refused(lambda: docket.attest("bob"), "does not fill bob")


def test_an_attestation_holds_from_its_first_second_up_to_its_last() -> None:
    docket = red()
    docket.attest("bob", starts=10, lasts=20)
    refused(lambda: docket.transmit("ann"), "not attested to")
    docket.wait(10).transmit("ann")
    assert at_instant(docket.proceeding, docket.at + 9).state == "open"
    lapsed = at_instant(docket.proceeding, docket.at + 10)
    assert (lapsed.state, lapsed.ending.why) == ("stopped", "an attestation has lapsed")


@pytest.mark.parametrize(("after", "state"), [(3599, "released"), (3600, "fault")])
def test_an_attestation_must_hold_at_release(after: int, state: str) -> None:
    docket = red()
    docket.attest("bob", lasts=3600)
    docket.transmit("ann")
    docket.wait(60).concur("bob")
    docket.wait(after - 60)
    if state == "fault":
        refused(lambda: docket.concur("cho"), "stopped, and nothing reopens it")
    else:
        assert docket.concur("cho") == "releases"


def test_an_attestation_that_lapses_after_release_was_good() -> None:
    docket = red()
    docket.attest("bob", lasts=100)
    docket.transmit("ann")
    docket.concur("bob")
    docket.concur("cho")
    assert at_instant(docket.proceeding, docket.at + 200).state == "released"


def test_an_attestation_that_ended_before_the_order_stops_nothing() -> None:
    docket = red()
    docket.attest("bob", lasts=50)
    docket.wait(60)
    docket.attest("dan", lasts=3600)
    docket.transmit("ann")
    docket.wait(10)
    assert docket.concur("bob") == "counts"


@pytest.mark.parametrize("when", ["open", "released"])
def test_an_attestation_taken_back_stops_an_order_that_the_rest_no_longer_carry(when: str) -> None:
    docket = red()
    mine = docket.attest("bob")
    docket.transmit("ann")
    docket.wait(9).concur("bob")
    if when == "released":
        docket.concur("cho")
    assert docket.countermand("bob", mine) == "stops"
    assert docket.state == "stopped"


def test_an_attestation_taken_back_leaves_an_order_that_the_rest_still_carry() -> None:
    docket = red()
    mine = docket.attest("bob")
    docket.attest("dan")
    docket.transmit("ann")
    assert docket.countermand("bob", mine) == "kept"
    assert docket.state == "open"
    refused(lambda: docket.countermand("bob", mine, reason="1" * 64), "taken back already")


def test_an_attestation_taken_back_before_the_order_carries_nothing() -> None:
    docket = red()
    mine = docket.attest("bob")
    docket.countermand("bob", mine)
    refused(lambda: docket.transmit("ann"), "not attested to")


def test_only_its_signer_takes_an_attestation_back() -> None:
    docket = red()
    mine = docket.attest("bob")
    refused(lambda: docket.countermand("dan", mine), "only its signer")
    docket.transmit("ann")
    refused(lambda: docket.countermand("dan", mine), "only its signer")


def test_an_attestation_is_not_taken_back_ahead_of_its_time() -> None:
    docket = red()
    mine = docket.attest("bob")
    ahead = docket.at + RED_LAW.terms.skew + 1
    refused(lambda: docket.countermand("bob", mine, answered_at=ahead), "later than it was logged")


def test_an_attestation_taken_back_is_not_revived_by_being_logged_again() -> None:
    docket = red()
    mine = docket.attest("bob")
    first = docket.entries[0]
    docket.countermand("bob", mine)
    again = type(first)(docket.position, docket.at, first.digest, first.document)
    docket.position += 1
    order = docket.order("ann")
    last = type(first)(docket.position, docket.at, order.digest(), order)
    with pytest.raises(UnfitEntryError, match="that attestation, again"):
        fold(RED_LAW, [*docket.entries, again, last])
