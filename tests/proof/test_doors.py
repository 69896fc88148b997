"""Every door to an executor, found as whoever tries each in turn finds it."""

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from chain.scenarios import scenario
from cheget.chain.chain import Chain
from cheget.chain.parse import parse_chain
from cheget.chain.people import People, Person, parse_people
from cheget.chain.rule import is_met
from cheget.proof.doors import Door, doors, guarded
from proof.oracle import Oracle, coalitions, minimal, staffed

HOUSE = b"""house: example
people: {ann: A, bob: B, cho: C, dan: D, dee: D, eve: E, bot: {machine: yes}}
"""


def by_name(chain: Chain, people: People | None = None) -> dict[str, Door]:
    return {one.name: one for one in doors(chain, people)}


def test_the_doors_of_a_chain_are_its_actions_and_its_amendment() -> None:
    chain = parse_chain(scenario("wipe-database"))
    (database,) = guarded(chain, doors(chain))
    assert [(one.name, one.fewest) for one in database.doors] == [
        ("wipe", 4), ("emergency-wipe", 2), ("amend", 4),
    ]  # fmt: skip
    assert (database.weakest, database.strongest) == (database.doors[1], database.doors[0])
    assert [one.name for one in database.weaker] == ["emergency-wipe"]
    assert database.unclaimed == ()  # a claim says what an emergency takes


def test_a_claim_of_who_cannot_take_a_weak_door_does_not_say_that_it_is_weak() -> None:
    text = scenario("wipe-database").replace(
        b"releasing emergency-wipe takes at least 2 people",
        b"ann alone cannot release emergency-wipe",
    )
    chain = parse_chain(text)
    (database,) = guarded(chain, doors(chain))
    assert [one.name for one in database.unclaimed] == ["emergency-wipe"]


def test_three_may_rewrite_the_articles_chain_and_no_claim_says_so() -> None:
    chain = parse_chain(scenario("cheget"))
    missiles, others = guarded(chain, doors(chain))
    assert (missiles.executors, others.executors) == (("missile",), ("torpedo", "shell"))
    for executor in (missiles, others):
        assert [one.example for one in executor.unclaimed] == [("president", "minister", "chief")]


def test_two_colleagues_who_may_replace_a_key_become_everybody() -> None:
    chain = parse_chain(scenario("wipe-database"))
    people = parse_people(HOUSE + b"add-key: self and 1 other\nreplace: 2 of (ann, dee, eve)\n")
    found = by_name(chain, people)
    assert found["add-key"].fewest is None  # a second device of their own makes them nobody else
    assert found["replace"].fewest == 2
    assert dict(found["replace"].becomes)["ann"] == ("dee", "eve")
    (database,) = guarded(chain, found.values())
    assert [one.name for one in database.unclaimed] == ["replace"]


def test_a_rule_for_keys_that_is_left_out_is_the_amendment() -> None:
    chain = parse_chain(scenario("wipe-database"))
    found = by_name(chain, parse_people(HOUSE + b"replace: 3 others\n"))
    assert found["amend"].stands_for == ("add-key",)
    assert "add-key" not in found
    assert (found["replace"].fewest, len(found["replace"].becomes)) == (3, 6)


def test_a_machine_is_nobodys_colleague() -> None:
    chain = parse_chain(scenario("wipe-database"))
    found = by_name(chain, parse_people(HOUSE + b"add-key: 1 other\n"))
    assert {one for pair in found["add-key"].coalitions.first(20) for one in pair} == {
        "ann", "bob", "cho", "dan", "dee", "eve",
    }  # fmt: skip


def test_each_wallet_has_the_doors_of_its_own_actions() -> None:
    chain = parse_chain(scenario("multisig-treasury"))
    found = guarded(chain, doors(chain))
    assert [[door.name for door in one.doors] for one in found] == [["upgrade"], ["pay"], ["grant"]]


def test_a_chain_without_actions_has_one_door() -> None:
    chain = parse_chain(b"chain: c\nmembers: {ann: A}\nlevels: [{level: x, members: [ann]}]\n")
    (only,) = guarded(chain, doors(chain))
    assert [(one.kind, one.name, one.fewest) for one in only.doors] == [("action", "release", 1)]


Rule = tuple[bool, int, tuple[int, tuple[str, ...]] | None]  # self; how many others; k of a list


@st.composite
def houses(draw: st.DrawFn) -> tuple[Chain, People, Rule]:
    chain, people = draw(staffed(most=4))
    if people is None:
        people = People("house", tuple(Person(m.id, m.id) for m in chain.members))
    everybody = (*people.people, *(Person(one, one) for one in ("outsider", "stranger")))
    humans = [one.id for one in everybody if not one.machine]
    asks_self, others = draw(st.booleans()), draw(st.integers(0, 2))
    listed = draw(st.lists(st.sampled_from(humans), min_size=1, unique=True))
    named = draw(st.none() | st.integers(1, len(listed)).map(lambda k: (k, tuple(listed))))
    if not (asks_self or others or named) or others > len(humans):
        others, named = 0, (1, (humans[0],))
    rule = (asks_self, others, named)
    parts = ["self"] if asks_self else []
    parts += [f"{others} others"] if others else []
    if named is not None:
        parts.append(f"{named[0]} of ({', '.join(named[1])})")
    changes = {"replace": " and ".join(parts)}
    return chain, People("house", everybody, people.posts, changes), rule


def agrees(rule: Rule, person: str, holding: frozenset[str], humans: frozenset[str]) -> bool:
    """Whether whoever holds these people's keys meets the rule about that person."""
    asks_self, others, named = rule
    return (
        (not asks_self or person in holding)
        and len(holding & humans - {person}) >= others
        and (named is None or len(holding & set(named[1])) >= named[0])
    )


@settings(max_examples=60, deadline=None)
@given(houses())
def test_who_can_release_by_changing_keys_is_what_trying_finds(
    given_: tuple[Chain, People, Rule],
) -> None:
    chain, people, rule = given_
    oracle = Oracle(chain, "act", people)
    everybody = tuple(person.id for person in people.people)
    humans = frozenset(one.id for one in people.people if not one.machine)

    def releases(coalition: frozenset[str]) -> bool:
        holding, before = coalition, None
        while holding != before:
            before = holding
            holding |= {one for one in everybody if agrees(rule, one, holding, humans)}
        return oracle.can_release(holding)

    ladder, keys = (by_name(chain, people).get(name) for name in ("act", "replace"))
    assert ladder is not None
    assert keys is not None
    ways = [frozenset(one) for one in ladder.coalitions.first(10_000)]
    if "thing" in keys.executors:
        ways += [frozenset(one) for one in keys.coalitions.first(10_000)]
    assert minimal(ways) == minimal([one for one in coalitions(everybody) if releases(one)])


@settings(max_examples=40, deadline=None)
@given(houses())
def test_who_can_become_somebody_else_is_what_enumeration_finds(
    given_: tuple[Chain, People, Rule],
) -> None:
    chain, people, rule = given_
    humans = frozenset(one.id for one in people.people if not one.machine)
    becomes = dict(by_name(chain, people)["replace"].becomes)
    for member in chain.members:
        person = people.fills(member.id)
        if person is None:
            continue
        others = sorted(humans - {person})
        ways = [
            one for size in range(len(others) + 1) for one in combinations(others, size)
            if agrees(rule, person, frozenset(one), humans)
        ]  # fmt: skip
        assert (person in becomes) == bool(ways)
        if ways:
            assert len(becomes[person]) == len(ways[0])
            assert agrees(rule, person, frozenset(becomes[person]), humans)


def test_whoever_may_amend_is_counted_by_their_posts() -> None:
    chain = parse_chain(scenario("cheget"))
    people = parse_people(b"house: h\npeople: {ann: A, bob: B}\nposts: {president: ann,"
                          b" minister: ann, chief: bob}\n")  # fmt: skip
    amend = by_name(chain, people)["amend"]
    assert amend.coalitions.first(2) == [("ann", "bob")]
    assert chain.amend is not None
    assert is_met(chain.amend, {"president", "minister", "chief"})
