"""Orders whose answers are drawn by chance: for two who count to be compared."""

from __future__ import annotations

import json
from collections.abc import Callable
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
      - {level: own, members: [eve, dep], rule: any, signs: own-device}
      - {level: last, members: [ann, bob, dep], rule: ann or (bob and dep)}
    executors: {thing: Thing}
    actions:
      act: {executors: [thing], decide-within: 20m, hold: 1m, valid-for: 15m, review: eve within 1h}
"""))  # fmt: skip
WEIGHED = law_of(chain_of("""
    chain: weighed
    seats: repeatable
    members:
      ann: {title: Ann, weights: {cash: 1.5}}
      bob: {title: Bob, weights: {cash: 2.25}}
      cho: {title: Cho, weights: {cash: 0.1}}
      dan: {title: Dan, weights: {cash: 3}}
    levels:
      - {level: head, members: [ann, bob, cho], rule: any}
      - {level: some, members: [ann, bob, cho, dan], rule: 55% of cash}
      - {level: more, members: [ann, bob, cho], rule: majority of cash}
    executors: {thing: Thing}
    actions:
      act: {executors: [thing], decide-within: 20m, hold: 1m, valid-for: 15m}
"""))  # fmt: skip


class Gambler(Docket):
    """A docket whose next entry is drawn; ``unfit`` is the last that fitted no state."""

    def __init__(self, law: Law, dice: Random) -> None:
        super().__init__(law)
        self.dice = dice
        self.unfit: Entry | None = None

    def enter(self, document: AnyDocument, *, own_device: bool = True) -> Effect | None:
        self.unfit = Entry(self.position, self.at, document.digest(), document, own_device)
        effect = super().enter(document, own_device=own_device)
        self.unfit = None
        return effect

    def begin(self) -> None:
        """Somebody at the head transmits."""
        head = self.law.chain.ladder("act")[0]
        self.transmit(self.dice.choice(head.members))

    def next(self) -> None:
        """Somebody does something, more often what is asked of them."""
        dice, known = self.dice, self.proceeding
        self.wait(dice.choice((0, 0, 0, 1, 30, 60, 120, 300)))
        rung = known.pending or dice.choice(known.rungs)
        who = dice.choice([*sorted(self.law.people), *rung.level.members])
        seat = dice.choice((None, dice.choice(rung.level.members)))
        late = self.at + dice.choice((-90, 30, 31))
        deeds: list[tuple[int, Callable[[], object]]] = [
            (12, lambda: self.concur(who, seat, own_device=dice.random() < 0.9)),
            (2, lambda: self.concur(who, seat, dice.choice(known.rungs).level.id)),
            (3, lambda: self.refuse(who)),
            (1, lambda: self.countermand(who)),
            (1, lambda: self.ask(who)),
            (2, lambda: self.review(who)),
            (1, lambda: self.concur(who, seat, prior="1" * 64)),
            (1, lambda: self.concur(who, seat, size=dice.choice((0, self.position + 1)))),
            (2, lambda: self.concur(who, seat, answered_at=late)),
        ]
        dice.choices([one for _, one in deeds], [weight for weight, _ in deeds])[0]()


def played(law: Law, dice: Random) -> tuple[dict[str, Any], str]:
    """Entries by chance, the last perhaps one that fits no state; and what Python makes of them."""
    docket, entries = Gambler(law, dice), list[Entry]()
    docket.begin()
    for _ in range(dice.randrange(24)):
        try:
            docket.next()
        except UnfitEntryError:
            if dice.random() < 0.1:
                break
            docket.unfit = None
    entries = [*docket.entries, *([docket.unfit] if docket.unfit else [])]
    told = "unfit"
    if docket.unfit is None:
        known = at_instant(fold(law, entries), docket.at)
        people = ",".join(one.person for one in known.counted)
        told = f"{known.state} {people} {known.release.digest if known.release else ''}"
    return {"at": docket.at, "entries": [spelt(one) for one in entries]}, told


def spelt(entry: Entry) -> dict[str, Any]:
    """An entry as the page has it."""
    document = entry.document
    return {
        "position": entry.position, "at": entry.at, "kind": document.kind, "key": "",
        "document": json.loads(document.payload()), "digest": entry.digest,
        "ownDevice": entry.own_device, "signer": getattr(document, "signer", ""),
    }  # fmt: skip
