"""What people are told: six words, whose turn it is, what a refusal would do, who is stranded."""

import pytest

from cheget.errors import NotAllowedError, UnfitEntryError
from cheget.order.allowed import check_executors, check_kind, check_order, executors_tree, named
from cheget.order.consequence import can_refuse, refusal_consequence, stranded_levels, turns
from cheget.order.documents import order_name
from cheget.order.words import in_words, prefix_bits
from docket import Docket, chain_of, law_of

CHAIN = chain_of("""
    chain: told
    members: {ann: Ann, bob: {title: Bob, deputy: dep after 10m}, cho: Cho, dan: Dan, dep: Dep}
    levels:
      - {level: head, members: [ann]}
      - {level: middle, members: [bob, cho, dan], rule: 2 of members}
      - {level: last, members: [cho]}
    executors: {thing: {title: Thing, count: 30}, lamp: Lamp}
    actions: {act: {executors: [thing], at-most: 3}}
    """)
LAW = law_of(CHAIN)


def asked() -> Docket:
    return Docket(LAW).transmit("ann").wait(60)


def test_six_words_are_the_first_66_bits() -> None:
    digest = bytes.fromhex("00" * 8 + "3f" + "ff" * 23)
    words = order_name(digest.hex()).split()
    assert words == in_words(digest, 6) == ["abandon"] * 6
    assert in_words(bytes([255] * 32), 1) == ["zoo"]
    bits = prefix_bits(words)
    assert bits == "0" * 66
    assert prefix_bits(["abandon", "cheget"]) is None
    assert prefix_bits([]) == ""


def test_words_lead_back_to_the_bits_they_stand_for() -> None:
    for number in range(0, 256, 5):
        digest = bytes((number * k + k) % 256 for k in range(32))
        whole = "".join(f"{byte:08b}" for byte in digest)
        assert prefix_bits(in_words(digest, 6)) == whole[:66]


def test_a_turn_says_where_and_since_when() -> None:
    docket = asked()
    start = docket.proceeding.rungs[1].opened_at
    (turn,) = turns(docket.proceeding, "bob", docket.at)
    assert (turn.level, turn.seat, turn.as_deputy, turn.since) == ("middle", "bob", False, start)
    (later,) = turns(docket.proceeding, "dep", docket.at)
    assert (later.seat, later.as_deputy, later.since) == ("bob", True, start + 600)
    assert turns(docket.proceeding, "ann", docket.at) == ()
    docket.refuse("bob")
    assert turns(docket.proceeding, "bob", docket.at) == ()
    assert turns(docket.proceeding, "dep", docket.at) == ()
    assert turns(docket.proceeding, "dan", docket.at + 10**6) == ()


def test_a_turn_is_offered_where_a_concurrence_would_count() -> None:
    docket = asked().wait(600)
    for person in ("bob", "cho", "dan", "dep"):
        for turn in turns(docket.proceeding, person, docket.at):
            other = asked().wait(600)
            assert other.concur(person, turn.seat) == "counts"


@pytest.mark.parametrize(
    ("before", "who", "says"),
    [
        ((), "bob", "alone won't stop it"),
        (("dan",), "bob", "stops this order, at middle"),
        ((), "cho", "stops this order, at last"),
        ((), "ann", "countermands this order"),
        ((), "dep", "alone won't stop it"),
    ],
)
def test_a_refusals_consequence_is_what_it_then_does(
    before: tuple[str, ...], who: str, says: str
) -> None:
    docket = asked()
    for person in before:
        docket.refuse(person)
    said = refusal_consequence(docket.proceeding, who, docket.at)
    assert says in said
    effect = docket.refuse(who)
    assert effect == (
        "stops" if "stops this" in said else "countermands" if "counter" in said else "kept"
    )


def test_a_refusals_consequence_after_release_and_after_the_end() -> None:
    docket = asked()
    for person, seat in (("bob", "bob"), ("dan", "dan"), ("cho", "cho")):
        docket.concur(person, seat)
    assert docket.state == "released"
    assert "is kept, and doesn't stop it" in refusal_consequence(
        docket.proceeding, "dep", docket.at
    )
    assert "countermands" in refusal_consequence(docket.proceeding, "dan", docket.at)
    docket.countermand("ann")
    said = refusal_consequence(docket.proceeding, "dan", docket.at)
    assert said == "The order is countermanded already. Your refusal is kept as evidence."


def test_who_cannot_refuse_is_told_so() -> None:
    docket = asked()
    assert can_refuse(docket.proceeding, "bob", docket.at)
    assert not can_refuse(docket.proceeding, "zoe", docket.at)
    docket.refuse("bob")
    assert not can_refuse(docket.proceeding, "bob", docket.at)
    with pytest.raises(UnfitEntryError):
        refusal_consequence(docket.proceeding, "bob", docket.at)


def test_levels_that_a_concurrence_would_strand_are_named() -> None:
    docket = asked()
    assert stranded_levels(docket.proceeding, "cho", "cho", docket.at) == ("last",)
    assert stranded_levels(docket.proceeding, "bob", "bob", docket.at) == ()
    docket.countermand("ann")
    assert stranded_levels(docket.proceeding, "cho", "cho", docket.at) == ()


def test_executors_are_the_ones_signed_sorted_once_each_and_of_the_actions_kind() -> None:
    docket = Docket(LAW)
    order = docket.order("ann")
    some = ["thing-0001", "thing-0002"]
    from dataclasses import replace

    order = replace(order, executors=named(some))
    assert check_order(LAW, order).id == "act"
    check_executors(LAW, order, some)
    assert order.executors.root == executors_tree(some).root.hex()
    for other in (some[::-1], some[:1], [*some, "thing-0003"], [some[0], some[0]], []):
        with pytest.raises(NotAllowedError):
            check_executors(LAW, order, other)
    for strange in ("thing-31", "thing-0031", "thing-00001", "thing", "boat", "lamp-0001", "lamp"):
        with pytest.raises(NotAllowedError):
            check_kind(LAW, CHAIN.action("act"), strange)
    for count in (0, 4):
        with pytest.raises(NotAllowedError, match="at least 1 and at most 3"):
            check_order(LAW, replace(order, executors=replace(order.executors, count=count)))
