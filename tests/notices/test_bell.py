"""The bell of a real house: it follows the log, once each, whatever dies or is away."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from cheget.errors import NoticeError
from cheget.service.notices.bell import ATTEMPTS, FAULTS, FIRST, LEASE, LONGEST, TIMES
from cheget.service.notices.sending import Mailing
from cheget.service.notices.settings import Channel, Quiet, Step
from notices.samples import Rung, house
from notified import Hook, hooked
from serving import until


@pytest.fixture
def hook() -> Iterator[Hook]:
    with hooked() as one:
        yield one


def told(hook: Hook) -> list[tuple[str, str, str]]:
    return [(one["kind"], one["whom"], one["about"]) for one in hook.values]


def test_the_level_is_told_and_the_originator_of_each_answer_and_of_the_end(
    at: str, tmp_path: Path, hook: Hook
) -> None:
    rung = house(tmp_path, hook.url, at)
    with closing(rung.bell()) as bell:
        bell.round()
        assert hook.asked == []
        order = rung.sim.transmit("ann", "act", ["thing"]).digest
        bell.round()
        bell.round()
        assert told(hook) == [("asked", "bob", "last")]
        assert hook.values[0]["order"] == order
        refused = rung.sim.refuse("bob").digest
        bell.round()
        bell.round()
    assert told(hook)[1:] == [("ended", "ann", "stopped")]
    assert refused
    assert {one[0] for one in rung.outcomes} == {"sent"}


def test_a_bell_that_comes_back_tells_what_was_missed_and_nothing_twice(
    at: str, tmp_path: Path, hook: Hook
) -> None:
    rung = house(tmp_path, hook.url, at)
    with closing(rung.bell()) as bell:
        bell.round()  # since when there are notices
    for _ in range(3):
        rung.sim.transmit("ann", "act", ["thing"])
        rung.sim.concur("bob")
        for _ in range(2):
            bell = rung.bell()
            bell.round()
            bell.close()
    keys = [one["id"] for one in hook.values]
    assert len(keys) == len(set(keys)) == 3
    assert {one["about"] for one in hook.values} == {"released"}


def test_what_happened_before_there_were_notices_is_no_news(tmp_path: Path, hook: Hook) -> None:
    rung = house(tmp_path, hook.url)
    rung.sim.transmit("ann", "act", ["thing"])
    rung.sim.refuse("bob")
    rung.sim.clock.turn(10)
    asked = rung.sim.transmit("ann", "act", ["thing"]).digest
    rung.sim.clock.turn(10)
    with closing(rung.bell()) as bell:
        bell.round()
    assert [(one["kind"], one["order"]) for one in hook.values] == [("asked", asked)]


def test_two_replicas_at_once_send_each_notice_once(at: str, tmp_path: Path, hook: Hook) -> None:
    hook.answer = lambda request: (time.sleep(0.02), request.send_response(204),
                                   request.end_headers())[0]  # fmt: skip
    rung = house(tmp_path, hook.url, at)
    with closing(rung.bell()) as bell:
        bell.round()
    for _ in range(8):
        rung.sim.transmit("ann", "act", ["thing"])
    bells = [rung.bell() for _ in range(3)]
    threads = [threading.Thread(target=one.round) for one in bells]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    keys = [one["id"] for one in hook.values]
    assert len(keys) == len(set(keys)) == 8
    for one in bells:
        one.close()


def test_killed_between_sending_and_saying_so_it_is_sent_again_by_the_same_key(
    tmp_path: Path, hook: Hook
) -> None:
    def killing(request: BaseHTTPRequestHandler) -> None:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()

    hook.answer = killing
    tests = Path(__file__).parent.parent
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("killed.py")), str(tmp_path), hook.url],
        env={**os.environ, "PYTHONPATH": f"{tests.parent / 'src'}:{tests}"},
    )  # fmt: skip
    assert process.wait() == -signal.SIGKILL
    until(lambda: len(hook.asked) == 1)
    hook.answer = None
    rung = house(tmp_path, hook.url)
    bell = rung.bell()
    bell.round()
    assert len(hook.asked) == 1  # somebody may still be at it
    rung.sim.clock.turn(LEASE)
    bell.round()
    bell.round()
    assert len(hook.asked) == 2
    first, second = hook.values
    assert first["id"] == second["id"]
    assert hook.asked[0][1]["idempotency-key"] == hook.asked[1][1]["idempotency-key"]
    bell.close()


class Failing:
    """A channel that is away."""

    def __init__(self) -> None:
        self.times: list[int] = []
        self.is_back = False

    def __call__(self, _channel: Channel, post: Mailing) -> None:
        self.times.append(post.now)
        if not self.is_back:
            raise NoticeError("away")


def test_a_notice_that_fails_is_tried_ever_less_often_and_then_is_a_dead_letter(
    at: str, tmp_path: Path
) -> None:
    rung, channel = house(tmp_path, "http://localhost:1", at, most=0), Failing()
    bell = rung.bell(channel)
    rung.sim.transmit("ann", "act", ["thing"])
    start = rung.sim.clock.now()
    while rung.sim.clock.now() < start + 7000:
        bell.round()
        rung.sim.clock.turn(10)
    gaps = [after - before for before, after in zip(channel.times, channel.times[1:], strict=False)]
    wanted = [min(FIRST * TIMES**one, LONGEST) for one in range(len(gaps))]
    assert len(gaps) >= 4
    assert gaps == wanted
    assert {one[0] for one in rung.outcomes} == {"failed"}
    row = bell.book.rows("open", 10)[0]
    for _ in range(ATTEMPTS - row.attempts):
        row = bell.book.rows("open", 10)[0]
        assert bell.book.claim_again(row, 0, 0)
    bell.book.failed(row.key, ATTEMPTS, None, "away")
    (dead,) = bell.book.rows("dead", 10)
    assert (dead.said, dead.attempts, dead.whom) == ("away", ATTEMPTS, "bob")
    channel.is_back, before = True, len(channel.times)
    bell.round()
    assert len(channel.times) == before
    assert bell.book.revive(dead.key, 0)
    assert not bell.book.revive(dead.key, 0)
    rung.sim.clock.turn(-3000)  # while it is still asked
    bell.round()
    assert [one.key for one in bell.book.rows("sent", 10)] == [dead.key]
    bell.close()


def test_after_its_last_attempt_a_notice_is_dead_and_nothing_else_is_tried(tmp_path: Path) -> None:
    rung, channel = house(tmp_path, "http://localhost:1", most=0), Failing()
    bell = rung.bell(channel)
    rung.sim.transmit("ann", "act", ["thing"])
    rung.sim.refuse("bob")  # of the end the originator is told, however late
    for _ in range(ATTEMPTS + 3):
        bell.round()
        rung.sim.clock.turn(LONGEST)
    assert len(channel.times) == ATTEMPTS
    assert rung.outcomes[-1][:2] == ("dead", "ended")
    assert [one.state for one in bell.book.rows("dead", 10)] == ["dead"]
    bell.close()


def test_who_has_answered_meanwhile_is_not_woken_by_what_failed(tmp_path: Path) -> None:
    rung, channel = house(tmp_path, "http://localhost:1"), Failing()
    bell = rung.bell(channel)
    rung.sim.transmit("ann", "act", ["thing"])
    bell.round()
    rung.sim.concur("bob")
    channel.is_back = True
    rung.sim.clock.turn(FIRST)
    bell.round()
    assert [one[:2] for one in rung.outcomes] == [("failed", "asked"), ("sent", "ended")]
    assert bell.book.rows("open", 10) == []
    bell.close()


def test_a_channel_that_fails_keeps_no_other_waiting_and_is_left_alone_for_a_while(
    tmp_path: Path, hook: Hook
) -> None:
    channels = {
        "hook": Channel("hook", "webhook", hook.url, "env:HOOK"),
        "gone": Channel("gone", "webhook", "http://localhost:1", "env:HOOK"),
    }
    people = {"bob": (Step("gone"),), "ann": (Step("hook"),)}
    rung = house(tmp_path, hook.url, channels=channels, people=people)
    bell = rung.bell()
    bell.round()
    for _ in range(5):
        rung.sim.transmit("ann", "act", ["thing"])
    rung.sim.refuse("bob")
    bell.round()
    assert told(hook) == [("ended", "ann", "stopped")]
    assert [one[0] for one in rung.outcomes].count("failed") == FAULTS
    bell.close()


def test_reminders_come_so_often_and_the_second_channel_after_silence(
    tmp_path: Path, hook: Hook
) -> None:
    channels = {one: Channel(one, "webhook", f"{hook.url}/{one}", "env:HOOK") for one in "ab"}
    steps = (Step("a"), Step("b", after=600))
    rung = house(tmp_path, hook.url, channels=channels, people={"bob": steps})
    bell, start, seen = rung.bell(), rung.sim.clock.now(), []
    rung.sim.transmit("ann", "act", ["thing"])
    while rung.sim.clock.now() < start + 7190:
        before = len(hook.asked)
        bell.round()
        for path, _, _ in hook.asked[before:]:
            seen.append((rung.sim.clock.now() - start, path[-1]))
        rung.sim.clock.turn(10)
    assert seen == [(0, "a"), (600, "b"), (4200, "b")]
    assert [one["reminder"] for one in hook.values] == [False, False, True]
    bell.close()


def test_quiet_hours_hold_back_what_can_wait(tmp_path: Path, hook: Hook) -> None:
    from zoneinfo import ZoneInfo

    quiet = Quiet(9 * 60, 11 * 60, ZoneInfo("UTC"))  # it is ten, and 12 when it must be decided
    rung = house(tmp_path, hook.url, quiet=quiet)
    bell = rung.bell()
    rung.sim.transmit("ann", "act", ["thing"])
    bell.round()
    assert hook.asked == []
    rung.sim.clock.turn(3600)
    bell.round()
    assert told(hook) == [("asked", "bob", "last")]
    rung.settings = replace(rung.settings, quiet=Quiet(9 * 60, 13 * 60, ZoneInfo("UTC")))
    rung.sim.transmit("ann", "act", ["thing"])
    rung.sim.clock.turn(3700)  # it would lapse in its sleep
    rung.sim.transmit("ann", "act", ["thing"])
    bell.round()
    assert len(hook.asked) == 2
    bell.close()


def test_a_reason_goes_only_where_the_settings_let_it_and_only_while_it_is_kept(
    tmp_path: Path, hook: Hook
) -> None:
    plain = Channel("hook", "webhook", hook.url, "env:HOOK")
    telling: Any = replace(plain, name="hook", tell=frozenset({"reason", "parameters"}))
    rung = house(tmp_path, hook.url)
    bell = rung.bell()
    rung.sim.transmit("ann", "act", ["thing"], reason="Mallory is ill")
    bell.round()
    rung.settings = replace(rung.settings, channels={"hook": telling})
    order = rung.sim.transmit("ann", "act", ["thing"], reason="Mallory is ill")
    bell.round()
    assert order.proceeding is not None
    reason = order.proceeding.order.reason
    rung.sim.store.write(lambda tx: tx.erase_text(reason))
    rung.sim.clock.turn(3600)
    bell.round()
    said = [str(body) for _, _, body in hook.asked]
    assert ["Mallory" in one for one in said] == [False, True, True, False]
    assert hook.values[1]["untrusted"] == {"reason": "Mallory is ill"}
    bell.close()


def test_what_is_over_is_not_looked_at_again(tmp_path: Path, hook: Hook) -> None:
    rung = house(tmp_path, hook.url)
    bell = rung.bell()
    order = rung.sim.transmit("ann", "act", ["thing"]).digest
    bell.round()
    rung.sim.refuse("bob")
    bell.round()
    assert bell.book.done_with() == set()
    bell.round()
    assert bell.book.done_with() == {order}
    bell.close()


def test_nothing_is_opened_where_nothing_is_configured(tmp_path: Path) -> None:
    rung: Rung = house(tmp_path, "http://localhost:1", channels={})
    rung.sim.transmit("ann", "act", ["thing"])
    rung.bell().round()
    assert not (tmp_path / "notices.sqlite").exists()


def test_an_emergency_is_loud_for_everybody_and_again_until_it_was_looked_at(
    tmp_path: Path, hook: Hook
) -> None:
    from zoneinfo import ZoneInfo

    from notices.samples import URGENT

    both = (Step("hook"), Step("pager", after=3600))
    channels = {one: Channel(one, "webhook", hook.url, "env:HOOK") for one in ("hook", "pager")}
    quiet = Quiet(0, 1439, ZoneInfo("UTC"))
    rung = house(tmp_path, hook.url, chain=URGENT, channels=channels, quiet=quiet,
                 people={"bob": both, "cho": both, "ann": (Step("hook"),)})  # fmt: skip
    bell = rung.bell()
    bell.round()
    rung.sim.transmit("ann", "urgent", ["thing"])
    bell.round()
    assert sorted(told(hook)) == [
        ("asked", "bob", "last"), ("asked", "bob", "last"),
        ("emergency", "cho", ""), ("emergency", "cho", ""),
    ]  # fmt: skip
    assert all(one["said"].startswith("EMERGENCY: ") for one in hook.values)
    rung.sim.concur("bob")
    bell.round()
    # Bob was asked: that an emergency was transmitted is no news to him.
    assert sorted(told(hook)[4:]) == [("review", "cho", ""), ("review", "cho", "")]
    rung.sim.clock.turn(3600)
    bell.round()
    assert told(hook)[6:] == [("review", "cho", "overdue"), ("review", "cho", "overdue")]
    rung.sim.review("cho", "as it should be")
    rung.sim.clock.turn(3600)
    before = len(hook.asked)
    bell.round()
    assert [one["kind"] for one in hook.values[before:] if one["whom"] == "cho"] == []
    bell.close()


def test_who_is_away_sleeps_and_their_deputy_is_woken_at_once(tmp_path: Path, hook: Hook) -> None:
    from attacks.test_absences import leave
    from notices.samples import DEPUTED

    people = {one: (Step("hook"),) for one in ("bob", "dep")}
    rung = house(tmp_path, hook.url, chain=DEPUTED, people=people)
    bell = rung.bell()
    rung.sim.transmit("ann", "act", ["thing"])
    bell.round()
    assert told(hook) == [("asked", "bob", "last")]
    rung.sim.clock.turn(300)
    bell.round()
    assert told(hook)[1:] == [("asked", "dep", "last")]
    leave(rung.sim, "bob")
    rung.sim.transmit("ann", "act", ["thing"])
    bell.round()
    assert told(hook)[2:] == [("asked", "dep", "last")]
    bell.close()


def test_the_crew_is_told_when_it_is_released_and_the_originator_when_it_is_done(
    tmp_path: Path, hook: Hook
) -> None:
    from cheget.order.documents import Receipt
    from cheget.order.draft import enclose
    from notices.samples import CREWED

    who = "witness-of-thing"
    people = {one: (Step("hook"),) for one in ("ann", who)}
    rung = house(tmp_path, hook.url, chain=CREWED, people=people)
    bell, sim = rung.bell(), rung.sim
    bell.round()
    order = sim.transmit("ann", "act", ["thing"]).digest
    bell.round()
    assert hook.asked == []
    sim.concur("bob")
    bell.round()
    assert sorted(told(hook)) == [("asked", who, "thing/witness"), ("ended", "ann", "released")]
    release = sim.desk.proceeding(order).release
    assert release is not None
    receipt = Receipt(
        sim.clock.now(), (), sim.deployment, "thing", sim.desk.head("law"),
        order, sim.desk.head("orders"), "carried-out", "0" * 64, release.digest,
    )  # fmt: skip
    sim.desk.receive(enclose(receipt, sim.executor_signers["thing"]))
    sim.clock.turn(3 * 3600)  # beyond when a reminder would come, or it lapses
    bell.round()
    bell.round()
    assert told(hook)[2:] == [("ended", "ann", "carried-out")]
    bell.close()
