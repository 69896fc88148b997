"""A client's part in sealed executors: which serial an order takes, and who hands shares over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

import click

from cheget.cli.context import Identity, state_folder
from cheget.errors import SealError
from cheget.keyring.dealt import Dealt, dealt_of
from cheget.keyring.handing import Given, Hands
from cheget.order.allowed import serial_of
from cheget.report.wording import count

FEW_LEFT = 3  # serials, of which whoever takes one is told

if TYPE_CHECKING:
    from cheget.order.charter import Charter, Law
    from cheget.order.counter import Counter
    from cheget.order.documents import Concurrence, Order, Seal
    from cheget.order.verify import Verified


class _Shown:
    """What the house shows of its ceremonies: of its folder, or over the network."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter

    def read(self, executor: str, action: str, serial: int) -> Dealt:
        """One serial."""
        data = self._counter.dealt(executor, action, serial)
        return dealt_of(data, executor, action, serial)


def given_by(deployment: str) -> Given:
    """To which orders this client has given shares, in that deployment."""
    return Given(state_folder() / f"{deployment}-given")


def unused(counter: Counter, law: Law, executor: str, action: str) -> Iterator[Seal]:
    """The seals of that law whose serials no order has claimed, in order."""
    for serial in counter.serials(executor, action)[1]:
        seal = _Shown(counter).read(executor, action, serial).seal
        if seal.law == law.digest:
            yield seal


def with_serials(counter: Counter, law: Law, action: str, named: Sequence[str]) -> list[str]:
    """The executors as an order lists them: a sealed one with its lowest unused serial.

    Raises:
        SealError: a sealed one has no serial left under that law.
    """
    given, listed = given_by(law.deployment), []
    for executor in named:
        if not counter.serials(executor, action)[0]:
            listed.append(executor)
            continue
        # Not one whose share went to an order that the desk then didn't take.
        left = unused(counter, law, executor, action)
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
    counter: Counter, charter: Charter, who: Identity, draft: Order, listed: Sequence[str]
) -> tuple[Order, list[bytes]]:
    """The order that its originator signs, with their shares for each sealed executor."""
    if not any(map(serial_of, listed)):
        return draft, []
    return _hands(counter, charter, who).sign_over(draft, listed)


def concur_over(
    counter: Counter, who: Identity, verified: Verified, draft: Concurrence
) -> tuple[Concurrence, list[bytes]]:
    """The concurrence that its signer signs, with their shares for each sealed executor."""
    if verified.proceeding.order.shares is None:
        return draft, []
    return _hands(counter, verified.charter, who).concur_over(verified, draft)


def _hands(counter: Counter, charter: Charter, who: Identity) -> Hands:
    given = given_by(charter.deployment)
    return Hands(charter, who.person, who.signer, _Shown(counter), given)
