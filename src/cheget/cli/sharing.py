"""A client's part in sealed executors: which serial an order takes, and who hands shares over."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from cheget.cli.context import Identity, state_folder
from cheget.errors import SealError
from cheget.keyring.dealt import Deals
from cheget.keyring.handing import Given, Hands
from cheget.order.allowed import serial_of
from cheget.service.handed import claimed

if TYPE_CHECKING:
    from cheget.order.charter import Charter
    from cheget.order.documents import Concurrence, Order
    from cheget.order.verify import Verified
    from cheget.service.desk import Desk
    from cheget.service.house import House


def deals_of(house: House) -> Deals:
    """What ceremonies left for the members of this house."""
    return Deals(house.folder / "seals")


def given_by(charter: Charter) -> Given:
    """To which orders this client has given shares."""
    return Given(state_folder() / f"{charter.deployment}-given")


def unused(house: House, desk: Desk, executor: str, action: str) -> list[int]:
    """The serials that were dealt and that no order has claimed, in order."""
    taken = desk.store.read(partial(claimed, action=action))
    return [
        serial
        for serial in deals_of(house).serials(executor, action)
        if f"{executor}/{serial}" not in taken
    ]


def with_serials(house: House, desk: Desk, action: str, named: Sequence[str]) -> list[str]:
    """The executors as an order lists them: a sealed one with its lowest unused serial.

    Raises:
        SealError: a sealed one has no serial left.
    """
    deals, given, listed = deals_of(house), given_by(desk.charter), []
    for executor in named:
        if not deals.serials(executor, action):
            listed.append(executor)
            continue
        # Not one whose share went to an order that the desk then didn't take.
        free = (
            serial
            for serial in unused(house, desk, executor, action)
            if not given.has(deals.read(executor, action, serial).seal)
        )
        if (serial := next(free, None)) is None:
            raise SealError(
                f"{executor} has no serial left for {action}",
                hint=f"every order takes one: cheget seal {executor}",
            )
        listed.append(f"{executor}/{serial}")
    return listed


def sign_over(
    house: House, charter: Charter, who: Identity, draft: Order, listed: Sequence[str]
) -> tuple[Order, list[bytes]]:
    """The order that its originator signs, with their shares for each sealed executor."""
    if not any(map(serial_of, listed)):
        return draft, []
    return _hands(house, charter, who).sign_over(draft, listed)


def concur_over(
    house: House, who: Identity, verified: Verified, draft: Concurrence
) -> tuple[Concurrence, list[bytes]]:
    """The concurrence that its signer signs, with their shares for each sealed executor."""
    if verified.proceeding.order.shares is None:
        return draft, []
    return _hands(house, verified.charter, who).concur_over(verified, draft)


def _hands(house: House, charter: Charter, who: Identity) -> Hands:
    return Hands(charter, who.person, who.signer, deals_of(house), given_by(charter))
