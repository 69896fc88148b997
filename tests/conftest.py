"""How properties are searched: never by the clock, and the same examples in every CI run.

And where stores are: a file, or a database of one's own.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from postgres import Database, serving

# Workers share two cores: threads of the linear algebra would only get in each other's way.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

settings.register_profile(
    "cheget",
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("cheget")


@pytest.fixture(scope="session")
def server() -> Iterator[Database]:
    """One PostgreSQL for all tests of this process."""
    with serving() as running:
        yield running


@pytest.fixture
def database(server: Database) -> Iterator[str]:
    """The address of a new database on it."""
    name = server.fresh()
    yield server.address(name)
    server.drop(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def at(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a new store, of either kind."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("database"))
    return str(tmp_path / "desk.sqlite")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browsers last: while one is open, its loop runs, and no other can in that process."""
    items.sort(key=lambda one: "/tests/web/" in str(one.path))
