"""Where a store is: a file of this house, or a database of PostgreSQL."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

FILE = "sqlite"


def parse_address(text: str) -> str | None:
    """The address of a database, None for the house's own file.

    Raises:
        ValueError: it is neither. What it says is left unsaid: there may be a password in it.
    """
    if text == FILE:
        return None
    parts = urlsplit(text)
    if parts.scheme not in {"postgresql", "postgres"} or not parts.path.strip("/"):
        raise ValueError("neither sqlite nor postgresql://USER@HOST/DATABASE")
    return text


def has_password(address: str) -> bool:
    """Whether the address itself holds a password."""
    parts = urlsplit(address)
    return parts.password is not None or "password" in parse_qs(parts.query)


def named(address: str) -> str:
    """The address as it may be shown: without its password and its settings."""
    parts = urlsplit(address)
    user, _, place = parts.netloc.rpartition("@")
    who = user.partition(":")[0]
    return f"postgresql://{who}@{place}{parts.path}" if who else f"postgresql://{place}{parts.path}"
