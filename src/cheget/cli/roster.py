"""Who is on the roster by the charter that holds, and what waits beside it."""

from __future__ import annotations

from typing import Any

from cheget.cli.amendments import waiting
from cheget.cli.context import followed
from cheget.order.counter import Counter
from cheget.order.documents import order_name
from cheget.order.keys import fingerprint
from cheget.service.amended import amended, held_charters, is_same, pending
from cheget.service.house import House


def roster(desk: Counter, house: House | None) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """A row for each person and executor, and where the law stands, as JSON.

    Without the house's folder nothing is known of names, nor of keys that wait.
    """
    state = followed(desk)
    held = held_charters(desk.charters(), state)
    charter = state.charter
    waits = pending(house, state, held) if house is not None else {}
    names = {one.id: one.name for one in house.people.people} if house is not None else {}
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
            "who": who, "name": names.get(who, who),
            "machine": house is not None and house.people.is_machine(who), "keys": [],
            "waits": [fingerprint(key) for key, _ in keys],
            "posts": [] if who in names else ["executor"],
        }
        for who, keys in waits.items()
    ]  # fmt: skip
    differs = house is not None and not is_same(
        charter, amended(house, state, pending(house, state, held))
    )
    return rows, {
        "charter": charter.digest, "version": charter.version,
        "amendments": [order_name(one.digest) for one in waiting(state)],
        "differs": differs,
    }  # fmt: skip
