"""``cheget executor``: the agent beside the act: new, pin, test, run, status, settle."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cheget.cli.plain import address, at_option, house_option, json_option, say
from cheget.cli.running import ANCHOR, FILE, FOLDER, NAME, run, settle
from cheget.cli.trial import test
from cheget.errors import NotAcceptedError

if TYPE_CHECKING:
    from cheget.chain.chain import Chain
    from cheget.order.ledger import Ledger


@click.group()
def executor() -> None:
    """The agent beside the act: new, pin, test, run, status, settle.

    Before the first charter: `executor new` makes folder and key, and enrols the key. Once the
    charter holds: `executor pin`, with the charter's digest given by hand, and what it may do
    written into executor.yaml. Then `executor run`.
    """


@executor.command()
@NAME
@click.option("--chain", "chain_name", help="Of which chain. [default: the one that declares it]")
@click.option("--deployment", help="On a machine without the house: its deployment.")
@FOLDER
@house_option
@json_option
def new(
    name: str, chain_name: str | None, deployment: str | None, own: Path | None,
    folder: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Make an executor: executor.yaml to fill in, a key, its enrolment, a unit for systemd.

    In a house the key is enrolled at once. On a machine without one, give --folder, --chain
    FILE and --deployment, and carry enrolment.json to the house: `cheget people enrol
    --document`.
    """
    from cheget.cli.install import make, place_of
    from cheget.cli.template import unit_name

    place, founded = place_of(name, own, folder), False
    if deployment is not None:
        from cheget.cli.check import read_chain
        from cheget.report.library import file_of

        if chain_name is None or own is None:
            raise click.UsageError("without the house: --folder, --chain FILE and --deployment")
        chain = read_chain(file_of(chain_name))
        _declared(chain, name)
        make(place, name, chain, deployment, at=".")
    else:
        chain, founded = _make_in_house(name, chain_name, own, folder)
    value = {"executor": name, "chain": chain.id, "folder": str(place.folder)}

    def text() -> None:
        unit = unit_name(name)
        click.echo(f"wrote {place.folder}: executor.yaml, executor.key, enrolment.json, {unit}")
        if founded:
            click.echo(f"{name} is enrolled; its key counts once an amendment holds that has it.")
            click.echo("next: cheget chain amend")
        elif deployment is None:
            click.echo(f"{name} is enrolled.")
        else:
            click.echo("next, in the house: cheget people enrol --document enrolment.json")
        click.echo(f"once the charter holds: cheget executor pin {name} --charter DIGEST")

    say(value, as_json, text)


def _make_in_house(
    name: str, chain_name: str | None, own: Path | None, folder: Path | None
) -> tuple[Chain, bool]:
    """The chain, and whether the house is founded already."""
    from cheget.cli.install import make, place_of
    from cheget.cli.people import is_founded
    from cheget.service.house import add_enrolment, find_house, open_house

    house = open_house(find_house(folder or Path.cwd()))
    founded = is_founded(house)
    if chain_name is not None:
        chain = house.chain(chain_name)
    else:
        chain = next(
            (one for one in house.chains if any(k.declares(name) for k in one.executors)),
            house.chains[0],
        )
    _declared(chain, name)
    stored = make(place_of(name, own, folder), name, chain, house.deployment,
                  at=str(house.folder.absolute()))  # fmt: skip
    add_enrolment(house, stored, founded=founded)
    return chain, founded


def _declared(chain: Chain, name: str) -> None:
    try:
        chain.kind_of(name)
    except KeyError:
        known = ", ".join(k.id if k.count is None else f"{k.id}-0001 …" for k in chain.executors)
        raise NotAcceptedError(
            f"{chain.id} declares no executor {name}", hint=f"it declares: {known or 'none'}"
        ) from None


@executor.command("pin")
@NAME
@click.option("--charter", "digest", required=True, metavar="DIGEST", help="As you were told it.")
@click.option("--from", "ledger", type=FILE, help="A ledger that `cheget log export` wrote.")
@at_option
@FOLDER
@ANCHOR
@house_option
@json_option
def pin_(
    name: str, digest: str, ledger: Path | None, own: Path | None, anchors: Path | None,
    folder: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Pin the charter by its digest, and begin the journal's tenure.

    Both logs are read whole and proved; over the network (--at) the law is, and the log of orders
    is taken as its checkpoint says, signed by the key in the charter. Orders
    released before the tenure are refused: an older journal may have acted on them. Of a journal
    that was put back from a backup the tenure is lost; pinning again begins a new one.
    """
    from cheget.cli.install import pin, pin_elsewhere, place_of

    place = place_of(name, own, folder)
    wanted = "".join(digest.split()).lower()
    origin = address()
    if origin is not None:
        began = pin_elsewhere(place, name, wanted, origin, anchors)
    else:
        began = pin(place, name, wanted, _ledger(ledger, folder), anchors)
    value = {"executor": name, "charter": wanted, "tenure": began}

    def text() -> None:
        click.echo(f"{name} pins charter {wanted}")
        click.echo(f"its journal's tenure begins at entry {began} of the orders log")
        click.echo(f"next: what it may do, in {place.settings}; cheget executor run {name}")

    say(value, as_json, text)


def _ledger(ledger: Path | None, folder: Path | None) -> Ledger:
    if ledger is not None:
        from cheget.cli.log import ledger_of

        return ledger_of(ledger)
    from cheget.cli.context import at_desk
    from cheget.cli.ledgers import read_ledger

    with at_desk(folder) as (_, desk):
        return read_ledger(desk)


@executor.command()
@NAME
@FOLDER
@house_option
@json_option
def status(name: str, own: Path | None, folder: Path | None, as_json: bool) -> None:
    """What an executor is, and what its journal says. Nothing is written."""
    from cheget.cli.install import place_of
    from cheget.cli.journals import print_status, status_of

    value = status_of(place_of(name, own, folder), name)
    say(value, as_json, lambda: print_status(value))
    if any(order["outcome"] == "unknown" for order in value["orders"]):
        raise click.exceptions.Exit(1)


executor.add_command(test)
executor.add_command(run)
executor.add_command(settle)
