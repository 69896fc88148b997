"""What an order stands on at the desk: entries read back, laws of before, what closes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cheget.audit.header import Mention, decode
from cheget.errors import NotAcceptedError, VerificationError
from cheget.order.absent import aways
from cheget.order.allowed import id_of
from cheget.order.charter import Charter, Law, read_charter
from cheget.order.closing import closings
from cheget.order.documents import AnyDocument, Concurrence, Receipt
from cheget.order.fold import Closing, Entry
from cheget.order.follow import LawState
from cheget.order.keys import PublicKey
from cheget.order.papers import Filed, open_envelope, receipt_subject
from cheget.order.proceeding import Away, Proceeding
from cheget.order.signatures import is_own_device, verify_signer
from cheget.service.signed import verify_once
from cheget.service.store import Reading, StoredEntry


def past_law(tx: Reading, state: LawState, digest: str) -> Law:
    """The law of that digest, of whichever charter of this house.

    Raises:
        NotAcceptedError: none ever had it.
    """
    payload = tx.charter()
    known = [read_charter(payload)] if payload is not None else []
    known += [event.charter for event in state.events if event.charter is not None]
    for charter in known:
        if (law := charter.law_digests.get(digest)) is not None:
            return law
    raise NotAcceptedError("it names a law that no chain of this house ever had")


@dataclass(frozen=True)
class Beside:
    """What the law log did, and where the log of orders mentions it: the same till it grows."""

    state: LawState
    first: Charter
    mentions: Mapping[int, int]  # by size of the law log: positions

    @classmethod
    def read(cls, tx: Reading, state: LawState) -> Beside:
        """As ``tx`` sees it."""
        payload = tx.charter()
        assert payload is not None  # noqa: S101 - there is a state, so there is a first charter
        mentions: dict[int, int] = {}
        for one in tx.of_kind("orders", "law"):
            header = decode(one.leaf)
            if isinstance(header, Mention):
                mentions.setdefault(header.size, one.position)
        return cls(state, read_charter(payload), mentions)

    def seen_by(self, law: Law, order_at: int) -> tuple[tuple[Closing, ...], dict[str, Away]]:
        """What closes an order under that law, and who is away, as the order sees it."""
        return (
            closings(self.state.events, law, order_at, self.mentions, self.first),
            aways(self.state.absences.values(), order_at, self.mentions),
        )


def reentered(law: Law, stored: StoredEntry) -> Entry:
    """An entry read back from the store, its signature verified again."""
    filed = open_envelope(stored.envelope)
    signer = getattr(filed.unverified, "signer", "")
    key = verify_signer(law.people, signer, filed.envelope, verify_once)
    return Entry(
        stored.position, time_of(stored.leaf), stored.digest, filed.unverified,
        is_own_device(key), key.point,
    )  # fmt: skip


def time_of(leaf: bytes) -> int:
    """The time of the entry with that header."""
    return decode(leaf).at


def check_seen(tx: Reading, document: Concurrence) -> None:
    """Return only if the head that its signer saw is one that this log had."""
    size = tx.size("orders")
    if document.size > size or tx.peaks("orders", document.size).root().hex() != document.root:
        raise NotAcceptedError("its signer saw a head that this log never had")


def last_receipts(tx: Reading, order: str) -> list[Receipt]:
    """The last receipt of each executor that sent one for the order."""
    found = []
    for executor in map(id_of, tx.executors(order)):
        thread = tx.thread("orders", receipt_subject(order, executor))
        if thread and isinstance(last := open_envelope(thread[-1].envelope).unverified, Receipt):
            found.append(last)
    return found


def verify_executor(key: PublicKey, filed: Filed) -> None:
    """Return only if the receipt is signed by its executor."""
    verify_once(key, filed.envelope.signed_bytes, filed.envelope.signature)


def check_receipt(
    listed: Sequence[str], charter: Charter, proceeding: Proceeding, filed: Filed, receipt: Receipt,
    thread: Sequence[StoredEntry],
) -> None:  # fmt: skip
    """Return only if the receipt is of an executor that was released to, and says something new.

    Raises:
        NotAcceptedError: otherwise.
    """
    release = proceeding.release
    if release is None or receipt.release != release.digest:
        raise NotAcceptedError("a receipt for what was not released")
    # Most are named as they are; of a sealed one a serial follows.
    if receipt.executor not in listed and receipt.executor not in map(id_of, listed):
        raise NotAcceptedError(f"the order does not name {receipt.executor}")
    key = charter.executors.get(receipt.executor)
    if key is None or receipt.deployment != charter.deployment:
        raise NotAcceptedError(f"{receipt.executor} is not on the roster of this deployment")
    verify_executor(key, filed)
    if not thread:
        if receipt.resolves is not None:
            raise NotAcceptedError("there is no receipt to resolve")
        return
    last = open_envelope(thread[-1].envelope).unverified
    assert isinstance(last, Receipt)  # noqa: S101 - its thread holds nothing else
    if last.outcome == "unknown":
        if receipt.resolves != thread[-1].digest:
            raise NotAcceptedError("an unknown is resolved by a receipt that names it")
    elif last.outcome != "failed" or receipt.resolves is not None:
        raise NotAcceptedError(f"the receipt says {last.outcome} already, and is final")


def opened(stored: bytes, cls: type | None, kind: str | None = None) -> Filed:
    """An envelope that was sent, only if it holds what is due here: a class, or a kind.

    Raises:
        NotAcceptedError: it holds something else, or cannot be read.
    """
    try:
        filed = open_envelope(stored)
    except VerificationError as error:
        raise NotAcceptedError(str(error)) from error
    document: AnyDocument = filed.unverified
    if (cls is not None and not isinstance(document, cls)) or (
        kind is not None and filed.envelope.kind != kind
    ):
        wanted = kind or (cls.__name__.lower() if cls else "")
        raise NotAcceptedError(f"a {filed.envelope.kind}, where a {wanted} is due")
    return filed
