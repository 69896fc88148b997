"""``cheget log resume``: an operator decides that a restored house goes on."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cheget.audit.instant import to_text
from cheget.cli.plain import confirm, say
from cheget.errors import GoneBackError, HouseError
from cheget.report.wording import joined

if TYPE_CHECKING:
    from cheget.order.charter import Charter
    from cheget.order.fields import Head
    from cheget.service.counter import LocalCounter
    from cheget.service.rollback import Restored, Shown
    from cheget.service.store import Log

HERE = "this machine"


def resume(folder: Path | None, despite: tuple[str, ...], *, yes: bool, as_json: bool) -> None:
    """Show what was heard, ask, and end the halt.

    Raises:
        HouseError: nothing holds the house up.
        GoneBackError: somebody holds a head that the logs lack.
    """
    from cheget.cli.context import at_desk
    from cheget.service.rollback import MARK, HaltedStore, halted, named

    with at_desk(folder) as (_, desk):
        store = desk.store
        found = store.read(halted)
        if found is None or not isinstance(store, HaltedStore):
            raise HouseError("nothing holds this house up: it takes and signs")
        found = replace(found, heard={**found.heard, **_seen_here(desk)})
        unheard = _unheard(desk.usable(), found)
        if not as_json:
            _show(found, unheard)
        lacking = {who: one for who, one in found.lacking.items() if named(one.head) not in despite}
        if lacking:
            raise GoneBackError(
                f"{joined(sorted({who.partition('/')[0] for who in lacking}))} saw more of this"
                " house than it holds, and would refuse it for ever",
                hint="a newer backup; or a house founded anew; or --despite SIZE:ROOT of a lie",
            )
        confirm({"yes": yes}, "Go on from here? What came after the backup is lost.",
                "--yes goes on")  # fmt: skip

        def end(tx: Any) -> None:
            last = halted(tx)
            if last is None or not last.lacking.items() <= found.lacking.items():
                raise GoneBackError("somebody showed another head meanwhile", hint="look again")
            decided = tuple(dict.fromkeys((*last.despite, *despite)))
            tx.put_mark(MARK, replace(last, state="resumed", despite=decided).encode())

        store.inner.write(end)
    value = {
        "resumed": True, "made": _made(found), "restored": to_text(found.at),
        "heard": sorted({who.partition("/")[0] for who in found.heard}), "unheard": unheard,
        "despite": list(despite),
    }  # fmt: skip
    say(value, as_json, lambda: click.echo("It goes on. next: start cheget serve anew"))


def _seen_here(desk: LocalCounter) -> dict[str, Shown]:
    """What this machine's own client saw of the house before."""
    from cheget.cli.context import pins_of
    from cheget.service.rollback import Shown, holds

    pinned = pins_of(desk).pinned
    heads: tuple[tuple[Log, Head | None], ...] = (("orders", pinned.orders), ("law", pinned.law))
    return {
        f"{HERE}/{log}": Shown(log, head, not desk.store.read(partial(holds, log=log, head=head)))
        for log, head in heads if head is not None
    }  # fmt: skip


def _unheard(charter: Charter, found: Restored) -> list[str]:
    """Whoever may hold a head and showed none: people with a key, and executors."""
    heard = {who.partition("/")[0] for who in found.heard}
    holders = [who for who, one in charter.people.items() if one.keys]
    return [who for who in (*holders, *charter.executors) if who not in heard]


def _made(found: Restored) -> str | None:
    return None if found.made is None else to_text(found.made)


def _show(found: Restored, unheard: list[str]) -> None:
    from cheget.service.rollback import named

    if found.made is None:
        click.echo(f"found to have gone back {to_text(found.at)}")
    else:
        click.echo(f"restored {to_text(found.at)}, from a backup of {_made(found)}")
    for who, one in found.heard.items():
        sign = "✕ lacks" if one.lacking else "✓ has  "
        click.echo(f"  {sign} {who:<24} {named(one.head)}")
    if unheard:
        click.echo(f"  ! not heard: {joined(unheard, 12)}; have them ask it once, before you go on")
