"""Handing shares over: what a member's own program does with them, once an order was shown.

A serial is for one order: shares that two orders got would add up. So before anything is
signed, it is written down durably which order a serial's share was given to, and any other is
refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from cheget.errors import SealError
from cheget.keyring.dealt import Dealt, write_durably
from cheget.keyring.sealing import hand_over, open_dealt
from cheget.keyring.signer import Signer
from cheget.order.allowed import id_of, serial_of
from cheget.order.charter import Charter
from cheget.order.documents import Concurrence, Order, Seal, order_name
from cheget.order.handover import about, shares_tree
from cheget.order.seal import check_seal, identity
from cheget.order.verify import Verified


class Given:
    """To which order each serial's shares were given, one small file a seal."""

    def __init__(self, folder: Path) -> None:
        """``folder`` is this client's own, and made when it is missing."""
        self._folder = folder

    def give(self, seal: Seal, order: str) -> None:
        """Remember durably that the shares of a seal go to an order, and to no other.

        Raises:
            SealError: they went to another already, or it can't be remembered.
        """
        path = self._folder / identity(seal).hex()
        try:
            write_durably(path, order.encode(), 0o600, new=True)
        except FileExistsError:
            before = self._read(path)
        else:
            return
        if before != order:
            raise SealError(
                f"the share of serial {seal.serial} of {seal.executor} went to another order,"
                f" {order_name(before)}",
                hint="a serial is for one order: transmit a new one, which takes the next",
            )

    def has(self, seal: Seal) -> bool:
        """Whether its shares went to some order, be it one that no log ever had."""
        return (self._folder / identity(seal).hex()).exists()

    @staticmethod
    def _read(path: Path) -> str:
        try:
            return path.read_text("ascii")
        except (OSError, ValueError) as error:
            raise SealError(f"{path}: {error}") from error


class Shown(Protocol):
    """Whoever shows what was dealt: a folder, or a house over the network. Not trusted."""

    def read(self, executor: str, action: str, serial: int) -> Dealt:
        """One serial."""
        ...


@dataclass(frozen=True)
class Hands:
    """Somebody who hands over: who they are, their key, what was dealt, what they gave."""

    charter: Charter
    person: str
    signer: Signer
    deals: Shown
    given: Given

    def sign_over(self, draft: Order, listed: Sequence[str]) -> tuple[Order, list[bytes]]:
        """The order with the root of the originator's shares, and these.

        Args:
            draft: Without shares.
            listed: The executors that it names, as its list has them.

        Raises:
            SealError: a seal that doesn't stand, or whose share was given to another order.
            KeyFileError: the key can't open shares.
        """
        if not any(map(serial_of, listed)):
            return draft, []
        law = self.charter.law_digests[draft.law]
        seat = f"{law.chain.ladder(draft.action)[0].id}/{draft.seat}"
        found, seals = self._handed(draft, listed, about(draft), seat)
        order = replace(draft, shares=shares_tree(found).root.hex())
        for seal in seals:
            self.given.give(seal, order.digest())
        return order, found

    def concur_over(
        self, verified: Verified, draft: Concurrence
    ) -> tuple[Concurrence, list[bytes]]:
        """The concurrence with the root of its shares, and these. Raises as :meth:`sign_over`."""
        listed, order = verified.papers.address, verified.proceeding.order
        if not isinstance(listed, tuple) or not any(map(serial_of, listed)):
            return draft, []
        seat = f"{draft.level}/{draft.seat}"
        found, seals = self._handed(order, listed, draft.order, seat)
        for seal in seals:
            self.given.give(seal, draft.order)
        return replace(draft, shares=shares_tree(found).root.hex()), found

    def _handed(
        self, order: Order, listed: Sequence[str], named: str, seat: str
    ) -> tuple[list[bytes], list[Seal]]:
        found, seals = [], []
        for one in listed:
            serial = serial_of(one)
            if serial is None:
                found.append(b"")
                continue
            executor = id_of(one)
            dealt = self.deals.read(executor, order.action, serial)
            seal = dealt.seal
            if check_seal(seal, dealt.filed, self.charter).digest != order.law:
                raise SealError(f"serial {serial} of {executor} is sealed under another law")
            # The executor's key is the charter's: a server that names its own learns nothing.
            key = self.charter.executors.get(executor)
            if key is None or not key.sealing:
                raise SealError(f"the charter has no key to seal to for {executor}")
            shares = open_dealt(
                seal, dealt.shares, seat=seat, person=self.person, signer=self.signer
            )
            found.append(hand_over(seal, shares, to=key.sealing, order=named, seat=seat))
            seals.append(seal)
        return found, seals
