"""The law of seals: a tree opens exactly with the sets of seats that meet the ladder's rule."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from chain.strategies import chain_files
from cheget.chain.chain import Chain
from cheget.chain.parse import parse_chain
from cheget.chain.people import People, Person
from cheget.chain.rule import is_met
from cheget.chain.shares import is_opened, leaves, share_tree
from cheget.chain.structure import structure_of
from cheget.errors import BadShareError, SealError
from cheget.keyring.sealing import _split
from cheget.order.charter import Law
from cheget.order.documents import Seal
from cheget.order.seal import check_shares, combine, commitment, identity, places
from cheget.order.sealtree import SealTree, read_tree, write_tree
from cheget.proof.sealing import opening
from laws.test_meaning import laws
from simulator import scenario

ROOT = hashlib.sha256(b"a root").digest()[:16]


def meets(chain: Chain, action: str, seats: set[str]) -> bool:
    """Whether these seats meet every level's rule: the chain's own words, and no tree."""
    return all(
        is_met(level.rule, {m for m in level.members if f"{level.id}/{m}" in seats})
        for level in chain.ladder(action)
    )


def dealt(chain: Chain, action: str) -> tuple[Seal, dict[str, bytes]]:
    """A seal over the action's tree, and the shares by seat, without any envelope."""
    shape = share_tree(chain, action)
    draft = Seal(action, "0" * 32, "thing", "1" * 64, "2" * 32, "3" * 64, 1, "ann",
                 SealTree(shape, ()))  # fmt: skip
    shares, seats = list(_split(shape, ROOT)), [leaf.seat for leaf in leaves(shape)]
    commitments = tuple(
        commitment(identity(draft), seat, share) for seat, share in zip(seats, shares, strict=True)
    )
    seal = replace(draft, tree=SealTree(shape, commitments))
    return seal, {
        seat: b"".join(shares[at] for at in places(seal.tree, seat)) for seat in set(seats)
    }


@given(chain_files(), st.data())
@settings(max_examples=60)
def test_a_tree_opens_exactly_with_the_seats_that_meet_the_rules(
    text: str, data: st.DataObject
) -> None:
    chain = parse_chain(text.encode())
    action = chain.actions[0].id
    try:
        seal, shares = dealt(chain, action)
    except SealError:
        assume(False)  # over 200 units
    assert read_tree(write_tree(seal.tree)) == seal.tree
    seats = sorted(f"{level.id}/{m}" for level in chain.ladder(action) for m in level.members)
    chosen = set(data.draw(st.lists(st.sampled_from(seats), unique=True)))
    given_ = {
        seat: check_shares(seal, seat, shares[seat], "ann") for seat in chosen if seat in shares
    }
    opens = meets(chain, action, chosen)
    assert is_opened(seal.tree.shape, chosen) == opens
    if opens:
        assert combine(seal, given_) == ROOT
    else:
        with pytest.raises(SealError, match="do not open"):
            combine(seal, given_)


@given(st.data())
@settings(max_examples=40)
def test_no_share_but_the_one_dealt_is_taken(data: st.DataObject) -> None:
    seal, shares = dealt(scenario("move-treasury"), "transfer")
    seat = data.draw(st.sampled_from(sorted(shares)))
    whole = shares[seat]
    other = data.draw(st.one_of(
        st.binary(max_size=len(whole) + 20),
        st.integers(0, len(whole) - 1).map(
            lambda at: whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]
        ),
        st.sampled_from(sorted(shares)).map(shares.__getitem__),
        st.just(whole + whole[:16]), st.just(whole[:-16]),
    ))  # fmt: skip
    assume(other != whole)
    with pytest.raises(BadShareError, match="ann"):
        check_shares(seal, seat, other, "ann")


def subsets(people: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for size in range(1, len(people) + 1):
        yield from combinations(people, size)


@given(laws())
@settings(max_examples=80)
def test_the_fewest_who_open_and_who_release_are_those_of_whoever_tries_each_set(
    law: Law,
) -> None:
    chain = law.chain
    action = chain.actions[0].id
    people = People("x", tuple(Person(p, p, one.machine) for p, one in law.people.items()),
                    law.posts)  # fmt: skip
    found = opening(chain, action, people)
    tree, lawful = share_tree(chain, action), structure_of(chain, action, people)
    everybody = tuple(law.people)
    held = {
        person: {
            f"{level.id}/{member}" for level in chain.ladder(action) for member in level.members
            if person in law.fillers[member]
        }
        for person in everybody
    }  # fmt: skip
    opens = [s for s in subsets(everybody) if is_opened(tree, set().union(*map(held.get, s)))]
    releases = [s for s in subsets(everybody) if lawful.can_release(s)]
    assert len(found.opens) == min(map(len, opens), default=0)
    assert len(found.releases) == min(map(len, releases), default=0)
    if found.opens:
        assert is_opened(tree, set().union(*map(held.get, found.opens)))


def test_ann_opens_the_emergency_alone_and_firmware_takes_as_many_as_its_release() -> None:
    def judged(name: str, action: str) -> tuple[tuple[str, ...], int, bool]:
        chain = scenario(name)
        people = People("x", tuple(Person(m.id, m.id, m.id == "ci") for m in chain.members))
        found = opening(chain, action, people)
        return found.opens, len(found.releases), found.is_weaker

    assert judged("wipe-database", "emergency-wipe") == (("ann",), 2, True)
    assert judged("wipe-database", "wipe") == (("ann", "bob", "dee"), 4, True)
    assert judged("release-firmware", "stable")[1:] == (5, False)
    assert judged("release-firmware", "beta")[1:] == (3, False)


def test_weights_become_as_few_units_as_stand_in_the_same_ratio() -> None:
    count = {
        action: len(list(leaves(share_tree(scenario("move-treasury"), action))))
        for action in ("transfer", "large-transfer")
    }
    assert count == {"transfer": 4 + 100 + 1, "large-transfer": 4 + 100 + 1 + 1}
    text = b"""\
chain: halves
members:
  ann: {title: Ann, weights: {votes: 25.5}}
  bob: {title: Bob, weights: {votes: 51}}
levels: [{level: all-of-it, members: [ann, bob], rule: 66% of votes}]
executors: {thing: Thing}
actions: {go: {executors: [thing]}}
"""
    (split,) = share_tree(parse_chain(text), "go").items
    assert (split.need, [leaf.member for leaf in leaves(split)]) == (2, ["ann", "bob", "bob"])  # type: ignore[union-attr]


def test_a_tree_of_over_200_units_is_refused_before_it_is_made() -> None:
    with pytest.raises(SealError, match="would take 1,051 shares, and 200 are the most"):
        share_tree(scenario("eu-council"), "commission-proposal")
