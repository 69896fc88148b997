"""A store at an address: a file's path, or a database of PostgreSQL."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

from cheget.service.sqlite import SqliteStore
from cheget.service.store import Store


def opened(at: str) -> Store:
    if is_postgres(at):
        from cheget.service.postgres import PostgresStore  # asyncpg isn't everywhere

        return PostgresStore(at)
    return SqliteStore(Path(at))


def is_postgres(at: str) -> bool:
    return at.startswith("postgresql://")


def broken(at: str, sql: str) -> None:
    """Have somebody else run a statement on the tables of the store there."""
    if is_postgres(at):
        asyncio.run(_told(at, sql))
        return
    with sqlite3.connect(at) as other:
        other.execute(sql)
    other.close()


async def _told(at: str, sql: str) -> None:
    import asyncpg

    other = await asyncpg.connect(at)
    await other.execute(sql)
    await other.close()
