"""A house over the network, from the command line: which address, as whom, by which key."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cheget.cli.plain import CHARTER, KEY, PERSON, is_asked, now, passphrase, state_folder
from cheget.errors import HouseError, KeyFileError, NotAcceptedError
from cheget.keyring import agent, keyfile
from cheget.keyring.signer import Signer
from cheget.order.keys import ED25519

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cheget.cli.context import Pins
    from cheget.client.remote import RemoteCounter
    from cheget.order.charter import Charter


@contextmanager
def at_house(origin: str) -> Iterator[RemoteCounter]:
    """The house's counter at that address."""
    from cheget.client.remote import RemoteCounter
    from cheget.client.transport import Origin

    name, signer, place = _reader(origin)
    known = _read(place)
    door = Origin(
        origin, name, signer, now, str(known.get("token", "")),
        lambda token, until: _write(place, {**_read(place), "token": token, "until": until}),
    )  # fmt: skip
    try:
        counter = RemoteCounter(door, lambda charter, shown: _pins(origin, charter, shown), now)
        _ = counter.pins  # before anything that is shown is believed
        _write(place, {**_read(place), "who": name})
        yield counter
    finally:
        door.close()


def _option(name: str, also: str) -> Any:
    context = click.get_current_context()
    return context.meta.get(name) or context.params.get(also)


def _reader(origin: str) -> tuple[str, Callable[[], Signer], Path]:
    """Who asks, what signs for them, and where what is known of both is kept.

    Raises:
        KeyFileError: there is no key, or nobody knows whose it is.
    """
    path, person = _option(KEY, "key_path"), _option(PERSON, "person")
    if path is not None:
        point = keyfile.public_half(path)
        place = _place(origin, point)
        who = person or _read(place).get("who")
        if who is not None:
            return str(who), lambda: _from_file(path, place), place
        raise _whose(str(path))
    held = agent.identities() if os.environ.get("SSH_AUTH_SOCK") else ()
    for one in held:
        place = _place(origin, one.public.point)
        who = _read(place).get("who")
        if who is not None and person in {None, who}:
            return str(who), lambda one=one: agent.AgentSigner(one.public), place
    if len(held) == 1 and person is not None:
        public = held[0].public
        return person, lambda: agent.AgentSigner(public), _place(origin, public.point)
    raise (
        _whose("that key")
        if held
        else KeyFileError(
            "no key to read with", hint="give --key FILE, or load an enrolled key into ssh-agent"
        )
    )


def _from_file(path: Path, place: Path) -> Signer:
    scheme = str(_read(place).get("scheme", ED25519))
    return keyfile.read(path, lambda: passphrase(path), scheme=scheme)


def _whose(key: str) -> KeyFileError:
    return KeyFileError(f"whose key is {key}? this client has not asked there before", hint="--as")


def _pins(origin: str, charter: Charter, shown: Sequence[bytes]) -> Pins:
    """What is pinned of the house; on first use, the charter whose digest was given by hand.

    Raises:
        HouseError: another house than before, or nobody compared the digest.
    """
    from cheget.cli.context import Pins
    from cheget.order.charter import pinned_charter
    from cheget.order.envelope import digest

    place = _place(origin, b"")
    before = _read(place).get("deployment")
    if before not in {None, charter.deployment}:
        raise HouseError(f"{origin} shows another house than before: {charter.deployment}")
    if not Pins.has(charter.deployment):
        wanted = "".join(str(click.get_current_context().meta.get(CHARTER) or "").split()).lower()
        if not wanted:
            if not is_asked():
                raise HouseError(
                    f"first use: {origin} shows the charter {charter.digest}",
                    hint="--charter DIGEST, as you were told it by another road",
                )
            click.echo(f"first use: {origin} shows the charter\n  {charter.digest}", err=True)
            click.confirm("Is that the one you were told, by another road?", abort=True, err=True)
            wanted = charter.digest
        found = [one for one in (charter.payload, *shown) if digest("charter", one) == wanted]
        if not found:
            raise NotAcceptedError(
                f"{origin} does not show the charter {wanted[:16]}…", hint="compare them aloud"
            )
        Pins(pinned_charter(found[0], wanted))
    _write(place, {"deployment": charter.deployment})
    return Pins(charter, shown)


def _place(origin: str, point: bytes) -> Path:
    name = hashlib.sha256(origin.rstrip("/").encode() + b"\0" + point).hexdigest()[:32]
    return state_folder() / "doors" / f"{name}.json"


def _read(place: Path) -> dict[str, Any]:
    try:
        found = json.loads(place.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _write(place: Path, value: dict[str, Any]) -> None:
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = place.with_suffix(".new")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(value, file)
    beside.replace(place)
