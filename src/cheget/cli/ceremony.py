"""A ceremony: whether a chain can be sealed, and dealing serial by serial."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import click

from cheget.chain.people import People, Person
from cheget.cli.context import Identity
from cheget.cli.install import Place
from cheget.cli.openings import Judged, judge
from cheget.cli.plain import fresh
from cheget.cli.sharing import unused
from cheget.errors import SealError
from cheget.executor.unsealing import file_name
from cheget.keyring.dealt import Deals, Dealt, write_durably
from cheget.keyring.sealing import deal, without_key
from cheget.order.allowed import id_of, serial_of
from cheget.order.follow import LawState
from cheget.report.wording import joined
from cheget.service.counter import LocalCounter
from cheget.service.handed import claimed
from cheget.service.house import House


class Ceremony:
    """The sealing of one executor's secrets, at its house's desk."""

    def __init__(
        self, house: House, desk: LocalCounter, state: LawState, name: str, place: Place
    ) -> None:
        """``state`` is the law as it was followed here; ``place`` the executor's own folder.

        Raises:
            SealError: no chain of the house declares it.
        """
        try:
            self.law = state.charter.laws[state.charter.chain_of(name).id]
        except KeyError:
            raise SealError(f"no chain of this house declares {name}") from None
        self.name, self._place = name, place
        self._house, self._desk, self._state = house, desk, state
        self._deals = Deals(house.seals_folder)

    def actions(self, wanted: Sequence[str]) -> list[str]:
        """Those wanted, or all that the executor may be ordered to.

        Raises:
            SealError: one that it never is.
        """
        kind = self.law.chain.kind_of(self.name).id
        may = [one.id for one in self.law.chain.actions if kind in one.executors]
        if stray := next((one for one in wanted if one not in may), None):
            known = f"known: {', '.join(may)}"
            raise SealError(f"{self.name} is never ordered to {stray}", hint=known)
        return list(dict.fromkeys(wanted)) or may

    def judge(self, action: str) -> Judged:
        """Whether the action can be sealed, by its ladder and by the keys of this house."""
        law = self.law
        known = tuple(Person(one, one, who.machine) for one, who in law.people.items())
        found = judge(law.chain, action, People(law.house, known, law.posts))
        refused = found.refused
        if refused:
            return found
        if keyless := without_key(law, action, self._state.revoked):
            refused = (
                f"no share can be sealed to {joined(keyless)}: no key file of theirs is enrolled"
            )
        elif not getattr(self._state.charter.executors.get(self.name), "sealing", b""):
            refused = (
                f"no share can be handed to {self.name}: it was enrolled without a sealing key"
            )
        return replace(found, refused=refused)

    def left(self, action: str) -> int:
        """How many serials are unused."""
        return sum(1 for _ in unused(self._desk, self.law, self.name, action))

    def deal(
        self, action: str, secrets: Mapping[str, bytes], who: Identity, *, count: int, keep: bool,
        quiet: bool,
    ) -> range:  # fmt: skip
        """Deal so many serials of an action; their numbers. ``keep`` those of before."""
        first = 1 + max([0, *self._deals.serials(self.name, action), *self._claimed(action)])
        numbers, found = range(first, first + count), []
        shown = sys.stderr.isatty() and not quiet
        with click.progressbar(
            numbers, label=f"sealing {action}", file=sys.stderr, hidden=not shown
        ) as bar:
            for serial in bar:
                sealed, shares = deal(
                    self.law, executor=self.name, action=action, serial=serial, secrets=secrets,
                    dealer=who.person, signer=who.signer, entropy=(fresh(), fresh()),
                    revoked=self._state.revoked,
                )  # fmt: skip
                found.append(Dealt(sealed.filed, sealed.seal, tuple(shares)))
                write_durably(self._sealed(action, serial), sealed.encode(), 0o600)
        for old in () if keep else self._deals.remove(self.name, action):
            self._sealed(action, old).unlink(missing_ok=True)
        self._deals.write(found)
        return numbers

    def publish(self, public: Mapping[str, bytes]) -> dict[str, str]:
        """Write the public halves of keys that were made; where they lie."""
        files = {}
        for name, data in public.items():
            path = self._house.seals_folder / self.name / f"{name}.pem"
            write_durably(path, data, 0o644)
            files[name] = str(path)
        return files

    def _sealed(self, action: str, serial: int) -> Path:
        return self._place.folder / "sealed" / file_name(action, serial)

    def _claimed(self, action: str) -> list[int]:
        taken = self._desk.store.read(partial(claimed, action=action))
        return [serial_of(one) or 0 for one in taken if id_of(one) == self.name]
