"""``cheget notices``: whom this house wakes, what was sent, and what never arrived."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cheget.cli.plain import fresh, house_option, json_option, now, say
from cheget.errors import HouseError, NoticeError
from cheget.report.terminal import safe

if TYPE_CHECKING:
    from cheget.service.counter import LocalCounter
    from cheget.service.house import House
    from cheget.service.notices.bell import Bell
    from cheget.service.notices.book import Row
    from cheget.service.notices.due import Notice
    from cheget.service.notices.settings import Settings

SHOWN = 20


@click.group()
def notices() -> None:
    """Who is woken: what is due, what was sent, dead letters; try a channel."""


@notices.command("list")
@click.option("--most", default=SHOWN, show_default=True, type=click.IntRange(1, 1000),
              help="Of each kind, the latest.")  # fmt: skip
@house_option
@json_option
def list_(most: int, folder: Path | None, as_json: bool) -> None:
    """Notices that are due, that are tried again, that were sent, and dead letters.

    `cheget serve` sends them. Exit 1 when there is a dead letter.
    """
    with _bell(folder) as (_, _, settings, bell):
        if not settings.channels:
            raise HouseError("no notices are configured", hint="`notices:` in house.yaml")
        due = bell.due()
        rows = {state: bell.book.rows(state, most) for state in ("open", "sent", "dead")}
        value = {
            "due": [_notice(one) for one in due[:most]],
            **{state: [_row(one) for one in found] for state, found in rows.items()},
        }

        def text() -> None:
            for one in due[:most]:
                click.echo(f"due   {one.step.channel:<10} {_what(one.cause.kind, one.cause.whom)}"
                           f"  {_about(one.cause.order)}")  # fmt: skip
            for state, found in rows.items():
                for row in found:
                    fault = f"  {safe(row.said)} ({row.attempts} tries)" if row.said else ""
                    click.echo(f"{state:<5} {row.channel:<10} {_what(row.kind, row.whom)}"
                               f"  {_about(row.order)}{fault}")  # fmt: skip
                    if state == "dead":
                        click.echo(f"      {row.key}")
            if rows["dead"]:
                click.echo("next: cheget notices retry KEY…, once it is mended")
            if not due and not any(rows.values()):
                click.echo("Nothing is due, and nothing was sent.")

        say(value, as_json, text)
    if rows["dead"]:
        raise click.exceptions.Exit(1)


@notices.command()
@click.argument("words", nargs=-1, metavar="[ORDER]")
@click.option("--chain", "chain_id", help="Instead of an order: which chain.")
@click.option("--action", help="And which action.")
@click.option("--as", "person", help="By whom. [default: the first who may]")
@house_option
@json_option
def preview(
    words: tuple[str, ...], chain_id: str | None, action: str | None, person: str | None,
    folder: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Whom an order would wake, before it is transmitted; nobody is woken."""
    from cheget.cli.context import find_order
    from cheget.errors import NotAllowedError
    from cheget.service.notices.due import reach
    from cheget.service.notices.preview import of_action, sentence

    if bool(words) == bool(chain_id and action):
        raise click.UsageError("ORDER, or --chain and --action")
    with _bell(folder) as (_, desk, settings, _):
        if words:
            found = reach(desk.proceeding(find_order(desk, words)), settings, now())
        else:
            assert chain_id is not None  # noqa: S101 - asked above
            assert action is not None  # noqa: S101
            law = desk.charter.laws.get(chain_id)
            if law is None:
                known = ", ".join(desk.charter.laws)
                raise NotAllowedError(f"there is no chain {safe(chain_id)}", hint=f"known: {known}")
            heads = law.chain.ladder(action) if _has(law.chain, action) else ()
            first = next((law.person_of(s) for s in heads[0].members), None) if heads else None
            found = of_action(law, action, person or first or "", settings, now())
        value = reach_value(found)
        say(value, as_json, lambda: click.echo(sentence(found)))


@notices.command()
@click.argument("person")
@house_option
@json_option
def test(person: str, folder: Path | None, as_json: bool) -> None:
    """Send PERSON one message, marked as a test, by each of their channels. Exit 1: one failed.

    PERSON may be CHAIN/LEVEL, for its room.
    """
    from cheget.service.notices.causes import Cause
    from cheget.service.notices.due import Notice
    from cheget.service.notices.sending import Mailing, send
    from cheget.service.notices.wording import trial

    with _house(folder) as (house, settings):
        steps = settings.steps(person)
        if not steps:
            raise HouseError(f"nothing wakes {safe(person)}", hint="`notices:` in house.yaml")
        cause = Cause("test", "", fresh().hex(), person, now())
        said = []
        for number, step in enumerate(steps):
            notice, fault = Notice(cause, number, step), ""
            post = Mailing(notice, trial(notice, house.people.house), now())
            try:
                send(settings.channels[step.channel], post)
            except NoticeError as error:
                fault = f"{error}; {error.hint}" if error.hint else str(error)
            said.append({"channel": step.channel, "sent": not fault, "fault": fault or None})

        def text() -> None:
            for one in said:
                how = "sent" if one["sent"] else f"not sent: {safe(str(one['fault']))}"
                click.echo(f"{person} by {one['channel']}: {how}")

        say({"whom": person, "channels": said}, as_json, text)
    if not all(one["sent"] for one in said):
        raise click.exceptions.Exit(1)


@notices.command()
@click.argument("keys", nargs=-1, metavar="[KEY]…")
@house_option
@json_option
def retry(keys: tuple[str, ...], folder: Path | None, as_json: bool) -> None:
    """Have dead letters tried again by `cheget serve`: these, or all. Exit 1: there was none."""
    with _bell(folder) as (_, _, _, bell):
        dead = [row.key for row in bell.book.rows("dead", 1000)]
        if strange := [one for one in keys if one not in dead]:
            raise NoticeError(f"{safe(strange[0][:80])} is no dead letter",
                              hint="cheget notices list")  # fmt: skip
        revived = [one for one in keys or dead if bell.book.revive(one, now())]

        def text() -> None:
            click.echo(f"{len(revived)} will be tried again." if revived else "No dead letter.")

        say({"retried": revived}, as_json, text)
    if not revived:
        raise click.exceptions.Exit(1)


def reach_value(found: Any) -> dict[str, Any]:
    """Whom an order would wake, as JSON."""
    from cheget.audit.instant import to_text

    return {
        "now": [{"whom": whom, "channel": channel} for whom, channel in found.now],
        "later": [{"whom": whom, "channel": channel} for whom, channel in found.later],
        "held": to_text(found.held) if found.held is not None else None,
    }


@contextmanager
def _house(folder: Path | None) -> Iterator[tuple[House, Settings]]:
    from cheget.cli.context import folder_of
    from cheget.service.house import open_house
    from cheget.service.notices.opening import read_notices

    house = open_house(folder_of(folder))
    yield house, read_notices(house)


@contextmanager
def _bell(folder: Path | None) -> Iterator[tuple[House, LocalCounter, Settings, Bell]]:
    from cheget.cli.context import at_desk
    from cheget.service.notices.opening import bell_of, read_notices

    with at_desk(folder) as (house, counter):
        settings = read_notices(house)
        bell = bell_of(house, counter, lambda: settings, "")
        try:
            yield house, counter, settings, bell
        finally:
            bell.close()


def _has(chain: Any, action: str) -> bool:
    return any(one.id == action for one in chain.actions)


def _about(order: str) -> str:
    from cheget.order.documents import order_name

    return order_name(order)


def _what(kind: str, whom: str) -> str:
    return f"{kind:<9} {whom:<12}"


def _notice(notice: Notice) -> dict[str, Any]:
    cause = notice.cause
    return {
        "key": notice.key, "kind": cause.kind, "order": cause.order, "words": _about(cause.order),
        "whom": cause.whom, "channel": notice.step.channel, "reminder": notice.reminder,
    }  # fmt: skip


def _row(row: Row) -> dict[str, Any]:
    from cheget.audit.instant import to_text

    return {
        "key": row.key, "kind": row.kind, "order": row.order, "words": _about(row.order),
        "whom": row.whom, "channel": row.channel, "attempts": row.attempts,
        "first": to_text(row.first), "next": to_text(row.next) if row.state != "dead" else None,
        "fault": row.said or None,
    }  # fmt: skip
