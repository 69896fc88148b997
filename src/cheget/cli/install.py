"""Installing an executor: its folder, its key, the charter it pins, where its tenure begins.

The order of things: ``new`` makes folder and key and enrols the key, before the first charter
is founded; once it holds, ``pin`` is given the charter's digest by hand, which is the first
trust, and begins the journal's tenure at the logs as they verify at that moment.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cheget.cli.plain import fresh, now, state_folder
from cheget.cli.template import UNPINNED, settings_text, unit_name, unit_text
from cheget.errors import ChainFileError, HouseError, NotAcceptedError

if TYPE_CHECKING:
    from cheget.chain.chain import Chain
    from cheget.executor.agent import Agent, Clock, Crew, Source
    from cheget.executor.config import Configuration
    from cheget.executor.journal import Journal
    from cheget.order.charter import Charter
    from cheget.order.fields import Head
    from cheget.order.ledger import Ledger

_PIN = re.compile(r"^charter: *[0-9a-f]{64}.*$", re.MULTILINE)


@dataclass(frozen=True)
class Place:
    """An executor's folder."""

    folder: Path

    @property
    def settings(self) -> Path:
        """``executor.yaml``."""
        return self.folder / "executor.yaml"

    @property
    def key(self) -> Path:
        """The key it signs receipts with."""
        return self.folder / "executor.key"

    @property
    def charter(self) -> Path:
        """The charter it pins."""
        return self.folder / "charter.json"

    @property
    def journal(self) -> Path:
        """What it has done."""
        return self.folder / "journal.jsonl"


def house_above(given: Path | None) -> Path | None:
    """The folder of the house here or above, without opening anything of it."""
    start = (given or Path.cwd()).absolute()
    if not start.is_dir():
        raise HouseError(f"there is no folder {start}")
    for folder in (start, *start.parents):
        if (folder / "people.yaml").is_file():
            return folder
    return None


def place_of(name: str, folder: Path | None, house: Path | None) -> Place:
    """Where the executor of that name lives: a folder given, or the house's own."""
    if folder is not None:
        return Place(folder.absolute())
    above = house_above(house)
    if above is None:
        raise HouseError(f"where is {name}? there is no house here or above", hint="give --folder")
    return Place(above / "executors" / name)


def read_settings(place: Place, name: str) -> Configuration:
    """``executor.yaml``, which must be that executor's."""
    from cheget.executor.config import parse_configuration

    try:
        found = parse_configuration(place.settings.read_bytes())
    except ChainFileError as error:
        error.file = str(place.settings)
        raise
    except OSError as error:
        raise HouseError(
            f"{place.settings}: {error.strerror}", hint=f"cheget executor new {name}"
        ) from error
    if found.executor != name:
        raise HouseError(f"{place.settings} is the file of {found.executor}, not of {name}")
    return found


def make(place: Place, name: str, chain: Chain, deployment: str, at: str) -> bytes:
    """Write folder, files and key of a new executor; return the enrolment of its key."""
    from cheget.keyring import keyfile
    from cheget.keyring.sealing import with_sealing
    from cheget.order.draft import draft_enrolment, enclose

    if place.settings.exists():
        raise HouseError(f"{place.settings} is there already")
    try:
        place.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        signer = keyfile.generate(fresh(keyfile.SEED_SIZE))
        keyfile.write(place.key, signer, None, name)
        stored = enclose(draft_enrolment(deployment, name, with_sealing(signer), fresh()), signer)
        (place.folder / "enrolment.json").write_bytes(stored + b"\n")
        place.settings.write_text(settings_text(name, chain, at))
        found = shutil.which("cheget")
        program = (found,) if found else (sys.executable, "-m", "cheget")
        house = place.folder / at
        writes = [place.folder, *([house / "desk"] if (house / "people.yaml").is_file() else [])]
        unit = unit_text(name, chain.id, place.folder, writes, program)
        (place.folder / unit_name(name)).write_text(unit)
    except OSError as error:
        raise HouseError(f"{place.folder}: {error.strerror}") from error
    return stored


def pin(place: Place, name: str, digest: str, ledger: Ledger, anchors: Path | None) -> int:
    """Pin the charter by its digest, and begin a tenure if the journal has none.

    Returns:
        The size of the orders log at which the tenure began.

    Raises:
        NotAcceptedError: another charter, or one that does not name this executor's key.
        VerificationError: the logs do not verify.
    """
    from cheget.order.ledger import prove

    settings = read_settings(place, name)
    proved = prove(ledger)
    charter = proved.law.charter
    if charter.digest != digest:
        raise NotAcceptedError(
            f"the charter shown is {charter.digest}, not the one you give",
            hint="compare them aloud with somebody who agreed to it",
        )
    _check_pin(place, settings, charter)
    return install(place, name, charter, proved.orders_head, proved.law_head, anchors)


def pin_elsewhere(place: Place, name: str, digest: str, origin: str, anchors: Path | None) -> int:
    """Pin the charter that a house shows over the network, asked as the executor itself.

    The law log is read and followed from it; the orders log is taken by its checkpoint.

    Raises:
        NotAcceptedError: another charter, or one that does not name this executor's key.
        VerificationError: the law or the checkpoint does not verify.
    """
    from cheget.audit.checkpoint import verify_checkpoint
    from cheget.client.transport import Origin
    from cheget.keyring import keyfile
    from cheget.order.charter import read_charter
    from cheget.order.fields import Head
    from cheget.order.law import read_law
    from cheget.order.papers import decode_law

    settings = read_settings(place, name)
    door = Origin(origin, name, lambda: keyfile.read(place.key), now)
    try:
        shown = [read_charter(one.encode()) for one in door.get_json("/v1/charters")["charters"]]
        charter = next((one for one in shown if one.digest == digest), None)
        if charter is None:
            raise NotAcceptedError(f"{origin} does not show the charter {digest[:16]}…")
        _check_pin(place, settings, charter)
        law, state = read_law(charter, decode_law(door.get("/v1/law")), None)
        if state.charter.digest != digest:
            raise NotAcceptedError(f"that charter holds no longer: {state.charter.digest} does")
        note = door.get("/v1/checkpoints/orders")
    finally:
        door.close()
    terms = charter.terms.orders
    orders = verify_checkpoint(note, origin=terms.origin, key=terms.key)
    held = [Head(point.size, point.root.hex()) for point in (orders, law)]
    return install(place, name, charter, held[0], held[1], anchors)


def _check_pin(place: Place, settings: Configuration, charter: Charter) -> None:
    """Return only if ``executor.yaml`` pins no other, and the charter has this executor's key."""
    from cheget.keyring import keyfile

    name = settings.executor
    if settings.charter not in {UNPINNED, charter.digest}:
        raise NotAcceptedError(f"{place.settings} pins another charter: {settings.charter}")
    public = charter.executors.get(name)
    if public is None or public.point != keyfile.public_half(place.key):
        raise NotAcceptedError(f"the charter does not have {name} with the key in {place.key}")


def install(
    place: Place, name: str, charter: Charter, orders: Head, law: Head, anchors: Path | None,
    clock: Clock | None = None,
) -> int:  # fmt: skip
    """Write the charter that was checked, and begin a tenure at heads that were proved."""
    settings = read_settings(place, name)
    if settings.charter == UNPINNED:
        text = _PIN.sub(f"charter: {charter.digest}", place.settings.read_text(), count=1)
        write_whole(place.settings, text.encode())
    write_whole(place.charter, charter.payload)
    agent = open_agent(place, name, anchors, clock=clock)
    try:
        # A journal that was put back has none either, until somebody pins again.
        if agent.history.tenure() is None:
            agent.begin_tenure(orders, law)
        return agent.history.tenure() or 0
    finally:
        agent.journal.close()


def open_agent(
    place: Place, name: str, anchors: Path | None,
    sources: Sequence[Source] = (), crew: Crew | None = None, clock: Clock | None = None,
) -> Agent:  # fmt: skip
    """The agent over its open journal. ``clock``: the machine's own, unless it is given.

    Raises:
        JournalError: it holds no such charter, or another agent is at work.
    """
    from cheget.executor.agent import Agent
    from cheget.executor.unsealing import Seals
    from cheget.keyring import keyfile
    from cheget.service.clock import SystemClock

    settings = read_settings(place, name)
    charter = read_pinned(place, settings)
    signer = keyfile.read(place.key)
    journal = open_journal(place, name, charter, anchors)
    try:
        return Agent(
            settings, charter, signer, journal, clock or SystemClock(), sources, crew,
            seals=Seals(place.folder / "sealed", signer),
        )  # fmt: skip
    except BaseException:
        journal.close()
        raise


def read_pinned(place: Place, settings: Configuration) -> Charter:
    """The charter that ``executor.yaml`` pins by its digest."""
    from cheget.order.charter import pinned_charter

    name = settings.executor
    if settings.charter == UNPINNED or not place.charter.exists():
        raise HouseError(
            f"{name} has no charter yet", hint=f"cheget executor pin {name} --charter DIGEST"
        )
    # Checked when it was pinned; by its digest it is the same.
    return pinned_charter(place.charter.read_bytes(), settings.charter)


def open_journal(place: Place, name: str, charter: Charter, anchors: Path | None) -> Journal:
    """The journal, with its anchor at the second place."""
    from cheget.executor.journal import Journal

    folder = anchors or Path(os.environ.get("CHEGET_ANCHORS") or state_folder() / "anchors")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise HouseError(f"{folder}: {error.strerror}") from error
    anchor = folder / f"{charter.deployment}-{name}.json"
    return Journal(place.journal, anchor, executor=name, identity=fresh(), now=now())


def write_whole(path: Path, data: bytes) -> None:
    """Replace a file whole, durably."""
    beside = path.with_name(path.name + ".new")
    try:
        with beside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        raise HouseError(f"{path}: {error.strerror}") from error
