"""``cheget attest``: that a condition holds, for one action and for a while."""

from __future__ import annotations

from typing import Any

import click

from cheget.audit.instant import to_text
from cheget.chain.quantity import duration
from cheget.chain.rule import names
from cheget.cli.context import (
    at_counter,
    counter_options,
    followed,
    fresh,
    identify,
    json_option,
    now,
    reason_text,
    say,
    signing_options,
)
from cheget.cli.plain import confirm
from cheget.errors import NotAllowedError
from cheget.order.charter import Charter, Law
from cheget.order.draft import draft_attestation, enclose
from cheget.report.terminal import safe


@click.command()
@click.argument("condition")
@click.option("--action", required=True, help="For which action.")
@click.option("--for", "lasts", required=True, metavar="SPAN", help="For how long, such as 2h.")
@click.option("--chain", "chain_id", help="Where two chains have such a condition.")
@click.option("--seat", help="In which of your seats.")
@signing_options
@counter_options
@json_option
def attest(condition: str, action: str, lasts: str, seat: str | None, **options: Any) -> None:
    """Attest that CONDITION holds, from now on and for a while.

    The statement is what --reason says. Orders for that action rest on it until it ends;
    `cheget countermand DIGEST` takes it back. Keep it short: it may be used again while it lasts.
    """
    try:
        seconds = duration(lasts)
    except ValueError as error:
        raise click.UsageError(f"--for: {error}") from None
    if not seconds:
        raise click.UsageError("--for: an attestation lasts at least a second")
    with at_counter(options["folder"]) as (_, desk):
        state = followed(desk)
        law = _law(state.charter, condition, action, options["chain_id"])
        who = identify(state.charter, options["person"], options["key_path"], state.revoked)
        chosen = _seat(law, condition, who.person, seat)
        begins = now()
        ends = begins + seconds
        if not options["as_json"]:
            click.echo(f"{who.person} attests, as {chosen}: {condition}")
            click.echo(f"  {safe(law.chain.condition(condition).title)}")
            click.echo(f"  for        {action} of {law.chain.id}, house {law.house}")
            click.echo(f"  until      {to_text(ends)}")
            click.echo(f"  statement  “{safe(options['reason'])}”")
        confirm(options, f"{who.person} attests to it?", "--yes signs what is given")
        text = reason_text(options["reason"])
        document = draft_attestation(
            law, condition=condition, action=action, signer=who.person, seat=chosen,
            statement=text, now=begins, until=ends, nonce=fresh(),
        )  # fmt: skip
        done = desk.attest(enclose(document, who.signer), [text])
    value = {
        "attestation": done.digest, "person": who.person, "seat": chosen, "condition": condition,
        "chain": law.chain.id, "action": action, "until": to_text(ends),
        "position": done.position,
    }  # fmt: skip
    say(value, options["as_json"], lambda: click.echo(f"attestation {done.digest}"))


def _law(charter: Charter, condition: str, action: str, chain_id: str | None) -> Law:
    laws = [
        law
        for law in charter.laws.values()
        if chain_id in {None, law.chain.id}
        and any(one.id == condition for one in law.chain.conditions)
        and any(one.id == action for one in law.chain.actions)
    ]
    if len(laws) == 1:
        if condition not in laws[0].chain.action(action).conditions:
            raise NotAllowedError(f"{action} does not ask for {condition}")
        return laws[0]
    if laws:
        found = ", ".join(law.chain.id for law in laws)
        raise NotAllowedError(f"several chains have {condition}", hint=f"--chain: {found}")
    known = sorted(
        f"{one} of {a.id}" for law in charter.laws.values() for a in law.chain.actions
        for one in a.conditions
    )  # fmt: skip
    raise NotAllowedError(
        f"no chain has the condition {condition} for the action {action}",
        hint=f"known: {', '.join(known) or 'none'}",
    )


def _seat(law: Law, condition: str, person: str, wanted: str | None) -> str:
    asked = sorted(set(names(law.chain.condition(condition).attested_by)))
    mine = [seat for seat in asked if law.person_of(seat) == person and wanted in {None, seat}]
    if not mine:
        raise NotAllowedError(
            f"{condition} is not attested by {wanted or person}",
            hint=f"it is by: {', '.join(asked)}",
        )
    return mine[0]
