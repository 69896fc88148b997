"""Who is on the roster by the charter that holds, and what waits beside it."""

from __future__ import annotations

from typing import Any

from cheget.cli.amendments import waiting
from cheget.cli.context import followed
from cheget.order.documents import order_name
from cheget.order.keys import fingerprint
from cheget.service.amended import amended, held_charters, is_same, pending
from cheget.service.clock import SystemClock
from cheget.service.house import House, open_desk, open_store


def roster(house: House) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """A row for each person and executor, and where the law stands, as JSON."""
    store = open_store(house)
    try:
        desk = open_desk(house, store, SystemClock())
        state = followed(desk)
        held = held_charters(desk.charters(), state)
    finally:
        store.close()
    charter, waits = state.charter, pending(house, state, held)
    names = {one.id: one.name for one in house.people.people}
    rows = [
        {
            "who": who, "name": names.get(who, who), "machine": one.machine,
            "keys": [fingerprint(key) for key in state.usable.people[who].keys],
            "waits": [fingerprint(key) for key, _ in waits.pop(who, ())],
            "posts": [post for post, filler in charter.posts.items() if filler == who],
        }
        for who, one in charter.people.items()
    ]  # fmt: skip
    rows += [
        {
            "who": who, "name": who, "machine": True, "keys": [fingerprint(key)],
            "waits": [fingerprint(one) for one, _ in waits.pop(who, ())], "posts": ["executor"],
        }
        for who, key in charter.executors.items()
    ]  # fmt: skip
    rows += [
        {
            "who": who, "name": names.get(who, who), "machine": house.people.is_machine(who),
            "keys": [], "waits": [fingerprint(key) for key, _ in keys],
            "posts": [] if who in names else ["executor"],
        }
        for who, keys in waits.items()
    ]  # fmt: skip
    following = amended(house, state, pending(house, state, held))
    return rows, {
        "charter": charter.digest, "version": charter.version,
        "amendments": [order_name(one.digest) for one in waiting(state)],
        "differs": not is_same(charter, following),
    }  # fmt: skip
