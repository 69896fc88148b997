"""A few connections for reading, lent to whoever asks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from cheget.errors import StoreError
from cheget.service.pglink import Link


class Pool:
    """Links that are idle are kept; whoever comes when all are lent waits."""

    def __init__(self, connect: Callable[[], Link], most: int, patience: float) -> None:
        """Lend nothing yet.

        Args:
            connect: Makes a link.
            most: How many are lent at once.
            patience: Seconds that somebody waits.
        """
        self._connect, self._patience = connect, patience
        self._places = threading.BoundedSemaphore(most)
        self._lock = threading.Lock()
        self._idle: list[Link] = []
        self._is_closed = False

    @contextmanager
    def borrow(self) -> Iterator[tuple[Link, bool]]:
        """A link that nobody else uses meanwhile, and whether it was made for this.

        Raises:
            StoreError: none came back in time, or none can be made.
        """
        if not self._places.acquire(timeout=self._patience):
            raise StoreError("too many readers at once", hint="try again")
        try:
            with self._lock:
                link = self._idle.pop() if self._idle else None
            is_new = link is None
            link = link or self._connect()
            try:
                yield link, is_new
            finally:
                self.keep(link)
        finally:
            self._places.release()

    def keep(self, link: Link) -> None:
        """Take a link that is not in use, for the next who asks."""
        link.leave()
        with self._lock:
            if not link.is_cut and not self._is_closed:
                self._idle.append(link)
                return
        link.close()

    def close(self) -> None:
        """Let go of those that are idle, and of the others once they come back."""
        with self._lock:
            links, self._idle = self._idle, []
            self._is_closed = True
        for link in links:
            link.close()
