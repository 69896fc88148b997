"""A replica of a house as a process of its own: orders and answers, each said once acknowledged.

``python replica.py ADDRESS FOLDER NUMBER CLIENTS`` runs until it is killed.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

from cheget.errors import StoreError
from docket import chain_of
from simulator import ChainSimulator

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


def replica(at: str, folder: Path, number: int) -> ChainSimulator:
    """A desk of the house in that store, whose documents are nobody else's."""
    return ChainSimulator(CHAIN, folder, at=at, number=number * 10**7)


def work(simulator: ChainSimulator) -> None:
    """One order after the other, and what is asked of it."""
    while True:
        try:
            for done in (simulator.transmit("ann", "act", ["thing"]), simulator.concur("bob")):
                say(f"{done.position} {done.digest}")
        except StoreError as error:
            say(f"! {type(error).__name__} {error}")


def say(line: str) -> None:
    os.write(1, f"{line}\n".encode())  # a line whole, or not at all


if __name__ == "__main__":
    at, folder, number, clients = sys.argv[1:]
    first = replica(at, Path(folder), int(number) * 100)
    for place in range(1, int(clients)):
        mate = ChainSimulator.__new__(ChainSimulator)
        mate.__dict__.update(first.__dict__, number=(int(number) * 100 + place) * 10**7)
        threading.Thread(target=work, args=(mate,), daemon=True).start()
    work(first)
