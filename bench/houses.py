"""Houses to measure in: chains written here, staffed by the tests' simulator."""

from __future__ import annotations

from pathlib import Path

from cheget.chain.parse import parse_chain
from cheget.order.circumstances import Circumstances
from cheget.order.verify import Pinned, Verified, verify_code
from simulator import START, ChainSimulator

DEPTH, WIDTH = 5, 3
ACTION = "wipe"
PARAMETERS = {"database": "orders"}


def chain_text(levels: int, width: int, executors: int) -> str:
    """``levels`` levels, the head among them, of ``width`` members who must all concur."""
    members = [[f"m{level}-{seat}" for seat in range(width)] for level in range(levels)]
    lines = ["chain: measured", "title: A chain to measure", "members:"]
    lines += [f"  {one}: Member {one}" for level in members for one in level]
    lines += ["levels:"]
    lines += [
        f"  - {{level: level-{place}, members: [{', '.join(seats)}], rule: all}}"
        for place, seats in enumerate(members)
    ]
    lines += [
        "executors:",
        f"  guard: {{title: Guard, count: {executors}}}",
        "actions:",
        f"  {ACTION}:",
        "    executors: [guard]",
        f"    at-most: {executors}",
        "    parameters: {database: {one-of: [orders, users]}}",
        "    decide-within: 2h",
        "    valid-for: 30m",
    ]
    return "\n".join(lines) + "\n"


def house(
    folder: Path, levels: int, width: int, *, executors: int = 2, at: str = "", whole: bool = False
) -> ChainSimulator:
    """A house with such a chain, founded, everybody enrolled; its store in the folder, or there.

    Of the executors three are enrolled, unless ``whole``.
    """
    chain = parse_chain(chain_text(levels, width, executors).encode())
    listed = list(chain.executors[0].ids()) if whole else None
    return ChainSimulator(chain, folder, executors=listed, at=at)


def guards(simulator: ChainSimulator, count: int) -> list[str]:
    """The first ``count`` executors of the chain."""
    return list(simulator.chain.executors[0].ids())[:count]


def order(simulator: ChainSimulator, executors: list[str]) -> str:
    """An order transmitted, for these executors; its digest."""
    head = simulator.chain.levels[0].members[0]
    return simulator.transmit(head, ACTION, executors, **PARAMETERS).digest


def released(folder: Path, executors: int) -> ChainSimulator:
    """The chain of 5 levels with 3 signatures each, and an order that all have concurred in."""
    simulator = house(folder, DEPTH, WIDTH, executors=max(2, executors))
    order(simulator, guards(simulator, executors))
    simulator.release()
    return simulator


def take(data: bytes, executor: str, pinned: Pinned, seen: Circumstances) -> Verified:
    """What an executor does before it acts: every step."""
    return verify_code(data, executor=executor, pinned=pinned, circumstances=seen)


__all__ = ["START", "chain_text", "guards", "house", "order", "released", "take"]
