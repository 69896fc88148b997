"""Waiting for the log to grow: one look at a time, however many wait."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlette.concurrency import run_in_threadpool

from cheget.errors import StoreError


class Changes:
    """A number that only grows, waited for: the size of the log of orders, or of those released.

    Every entry of the law is mentioned in the log of orders too.
    """

    def __init__(self, size: Callable[[], int], every: float) -> None:
        """Look at ``size`` every so many seconds, while somebody waits."""
        self._look, self._every = size, every
        self._size = 0
        self._looked = float("-inf")
        self._grown = asyncio.Event()
        self._looking: asyncio.Task[None] | None = None
        self._waiting = 0
        self._now: asyncio.Task[None] | None = None  # a look that is under way
        self._next: asyncio.Task[None] | None = None  # the one after it
        self.closing = False

    async def beyond(self, since: int, seconds: float) -> int:
        """The size, once it is more than ``since``, or as it is after so many seconds."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        self._waiting += 1
        try:
            if loop.time() >= self._looked + self._every:
                await self.look()
            while self._size <= since and not self.closing:
                left = deadline - loop.time()
                if left <= 0:
                    break
                if self._looking is None or self._looking.done():
                    self._looking = loop.create_task(self._keep_looking())
                grown = self._grown
                try:
                    await asyncio.wait_for(grown.wait(), left)
                except TimeoutError:
                    break
        finally:
            self._waiting -= 1
        return self._size

    async def look(self) -> None:
        """Look now; who waits is told."""
        self._looked = asyncio.get_running_loop().time()
        size = await run_in_threadpool(self._look)
        if size > self._size:
            self._size = size
            self._tell()

    async def stir(self) -> None:
        """It may have grown: who waits is told at once, and who comes looks for themselves."""
        self._looked = float("-inf")
        if self._waiting:
            await self.fresh()

    async def fresh(self) -> None:
        """Look now, with all who ask for it before that look begins."""
        if self._next is None:
            self._next = asyncio.get_running_loop().create_task(self._after(self._now))
        await asyncio.shield(self._next)

    async def _after(self, other: asyncio.Task[None] | None) -> None:
        if other is not None:
            await asyncio.wait({other})
        self._now, self._next = self._next, None
        await self.look()

    def close(self) -> None:
        """Let everybody go who waits: the service stops."""
        self.closing = True
        self._tell()

    def _tell(self) -> None:
        grown, self._grown = self._grown, asyncio.Event()
        grown.set()

    async def _keep_looking(self) -> None:
        while self._waiting and not self.closing:
            await asyncio.sleep(self._every)
            try:
                await self.look()
            except StoreError:
                continue  # whoever asks something is told
