"""Sessions: who reads at a door for a while, proved by a signature over what the door drew.

A kind of its own: nothing that is logged, and no verb, takes one. It names the door (its
``audience``, an origin such as ``https://cheget.example.com``), so that whoever stands between
cannot pass on at one door what was signed for another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cheget.errors import BadSignatureError, MalformedDocumentError, TimingError
from cheget.order.charter import Charter, Person
from cheget.order.documents import Session
from cheget.order.papers import open_envelope
from cheget.order.signatures import verify_signer

Role = Literal["member", "executor", "auditor", "observer"]

WINDOW = 60  # seconds between drawing a nonce and taking the session that answers it


@dataclass(frozen=True)
class Reader:
    """Who reads, as what, and the point of the key they signed with; an invited one has none."""

    who: str
    role: Role
    key: bytes = b""


def admitted(
    stored: bytes, charter: Charter, *, audience: frozenset[str], now: int
) -> tuple[Reader, Session]:
    """Who the session is of, only if it is by a key of theirs and for this door, now.

    Args:
        stored: The session in its envelope.
        charter: As it holds, without the keys that are revoked.
        audience: The origins of this door.
        now: Seconds since 1970.

    Raises:
        MalformedDocumentError: another kind, another deployment, another door.
        TimingError: signed too long ago, or in the future.
        BadSignatureError: by no key of the person or executor that it names.
    """
    filed = open_envelope(stored)
    session = filed.unverified
    if not isinstance(session, Session):
        raise MalformedDocumentError(f"a {filed.envelope.kind}, where a session is due")
    if session.deployment != charter.deployment:
        raise MalformedDocumentError("the session is for another deployment")
    if session.audience not in audience:
        raise MalformedDocumentError("the session is for another door")
    if abs(now - session.at) > WINDOW + charter.terms.skew:
        raise TimingError("the session was not signed just now", hint="look at your clock")
    who = session.who
    if who in charter.people:
        try:
            key = verify_signer(charter.people, who, filed.envelope)
        except BadSignatureError:
            if who not in charter.executors:
                raise
        else:
            return Reader(who, "member", key.point), session
    key_ = charter.executors.get(who)
    held = {who: Person((key_,))} if key_ is not None else {}
    return Reader(who, "executor", verify_signer(held, who, filed.envelope).point), session


def still_reads(reader: Reader, charter: Charter) -> bool:
    """Whether a reader who was admitted is still on the roster, with that key."""
    match reader.role:
        case "member":
            keys = charter.people.get(reader.who, Person()).keys
        case "executor":
            own = charter.executors.get(reader.who)
            keys = (own,) if own is not None else ()
        case _:
            return True
    return any(key.point == reader.key for key in keys)
