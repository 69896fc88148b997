"""Coalitions, counts and power are what enumeration says, on small chains drawn at random."""

from fractions import Fraction
from itertools import permutations
from math import factorial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cheget.chain.chain import Chain
from cheget.chain.parse import parse_chain
from cheget.chain.people import People
from cheget.errors import TooEntangledError
from cheget.proof.account import Account, accounts
from proof.oracle import Coalition, Oracle, coalitions, minimal, staffed

Staffed = tuple[Chain, People | None]


def sizes(found: set[Coalition] | list[Coalition]) -> dict[int, int]:
    counted: dict[int, int] = {}
    for one in found:
        counted[len(one)] = counted.get(len(one), 0) + 1
    return counted


def numbered(counts: tuple[int, ...]) -> dict[int, int]:
    return {size: count for size, count in enumerate(counts) if count}


@settings(max_examples=200, deadline=None)
@given(staffed())
def test_coalitions_counts_and_swings_are_what_enumeration_says(given_: Staffed) -> None:
    chain, people = given_
    (account,) = accounts(chain, people)
    oracle, everybody = Oracle(chain, "act", people), frozenset(account.people)
    every = list(coalitions(account.people))
    releases = [one for one in every if oracle.can_release(one)]
    blocks = [one for one in every if oracle.can_block(one, everybody)]
    for family, wanted in ((account.releasing, releases), (account.blocking, blocks)):
        least = minimal(wanted)
        assert numbered(family.winning()) == sizes(wanted)
        assert numbered(family.minimal()) == sizes(least)
        assert {frozenset(one) for one in family.first(10_000)} == least
        assert len(family.first(10_000)) == len(least)
        assert family.smallest == min(map(len, least), default=None)
    swings = {
        person: sum(
            oracle.released(one | {person}, everybody - one - {person})
            and not oracle.released(one, everybody - one)
            for one in every
            if person not in one
        )
        for person in account.people
    }
    assert {person: power.swings for person, power in account.powers.items()} == swings


@settings(max_examples=40, deadline=None)
@given(staffed(most=5))
def test_shapley_is_how_often_somebody_decides_when_all_come_in_turn(given_: Staffed) -> None:
    chain, people = given_
    (account,) = accounts(chain, people)
    oracle, everybody = Oracle(chain, "act", people), frozenset(account.people)
    won = {one: oracle.released(one, everybody - one) for one in coalitions(account.people)}
    decides = dict.fromkeys(account.people, 0)
    for order in permutations(account.people):
        for place, person in enumerate(order):
            if won[frozenset(order[: place + 1])] and not won[frozenset(order[:place])]:
                decides[person] += 1
    total = factorial(len(account.people))
    for person, power in account.powers.items():
        assert power.shapley == Fraction(decides[person], total)


@settings(max_examples=100, deadline=None)
@given(staffed())
def test_without_veto_and_deputy_blocking_is_the_minimal_transversals_of_releasing(
    given_: Staffed,
) -> None:
    chain, people = given_
    (account,) = accounts(chain, people)
    if any(level.veto for level in chain.levels) or any(m.deputies for m in chain.members):
        return
    releasing = [frozenset(one) for one in account.releasing.first(10_000)]
    hits = [one for one in coalitions(account.people) if all(one & other for other in releasing)]
    blocking = {frozenset(one) for one in account.blocking.first(10_000)}
    assert blocking == minimal(hits)


@settings(max_examples=100, deadline=None)
@given(staffed(), st.data())
def test_the_fewest_of_some_people_that_a_release_takes(
    given_: Staffed, data: st.DataObject
) -> None:
    chain, people = given_
    (account,) = accounts(chain, people)
    some = {person for person in account.people if data.draw(st.booleans())}
    wanted = [len(some & set(one)) for one in account.releasing.first(10_000)]
    assert account.releasing.least(some.__contains__) == min(wanted, default=None)


@settings(max_examples=100, deadline=None)
@given(staffed())
def test_whose_word_decides_belongs_to_a_minimal_coalition(given_: Staffed) -> None:
    chain, people = given_
    (account,) = accounts(chain, people)
    for family in (account.releasing, account.blocking):
        listed = family.first(10_000)
        assert family.deciding == {person for one in listed for person in one}


def thresholds(levels: int, people: int, need: int) -> Account:
    names = [[f"m{level}-{n}" for n in range(people)] for level in range(levels)]
    lines = ["chain: large", "members:", *(f"  {one}: M" for level in names for one in level)]
    lines += ["levels:"]
    for number, level in enumerate(names):
        lines.append(
            f"  - {{level: v{number}, members: [{', '.join(level)}], rule: {need} of members}}"
        )
    return accounts(parse_chain("\n".join(lines).encode()))[0]


def test_five_levels_of_ten_of_twenty_are_counted_exactly() -> None:
    account = thresholds(5, 20, 10)
    assert sum(account.blocking.minimal()) == 5 * 167_960 == 839_800
    assert sum(account.releasing.minimal()) == 184_756**5
    assert sum(account.releasing.winning()) == 616_666**5


def test_a_level_of_a_thousand_of_two_thousand_is_counted_exactly() -> None:
    account = thresholds(1, 2000, 1000)
    assert len(str(sum(account.releasing.minimal()))) == 601
    assert account.releasing.smallest == 1000
    assert account.blocking.smallest == 1001
    assert len(account.releasing.first(2)[1]) == 1000


def entangled(people: int, levels: int) -> bytes:
    names = [f"p{n}" for n in range(people)]
    weights = [f"  {one}: {{weights: {{w: {2**n}.{n}}}}}" for n, one in enumerate(names)]
    lines = ["chain: entangled", "members:", *weights, "levels:"]
    for number in range(levels):
        lines += [f"  - level: v{number}", f"    members: [{', '.join(names)}]"]
        lines += ["    rule: majority of w and 3 of members"]
    return "\n".join(lines).encode()


def test_what_is_too_entangled_is_refused_soon_and_named() -> None:
    (account,) = accounts(parse_chain(entangled(30, 4)), steps=20_000)
    with pytest.raises(TooEntangledError, match="30 people who meet at v0, v1, v2, v3"):
        account.releasing.minimal()
