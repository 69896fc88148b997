"""One writer with a queue: whatever arrives while a commit is under way shares the next one."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

from cheget.audit.peaks import Peaks
from cheget.errors import StoreError
from cheget.service.store import Committed, Wanted, Writing

T = TypeVar("T")

MOST = 256  # works in a group


@dataclass(frozen=True, eq=False)
class Job:
    """A work that somebody waits for."""

    work: Callable[[Any], Any]
    wanted: Wanted
    done: Future[Any] = field(default_factory=Future)


Answer = tuple[Job, Any, BaseException | None]


class Writer:
    """A thread that commits groups of works, begun with the first of them."""

    def __init__(self, commit: Callable[[Sequence[Job]], None]) -> None:
        """Prepare it.

        Args:
            commit: Runs a group in one transaction, and answers each of it once that is durable.
        """
        self._commit = commit
        self._work: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self.is_closed = False

    def commit(self, work: Callable[[Writing], T], wanted: Wanted) -> Committed[T]:
        """Have ``work`` run in a group; what it returned, once that is durable.

        Raises:
            StoreError: the writer is closed.
        """
        job = Job(work, wanted)
        with self._lock:
            self.check()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
                self._thread.start()
            self._work.put(job)
        found: Committed[T] = job.done.result()
        return found

    def check(self) -> None:
        """Return only if it is open.

        Raises:
            StoreError: it is closed.
        """
        if self.is_closed:
            raise StoreError("the store is closed")

    def close(self) -> None:
        """Take nothing more, and finish what is under way."""
        with self._lock:
            self.is_closed = True
            self._work.put(None)
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while group := self._next():
            try:
                self._commit(group)
            except BaseException as error:  # noqa: BLE001 - nobody is left waiting
                fail(group, error)

    def _next(self) -> list[Job]:
        group = []
        one = self._work.get()
        while one is not None:
            group.append(one)
            if len(group) == MOST or self._work.empty():
                return group
            one = self._work.get()
        if group:
            self._work.put(None)  # seen again when what came before it is done
        return group


def fail(group: Sequence[Job], error: BaseException) -> None:
    """Tell everybody who has no answer yet."""
    for job in group:
        if not job.done.done():
            job.done.set_exception(error)


def answer(answers: Sequence[Answer], peaks: Peaks) -> None:
    """Tell everybody what came of their work, now that it is durable and the log ends so."""
    for job, result, fault in answers:
        if fault is None:
            job.done.set_result(Committed(result, peaks))
        else:
            job.done.set_exception(fault)
