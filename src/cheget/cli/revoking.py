"""A key given up: found by its fingerprint or its file, revoked, and what that closed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cheget.cli.context import at_counter, followed, identify, now, reason_text, say
from cheget.cli.key import public_of
from cheget.cli.plain import confirm
from cheget.errors import BadSignatureError, KeyFileError, NotAcceptedError
from cheget.order.charter import Charter
from cheget.order.documents import Revocation, order_name
from cheget.order.draft import enclose
from cheget.order.keys import PublicKey, fingerprint
from cheget.report.terminal import safe
from cheget.report.wording import count, joined

if TYPE_CHECKING:
    from cheget.order.counter import Counter


def revoke(which: str, options: dict[str, Any]) -> None:
    """Sign a revocation and hand it in; say which orders it closed and what keys are left."""
    with at_counter(options["folder"]) as (_, desk):
        state = followed(desk)
        who = identify(state.charter, options["person"], options["key_path"])
        key = _named(state.charter, who.person, which)
        if key.point in state.revoked:
            raise NotAcceptedError(f"that key of {who.person} is revoked already")
        left = [one for one in state.usable.people[who.person].keys if one != key]
        counting = _counting(desk, key)
        if not options["as_json"]:
            click.echo(f"{who.person} gives up {fingerprint(key)}, for ever.")
            click.echo(f"  {_left(who.person, len(left))}")
            for one in counting:
                click.echo(f"  closes     {order_name(one)}")
        confirm(options, f"{who.person} revokes it?")
        text = reason_text(options["reason"])
        before = _open(desk)
        document = Revocation(
            state.charter.deployment, key.key.hex(), text.digest, now(), who.person
        )
        desk.answer(enclose(document, who.signer), text)
        try:
            closed = sorted(before - _open(desk))
        except (NotAcceptedError, BadSignatureError):
            closed = counting  # nobody reads over the network by a key that they gave up
    value = {
        "person": who.person, "key": fingerprint(key), "closed": closed,
        "left": [fingerprint(one) for one in left],
    }  # fmt: skip

    def say_it() -> None:
        names = joined([order_name(one) for one in closed])
        said = f"closed {count(len(closed), 'order')}: {names}" if closed else "closed no order"
        click.echo(f"revoked; {said}")

    say(value, options["as_json"], say_it)


def _named(charter: Charter, person: str, which: str) -> PublicKey:
    keys = charter.people[person].keys
    found = [key for key in keys if fingerprint(key) == which]
    if not found and Path(which).is_file():
        public, _ = public_of(Path(which))
        found = [key for key in keys if key.point == public.point]
    if not found:
        raise KeyFileError(
            f"{person} has no key {safe(which)}",
            hint=f"{person} has: {joined([fingerprint(key) for key in keys]) or 'none'}",
        )
    return found[0]


def _counting(desk: Counter, key: PublicKey) -> list[str]:
    return [
        one.digest for one in desk.orders(only_open=True)
        if any(counted.key == key.point for counted in one.counted)
    ]  # fmt: skip


def _open(desk: Counter) -> set[str]:
    return {one.digest for one in desk.orders(only_open=True)}


def _left(person: str, left: int) -> str:
    if left:
        return f"left       {count(left, 'key')}"
    return f"left       no key: {person} can answer nothing until others replace it"
