"""A store that was restored: nothing is written to it and nothing signed for it, until resumed.

A log put back goes on from where the backup ends. What it signs there is a second head of a size
that clients hold another head of: they refuse it for ever. And what it shows lacks the stops that
came after the backup. So a restored store is halted, durably and for every process that opens it,
and the heads that its clients show are noted until an operator decides (decision 18).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from cheget.audit.instant import to_text
from cheget.audit.peaks import Peaks
from cheget.errors import GoneBackError
from cheget.order.fields import Head
from cheget.service.shown import head_of
from cheget.service.store import NOTHING, Committed, Log, Reading, Store, Wanted, Writing

T = TypeVar("T")

MARK = "restored"
NOTE = "a signed note"  # which needs nobody's word


@dataclass(frozen=True)
class Shown:
    """A head that somebody showed: of which log, and whether this one lacks it."""

    log: Log
    head: Head
    lacking: bool

    def to_json(self) -> dict[str, Any]:
        """As the mark holds it."""
        size, root = self.head.size, self.head.root
        return {"lacking": self.lacking, "log": self.log, "root": root, "size": size}


@dataclass(frozen=True)
class Restored:
    """What a store says of having been restored. Instants in seconds.

    ``state``: ``restoring`` until all of it is written, ``halted``, ``resumed`` by an operator.
    ``at`` is when it was put back, or found to have gone back. ``backup`` is the backup's digest,
    ``made`` when it was made: None of one that somebody put back by hand. ``heard``: what each
    reader showed of each log, by ``who/log``; ``despite``: heads that the operator went on from,
    as ``SIZE:ROOT``.
    """

    state: str
    at: int
    backup: str = ""
    made: int | None = None
    heard: Mapping[str, Shown] = field(default_factory=dict)
    despite: tuple[str, ...] = ()

    @property
    def lacking(self) -> dict[str, Shown]:
        """The heads that the log lacks and that nobody decided on, by who showed them."""
        return {
            who: one for who, one in self.heard.items()
            if one.lacking and named(one.head) not in self.despite
        }  # fmt: skip

    def encode(self) -> bytes:
        """As a mark."""
        heard = {who: one.to_json() for who, one in self.heard.items()}
        value = {**vars(self), "heard": heard, "despite": list(self.despite)}
        return json.dumps(value, sort_keys=True).encode()


def named(head: Head) -> str:
    """``SIZE:ROOT``."""
    return f"{head.size}:{head.root}"


def restored(tx: Reading) -> Restored | None:
    """What the store says of having been restored; None: it never was."""
    data = tx.mark(MARK)
    if data is None:
        return None
    value = json.loads(data)
    value["heard"] = {
        who: Shown(one["log"], Head(one["size"], one["root"]), one["lacking"])
        for who, one in value["heard"].items()
    }
    return Restored(**{**value, "despite": tuple(value["despite"])})


def halted(tx: Reading) -> Restored | None:
    """The same, while nobody has decided; None where nothing holds the desk up."""
    found = restored(tx)
    return None if found is None or found.state == "resumed" else found


def holds(tx: Reading, log: Log, head: Head) -> bool:
    """Whether the log has had that head."""
    return head.size <= tx.size(log) and head_of(tx, log, head.size) == head


def hear(store: Store, who: str, log: Log, head: Head) -> bool:
    """Note a head that a reader holds, while the store is halted; whether the log has it."""
    has = store.read(lambda tx: holds(tx, log, head))
    if isinstance(store, HaltedStore):
        store.inner.write(lambda tx: _note(tx, f"{who}/{log}", Shown(log, head, not has)))
    return has


def found_out(store: Store, log: Log, head: Head, at: int) -> HaltedStore | None:
    """Halt a store whose own key signed a head that it lacks: it was put back by hand.

    Args:
        store: That takes and signs.
        log: Which of its logs.
        head: That the log's key signed, and that it doesn't have.
        at: Seconds.

    Returns:
        The store as it is from now on; None where an operator went on from that very head before.
    """

    def work(tx: Writing) -> Restored | None:
        before = restored(tx)
        if before is not None and named(head) in before.despite:
            return None
        found = before or Restored("halted", at)
        heard = {**found.heard, f"{NOTE}/{log}": Shown(log, head, lacking=True)}
        found = replace(found, state="halted", heard=heard)
        tx.put_mark(MARK, found.encode())
        return found

    found = store.write(work)
    return None if found is None else HaltedStore(store, found)


def _note(tx: Writing, who: str, shown: Shown) -> None:
    found = halted(tx)
    if found is None:
        return
    known = found.heard.get(who)
    # What was lacking once counts, whatever the same reader shows later.
    if known != shown and not (known is not None and known.lacking and not shown.lacking):
        tx.put_mark(MARK, replace(found, heard={**found.heard, who: shown}).encode())


class HaltedStore:
    """A store that takes nothing, and the signer of its logs, who signs nothing.

    It may be read. Whoever opened it so has to open it anew once somebody has decided.
    """

    def __init__(self, inner: Store, found: Restored) -> None:
        """Halt ``inner``, of which that was ``found``."""
        self.inner, self.found = inner, found

    def fault(self) -> GoneBackError:
        """Why nothing is taken, and what to do."""
        made = self.found.made
        why = (
            "this house's log has gone back: it lacks what its own key has signed"
            if made is None else f"this house was restored from a backup of {to_text(made)}"
        )  # fmt: skip
        return GoneBackError(
            f"{why}; nothing is taken and nothing signed until its operator has decided",
            hint="cheget log resume, on its machine; meanwhile show stops to executors by hand",
        )

    def write(self, work: Callable[[Writing], T]) -> T:  # noqa: ARG002
        """Take nothing.

        Raises:
            GoneBackError: always.
        """
        raise self.fault()

    def commit(self, work: Callable[[Writing], T], wanted: Wanted = NOTHING) -> Committed[T]:  # noqa: ARG002
        """Take nothing.

        Raises:
            GoneBackError: always.
        """
        raise self.fault()

    def ends(self) -> Mapping[Log, Peaks]:
        """As the store's own."""
        return self.inner.ends()

    def sign(self, message: bytes) -> bytes:  # noqa: ARG002
        """Sign nothing.

        Raises:
            GoneBackError: always.
        """
        raise self.fault()

    def read(self, work: Callable[[Reading], T], wanted: Wanted = NOTHING) -> T:
        """Read what is there."""
        return self.inner.read(work, wanted)

    def scrub(self) -> None:
        """As the store's own."""
        self.inner.scrub()

    def close(self) -> None:
        """As the store's own."""
        self.inner.close()


def guarded(store: Store) -> Store:
    """The store, halted if it was restored and nobody has decided.

    Raises:
        GoneBackError: it was restored in part only.
    """
    found = store.read(halted)
    if found is None:
        return store
    if found.state == "restoring":
        raise GoneBackError(
            "this store was restored in part only", hint="cheget serve --from-backup FILE, again"
        )
    return HaltedStore(store, found)
