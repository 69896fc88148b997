"""The bell: round by round, what is due is claimed, sent and put down.

It reads what the desk reads and writes to the book alone. Nothing that a channel does, or leaves
undone, reaches the desk; what a round could not do, the next one does.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from cheget.errors import ChegetError, NoticeError
from cheget.order.allowed import id_of
from cheget.order.proceeding import Proceeding
from cheget.service.counter import LocalCounter
from cheget.service.notices.book import Book, Row
from cheget.service.notices.causes import Matter, causes
from cheget.service.notices.due import Named, Notice, Told, all_due, is_over, named
from cheget.service.notices.sending import Mailing, send
from cheget.service.notices.settings import Channel, Settings, Step
from cheget.service.notices.wording import Letter, letter

LEASE = 60  # seconds; longer than one notice may take to be sent
FIRST, TIMES, LONGEST = 30, 4, 3600  # seconds until it is tried again, what they grow by, at most
ATTEMPTS = 8  # before it is a dead letter
FAULTS = 2  # in a row, of a channel, before a round leaves it alone
TURN = 60.0  # seconds of a channel in a round


@dataclass(frozen=True)
class Outcome:
    """What came of a notice: ``sent``, ``failed`` and tried again, or ``dead``."""

    notice: Notice
    said: str
    fault: str = ""


@dataclass(frozen=True)
class _Job:
    notice: Notice
    proceeding: Proceeding
    row: Row | None = None  # of the attempts before

    @property
    def attempts(self) -> int:
        return 1 if self.row is None else self.row.attempts + 1


class Bell:
    """One house's, at one replica."""

    def __init__(
        self, counter: LocalCounter, book: Callable[[], Book], settings: Callable[[], Settings],
        origin: str, tell: Callable[[Outcome], object] = lambda _: None,
        sender: Callable[[Channel, Mailing], None] = send,
    ) -> None:  # fmt: skip
        """Nothing is opened, and nobody woken, before the first round.

        Args:
            counter: The house's desk, which is only read.
            book: Opens the book, once there is anything to put down.
            settings: Who is woken how, as it is configured now.
            origin: Where the house is served; empty where nobody knows.
            tell: Told what came of each notice.
            sender: Sends one.
        """
        self._counter, self._open_book, self._settings = counter, book, settings
        self._origin, self._tell, self._sender = origin, tell, sender
        self._done: set[str] | None = None
        self.stopping = threading.Event()

    @cached_property
    def book(self) -> Book:
        """What was told."""
        return self._open_book()

    def round(self) -> None:
        """Send what is due."""
        settings = self._settings()
        if not settings.channels:
            return
        jobs: dict[str, list[_Job]] = {}
        for job in self._jobs(settings):
            jobs.setdefault(job.notice.step.channel, []).append(job)
        # Each channel at its own pace: a slow one keeps nobody else waiting. Daemons: a process
        # that ends waits for none.
        threads = [
            threading.Thread(target=self._work, args=(settings.channels[one], of), daemon=True)
            for one, of in jobs.items()
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def due(self) -> list[Notice]:
        """What the next round would send, new or again."""
        return [job.notice for job in self._jobs(self._settings(), finish=False)]

    def close(self) -> None:
        """Let go of the book, if it was opened."""
        if "book" in self.__dict__:
            self.book.close()

    def _jobs(self, settings: Settings, *, finish: bool = True) -> Iterator[_Job]:
        now = self._counter.clock.now()
        begun = self.book.begun(now)
        if self._done is None:
            self._done = self.book.done_with()
        for digest in [one for one in self._counter.listed() if one not in self._done]:
            matter = matter_of(self._counter, digest)
            told, rows = self.book.told(digest)
            yield from self._of(matter, told, rows, settings, begun)
            is_open = any(row.state == "open" for row in rows)
            if finish and not is_open and is_over(matter, told, settings, now, begun):
                self.book.finish(digest, now)
                self._done.add(digest)

    def _of(
        self, matter: Matter, told: Mapping[Named, list[Told]], rows: list[Row],
        settings: Settings, begun: int,
    ) -> Iterator[_Job]:  # fmt: skip
        now = self._counter.clock.now()
        for notice in all_due(matter, told, settings, now, begun):
            yield _Job(notice, matter.proceeding)
        standing = {named(one): one for one in causes(matter, settings, now)}
        for row in rows:
            if row.state != "open" or row.next > now:
                continue
            cause = standing.get(row.named)
            step = _step(settings, row)
            if cause is None or step is None:
                self.book.drop(row.key)  # it was answered meanwhile, or ended
                continue
            again = Notice(cause, row.number, step, row.number >= len(settings.steps(row.whom)))
            yield _Job(again, matter.proceeding, row)

    def _work(self, channel: Channel, jobs: list[_Job]) -> None:
        until, faults = time.monotonic() + TURN, 0
        for job in jobs:
            if self.stopping.is_set() or faults >= FAULTS or time.monotonic() > until:
                return
            try:
                faults = 0 if self._do(channel, job) else faults + 1
            except ChegetError as error:  # the book, or the desk's store: the next round, then
                self._tell(Outcome(job.notice, "failed", str(error)))
                return

    def _do(self, channel: Channel, job: _Job) -> bool:
        """Claim it, send it, put it down. False: the channel failed."""
        now, key = self._counter.clock.now(), job.notice.key
        if not (
            self.book.claim(job.notice, now, LEASE)
            if job.row is None
            else self.book.claim_again(job.row, now, LEASE)
        ):
            return True  # another replica's
        try:
            self._sender(channel, Mailing(job.notice, self._letter(channel, job), now))
        except NoticeError as error:
            wait = min(FIRST * TIMES ** (job.attempts - 1), LONGEST)
            again = None if job.attempts >= ATTEMPTS else self._counter.clock.now() + wait
            self.book.failed(key, job.attempts, again, str(error))
            self._tell(Outcome(job.notice, "dead" if again is None else "failed", str(error)))
            return False
        self.book.sent(key, self._counter.clock.now())
        self._tell(Outcome(job.notice, "sent"))
        return True

    def _letter(self, channel: Channel, job: _Job) -> Letter:
        order = job.proceeding.order
        told: list[tuple[str, str]] = []
        if "parameters" in channel.tell:
            told += order.parameters
        if "reason" in channel.tell:
            texts = self._counter.store.read(lambda tx: tx.texts([order.reason]))
            told += [("reason", one.text) for one in texts.values()]  # none, once erased
        return letter(job.notice, job.proceeding, self._origin, told)


def matter_of(counter: LocalCounter, digest: str) -> Matter:
    """An order as notices look at it, now."""
    found = Matter(counter.proceeding(digest))
    one = found.proceeding
    if one.release is None:
        return found
    receipts = counter.receipts(digest)
    acted = sorted(each.acted_at for each in receipts if each.outcome == "carried-out")
    enough = one.action.enough or one.order.executors.count
    done = {receipt.executor for receipt in receipts}
    waiting = set(map(id_of, counter.executors(digest))) - done
    posts = counter.charter.posts.items()
    crews = {post: who for post, who in posts if post.partition("/")[0] in waiting}
    carried_out = acted[enough - 1] if len(acted) >= enough > 0 else None
    return replace(found, crews=crews, carried_out=carried_out)


def _step(settings: Settings, row: Row) -> Step | None:
    """How the row's person is reached on its channel, if it is still one of theirs."""
    return next((s for s in settings.steps(row.whom) if s.channel == row.channel), None)
