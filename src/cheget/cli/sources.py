"""Where an executor's agent asks for codes and stops. None is trusted.

The desk is imported only when a house is asked: an executor that is given files needs none.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from cheget.errors import (
    AwayError,
    ChegetError,
    HouseError,
    MalformedDocumentError,
    NotAcceptedError,
    VerificationError,
)
from cheget.executor.agent import Source
from cheget.order.fields import Head
from cheget.order.papers import Address, decode_papers, open_envelope, unverified_order

if TYPE_CHECKING:
    from cheget.order.verify import Verified
    from cheget.service.counter import LocalCounter

Report = Callable[[str], None]


@contextmanager
def opened(
    places: Sequence[str], beside: Path, codes: Sequence[Path], stops: Sequence[Path],
    say: Report, as_: str = "",
) -> Iterator[list[Asked]]:  # fmt: skip
    """The sources that ``executor.yaml`` names, and files given by hand.

    Args:
        places: Folders: a house, or one with ``codes/`` and ``stops/``. Asked beside codes given
            by hand too: a code that is carried may lack a stop that one of them has.
        beside: The folder that relative places are relative to.
        codes: Files with a code each.
        stops: Files with a stop each.
        say: Told of files that are no codes, and of places that do not answer.
        as_: The executor that asks over the network, by the key in its folder.
    """
    with ExitStack() as stack:
        found: list[Asked] = []
        for place in places:
            folder = beside / place
            source: Source
            if "://" in place:
                source = stack.enter_context(house_source(place, as_, beside / "executor.key"))
            elif (folder / "people.yaml").is_file():
                source = stack.enter_context(desk_source(folder))
            elif folder.is_dir():
                source = FolderSource(folder, say)
            else:
                raise HouseError(f"{folder} is neither a house nor a folder to ask")
            found.append(Asked(source, say))
        if codes or stops:
            found.append(Asked(FileSource(codes, stops), say))
        yield found


class Asked:
    """A place among several: while it is away, the others are asked without it.

    One that answered, and does not any more, ends the round: whoever has asked it once must ask
    it again before an act. From the next round on it counts as away.
    """

    def __init__(self, source: Source, say: Report) -> None:
        self.fault: AwayError | None = None
        self._source, self._say = source, say
        self._answers = False

    def codes(self, executor: str, orders: Head | None, law: Head | None) -> Sequence[bytes]:
        """The codes that the place has; none while it is away."""
        try:
            found = self._source.codes(executor, orders, law)
        except AwayError as error:
            return self._away(error)
        self.fault, self._answers = None, True
        return found

    def stops(self) -> Sequence[bytes]:
        """The stops that the place has; none while it is away."""
        try:
            return self._source.stops()
        except AwayError as error:
            return self._away(error)

    def deliver(self, receipt: bytes) -> None:
        """Hand a receipt over."""
        self._source.deliver(receipt)

    def pause(self, executor: str, seconds: int) -> bool:
        """Wait there for something new, where a place can; whether it could."""
        pause = getattr(self._source, "pause", None)
        if pause is None or self.fault is not None:
            return False
        try:
            pause(executor, seconds)
        except ChegetError:
            return False  # it is asked again anyway, and said then
        return True

    def _away(self, error: AwayError) -> Sequence[bytes]:
        before, self.fault = self.fault, error
        if self._answers:
            self._answers = False
            raise error
        if before is None or str(before) != str(error):
            self._say(str(error))
        return ()


class FileSource:
    """Files given by hand. They take no receipts: those lie in the executor's folder."""

    def __init__(self, codes: Sequence[Path], stops: Sequence[Path]) -> None:
        self._codes, self._stops = codes, stops

    def codes(self, executor: str, orders: Head | None, law: Head | None) -> Sequence[bytes]:  # noqa: ARG002
        """The codes as the files have them now."""
        return list(_codes(self._codes, _refuse))

    def stops(self) -> Sequence[bytes]:
        """The stops as the files have them now."""
        return [_read(file) for file in self._stops]

    def deliver(self, receipt: bytes) -> None:  # noqa: ARG002
        """A file takes no receipt."""
        raise NotAcceptedError("a file takes no receipt")


class FolderSource:
    """A folder that anything may carry: ``codes/``, ``stops/``, and ``receipts/`` to fetch."""

    def __init__(self, folder: Path, say: Report) -> None:
        self._folder, self._say = folder, say

    def codes(self, executor: str, orders: Head | None, law: Head | None) -> Sequence[bytes]:  # noqa: ARG002
        """The codes that lie there."""
        return list(_codes(sorted((self._folder / "codes").glob("*.json")), self._say))

    def stops(self) -> Sequence[bytes]:
        """The stops that lie there."""
        return [_read(file) for file in sorted((self._folder / "stops").glob("*.json"))]

    def deliver(self, receipt: bytes) -> None:
        """Leave the receipt there."""
        leave_receipt(self._folder / "receipts", receipt)


class DeskSource:
    """The desk of a house on this machine."""

    def __init__(self, desk: LocalCounter) -> None:
        self._desk = desk

    def codes(self, executor: str, orders: Head | None, law: Head | None) -> Sequence[bytes]:
        """The codes of released orders that name this executor and may still matter to it.

        One that was stopped after its release is shown too, while it could be acted on: the
        code itself holds the stop.
        """
        return [
            self._desk.code(one, executor, law=law, orders=orders)
            for one in self._desk.released_to(executor)
        ]

    def stops(self) -> Sequence[bytes]:
        """None beside those that the codes hold."""
        return ()

    def deliver(self, receipt: bytes) -> None:
        """Hand the receipt to the desk, which logs it."""
        self._desk.receive(receipt)


@contextmanager
def desk_source(folder: Path) -> Iterator[DeskSource]:
    """The desk of the house in ``folder``, closed afterwards."""
    from cheget.cli.context import at_desk

    with at_desk(folder) as (_, desk):
        yield DeskSource(desk)


@contextmanager
def house_source(origin: str, executor: str, key: Path) -> Iterator[Source]:
    """A house over the network, asked as the executor by its own key."""
    from cheget.cli.plain import now
    from cheget.client.source import HouseSource
    from cheget.client.transport import Origin
    from cheget.keyring import keyfile

    door = Origin(origin, executor, lambda: keyfile.read(key), now)
    try:
        yield HouseSource(door)
    finally:
        door.close()


class FolderCrew:
    """The answers of the people beside an executor, as they left them in its ``crew/``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def answers(self, order: str, verified: Verified | None) -> Sequence[bytes]:  # noqa: ARG002
        """Those to this order. What is no answer is left for a person to look at."""
        found = []
        for file in sorted(self._folder.glob("*.json")):
            stored = _read(file)
            try:
                document = open_envelope(stored).unverified
            except VerificationError:
                continue
            if getattr(document, "order", None) == order:
                found.append(stored)
        return found


def leave_receipt(folder: Path, receipt: bytes) -> None:
    """Write a receipt into a folder, under order and executor."""
    digest = open_envelope(receipt).envelope.digest
    order = json.loads(open_envelope(receipt).envelope.payload)["order"]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{order[:16]}-{digest[:16]}.json").write_bytes(receipt)
    except OSError as error:
        raise HouseError(f"{folder}: {error.strerror}") from error


def _codes(files: Sequence[Path], say: Report) -> Iterator[bytes]:
    """What at least looks like a code: one spoiled file does not stand in the others' way."""
    for file in files:
        data = _read(file)
        try:
            unverified_order(data)
            if not isinstance(decode_papers(data).address, Address):
                raise MalformedDocumentError("papers for whoever signs, and no code")
        except VerificationError as error:
            say(f"{file}: {error}")
            continue
        yield data


def _refuse(text: str) -> None:
    raise MalformedDocumentError(text)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes().rstrip(b"\n")
    except OSError as error:
        raise HouseError(f"{file}: {error.strerror}") from error
