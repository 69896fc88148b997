"""Invitations: a one-use code for whoever enrols a key on a machine of their own.

The code is the deployment and a nonce that the enrolment carries, so that a document that
arrives is known to come from whoever was given the code. What is kept is the nonce's digest.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cheget.errors import HouseError, NotAcceptedError
from cheget.service.house import House

SPAN = 48 * 3600
_CODE = re.compile(r"([0-9a-f]{32})-([0-9a-f]{32})")


def invite(house: House, person: str, nonce: bytes, now: int) -> tuple[str, int]:
    """A code for a person of the house, and until when it is good, in seconds.

    Raises:
        HouseError: it can't be written.
    """
    until = now + SPAN
    for path, over in list(_of(house, person)):
        if over <= now:
            path.unlink(missing_ok=True)
    try:
        _folder(house).mkdir(mode=0o700, parents=True, exist_ok=True)
        _place(house, person, nonce).write_text(json.dumps({"until": until}))
    except OSError as error:
        raise HouseError(f"{_folder(house)}: {error.strerror}") from error
    return f"{house.deployment}-{nonce.hex()}", until


def read_code(code: str) -> tuple[str, bytes]:
    """The deployment and the nonce of a code.

    Raises:
        HouseError: it is none.
    """
    found = _CODE.fullmatch(code.strip())
    if found is None:
        raise HouseError("that is no invitation", hint="it is two times 32 hexadecimal digits")
    return found[1], bytes.fromhex(found[2])


def check_invited(house: House, person: str, nonce: bytes, now: int) -> Path | None:
    """The invitation that the nonce is of; None for somebody who has none that is good.

    Raises:
        NotAcceptedError: the person was invited, and this is not by that invitation.
    """
    place, held = _place(house, person, nonce), dict(_of(house, person))
    good = {path: until for path, until in held.items() if now < until}
    if place in good:
        return place
    again = f"cheget people invite {person}"
    if place in held:
        raise NotAcceptedError("the invitation is over", hint=again)
    if held:  # one that ran out protects its person still: whoever is late is invited again
        raise NotAcceptedError(
            f"{person} was invited, and this enrolment is not by the invitation",
            hint="with the code that was given: --invitation CODE" if good else again,
        )
    return None


@contextmanager
def spent(invitation: Path | None) -> Iterator[None]:
    """Use an invitation up; it is good again when what it was used for fails.

    Raises:
        NotAcceptedError: it was used a moment ago.
    """
    if invitation is None:
        yield
        return
    held = invitation.with_suffix(".spent")
    try:
        invitation.rename(held)
    except FileNotFoundError:
        raise NotAcceptedError("that invitation has been used") from None
    try:
        yield
    except BaseException:
        held.rename(invitation)
        raise
    held.unlink(missing_ok=True)


def invited(house: House, now: int) -> dict[str, int]:
    """Who has been invited and hasn't enrolled yet, and until when, in seconds."""
    people = (one.id for one in house.people.people)
    found = {who: max((until for _, until in _of(house, who)), default=0) for who in people}
    return {who: until for who, until in found.items() if now < until}


def _folder(house: House) -> Path:
    return house.desk_folder / "invited"


def _place(house: House, person: str, nonce: bytes) -> Path:
    return _folder(house) / f"{person}.{hashlib.sha256(nonce).hexdigest()[:32]}.json"


def _of(house: House, person: str) -> Iterator[tuple[Path, int]]:
    # The name may come from outside: it is compared, and never a pattern or a part of a path.
    for path in sorted(_folder(house).glob("*.json")):
        if path.name.partition(".")[0] == person:
            yield path, int(json.loads(path.read_bytes())["until"])
