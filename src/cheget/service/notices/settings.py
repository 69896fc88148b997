"""``notices:`` in ``house.yaml``: which channels there are, and who is woken by which.

Service configuration: it takes nobody's say away and gives nobody one. No secret stands in it;
``env:NAME`` and ``file:/path`` say where one is.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal
from zoneinfo import ZoneInfo

from cheget.chain.document import Node, Scalar
from cheget.chain.fields import Fields, count, entries, items, line, listed, names, time, word
from cheget.chain.text import near
from cheget.service.notices.places import is_reference, place_fault

Means = Literal["webhook", "mail", "apprise"]
Tellable = Literal["reason", "parameters"]
MEANS: tuple[Means, ...] = ("webhook", "mail", "apprise")
TOLD: tuple[Tellable, ...] = ("reason", "parameters")
SHORTEST = 60  # seconds between reminders
MOST = 100  # reminders
EXAMPLE = """\
# Who is woken, by `cheget serve`; it never decides who may sign. See docs/notices.md.
# notices:
#   channels:
#     mail: {mail: "smtp://desk@mail.example.com", from: desk@example.com, password: env:MAIL}
#     pager: {webhook: https://pager.example.com/cheget, secret: file:/etc/cheget/pager}
#   people:
#     ann: [{by: mail, to: ann@example.com}, {by: pager, to: ann, after: 10m}]
#   remind: {every: 1h, most: 3}
"""
_MAILBOX = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,190}")
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")


@dataclass(frozen=True)
class Channel:
    """A way to reach people. ``address``, and ``secret``, may be references to where they are.

    ``tell`` is what of an order's own text may leave the house by it: nothing, unless said.
    """

    name: str
    means: Means
    address: str
    secret: str = ""
    sender: str = ""
    tell: frozenset[Tellable] = frozenset()


@dataclass(frozen=True)
class Step:
    """A channel, somebody's address on it, and after how many seconds of silence it is used."""

    channel: str
    to: str = ""
    after: int = 0


@dataclass(frozen=True)
class Duty:
    """Who is woken at a level: ``wake`` first (None: whoever is asked), and a ``room`` at once.

    ``others`` are woken after so many seconds; None: not at all.
    """

    room: tuple[Step, ...] = ()
    wake: frozenset[str] | None = None
    others: int | None = None


@dataclass(frozen=True)
class Quiet:
    """Hours of the day, in minutes since midnight, in which only what is loud wakes anybody."""

    start: int
    end: int
    zone: ZoneInfo

    def until(self, now: int) -> int | None:
        """When the quiet hours end in which an instant is; None: it is in none."""
        local = datetime.fromtimestamp(now, self.zone)
        minute = local.hour * 60 + local.minute
        within = (minute - self.start) % 1440 < (self.end - self.start) % 1440
        if not within:
            return None
        end = local.replace(hour=self.end // 60, minute=self.end % 60, second=0, microsecond=0)
        if minute >= self.end:
            end += timedelta(days=1)
        return int(end.timestamp())


@dataclass(frozen=True)
class Settings:
    """All of it. Nothing configured: nobody is woken.

    ``people`` by id, ``levels`` by ``chain/level``. After ``every`` seconds of silence somebody is
    reminded, ``most`` times.
    """

    channels: Mapping[str, Channel] = field(default_factory=dict)
    people: Mapping[str, tuple[Step, ...]] = field(default_factory=dict)
    levels: Mapping[str, Duty] = field(default_factory=dict)
    every: int = 0
    most: int = 0
    quiet: Quiet | None = None

    def steps(self, whom: str) -> tuple[Step, ...]:
        """The channels of a person, or of a level's room, in the order in which they are used."""
        if "/" in whom:
            return self.levels.get(whom, Duty()).room
        return self.people.get(whom, ())


def parse_notices(node: Node, people: Collection[str], levels: Collection[str]) -> Settings:
    """The settings that ``node`` writes.

    Args:
        node: What stands at ``notices``.
        people: Who may be woken: ids of ``people.yaml``.
        levels: ``chain/level`` of each level of the house.

    Raises:
        ChainFileError: where it is wrong, and what was expected.
    """
    found = Fields(
        node, "notices", required=("channels",), optional=("people", "levels", "remind", "quiet")
    )
    channels = {
        key.text: _channel(key.text, value)
        for key, value in entries(found["channels"], "a map of channels")
    }
    every, most = found.read("remind", _remind, (0, 0))
    return Settings(
        channels,
        found.read("people", lambda one: _people(one, channels, people), {}),
        found.read("levels", lambda one: _levels(one, channels, people, levels), {}),
        every, most,
        found.read("quiet", _quiet, None),
    )  # fmt: skip


def _channel(name: str, node: Node) -> Channel:
    found = Fields(node, f"the channel {name}",
                   optional=(*MEANS, "secret", "password", "from", "tell"))  # fmt: skip
    given = [one for one in MEANS if one in found]
    if len(given) != 1:
        raise found.node.fault("a channel is one of three", expected=f"{listed(MEANS)}: ADDRESS")
    (means,) = given
    own = {"webhook": "secret", "mail": "password", "apprise": ""}[means]
    for field_ in ("secret", "password", "from"):
        if field_ in found and field_ != own and (field_, means) != ("from", "mail"):
            raise found[field_].fault(f"`{field_}` is nothing of a channel by {means}")
    if means == "webhook" and "secret" not in found:
        raise found.node.fault("a webhook is signed", expected="`secret: file:/…` or `env:NAME`")
    if means == "mail" and "from" not in found:
        raise found.node.fault("mail has a sender", expected="`from: notices@example.com`")
    return Channel(
        name, means, _address(found[means], means), found.read(own, _reference, ""),
        found.read("from", _mailbox, ""), found.read("tell", _tell, frozenset()),
    )  # fmt: skip


def _address(node: Node, means: Means) -> str:
    text = line(node)
    if is_reference(text):
        return text
    if fault := (
        "not said here, since it holds what opens it"
        if means == "apprise"
        else place_fault(text, means)
    ):
        # The address itself is left unsaid: some hold what they should not.
        raise node.fault(f"the address is {fault}", hint="or `file:/…`, `env:NAME` that holds it")
    return text


def _reference(node: Node) -> str:
    text = line(node)
    if not is_reference(text):
        raise node.fault(
            "a secret doesn't stand here: many read this file",
            expected="`file:/path` or `env:NAME`",
        )
    return text


def _mailbox(node: Node) -> str:
    text = line(node)
    if not _MAILBOX.fullmatch(text):
        raise node.fault("not an address for mail", expected="such as `ann@example.com`")
    return text


def _tell(node: Node) -> frozenset[Tellable]:
    found = {word(one, *TOLD) for one in items(node, "what of an order's text may leave")}
    return frozenset(one for one in TOLD if one in found)


def _people(
    node: Node, channels: Mapping[str, Channel], people: Collection[str]
) -> dict[str, tuple[Step, ...]]:
    return {
        _known(key, people, "person of this house"): _steps(value, channels)
        for key, value in entries(node, "a map of people and their channels")
    }


def _levels(
    node: Node, channels: Mapping[str, Channel], people: Collection[str], levels: Collection[str]
) -> dict[str, Duty]:
    found = {}
    for key, value in entries(node, "a map of levels, written `chain/level`"):
        of = Fields(value, "a level's notices", optional=("room", "wake", "others"))
        if "others" in of and "wake" not in of:
            raise of["others"].fault("`others` are those that `wake` doesn't name")
        found[_known(key, levels, "level of this house")] = Duty(
            of.read("room", lambda one: _steps(one, channels), ()),
            of.read("wake", lambda one: _woken(one, people), None),
            of.read("others", time, None),
        )
    return found


def _woken(node: Node, people: Collection[str]) -> frozenset[str]:
    return frozenset(_known(one, people, "person of this house") for one in names(node, "person"))


def _steps(node: Node, channels: Mapping[str, Channel]) -> tuple[Step, ...]:
    nodes = items(node, "a list of channels, such as `[mail, {by: chat, after: 10m}]`")
    steps = [_step(one, channels) for one in nodes]
    for place, (before, after) in enumerate(pairwise(steps), 1):
        if after.after < before.after:
            raise nodes[place].fault("it comes before the one above it", hint="the soonest first")
    return tuple(steps)


def _step(node: Node, channels: Mapping[str, Channel]) -> Step:
    if isinstance(node, Scalar):
        step, to = Step(_known(node, channels, "channel")), node
    else:
        found = Fields(node, "a channel's use", required=("by",), optional=("to", "after"))
        by = found["by"]
        means = channels[name].means if (name := line(by)) in channels else None
        step = Step(
            _known(by, channels, "channel"),
            found.read("to", _mailbox if means == "mail" else line, ""),
            found.read("after", time, 0),
        )
        to = found.node  # type: ignore[assignment]
    if channels[step.channel].means == "mail" and not step.to:
        raise to.fault("mail to whom?", expected=f"{{by: {step.channel}, to: ann@example.com}}")
    return step


def _known(node: Node, known: Collection[str], what: str) -> str:
    text = line(node)
    if text not in known:
        raise node.fault(f"`{text[:80]}` is no {what}", hint=near(text, known))
    return text


def _remind(node: Node) -> tuple[int, int]:
    found = Fields(node, "reminders", required=("every", "most"))
    every, most = time(found["every"]), count(found["most"])
    if every < SHORTEST:
        raise found["every"].fault("more often than once a minute")
    if most > MOST:
        raise found["most"].fault(f"more than {MOST} reminders")
    return every, most


def _quiet(node: Node) -> Quiet:
    found = Fields(node, "the quiet hours", required=("from", "until", "zone"))
    start, end = _clock(found["from"]), _clock(found["until"])
    if start == end:
        raise found["until"].fault("no hours at all, or all of them")
    zone = line(found["zone"])
    try:
        return Quiet(start, end, ZoneInfo(zone))
    except (OSError, ValueError, KeyError):
        raise found["zone"].fault(
            f"no time zone {zone[:40]}", expected="such as `Europe/Berlin`"
        ) from None


def _clock(node: Node) -> int:
    match = _CLOCK.fullmatch(line(node))
    if match is None:
        raise node.fault("no time of day", expected='such as "22:00"')
    return int(match[1]) * 60 + int(match[2])
