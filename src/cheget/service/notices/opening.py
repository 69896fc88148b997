"""A house's book and bell, where its store is."""

from __future__ import annotations

from collections.abc import Callable

from cheget.errors import ChainFileError, HouseError
from cheget.service.counter import LocalCounter
from cheget.service.house import House, setting, store_address
from cheget.service.notices.bell import Bell, Outcome
from cheget.service.notices.book import Asking, Book, InDatabase, InFile
from cheget.service.notices.settings import Settings, parse_notices


def read_notices(house: House) -> Settings:
    """Who is woken, when and how, as ``house.yaml`` says now.

    Raises:
        ChainFileError: where it is wrong.
    """
    people = [one.id for one in house.people.people]
    levels = [f"{chain.id}/{level.id}" for chain in house.chains for level in chain.levels]
    return setting(house, "notices", lambda node: parse_notices(node, people, levels), Settings())


class Configured:
    """The settings as ``house.yaml`` says now: who is on call changes without a restart."""

    def __init__(self, house: House, fault: Callable[[str], object] = lambda _: None) -> None:
        """Read them; ``fault`` is told what is wrong with a later version, which is not used.

        Raises:
            ChainFileError: they are wrong to begin with.
        """
        self._house, self._fault = house, fault
        self._file = house.folder / "house.yaml"
        self._seen = self._version()
        self._settings = read_notices(house)

    def __call__(self) -> Settings:
        """The settings."""
        version = self._version()
        if version not in {self._seen, None}:
            self._seen = version
            try:
                self._settings = read_notices(self._house)
            except (ChainFileError, HouseError) as error:
                self._fault(str(error))
        return self._settings

    def _version(self) -> tuple[int, int] | None:
        try:
            found = self._file.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size


def open_book(house: House) -> Book:
    """The house's book: in its database, or in a file beside its own store.

    Raises:
        StoreError: it can't be opened.
    """
    address = store_address(house)
    if address is None:
        house.desk_folder.mkdir(mode=0o700, exist_ok=True)
        return Book(InFile(house.desk_folder / "notices.sqlite"))

    def connect() -> Asking:
        from cheget.service.pglink import Link  # noqa: PLC0415 - an extra's

        return Link(address)

    return Book(InDatabase(connect))


def bell_of(
    house: House, counter: LocalCounter, settings: Callable[[], Settings], origin: str,
    tell: Callable[[Outcome], object] = lambda _: None,
) -> Bell:  # fmt: skip
    """The house's bell at this replica."""
    return Bell(counter, lambda: open_book(house), settings, origin, tell)
