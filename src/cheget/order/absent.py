"""Absences: somebody away, so that until then their deputies may answer at once.

An absence is an entry of the law log, taken back by its signer like an attestation. It only
quickens a deputy who may answer anyway once the member has been silent long enough.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from cheget.errors import UnfitEntryError
from cheget.order.documents import Absence
from cheget.order.proceeding import Away

NEVER = 2**53  # after every entry: the log of orders does not mention it yet


@dataclass(frozen=True)
class Absent:
    """An absence as the law log has it. ``size``: of the law log with it; times in seconds.

    ``ended``: the size of the law log with the countermand of it, or with what took away the key
    that signed it.
    """

    digest: str
    document: Absence
    size: int
    at: int
    key: bytes
    ended: int | None = None

    @property
    def away(self) -> Away:
        """Who is away and when, without where the log of orders mentions it."""
        document = self.document
        return Away(self.digest, document.signer, document.from_, document.until)


def check_absence(document: Absence, deployment: str, at: int, skew: int) -> None:
    """Return only if the absence can be logged at that instant.

    Raises:
        UnfitEntryError: for another deployment, over already, or without length.
    """
    if document.deployment != deployment:
        raise UnfitEntryError("the absence is for another deployment")
    if not document.from_ < document.until:
        raise UnfitEntryError("an absence ends after it begins")
    if document.until <= at - skew:
        raise UnfitEntryError("the absence is over already")


def revoke(known: Mapping[str, Absent], keys: Collection[bytes], size: int) -> dict[str, Absent]:
    """The absences after keys have gone: what they signed has ended."""
    return {
        digest: replace(one, ended=size) if one.key in keys and one.ended is None else one
        for digest, one in known.items()
    }


def aways(
    known: Iterable[Absent], order_at: int, mentions: Mapping[int, int]
) -> dict[str, Away]:  # fmt: skip
    """Who is away, and between which positions of the log of orders that is known.

    Args:
        known: The absences of the law log.
        order_at: The time of the order's entry.
        mentions: Position in the log of orders of each mention that was shown, by its size.

    One that is not mentioned was logged before what is shown, or its mention is withheld: an
    absence then counts only if it is older than the order, and an end counts always.
    """
    found = {}
    for one in known:
        begins = mentions.get(one.size, -1 if one.at <= order_at else NEVER)
        ends = NEVER if one.ended is None else mentions.get(one.ended, -1)
        found[one.digest] = replace(one.away, begins=begins, ends=ends)
    return found
