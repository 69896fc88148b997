"""A connection to PostgreSQL, and the event loop that drives it, in whichever thread asks.

asyncpg is asynchronous and the desk is not. A loop for each connection costs a third of what
handing every question to a loop in another thread does: decision 15. Every step has a deadline;
a link on which one passed, or that was cut, is of no further use.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, TypeVar, cast
from urllib.parse import parse_qs, quote, unquote, urlsplit

import asyncpg

from cheget.errors import StoreError, TwoSequencersError, UnreachableError
from cheget.service.address import named

T = TypeVar("T")

CONNECT_SECONDS = 5
ANSWER_SECONDS = 15  # for whoever asks; the server gives up before
SERVER_SECONDS = (
    10  # for a statement, for a lock, and for whoever holds a transaction and is silent
)

_AWAY = (
    asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError, asyncpg.InterfaceError,
    asyncpg.IdleInTransactionSessionTimeoutError, asyncpg.TransactionTimeoutError,
    asyncpg.StatementCompletionUnknownError, asyncpg.InternalClientError,
    asyncpg.ReadOnlySQLTransactionError, OSError, TimeoutError,
)  # fmt: skip
_TAKEN = (
    asyncpg.UniqueViolationError, asyncpg.TransactionRollbackError, asyncpg.LockNotAvailableError
)  # fmt: skip


class Link:
    """For one thread at a time."""

    def __init__(self, address: str) -> None:
        """Connect to a server that takes writes, within :data:`CONNECT_SECONDS`.

        Raises:
            UnreachableError: there is none.
            StoreError: it lets nobody in by that address.
        """
        self._address = address
        self._sql: Any = None
        self.fault: StoreError | None = None  # once there is one, nothing more can be asked
        self._is_within = False  # a transaction
        self._loop = asyncio.new_event_loop()
        try:
            # Asked of a standby, a release would be decided by what it has not heard of yet.
            self._sql = self._run(
                asyncpg.connect(
                    address, timeout=CONNECT_SECONDS, command_timeout=ANSWER_SECONDS,
                    target_session_attrs="read-write",
                )
            )  # fmt: skip
        except BaseException:
            self.close()
            raise

    def ask(self, sql: str, *given: object) -> list[Any]:
        """The rows that answer a question.

        Raises:
            TwoSequencersError: somebody else wrote what this would have written.
            UnreachableError: the server is not there any more.
            StoreError: it will not.
        """
        return cast("list[Any]", self._run(self._sql.fetch(sql, *given)))

    def tell(self, sql: str) -> str:
        """Have statements without parameters run; what the last of them did. Raises as ask."""
        return str(self._run(self._sql.execute(sql)))

    def put(self, sql: str, rows: Sequence[tuple[object, ...]]) -> None:
        """Have a statement run for each row, in one go. Raises as :meth:`ask`."""
        if rows:
            self._run(self._sql.executemany(sql, rows))

    def begin(self) -> None:
        """Begin to read, as of one moment. A transaction that is under way is rolled back."""
        self._begin("READ ONLY")

    def begin_writing(self, first: str) -> str:
        """Begin to write, with that statement; what is locked is let go of if we fall silent.

        Returns:
            What the statement did.
        """
        span = f"'{SERVER_SECONDS}s'"
        return self._begin(
            f"READ WRITE; SET LOCAL statement_timeout = {span}; SET LOCAL lock_timeout = {span};"
            f" SET LOCAL idle_in_transaction_session_timeout = {span}; {first}"
        )

    def _begin(self, terms: str) -> str:
        before = "ROLLBACK; " if self._is_within else ""
        self._is_within = True
        if not self.is_cut:
            self.fault = None
        return self.tell(f"{before}BEGIN ISOLATION LEVEL REPEATABLE READ {terms}")

    def commit(self) -> None:
        """End the transaction; durable when this returns. Raises as :meth:`ask`."""
        done = self._run(self._committed(self._sql.execute("COMMIT", timeout=10 * ANSWER_SECONDS)))
        self._is_within = False
        if done != "COMMIT":  # of a transaction that has failed, the server says ROLLBACK
            raise StoreError(f"{named(self._address)}: nothing was written: {done}")

    def check(self) -> None:
        """Return only if nothing says yet that the line is cut. No word is sent.

        Raises:
            UnreachableError: it is.
        """
        self._run(self._checked())

    async def _checked(self) -> None:
        for _ in "abc":  # nobody has run the loop since the last answer: look, read, be told
            await asyncio.sleep(0)
        if self._sql.is_closed():
            raise ConnectionResetError("the line was cut")

    def commit_by(self, sql: str, *given: object) -> list[Any]:
        """Ask one statement that is a transaction by itself: durable when this returns."""
        asked = self._sql.fetch(sql, *given, timeout=10 * ANSWER_SECONDS)
        return cast("list[Any]", self._run(self._committed(asked)))

    async def _committed(self, asking: Coroutine[Any, Any, T]) -> T:
        # Never cancelled: a server that waits for its synchronous standby would take that for
        # leave to say "committed" without it. The line is cut instead.
        asked = asyncio.ensure_future(asking)
        done, _ = await asyncio.wait({asked}, timeout=ANSWER_SECONDS)
        if not done:
            self._sql.terminate()
        return await asked

    def leave(self) -> None:
        """Roll back what is not committed; ready for the next transaction, unless cut."""
        if not isinstance(self.fault, UnreachableError):
            self.fault = None
            if self._is_within:
                with suppress(UnreachableError):
                    self.tell("ROLLBACK")
                    self._is_within = False

    @property
    def is_cut(self) -> bool:
        """Whether it is of no further use."""
        return isinstance(self.fault, UnreachableError)

    def close(self) -> None:
        """Let go of the connection and of the loop."""
        if self._loop.is_closed():
            return
        with suppress(Exception):
            self._loop.run_until_complete(self._end())
        self._loop.close()

    async def _end(self) -> None:
        if self._sql is not None:
            with suppress(Exception):
                if self.fault is None:
                    await self._sql.close(timeout=1)
            self._sql.terminate()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await asyncio.sleep(0)

    def _run(self, asked: Coroutine[Any, Any, T]) -> T:
        if self.fault is not None:
            asked.close()
            raise self.fault
        try:
            with _errors(self._address):
                return self._loop.run_until_complete(asked)
        except StoreError as error:
            self.fault = error
            raise


@contextmanager
def _errors(address: str) -> Iterator[None]:
    where = named(address)
    try:
        yield
    except _TAKEN as error:
        if isinstance(error, asyncpg.StatementCompletionUnknownError):
            raise _away(where, error, address) from None
        raise TwoSequencersError(
            f"somebody else has written to {where} just now", hint="try again"
        ) from error
    except asyncpg.InvalidAuthorizationSpecificationError as error:
        raise StoreError(
            f"{where}: {_plain(error, address)}", hint="user, password, and what pg_hba.conf says"
        ) from None
    except asyncpg.InsufficientPrivilegeError as error:
        raise StoreError(
            f"{where}: {_plain(error, address)}", hint="the tables are to belong to that user"
        ) from None
    except asyncpg.DiskFullError as error:
        raise StoreError(
            f"{where}: {_plain(error, address)}; nothing was written", hint="make room"
        ) from None
    except asyncpg.TooManyConnectionsError as error:
        raise UnreachableError(
            f"{where}: {_plain(error, address)}", hint="max_connections"
        ) from None
    except asyncpg.ClientConfigurationError as error:
        raise StoreError(
            f"{where}: {_plain(error, address)}", hint="postgresql://USER@HOST/DATABASE"
        ) from None
    except _AWAY as error:
        raise _away(where, error, address) from None
    except asyncpg.PostgresError as error:
        raise StoreError(f"{where}: {_plain(error, address)}") from None


def _away(where: str, error: BaseException, address: str) -> UnreachableError:
    said = _plain(error, address) or "no answer in time"
    return UnreachableError(
        f"{where} is away: {said}", hint="once it is back, so are we; nothing is to be restarted"
    )


def _plain(error: BaseException, address: str) -> str:
    """What an error says, in one line, and not the password that some addresses hold."""
    said = " ".join(str(error).split())
    parts = urlsplit(address)
    for secret in (parts.password or "", *parse_qs(parts.query).get("password", ())):
        for text in filter(None, {secret, unquote(secret), quote(secret, safe="")}):
            said = said.replace(text, "…")
    return said
