"""A review: asked for, met, late or missing, as the log has it."""

from __future__ import annotations

import pytest

from cheget.order.proceeding import Proceeding
from cheget.order.reviews import Asked, asked, is_unsettled
from docket import T0, Docket, chain_of, law_of

CHAIN = """
    chain: quick
    members: {ann: Ann, bob: Bob, cho: Cho, dee: Dee, eve: Eve}
    levels:
      - {level: head, members: [ann, bob], rule: any}
      - {level: second, members: [bob, cho, dee, eve], rule: any, veto: any}
    executors: {thing: Thing}
    actions:
      act: {executors: [thing], decide-within: 1h, valid-for: 30m,
            review: "2 of (cho, dee, eve) within 2h"}
      plain: {executors: [thing]}
    """


@pytest.fixture
def docket() -> Docket:
    return Docket(law_of(chain_of(CHAIN))).transmit("ann")


def of(proceeding: Proceeding) -> Asked:
    found = asked(proceeding)
    assert found is not None
    return found


def test_an_ordinary_order_asks_for_no_review() -> None:
    known = Docket(law_of(chain_of(CHAIN))).transmit("ann", "plain").proceeding
    assert asked(known) is None
    assert not is_unsettled(known)


def test_a_review_is_due_from_release_on_and_overdue_to_the_second(docket: Docket) -> None:
    assert of(docket.proceeding).standing(T0 + 10**9) == "ahead"
    docket.wait(60).concur("bob")
    review = of(docket.proceeding)
    assert review.until == T0 + 60 + 7200
    assert review.standing(review.until - 1) == "due"
    assert review.standing(review.until) == "overdue"
    assert review.left == ("cho", "dee", "eve")


def test_its_rule_is_met_by_so_many_and_no_fewer(docket: Docket) -> None:
    docket.concur("bob")
    docket.wait(10).review("cho")
    review = of(docket.proceeding)
    assert (review.done, review.left) == (None, ("dee", "eve"))
    docket.wait(10).review("eve")
    review = of(docket.proceeding)
    assert (review.done, review.left) == (T0 + 20, ())
    assert review.standing(T0 + 10**9) == "reviewed"


def test_one_that_comes_at_the_deadline_is_late_and_stays_so(docket: Docket) -> None:
    docket.concur("bob")
    docket.wait(10).review("cho")
    docket.wait(7190).review("dee")
    assert of(docket.proceeding).standing(docket.at) == "late"


def test_it_is_unsettled_while_it_runs_and_until_somebody_has_looked(docket: Docket) -> None:
    assert is_unsettled(docket.proceeding)
    docket.concur("bob")
    docket.wait(1200).countermand("ann")
    assert docket.state == "countermanded"
    assert is_unsettled(docket.proceeding), "released before, and nobody has looked"
    docket.review("cho")
    docket.review("dee")
    assert not is_unsettled(docket.proceeding)


def test_what_was_never_released_is_never_reviewed(docket: Docket) -> None:
    docket.refuse("bob")
    assert docket.state == "stopped"
    assert asked(docket.proceeding) is None
    assert not is_unsettled(docket.proceeding)


def test_a_machine_that_the_rule_names_is_not_waited_for() -> None:
    docket = Docket(law_of(chain_of(CHAIN), machines=["dee"])).transmit("ann")
    docket.concur("bob")
    assert of(docket.proceeding).left == ("cho", "eve")
