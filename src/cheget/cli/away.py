"""``cheget away``: a signed absence, within which one's deputies may answer at once."""

from __future__ import annotations

from typing import Any

import click

from cheget.cli.plain import confirm, counter_options, instant_of, json_option, signing_options


@click.command()
@click.option("--until", metavar="DATE", help="2027-01-04 (its first moment, UTC), or an instant.")
@click.option("--from", "since", metavar="DATE", help="From then on. [default: now]")
@click.option("--back", is_flag=True, help="Take your absences back: you are here again.")
@signing_options
@counter_options
@json_option
def away(until: str | None, since: str | None, back: bool, **options: Any) -> None:
    """Say that you are away: until then your deputies may answer at once, in every chain.

    Without it they may answer once you have been silent for as long as the chain says. Your own
    answer still counts, as long as no deputy's has.
    """
    from cheget.audit.instant import to_text
    from cheget.cli.context import at_counter, followed, fresh, identify, now, reason_text, say
    from cheget.errors import NotAcceptedError
    from cheget.order.documents import Absence
    from cheget.order.draft import draft_countermand, enclose, salted

    if (until is None) != back or (back and since is not None):
        raise click.UsageError("--until DATE, perhaps with --from DATE; or --back")
    with at_counter(options["folder"]) as (_, desk):
        state = followed(desk)
        who = identify(state.charter, options["person"], options["key_path"], state.revoked)
        begins = now() if since is None else instant_of(since, "--from")
        documents: list[tuple[Any, Any]] = []
        if until is None:
            mine = [
                one.digest for one in state.absences.values()
                if one.document.signer == who.person and one.ended is None
                and now() < one.document.until
            ]  # fmt: skip
            if not mine:
                raise NotAcceptedError(f"{who.person} is not away")
            confirm(options, f"{who.person} is back?")
            for digest in mine:
                text = reason_text(options["reason"])
                document = draft_countermand(digest, signer=who.person, reason=text, now=now())
                documents.append((document, text))
        else:
            ends = instant_of(until, "--until")
            if not options["as_json"]:
                click.echo(f"{who.person} is away from {to_text(begins)} until {to_text(ends)}.")
            confirm(options, f"{who.person} signs that?")
            absence = Absence(desk.charter.deployment, begins, fresh().hex(), who.person, ends)
            documents.append((absence, salted("", fresh())))
        for document, text in documents:
            state = desk.answer(enclose(document, who.signer), text)
    value = {
        "person": who.person,
        "absences": [
            {
                "absence": one.digest, "from": to_text(one.document.from_),
                "until": to_text(one.document.until), "ended": one.ended is not None,
            }
            for one in state.absences.values() if one.document.signer == who.person
        ],
    }  # fmt: skip
    said = f"{who.person} is back." if back else "Until then deputies may answer at once."
    say(value, options["as_json"], lambda: click.echo(said))
