"""Notices against the fold: whoever is woken could answer; none comes twice; silence reminds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from cheget.errors import UnfitEntryError
from cheget.order.fold import at_instant
from cheget.service.notices.causes import Matter
from cheget.service.notices.due import Named, Notice, Told, all_due, is_over, named
from cheget.service.notices.settings import Channel, Duty, Quiet, Settings, Step
from docket import T0, Docket, chain_of, law_of

CHAIN = chain_of(
    """
    chain: small
    members:
      ann: Ann
      bob: {title: Bob, deputy: dep after 5m}
      cho: Cho
      dan: Dan
      dep: Deputy
    levels:
      - {level: head, members: [ann, dan], rule: any}
      - {level: middle, members: [bob, cho, dan], rule: 2 of members, veto: cho}
      - {level: last, members: [dan, ann, dep], rule: any}
    executors: {thing: Thing}
    actions:
      act: {executors: [thing], decide-within: 4h, valid-for: 1h}
      urgent: {executors: [thing], decide-within: 4h, valid-for: 1h, limit: 1 per 1d,
               review: "any of (cho, dan) within 1h"}
    """
)
PEOPLE = ("ann", "bob", "cho", "dan", "dep")
CHANNELS = {one: Channel(one, "webhook", "env:X") for one in ("mail", "chat", "pager")}

spans = st.sampled_from([0, 60, 300, 1800])
steps = st.lists(st.tuples(st.sampled_from(sorted(CHANNELS)), spans), max_size=3).map(
    lambda found: tuple(Step(one, "", after) for one, after in sorted(found, key=lambda x: x[1]))
)


@st.composite
def configured(draw: st.DrawFn) -> Settings:
    duty = Duty(
        draw(steps), draw(st.none() | st.frozensets(st.sampled_from(PEOPLE))),
        draw(st.none() | st.sampled_from([60, 600])),
    )  # fmt: skip
    quiet = draw(st.none() | st.just((600, 660)) | st.just((540, 1380)))
    from zoneinfo import ZoneInfo

    return Settings(
        CHANNELS, {one: draw(steps) for one in PEOPLE}, {"small/middle": duty},
        draw(st.sampled_from([60, 600])), draw(st.integers(0, 3)),
        quiet and Quiet(*quiet, ZoneInfo("UTC")),
    )  # fmt: skip


def could_concur(docket: Docket, person: str) -> bool:
    """Whether the fold itself would count a concurrence of theirs now, in any seat."""
    rung = at_instant(docket.proceeding, docket.at).pending
    before = (docket.known, list(docket.entries), docket.position)
    for seat in rung.level.members if rung else ():
        try:
            docket.enter(replace(docket.concurrence(person, seat), answered_at=docket.at))
        except UnfitEntryError:
            continue
        finally:
            docket.known, docket.entries, docket.position = before[0], list(before[1]), before[2]
        return True
    return False


class Replicas:
    """Two that share a book, whose rounds come at any time and see the same log."""

    def __init__(self, found: Settings) -> None:
        self.settings = found
        self.book: dict[Named, list[Told]] = {}
        self.sent: list[Notice] = []

    def round(self, docket: Docket) -> list[Notice]:
        matter = Matter(at_instant(docket.proceeding, docket.at))
        told = {name: list(rows) for name, rows in self.book.items()}
        both = [
            list(all_due(matter, told, self.settings, docket.at, T0)) for _ in range(2)
        ]  # fmt: skip
        assert [one.key for one in both[0]] == [one.key for one in both[1]]
        keys = {one.key for one in self.sent}
        for notice in both[0]:
            assert notice.key not in keys, "twice by the same notice"
            rows = self.book.setdefault(named(notice.cause), [])
            rows.append(Told(notice.number, docket.at))
        self.sent += both[0]
        return both[0]


def act(docket: Docket, move: tuple[str, str, int]) -> bool:
    """What somebody does, if the fold lets them; whether it was logged."""
    verb, person, seconds = move
    docket.wait(seconds)
    if verb == "wait" or at_instant(docket.proceeding, docket.at).ending is not None:
        return False
    verbs = {"concur": docket.concur, "refuse": docket.refuse, "countermand": docket.countermand}
    # Whoever would concur in vain leaves it to the next who can, or few orders came to an end.
    for who in (person, *PEOPLE) if verb == "concur" else (person,):
        before = len(docket.entries)
        try:
            verbs[verb](who)
        except UnfitEntryError:
            continue
        return len(docket.entries) > before
    return False


moves = st.lists(
    st.tuples(
        st.sampled_from(["wait", "wait", "concur", "concur", "concur", "refuse", "countermand"]),
        st.sampled_from(PEOPLE), st.sampled_from([0, 30, 60, 400, 3000]),
    ),
    max_size=20,
)  # fmt: skip


@settings(max_examples=300)
@given(configured(), st.sampled_from(["act", "urgent"]), moves)
def test_whoever_is_woken_is_configured_and_asked_and_never_twice_by_one_notice(
    found: Settings, action: str, moved: Sequence[tuple[str, str, int]]
) -> None:
    docket, replicas = Docket(law_of(CHAIN)).transmit("ann", action), Replicas(found)
    for move in moved:
        act(docket, move)
        while fresh := replicas.round(docket):
            for notice in fresh:
                cause = notice.cause
                assert notice.step in found.steps(cause.whom)
                if cause.kind == "asked" and cause.whom in PEOPLE:
                    assert could_concur(docket, cause.whom)
                if cause.kind in {"answered", "ended"}:
                    assert cause.whom == "ann"
                if cause.kind in {"review", "emergency"}:
                    assert action == "urgent"
                quiet = found.quiet and found.quiet.until(docket.at)
                if quiet and not cause.loud:
                    assert cause.waits
                    assert quiet >= docket.proceeding.order.decide_by
    for name, rows in replicas.book.items():
        assert [one.number for one in rows] == list(range(len(rows)))
        assert len(rows) <= len(found.steps(name[3])) + found.most


@settings(max_examples=200)
@given(configured(), moves, st.lists(st.sampled_from([30, 60, 600, 1800]), max_size=30))
def test_silence_makes_nothing_but_what_reminds(
    found: Settings, moved: Sequence[tuple[str, str, int]], waits: Sequence[int]
) -> None:
    docket, replicas = Docket(law_of(CHAIN)).transmit("ann"), Replicas(found)
    for move in moved:
        act(docket, move)
    while replicas.round(docket):
        pass
    state = at_instant(docket.proceeding, docket.at).state
    for wait in waits:
        docket.wait(wait)
        for notice in replicas.round(docket):
            # Time alone asks a deputy, or others at the level, reminds, and ends an order; and
            # quiet hours end.
            assert notice.cause.kind in {"asked", "ended"} or found.quiet
            if notice.cause.kind == "ended" and found.quiet is None:
                assert at_instant(docket.proceeding, docket.at).state != state


@settings(max_examples=200)
@given(configured(), moves)
def test_what_is_over_is_told_whole(found: Settings, moved: Sequence[tuple[str, str, int]]) -> None:
    found = replace(found, quiet=None)
    docket, replicas = Docket(law_of(CHAIN)).transmit("ann"), Replicas(found)
    for move in moved:
        act(docket, move)
        replicas.round(docket)
    docket.wait(3 * 86400)
    while replicas.round(docket):
        pass
    matter = Matter(at_instant(docket.proceeding, docket.at))
    assert is_over(matter, replicas.book, found, docket.at, T0)
    if found.people["ann"]:
        one = matter.proceeding
        told = {sent.cause.about for sent in replicas.sent if sent.cause.whom == "ann"}
        assert one.ending is not None
        released = -1 if one.release is None else one.release.position
        wanted = {"released"} if one.release is not None else set()
        wanted |= {one.ending.state} if one.ending.by != "ann" else set()
        wanted |= {c.digest for c in one.counted if c.person != "ann" and c.position != released}
        wanted |= {r.digest for r in one.refusals if r.person != "ann"} - {one.ending.digest}
        assert told - {level.id for level in CHAIN.levels} == wanted
