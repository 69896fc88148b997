"""A notice of an order that is open, and an original to send."""

from __future__ import annotations

from dataclasses import replace

from cheget.service.notices.causes import Cause, Matter
from cheget.service.notices.due import Notice, all_due
from cheget.service.notices.sending import Post
from cheget.service.notices.settings import Channel, Settings, Step
from cheget.service.notices.wording import letter
from docket import T0, Docket, chain_of, law_of

CHAIN = chain_of(
    """
    chain: small
    members: {ann: Ann, bob: Bob}
    levels:
      - {level: head, members: [ann]}
      - {level: last, members: [bob], veto: any}
    executors: {thing: Thing}
    actions: {act: {executors: [thing], decide-within: 2h}}
    """
)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def post(to: str = "bob@example.com", told: tuple[tuple[str, str], ...] = ()) -> Post:
    docket = Docket(law_of(CHAIN)).transmit("ann")
    found = Settings({"x": Channel("x", "webhook", "")}, {"bob": (Step("x", to),)})
    (notice,) = all_due(Matter(docket.proceeding), {}, found, T0, T0)
    return Post(notice, letter(notice, docket.proceeding, "https://house.example.com", told), T0)


def again(one: Post, number: int) -> Notice:
    return replace(one.notice, number=number)


__all__ = ["Cause", "again", "post"]
