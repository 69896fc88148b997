"""``cheget people``: enrol keys, found the first charter, say who is missing."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cheget.cli.plain import fresh, house_option, json_option, passphrase, say, signing_options
from cheget.errors import HouseError, KeyFileError, NotAcceptedError

if TYPE_CHECKING:
    from cheget.keyring.signer import Signer
    from cheget.order.charter import Charter
    from cheget.service.house import House

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.group()
def people() -> None:
    """Enrol keys; found the house's first charter."""


@people.command()
@click.argument("person", required=False)
@click.option("--key", "key_path", type=_FILE, envvar="CHEGET_KEY", help="A key file.")
@click.option("--ssh", is_flag=True, help="A key in your SSH agent.")
@click.option("--agent-key", metavar="FINGERPRINT", help="Which one, where it holds several.")
@click.option(
    "--scheme", type=click.Choice(["ed25519", "sshsig-ed25519"]), default="ed25519",
    help="How a key file signs: plainly, or as ssh-keygen -Y sign does.", show_default=True,
)  # fmt: skip
@click.option("--document", type=_FILE, help="An enrolment made elsewhere, as by an executor.")
@house_option
@json_option
def enrol(person: str | None, document: Path | None, as_json: bool, **options: Any) -> None:
    """Enrol a key for PERSON: the key itself signs that you hold it.

    The first enrolment draws the house's deployment: house.yaml, and the keys of both logs.
    Keys count once the first charter is founded; after that they change by amendment only.
    """
    from cheget.cli.context import folder_of
    from cheget.service.house import add_enrolment, draw_house, open_house

    folder = folder_of(options["folder"])
    drawn = not (folder / "house.yaml").exists()
    if drawn:
        _refuse_nobody(folder, person, document)
    house = draw_house(folder, fresh) if drawn else open_house(folder)
    refuse_founded(house)
    stored = _read(document) if document else _enrolment(house, person, options)
    who, public = add_enrolment(house, stored)
    value = {"who": who, "scheme": public.scheme, "house": house.people.house, "drawn": drawn}

    def text() -> None:
        if drawn:
            click.echo(f"drew deployment {house.deployment} for {house.people.house}: house.yaml")
        click.echo(f"{who} is enrolled, with a key of scheme {public.scheme}.")
        click.echo("next: everybody else, and `cheget executor new` for each executor;"
                   " then cheget people found")  # fmt: skip

    say(value, as_json, text)


@people.command("list")
@house_option
@json_option
def list_(folder: Path | None, as_json: bool) -> None:
    """Who has keys, who fills which posts, and who must still agree."""
    from cheget.cli.context import folder_of
    from cheget.cli.foundings import standing
    from cheget.service.house import open_house

    house = open_house(folder_of(folder))
    rows = _rows(house)
    state = standing(house)
    value = {"house": house.people.house, "people": rows, **state}

    def text() -> None:
        for row in rows:
            keys = ", ".join(row["keys"]) or "no key"
            posts = ", ".join(row["posts"]) or "no post"
            machine = " (machine)" if row["machine"] else ""
            click.echo(f"  {row['who']:<14} {posts:<28} {keys}{machine}")
        click.echo(_said(state))

    say(value, as_json, text)


@people.command()
@click.option("--refuse", is_flag=True, help="Refuse the charter that is proposed.")
@click.option("--within", default="7d", help="How long people have to agree.", show_default=True)
@signing_options
@house_option
@json_option
def found(**options: Any) -> None:
    """Found the first charter: show it whole, and sign that you agree.

    The first call proposes it, each later one agrees; everybody who fills a member's post
    must, before it holds. Read its digest aloud to one another: who pins it trusts it.
    """
    from cheget.cli.foundings import found as do

    do(options)


@people.command("charter")
@click.option("-o", "--output", type=_FILE, help="Write it there.")
@house_option
def charter_(output: Path | None, folder: Path | None) -> None:
    """Write out the charter that holds: what executors and auditors pin by its digest."""
    from cheget.cli.context import at_desk

    with at_desk(folder) as (_, desk):
        payload, digest = desk.charter.payload, desk.charter.digest
    if output is None:
        sys.stdout.buffer.write(payload)
        return
    try:
        output.write_bytes(payload)
    except OSError as error:
        raise HouseError(f"{output}: {error.strerror}") from error
    click.echo(f"wrote {output}: charter {digest}")


def read_proposed(house: House) -> Charter | None:
    """The charter that the store has, founded or not."""
    from cheget.order.charter import read_charter
    from cheget.service.house import open_store

    if not (house.desk_folder / "store.sqlite").exists():
        return None
    store = open_store(house)
    try:
        payload = store.read(lambda tx: tx.charter())
    finally:
        store.close()
    return read_charter(payload) if payload is not None else None


def refuse_founded(house: House) -> None:
    """Keys are enrolled before the first charter, and changed by amendment after it."""
    if read_proposed(house) is not None:
        raise NotAcceptedError(
            "a charter has been proposed already: keys change by amendment from now on",
            hint="this version cannot amend; a house founded anew takes new keys",
        )


def _refuse_nobody(folder: Path, person: str | None, document: Path | None) -> None:
    """Before anything is drawn: is there somebody to enrol at all?"""
    from cheget.service.house import read_people

    if document is None:
        _person([one.id for one in read_people(folder).people], person)


def _person(known: list[str], person: str | None) -> str:
    if person is None:
        person = getpass.getuser()
        if person not in known:
            raise click.UsageError(f"whose key? one of {', '.join(known)}")
    if person not in known:
        from cheget.chain.text import near

        raise HouseError(f"there is nobody named {person} in people.yaml", hint=near(person, known))
    return person


def _enrolment(house: House, person: str | None, options: dict[str, Any]) -> bytes:
    from cheget.keyring.sealing import with_sealing
    from cheget.order.draft import draft_enrolment, enclose

    who = _person([one.id for one in house.people.people], person)
    key_path: Path | None = options["key_path"]
    signer: Signer
    if options["ssh"] or options["agent_key"]:
        from cheget.cli.key import agent_signer

        signer = agent_signer(options["agent_key"])
    elif key_path is not None:
        from cheget.keyring import keyfile

        place = key_path
        signer = keyfile.read(place, lambda: passphrase(place), scheme=options["scheme"])
    else:
        raise KeyFileError(
            "no key to enrol", hint="--key FILE (cheget key new makes one), or --ssh"
        )
    return enclose(draft_enrolment(house.deployment, who, with_sealing(signer), fresh()), signer)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes().rstrip(b"\n")
    except OSError as error:
        raise HouseError(f"{path}: {error.strerror}") from error


def _rows(house: House) -> list[dict[str, Any]]:
    from cheget.cli.key import fingerprint
    from cheget.order.law import check_enrolment
    from cheget.order.papers import open_envelope
    from cheget.service.house import enrolments

    held: dict[str, list[str]] = {}
    for stored in enrolments(house):
        who, public = check_enrolment(house.deployment, open_envelope(stored))
        held.setdefault(who, []).append(fingerprint(public))
    members = [m.id for chain in house.chains for m in chain.members]
    rows = [
        {
            "who": one.id, "name": one.name, "machine": one.machine,
            "keys": held.pop(one.id, []),
            "posts": [
                post for post in dict.fromkeys([*members, *house.people.posts])
                if house.people.fills(post) == one.id
            ],
        }
        for one in house.people.people
    ]  # fmt: skip
    rows += [
        {"who": who, "name": who, "machine": True, "keys": keys, "posts": ["executor"]}
        for who, keys in held.items()
    ]
    return rows


def _said(state: dict[str, Any]) -> str:
    if state["state"] == "founded":
        return f"The charter holds: {state['charter']}"
    if state["state"] == "proposed":
        return f"A charter is proposed; still to agree: {', '.join(state['missing'])}"
    if state["state"] == "refused":
        return "The first charter was refused."
    return "No charter has been proposed yet.\nnext: cheget people found"
