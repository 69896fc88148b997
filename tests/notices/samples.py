"""A notice of an order that is open, and an original to send."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from cheget.chain.chain import Chain
from cheget.service.notices.bell import Bell
from cheget.service.notices.book import Book, InDatabase, InFile
from cheget.service.notices.causes import Matter
from cheget.service.notices.due import all_due
from cheget.service.notices.sending import Mailing, send
from cheget.service.notices.settings import Channel, Settings, Step
from cheget.service.notices.wording import letter
from docket import T0, Docket, chain_of, law_of
from serving import counter_of
from simulator import ChainSimulator

CHAIN = chain_of(
    """
    chain: small
    members: {ann: Ann, bob: Bob}
    levels:
      - {level: head, members: [ann]}
      - {level: last, members: [bob], veto: any}
    executors: {thing: Thing}
    actions: {act: {executors: [thing], decide-within: 2h}}
    """
)
DEPUTED = chain_of(
    """
    chain: small
    members: {ann: Ann, bob: {title: Bob, deputy: dep after 5m}, dep: Deputy}
    levels:
      - {level: head, members: [ann]}
      - {level: last, members: [bob], veto: any}
    executors: {thing: Thing}
    actions: {act: {executors: [thing], decide-within: 2h}}
    """
)
CREWED = chain_of(
    """
    chain: small
    members: {ann: Ann, bob: Bob}
    levels:
      - {level: head, members: [ann]}
      - {level: last, members: [bob], veto: any}
    executors: {thing: {title: Thing, crew: witness}}
    actions: {act: {executors: [thing], decide-within: 2h}}
    """
)
URGENT = chain_of(
    """
    chain: small
    members: {ann: Ann, bob: Bob, cho: Cho}
    levels:
      - {level: head, members: [ann]}
      - {level: last, members: [bob], rule: any, veto: any}
      - {level: other, members: [cho], for: [act]}
    executors: {thing: Thing}
    actions:
      act: {executors: [thing]}
      urgent: {executors: [thing], decide-within: 2h, limit: 1 per 1d, review: "cho within 1h"}
    """
)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def post(to: str = "bob@example.com", told: tuple[tuple[str, str], ...] = ()) -> Mailing:
    docket = Docket(law_of(CHAIN)).transmit("ann")
    found = Settings({"x": Channel("x", "webhook", "")}, {"bob": (Step("x", to),)})
    (notice,) = all_due(Matter(docket.proceeding), {}, found, T0, T0)
    return Mailing(notice, letter(notice, docket.proceeding, "https://house.example.com", told), T0)


@dataclass
class Rung:
    """A house of that chain that rings: ann asks, bob is asked, each by channels of their own."""

    sim: ChainSimulator
    settings: Settings
    at: str = ""  # of a book in PostgreSQL
    outcomes: list[tuple[str, str, str]] = field(default_factory=list)

    def book(self) -> Book:
        if self.at:
            from cheget.service.pglink import Link

            return Book(InDatabase(lambda: Link(self.at)))
        return Book(InFile(self.sim.folder / "notices.sqlite"))

    def bell(self, sender: Any = send) -> Bell:
        """One replica's."""
        return Bell(
            counter_of(self.sim), self.book, lambda: self.settings, "https://house.example.com",
            lambda out: self.outcomes.append((out.said, out.notice.cause.kind, out.notice.key)),
            sender,
        )  # fmt: skip


def house(
    folder: Path, url: str, at: str = "", chain: Chain = CHAIN, **changes: Any
) -> Rung:  # fmt: skip
    os.environ["HOOK"] = SECRET
    sim = ChainSimulator(chain, folder, at=at)
    found = Settings(
        {"hook": Channel("hook", "webhook", url, "env:HOOK")},
        {"ann": (Step("hook", "ann"),), "bob": (Step("hook", "bob"),)}, every=3600, most=2,
    )  # fmt: skip
    return Rung(sim, replace(found, **changes), at if at.startswith("postgresql:") else "")
