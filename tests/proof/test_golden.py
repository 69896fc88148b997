"""Numbers that others have published or that can be counted by hand, and what ships with cheget."""

from fractions import Fraction
from itertools import combinations
from math import comb, factorial

import pytest

from chain.scenarios import SCENARIOS, scenario
from cheget.chain.parse import parse_chain
from cheget.proof.account import Account, accounts
from cheget.proof.claims import verdicts


def account(name: str, action: str | None = None) -> Account:
    return accounts(parse_chain(scenario(name)), action=action)[0]


def winning(found: Account) -> int:
    """How many coalitions win where everybody answers."""
    return (1 << len(found.people)) - sum(found.blocking.winning())


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_claim_of_a_scenario_holds(name: str) -> None:
    chain = parse_chain(scenario(name))
    judged = verdicts(chain, accounts(chain))
    assert [one.text for one in judged if one.verdict == "fails"] == []
    assert [one.text for one in judged] == list(chain.claims)
    assert judged, f"{name} claims something"


@pytest.mark.parametrize("action", ["textbook", "voted"])
def test_the_security_council_has_848_winning_coalitions_both_ways_written(action: str) -> None:
    council = account("security-council", action)
    assert winning(council) == 848
    powers = council.powers
    for permanent in ("cn", "fr", "ru", "uk", "us"):
        assert powers[permanent].swings == 848
        assert powers[permanent].shapley == Fraction(421, 2145)
        assert powers[permanent].banzhaf == Fraction(848, 5080)
    for number in range(1, 11):
        elected = powers[f"elected-{number}"]
        assert (elected.swings, elected.shapley) == (84, Fraction(4, 2145))
    assert sum(power.shapley for power in powers.values()) == 1


def test_silence_tells_the_two_councils_apart() -> None:
    textbook, voted = (account("security-council", action) for action in ("textbook", "voted"))
    assert sum(textbook.releasing.minimal()) == 210
    assert sum(voted.releasing.minimal()) == 5005
    elected = [f"elected-{number}" for number in range(1, 10)]
    assert voted.structure.can_release(elected)
    assert not textbook.structure.can_release(elected)
    assert not voted.structure.released(elected, ["cn"])


def test_the_root_keys_ceremony() -> None:
    ceremony = account("root-ksk", "sign")
    assert (winning(ceremony), len(ceremony.people)) == (99, 11)
    assert ceremony.powers["witness"].shapley == Fraction(21, 88)
    assert ceremony.powers["officer-3"].shapley == Fraction(1, 154)
    assert [one for one in ceremony.blocking.minimal() if one] == [4, 21]  # a role, 5 officers
    assert ceremony.blocking.minimal()[5] == 21
    recovery = account("root-ksk", "recover")
    assert (winning(recovery), len(recovery.people)) == (21 + 7 + 1, 9)
    assert recovery.blocking.minimal() == (0, 2, 0, 35)  # a role, or 3 of 7 holders


def test_a_squadron_of_five_centres() -> None:
    squadron = account("minuteman", "launch")
    assert winning(squadron) == 376
    assert all(power.shapley == Fraction(1, 10) for power in squadron.powers.values())
    assert squadron.blocking.smallest == 4
    assert account("minuteman", "launch-with-inhibit").blocking.smallest == 1
    lone = account("minuteman", "lone-launch")
    assert winning(lone) == 2**10 - 3**5  # all but those where no centre has both
    assert lone.blocking.minimal() == (0, 0, 0, 0, 0, 2**5)  # an officer in each centre


@pytest.mark.parametrize(
    ("name", "action", "size", "ways", "block"),
    [
        ("b59-1962", "aboard-b59", 3, 1, 1),
        ("b59-1962", "sister-boat", 2, 1, 1),
        ("bank-wire", "wire", 3, 2 * 3 + 2, 1),  # a teller and any; officer-1 and a colleague
        ("bank-wire", "large-wire", 4, 2 * 3 + 1, 1),
        ("cheget", "tactical", 9, 2 * 2, 1),  # the chief or the deputy; either commander
        ("high-risk-drug", "emergency-dose", 3, 2 * 3, 1),
        ("minuteman", "launch", 4, comb(5, 2), 4),
        ("minuteman", "launch-with-inhibit", 4, comb(5, 2), 1),
        ("minuteman", "lone-launch", 2, 5, 5),
        ("move-treasury", "transfer", 3, 3, 1),  # of the pairs of owners, three hold over half
        ("move-treasury", "large-transfer", 4, 3, 1),
        ("multisig-treasury", "upgrade", 6, comb(9, 6), 4),
        ("multisig-treasury", "pay", 5, comb(9, 5), 5),
        ("multisig-treasury", "grant", 3, comb(5, 3), 3),
        ("release-firmware", "beta", 3, 3 * 3, 1),
        ("release-firmware", "stable", 5, 3 * 3 * 3, 1),
        ("us-sole-authority", "launch", 2, 2, 1),
        ("vault-unseal", "unseal", 3, comb(5, 3), 3),
        ("wipe-database", "wipe", 4, comb(4, 3) * 2, 1),
        ("wipe-database", "emergency-wipe", 2, comb(4, 2) + 4 * 2, 1),
    ],
)
def test_coalitions_counted_by_hand(
    name: str, action: str, size: int, ways: int, block: int
) -> None:
    found = account(name, action)
    assert found.releasing.smallest == size
    assert sum(found.releasing.minimal()) == ways
    assert found.blocking.smallest == block


@pytest.mark.parametrize("action", ["demonstration", "tactical"])
def test_the_articles_chain(action: str) -> None:
    chain = account("cheget", action)
    assert chain.releasing.smallest == 9
    assert sum(chain.releasing.minimal()) == 4
    assert chain.blocking.minimal() == (0, 8, 1)
    assert winning(chain) == 6


def test_luxembourg_in_1958_is_counted_and_never_matters() -> None:
    votes = {"de": 4, "fr": 4, "it": 4, "nl": 2, "be": 2, "lu": 1}
    members = "".join(f"  {one}: {{weights: {{votes: {n}}}}}\n" for one, n in votes.items())
    (council,) = accounts(parse_chain(
        f"chain: six\nmembers:\n{members}levels:\n"
        f"  - {{level: council, members: [{', '.join(votes)}], rule: 12 of votes}}\n".encode()
    ))  # fmt: skip
    shares = [council.powers[one].shapley for one in votes]
    assert shares == [Fraction(7, 30)] * 3 + [Fraction(3, 20)] * 2 + [Fraction(0)]
    assert "lu" not in council.releasing.deciding | council.blocking.deciding


@pytest.mark.parametrize(
    ("action", "smallest", "minimal", "wins"),
    [
        ("five-with-him", 5, 1, 1), ("five-below-him", 6, 1, 1), ("staff-of-one-mind", 9, 1, 1),
        ("staff-by-majority", 7, 10, 16), ("all-bodies", 10, 1, 1),
    ],
)  # fmt: skip
def test_the_articles_chain_as_it_may_be_read(
    action: str, smallest: int, minimal: int, wins: int
) -> None:
    chain = account("cheget-readings", action)
    assert chain.releasing.smallest == smallest
    assert sum(chain.releasing.minimal()) == minimal
    assert winning(chain) == wins
    assert chain.blocking.smallest == 1


@pytest.mark.parametrize(
    ("action", "wins", "holders"),
    [
        ("three-of-three", 7, {"president", "minister", "chief", "centre"}),
        ("president-and-one", 3 * 7, {"president", "centre"}),
        ("president-alone", 7, {"president", "centre"}),
    ],
)
def test_three_terminals_in_august_1991(action: str, wins: int, holders: set[str]) -> None:
    chain = account("soviet-1991", action)
    assert winning(chain) == wins
    assert {one for one in chain.people if chain.structure.can_block([one])} == holders


def test_a_dose_takes_a_prescriber_the_pharmacist_and_no_nurse_against_it() -> None:
    dose = account("high-risk-drug", "dose")
    assert winning(dose) == 3 * 1 * 2  # the pharmacist on call may say what they like
    assert sum(dose.releasing.minimal()) == 2 * 2 * 3
    assert dose.blocking.minimal() == (0, 4, 1)  # one of four, or both who prescribe


def shares() -> dict[str, int]:
    """The states' shares, in tenths of a percent."""
    council = parse_chain(scenario("eu-council"))
    return {state.id: int(dict(state.weights)["population"] * 10) for state in council.members}


def counted(states: dict[str, int]) -> dict[tuple[int, int], int]:
    """How many coalitions of these states, by size and people."""
    ways = {(0, 0): 1}
    for people in states.values():
        for (size, sum_), count in list(ways.items())[::-1]:
            key = (size + 1, sum_ + people)
            ways[key] = ways.get(key, 0) + count
    return ways


@pytest.mark.parametrize(
    ("action", "states", "against"), [("commission-proposal", 15, 3), ("other-proposal", 20, -1)]
)
def test_the_council_of_the_union_as_coalitions_counted_apart(
    action: str, states: int, against: int
) -> None:
    council, people = account("eu-council", action), shares()
    quota = -(-65 * sum(people.values()) // 100)

    def wins(size: int, sum_: int) -> bool:
        return (size >= states and sum_ >= quota) or len(people) - size <= against

    assert winning(council) == sum(n for key, n in counted(people).items() if wins(*key))
    assert sum(council.releasing.winning()) == winning(council)
    for state in ("de", "es", "mt"):
        others = {one: share for one, share in people.items() if one != state}
        swings = {
            (size, sum_): n for (size, sum_), n in counted(others).items()
            if wins(size + 1, sum_ + people[state]) and not wins(size, sum_)
        }  # fmt: skip
        orders = sum(
            n * factorial(size) * factorial(len(others) - size)
            for (size, _), n in swings.items()
        )  # fmt: skip
        assert council.powers[state].swings == sum(swings.values())
        assert council.powers[state].shapley == Fraction(orders, factorial(len(people)))
    assert sum(power.shapley for power in council.powers.values()) == 1


def test_a_blocking_minority_of_the_council_has_four_states_or_thirteen() -> None:
    council, people = account("eu-council", "commission-proposal"), shares()
    minority = sum(people.values()) - -(-65 * sum(people.values()) // 100)  # any more blocks
    fours = sum(sum(people[one] for one in four) > minority for four in combinations(people, 4))
    assert council.blocking.minimal()[:5] == (0, 0, 0, 0, fours)
    assert len(council.blocking.minimal()) == 14
    assert council.structure.can_block([*people][-13:])  # the smallest thirteen
    assert not council.structure.can_block([*people][-12:])
