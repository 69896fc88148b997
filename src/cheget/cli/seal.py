"""``cheget seal``: the ceremony in which an executor's secrets are sealed to its chain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cheget.cli.plain import house_option, is_asked, json_option, say, signing_options
from cheget.cli.running import FOLDER, NAME
from cheget.errors import HouseError, SealError
from cheget.report.wording import count, joined

if TYPE_CHECKING:
    from cheget.cli.ceremony import Ceremony
    from cheget.cli.openings import Judged


@click.command()
@NAME
@click.option("--action", "actions", multiple=True, help="Again for each. [default: all it may do]")
@click.option("--secret", "given", multiple=True, metavar="VARIABLE=FILE",
              help="A secret there is; - reads standard input. Again for each.")  # fmt: skip
@click.option("--generate", "made", multiple=True, metavar="VARIABLE[=ed25519]",
              help="One that exists nowhere in clear: a password, or a signing key.")  # fmt: skip
@click.option("--serials", default=10, show_default=True, type=click.IntRange(1, 10_000),
              help="For how many orders, of each action.")  # fmt: skip
@click.option("--add", is_flag=True, help="Keep the serials of before that are unused.")
@click.option("--check", is_flag=True, help="Only say whether it can be sealed, and who opens it.")
@FOLDER
@signing_options
@house_option
@json_option
def seal(name: str, actions: tuple[str, ...], check: bool, **options: Any) -> None:
    """Seal an executor's secrets to its chain: nobody has them before the last concurrence.

    Every seat of an action's ladder is dealt a share, sealed to the key files of whoever may
    answer there. An order takes one serial, and burns it, however it ends. What is dealt lies in
    seals/ in the house; what is sealed, in sealed/ in the executor's own folder. Serials of
    before that are unused are replaced. In executor.yaml: `secrets: {VARIABLE: seal}`.
    """
    from cheget.cli.ceremony import Ceremony
    from cheget.cli.context import at_desk, followed, identify
    from cheget.cli.install import place_of
    from cheget.cli.sealable import secrets_of

    with at_desk(options["folder"]) as (house, desk):
        place = place_of(name, options["own"], options["folder"])
        state = followed(desk)
        ceremony = Ceremony(house, desk, state, name, place)
        found = [ceremony.judge(action) for action in ceremony.actions(actions)]
        if check:
            _say_checked(ceremony, found, options["as_json"])
            return
        if refused := next((one for one in found if one.refused), None):
            raise SealError(refused.refused, hint=f"cheget seal {name} --check")
        secrets, public = secrets_of(options["given"], options["made"])
        who = identify(state.charter, options["person"], options["key_path"], state.revoked)
        what = f"{joined(sorted(secrets))} of {name}, {count(options['serials'], 'serial')} each"
        _confirm(
            options["yes"], f"{who.person} seals {what}, for {joined([f.action for f in found])}?"
        )
        serials = {
            one.action: ceremony.deal(
                one.action, secrets, who, count=options["serials"], keep=options["add"],
                quiet=options["as_json"],
            )
            for one in found
        }  # fmt: skip
        files = ceremony.publish(public)
    value = {
        "executor": name, "chain": ceremony.law.chain.id, "law": ceremony.law.digest,
        "secrets": sorted(secrets), "public": files, "folder": str(place.folder / "sealed"),
        "actions": [
            {"action": one.action, "shares": one.shares, "first": serials[one.action][0],
             "last": serials[one.action][-1]}
            for one in found
        ],
    }  # fmt: skip
    say(value, options["as_json"], lambda: _print_sealed(value, made=bool(options["made"])))


def _confirm(yes: bool, question: str) -> None:
    if yes:
        return
    if not is_asked():
        raise HouseError("there is nobody to ask", hint="--yes seals it as given")
    click.confirm(question, abort=True)


def _say_checked(ceremony: Ceremony, found: list[Judged], as_json: bool) -> None:
    value = {
        "executor": ceremony.name, "chain": ceremony.law.chain.id,
        "actions": [
            {**one.to_json(), "left": ceremony.left(one.action)} for one in found
        ],
    }  # fmt: skip
    say(value, as_json, lambda: _print_checked(ceremony, found))
    if any(one.refused for one in found):
        raise click.exceptions.Exit(1)


def _print_checked(ceremony: Ceremony, found: list[Judged]) -> None:
    from cheget.cli.openings import print_judged

    for one in found:
        print_judged(one, f" {count(ceremony.left(one.action), 'serial')} left.")
    if not any(one.refused for one in found):
        how = "--secret VARIABLE=FILE, or --generate VARIABLE"
        click.echo(f"next: cheget seal {ceremony.name} {how}")


def _print_sealed(value: dict[str, Any], *, made: bool) -> None:
    click.echo(f"{value['executor']}: {joined(value['secrets'])} sealed to {value['chain']}.")
    for one in value["actions"]:
        serials = f"serials {one['first']} to {one['last']}"
        click.echo(f"  {one['action']:<16} {serials}, {count(one['shares'], 'share')} each")
    for name, file in value["public"].items():
        click.echo(f"  {name}: its public half is in {file}")
    click.echo(f"  {value['folder']} belongs to the executor's machine, and to nobody else's")
    if made:
        click.echo("What was made is gone with the last of these serials, or when the law changes.")
    else:
        click.echo("The secret is still where it was before: delete it there, or change it.")
