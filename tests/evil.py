"""A server that owns the log keys and the store, and writes whatever log it likes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from cheget.audit.checkpoint import Checkpoint, assemble, note_to_sign
from cheget.audit.header import Header, Mention, decode
from cheget.audit.merkle import leaf_hashes
from cheget.audit.peaks import Peaks
from cheget.audit.slice import Slice
from cheget.errors import UnfitEntryError
from cheget.keyring.signer import Signer
from cheget.order.allowed import executors_tree
from cheget.order.documents import AnyDocument, Concurrence, Order
from cheget.order.draft import draft_order, enclose
from cheget.order.fields import Head
from cheget.order.fold import Entry, fold
from cheget.order.papers import Address, LogPart, Papers, decode_papers, open_envelope, subject_of
from cheget.order.proceeding import Proceeding
from cheget.service.store import Reading
from simulator import ChainSimulator


class EvilDesk:
    """The simulator's log of orders, and what its owner makes of it."""

    def __init__(self, sim: ChainSimulator) -> None:
        def work(tx: Reading) -> list[tuple[bytes, bytes]]:
            stored = {
                one.position: one.envelope
                for kind in ("order", "concurrence", "refusal", "countermand", "question",
                             "attestation", "review", "receipt")
                for one in tx.of_kind("orders", kind)
            }  # fmt: skip
            leaves = tx.leaves("orders", 0, tx.size("orders"))
            return [(leaf, stored.get(at, b"")) for at, leaf in enumerate(leaves)]

        self.sim = sim
        self.entries = sim.store.read(work)
        self.order = sim.order
        self.executors: Sequence[str] = ()

    @property
    def size(self) -> int:
        return len(self.entries)

    def root(self, size: int | None = None) -> bytes:
        leaves = [leaf for leaf, _ in self.entries[:size]]
        return Peaks().extend(leaf_hashes(leaves)).root()

    def head(self, size: int | None = None) -> Head:
        return Head(self.size if size is None else size, self.root(size).hex())

    def append(self, stored: bytes, **changes: Any) -> int:
        """Log an envelope, under any header."""
        filed = open_envelope(stored)
        subject = subject_of(filed.envelope.digest, filed.unverified)
        seq = sum(getattr(decode(leaf), "subject", "") == subject for leaf, _ in self.entries)
        at = max(self.sim.clock.now(), decode(self.entries[-1][0]).at)
        header = Header(at, filed.stored_digest, filed.envelope.kind, seq, subject)
        self.entries.append((replace(header, **changes).encode(), stored))
        return self.size - 1

    def mention(self, size: int, at: int | None = None) -> None:
        now = self.sim.clock.now() if at is None else at
        had = size <= self.sim.store.read(lambda tx: tx.size("law"))
        root = (
            self.sim.store.read(lambda tx: tx.peaks("law", size).root().hex()) if had else "1" * 64
        )
        self.entries.append((Mention(now, root, size).encode(), b""))

    def position_of(self, kind: str, who: str) -> int:
        for position, (_, stored) in enumerate(self.entries):
            if stored:
                filed = open_envelope(stored)
                if filed.envelope.kind == kind and getattr(filed.unverified, "signer", "") == who:
                    return position
        raise KeyError(who)

    def drop(self, kind: str, who: str) -> None:
        """Take an entry out as if it had never been, and number its thread anew."""
        at = self.position_of(kind, who)
        gone = decode(self.entries.pop(at)[0])
        for place in range(at, self.size):
            leaf, stored = self.entries[place]
            header = decode(leaf)
            if isinstance(header, Header) and header.subject == getattr(gone, "subject", ""):
                self.entries[place] = (replace(header, seq=header.seq - 1).encode(), stored)

    def entry(self, position: int) -> Entry:
        leaf, stored = self.entries[position]
        filed = open_envelope(stored)
        return Entry(position, decode(leaf).at, filed.envelope.digest, filed.unverified)

    def known(self) -> Proceeding:
        """The state without what fits none."""
        good: list[Entry] = []
        found: Proceeding | None = None
        for one in self.thread():
            try:
                found = fold(self.sim.law, [*good, one])
            except UnfitEntryError:
                if found is not None:
                    continue
            good.append(one)
        assert found is not None
        return found

    def proceeding(self) -> Proceeding:
        return fold(self.sim.law, self.thread())

    def thread(self) -> list[Entry]:
        wanted = {self.order}
        for position in range(self.size):
            if self.entries[position][1] and self.entry(position).digest == self.order:
                wanted |= set(getattr(self.entry(position).document, "attestations", ()))
        places = [
            place
            for place, (leaf, _) in enumerate(self.entries)
            if getattr(decode(leaf), "subject", "") in wanted
        ]
        return [self.entry(place) for place in places]

    def sign(self, document: AnyDocument, by: str | Signer) -> bytes:
        return enclose(document, self.sim.signers[by] if isinstance(by, str) else by)

    def draft(self, who: str, action: str, executors: Sequence[str], *,
              attestations: Sequence[str] = (), **parameters: str) -> Order:  # fmt: skip
        self.executors = sorted(executors)
        return draft_order(
            self.sim.law, originator=who, action=action, executors=executors,
            parameters=parameters, reason=self.sim.text("evil"), now=self.sim.clock.now(),
            nonce=self.sim.fresh(), attestations=attestations,
        )  # fmt: skip

    def transmit(self, order: Order, by: str | Signer | None = None, **changes: Any) -> None:
        stored = self.sign(order, by or order.originator)
        self.order = open_envelope(stored).envelope.digest
        self.append(stored, **changes)

    def concurrence(self, who: str, seat: str | None = None, **changes: Any) -> Concurrence:
        """What ``who`` would sign at the level that is asked, seeing this log."""
        known = self.known()
        rung = known.pending or known.rungs[-1]
        head = self.head()
        document = Concurrence(
            known.action.acknowledge, self.sim.clock.now(), rung.level.id, self.order,
            rung.prior or "0" * 64, self.sim.text("yes").digest, head.root, seat or who, who,
            head.size,
        )  # fmt: skip
        return replace(document, **changes)

    def concur(self, who: str, seat: str | None = None, by: str | Signer | None = None,
               **changes: Any) -> int:  # fmt: skip
        document = self.concurrence(who, seat, **changes)
        return self.append(self.sign(document, by or who))

    def checkpoint(self, size: int | None = None, by: Signer | None = None) -> bytes:
        key = self.sim.charter.terms.orders
        signer = by or self.sim.log_signers["orders"]
        point = Checkpoint(key.origin, self.size if size is None else size, self.root(size))
        return assemble(point, signer.sign(note_to_sign(point)), key.key)

    def code(self, executor: str, **changes: Any) -> bytes:
        """A code over this log, as well formed as can be."""
        subjects, order = {self.order}, None
        for _, stored in self.entries:
            if stored and open_envelope(stored).envelope.digest == self.order:
                order = open_envelope(stored).unverified
        assert isinstance(order, Order)
        subjects |= set(order.attestations)
        mine = [
            (place, stored)
            for place, (leaf, stored) in enumerate(self.entries)
            if getattr(decode(leaf), "subject", "") in subjects
        ]
        start = mine[0][0]
        leaves = [leaf for leaf, _ in self.entries]
        piece = Slice(
            start, Peaks().extend(leaf_hashes(leaves[:start])).hashes, tuple(leaves[start:])
        )
        executors = self.executors or (executor,)
        index = list(executors).index(executor)
        law = decode_papers(self.sim.code_of_law()).law
        papers = Papers(
            Address(executor, index, executors_tree(executors).path(index)), self.order,
            LogPart(piece, tuple(stored for _, stored in mine), self.checkpoint()),
            law, self.checkpoint(),
        )  # fmt: skip
        return replace(papers, **changes).encode()
