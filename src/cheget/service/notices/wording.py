"""What a notice says: what it is about, six words, and a link. Never the means to answer.

Ids are from small alphabets. The order's own text, a reason or parameters, is in it only where
a channel's settings say so, and then made harmless: one line, capped, nothing that a mail
header, a terminal or a chat would take for more than text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from cheget.audit.instant import to_text
from cheget.chain.text import UNFIT
from cheget.order.documents import order_name
from cheget.order.proceeding import Proceeding
from cheget.service.notices.due import Notice

LONGEST = 300  # characters of a text that somebody wrote
# What a chat takes for markup, a mention or a link, and a mail program for an address.
_UNPLAIN = re.compile(r"[<>@&|`*_\[\]\\~]|(?<=:)//")


@dataclass(frozen=True)
class Letter:
    """A notice in words: for mail and chat ``title`` and ``lines``, for programs ``value``."""

    title: str
    lines: tuple[str, ...]
    value: dict[str, object] = field(default_factory=dict)

    @property
    def body(self) -> str:
        """The lines as text."""
        return "\n".join(self.lines)


def harmless(text: str, most: int = LONGEST) -> str:
    """Text that came from outside as one line of text, and nothing else."""
    flat = _UNPLAIN.sub("·", " ".join(UNFIT.sub(" ", text).split()))
    return flat if len(flat) <= most else f"{flat[: most - 1]}…"


def letter(
    notice: Notice, proceeding: Proceeding, origin: str, told: Sequence[tuple[str, str]] = ()
) -> Letter:
    """What to say.

    Args:
        notice: Which.
        proceeding: Its order as it stands.
        origin: Where the house is served; empty where nobody knows.
        told: What of the order's own text is to be said: names and values as they were written.
    """
    order, cause = proceeding.order, notice.cause
    link = f"{origin}/orders/{proceeding.digest}" if origin else ""
    words, said = order_name(proceeding.digest), _said(notice, proceeding)
    own = [(harmless(name, 40), harmless(text)) for name, text in told]
    title = f"{'EMERGENCY: ' if cause.loud else ''}{said}"
    lines = [
        f"{title}.", "",
        f"  {words}",
        f"  {order.action} of {proceeding.law.chain.id}, transmitted by {order.originator}",
        f"  house {proceeding.law.house}; decide by {to_text(order.decide_by)}",
        *(f"  {name}: {text}" for name, text in own), "",
        link or f"cheget show {words}", "",
        "Compare the six words. Nothing is answered by this message: answers are signed there.",
    ]  # fmt: skip
    value: dict[str, object] = {
        "action": order.action, "about": cause.about, "chain": proceeding.law.chain.id,
        "decide_by": to_text(order.decide_by), "deployment": order.deployment,
        "house": proceeding.law.house, "id": notice.key, "kind": cause.kind, "link": link,
        "loud": cause.loud, "order": proceeding.digest, "originator": order.originator,
        "reminder": notice.reminder, "said": title, "state": proceeding.state,
        "to": notice.step.to, "whom": cause.whom, "words": words,
    }  # fmt: skip
    if own:
        value["untrusted"] = dict(own)
    return Letter(f"{title}: {words}", tuple(lines), value)


def trial(notice: Notice, house: str) -> Letter:
    """A message that only tries whether it arrives."""
    said = f"TEST of notices of the house {house}, for {notice.cause.whom}"
    value: dict[str, object] = {
        "house": house, "id": notice.key, "kind": "test", "said": said, "to": notice.step.to,
        "whom": notice.cause.whom,
    }  # fmt: skip
    return Letter(said, (f"{said}.", "", "There is no order, and nothing is to be done."), value)


def _said(notice: Notice, proceeding: Proceeding) -> str:
    cause = notice.cause
    match cause.kind:
        case "asked" if "/" in cause.whom:
            said = f"an order is at {cause.about}"
        case "asked":
            said = f"an order waits for you at {cause.about}"
        case "review":
            said = f"an emergency waits for your review{', OVERDUE' if cause.about else ''}"
        case "emergency":
            said = "an emergency was transmitted"
        case "answered":
            said = _answer(cause.about, proceeding)
        case _:
            said = f"your order {_ended(cause.about, proceeding)}"
    said = f"reminder: {said}" if notice.reminder else said
    return said[0].upper() + said[1:]


def _answer(digest: str, proceeding: Proceeding) -> str:
    for one in proceeding.counted:
        if one.digest == digest:
            return f"{one.person} concurred with your order"
    refused = next(one.person for one in proceeding.refusals if one.digest == digest)
    return f"{refused} refused your order"


def _ended(state: str, proceeding: Proceeding) -> str:
    level = f" at {proceeding.ending.level}" if proceeding.ending and state != "released" else ""
    where = level if level != " at " else ""
    return {
        "released": "was released", "carried-out": "was carried out",
        "stopped": f"was stopped{where}", "countermanded": "was countermanded",
        "expired": f"expired{where}", "closed": "was closed",
    }[state]  # fmt: skip
