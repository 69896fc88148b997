"""``cheget order``: transmit an order, list orders."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from cheget.cli.context import (
    Identity,
    at_counter,
    counter_options,
    find_order,
    followed,
    fresh,
    identify,
    is_asked,
    json_option,
    now,
    reading_options,
    reason_text,
    say,
    signing_options,
)
from cheget.cli.emergencies import as_value, notice
from cheget.cli.render import paint, shortened, title, verdict
from cheget.cli.sharing import sign_over, with_serials
from cheget.errors import ChainFileError, HouseError, NotAllowedError
from cheget.order.charter import Charter, Law
from cheget.order.counter import Counter
from cheget.order.documents import Attestation, Order, order_name
from cheget.order.draft import draft_order, enclose
from cheget.order.fields import Text
from cheget.order.papers import open_envelope
from cheget.order.proceeding import Acknowledgement
from cheget.order.signatures import verify_signer
from cheget.report.terminal import safe
from cheget.service.house import House


@click.group()
def order() -> None:
    """Transmit an order (request); list orders; derive a code."""


@order.command()
@click.argument("action")
@click.argument("parameters", nargs=-1, metavar="[NAME=VALUE]…")
@click.option("--chain", "chain_id", help="Where two chains have such an action.")
@click.option("--executor", "executors", multiple=True, metavar="ID",
              help="Whom it names; again for each. [default: the only one]")  # fmt: skip
@click.option("--seat", help="In which of your seats at the head.")
@signing_options
@counter_options
@json_option
def transmit(
    action: str,
    parameters: tuple[str, ...],
    chain_id: str | None,
    executors: tuple[str, ...],
    seat: str | None,
    **options: Any,
) -> None:
    """Transmit an order (alias: cheget request).

    A file parameter is given as NAME=@PATH; its digest is signed, the file travels with the
    codes.
    """
    with at_counter(options["folder"]) as (house, desk):
        state = followed(desk)
        law = law_of(state.charter, action, chain_id)
        who = identify(state.charter, options["person"], options["key_path"], state.revoked)
        given, files = _parameters(parameters)
        text = reason_text(options["reason"])
        draft, named = drafted(desk, law, who, action, executors, given, text, seat)
        if not options["as_json"]:
            _print_draft(law, draft, named, options["reason"])
            _print_reach(house, law, draft)
        if not options["yes"]:
            if not is_asked():
                raise HouseError("there is nobody to ask", hint="--yes transmits it as given")
            click.confirm(f"{who.person} transmits it?", abort=True)
        done = handed_in(desk, state.charter, who, draft, named, text, files)
        proceeding = done.proceeding
        assert proceeding is not None  # noqa: S101 - a new order has a state
        value = {
            "order": done.digest, "words": order_name(done.digest), "position": done.position,
            "state": proceeding.state, "review": as_value(proceeding, now()),
        }  # fmt: skip
        say(value, options["as_json"], lambda: _print_sent(desk, done.digest))


@order.command("list")
@click.option("--open", "only_open", is_flag=True, help="Only those that have not ended.")
@reading_options
@json_option
def list_(folder: Path | None, only_open: bool, as_json: bool) -> None:
    """Every order, with where it stands."""
    with at_counter(folder) as (_, desk):
        found = desk.orders(only_open=only_open)
        value = [
            {
                "order": one.digest, "words": order_name(one.digest), "state": one.state,
                "action": one.order.action, "chain": one.law.chain.id,
                "originator": one.order.originator, "review": as_value(one, now()),
            }
            for one in found
        ]  # fmt: skip

        def text() -> None:
            if not found:
                click.echo("No orders.")
            for one in found:
                click.echo(title(one))
                for line in notice(one, now()):
                    click.echo(f"  {line}")
                click.echo(f"  {verdict(one, desk.receipts(one.digest), now())}")

        say(value, as_json, text)


@order.command()
@click.argument("words", nargs=-1, required=True, metavar="ORDER")
@click.option("--executor", required=True, metavar="ID", help="Whose code it is.")
@click.option("--since", type=click.IntRange(min=0), metavar="SIZE",
              help="The size of the orders log that it holds. [default: none]")  # fmt: skip
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False),
              help="Write it there. [default: standard output]")  # fmt: skip
@reading_options
def code(
    words: tuple[str, ...], executor: str, since: int | None, output: Path | None,
    folder: Path | None,
) -> None:  # fmt: skip
    """The authorization code of one executor, to be carried by any road.

    It is derived from the log; before release there is none. An executor that has verified a
    code or begun a tenure holds a head of the log, and needs the code from there: SIZE is what
    `cheget executor status` shows.
    """
    with at_counter(folder) as (_, desk):
        digest = find_order(desk, words)
        held = None if since is None else desk.head_at(since)
        found = desk.code(digest, executor, orders=held)
        if output is None:
            click.echo(found)
        else:
            output.write_bytes(found + b"\n")
            click.echo(f"wrote {output}, {len(found):,} bytes")


@order.command()
@click.argument("words", nargs=-1, required=True, metavar="ORDER")
@click.option("--parameter", required=True, metavar="NAME", help="Which of its file parameters.")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path, dir_okay=False),
              help="Write it there; nothing is overwritten.")  # fmt: skip
@reading_options
def file(words: tuple[str, ...], parameter: str, output: Path, folder: Path | None) -> None:
    """The file that an order names by its digest: look at it before you answer.

    What is written has been verified: it is the file that everybody signs.
    """
    from cheget.cli.view import view

    with at_counter(folder) as (_, desk):
        seen = view(desk, find_order(desk, words))
        given = dict(seen.proceeding.order.parameters)
        data = seen.papers.files.get(given.get(parameter, ""))
        if data is None:
            raise NotAllowedError(f"the order has no file parameter {safe(parameter)}")
        try:
            with output.open("xb") as target:
                target.write(data)
        except OSError as error:
            raise HouseError(f"{output}: {error.strerror}") from error
        click.echo(f"wrote {output}, {len(data):,} bytes, SHA-256 {given[parameter]}")


@order.command()
@click.argument("words", nargs=-1, required=True, metavar="ORDER")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path, dir_okay=False),
              help="Write it there.")  # fmt: skip
@reading_options
def evidence(words: tuple[str, ...], output: Path, folder: Path | None) -> None:
    """An order as one file that verifies itself: in a browser, offline.

    It holds the papers, the charter, the receipts and a script that judges them. Whoever reads it
    compares the charter's digest with the one that they have by another road.
    """
    from cheget.cli.context import pins_of
    from cheget.cli.view import view
    from cheget.report.evidence import gathered

    with at_counter(folder) as (_, desk):
        pins = pins_of(desk)
        digest = find_order(desk, words)
        view(desk, digest, pins)  # against the heads held, which the file's reader has not
        text = gathered(desk, digest, pins.pinned, now()).encode()
        try:
            output.write_bytes(text)
        except OSError as error:
            raise HouseError(f"{output}: {error.strerror}") from error
        click.echo(f"wrote {output}, {len(text):,} bytes")


def drafted(
    desk: Counter, law: Law, who: Identity, action: str, executors: Sequence[str],
    given: Mapping[str, str], text: Text, seat: str | None = None,
) -> tuple[Order, list[str]]:  # fmt: skip
    """An order as it is about to be signed, and the executors it names."""
    named = with_serials(desk, law, action, sorted(executors) or _only_executor(law, action))
    draft = draft_order(
        law, originator=who.person, action=action, executors=named, parameters=given,
        reason=text, now=now(), nonce=fresh(), seat=seat,
        attestations=_attestations(desk, law, action),
    )  # fmt: skip
    return draft, named


def handed_in(
    desk: Counter, charter: Charter, who: Identity, draft: Order, named: Sequence[str],
    text: Text, files: Sequence[bytes] = (),
) -> Acknowledgement:  # fmt: skip
    """Sign it and transmit it."""
    draft, shares = sign_over(desk, charter, who, draft, named)
    return desk.transmit(enclose(draft, who.signer), named, [text], files, shares)


def law_of(charter: Charter, action: str, chain_id: str | None) -> Law:
    """The law of the one chain that has such an action.

    Raises:
        NotAllowedError: none has, or several.
    """
    laws = [
        law
        for law in charter.laws.values()
        if chain_id in {None, law.chain.id} and any(a.id == action for a in law.chain.actions)
    ]
    if len(laws) == 1:
        return laws[0]
    if laws:
        names = ", ".join(law.chain.id for law in laws)
        raise NotAllowedError(f"several chains have {action}", hint=f"--chain: {names}")
    known = sorted({a.id for law in charter.laws.values() for a in law.chain.actions})
    raise NotAllowedError(f"there is no action {action}", hint=f"known: {', '.join(known)}")


def _only_executor(law: Law, action: str) -> list[str]:
    kinds = [law.chain.kind(one) for one in law.chain.action(action).executors]
    if len(kinds) == 1 and kinds[0].count in {None, 1}:
        return list(kinds[0].ids())
    names = ", ".join(f"{k.id}-0001 …" if k.count else k.id for k in kinds)
    raise NotAllowedError(f"{action} could name more than one executor", hint=f"--executor {names}")


def _parameters(given: tuple[str, ...]) -> tuple[dict[str, str], list[bytes]]:
    found: dict[str, str] = {}
    files = []
    for one in given:
        name, equals, value = one.partition("=")
        if not equals or name in found:
            raise click.UsageError(f"{one}: parameters are NAME=VALUE, each once")
        if value.startswith("@"):
            try:
                data = Path(value[1:]).read_bytes()
            except OSError as error:
                raise HouseError(f"{value[1:]}: {error.strerror}") from error
            files.append(data)
            value = hashlib.sha256(data).hexdigest()
        found[name] = value
    return found, files


def _attestations(desk: Counter, law: Law, action: str) -> list[str]:
    """Those that hold now for the action's conditions, and were not taken back."""
    wanted = set(law.chain.action(action).conditions)
    if not wanted:
        return []

    found = []
    for stored in desk.attestations():
        filed = open_envelope(stored)
        one = filed.unverified
        if (
            isinstance(one, Attestation)
            and one.law == law.digest
            and one.action == action
            and one.condition in wanted
            and one.from_ <= now() < one.until
        ):
            verify_signer(law.people, one.signer, filed.envelope)
            found.append(filed.envelope.digest)
    return found


def _print_draft(law: Law, draft: Order, named: list[str], reason: str) -> None:
    click.echo(f"{law.chain.title}: {draft.action}, by {draft.originator} as {draft.seat}")
    click.echo(f"  house        {law.house}")
    click.echo(f"  executors    {len(named)}: {shortened(named)}")
    for name, value in draft.parameters:
        click.echo(f"  {name:<12} {safe(value)}")
    for sentence in draft.acknowledged:
        click.echo(f"  acknowledged {safe(sentence)}")
    click.echo(f"  attestations {len(draft.attestations)}")
    click.echo(f"  reason       “{safe(reason)}”")


def _print_reach(house: House | None, law: Law, draft: Order) -> None:
    """Whom it will wake, where the house's settings are here and wake anybody."""
    from cheget.service.notices.opening import read_notices
    from cheget.service.notices.preview import of_action, sentence

    try:
        settings = read_notices(house) if house is not None else None
    except ChainFileError as error:  # who is woken never decides who may ask
        click.echo(f"  notices      not known: {safe(str(error))}")
        return
    if settings is not None and settings.channels:
        found = of_action(law, draft.action, draft.originator, settings, now())
        click.echo(f"  notices      {sentence(found)}")


def _print_sent(desk: Counter, digest: str) -> None:
    proceeding = desk.proceeding(digest)
    for line in notice(proceeding, now()):
        click.echo(line)
    click.echo(title(proceeding))
    click.echo(paint(verdict(proceeding, [], now()), "yellow"))
    click.echo(f"  digest {digest}")
    click.echo(f"next: cheget watch {order_name(digest)}; whoever is asked: cheget inbox")
