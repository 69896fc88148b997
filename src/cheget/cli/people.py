"""``cheget people``: enrol keys, found the first charter, say who is missing."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cheget.cli.plain import (
    address,
    counter_options,
    fresh,
    house_option,
    json_option,
    now,
    passphrase,
    reading_options,
    say,
    signing_options,
)
from cheget.errors import HouseError, KeyFileError, NotAcceptedError

if TYPE_CHECKING:
    from cheget.keyring.signer import Signer
    from cheget.service.house import House

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.group()
def people() -> None:
    """Enrol keys, found the first charter; people come, go and lose their keys."""


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
@click.option("--invitation", metavar="CODE", help="The code that you were given.")
@click.option("-o", "--output", type=_FILE,
              help="Write the enrolment there: on a machine without the house.")  # fmt: skip
@house_option
@json_option
def enrol(person: str | None, document: Path | None, as_json: bool, **options: Any) -> None:
    """Enrol a key for PERSON: the key itself signs that you hold it.

    The first enrolment draws the house's deployment: house.yaml, and the keys of both logs.
    Keys count once the first charter is founded; after that they change by amendment only.
    """
    from cheget.cli.context import folder_of
    from cheget.service.house import add_enrolment, draw_house, open_house
    from cheget.service.inviting import spent

    if options["output"] is not None:
        _enrol_elsewhere(person, as_json, options)
        return
    folder = folder_of(options["folder"])
    drawn = not (folder / "house.yaml").exists()
    if drawn:
        _refuse_nobody(folder, person, document)
    house = draw_house(folder, fresh) if drawn else open_house(folder)
    amends = is_founded(house)
    stored = _read(document) if document else _enrolment_here(house, person, options)
    with spent(_invitation_of(house, stored)):
        who, public = add_enrolment(house, stored, founded=amends)
    value = {"who": who, "scheme": public.scheme, "house": house.people.house, "drawn": drawn}

    def text() -> None:
        if drawn:
            click.echo(f"drew deployment {house.deployment} for {house.people.house}: house.yaml")
        click.echo(f"{who} is enrolled, with a key of scheme {public.scheme}.")
        if amends:
            click.echo("The key counts once an amendment holds that has it.")
            click.echo("next: cheget chain amend")
            return
        click.echo("next: everybody else, and `cheget executor new` for each executor;"
                   " then cheget people found")  # fmt: skip

    say(value, as_json, text)


@people.command()
@click.argument("who", nargs=-1, required=True, metavar="PERSON…")
@house_option
@json_option
def invite(who: tuple[str, ...], folder: Path | None, as_json: bool) -> None:
    """Invite people to enrol a key on a machine of their own: a code each, used once, for 48 h.

    Give each of them their code by a road that you trust. An enrolment of theirs that comes as a
    document then has to be by that code.
    """
    from cheget.audit.instant import to_text
    from cheget.cli.context import folder_of
    from cheget.service.house import draw_house, open_house
    from cheget.service.inviting import invite as do

    place = folder_of(folder)
    drawn = not (place / "house.yaml").exists()
    house = draw_house(place, fresh) if drawn else open_house(place)
    known = [one.id for one in house.people.people]
    for one in who:
        _person(known, one)  # before anybody is invited
    made = {one: do(house, one, fresh(), now()) for one in dict.fromkeys(who)}
    value = [
        {"who": one, "invitation": code, "until": to_text(until)}
        for one, (code, until) in made.items()
    ]

    def text() -> None:
        for one, (code, until) in made.items():
            click.echo(f"{one}, until {to_text(until)}:")
            click.echo(f"  cheget people enrol {one} --key FILE --invitation {code} -o {one}.json")

    say(value, as_json, text)


@people.command("list")
@reading_options
@json_option
def list_(folder: Path | None, as_json: bool) -> None:
    """Who has keys, who fills which posts, and who must still agree."""
    value = _listed_elsewhere(folder) if address() is not None else _listed_here(folder)
    rows, waiting = value["people"], value["invited"]

    def text() -> None:
        for row in rows:
            keys = (
                ", ".join([*row["keys"], *(f"{one} (waits)" for one in row["waits"])]) or "no key"
            )
            posts = ", ".join(row["posts"]) or "no post"
            machine = " (machine)" if row["machine"] else ""
            click.echo(f"  {row['who']:<14} {posts:<28} {keys}{machine}")
        for who, until in waiting.items():
            click.echo(f"Invited until {until}: {who}")
        click.echo(_said(value))

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


_PERSON = click.argument("whom", metavar="PERSON")
_WITHIN = click.option(
    "--within", default="7d", help="How long people have to agree.", show_default=True
)


@people.command()
@_PERSON
@click.option("--dry-run", is_flag=True, help="Show what it does, and sign nothing.")
@_WITHIN
@signing_options
@counter_options
@json_option
def remove(whom: str, **options: Any) -> None:
    """Take PERSON off the roster: no key, no post, in every chain.

    Shows what that does to each chain, and which open orders it closes; then proposes it. The
    house's rule `remove` has to agree. Others agree by `cheget chain amend`.
    """
    from cheget.cli.staffing import remove as do

    do(whom, options)


@people.command()
@_PERSON
@click.option("--dry-run", is_flag=True, help="Show what it does, and sign nothing.")
@_WITHIN
@signing_options
@counter_options
@json_option
def replace(whom: str, **options: Any) -> None:
    """Replace all keys of PERSON, who lost every device, by those that wait.

    First `cheget people enrol PERSON`, with the new key. The house's rule `replace` has to
    agree; PERSON cannot, having no key.
    """
    from cheget.cli.staffing import replace_keys

    replace_keys(whom, options)


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


def is_founded(house: House) -> bool:
    """Whether keys change by amendment from now on.

    Raises:
        NotAcceptedError: a first charter is proposed, and does not hold yet.
    """
    from cheget.cli.foundings import standing

    state = standing(house)["state"]
    if state in {"proposed", "refused"}:
        raise NotAcceptedError(
            "a charter has been proposed already: a key enrolled now would not be in it",
            hint="once it holds, enrol the key, and cheget chain amend" if state == "proposed"
            else "it was refused: the house is founded anew",
        )  # fmt: skip
    return bool(state == "founded")


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


def _enrolment_here(house: House, person: str | None, options: dict[str, Any]) -> bytes:
    who = _person([one.id for one in house.people.people], person)
    nonce = fresh()
    if options["invitation"] is not None:
        from cheget.service.inviting import read_code

        deployment, nonce = read_code(options["invitation"])
        if deployment != house.deployment:
            raise NotAcceptedError("the invitation is to another house")
    return _enrolment(house.deployment, who, nonce, options)


def _enrol_elsewhere(person: str | None, as_json: bool, options: dict[str, Any]) -> None:
    """Write an enrolment to be carried to the house, by the code that came from there."""
    from cheget.order.papers import open_envelope
    from cheget.service.inviting import read_code

    if options["invitation"] is None or person is None:
        raise click.UsageError("--output takes PERSON and --invitation CODE")
    deployment, nonce = read_code(options["invitation"])
    stored = _enrolment(deployment, person, nonce, options)
    output: Path = options["output"]
    try:
        output.write_bytes(stored)
    except OSError as error:
        raise HouseError(f"{output}: {error.strerror}") from error
    document: Any = open_envelope(stored).unverified
    value = {"who": person, "scheme": document.scheme, "house": None, "drawn": False}

    def text() -> None:
        click.echo(f"wrote {output}, the enrolment of {person}.")
        click.echo(f"next, in the house: cheget people enrol --document {output.name}")

    say(value, as_json, text)


def _invitation_of(house: House, stored: bytes) -> Path | None:
    from cheget.order.law import check_enrolment
    from cheget.order.papers import open_envelope
    from cheget.service.inviting import check_invited

    filed = open_envelope(stored)
    who, _ = check_enrolment(house.deployment, filed, house.parties)
    document: Any = filed.unverified
    return check_invited(house, who, bytes.fromhex(document.nonce), now())


def _enrolment(deployment: str, who: str, nonce: bytes, options: dict[str, Any]) -> bytes:
    from cheget.keyring.sealing import with_sealing
    from cheget.order.draft import draft_enrolment, enclose

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
    return enclose(draft_enrolment(deployment, who, with_sealing(signer), nonce), signer)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes().rstrip(b"\n")
    except OSError as error:
        raise HouseError(f"{path}: {error.strerror}") from error


def _listed_here(folder: Path | None) -> dict[str, Any]:
    from cheget.audit.instant import to_text
    from cheget.cli.context import at_desk, folder_of
    from cheget.cli.foundings import standing
    from cheget.cli.roster import roster
    from cheget.service.house import open_house
    from cheget.service.inviting import invited

    house = open_house(folder_of(folder))
    state = standing(house) | {"version": None, "amendments": [], "differs": False}
    rows = _rows(house)
    if state["state"] == "founded":
        with at_desk(folder) as (_, desk):
            rows, lines = roster(desk, house)
        state |= lines
    waiting = {who: to_text(until) for who, until in invited(house, now()).items()}
    return {"house": house.people.house, "people": rows, "invited": waiting, **state}


def _listed_elsewhere(folder: Path | None) -> dict[str, Any]:
    from cheget.cli.context import at_counter
    from cheget.cli.roster import roster

    with at_counter(folder) as (house, desk):
        rows, lines = roster(desk, house)
        name = desk.charter.house
    return {
        "house": name, "people": rows, "invited": {}, "state": "founded", "missing": [], **lines,
    }  # fmt: skip


def _rows(house: House) -> list[dict[str, Any]]:
    from cheget.order.keys import fingerprint
    from cheget.order.law import check_enrolment
    from cheget.order.papers import open_envelope
    from cheget.service.house import enrolments

    held: dict[str, list[str]] = {}
    for stored in enrolments(house):
        who, public = check_enrolment(house.deployment, open_envelope(stored), house.parties)
        held.setdefault(who, []).append(fingerprint(public))
    members = [m.id for chain in house.chains for m in chain.members]
    rows = [
        {
            "who": one.id, "name": one.name, "machine": one.machine,
            "keys": held.pop(one.id, []), "waits": [],
            "posts": [
                post for post in dict.fromkeys([*members, *house.people.posts])
                if house.people.fills(post) == one.id
            ],
        }
        for one in house.people.people
    ]  # fmt: skip
    rows += [
        {
            "who": who, "name": who, "machine": True, "keys": keys, "waits": [],
            "posts": ["executor"],
        }
        for who, keys in held.items()
    ]  # fmt: skip
    return rows


def _said(state: dict[str, Any]) -> str:
    if state["state"] == "founded":
        more = [f"An amendment waits: {one}" for one in state["amendments"]]
        if state["differs"]:
            more.append("This folder says something else than the charter: cheget chain amend")
        held = f"The charter holds: {state['charter']}, version {state['version']}"
        return "\n".join([held, *more])
    if state["state"] == "proposed":
        return f"A charter is proposed; still to agree: {', '.join(state['missing'])}"
    if state["state"] == "refused":
        return "The first charter was refused."
    return "No charter has been proposed yet.\nnext: cheget people found"
