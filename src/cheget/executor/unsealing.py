"""Opening what is sealed: by the shares in a code that holds, in memory, and once.

The sealed secrets lie in the executor's own folder, one file a serial. Nothing is combined
before every step of a code has held and the intent is journaled; what is opened is given to
one act and kept nowhere.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cheget.errors import BadShareError, ChegetError, SealError
from cheget.executor.journal import Journal
from cheget.executor.secret import Secret
from cheget.keyring.sealing import open_handed, sealing_key
from cheget.keyring.signer import Signer
from cheget.order.charter import Charter
from cheget.order.documents import Concurrence, Order
from cheget.order.explanation import Explanation, Verified
from cheget.order.handover import check_bound
from cheget.order.papers import Address, open_envelope, unverified_order, unverified_serial
from cheget.order.seal import (
    Sealed,
    check_seal,
    check_shares,
    combine,
    open_secrets,
    read_sealed,
    shamir,
)


@dataclass(frozen=True)
class Opening:
    """The secrets of one act: ``others`` come from elsewhere, the rest from a seal, if any."""

    others: Mapping[str, Secret]
    names: frozenset[str] = frozenset()
    sealed: Sealed | None = None
    bound: tuple[tuple[Order | Concurrence, str, bytes], ...] = ()
    head: str = ""  # the level at which the order itself counts
    signer: Signer | None = field(default=None, repr=False)

    def opened(self) -> dict[str, bytes]:
        """The sealed secrets by name; none where nothing is sealed.

        Raises:
            BadShareError: somebody handed over no share, or a bad one: the message says who.
            SealError: what is sealed is damaged.
        """
        if self.sealed is None or self.signer is None:
            return {}
        found = open_secrets(self.sealed, combine(self.sealed.seal, self._given()))
        if missing := self.names - found.keys():
            raise SealError(f"the seal holds no secret named {min(missing)}")
        return {name: value for name, value in found.items() if name in self.names}

    def _given(self) -> dict[str, tuple[bytes, ...]]:
        """The shares by seat, each checked against its commitment."""
        assert self.sealed is not None and self.signer is not None  # noqa: S101, PT018 - asked
        seal, private = self.sealed.seal, sealing_key(self.signer)
        given: dict[str, tuple[bytes, ...]] = {}
        for document, about, ciphertext in self.bound:
            level = document.level if isinstance(document, Concurrence) else self.head
            seat = f"{level}/{document.seat}"
            shares = open_handed(seal, ciphertext, private, order=about, seat=seat)
            if shares is None:
                raise BadShareError(
                    f"the share that {document.signer} gave for {seat} does not open here: none,"
                    " or one of another order, seat, serial or executor"
                )
            given[seat] = check_shares(seal, seat, shares, document.signer)
        return given


class Seals:
    """The sealed secrets in an executor's folder."""

    def __init__(self, folder: Path | None = None, signer: Signer | None = None) -> None:
        """``folder`` has a file a serial; ``signer`` is the executor's. Neither: none is sealed."""
        self._folder, self._signer = folder, signer
        self._past: set[str] = set()  # laws whose seals have been deleted

    def find(self, secrets: Mapping[str, Secret], verified: Verified) -> Opening:
        """What will be opened for an order, looked at before anything is begun.

        Raises:
            SealError: the order names no serial, none is here for it that stands, or the code
                lacks a share that somebody signed for.
        """
        names = frozenset(name for name, one in secrets.items() if one.way == "seal")
        others = {name: one for name, one in secrets.items() if name not in names}
        if not names:
            return Opening(others)
        order, address = verified.proceeding.order, verified.papers.address
        if not isinstance(address, Address) or address.serial is None:
            raise SealError("its secret is sealed, and the order names no serial of it")
        if self._folder is None or self._signer is None:
            raise SealError("its secret is sealed, and there is no folder of sealed secrets")
        shamir()  # asked for before anything has begun, not after
        path = self._folder / file_name(order.action, address.serial)
        try:
            sealed = read_sealed(path.read_bytes())
        except OSError as error:
            raise SealError(f"{path}: {error.strerror}", hint="cheget seal writes it") from error
        except ChegetError as error:
            raise SealError(f"{path}: {error}") from error
        seal = sealed.seal
        if (seal.executor, seal.action, seal.serial, seal.law) != (
            address.executor, order.action, address.serial, order.law,
        ):  # fmt: skip
            raise SealError(f"{path} is the seal of something else, or of another law")
        check_seal(seal, sealed.filed, verified.charter)
        bound = tuple(
            check_bound(_counted(verified), address.shares, address.index, order.executors.count)
        )
        head = verified.proceeding.rungs[0].level.id
        return Opening(others, names, sealed, bound, head, self._signer)

    def note(
        self, journal: Journal, now: int, pinned: Charter, code: bytes, explanation: Explanation
    ) -> None:
        """Remember the serial that a logged order claims, and delete seals of laws that are past.

        The serial is taken by the first order shown here in a log that verifies, however that
        order ends: its shares may have been opened here by somebody.
        """
        serial, proceeding = unverified_serial(code), explanation.proceeding
        if serial is not None and proceeding is not None:
            order, action = unverified_order(code), proceeding.order.action
            if not any(
                (one.facts["action"], one.facts["serial"]) == (action, serial)
                for one in journal.of_kind("serial")
            ):
                journal.append("serial", now, order=order, action=action, serial=serial)
        if explanation.law_state is not None and self._folder is not None:
            state = explanation.law_state
            charters = [pinned, *(one.charter for one in state.events if one.charter is not None)]
            past = {law for one in charters for law in one.law_digests}
            past -= {*state.charter.law_digests, *self._past}
            voided, is_whole = _delete(self._folder, past)
            if is_whole:
                self._past |= past
            if voided:
                journal.append("voided", now, seals=[*voided])


def file_name(action: str, serial: int) -> str:
    """The file of one serial, by an executor and by the desk alike."""
    return f"{action}-{serial:04}.json"


def _counted(verified: Verified) -> dict[str, Order | Concurrence]:
    """What counted, by digest: the order first, then its concurrences."""
    held = {one.envelope.digest: one for one in map(open_envelope, verified.papers.log.envelopes)}
    found: dict[str, Order | Concurrence] = {}
    for one in verified.proceeding.counted:
        document = held[one.digest].unverified
        if isinstance(document, Order | Concurrence):
            found[one.digest] = document
    return found


def _delete(folder: Path, laws: set[str]) -> tuple[list[str], bool]:
    """Delete the seals of those laws; the names of what went, and whether all could."""
    gone, is_whole = [], True
    for path in sorted(folder.glob("*.json")) if laws else ():
        try:
            if read_sealed(path.read_bytes()).seal.law not in laws:
                continue
            # Overwritten for what that is worth: a disk may keep what was there.
            with path.open("r+b") as file:
                file.write(bytes(path.stat().st_size))
                file.flush()
                os.fsync(file.fileno())
            path.unlink()
        except OSError:
            is_whole = False  # it is tried again at the next code
            continue
        except ChegetError:
            continue
        gone.append(path.name)
    return gone, is_whole
