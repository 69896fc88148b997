"""The charter as a house's folder would have it next: what an amendment proposes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cheget.chain.people import People
from cheget.chain.people import Person as Somebody
from cheget.errors import HouseError
from cheget.order.amending import succeeding
from cheget.order.charter import Charter, Person, read_charter
from cheget.order.follow import LawState
from cheget.order.keys import PublicKey
from cheget.order.law import check_enrolment
from cheget.order.papers import open_envelope
from cheget.service.house import House, declares, enrolments, filled_posts, people_rules

Pending = dict[str, list[tuple[PublicKey, bytes]]]  # who: keys, each with its enrolment


def pending(house: House, state: LawState, charters: Iterable[Charter]) -> Pending:
    """The keys that were enrolled since, which no charter that held ever had.

    Args:
        house: Whose enrolments.
        state: The law as it stands: a key that is revoked waits for nothing.
        charters: Every charter that held.
    """
    had = set(state.revoked)
    for charter in charters:
        had |= {key.point for one in charter.people.values() for key in one.keys}
        had |= {key.point for key in charter.executors.values()}
    found: Pending = {}
    for stored in enrolments(house):
        who, key = check_enrolment(house.deployment, open_envelope(stored), house.parties)
        if key.point not in had:
            found.setdefault(who, []).append((key, stored))
    return found


def held_charters(payloads: Sequence[bytes], state: LawState) -> list[Charter]:
    """The charters that held, the first one first; ``payloads``: of all that were proposed."""
    first = [read_charter(payload) for payload in payloads[:1]]
    return first + [event.charter for event in state.events if event.charter is not None]


def amended(house: House, state: LawState, waiting: Pending) -> Charter:
    """The next charter by the folder: chains, people, posts, rules and terms as written there.

    Keys are those of the charter that holds, without the revoked ones, and those that wait; an
    executor's new key takes the place of its old one.

    Raises:
        HouseError: a key waits that is neither a person's nor an executor's.
    """
    keys_of = state.usable.people
    ids = {one.id for one in house.people.people}
    if stray := sorted(who for who in waiting if who not in ids and not declares(house, who)):
        raise HouseError(f"{stray[0]} is enrolled, and neither a person nor an executor")
    people = {
        one.id: Person(
            (*keys_of.get(one.id, Person()).keys, *(key for key, _ in waiting.get(one.id, ()))),
            one.machine,
        )
        for one in house.people.people
    }
    executors = {
        name: key for name, key in state.charter.executors.items() if declares(house, name)
    }
    executors |= {who: keys[-1][0] for who, keys in waiting.items() if who not in ids}
    was = state.charter
    new = Charter(
        house.deployment, house.people.house, was.version, house.chains, people,
        filled_posts(house, executors), executors, house.terms,
        changes=people_rules(house.people),
    )  # fmt: skip
    return succeeding(was, new)


def staff_of(charter: Charter) -> People:
    """The people of a charter and the posts they fill, as ``people.yaml`` would have them."""
    people = tuple(Somebody(name, name, one.machine) for name, one in charter.people.items())
    return People(charter.house, people, charter.posts)


def is_same(charter: Charter, following: Charter) -> bool:
    """Whether the next charter would change nothing."""
    mine, other = charter.to_json(), following.to_json()
    return {**mine, "before": None, "version": 0} == {**other, "before": None, "version": 0}
