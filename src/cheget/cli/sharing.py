"""A client's part in sealed executors: which serial an order takes, and who hands shares over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

import click

from cheget.cli.context import Identity, state_folder
from cheget.cli.wording import count
from cheget.errors import SealError
from cheget.keyring.dealt import Deals
from cheget.keyring.handing import Given, Hands
from cheget.order.allowed import serial_of
from cheget.service.handed import claimed

FEW_LEFT = 3  # serials, of which whoever takes one is told

if TYPE_CHECKING:
    from cheget.order.charter import Charter, Law
    from cheget.order.documents import Concurrence, Order, Seal
    from cheget.order.verify import Verified
    from cheget.service.desk import Desk
    from cheget.service.house import House


def deals_of(house: House) -> Deals:
    """What ceremonies left for the members of this house."""
    return Deals(house.folder / "seals")


def given_by(deployment: str) -> Given:
    """To which orders this client has given shares, in that deployment."""
    return Given(state_folder() / f"{deployment}-given")


def unused(house: House, desk: Desk, law: Law, executor: str, action: str) -> Iterator[Seal]:
    """The seals of that law whose serials no order has claimed, in order."""
    deals, taken = deals_of(house), desk.store.read(partial(claimed, action=action))
    for serial in deals.serials(executor, action):
        if f"{executor}/{serial}" not in taken:
            seal = deals.read(executor, action, serial).seal
            if seal.law == law.digest:
                yield seal


def with_serials(
    house: House, desk: Desk, law: Law, action: str, named: Sequence[str]
) -> list[str]:
    """The executors as an order lists them: a sealed one with its lowest unused serial.

    Raises:
        SealError: a sealed one has no serial left under that law.
    """
    given, listed = given_by(law.deployment), []
    for executor in named:
        if not deals_of(house).serials(executor, action):
            listed.append(executor)
            continue
        # Not one whose share went to an order that the desk then didn't take.
        left = unused(house, desk, law, executor, action)
        if (seal := next((one for one in left if not given.has(one)), None)) is None:
            raise SealError(
                f"{executor} has no serial left for {action}",
                hint=f"an order takes one, a change of the law voids all: cheget seal {executor}",
            )
        listed.append(f"{executor}/{seal.serial}")
        if (more := sum(1 for _ in islice(left, FEW_LEFT))) < FEW_LEFT:
            click.echo(
                f"{executor}: {count(more, 'serial')} left for {action} after this one", err=True
            )
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
    return Hands(charter, who.person, who.signer, deals_of(house), given_by(charter.deployment))
