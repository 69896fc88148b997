"""Write the vectors of seals: one file a case. What is sealed by HPKE differs each time."""
# ruff: noqa: E402 - the path comes first

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2] / "src")]

from cheget.keyring.dealt import Dealt
from cheget.keyring.sealing import deal, hand_over, open_dealt, with_sealing
from cheget.order.charter import Law, Person
from docket import chain_of, law_of
from simulator import entropy, signer

FOLDER = Path(__file__).parent / "seals"
PEOPLE = ("ann", "bob", "cho", "dee")
ORDER, OTHER = "5" * 64, "6" * 64
SECRETS = {"TOKEN": b"correct horse battery staple"}
CHAIN = """
    chain: apart
    members:
      ann: Ann
      bob: {title: Bob, weights: {votes: 2}}
      cho: {title: Cho, weights: {votes: 1}}
      dee: Dee
    levels:
      - {level: request, members: [ann]}
      - {level: team, members: [bob, cho], rule: 60% of votes}
      - {level: last, members: [bob, cho, dee], rule: 2 of members}
    executors: {thing: Thing}
    actions: {go: {executors: [thing]}}
    """


def law() -> Law:
    bare = law_of(chain_of(CHAIN))
    people = {who: Person((with_sealing(signer(who)),)) for who in PEOPLE}
    return replace(bare, people=people)


def whole() -> tuple[dict[str, Any], Dealt]:
    sealed, shares = deal(
        law(), executor="thing", action="go", serial=7, secrets=SECRETS, dealer="ann",
        signer=signer("ann"), entropy=(entropy("root", 16), entropy("nonce", 16)),
    )  # fmt: skip
    dealt = Dealt(sealed.filed, sealed.seal, tuple(shares))
    case = {
        **json.loads(dealt.encode()),
        "sealed": sealed.ciphertext.hex(),
        "keys": {who: signer(who).private.private_bytes_raw().hex() for who in PEOPLE},
        "executor": signer("executor thing").private.private_bytes_raw().hex(),
        "handed": [
            handed(dealt, who, seat)
            for who, seat in (("ann", "request/ann"), ("bob", "team/bob"),
                              ("cho", "last/cho"), ("dee", "last/dee"))
        ],
        "secrets": {name: value.decode() for name, value in SECRETS.items()},
    }  # fmt: skip
    return case, dealt


def handed(dealt: Dealt, who: str, seat: str, order: str = ORDER, flip: int = 0) -> dict[str, str]:
    shares = bytearray(
        open_dealt(dealt.seal, dealt.shares, seat=seat, person=who, signer=signer(who))
    )
    shares[0] ^= flip
    key = with_sealing(signer("executor thing")).sealing
    ciphertext = hand_over(dealt.seal, bytes(shares), to=key, order=order, seat=seat)
    return {"ciphertext": ciphertext.hex(), "order": ORDER, "seat": seat, "signer": who}


def cases() -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Name, what to expect, why, and the case."""
    good, dealt = whole()
    yield "whole", "open", "every level has concurred; bob's seat at team has two unit shares", good
    one, two, three, four = good["handed"]
    bad = {
        "one-short": ("the last level wants two", [one, two, three]),
        "lighter": ("a third of the votes is not 60 %",
                    [one, handed(dealt, "cho", "team/cho"), three, four]),
        "altered": ("a share with one bit changed", [one, two, three,
                                                     handed(dealt, "dee", "last/dee", flip=1)]),
        "another-order": ("a share handed over for another order",
                          [one, two, three, handed(dealt, "dee", "last/dee", order=OTHER)]),
        "another-seat": ("cho's share shown as dee's", [one, two, three,
                                                        {**three, "seat": "last/dee"}]),
    }  # fmt: skip
    for name, (why, shares) in bad.items():
        yield name, "refuse", why, {**good, "handed": shares}
    flipped = f"{int(good['sealed'][:2], 16) ^ 1:02x}{good['sealed'][2:]}"
    yield "sealed-altered", "refuse", "another sealed secret", {**good, "sealed": flipped}


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, expect, why, case in cases():
        text = json.dumps({"expect": expect, "why": why, **case}, indent=1, sort_keys=True)
        (FOLDER / f"{name}.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
