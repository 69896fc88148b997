"""`notices:` in house.yaml: what may stand there, and where it is wrong."""

from __future__ import annotations

import re
import textwrap
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from cheget.chain.document import read
from cheget.errors import ChainFileError
from cheget.service.notices.settings import EXAMPLE, Quiet, Settings, Step, parse_notices

PEOPLE = ("ann", "bob", "ci")
LEVELS = ("wipe/team",)
WHOLE = """\
channels:
  mail:  {mail: "smtps://desk@mail.example.com", from: desk@example.com, password: file:/etc/mail}
  hook:  {webhook: https://pager.example.com/x, secret: env:HOOK, tell: [reason]}
  chat:  {apprise: env:CHAT}
people:
  ann: [{by: mail, to: ann@example.com}, {by: hook, to: ann, after: 10m}]
  ci:  [hook]
levels:
  wipe/team: {room: [chat], wake: [ann], others: 30m}
remind: {every: 1h, most: 3}
quiet: {from: "22:00", until: "07:00", zone: Europe/Berlin}
"""


def parsed(text: str) -> Settings:
    return parse_notices(read(text.encode()), PEOPLE, LEVELS)


def test_everything_that_may_be_said_is_read() -> None:
    found = parsed(WHOLE)
    assert found.steps("ann") == (Step("mail", "ann@example.com"), Step("hook", "ann", 600))
    assert found.steps("wipe/team") == (Step("chat"),)
    assert found.steps("bob") == ()
    assert (found.levels["wipe/team"].wake, found.levels["wipe/team"].others) == ({"ann"}, 1800)
    assert (found.every, found.most) == (3600, 3)
    assert found.channels["hook"].tell == {"reason"}
    assert found.channels["mail"].tell == frozenset()


@pytest.mark.parametrize(
    ("old", "new", "said", "line"),
    [
        ("https://pager.example.com/x", "http://pager.example.com/x", "without TLS", 3),
        ("https://pager.example.com/x", "https://u:hunter2@pager.example.com", "password", 3),
        ("https://pager.example.com/x", "ftp://pager.example.com", "not https://HOST", 3),
        ("apprise: env:CHAT", "apprise: slack://hunter2/b/c", "what opens it", 4),
        ("file:/etc/mail", "hunter2", "a secret doesn't stand here", 2),
        ("smtps://desk@mail", "smtps://desk:hunter2@mail", "with a password in it", 2),
        (", secret: env:HOOK", "", "a webhook is signed", 3),
        ("to: ann@example.com", "to: ann", "not an address for mail", 6),
        ("to: ann@example.com", 'to: "a@example.com, b@example.com"', "not an address", 6),
        ("{by: mail, to: ann@example.com}", "mail", "mail to whom?", 6),
        ("{by: mail, to: ann@example.com}", "{by: mial, to: x}", "`mial` is no channel", 6),
        ("ci:  [hook]", "zed: [hook]", "`zed` is no person of this house", 7),
        ("wipe/team", "wipe/taem", "did you mean `wipe/team`?", 9),
        ("wake: [ann], ", "", "`others` are those", 9),
        ("every: 1h", "every: 10s", "more often than once a minute", 10),
        ("most: 3", "most: 1000", "more than 100 reminders", 10),
        ("Europe/Berlin", "Europe/Atlantis", "no time zone", 11),
        ("Europe/Berlin", "../../etc/passwd", "no time zone", 11),
        ('"07:00"', '"22:00"', "no hours at all", 11),
        ('"07:00"', '"7 am"', "no time of day", 11),
        ("after: 10m", "after: soon", "not a whole number and a unit", 6),
        ("tell: [reason]", "tell: [everything]", "means nothing here", 3),
        ("secret: env:HOOK", "password: env:HOOK", "is nothing of a channel by webhook", 3),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_where_it_stands_and_no_secret_with_it(
    old: str, new: str, said: str, line: int
) -> None:
    assert old in WHOLE
    with pytest.raises(ChainFileError) as caught:
        parsed(WHOLE.replace(old, new, 1))
    assert said in str(caught.value)
    assert caught.value.line == line
    assert "hunter2" not in str(caught.value)


def test_channels_come_the_soonest_first() -> None:
    with pytest.raises(ChainFileError, match="before the one above it"):
        parsed(WHOLE.replace("{by: mail, to: ann@example.com}", "{by: chat, after: 20m}"))


@pytest.mark.parametrize(
    ("at", "ends"),
    [
        ("2026-11-22T21:59", None),
        ("2026-11-22T22:00", "2026-11-23T07:00"),
        ("2026-11-23T06:59", "2026-11-23T07:00"),
        ("2026-11-23T07:00", None),
        ("2026-03-28T23:00", "2026-03-29T07:00"),  # in which an hour is left out
        ("2026-10-25T02:30", "2026-10-25T07:00"),  # and comes twice
    ],
)
def test_quiet_hours_are_those_of_a_place_whatever_its_clocks_do(at: str, ends: str | None) -> None:
    zone = ZoneInfo("Europe/Berlin")

    def instant(text: str) -> int:
        return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp())

    quiet = Quiet(22 * 60, 7 * 60, zone)
    assert quiet.until(instant(at)) == (instant(ends) if ends else None)


def test_the_examples_of_the_page_and_of_a_new_house_are_settings() -> None:
    page = (Path(__file__).parents[2] / "docs" / "notices.md").read_text()
    (block,) = re.findall(r"```yaml\nnotices:\n(.*?)```", page, re.DOTALL)
    found = parse_notices(read(textwrap.dedent(block).encode()), PEOPLE, ("wipe-database/team",))
    assert {one.means for one in found.channels.values()} == {"mail", "webhook", "apprise"}
    lines = [one[2:] for one in EXAMPLE.splitlines() if one.startswith("# ")]
    text = "\n".join(lines[lines.index("notices:") + 1 :])
    assert parsed(textwrap.dedent(text)).steps("ann")[1] == Step("pager", "ann", 600)
