"""What a look at a house found, one line at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Literal

from cheget.errors import ChegetError

Sign = Literal["well", "mind", "wrong"]


@dataclass(frozen=True)
class Finding:
    """``about`` in a word or two, what is so, and what to do; nothing, where all is well."""

    sign: Sign
    about: str
    says: str
    do: str = ""

    def to_json(self) -> dict[str, str]:
        """As JSON."""
        return asdict(self)


def well(about: str, says: str) -> Finding:
    """All is well with it."""
    return Finding("well", about, says)


def mind(about: str, says: str, do: str) -> Finding:
    """It works, and somebody should know."""
    return Finding("mind", about, says, do)


def wrong(about: str, says: str, do: str) -> Finding:
    """It doesn't work, or can't be relied on."""
    return Finding("wrong", about, says, do)


def looked(about: str, look: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    """What a look finds; an error of ours is a finding too, and ends that look only."""
    try:
        yield from look()
    except ChegetError as error:
        yield wrong(about, str(error), error.hint or "mend that, and look again")
