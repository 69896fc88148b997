"""The store on PostgreSQL: any number of replicas write to one database, and none is in charge.

A group of works is one transaction. It takes the next **turn**, a row whose number is one more
than the last: a unique key, so whoever wants the same number waits in the database until the
holder has committed, and then begins again from what was committed; or until the holder was
rolled back, and then goes on. So a turn is a lease on being the sequencer: its holder is the
batch in the row, its epoch the number, it ends when the holder has been silent for
:data:`~cheget.service.pglink.SERVER_SECONDS`, and a holder that was thought dead cannot commit.

*Why the nodes always match the leaves.* Let T have turn k and commit. Whoever else commits has
a turn too, and no two have one number. T saw k - 1 turns in the snapshot that it reads all along,
so what was committed before it is what it read: had somebody committed in between, then with the
number k, and T's key would have been taken. So commits are in a row, each built on the one
before, whatever the isolation level says of reads. For the same reason whoever gets the number
after their own last one need not look where the logs end, nor take it before they work: nobody
has written since. A replica that is alone so works on what it has read since its last turn, and
then takes the next and writes everything in one statement, which fails whole if the number is
gone. What a work says without writing anything counts only if all that it read was read in one
moment, at which the last turn was still ours; else it is asked again in a turn. Should a writer
take no turn, the keys of the entries hold it all the same: positions are counted from the first
look, an entry of the law log always comes with one of the orders log, and (log, position) can be
taken once; what was read after that look was still so at the commit, if it succeeded.

*The lost acknowledgement.* When the link is cut while it commits, the next turn tells: it waits
for the other transaction, as for anybody's, and then the row of turn k is there with this batch,
or it is not. Then the next turn is committed empty, before anything is tried again: whatever is
still on its way to the server asks for a number that is gone, and never will be written.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from cheget.audit.peaks import Peaks
from cheget.errors import StoreError, TwoSequencersError, UnreachableError, UnsettledError
from cheget.service.address import named
from cheget.service.grouping import Answer, Job, Writer, answer, fail
from cheget.service.pglink import Link
from cheget.service.pgpending import LOGS, WriteTurn
from cheget.service.pgpool import Pool
from cheget.service.pgrows import Rows
from cheget.service.pgschema import migrate
from cheget.service.pgturns import Turns
from cheget.service.store import NOTHING, Committed, Log, Reading, Wanted, Writing

T = TypeVar("T")

READERS = 8  # connections for reading; whoever comes when all are taken waits
PATIENCE = 20.0  # seconds, for a turn
_PAUSE = 0.5  # seconds at most, drawn, before a line that was cut is made anew
_RANDOM = secrets.SystemRandom()


@dataclass
class _Batch:
    """A group on its way. ``doubt``: the turn in which it was perhaps committed."""

    group: Sequence[Job]
    answers: Sequence[Answer] = ()
    peaks: Peaks = field(default_factory=Peaks)
    doubt: WriteTurn | None = None

    @property
    def wanted(self) -> list[Wanted]:
        """What its works are going to ask."""
        return [job.wanted for job in self.group if job.wanted != NOTHING]

    def run(self, link: Link, rows: Rows) -> None:
        """Run its works."""
        self.answers = [_tried(link, rows, job) for job in self.group]
        self.peaks = rows.peaks("orders", rows.size("orders"))


class PostgresStore:
    """A store in a database of its own. Safe for threads, and for any number of processes."""

    def __init__(self, address: str) -> None:
        """Open the database, and bring its tables to this program's version.

        Args:
            address: ``postgresql://USER@HOST/DATABASE``, with what asyncpg takes besides.

        Raises:
            StoreError: it is away, lets nobody in, or is newer than this program.
        """
        self._address = address
        self._pool = Pool(self._connect, READERS, PATIENCE)
        self._writer = Writer(self._commit)
        self._writing: Link | None = None
        self._turns = Turns(named(address))
        link = Link(address)
        try:
            migrate(link)
        except BaseException:
            link.close()
            raise
        self._pool.keep(link)

    def write(self, work: Callable[[Writing], T]) -> T:
        """Run ``work`` in a transaction; return its result once that is durable.

        It may be run several times: another replica's turn came first, or a link was cut.

        Raises:
            UnsettledError: nobody can tell, now, whether it was written.
            TwoSequencersError: others kept coming first.
            UnreachableError: the database is away; nothing was written.
            StoreError: it will not; nothing was written.
        """
        return self.commit(work).result

    def commit(self, work: Callable[[Writing], T], wanted: Wanted = NOTHING) -> Committed[T]:
        """The same, with the log as its group left it. Raises as :meth:`write`.

        What the works of a group want is asked at once.
        """
        return self._writer.commit(work, wanted)

    def read(self, work: Callable[[Reading], T], wanted: Wanted = NOTHING) -> T:
        """Run ``work`` on what is committed, as of one moment, on the primary."""

        def whole(link: Link) -> T:
            link.begin()
            rows = Rows(link)
            if wanted != NOTHING:
                rows.look(wanted=[wanted])
            return work(rows)

        return self._read(whole)

    def ends(self) -> Mapping[Log, Peaks]:
        """Where both logs end: one statement, and so one moment and one round trip."""

        def look(link: Link) -> Mapping[Log, Peaks]:
            rows = Rows(link)
            rows.look()
            return {log: rows.peaks(log, rows.size(log)) for log in LOGS}

        return self._read(look)

    def _read(self, ask: Callable[[Link], T]) -> T:
        if not _is_within_loop():
            return self._asked(ask)
        with ThreadPoolExecutor(1) as other:  # a loop in this thread would be in ours' way
            return other.submit(self._asked, ask).result()

    def _asked(self, ask: Callable[[Link], T]) -> T:
        self._writer.check()
        while True:
            with self._pool.borrow() as (link, is_new):
                try:
                    return ask(link)
                except UnreachableError:
                    if is_new:
                        raise
                    # It was cut while nobody asked anything: another one, then.

    def _connect(self) -> Link:
        link = Link(self._address)
        try:
            self._turns.check(link)
        except BaseException:
            link.close()
            raise
        return link

    def _commit(self, group: Sequence[Job]) -> None:
        batch = _Batch(group)
        try:
            fault = self._settle(batch)
        finally:
            if self._writing is not None:
                self._writing.leave()
        if fault is None:
            answer(batch.answers, batch.peaks)
        elif batch.doubt is None:
            fail(group, fault)
        else:
            fail(group, UnsettledError(
                f"{fault}; it went away while it committed, and may have done so",
                hint="send it again: what is there already is acknowledged, not written twice",
            ))  # fmt: skip

    def _settle(self, batch: _Batch) -> StoreError | None:
        """Try until the batch is committed, or nothing was written, or patience ends."""
        until, cuts = time.monotonic() + PATIENCE, 0
        while True:
            fault: StoreError
            try:
                self._take(batch)
            except UnreachableError as error:
                fault, cuts = error, cuts + 1
                self._drop()
                if cuts > 1:
                    if batch.doubt is None:
                        return fault
                    time.sleep(_RANDOM.uniform(0, _PAUSE))
            except TwoSequencersError as error:
                # Somebody else got further, and their commit is what was waited for: no pause.
                fault = error
            except StoreError as error:
                return error
            else:
                return None
            if time.monotonic() > until:
                return fault

    def _take(self, batch: _Batch) -> None:
        """Run the batch in a turn of its own, commit, and put down what came of it.

        Raises:
            TwoSequencersError: the turn was somebody else's.
            UnreachableError: the link was cut.
        """
        link = self._writing = self._writing or self._connect()
        if batch.doubt is not None:
            if self._turns.settle(link, batch.doubt):
                return
            batch.doubt = None
        if self._follow(batch, link):
            return
        turn, rows = self._turns.begin(link, batch.wanted)
        batch.run(link, rows)
        if not rows.pending:
            return
        try:
            rows.pending.flush(link)
        except TwoSequencersError:
            # With the turn ours, it is a work's own fault: nobody is to pay for another's.
            link.leave()
            self._turns.forget()
            batch.answers = [one for job in batch.group for one in self._alone(job, batch)]
            return
        ends, batch.doubt = rows.after(), turn
        link.commit()
        self._turns.committed(turn, ends)
        batch.doubt = None

    def _follow(self, batch: _Batch, link: Link) -> bool:
        """Work first, and then take the turn after our last and commit, in one statement.

        Returns:
            Whether it is done. Else nothing was written: the turn is to be waited for first.
        """
        begun = self._turns.follow(link, batch.wanted)
        if begun is None:
            return False
        last, turn, rows = begun
        batch.run(link, rows)
        if not rows.pending:
            # Without a turn nothing says that nobody wrote meanwhile, save that it is all one look.
            return bool(batch.wanted) and not rows.questions
        if not rows.pending.is_plain:
            return False
        ends, batch.doubt = rows.after(), turn
        try:
            rows.pending.commit(link, last, turn)
        except TwoSequencersError:
            self._turns.forget()
            batch.doubt = None
            return False
        except UnreachableError:
            raise
        except StoreError:  # the server has answered, and that it did not
            self._turns.forget()
            batch.doubt = None
            raise
        self._turns.committed(turn, ends)
        batch.doubt = None
        return True

    def _alone(self, job: Job, batch: _Batch) -> Sequence[Answer]:
        if len(batch.group) > 1:
            self._commit([job])
            return ()
        return [(job, None, TwoSequencersError("what it would write is taken already"))]

    def _drop(self) -> None:
        if self._writing is not None:
            self._writing.close()
        self._writing = None

    def scrub(self) -> None:
        """Write the table of texts anew, so that no page of it holds what was erased.

        The write-ahead log, its archive, backups and standbys hold it until they are recycled:
        ``docs/stores.md``.

        Raises:
            StoreError: the table is in use, or the database has no such statement.
        """
        with self._pool.borrow() as (link, _):
            try:
                link.tell("VACUUM (FULL) texts")
            except UnreachableError as error:
                raise StoreError(f"{error}; not all of it is scrubbed", hint="try again") from error

    def close(self) -> None:
        """Finish what is under way and let go of the database."""
        self._writer.close()
        self._pool.close()
        self._drop()

    def __del__(self) -> None:
        """Let go of the database when nobody has closed it."""
        if hasattr(self, "_pool"):
            self._pool.close()


def _tried(link: Link, rows: Rows, job: Job) -> Answer:
    """What came of a work; of one that raised, nothing is left."""
    before = rows.pending.copy()
    try:
        result, fault = job.work(rows), None
    except BaseException as error:  # noqa: BLE001 - handed to whoever asked
        result, fault = None, error
        rows.pending = before
    if link.fault is not None:  # not the work's, then
        raise link.fault
    return job, result, fault


def _is_within_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
