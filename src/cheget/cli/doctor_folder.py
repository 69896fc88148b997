"""A look at a house's folder: files, permissions, keys, what is installed, room on the disk."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from cheget.cli.finding import Finding, mind, well, wrong
from cheget.report.wording import count, joined

if TYPE_CHECKING:
    from cheget.service.house import House

MIB = 1024 * 1024
SCARCE, NONE_LEFT = 1024 * MIB, 64 * MIB  # bytes free: to mind, and wrong
EXTRAS = {
    "serve": ("fastapi", "cheget serve; a store on PostgreSQL"),
    "assess": ("numpy", "cheget assess"),
    "seal": ("Crypto", "sealed executors"),
}
_READ, _WRITE = stat.S_IRGRP | stat.S_IROTH, stat.S_IWGRP | stat.S_IWOTH


def chains(house: House) -> Iterator[Finding]:
    """Files that could be read, and what `cheget check` says of the chains."""
    from cheget.cli.check import warnings

    people, number = count(len(house.people.people), "person", "people"), len(house.chains)
    yield well("files", f"{house.people.house}: {count(number, 'chain')} and {people}, read")
    for chain in house.chains:
        for one in warnings(chain):
            yield mind("chain", f"{chain.id}: {one}", f"cheget check; {chain.id} in chains/")


def permissions(folder: Path) -> Iterator[Finding]:
    """Who else may read what is secret, and change what decides."""
    desk = folder / "desk"
    secret = [desk, *desk.glob("*.key"), *folder.glob("executors/*/*.key"), *folder.glob("*.key")]
    decides = [
        folder / "house.yaml", folder / "people.yaml", *folder.glob("chains/*.yaml"),
        *folder.glob("executors/*/executor.yaml"),
    ]  # fmt: skip
    found = [
        *(_open(one, _READ | _WRITE, "readable by others") for one in secret),
        *(_open(one, _WRITE, "others may change it") for one in decides),
    ]
    faults = [one for one in found if one is not None]
    yield from faults
    if not faults:
        yield well("permissions", "keys are their owner's alone, and nobody else changes a file")


def _open(path: Path, bits: int, why: str) -> Finding | None:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return None
    except OSError as error:
        return wrong("permissions", f"{path}: {error.strerror}", "run as the desk's own user")
    if not mode & bits:
        return None
    do = f"chmod {'go-rwx' if bits & _READ else 'go-w'} {path}"
    return wrong("permissions", f"{path}: {why} (mode {stat.S_IMODE(mode):04o})", do)


def log_keys(house: House) -> Iterator[Finding]:
    """Whether the desk can sign for both logs, as house.yaml names them."""
    from cheget.service.house import log_signers

    log_signers(house)
    yield well("log keys", "both are there, and are the ones that house.yaml names")


def page(house: House) -> Iterator[Finding]:
    """Whether passkeys could be used."""
    terms = house.terms
    if not terms.origins:
        do = "origin: https://… in house.yaml, for ever; not needed where everybody has a key file"
        yield mind("passkeys", "house.yaml names no origin: no page can take a passkey", do)
    elif any(one.startswith("http://") for one in terms.origins):
        do = "an https:// origin before anybody else enrols: passkeys are for one name"
        yield mind("passkeys", f"{joined(terms.origins)}: this machine only", do)
    else:
        yield well("passkeys", f"{joined(terms.origins)}, of {terms.rp_id}")


def extras(folder: Path) -> Iterator[Finding]:
    """What is installed beside the core."""
    lacking = [name for name, (module, _) in EXTRAS.items() if find_spec(module) is None]
    for name in lacking:
        do = f"pip install 'cheget[{name}]'"
        says = f"{name} is not installed: {EXTRAS[name][1]}"
        if name == "seal" and (folder / "seals").is_dir():
            yield wrong("installed", f"{says}, and this house has seals", do)
        else:
            yield mind("installed", says, do)
    if not lacking:
        yield well("installed", f"{joined(list(EXTRAS))}")


def disk(folder: Path) -> Iterator[Finding]:
    """Room for what the log still grows by."""
    try:
        found = shutil.disk_usage(os.path.realpath(folder))
    except OSError as error:
        yield wrong("disk", f"{folder}: {error.strerror}", "look at the disk")
        return
    says = f"{found.free // MIB:,} MiB free"
    if found.free < NONE_LEFT:
        yield wrong("disk", says, "make room: a desk that can't write takes nothing")
    elif found.free < SCARCE:
        yield mind("disk", says, "make room before nothing can be written")
    else:
        yield well("disk", says)
