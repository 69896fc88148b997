"""``cheget auditor``: let somebody outside the house read for a while."""

from __future__ import annotations

from pathlib import Path

import click

from cheget.cli.plain import house_option, instant_of, json_option, now, say

LONGEST = 366 * 86400


@click.group()
def auditor() -> None:
    """Let somebody outside the house read it for a while."""


@auditor.command()
@click.argument("name")
@click.option("--until", required=True, metavar="DATE",
              help="2027-01-04 (its first moment, UTC), or an instant.")  # fmt: skip
@click.option("--observer", is_flag=True, help="Only where orders stand: no papers, no reasons.")
@house_option
@json_option
def invite(name: str, until: str, observer: bool, folder: Path | None, as_json: bool) -> None:
    """A token for NAME, who then reads what `cheget serve` serves, and signs nothing.

    Whoever has it reads: hand it over by a road that you trust. It ends by itself, and can't be
    called back before, save by new log keys.
    """
    from cheget.audit.instant import to_text
    from cheget.cli.context import folder_of
    from cheget.errors import NotAcceptedError
    from cheget.order.fields import ID_FIELD
    from cheget.order.session import Reader
    from cheget.service.api.sessions import secret_of, token_of
    from cheget.service.house import open_house, session_secret

    ends = instant_of(until, "--until")
    if not now() < ends <= now() + LONGEST:
        raise NotAcceptedError("an invitation ends within a year from now")
    house = open_house(folder_of(folder))
    reader = Reader(ID_FIELD.read(name), "observer" if observer else "auditor")
    secret = secret_of(session_secret(house), house.deployment)
    token = token_of(secret, reader, ends)
    value = {"who": name, "role": reader.role, "until": to_text(ends), "token": token}

    def text() -> None:
        click.echo(f"{name}, {reader.role} until {to_text(ends)}:")
        click.echo(f"  {token}")
        path = "v1/orders" if observer else "v1/ledger"
        click.echo(f'next, for them: curl -H "Authorization: Bearer $TOKEN" https://…/{path}')

    say(value, as_json, text)
