"""What a chain leaves open is found, and nothing else."""

from hypothesis import given, settings

from chain.scenarios import scenario
from cheget.chain.chain import Chain
from cheget.chain.parse import parse_chain
from cheget.chain.people import People
from cheget.proof.account import accounts
from cheget.proof.stranding import Stranding
from cheget.proof.weaknesses import Weaknesses, weaknesses
from proof.oracle import Oracle, staffed


def weak(name: str, action: str | None = None) -> Weaknesses:
    return weaknesses(accounts(parse_chain(scenario(name)), action=action)[0])


def test_whoever_asks_cannot_count_for_the_team_as_well() -> None:
    (demand,) = weak("wipe-database", "wipe").demands
    assert (demand.level, demand.written, demand.takes, demand.people) == ("team", 2, 3, 4)
    assert demand.asker


def test_an_officer_who_enters_a_wire_cannot_approve_it() -> None:
    found = weak("bank-wire", "large-wire").stranding.example
    assert found is not None
    assert found.level == "two-approvals"
    assert "officer-1" in {one.person for one in found.answered if one.level == "entry"}


def test_nobody_gets_stuck_where_nobody_sits_twice() -> None:
    assert weak("release-firmware", "stable").stranding == Stranding(None)
    assert weak("wipe-database", "wipe").stranding == Stranding(None)


def test_in_the_articles_chain_eight_can_stop_it_and_seven_are_needed() -> None:
    found = weak("cheget", "tactical")
    assert len(found.stoppers) == 8
    assert set(found.stoppers) - set(found.veto_holders) == {"chief"}  # who has a deputy
    assert found.idle == found.sole_releasers == found.twice == ()


@settings(max_examples=100, deadline=None)
@given(staffed(most=5))
def test_weak_people_are_those_that_enumeration_finds(
    given_: tuple[Chain, People | None],
) -> None:
    chain, people = given_
    (account,) = accounts(chain, people)
    oracle, everybody = Oracle(chain, "act", people), frozenset(account.people)
    found = weaknesses(account)
    if not oracle.can_release(everybody):
        assert found.gate is not None
        return
    assert found.gate is None
    for person in account.people:
        alone = frozenset([person])
        assert (person in found.veto_holders) == (not oracle.can_release(everybody - alone))
        assert (person in found.sole_releasers) == oracle.can_release(alone)
        assert (person in found.stoppers) == oracle.can_block(alone, everybody)
    if found.stranding.example is not None:
        assert oracle.can_release(frozenset(found.stranding.example.coalition))
