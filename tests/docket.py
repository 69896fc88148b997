"""An order's entries by hand, without keys or a log: what the fold alone sees."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import replace

from cheget.audit.instant import from_text
from cheget.chain.chain import Chain
from cheget.chain.parse import parse_chain
from cheget.order.allowed import named
from cheget.order.charter import Law, LogKey, Person, Terms
from cheget.order.documents import (
    AnyDocument,
    Attestation,
    Concurrence,
    Countermand,
    Order,
    Question,
    Refusal,
    Review,
)
from cheget.order.fold import Entry, at_instant, attest, begin, fold, step, withdraw
from cheget.order.proceeding import Effect, Proceeding

T0 = from_text("2026-11-22T10:00:00Z")
NONE = "0" * 64
DEPLOYMENT = "00112233445566778899aabbccddeeff"


def chain_of(text: str) -> Chain:
    return parse_chain(textwrap.dedent(text).encode())


def law_of(
    chain: Chain,
    posts: Mapping[str, str] | None = None,
    *,
    machines: Sequence[str] = (),
    vacant: Sequence[str] = (),
) -> Law:
    filled = {m.id: m.id for m in chain.members if m.id not in vacant} | dict(posts or {})
    people = {name: Person((), name in machines) for name in sorted(set(filled.values()))}
    terms = Terms(LogKey("x/orders", bytes(32)), LogKey("x/law", bytes(32)))
    return Law(DEPLOYMENT, "example", chain, filled, people, terms)


class Docket:
    """Entries as they are logged, and the state they amount to, both ways of folding compared."""

    def __init__(self, law: Law, *, at: int = T0) -> None:
        self.law = law
        self.at = at
        self.entries: list[Entry] = []
        self.known: Proceeding | None = None
        self.attested: list[str] = []
        self.position = 7
        self.effect: Effect | None = None

    @property
    def proceeding(self) -> Proceeding:
        assert self.known is not None
        return self.known

    @property
    def state(self) -> str:
        return at_instant(self.proceeding, self.at).state

    @property
    def digest(self) -> str:
        return self.proceeding.digest

    def wait(self, seconds: int) -> Docket:
        self.at += seconds
        return self

    def enter(self, document: AnyDocument, *, own_device: bool = True) -> Effect | None:
        """Log a document; an unfit one raises and leaves nothing."""
        entry = Entry(self.position, self.at, document.digest(), document, own_device)
        if self.known is None:
            entries = [*self.entries, entry]
            if isinstance(document, Order):
                self.known = fold(self.law, entries)
                self.effect = "counts"
            elif isinstance(document, Attestation):
                attest(self.law, entry, document)
            elif isinstance(document, Countermand):
                first = next(e for e in self.entries if e.digest == document.subject)
                assert isinstance(first.document, Attestation)
                withdraw(self.law, attest(self.law, first, first.document), entry)
            else:
                begin(self.law, entry)
            self.entries = entries
        else:
            self.known, self.effect = step(self.known, entry)
            self.entries.append(entry)
            assert fold(self.law, self.entries) == self.known
        self.position += 3
        return self.effect

    def order(self, who: str, action: str = "act", *, seat: str | None = None) -> Order:
        found = self.law.chain.action(action)
        return Order(
            found.acknowledge, action, tuple(sorted(self.attested)), self.at + found.decide_within,
            DEPLOYMENT, named(["thing"]), self.law.digest, "0" * 32, who, (), NONE,
            seat or self.seat_of(who), self.at,
        )  # fmt: skip

    def seat_of(self, who: str, members: Sequence[str] = ()) -> str:
        posts = self.law.posts
        return next((m for m in members or posts if posts.get(m) == who), who)

    def transmit(self, who: str, action: str = "act", *, own_device: bool = True) -> Docket:
        self.enter(self.order(who, action), own_device=own_device)
        return self

    def concurrence(self, who: str, seat: str | None = None, level: str | None = None,
                    **changes: object) -> Concurrence:  # fmt: skip
        known = self.proceeding
        rung = next((r for r in known.rungs if r.level.id == level), None) or known.pending
        rung = rung or known.rungs[-1]
        seat = seat or self.seat_of(who, rung.level.members)
        document = Concurrence(
            known.action.acknowledge, self.at, rung.level.id, known.digest, rung.prior or NONE,
            NONE, NONE, seat, who, self.position,
        )  # fmt: skip
        return replace(document, **changes)  # type: ignore[arg-type]

    def concur(self, who: str, seat: str | None = None, level: str | None = None, *,
               own_device: bool = True, **changes: object) -> Effect | None:  # fmt: skip
        document = self.concurrence(who, seat, level, **changes)
        return self.enter(document, own_device=own_device)

    def refuse(self, who: str, **changes: object) -> Effect | None:
        document = Refusal(self.at, self.digest, NONE, who)
        return self.enter(replace(document, **changes))  # type: ignore[arg-type]

    def countermand(self, who: str, subject: str | None = None, **changes: object) -> Effect | None:
        document = Countermand(self.at, NONE, who, subject or self.digest)
        return self.enter(replace(document, **changes))  # type: ignore[arg-type]

    def ask(self, who: str, **changes: object) -> Effect | None:
        document = Question(self.at, self.digest, NONE, who)
        return self.enter(replace(document, **changes))  # type: ignore[arg-type]

    def review(self, who: str, release: str | None = None) -> Effect | None:
        found = self.proceeding.release
        digest = release or (found.digest if found else NONE)
        return self.enter(Review(self.at, NONE, self.digest, digest, who))

    def attest(
        self, who: str, *, lasts: int = 3600, starts: int = 0, action: str = "act",
        condition: str = "red", seat: str | None = None, **changes: object,
    ) -> str:  # fmt: skip
        """Attest, and let the order to come rest on it."""
        document = Attestation(
            action, condition, DEPLOYMENT, self.at + starts, self.law.digest,
            f"{len(self.entries):032x}", seat or self.seat_of(who), who, NONE, self.at + lasts,
        )  # fmt: skip
        document = replace(document, **changes)  # type: ignore[arg-type]
        self.enter(document)
        self.attested.append(document.digest())
        return self.attested[-1]
