"""Where two files of beliefs differ, and what each difference makes; odds as one bets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import cheget
from cheget.assessment.dissent import differences
from cheget.assessment.words import wager

CHAIN = cheget.load(
    b"chain: publish\nmembers: {ann: Ann, bob: Bob, cho: Cho}\nlevels:\n"
    b"  - {level: request, members: [ann]}\n  - {level: team, members: [bob, cho], rule: all}\n"
)
HEAD = "beliefs: one\nchain: publish\n"


def beliefs(text: str) -> object:
    return cheget.load_beliefs((HEAD + text).encode(), CHAIN)


def between(ours: str, theirs: str) -> list[tuple[str, str, str, float | None]]:
    found = differences(CHAIN, beliefs(ours), beliefs(theirs))  # type: ignore[arg-type]
    return [(one.what, one.ours, one.theirs, one.alone) for one in found]


def test_the_same_beliefs_differ_in_nothing() -> None:
    said = "members: {everyone: {refuses: 10% to 30%}}\n"
    assert between(said, said) == []


def test_each_difference_alone_makes_what_it_would() -> None:
    ours = "members: {everyone: {refuses: 20%}}\n"
    theirs = "members: {everyone: {refuses: 10%}}\nreplace: 1\n"
    assert between(ours, theirs) == [
        ("replacement", "refusers replaced, a seat never", "refusers replaced, a seat once",
         pytest.approx(0.96**2)),
        ("what people do", "everyone refuses 20%", "everyone refuses 10%", pytest.approx(0.81)),
    ]  # fmt: skip


def test_what_only_one_of_them_says_is_said_to_be_unsaid() -> None:
    ours = "members: {everyone: {refuses: 20%}}\n"
    theirs = f"{ours}events: {{screen: {{probability: 50%, members: [bob], makes: refuses}}}}\n"
    assert between(ours, theirs) == [
        ("common causes", "screen not said", "screen 50%: refuses", pytest.approx(0.32))
    ]


def test_every_kind_of_belief_can_differ() -> None:
    ours = "members: {everyone: {refuses: 20%}}\n"
    more = (
        "shared: {everyone: 0.4}", "trust: 0.1", "messages: {bob: -1}", "within: 5m",
        "visible: {concurrence: 0.25}", "delays: {team: 10m to 2h}", "originator: none",
        "delays: {team: {median: 3m, sigma: 0.5}}",
    )  # fmt: skip
    for one in more:
        (found,) = between(ours, f"{ours}{one}\n")
        assert found[1] != found[2]
        assert found[3] is not None
    decided = "decision: {obedience: 1, deciding: 0.5, factors: {gain: -1}}\n"
    (found,) = between("members: {}\n".replace("members: {}\n", ""), decided)
    assert "decision gain -1" in found[2]


def test_a_difference_that_alone_is_not_defined_has_no_number() -> None:
    ours = "members: {everyone: {refuses: 20%}}\nshared: {everyone: 60% once another refuses}\n"
    (members, *_) = between(ours, "members: {everyone: {refuses: 70%}}\nshared: {everyone: 0.4}\n")
    assert {members[3] is None, members[0] == "thinking alike"} == {False, True}
    last = between(ours, "members: {everyone: {refuses: 70%}}\nshared: {everyone: 0.4}\n")[-1]
    assert (last[0], last[3]) == ("what people do", None)


@pytest.mark.parametrize(
    ("p", "said"),
    [(0.286, "about 5 to 2 against"), (0.58, "about 4 to 3 for"), (0.5, "about even"),
     (0.04, "1 in 25"), (0.97, "1 in 33 that not"), (0, "impossible on these beliefs")],
)  # fmt: skip
def test_odds_in_small_numbers(p: float, said: str) -> None:
    assert wager(p) == said


@given(st.floats(0.11, 0.89))
def test_odds_are_near_what_they_stand_for_and_mirrored(p: float) -> None:
    words = wager(p).split()
    if wager(p) != "about even":
        first, second = int(words[1]), int(words[3])
        implied = second / (first + second) if words[4] == "against" else first / (first + second)
        assert implied == pytest.approx(p, abs=0.04)
    else:
        assert p == pytest.approx(0.5, abs=0.04)
