"""``cheget inbox``: what waits for your answer."""

from __future__ import annotations

from pathlib import Path

import click

from cheget.cli.context import (
    at_counter,
    counter_options,
    crew_file,
    followed,
    identify,
    json_option,
    now,
    say,
)
from cheget.cli.emergencies import as_value, notice
from cheget.cli.render import title, until
from cheget.order.allowed import id_of
from cheget.order.consequence import Turn, turns
from cheget.order.counter import Counter
from cheget.order.documents import order_name
from cheget.order.proceeding import Proceeding
from cheget.order.reviews import is_unsettled, may_review
from cheget.service.house import House


@click.command()
@click.option("--as", "person", help="Whose inbox. [default: whose key it is]")
@click.option("--key", "key_path", type=click.Path(path_type=Path), envvar="CHEGET_KEY",
              help="Private key file; only its public half is looked at.")  # fmt: skip
@counter_options
@json_option
def inbox(person: str | None, key_path: Path | None, folder: Path | None, as_json: bool) -> None:
    """What waits for your answer, and what you may still refuse.

    Emergencies stand first, for everybody with a post in the chain, until they have been reviewed.
    """
    with at_counter(folder) as (house, desk):
        state = followed(desk)
        who = person or identify(state.charter, None, key_path).person
        law = [one.digest for one in state.open if one.waits_for(who, now())]
        waiting, ahead, urgent = [], [], []
        for proceeding in desk.orders():
            if is_unsettled(proceeding) and who in proceeding.law.people:
                urgent.append(proceeding)
            if proceeding.ending is not None or not proceeding.has_say(who):
                continue
            mine = turns(proceeding, who, now())
            if mine:
                waiting.append((proceeding, mine))
            elif (
                proceeding.release is None
                and not proceeding.was_counted(who)
                and who not in proceeding.refusers
            ):
                ahead.append(proceeding)
        beside = _beside(house, desk, who)
        value = {
            "person": who,
            "emergencies": [
                {
                    "order": one.digest, "words": order_name(one.digest),
                    "action": one.order.action, "state": one.state,
                    "review": as_value(one, now()), "asked": may_review(one, who),
                }
                for one in urgent
            ],
            "waiting": [
                {
                    "order": one.digest, "words": order_name(one.digest),
                    "seats": [turn.seat for turn in mine],
                }
                for one, mine in waiting
            ],
            "beside": [
                {
                    "order": one.digest, "words": order_name(one.digest),
                    "executor": post.partition("/")[0], "post": post,
                }
                for one, post in beside
            ],
            "amendments": [{"amendment": one, "words": order_name(one)} for one in law],
            "ahead": [{"order": one.digest, "words": order_name(one.digest)} for one in ahead],
        }  # fmt: skip

        def text() -> None:
            for one in law:
                click.echo(f"amendment  {order_name(one)}\n  ○ see what it changes, and answer:"
                           " cheget chain amend")  # fmt: skip
            if not law or waiting or beside or ahead or urgent:
                _print(who, urgent, waiting, beside, ahead)

        say(value, as_json, text)


def _beside(house: House | None, desk: Counter, who: str) -> list[tuple[Proceeding, str]]:
    """Released orders that wait for this person beside an executor, and in which post."""
    posts = [post for post, filler in desk.charter.posts.items() if filler == who and "/" in post]
    found = []
    for one in desk.orders(only_open=True) if posts else ():
        if one.release is None or one.ending is not None:
            continue
        if now() >= one.release.at + one.action.hold + one.action.valid_for:
            continue
        named = set(map(id_of, desk.executors(one.digest)))
        done = {receipt.executor for receipt in desk.receipts(one.digest)}
        found += [
            (one, post)
            for post in posts
            if post.partition("/")[0] in named - done
            and not (house is not None and crew_file(house, one.digest, post).exists())
        ]
    return found


def _print_urgent(who: str, urgent: list[Proceeding]) -> None:
    for proceeding in urgent:
        for line in notice(proceeding, now()):
            click.echo(line)
        click.echo(f"  {order_name(proceeding.digest)}, {proceeding.state}")
        if may_review(proceeding, who):
            click.echo('  ○ look at it, and say what you found: cheget review ORDER --reason "…"')


def _print(
    who: str,
    urgent: list[Proceeding],
    waiting: list[tuple[Proceeding, tuple[Turn, ...]]],
    beside: list[tuple[Proceeding, str]],
    ahead: list[Proceeding],
) -> None:
    _print_urgent(who, urgent)
    if not waiting and not beside:
        click.echo(f"Nothing waits for {who}.")
    for proceeding, mine in waiting:
        click.echo(title(proceeding))
        for turn in mine:
            deputy = ""
            if turn.as_deputy:
                wait = turn.since - now()
                deputy = ", as deputy" + (f" in {until(wait)}" if wait > 0 else "")
            left = until(proceeding.order.decide_by - now())
            click.echo(f"  ○ {turn.level}: {turn.seat}{deputy}; {left} left")
    for proceeding, post in beside:
        click.echo(title(proceeding))
        executor, _, seat = post.partition("/")
        click.echo(f"  ○ beside {executor}: {seat} (concur or refuse --beside {executor})")
    if ahead:
        click.echo(f"Not asked of {who} yet, and may be refused already:")
        for proceeding in ahead:
            click.echo(f"  {order_name(proceeding.digest)}")
