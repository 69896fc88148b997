"""What a chain leaves open is found, and nothing else."""

from hypothesis import given, settings

from chain.scenarios import scenario
from cheget.chain.chain import Chain
from cheget.chain.parse import parse_chain
from cheget.chain.people import People, Person
from cheget.proof.account import accounts
from cheget.proof.claims import verdicts
from cheget.proof.recall import recalls
from cheget.proof.stranding import Stranding
from cheget.proof.weaknesses import Weaknesses, weaknesses
from proof.oracle import Oracle, coalitions, staffed


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


@settings(max_examples=150, deadline=None)
@given(staffed(most=5))
def test_a_level_is_implied_if_without_it_the_same_coalitions_do_the_same(
    given_: tuple[Chain, People | None],
) -> None:
    chain, people = given_
    (account,) = accounts(chain, people)
    oracle, everybody = Oracle(chain, "act", people), frozenset(account.people)
    every = list(coalitions(account.people))

    def games(which: Oracle) -> list[tuple[bool, bool]]:
        return [(which.can_release(one), which.can_block(one, everybody)) for one in every]

    whole = games(oracle)
    wanted = []
    for level in chain.levels[1:]:
        less = Oracle(chain, "act", people)
        less.ladder = tuple(one for one in chain.levels if one != level)
        if oracle.can_release(everybody) and games(less) == whole:
            wanted.append(level.id)
    assert list(weaknesses(account).implied) == wanted


def test_a_level_whose_people_count_again_may_be_implied() -> None:
    (account,) = accounts(parse_chain(
        b"chain: c\nseats: repeatable\nmembers: {ann: A, bob: B, cho: C}\nlevels:\n"
        b"  - {level: one, members: [ann, bob, cho], rule: 2 of members}\n"
        b"  - {level: two, members: [ann, bob, cho], rule: any}\n"
        b"  - {level: three, members: [cho]}\n"
    ))  # fmt: skip
    assert weaknesses(account).implied == ("two",)


@settings(max_examples=100, deadline=None)
@given(staffed(most=5))
def test_silence_stops_it_where_the_others_cannot_release(
    given_: tuple[Chain, People | None],
) -> None:
    chain, people = given_
    (account,) = accounts(chain, people)
    oracle, everybody = Oracle(chain, "act", people), frozenset(account.people)
    missed = [len(one) for one in coalitions(account.people)
              if not oracle.can_release(everybody - one)]  # fmt: skip
    if oracle.can_release(everybody):
        assert account.silent == min(missed)
        by_delivery = weaknesses(account).by_delivery
        for person in account.people:
            alone = frozenset([person])
            refused = oracle.can_block(alone, everybody)
            assert (person in by_delivery) == (refused and oracle.can_release(everybody - alone))
    else:
        assert account.silent is None


def claimed(chain: bytes) -> dict[str, bool]:
    """Of each claim, which all hold, whether it rests on delivery."""
    read = parse_chain(chain)
    judged = verdicts(read, accounts(read))
    assert {one.verdict for one in judged} == {"holds"}
    return {one.text: one.rests_on_delivery for one in judged}


def test_what_a_veto_or_a_refused_deputy_stops_rests_on_delivery() -> None:
    found = claimed(
        b"chain: c\nmembers: {ann: {title: A, deputy: dee after 1h}, bob: B, cho: C, dee: D}\n"
        b"levels:\n"
        b"  - {level: one, members: [ann]}\n"
        b"  - {level: two, members: [bob, cho], rule: any, veto: any}\n"
        b"  - {level: three, members: [ann]}\n"
        b"claims:\n"
        b"  - bob alone can block\n"  # by a veto
        b"  - ann alone can block\n"  # nobody else may ask
        b"  - bob and cho alone can block\n"  # nobody is left
        b"  - blocking takes exactly 1 person\n"
        b"  - every release includes ann\n"
        b"  - bob alone cannot release\n"
    )
    assert [text for text, rests in found.items() if rests] == ["bob alone can block"]
    council = claimed(scenario("security-council"))
    assert council["blocking takes exactly 1 person"]  # as it votes, silence is no veto
    assert claimed(scenario("cheget"))["any of general-staff alone can block"]  # for the deputy's


def test_who_can_recall_an_order() -> None:
    wipe, emergency = (recalls(one)[0] for one in accounts(parse_chain(scenario("wipe-database"))))
    assert (wipe.action, wipe.hold) == ("wipe", 900)
    assert wipe.released == ("ann", "bob", "cho", "dan", "dee", "eve")
    assert emergency.hold == 1800
    demonstration, tactical = (
        one for account in accounts(parse_chain(scenario("cheget"))) for one in recalls(account)
    )
    assert (demonstration.hold, tactical.hold) == (600, 0)
    assert demonstration.concurring == ("first-deputy",)  # no seat but the chief's
    assert "first-deputy" not in demonstration.released
    assert (demonstration.attesting, tactical.attesting) == ((), ("chief", "minister"))


def test_who_has_left_recalls_nothing() -> None:
    chain = parse_chain(scenario("wipe-database"))
    staff = People("h", (Person("ann", "Ann"), Person("dee", "Dee")))
    assert recalls(accounts(chain, staff, "wipe")[0])[0].released == ("ann", "dee")


def test_what_two_posts_of_one_person_and_a_vacancy_leave() -> None:
    chain = parse_chain(scenario("vault-unseal"))
    staff = People("h", (Person("x", "X"), Person("cho", "Cho"), Person("dan", "Dan")),
                   {"ann": "x", "bob": "x"})  # fmt: skip
    (account,) = accounts(chain, staff)
    found = weaknesses(account)
    assert found.several == (("x", ("ann", "bob")),)
    assert found.vacant == ("dee",)
    assert found.veto_holders == ("x", "cho", "dan")  # three of five have become all of three
