"""``cheget chain``: amend the house's charter."""

from __future__ import annotations

from typing import Any

import click

from cheget.cli.plain import counter_options, json_option, signing_options


@click.group()
def chain() -> None:
    """Amend the charter: a changed chain, people, keys, executors."""


@chain.command()
@click.argument("words", nargs=-1, metavar="[AMENDMENT]…")
@click.option("--refuse", is_flag=True, help="Refuse the amendment.")
@click.option("--withdraw", is_flag=True, help="Take back your proposal, or your agreement.")
@click.option("--propose", is_flag=True, help="Propose another one, beside those that wait.")
@click.option("--dry-run", is_flag=True, help="Show it, and sign nothing.")
@click.option("--within", default="7d", help="How long people have to agree.", show_default=True)
@signing_options
@counter_options
@json_option
def amend(words: tuple[str, ...], propose: bool, **options: Any) -> None:
    """Change the law: propose what this folder says now, or answer what is proposed.

    The first call shows what the chains, people and keys in this folder would change, as
    `cheget diff` does, and proposes it; each later one shows that, and agrees. It holds once the
    rules of the old charter and of the new one have agreed, and closes the open orders whose
    law it changes. AMENDMENT: its six words, or its digest, where several wait.
    """
    from cheget.cli.amendments import offer as offered
    from cheget.cli.amendments import respond, waiting
    from cheget.cli.context import at_counter, followed, needed
    from cheget.errors import NotAcceptedError
    from cheget.service.amended import amended, held_charters, is_same, pending

    if options["refuse"] and options["withdraw"]:
        raise click.UsageError("--refuse or --withdraw, not both")
    with at_counter(options["folder"]) as (house, desk):
        state = followed(desk)
        if words or (waiting(state) and not propose):
            respond(desk, state, words, options)
            return
        if options["refuse"] or options["withdraw"]:
            raise NotAcceptedError("no amendment waits")
        here = needed(house, "a proposal")
        waits = pending(here, state, held_charters(desk.charters(), state))
        new = amended(here, state, waits)
        if is_same(state.charter, new):
            raise NotAcceptedError(
                "this folder says what the charter says: nothing to amend",
                hint="edit chains/*.yaml or people.yaml, or enrol a key; then amend",
            )
        offered(desk, state, new, [one for keys in waits.values() for _, one in keys], options)
