"""What each entry does, by the state it meets: every cell of the table."""
# ruff: noqa: E501 - a table is as wide as it is

from collections.abc import Callable
from contextlib import suppress

import pytest

from cheget.errors import UnfitEntryError
from cheget.order.documents import AnyDocument, Attestation, Receipt
from cheget.order.fields import Head
from cheget.order.fold import Entry, close, step
from docket import Docket, chain_of, law_of

CHAIN = chain_of("""
    chain: five
    members:
      ann: Ann
      bob: {title: Bob, deputy: dep after 10m}
      cho: Cho
      dan: Dan
      eve: Eve
      dep: Deputy
      ida: Ida
    levels:
      - {level: head, members: [ann]}
      - {level: middle, members: [bob, cho, dan], rule: 2 of members}
      - {level: last, members: [eve], veto: any}
      - {level: other, members: [dep], for: [elsewhere]}
      - {level: looks, members: [ida], for: [elsewhere]}
    executors: {thing: A thing}
    actions:
      act: {executors: [thing], decide-within: 1h, hold: 5m, valid-for: 30m, review: "any of (ann, ida) within 1h"}
      elsewhere: {executors: [thing]}
    """)
LAW = law_of(CHAIN)


def an_open() -> Docket:
    docket = Docket(LAW).transmit("ann").wait(60)
    docket.concur("bob")
    return docket


def a_released() -> Docket:
    docket = an_open()
    docket.concur("cho")
    assert docket.concur("eve") == "releases"
    return docket


def a_released_by_deputy() -> Docket:
    docket = Docket(LAW).transmit("ann").wait(600)
    docket.concur("dep", "bob")
    docket.concur("cho")
    docket.concur("eve")
    return docket


def a_stopped() -> Docket:
    docket = an_open()
    assert docket.refuse("eve") == "stops"
    return docket


def a_countermanded() -> Docket:
    docket = an_open()
    assert docket.countermand("ann") == "countermands"
    return docket


def an_expired() -> Docket:
    return an_open().wait(3600)


def a_closed() -> Docket:
    docket = an_open()
    docket.known = close(docket.proceeding, docket.at, "the law changed")
    return docket


def a_recalled() -> Docket:
    docket = a_released()
    assert docket.countermand("eve") == "countermands"
    return docket


def a_lapsed() -> Docket:
    return a_released().wait(35 * 60)


OPEN = {"open": an_open}
RELEASED = {"released": a_released}
ENDED = {"stopped": a_stopped, "countermanded": a_countermanded, "expired": an_expired}
ENDED_AFTER = {"recalled": a_recalled, "expired after release": a_lapsed}

CASES: list[tuple[dict[str, Callable[[], Docket]], str, Callable[[Docket], object], str]] = [
    # concurrence: counts, late, or fault | late | fault
    (OPEN, "concurrence of the level asked", lambda d: d.concur("cho"), "counts"),
    (OPEN, "concurrence of a level above", lambda d: (d.concur("cho"), d.concur("dan", level="middle"))[1], "late"),
    (OPEN, "concurrence of a level below", lambda d: d.concur("eve", level="last"), "fault"),
    (OPEN, "concurrence of a stranger", lambda d: d.concur("ida", "dan"), "fault"),
    (RELEASED, "concurrence nobody waited for", lambda d: d.concur("dan", level="middle"), "late"),
    (ENDED | ENDED_AFTER, "concurrence", lambda d: d.concur("dan", level="middle"), "fault"),
    # refusal: counts, stops or not, countermand if counted | countermand by members or counted; else kept | kept
    (OPEN, "refusal that leaves the rule to others", lambda d: d.refuse("dan"), "kept"),
    (OPEN, "refusal that leaves it to nobody", lambda d: (d.refuse("dan"), d.refuse("cho"))[1], "stops"),
    (OPEN, "refusal that meets a veto", lambda d: d.refuse("eve"), "stops"),
    (OPEN, "refusal by who was counted", lambda d: d.refuse("bob"), "countermands"),
    (OPEN, "refusal by the originator", lambda d: d.refuse("ann"), "countermands"),
    (OPEN, "refusal by a deputy", lambda d: d.refuse("dep"), "kept"),
    (OPEN, "refusal by a stranger", lambda d: d.refuse("ida"), "fault"),
    (OPEN, "refusal twice", lambda d: (d.refuse("dan"), d.refuse("dan", reason="1" * 64))[1], "fault"),
    (RELEASED, "refusal by who was counted", lambda d: d.refuse("cho"), "countermands"),
    (RELEASED, "refusal by a member who was silent", lambda d: d.refuse("dan"), "countermands"),
    (RELEASED, "refusal by a deputy who was silent", lambda d: d.refuse("dep"), "kept"),
    ({"released": a_released_by_deputy}, "refusal by a deputy who counted", lambda d: d.refuse("dep"), "countermands"),
    ({"released": a_released_by_deputy}, "refusal where a deputy counted", lambda d: d.refuse("bob"), "countermands"),
    (RELEASED, "refusal by a stranger", lambda d: d.refuse("ida"), "fault"),
    (ENDED | ENDED_AFTER, "refusal", lambda d: d.refuse("dan"), "kept"),
    (ENDED | ENDED_AFTER, "refusal by a deputy", lambda d: d.refuse("dep"), "kept"),
    # countermand: ends by originator or counted, else kept | these or any member, else kept | kept
    (OPEN, "countermand by the originator", lambda d: d.countermand("ann"), "countermands"),
    (OPEN, "countermand by who was counted", lambda d: d.countermand("bob"), "countermands"),
    (OPEN, "countermand by another member", lambda d: d.countermand("eve"), "kept"),
    (OPEN, "countermand by a deputy", lambda d: d.countermand("dep"), "kept"),
    (OPEN, "countermand by a stranger", lambda d: d.countermand("ida"), "fault"),
    (OPEN, "countermand twice", lambda d: (d.countermand("eve"), d.countermand("eve", reason="1" * 64))[1], "fault"),
    (RELEASED, "countermand by the originator", lambda d: d.countermand("ann"), "countermands"),
    (RELEASED, "countermand by any member", lambda d: d.countermand("dan"), "countermands"),
    (RELEASED, "countermand by a deputy who was silent", lambda d: d.countermand("dep"), "kept"),
    ({"released": a_released_by_deputy}, "countermand by a deputy who counted", lambda d: d.countermand("dep"), "countermands"),
    (ENDED | ENDED_AFTER, "countermand", lambda d: d.countermand("cho"), "kept"),
    # question: kept throughout
    (OPEN | RELEASED | ENDED | ENDED_AFTER, "question", lambda d: d.ask("dan"), "kept"),
    (OPEN | RELEASED | ENDED | ENDED_AFTER, "question of a deputy", lambda d: d.ask("dep"), "kept"),
    (OPEN | RELEASED | ENDED | ENDED_AFTER, "question of a stranger", lambda d: d.ask("ida"), "fault"),
    # review: fault | kept | kept if it was released before, else fault
    (OPEN, "review", lambda d: d.review("ida"), "fault"),
    (RELEASED, "review", lambda d: d.review("ida"), "kept"),
    (RELEASED, "review by somebody not asked", lambda d: d.review("bob"), "fault"),
    (RELEASED, "review of another release", lambda d: d.review("ida", "1" * 64), "fault"),
    (RELEASED, "review twice", lambda d: (d.review("ida"), d.review("ida"))[1], "fault"),
    (ENDED, "review", lambda d: d.review("ida"), "fault"),
    (ENDED_AFTER, "review", lambda d: d.review("ida"), "kept"),
    # what is no entry of an order at all
    (OPEN | RELEASED | ENDED | ENDED_AFTER, "the order again", lambda d: d.enter(d.proceeding.order), "fault"),
    (OPEN | RELEASED | ENDED | ENDED_AFTER, "another order", lambda d: d.enter(d.order("ann")), "fault"),
]  # fmt: skip

CELLS = [
    pytest.param(make, act, effect, id=f"{state}-{what}")
    for states, what, act, effect in CASES
    for state, make in states.items()
]


@pytest.mark.parametrize(("make", "act", "effect"), CELLS)
def test_each_entry_does_what_the_table_says(
    make: Callable[[], Docket], act: Callable[..., object], effect: str
) -> None:
    docket = make()
    if effect == "fault":
        with pytest.raises(UnfitEntryError):
            act(docket)
        return
    before = docket.state
    assert act(docket) == effect
    ends = {"stops": "stopped", "countermands": "countermanded"}
    if effect in ends:
        assert docket.state == ends[effect]
    elif before in {"open", "released"}:
        assert docket.state == before


@pytest.mark.parametrize("act", ["concur", "refuse", "countermand", "ask"])
def test_a_closed_order_keeps_stops_and_questions_and_takes_no_concurrence(
    act: Callable[..., object],
) -> None:
    docket = a_closed()
    entry_fits = act != "concur"
    docket.entries = []  # closing is no entry of this thread: only the step is looked at
    try:
        docket.enter = _alone(docket)  # type: ignore[method-assign]
        assert getattr(docket, act)("cho") == "kept"
        assert entry_fits
        assert docket.state == "closed"
    except UnfitEntryError:
        assert not entry_fits


def _alone(docket: Docket) -> Callable[..., object]:
    def enter(document: AnyDocument, *, own_device: bool = True) -> object:
        entry = Entry(docket.position, docket.at, document.digest(), document, own_device)
        docket.known, effect = step(docket.proceeding, entry)
        return effect

    return enter


@pytest.mark.parametrize("make", [an_open, a_released, a_stopped])
def test_receipts_and_attestations_are_threads_of_their_own(make: Callable[[], Docket]) -> None:
    docket = make()
    head = Head(0, "0" * 64)
    receipt = Receipt(
        docket.at, (), "0" * 32, "thing", head, docket.digest, head, "unknown", "0" * 64, "0" * 64
    )
    attestation = Attestation(
        "act", "red", "0" * 32, 0, "0" * 64, "0" * 32, "ann", "ann", "0" * 64, 1
    )
    for document in (receipt, attestation):
        with pytest.raises(UnfitEntryError, match="is no entry of an order"):
            docket.enter(document)


@pytest.mark.parametrize("make", [*ENDED.values(), *ENDED_AFTER.values()])
def test_terminal_is_terminal(make: Callable[[], Docket]) -> None:
    docket = make()
    docket.ask("dan")
    ending = docket.proceeding.ending
    assert ending is not None
    for person in ("ann", "bob", "cho", "dan", "eve", "dep"):
        for stop in (docket.refuse, docket.countermand):
            with suppress(UnfitEntryError):  # one for each signer, kind and state
                stop(person, reason="2" * 64)
    docket.wait(10**6).ask("dan")
    assert docket.proceeding.ending == ending
