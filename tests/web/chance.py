"""Orders whose answers are drawn by chance: for two who count to be compared."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from random import Random
from typing import Any

from cheget.errors import UnfitEntryError
from cheget.order.charter import Law
from cheget.order.documents import AnyDocument
from cheget.order.fold import Entry, at_instant, fold
from cheget.order.proceeding import Effect
from docket import Docket, chain_of, law_of

LADDERS = law_of(chain_of("""
    chain: chance
    members:
      ann: Ann
      bob: {title: Bob, deputy: [dep after 1m, eve after 2m]}
      cho: {title: Cho, deputy: ann after 1m}
      dan: Dan
      dep: Deputy
      eve: Eve
    levels:
      - {level: head, members: [ann, dan], rule: any}
      - {level: middle, members: [bob, cho, dan], rule: 2 of members, veto: cho and dan}
      - {level: own, members: [eve, dep, cho], rule: any, signs: own-device}
      - {level: last, members: [ann, bob, cho, dep], rule: ann or bob or (cho and dep)}
    executors: {thing: Thing}
    actions:
      act: {executors: [thing], decide-within: 20m, hold: 1m, valid-for: 15m,
            review: eve or dep within 1h}
"""), machines=["eve"])  # fmt: skip
WEIGHED = law_of(chain_of("""
    chain: weighed
    seats: repeatable
    members:
      ann: {title: Ann, weights: {cash: 1.5}}
      bob: {title: Bob, weights: {cash: 2.25}}
      cho: {title: Cho, weights: {cash: 0.1}}
      dan: {title: Dan, weights: {cash: 3}}
    levels:
      - {level: head, members: [ann, bob, cho], rule: any, signs: own-device}
      - {level: some, members: [ann, bob, cho, dan], rule: 55% of cash}
      - {level: more, members: [ann, bob, cho], rule: majority of cash}
    executors: {thing: Thing}
    actions:
      act: {executors: [thing], decide-within: 20m, hold: 1m, valid-for: 15m}
"""))  # fmt: skip


class Gambler(Docket):
    """A docket whose next entry is drawn; ``unfit`` are those that fitted no state."""

    def __init__(self, law: Law, dice: Random) -> None:
        super().__init__(law)
        self.dice = dice
        self.unfit: list[tuple[Entry, ...]] = []

    def enter(self, document: AnyDocument, *, own_device: bool = True) -> Effect | None:
        entry = Entry(self.position, self.at, document.digest(), document, own_device)
        before = tuple(self.entries)
        try:
            return super().enter(document, own_device=own_device)
        except UnfitEntryError:
            self.unfit.append((*before, entry))
            raise

    def begin(self) -> None:
        """Somebody transmits, in a seat of theirs or another, now or by another clock."""
        while self.known is None:
            who, own = self.dice.choice(sorted(self.law.people)), self.dice.random() < 0.8
            order = self.order(who, seat=self.dice.choice((None, *self.law.posts)))
            shift = self.dice.choice((0, 0, 30, 31, -1300))
            order = replace(
                order, transmitted_at=order.transmitted_at + shift,
                decide_by=order.decide_by + shift,
            )  # fmt: skip
            with suppress(UnfitEntryError):
                self.enter(order, own_device=own)

    def next(self) -> None:
        """Somebody does something, more often what is asked of them."""
        dice, known = self.dice, self.proceeding
        self.wait(dice.choice((0, 0, 0, 1, 30, 60, 120, 300)))
        rung = known.pending or dice.choice(known.rungs)
        who = dice.choice([*sorted(self.law.people), *rung.level.members])
        seat = dice.choice((None, dice.choice(rung.level.members)))
        member = dice.choice(rung.level.members)
        late = self.at + dice.choice((-90, 30, 31))
        other = "1" * 64
        deeds: list[tuple[int, Callable[[], object]]] = [
            (18, lambda: self.concur(self.law.posts[member], member)),
            (9, lambda: self.concur(who, seat, own_device=dice.random() < 0.9)),
            (2, lambda: self.concur(who, seat, dice.choice(known.rungs).level.id)),
            (1, lambda: self.refuse(who)),
            (1, lambda: self.countermand(who)),
            (1, lambda: self.ask(who)),
            (2, lambda: self.review(who)),
            (1, lambda: self.concur(who, seat, prior=other)),
            (1, lambda: self.concur(who, seat, order=other)),
            (1, lambda: self.concur(who, seat, level="nowhere")),
            (1, lambda: self.concur(who, seat, absence=other)),
            (1, lambda: self.concur(who, seat, acknowledged=("more",))),
            (1, lambda: self.concur(who, seat, size=dice.choice((0, self.position + 1)))),
            (2, lambda: self.concur(who, seat, answered_at=late)),
            (1, lambda: self.refuse(who, answered_at=late)),
            (1, lambda: self.refuse(who, seat="thing/commander")),
            (1, lambda: self.countermand("nobody", answered_at=late)),
            (1, lambda: self.countermand(who, other)),
            (1, lambda: self.ask("nobody")),
        ]
        with suppress(UnfitEntryError):
            dice.choices([one for _, one in deeds], [weight for weight, _ in deeds])[0]()


def played(law: Law, dice: Random) -> Iterator[tuple[dict[str, Any], str]]:
    """Entries by chance, and what Python makes of them; then each that fitted no state, last."""
    docket = Gambler(law, dice)
    docket.begin()
    for _ in range(dice.randrange(24)):
        docket.next()
    known = at_instant(fold(law, docket.entries), docket.at)
    people = ",".join(one.person for one in known.counted)
    release = known.release.digest if known.release else ""
    yield spelt(docket.entries, docket.at), f"{known.state} {people} {release}"
    for entries in dice.sample(docket.unfit, min(3, len(docket.unfit))):
        yield spelt(entries, docket.at), "unfit"


def spelt(entries: Sequence[Entry], at: int) -> dict[str, Any]:
    """Entries as the page has them."""
    told = [
        {
            "position": one.position, "at": one.at, "kind": one.document.kind, "key": "",
            "document": json.loads(one.document.payload()), "digest": one.digest,
            "ownDevice": one.own_device, "signer": getattr(one.document, "signer", ""),
        }
        for one in entries
    ]  # fmt: skip
    return {"at": at, "entries": told}
