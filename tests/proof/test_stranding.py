"""Whether willing people can get stuck is what trying every run of every coalition finds."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings

from chain.scenarios import SCENARIOS, scenario
from cheget.chain.chain import Chain
from cheget.chain.parse import parse_chain
from cheget.chain.people import People
from cheget.proof.account import accounts
from cheget.proof.stranding import stranding
from proof.oracle import Coalition, Oracle, coalitions, staffed

Answer = tuple[int, str, str]  # level, post, person


def next_answers(
    oracle: Oracle, willing: Coalition, answered: tuple[Answer, ...], level: int
) -> Iterator[Answer]:
    """Who of these may answer next at that level, one seat each, the originator first."""
    spent = {person for _, _, person in answered}
    filled = {(n, post) for n, post, _ in answered}
    for person in sorted(willing - spent):
        if answered:
            places = oracle.places(person, frozenset())
        else:
            attested = oracle.attested(willing - {person})
            own = [post for post in oracle.ladder[0].members if oracle.fills(post) == person]
            places = [(0, post) for post in own] if attested else []
        for number, post in places:
            if number == level and (number, post) not in filled:
                yield number, post, person


def gets_stuck(oracle: Oracle, willing: Coalition) -> bool:
    """Whether these can answer in an order after which none of them can answer any more."""
    ways: list[tuple[Answer, ...]] = [()]
    seen: set[frozenset[Answer]] = set()
    while ways:
        answered = ways.pop()
        pending = next(
            (n for n in range(len(oracle.ladder))
             if not oracle.is_met(n, {post for level, post, _ in answered if level == n})),
            None,
        )  # fmt: skip
        if pending is None or frozenset(answered) in seen:
            continue
        seen.add(frozenset(answered))
        more = list(next_answers(oracle, willing, answered, pending))
        if answered and not more:
            return True
        ways += [(*answered, one) for one in more]
    return False


@settings(max_examples=400, deadline=None)
@given(staffed(most=5))
def test_people_get_stuck_where_trying_every_run_gets_them_stuck(
    given_: tuple[Chain, People | None],
) -> None:
    chain, people = given_
    if chain.repeatable:
        return
    (account,) = accounts(chain, people)
    oracle = Oracle(chain, "act", people)
    found = stranding(account)
    wanted = any(
        gets_stuck(oracle, one) for one in coalitions(account.people) if oracle.can_release(one)
    )
    assert found.decided
    assert (found.example is not None) == wanted
    if found.example is not None:
        coalition = frozenset(found.example.coalition)
        assert oracle.can_release(coalition)
        assert gets_stuck(oracle, coalition)


@pytest.mark.parametrize("name", SCENARIOS)
def test_of_every_shipped_scenario_it_is_decided(name: str) -> None:
    for account in accounts(parse_chain(scenario(name))):
        found = stranding(account)
        assert found.decided
        assert (found.example is not None) == (name == "bank-wire")


def alike(people: int) -> bytes:
    names = ", ".join(f"p{n}" for n in range(people))
    declared = ", ".join(f"p{n}: P" for n in range(people))
    return (
        f"chain: c\nmembers: {{{declared}}}\nlevels:\n"
        f"  - {{level: one, members: [{names}], rule: {people // 2} of members}}\n"
        f"  - {{level: two, members: [{names}], rule: {people // 2} of members}}\n"
    ).encode()


def test_people_who_are_alike_are_counted_and_not_told_apart() -> None:
    (account,) = accounts(parse_chain(alike(30)))
    found = stranding(account)
    assert found.decided
    assert found.example is None


def test_what_is_too_much_to_look_at_is_said() -> None:
    names = [f"p{n}" for n in range(13)]
    weighed = "".join(f"  {one}: {{weights: {{w: {n + 1}}}}}\n" for n, one in enumerate(names))
    (account,) = accounts(parse_chain((
        f"chain: c\nmembers:\n{weighed}  q: Q\nlevels:\n"
        f"  - {{level: one, members: [{', '.join(names)}], rule: all of w}}\n"
        f"  - {{level: two, members: [{', '.join(names)}, q], rule: any}}\n"
    ).encode()))  # fmt: skip
    found = stranding(account)
    assert (found.example, found.decided) == (None, False)
