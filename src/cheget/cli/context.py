"""What verbs share: the house, the desk, whose key signs, what is pinned, how it is said."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import click

from cheget.cli.plain import (
    address,
    counter_options,
    fresh,
    house_option,
    is_asked,
    json_option,
    now,
    passphrase,
    reading_options,
    say,
    signing_options,
    state_folder,
)
from cheget.cli.remote import at_house
from cheget.errors import HouseError, KeyFileError, LawError, NotAcceptedError
from cheget.keyring import agent, keyfile
from cheget.keyring.signer import Signer
from cheget.order.charter import Charter, pinned_charter
from cheget.order.counter import Counter
from cheget.order.documents import order_name
from cheget.order.draft import salted
from cheget.order.envelope import digest
from cheget.order.fields import Head, Text
from cheget.order.follow import LawState
from cheget.order.law import read_law
from cheget.order.verify import Pinned
from cheget.order.words import prefix_bits
from cheget.report.terminal import safe
from cheget.service.clock import SystemClock
from cheget.service.counter import LocalCounter
from cheget.service.house import House, find_house, open_desk, open_house, open_store

__all__ = [
    "Identity", "Pins", "at_counter", "at_desk", "counter_options", "crew_file", "find_order",
    "folder_of", "followed", "fresh", "house_option", "identify", "is_asked", "json_option",
    "needed", "now", "passphrase", "pins_of", "reading_options", "reason_text", "say",
    "signing_options", "state_folder",
]  # fmt: skip


def folder_of(folder: Path | None) -> Path:
    """The house's folder."""
    return find_house(folder if folder is not None else Path.cwd())


@contextmanager
def at_counter(folder: Path | None) -> Iterator[tuple[House | None, Counter]]:
    """The house and its counter: with ``--at`` over the network, else its desk on this machine.

    Over the network there may be no folder: then the house is None.
    """
    origin = address()
    if origin is None:
        with at_desk(folder) as found:
            yield found
        return
    with at_house(origin) as counter:
        yield _house_here(folder), counter


@contextmanager
def at_desk(folder: Path | None) -> Iterator[tuple[House, LocalCounter]]:
    """The house and its desk on this machine, closed afterwards."""
    house = open_house(folder_of(folder))
    store = open_store(house)
    try:
        yield house, open_desk(house, store, SystemClock())
    finally:
        store.close()


def _house_here(folder: Path | None) -> House | None:
    try:
        return open_house(folder_of(folder))
    except HouseError:
        if folder is not None:
            raise
        return None


def needed(house: House | None, why: str) -> House:
    """The house's folder, where a verb cannot do without.

    Raises:
        HouseError: there is none here.
    """
    if house is None:
        raise HouseError(f"{why} needs the house's folder", hint="--house FOLDER")
    return house


def crew_file(house: House, order: str, post: str) -> Path:
    """Where an answer beside an executor lies; its agent looks there."""
    executor, _, seat = post.partition("/")
    return house.folder / "executors" / executor / "crew" / f"{order[:16]}-{seat}.json"


def reason_text(reason: str) -> Text:
    """A reason with a fresh salt."""
    return salted(reason, fresh())


class Identity:
    """Who signs; the key itself is opened, and its passphrase asked for, when it is needed."""

    def __init__(self, person: str, load: Callable[[], Signer]) -> None:
        self.person = person
        self._load = load

    @cached_property
    def signer(self) -> Signer:
        """The key, opened."""
        return self._load()


def identify(
    charter: Charter, person: str | None, key_path: Path | None,
    revoked: Collection[bytes] = (),
) -> Identity:  # fmt: skip
    """Whose key it is, by the charter.

    Raises:
        KeyFileError: no key, one that is revoked, or one that the charter gives to nobody, or
            to somebody else.
    """
    held = {
        key.point: (name, key)
        for name, one in charter.people.items() for key in one.keys if key.point not in revoked
    }  # fmt: skip
    if key_path is not None:
        if keyfile.public_half(key_path) in revoked:
            raise KeyFileError(f"{key_path} is revoked, and signs nothing any more")
        return _from_file(held, person, key_path)
    mine = [
        Identity(held[one.public.point][0], partial(agent.AgentSigner, held[one.public.point][1]))
        for one in (agent.identities() if os.environ.get("SSH_AUTH_SOCK") else ())
        if one.public.point in held and person in {None, held[one.public.point][0]}
    ]
    if not mine:
        raise KeyFileError(
            "no key to sign with", hint="give --key FILE, or load an enrolled key into ssh-agent"
        )
    if len({one.person for one in mine}) > 1:
        names = ", ".join(sorted({one.person for one in mine}))
        raise KeyFileError(f"the agent holds keys of {names}", hint="say who with --as")
    return mine[0]


def _from_file(held: dict[bytes, Any], person: str | None, path: Path) -> Identity:
    found = held.get(keyfile.public_half(path))
    if found is None:
        raise KeyFileError(f"{path} is nobody's key by the charter", hint="cheget people enrol")
    name, key = found
    if person not in {None, name}:
        raise KeyFileError(f"{path} is the key of {name}, not of {person}")
    return Identity(name, lambda: keyfile.read(path, lambda: passphrase(path), scheme=key.scheme))


class Pins:
    """The charter that this client trusted first, and the heads of both logs that it has seen.

    Kept durably. Later charters are followed from the pinned one, through the law log.
    """

    def __init__(self, charter: Charter, shown: Iterable[bytes] = ()) -> None:
        """Open what is pinned of the deployment; on first use, pin ``charter``.

        Args:
            charter: That a house, or a file, shows as the one that holds.
            shown: Every charter shown beside it.

        Raises:
            HouseError: the charter that is pinned is not among those shown.
        """
        self._path = state_folder() / f"{charter.deployment}.json"
        self._known: dict[str, Any] = {}
        if self._path.exists():
            self._known = json.loads(self._path.read_bytes())
            self._charter = self._pinned_among(charter, shown)
        else:
            click.echo(f"first use here: pinned the charter {charter.digest}", err=True)
            self._known, self._charter = {"charter": charter.digest}, charter
            self._write()

    @staticmethod
    def has(deployment: str) -> bool:
        """Whether something is pinned of that deployment."""
        return (state_folder() / f"{deployment}.json").exists()

    @property
    def pinned(self) -> Pinned:
        """What is verified against."""
        return Pinned(self._charter, self._head("orders"), self._head("law"))

    def keep(self, orders: Head | None, law: Head) -> None:
        """Remember heads that verified."""
        for name, head in (("orders", orders), ("law", law)):
            before = self._head(name)
            if head is not None and (before is None or head.size > before.size):
                self._known[name] = {"root": head.root, "size": head.size}
        self._write()

    @property
    def notes(self) -> Mapping[str, str]:
        """The last checkpoint of each log that verified: proof of what the log's key signed."""
        found: dict[str, str] = self._known.get("notes", {})
        return found

    def keep_notes(self, notes: Mapping[str, bytes]) -> None:
        """Remember checkpoints that verified, where they are of more than those known."""
        known = dict(self.notes)
        for log, note in notes.items():
            if log not in known or _size_of(note.decode()) > _size_of(known[log]):
                known[log] = note.decode()
        if known != self.notes:
            self._known["notes"] = known
            self._write()

    def _pinned_among(self, charter: Charter, shown: Iterable[bytes]) -> Charter:
        pinned = self._known["charter"]
        if pinned == charter.digest:
            return charter
        for payload in shown:
            if digest("charter", payload) == pinned:
                return pinned_charter(payload, pinned)
        raise HouseError(
            f"the house shows another charter than the one pinned in {self._path}",
            hint="somebody changed it; or this is a copy: it needs its own deployment",
        )

    def _head(self, log: str) -> Head | None:
        found = self._known.get(log)
        return Head(found["size"], found["root"]) if found else None

    def _write(self) -> None:
        beside = self._path.with_suffix(".new")
        with beside.open("w") as file:
            json.dump(self._known, file)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._path)


def _size_of(note: str) -> int:
    return int(note.split("\n")[1])


def pins_of(desk: Counter) -> Pins:
    """What this client pins of the house at that desk."""
    return Pins(desk.charter, desk.charters())


def followed(desk: Counter) -> LawState:
    """The law as the desk shows it, followed from the charter that is pinned here.

    Raises:
        LawError: the law log does not lead to the charter by which the desk serves.
    """
    pins = pins_of(desk)
    held = pins.pinned
    checkpoint, state = read_law(held.charter, desk.law(held.law), held.law)
    if state.charter.digest != desk.charter.digest:
        raise LawError("the law log does not lead to the charter that the house shows")
    pins.keep(None, Head(checkpoint.size, checkpoint.root.hex()))
    return state


def find_order(desk: Counter, words: tuple[str, ...], *, signs: bool = False) -> str:
    """The digest of the order that a person named.

    Six words, or as many of the first as are enough, are for reading. Who signs without being
    asked gives the full digest.

    Raises:
        NotAcceptedError: none, or several, go by that name.
    """
    text = " ".join(words).replace("-", " ").strip().lower()
    known = desk.listed()
    if len(text) == 64 and text in known:  # noqa: PLR2004 - a digest in hex
        return text
    if signs and not is_asked():
        raise NotAcceptedError(
            "words are an address, not a proof: without somebody to ask, give the full digest",
            hint="cheget show ORDER --json",
        )
    bits = prefix_bits(text.split())
    found = [one for one in known if bits is not None and _bits(one).startswith(bits)]
    found += [one for one in known if bits is None and len(text) >= 8 and one.startswith(text)]  # noqa: PLR2004
    if len(found) == 1:
        return found[0]
    if not found:
        raise NotAcceptedError(f"there is no order {safe(text)}", hint="cheget order list")
    raise NotAcceptedError(
        f"{len(found)} orders begin like that", hint="; ".join(order_name(one) for one in found[:5])
    )


def _bits(digest: str) -> str:
    return f"{int(digest, 16):0256b}"
