"""What the structure says of a ladder is what enumeration says."""

from hypothesis import given, settings
from hypothesis import strategies as st

from cheget.chain.chain import Chain
from cheget.chain.people import People
from cheget.chain.structure import structure_of
from proof.oracle import Oracle, coalitions, staffed

Staffed = tuple[Chain, People | None]


@settings(max_examples=250, deadline=None)
@given(staffed(), st.data())
def test_released_is_what_trying_every_seating_says(given_: Staffed, data: st.DataObject) -> None:
    chain, people = given_
    structure, oracle = structure_of(chain, "act", people), Oracle(chain, "act", people)
    for concurring in coalitions(structure.people):
        refusing = frozenset(
            person for person in structure.people
            if person not in concurring and data.draw(st.booleans())
        )  # fmt: skip
        found = structure.released(concurring, refusing)
        assert found == oracle.released(concurring, refusing)


@settings(max_examples=150, deadline=None)
@given(staffed())
def test_releasing_and_blocking_are_what_enumeration_says(given_: Staffed) -> None:
    chain, people = given_
    structure, oracle = structure_of(chain, "act", people), Oracle(chain, "act", people)
    everybody = frozenset(structure.people)
    for coalition in coalitions(structure.people):
        assert structure.can_release(coalition) == oracle.can_release(coalition)
        assert structure.can_block(coalition) == oracle.can_block(coalition, everybody)


@settings(max_examples=150, deadline=None)
@given(staffed())
def test_a_seating_shows_one_person_a_seat_and_meets_every_level(given_: Staffed) -> None:
    chain, people = given_
    structure, oracle = structure_of(chain, "act", people), Oracle(chain, "act", people)
    seating = structure.seating(structure.people)
    assert (seating is not None) == structure.can_release(structure.people)
    if seating is None:
        return
    assert len({(one.level, one.post) for one in seating}) == len(seating)
    if not chain.repeatable:
        assert len({one.person for one in seating}) == len(seating)
    for number, level in enumerate(chain.levels):
        here = [one for one in seating if one.level == level.id]
        assert oracle.is_met(number, {one.post for one in here})
        for one in here:
            owner = oracle.fills(one.post)
            assert one.person == owner or (number, one.post) in oracle.places(
                one.person, frozenset()
            )
