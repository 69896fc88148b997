"""One writer with a queue: whatever arrives while a commit is under way shares the next one."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any, TypeVar

from cheget.errors import StoreError
from cheget.service.store import Writing

T = TypeVar("T")

MOST = 256  # works in a group

Job = tuple[Callable[[Any], Any], "Future[Any]"]
Answer = tuple["Future[Any]", Any, BaseException | None]


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

    def write(self, work: Callable[[Writing], T]) -> T:
        """Have ``work`` run in a group, and return what it returned.

        Raises:
            StoreError: the writer is closed.
        """
        done: Future[T] = Future()
        with self._lock:
            self.check()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
                self._thread.start()
            self._work.put((work, done))
        return done.result()

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
    for _, done in group:
        if not done.done():
            done.set_exception(error)


def answer(answers: Sequence[Answer]) -> None:
    """Tell everybody what came of their work, now that it is durable."""
    for done, result, fault in answers:
        if fault is None:
            done.set_result(result)
        else:
            done.set_exception(fault)
