"""What a ceremony leaves for members: a seal and its shares, each sealed to who holds a seat.

One file a serial, in the house: ``seals/EXECUTOR/ACTION-0001.json``. Whoever has the file can
open nothing of it without a member's key.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cheget.errors import ChegetError, MalformedDocumentError, SealError
from cheget.keyring.sealing import Deal
from cheget.order import canonical
from cheget.order.documents import Seal
from cheget.order.handover import ciphertext_of
from cheget.order.papers import Filed, open_envelope

MAX_DEALT = 8 * 1024 * 1024
_NAME = re.compile(r"([a-z][a-z0-9-]*)-([0-9]{4,15})\.json")


@dataclass(frozen=True)
class Dealt:
    """A seal with its envelope, unverified, and the shares that were dealt under it."""

    filed: Filed
    seal: Seal
    shares: tuple[Deal, ...]

    def encode(self) -> bytes:
        """As it lies in the house."""
        return canonical.encode(
            {
                "seal": self.filed.stored.decode(),
                "shares": [
                    {
                        "ciphertext": one.ciphertext.hex(), "key": one.key.hex(),
                        "person": one.person, "seat": one.seat,
                    }
                    for one in self.shares
                ],
            }
        )  # fmt: skip


def read_dealt(data: bytes) -> Dealt:
    """What a ceremony left, strictly.

    Raises:
        MalformedDocumentError: something else.
    """
    match canonical.decode(data, up_to=MAX_DEALT):
        case {"seal": str(envelope), "shares": list(shares), **rest} if not rest:
            filed = open_envelope(envelope.encode())
        case _:
            raise MalformedDocumentError("not a deal: seal and shares")
    if not isinstance(filed.unverified, Seal):
        raise MalformedDocumentError(f"a {filed.envelope.kind} where a seal is due")
    return Dealt(filed, filed.unverified, tuple(_share(one) for one in shares))


def dealt_of(data: bytes, executor: str, action: str, serial: int) -> Dealt:
    """What somebody shows for one serial.

    Raises:
        SealError: it is damaged, or of something else.
    """
    what = f"serial {serial} of {executor} for {action}"
    try:
        dealt = read_dealt(data)
    except ChegetError as error:
        raise SealError(f"{what}: {error}") from error
    seal = dealt.seal
    if (seal.executor, seal.action, seal.serial) != (executor, action, serial):
        raise SealError(f"{what}: what is shown is the deal of something else")
    return dealt


def _share(value: canonical.Json) -> Deal:
    match value:
        case {
            "ciphertext": ciphertext, "key": key, "person": str(person), "seat": str(seat), **rest
        } if not rest:  # fmt: skip
            return Deal(seat, person, ciphertext_of(key), ciphertext_of(ciphertext))
        case _:
            raise MalformedDocumentError("not a share dealt: ciphertext, key, person and seat")


class Deals:
    """A house's folder of deals."""

    def __init__(self, folder: Path) -> None:
        """``folder`` may not be there: then nothing is sealed."""
        self._folder = folder

    def serials(self, executor: str, action: str) -> list[int]:
        """The serials that were dealt, in order."""
        found = (_NAME.fullmatch(one.name) for one in (self._folder / executor).glob("*.json"))
        return sorted(int(one[2]) for one in found if one is not None and one[1] == action)

    def read(self, executor: str, action: str, serial: int) -> Dealt:
        """One serial.

        Raises:
            SealError: it is not there, damaged, or of something else.
        """
        path = self._path(executor, action, serial)
        try:
            data = path.read_bytes()
        except OSError as error:
            raise SealError(f"{path}: {error.strerror}") from error
        return dealt_of(data, executor, action, serial)

    def write(self, dealt: Sequence[Dealt]) -> None:
        """Keep deals, each in place of one of the same serial.

        Raises:
            SealError: one cannot be written.
        """
        for one in dealt:
            seal = one.seal
            path = self._path(seal.executor, seal.action, seal.serial)
            write_durably(path, one.encode(), 0o644)

    def remove(self, executor: str, action: str) -> list[int]:
        """Remove every deal for an action; their serials."""
        serials = self.serials(executor, action)
        for serial in serials:
            self._path(executor, action, serial).unlink()
        return serials

    def _path(self, executor: str, action: str, serial: int) -> Path:
        return self._folder / executor / f"{action}-{serial:04}.json"


def write_durably(path: Path, data: bytes, mode: int, *, new: bool = False) -> None:
    """Write a file whole, its folder made when it is missing; a ``new`` one never over another.

    Raises:
        SealError: it cannot be written.
        FileExistsError: one that should be new is there already.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        try:
            if new:
                os.link(beside, path)
            else:
                beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except FileExistsError:
        raise
    except OSError as error:
        raise SealError(f"{path}: {error.strerror}") from error
