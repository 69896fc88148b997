"""Numbers that others have published or that can be counted by hand, and what ships with cheget."""

from fractions import Fraction

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
    ceremony = account("root-ksk")
    assert (winning(ceremony), len(ceremony.people)) == (99, 11)
    assert ceremony.powers["witness"].shapley == Fraction(21, 88)
    assert ceremony.powers["officer-3"].shapley == Fraction(1, 154)
    assert [one for one in ceremony.blocking.minimal() if one] == [4, 21]  # a role, 5 officers
    assert ceremony.blocking.minimal()[5] == 21


def test_a_squadron_of_five_centres() -> None:
    squadron = account("minuteman", "launch")
    assert winning(squadron) == 376
    assert all(power.shapley == Fraction(1, 10) for power in squadron.powers.values())
    assert squadron.blocking.smallest == 4
    assert account("minuteman", "launch-with-inhibit").blocking.smallest == 1


@pytest.mark.parametrize(
    ("name", "action", "block"),
    [
        ("b59-1962", "aboard-b59", 1), ("b59-1962", "sister-boat", 1), ("vault-unseal", None, 3),
        ("bank-wire", "wire", 1), ("multisig-treasury", "pay", 5), ("cheget", "tactical", 1),
        ("us-sole-authority", None, 1),
    ],
)  # fmt: skip
def test_the_smallest_coalition_that_blocks(name: str, action: str | None, block: int) -> None:
    assert account(name, action).blocking.smallest == block


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


STATES = (  # population in tenths of a percent of the Union's
    187, 151, 133, 108, 85, 43, 40, 26, 24, 23, 24, 22, 20, 23, 13, 13, 12, 12, 9, 6, 5, 4, 4, 3,
    2, 1, 1,
)  # fmt: skip


def test_a_double_majority_of_states_and_people() -> None:
    names = [f"s{n}" for n in range(len(STATES))]
    members = "".join(
        f"  {one}: {{weights: {{population: {n}}}}}\n" for one, n in zip(names, STATES, strict=True)
    )
    (council,) = accounts(parse_chain(
        f"chain: union\nmembers:\n{members}levels:\n"
        f"  - level: council\n    members: [{', '.join(names)}]\n"
        f"    rule: 55% of members and 65% of population\n".encode()
    ))  # fmt: skip
    ways: dict[tuple[int, int], int] = {(0, 0): 1}  # how many coalitions, by size and people
    for population in STATES:
        for (size, people), count in list(ways.items())[::-1]:
            key = (size + 1, people + population)
            ways[key] = ways.get(key, 0) + count
    quota = -(-65 * sum(STATES) // 100)
    wanted = sum(n for (size, people), n in ways.items() if size >= 15 and people >= quota)
    assert sum(council.releasing.winning()) == winning(council) == wanted
    assert council.releasing.smallest == 15
    assert sum(power.shapley for power in council.powers.values()) == 1
