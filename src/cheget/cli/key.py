"""``cheget key``: make a key, show a key."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cheget.cli.plain import (
    counter_options,
    fresh,
    is_asked,
    json_option,
    passphrase,
    say,
    signing_options,
)
from cheget.errors import KeyFileError
from cheget.order.keys import fingerprint

if TYPE_CHECKING:
    from cheget.keyring.signer import Signer
    from cheget.order.keys import PublicKey


@click.group()
def key() -> None:
    """Make and show keys.

    Key files are OpenSSH's own: ssh-keygen reads what cheget writes, and cheget reads an
    ssh-ed25519 key that ssh-keygen made.
    """


@key.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--comment", default="", help="For the public half.")
@click.option("--no-passphrase", is_flag=True, help="In the clear, as a machine needs it.")
@json_option
def new(file: Path, comment: str, no_passphrase: bool, as_json: bool) -> None:
    """Make a key: FILE, readable by you only, and FILE.pub beside it.

    The passphrase is asked twice; where there is nobody to ask, it is what the file holds that
    CHEGET_PASSPHRASE_FILE names.
    """
    from cheget.keyring import keyfile

    if any(ord(character) < ord(" ") for character in comment):
        raise click.UsageError("a comment stays on its line")
    for place in (file, file.with_name(file.name + ".pub")):
        if os.path.lexists(place):  # before anybody is asked for a passphrase
            raise KeyFileError(f"{place} exists already, and a key is never overwritten")
    secret = None if no_passphrase else _new_passphrase(file)
    signer = keyfile.generate(fresh(keyfile.SEED_SIZE))
    keyfile.write(file, signer, secret, comment)
    value = {"file": str(file), **described(signer.public, comment)}

    def text() -> None:
        click.echo(f"wrote {file} and {file}.pub")
        click.echo(f"{value['fingerprint']}")
        if no_passphrase:
            click.echo("It has no passphrase: whoever reads the file signs with it.")

    say(value, as_json, text)


@key.command()
@click.argument("file", type=click.Path(path_type=Path))
@json_option
def show(file: Path, as_json: bool) -> None:
    """Show a key's public half: FILE is a key file, or its .pub."""
    public, comment = public_of(file)
    value = described(public, comment)

    def text() -> None:
        click.echo(value["line"])
        click.echo(f"  fingerprint  {value['fingerprint']}")
        click.echo(f"  scheme       {value['scheme']}")

    say(value, as_json, text)


@key.command()
@click.argument("which", metavar="KEY")
@signing_options
@counter_options
@json_option
def revoke(which: str, **options: Any) -> None:
    """Give up a key of yours, at once and for ever.

    KEY is a fingerprint, or a file with it. Any key of yours signs that, the lost one included;
    for somebody else's keys, `cheget people remove` or `replace`. Every open order in which it
    counted is closed.
    """
    from cheget.cli.revoking import revoke as do

    do(which, options)


def described(public: PublicKey, comment: str = "") -> dict[str, str]:
    """A key as JSON: its line, its fingerprint as ssh-keygen shows it, its scheme."""
    from cheget.keyring.publicline import public_line

    return {
        "line": public_line(public, comment),
        "fingerprint": fingerprint(public),
        "scheme": public.scheme,
    }


def agent_signer(wanted: str | None) -> Signer:
    """The key in the SSH agent with that fingerprint; without one, the only key it holds."""
    from cheget.keyring import agent

    held = agent.identities()
    names = [f"{fingerprint(one.public)} {one.comment}" for one in held]
    if wanted is not None:
        held = tuple(one for one in held if fingerprint(one.public) == wanted)
    if not held:
        raise KeyFileError(
            "the SSH agent holds no such key" if wanted else "the SSH agent holds no key for this",
            hint="; ".join(names) or "ssh-add a key of type ed25519 or ed25519-sk",
        )
    if len(held) > 1:
        raise KeyFileError(
            f"the SSH agent holds {len(held)} keys", hint=f"--agent-key, one of: {'; '.join(names)}"
        )
    return agent.AgentSigner(held[0].public)


def public_of(file: Path) -> tuple[PublicKey, str]:
    """The public half of what ``file`` holds, and its comment."""
    from cheget.keyring import keyfile
    from cheget.keyring.publicline import read_public
    from cheget.order.keys import ED25519, PublicKey

    beside = file if file.suffix == ".pub" else file.with_name(file.name + ".pub")
    words: list[str] = []
    if beside == file or beside.exists():
        read_public(beside, scheme=ED25519)  # says what is wrong, if anything is
        words = beside.read_text().split(maxsplit=2)
    if file == beside:
        public = read_public(file, scheme=ED25519)
    else:
        public = PublicKey(ED25519, keyfile.public_half(file))
    return public, words[2].strip() if len(words) > 2 else ""  # noqa: PLR2004 - type, key, comment


def _new_passphrase(file: Path) -> bytes:
    place = os.environ.get("CHEGET_PASSPHRASE_FILE")
    if place:
        secret = passphrase(file)
    elif is_asked():
        secret = str(
            click.prompt(
                f"Passphrase for {file}", hide_input=True, confirmation_prompt=True, err=True
            )
        ).encode()
    else:
        raise KeyFileError(
            f"{file} needs a passphrase, and there is nobody to ask",
            hint="CHEGET_PASSPHRASE_FILE names a file that holds it; or --no-passphrase",
        )
    if not secret:
        raise KeyFileError("an empty passphrase protects nothing", hint="or --no-passphrase")
    return secret
